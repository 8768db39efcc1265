"""Which accounts the report draws, and their charts, within a budget of bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from fakeengage.report import words
from fakeengage.report.chart import Chart, Series, draw

if TYPE_CHECKING:
    import pandas as pd

    from fakeengage.panel import Panel
    from fakeengage.report.content import Row
    from fakeengage.result import Result

MIN_DRAWN = 25
"""Accounts drawn at least, flagged or not (fewer where there are fewer, or where they are very long)."""

MAX_BYTES = 1_250_000
"""Room for charts, so that the whole page stays under 2 MB with a table of 500 accounts."""

MAX_WINDOWS = 12
"""Windows of one account put into words below its charts, strongest first."""


@dataclass
class Picture:
    """One account in full."""

    position: int
    charts: list[Chart]
    windows: list[dict[str, str]]
    more_windows: int
    facts: list[str]
    row: Row | None = None
    open: bool = field(default=False)


def pictures(
    result: Result,
    order: Sequence[int],
    flagged: Any,
    windows: dict[Any, pd.DataFrame],
    wanted: Sequence[int] | None,
) -> list[Picture]:
    """Accounts in full: those wanted, else flagged ones, then the best ranked, while there is room."""
    if wanted is None:
        judged = result.accounts["score"].notna().to_numpy()
        candidates = [i for i in order if judged[i]]
        candidates = [i for rank, i in enumerate(candidates) if flagged[i] or rank < MIN_DRAWN]
    else:
        candidates = [int(i) for i in wanted]
    out: list[Picture] = []
    used = 0
    for i in candidates:
        picture = _picture(result, i, windows.get(result.accounts["account_id"].iloc[i]))
        used += sum(len(chart.svg) for chart in picture.charts)
        if out and used > MAX_BYTES:
            break
        picture.open = len(out) < (10 if flagged[i] else 3) or wanted is not None
        out.append(picture)
    return out


def span_style(panel: Panel) -> dict[str, bool]:
    """How to write windows: with the year where day and month alone do not say when, or by months."""
    moments = panel.timestamps[[0, -1]] if panel.n_steps else panel.timestamps
    year = bool(len(moments)) and bool(moments[1] - moments[0] > np.timedelta64(300, "D"))
    return {"year": year, "months": panel.cadence.minutes is None}


def _picture(result: Result, i: int, found: pd.DataFrame | None) -> Picture:
    panel = result.panel
    n_metrics, length = len(panel.metrics), int(panel.lengths[i])
    here = slice(n_metrics * int(panel.offsets[i]), n_metrics * int(panel.offsets[i + 1]))
    shape = (n_metrics, length)
    observed = panel.block(i).astype(float)
    expected = np.asarray(result.expectation.expected[here], dtype=float).reshape(shape)
    log_sd = np.asarray(result.expectation.log_sd[here], dtype=float).reshape(shape)
    moments = panel.cadence.timestamps(int(panel.starts[i]) + np.arange(length))
    charts = []
    for k, metric in enumerate(panel.metrics):
        if not np.isfinite(observed[k]).any():
            continue
        spans = _spans(found, metric, moments)
        charts.append(
            draw(Series(metric, moments, observed[k], expected[k], log_sd[k], spans, _label(metric, spans)))
        )
    listed, more = _listed(found, span_style(panel))
    return Picture(i, charts, listed, more, _facts(result.accounts.iloc[i], str(panel.cadence)))


def _spans(found: pd.DataFrame | None, metric: str, moments: Any) -> list[tuple[int, int]]:
    if found is None:
        return []
    mine = found[found["metric"] == metric]
    edges = []
    for name in ("start", "end"):
        when = mine[name]
        when = when.dt.tz_convert("UTC").dt.tz_localize(None) if when.dt.tz is not None else when
        edges.append(np.searchsorted(moments, when.to_numpy().astype("datetime64[s]")))
    return [(int(a), int(b)) for a, b in zip(*edges, strict=True)]


def _label(metric: str, spans: list[tuple[int, int]]) -> str:
    found = f"{words.plural(len(spans), 'unusual window')} in red" if spans else "no unusual window"
    return f"{metric}: observed counts with the expected curve; {found}"


def _listed(found: pd.DataFrame | None, style: dict[str, bool]) -> tuple[list[dict[str, str]], int]:
    """Windows in words, in order of time; where there are many, the strongest ones."""
    if found is None:
        return [], 0
    strongest = found.loc[
        found["score"].abs().sort_values(ascending=False, kind="stable").index[:MAX_WINDOWS]
    ]
    listed = [
        {
            "metric": str(w["metric"]),
            "when": words.span(w["start"], w["end"], **style),
            "observed": words.count(float(w["observed"])),
            "expected": words.count(float(w["expected"])),
            "excess": words.count(float(w["excess"]), sign=True),
        }
        for w in strongest.sort_values(["start", "metric"], kind="stable").to_dict("records")
        if not words.missing(w["observed"]) and not words.missing(w["expected"])
    ]
    return listed, max(0, len(found) - MAX_WINDOWS)


def _facts(record: pd.Series[Any], cadence: str) -> list[str]:
    out = []
    if not words.missing(record["hours_observed"]):
        n = words.number(int(record["hours_observed"]))
        out.append(f"{n} hours observed" if cadence == "1 hour" else f"{n} steps of {cadence} observed")
    if not words.missing(record["detectable_share"]):
        share = float(record["detectable_share"])
        least = (
            f"of {words.percent(share)}"
            if share <= 2
            else f"to {words.number(round(1 + share))} times the counts"
        )
        out.append(f"inflation {least} or more would have been seen here")
    return out
