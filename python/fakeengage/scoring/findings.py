"""Where and how much: windows, volumes and hour scores out of the excess."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fakeengage.expectation import Expectation
from fakeengage.panel import METRICS, Panel

if TYPE_CHECKING:
    import pandas as pd

LISTED_Z = 6.0
"""Smallest absolute z of a window in the result. Organic accounts of preset `published` show 7.3
windows at 4, 2.4 at 6; the overlap with what attacks changed stays (IoU .30 and .29, seed 5)."""

WINDOW_HALF_SCORE = 4.0
"""Absolute z of a window or hour that maps to a score of one half."""


def half_score(z: Any) -> Any:
    """Maps an absolute z to 0–1: 0 for nothing, one half at 4, never quite 1. Not a probability."""
    size = np.abs(z)
    return size / (size + WINDOW_HALF_SCORE)


def detected_windows(panel: Panel, expectation: Expectation, judged: NDArray[np.bool_]) -> pd.DataFrame:
    """Detected windows of judged accounts with moments instead of step numbers."""
    import pandas as pd

    found = expectation.windows
    kept = judged[found["account"].to_numpy(dtype=np.int64)] & (found["z"].abs() >= LISTED_Z).to_numpy()
    found = found[kept].reset_index(drop=True)
    position = found["account"].to_numpy(dtype=np.int64)

    def moment(column: str) -> pd.DatetimeIndex:
        steps = found[column].to_numpy(dtype=np.int64)
        return pd.DatetimeIndex(panel.cadence.timestamps(steps)).tz_localize("UTC")

    return pd.DataFrame(
        {
            "account_id": panel.account_ids[position],
            "start": moment("start"),
            "end": moment("end"),
            "metric": found["metric"],
            "score": half_score(found["z"].to_numpy(dtype=np.float64)),
            "observed": found["observed"],
            "expected": found["expected"],
            "excess": found["excess"],
            "excess_low": found["excess_low"],
            "excess_high": found["excess_high"],
            "position": position,
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


def volumes(panel: Panel, windows: pd.DataFrame, judged: NDArray[np.bool_]) -> pd.DataFrame:
    """Net excess inside detected windows per metric with its interval, and its share of all counts."""
    import pandas as pd

    columns: dict[str, Any] = {}
    shares = []
    n = len(panel)
    for metric in METRICS:
        if metric not in panel.metrics:
            continue
        mine = windows[windows["metric"] == metric]
        parts = mine.groupby("position")[["excess", "excess_low", "excess_high"]].sum().reindex(range(n))
        net = parts.fillna(0.0).to_numpy(dtype=np.float64, copy=True)
        net[~judged] = np.nan
        total = np.array(
            [np.nansum(np.maximum(series, 0.0), dtype=np.float64) for series in panel.series(metric)]
        )
        columns[f"inflated_{metric}"] = net[:, 0]
        columns[f"inflated_{metric}_low"] = net[:, 1]
        columns[f"inflated_{metric}_high"] = net[:, 2]
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.where(total > 0, np.clip(net[:, 0] / total, 0.0, 1.0), np.where(judged, 0.0, np.nan))
        shares.append((metric, share))
    columns |= {f"inflated_share_{metric}": share for metric, share in shares}
    stacked = np.stack([share for _, share in shares])
    columns["inflated_share"] = np.where(judged, np.max(np.nan_to_num(stacked), axis=0, initial=0.0), np.nan)
    return pd.DataFrame(columns)


def hour_scores(
    panel: Panel, expectation: Expectation, judged: NDArray[np.bool_] | None = None
) -> NDArray[np.float32]:
    """One score per account and step, 0–1: the metric furthest above its expectation decides.

    Falls count only where counts were taken back: quiet hours are as common as busy ones in every
    organic series, and on simulated attacks scoring both ends cost .08–.14 of hour AUROC.
    """
    out = np.full(int(panel.offsets[-1]), np.nan, dtype=np.float32)
    m = len(panel.metrics)
    for i in range(len(panel)) if judged is None else np.flatnonzero(judged):
        begin, end = panel.offsets[i], panel.offsets[i + 1]
        z = expectation.hour_z[m * begin : m * end].reshape(m, -1)
        suspicious = np.where(panel.block(int(i)) < 0, np.abs(z), np.maximum(z, 0.0))
        largest = np.max(np.where(np.isnan(z), -1.0, suspicious), axis=0)
        out[begin:end] = np.where(largest < 0, np.nan, half_score(largest))
    return out
