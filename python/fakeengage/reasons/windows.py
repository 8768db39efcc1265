"""Detected windows in words: what rose or fell, how far, when, and what stayed as usual."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fakeengage.panel import Panel

if TYPE_CHECKING:
    import pandas as pd

    from fakeengage.expectation import Expectation

_AS_USUAL = 0.2
"""A metric stayed as usual in a window when its sum is within this share of its expectation."""

_RISE = 1.2
"""Smaller factors read better in percent."""

_DECIMALS_END = 20.0
_MOST = 1000
"""Beyond this the expectation is next to nothing and the factor says no more."""

_YEARLESS_MINUTES = 300 * 24 * 60
_DAYS_SPEAK_FROM = np.timedelta64(48, "h")
"""Windows of this length are told by their days; hours would only feign precision."""


@dataclass(frozen=True)
class WindowEvidence:
    """A stretch of one metric that stands out of the account's expectation.

    Attributes
    ----------
    metric
        Name of the metric.
    start, end
        Steps, the end excluded; only their overlap with other windows counts.
    observed, expected
        Counts inside.
    when
        The stretch in words.
    steady
        Metrics that did what was expected meanwhile.
    """

    metric: str
    start: int
    end: int
    observed: float
    expected: float
    when: str
    steady: tuple[str, ...] = ()

    @property
    def excess(self) -> float:
        """Observed less expected counts."""
        return self.observed - self.expected


def joined(windows: Sequence[WindowEvidence]) -> list[list[WindowEvidence]]:
    """Windows of several metrics at one time taken together, in the order of the first of each.

    They are one event where they go the same way and the shorter lies in the longer by half or more.
    """
    groups: list[list[WindowEvidence]] = []
    for window in windows:
        for group in groups:
            first = group[0]
            common = min(first.end, window.end) - max(first.start, window.start)
            shorter = min(first.end - first.start, window.end - window.start)
            new_metric = all(window.metric != other.metric for other in group)
            same_way = _way(first) == _way(window)
            if new_metric and same_way and 2 * common >= shorter > 0:
                group.append(window)
                break
        else:
            groups.append([window])
    return groups


def _way(window: WindowEvidence) -> str:
    if window.excess >= 0:
        return "rise"
    return "loss" if window.observed < 0 else "fall"


def window_sentence(group: Sequence[WindowEvidence]) -> str:
    """One event in words.

    Examples
    --------
    >>> likes = WindowEvidence("likes", 10, 40, 610.0, 100.0, "12–14 Mar", steady=("views",))
    >>> window_sentence([likes])
    'likes rose 6.1x above expectation while views stayed as usual, 12–14 Mar'
    """
    first = group[0]
    way = _way(first)
    if way == "rise":
        what = f"{listing([_rise(window, k == 0) for k, window in enumerate(group)])} above expectation"
    elif way == "loss":
        lost = [f"{w.metric} {'lost ' * (k == 0)}{-w.observed:,.0f}" for k, w in enumerate(group)]
        what = f"{listing(lost)} counts"
    else:
        what = f"{listing([_fall(window, k == 0) for k, window in enumerate(group)])} of expectation"
    told = {window.metric for window in group}
    still = [metric for metric in first.steady if metric not in told]
    if still:
        what += f" while {listing(still)} stayed as usual"
    return f"{what}, {first.when}"


def _rise(window: WindowEvidence, first: bool) -> str:
    factor = (window.observed + 0.5) / (window.expected + 0.5)
    if factor < _RISE:
        amount = f"{max(factor - 1.0, 0.0):.0%}"
    elif factor < _DECIMALS_END:
        amount = f"{factor:.1f}x"
    else:
        amount = f"{factor:,.0f}x" if factor < _MOST else f"over {_MOST:,}x"
    return f"{window.metric} {'rose ' * first}{amount}"


def _fall(window: WindowEvidence, first: bool) -> str:
    factor = (window.observed + 0.5) / (window.expected + 0.5)
    return f"{window.metric} {'fell ' * first}to {max(factor, 0.0):.0%}"


def window_evidence(
    panel: Panel, expectation: Expectation, account: int, windows: pd.DataFrame
) -> list[WindowEvidence]:
    """The windows of one account, strongest first, each with the metrics that stayed calm.

    Parameters
    ----------
    panel
        The accounts.
    expectation
        What the windows stand out from.
    account
        Position of the account.
    windows
        Its rows of a result's windows.
    """
    found = []
    strongest = windows.sort_values("score", ascending=False, kind="stable")
    row: Any
    for row in strongest.itertuples():
        first, stop = (
            panel.cadence.step_of(moment.tz_localize(None).to_datetime64()) for moment in (row.start, row.end)
        )
        overlapping = windows[(windows["start"] < row.end) & (windows["end"] > row.start)]
        calm = _calm_metrics(panel, expectation, account, first, stop)
        found.append(
            WindowEvidence(
                metric=row.metric,
                start=first,
                end=stop,
                observed=float(row.observed),
                expected=float(row.expected),
                when=span_words(row.start, row.end, panel),
                steady=tuple(metric for metric in calm if metric not in set(overlapping["metric"])),
            )
        )
    return found


def _calm_metrics(panel: Panel, expectation: Expectation, i: int, first: int, stop: int) -> list[str]:
    """Metrics of account `i` that were seen in a window and did what was expected there."""
    begin = int(panel.starts[i])
    m = len(panel.metrics)
    seen = panel.block(i)[:, first - begin : stop - begin].astype(np.float64)
    expected = expectation.expected[m * panel.offsets[i] : m * panel.offsets[i + 1]]
    usual: NDArray[np.float64] = expected.reshape(m, -1)[:, first - begin : stop - begin].astype(np.float64)
    both = ~np.isnan(seen) & ~np.isnan(usual)
    factor = (np.sum(seen, axis=1, where=both) + 0.5) / (np.sum(usual, axis=1, where=both) + 0.5)
    calm = both.any(axis=1) & (np.abs(factor - 1.0) <= _AS_USUAL)
    return [metric for metric, still in zip(panel.metrics, calm, strict=True) if still]


def listing(words: Sequence[str]) -> str:
    """Words as a list in a sentence."""
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]


def span_words(start: Any, end: Any, panel: Panel) -> str:
    """A window in words, as short as the cadence allows."""
    if panel.cadence.minutes is None:
        last = panel.cadence.timestamps(panel.cadence.step_of(end.tz_localize(None).to_datetime64()) - 1)
        first_month, last_month = (
            start.strftime("%b %Y"),
            last.astype("datetime64[s]").item().strftime("%b %Y"),
        )
        return first_month if first_month == last_month else f"{first_month} – {last_month}"
    # Day and month say when, unless the panel covers about a year or more.
    year = " %Y" if panel.n_steps * panel.cadence.minutes > _YEARLESS_MINUTES else ""
    if (end - start).to_timedelta64() >= _DAYS_SPEAK_FROM:
        return _days(start, end - (end - start) / 1_000_000, year)
    form = f"%b{year} %H:%M"
    if start.date() == end.date():
        return f"{start.day} {start.strftime(form)}–{end.strftime('%H:%M')}"
    return f"{start.day} {start.strftime(form)} – {end.day} {end.strftime(form)}"


def _days(first: Any, last: Any, year: str) -> str:
    """From the day of one moment to that of another."""
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{last.day} {last.strftime('%b' + year)}"
    return f"{first.day} {first.strftime('%b' + year)} – {last.day} {last.strftime('%b' + year)}"
