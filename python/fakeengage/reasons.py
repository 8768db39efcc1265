"""The three strongest pieces of evidence of an account, in plain words with figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fakeengage.features import list_features
from fakeengage.panel import Panel

if TYPE_CHECKING:
    import pandas as pd

    from fakeengage.expectation import Expectation
    from fakeengage.models.auditor import Auditor

MOST_REASONS = 3

BATCH_NOTE = " (platform-wide movements removed)"
"""Ends the reasons of a batch whose common movements were removed first."""

_AS_USUAL = 0.2
"""A metric stayed as usual in a window when its sum is within this share of its expectation."""

# What an unusually high feature says. Windows speak for scans and steps, with dates and figures.
_SENTENCES = {
    "ratio_up": "{follower} rose against {leader} by {value:.1f} standard errors (rarely above {usual:.1f})",
    "ratio_down": "{follower} fell behind {leader} by {value:.1f} standard errors (rarely above {usual:.1f})",
    "quiet_residual": "usually quiet hours were busy: {value:.1f} standard errors on one day "
    "(rarely above {usual:.1f})",
    "quiet_minus_busy": "quiet hours gained {value:.1f} standard errors more than busy ones "
    "(rarely above {usual:.1f})",
    "curve_distance": "one day's curve hardly resembles the other days' "
    "(distance {value:.2f}, rarely above {usual:.2f})",
    "half_shift": "the daily peak moved by {value:.1f} hours between the halves (rarely above {usual:.1f})",
    "period_power": "the excess beats at a fixed interval ({value:.0f}x noise, rarely above {usual:.0f}x)",
    "negative_share": "{value:.1%} of the counts were taken back (rarely above {usual:.1%})",
    "segments": "raised in {value:.1f} separate spells per 100 steps (rarely above {usual:.1f})",
    "exceedance": "{value:.1%} of the steps lie 3 standard errors above expectation "
    "(rarely above {usual:.1%})",
    "shortfall": "{value:.1%} of the steps lie 3 standard errors below expectation "
    "(rarely above {usual:.1%})",
    "joint_up": "several metrics rose together by {value:.1f} standard errors (rarely above {usual:.1f})",
}
_YEARLESS_MINUTES = 300 * 24 * 60
_HOURS_PER_RADIAN = 24 / (2 * np.pi)


def reasons(
    panel: Panel,
    windows: pd.DataFrame,
    expectation: Expectation,
    features: NDArray[np.float64],
    auditor: Auditor,
    judged: NDArray[np.bool_],
    batch: bool,
) -> list[str]:
    """Evidence per account, strongest first, joined by ``; `` – empty where nothing stands out.

    Parameters
    ----------
    panel
        The accounts.
    windows
        Detected windows with the column ``position``.
    expectation
        Expectation that the windows stand out from.
    features
        Feature matrix of the panel.
    auditor
        Fitted model: it knows what organic accounts hardly ever exceed.
    judged
        Whether each account is judged; the others get their reasons from their status.
    batch
        Whether the platform-wide factor was removed: said in words, as it is evidence of the batch.
    """
    positions, names = auditor.evidence_columns(panel)
    pairs = _pair_columns(panel)
    by_account: dict[int, list[str]] = {}
    for position, mine in windows.groupby("position", sort=False):
        by_account[int(str(position))] = _window_sentences(panel, expectation, int(str(position)), mine)
    out = []
    for i in range(len(panel)):
        if not judged[i]:
            out.append("")
            continue
        found = by_account.get(i, [])
        unusual = _feature_sentences(features[i], positions, names, auditor.usual_high_, pairs)
        found = found[:2] + unusual + found[2:]
        text = "; ".join(found[:MOST_REASONS])
        if text and batch:
            text += BATCH_NOTE
        out.append(text)
    return out


def _window_sentences(panel: Panel, expectation: Expectation, i: int, windows: pd.DataFrame) -> list[str]:
    """The strongest windows in words: what rose or fell, how far, when, and what stayed."""
    sentences = []
    strongest = windows.sort_values("score", ascending=False, kind="stable")
    row: Any
    for row in strongest.head(MOST_REASONS).itertuples():
        start, end = row.start, row.end
        overlapping = windows[(windows["start"] < end) & (windows["end"] > start)]
        calm = _calm_metrics(panel, expectation, i, start, end)
        still = [m for m in calm if m not in set(overlapping["metric"])]
        factor = (row.observed + 0.5) / (row.expected + 0.5)
        if row.excess >= 0:
            what = (
                f"{row.metric} rose {factor:.1f}x"
                if factor >= 1.2
                else f"{row.metric} ran {factor - 1:.0%} above"
            )
            what += " above expectation" if factor >= 1.2 else " expectation"
        elif row.observed < 0:
            what = f"{row.metric} lost {-row.observed:,.0f} counts"
        else:
            what = f"{row.metric} fell to {max(factor, 0.0):.0%} of expectation"
        if still:
            what += f" while {_listing(still)} stayed as usual"
        sentences.append(f"{what}, {_span(start, end, panel)}")
    return sentences


def _calm_metrics(panel: Panel, expectation: Expectation, i: int, start: Any, end: Any) -> list[str]:
    """Metrics of account `i` that were seen in a window and did what was expected there."""
    first, stop = (
        panel.cadence.step_of(moment.tz_localize(None).to_datetime64()) - int(panel.starts[i])
        for moment in (start, end)
    )
    m = len(panel.metrics)
    seen = panel.block(i)[:, first:stop].astype(np.float64)
    usual = expectation.expected[m * panel.offsets[i] : m * panel.offsets[i + 1]]
    usual = usual.reshape(m, -1)[:, first:stop].astype(np.float64)
    both = ~np.isnan(seen) & ~np.isnan(usual)
    factor = (np.sum(seen, axis=1, where=both) + 0.5) / (np.sum(usual, axis=1, where=both) + 0.5)
    calm = both.any(axis=1) & (np.abs(factor - 1.0) <= _AS_USUAL)
    return [metric for metric, still in zip(panel.metrics, calm, strict=True) if still]


def _pair_columns(panel: Panel) -> dict[str, list[tuple[int, str]]]:
    """Columns of each pair of metrics, with its owner, by what they measure."""
    columns: dict[str, list[tuple[int, str]]] = {}
    for k, feature in enumerate(list_features(panel.metrics)):
        owner, _, measured = feature.name.partition("__")
        if "_per_" in owner:
            columns.setdefault(measured, []).append((k, owner))
    return columns


def _feature_sentences(
    row: NDArray[np.float64],
    positions: list[int],
    names: list[str],
    usual: NDArray[np.float64],
    pairs: dict[str, list[tuple[int, str]]],
) -> list[str]:
    """Features beyond what organic accounts rarely exceed, one sentence per measure, furthest first."""
    found: dict[str, tuple[float, str]] = {}
    for value, name, high in zip(row[positions].tolist(), names, usual.tolist(), strict=True):
        owner, _, measured = name.partition("__")
        measure = measured.partition("__")[0]
        if measure not in _SENTENCES or owner.startswith("mean") or not value > high:
            continue
        excess = value / high if high > 0 else value + 1.0
        if excess < found.get(measure, (1.0, ""))[0]:
            continue
        unit = _HOURS_PER_RADIAN if measure == "half_shift" else 1.0
        candidates = [(float(row[k]), pair) for k, pair in pairs.get(measured, []) if row[k] == row[k]]
        follower, _, leader = max(candidates, default=(0.0, ""))[1].partition("_per_")
        text = _SENTENCES[measure].format(
            value=value * unit, usual=high * unit, follower=follower, leader=leader
        )
        found[measure] = (excess, text)
    return [text for _, text in sorted(found.values(), key=lambda pair: -pair[0])]


def _listing(words: list[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]


def _span(start: Any, end: Any, panel: Panel) -> str:
    """A window in words, as short as the cadence allows."""
    if panel.cadence.minutes is None:
        last = panel.cadence.timestamps(panel.cadence.step_of(end.tz_localize(None).to_datetime64()) - 1)
        first_month, last_month = (
            start.strftime("%b %Y"),
            last.astype("datetime64[s]").item().strftime("%b %Y"),
        )
        return first_month if first_month == last_month else f"{first_month} – {last_month}"
    # Day and month say when, unless the panel covers about a year or more.
    form = "%b %Y %H:%M" if panel.n_steps * panel.cadence.minutes > _YEARLESS_MINUTES else "%b %H:%M"
    if start.date() == end.date():
        return f"{start.day} {start.strftime(form)}–{end.strftime('%H:%M')}"
    return f"{start.day} {start.strftime(form)} – {end.day} {end.strftime(form)}"
