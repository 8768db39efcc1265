"""Windows, volumes and hour scores as columns of the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fakeengage.models.localiser import Found, HourEvidence, Localiser, squash
from fakeengage.panel import METRICS, Panel

if TYPE_CHECKING:
    import pandas as pd


def window_table(panel: Panel, found: Found) -> pd.DataFrame:
    """Windows with moments instead of step numbers, and the position of their account."""
    import pandas as pd

    names = np.asarray(panel.metrics, dtype=object)
    first = panel.starts[found.account]

    def moment(steps: NDArray[np.int64]) -> pd.DatetimeIndex:
        return pd.DatetimeIndex(panel.cadence.timestamps(first + steps)).tz_localize("UTC")

    return pd.DataFrame(
        {
            "account_id": panel.account_ids[found.account],
            "start": moment(found.start),
            "end": moment(found.end),
            "metric": names[found.metric],
            "score": found.score,
            "observed": found.observed,
            "expected": found.expected,
            "excess": found.observed - found.expected,
            "position": found.account,
        }
    )


def highest_window(panel: Panel, windows: pd.DataFrame) -> pd.DataFrame:
    """Start and end of each account's highest-scoring window."""
    import pandas as pd

    best = windows.sort_values(["score", "start"], ascending=[False, True], kind="stable")
    best = best.drop_duplicates("position").set_index("position")[["start", "end"]]
    best = best.reindex(range(len(panel))).reset_index(drop=True)
    frame = pd.DataFrame({"window_start": best["start"], "window_end": best["end"]})
    # Seconds, like the clock: nanoseconds end in the year 2262.
    return frame.astype("datetime64[s, UTC]")


def volumes(panel: Panel, found: Found, localiser: Localiser, judged: NDArray[np.bool_]) -> pd.DataFrame:
    """Net excess inside windows per metric with its 90 % interval, and its share of all counts.

    The interval is that of the true share among simulated fakes with the same estimate, so it speaks of
    the account *if it is a fake*.
    """
    import pandas as pd

    net = found.excess(len(panel), len(panel.metrics))
    total = np.stack(
        [
            [np.nansum(np.maximum(series, 0.0), dtype=np.float64) for series in panel.series(metric)]
            for metric in panel.metrics
        ],
        axis=1,
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(total > 0, np.clip(net / total, 0.0, 1.0), 0.0)
    low, high = localiser.share_bounds(share)
    touched = np.zeros(len(panel), dtype=bool)
    touched[found.account] = True
    with np.errstate(invalid="ignore"):
        # A total beyond the largest float times a bound of zero is no number; the estimate then stands alone.
        bounds = [
            np.where(touched[:, None], np.fmin(low * total, np.maximum(net, 0.0)), 0.0),
            np.where(touched[:, None], np.fmax(high * total, net), 0.0),
        ]
    columns: dict[str, Any] = {}
    metrics = [metric for metric in METRICS if metric in panel.metrics]
    for k, metric in enumerate(metrics):
        for end, values in (("", net), ("_low", bounds[0]), ("_high", bounds[1])):
            columns[f"inflated_{metric}{end}"] = np.where(judged, values[:, k], np.nan)
    for k, metric in enumerate(metrics):
        columns[f"inflated_share_{metric}"] = np.where(judged, share[:, k], np.nan)
    columns["inflated_share"] = np.where(judged, share.max(axis=1, initial=0.0), np.nan)
    return pd.DataFrame(columns)


def hour_scores(panel: Panel, evidence: HourEvidence, judged: NDArray[np.bool_]) -> NDArray[np.float32]:
    """One score per account and step, 0–1, to rank hours by; about one half at even odds in a fake."""
    scores = squash(evidence.ranked).astype(np.float32)
    account = np.repeat(np.arange(len(panel)), panel.lengths)
    unknown = ~judged[account]
    m = len(panel.metrics)
    for i in np.flatnonzero(judged):
        begin, end = panel.offsets[i], panel.offsets[i + 1]
        unknown[begin:end] |= np.isnan(panel.data[m * begin : m * end].reshape(m, -1)).all(axis=0)
    scores[unknown] = np.nan
    return scores
