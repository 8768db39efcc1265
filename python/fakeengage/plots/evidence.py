"""What was judged and how well: series with windows, curves of detectors, spread of scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timezone
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fakeengage.plots.canvas import COLOURS, RED, STYLES, date_axis, new_axes, plain_text, unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from fakeengage.expectation import Expectation
    from fakeengage.panel import Panel

BAND_Z = 1.645


def series(
    panel: Panel,
    account: int,
    metric: str | None = None,
    *,
    expectation: Expectation | None = None,
    windows: Sequence[tuple[Any, Any]] = (),
    ax: Axes | None = None,
) -> Axes:
    """One metric of one account over time, with unusual windows in red.

    Parameters
    ----------
    panel
        The accounts.
    account
        Position of the account.
    metric
        Name of the metric; the first of the panel when left out.
    expectation
        Adds the expected curve and the band that holds 90 % of ordinary steps.
    windows
        Start and end (excluded) of each window: moments, or numbers of steps of the panel's clock.
    ax
        Axes to draw on; new ones when left out.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If the panel lacks the metric or the account.
    """
    metric = panel.metrics[0] if metric is None else metric
    if metric not in panel.metrics:
        raise ValueError(f"metric: {metric!r} is not in this panel, which has {list(panel.metrics)}")
    if not 0 <= account < len(panel):
        raise ValueError(f"account: {account} is not a position in a panel of {len(panel)} accounts")
    ax = ax if ax is not None else new_axes(size=(9, 2.6))[0]
    k, length = panel.metrics.index(metric), int(panel.lengths[account])
    moments = panel.cadence.timestamps(int(panel.starts[account]) + np.arange(length))
    if expectation is not None and length:
        here = len(panel.metrics) * int(panel.offsets[account]) + k * length
        expected = np.asarray(expectation.expected[here : here + length], dtype=float)
        width = np.exp(
            np.clip(BAND_Z * np.asarray(expectation.log_sd[here : here + length], dtype=float), 0, 20)
        )
        low, high = expected / width, expected * width
        ax.fill_between(moments, low, high, color="0.85", lw=0, label="90 % of ordinary steps")
        ax.plot(moments, expected, color="0.25", lw=1, ls="--", label="expected")
    ax.plot(moments, panel.block(account)[k], color=COLOURS[0], lw=1.2, label="observed")
    for number, window in enumerate(windows):
        start, end = (_moment(panel, edge) for edge in window)
        name = "unusual window" if number == 0 else None
        ax.axvspan(start, end, color=RED, alpha=0.22, lw=0, label=name)
    # The band alone may not stretch the scale; counts below zero are corrections and stay visible.
    counts = np.nan_to_num(panel.block(account)[k])
    ax.set_ylim(1.05 * float(counts.min(initial=0.0)), 1.25 * float(counts.max(initial=1.0)))
    ax.set_ylabel(f"{metric} per {unit(panel)}")
    ax.set_xlabel("time (UTC)")
    ax.set_title(plain_text(panel.account_ids[account]), loc="left", fontsize="medium")
    date_axis(ax)
    return ax


def roc_pr(
    labels: ArrayLike, scores: Mapping[str, ArrayLike], axes: Sequence[Axes] | None = None
) -> list[Axes]:
    """ROC curve and precision-recall curve of one or more detectors.

    Parameters
    ----------
    labels
        ``(n,)``, true for fake accounts.
    scores
        Detector to ``(n,)`` scores, higher = more suspicious.
    axes
        Two axes to draw on; new ones when left out.

    Returns
    -------
    list of matplotlib.axes.Axes
        The ROC axes and the precision-recall axes.

    Raises
    ------
    ValueError
        If all labels are the same or a detector has another number of scores.
    """
    fake = _labels(labels)
    left, right = axes if axes is not None else new_axes(1, 2, size=(10, 4.4))
    for number, (name, values) in enumerate(scores.items()):
        recall, false_rate, precision = _curves(fake, _scores(name, values, len(fake)))
        look: dict[str, Any] = {
            "color": COLOURS[number % len(COLOURS)],
            "ls": STYLES[number % len(STYLES)],
            "lw": 2.0 if number == 0 else 1.3,
        }
        area = float(np.sum(np.diff(false_rate) * (recall[1:] + recall[:-1]) / 2))
        average = float(np.sum(np.diff(recall) * precision[1:]))
        left.plot(false_rate, recall, label=f"{name} ({area:.2f})", **look)
        right.plot(recall[1:], precision[1:], label=f"{name} ({average:.2f})", **look)
    share = float(fake.mean())
    left.plot([0, 1], [0, 1], color="0.6", lw=0.8)
    right.axhline(share, color="0.6", lw=0.8)
    left.set(
        xlabel="false positive rate (organic accounts)", ylabel="recall (fake accounts)", title="ROC (area)"
    )
    right.set(
        xlabel="recall (fake accounts)",
        ylabel="precision",
        title=f"precision-recall (average), {100 * share:.0f} % fake",
    )
    for ax in (left, right):
        ax.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.03))
        ax.grid(alpha=0.3)
    left.legend(fontsize="small", loc="lower right")
    right.legend(fontsize="small", loc="best")
    return [left, right]


def score_distributions(
    labels: ArrayLike, scores: ArrayLike, *, threshold: float | None = None, ax: Axes | None = None
) -> Axes:
    """How the scores of fake and normal accounts are spread.

    Parameters
    ----------
    labels
        ``(n,)``, true for fake accounts.
    scores
        ``(n,)``, higher = more suspicious; accounts without a score are left out and counted in the legend.
    threshold
        Adds a line at this score.
    ax
        Axes to draw on; new ones when left out.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If the arrays differ in length or no account has a score.
    """
    fake = np.asarray(labels, dtype=bool)
    values = _scores("scores", scores, len(fake))
    known = np.isfinite(values)
    if not known.any():
        raise ValueError("scores: no account has a score")
    ax = ax if ax is not None else new_axes(size=(7, 3.6))[0]
    low, high = float(values[known].min()), float(values[known].max())
    edges = np.linspace(low, high if high > low else low + 1, 41)
    for name, members, colour, hatch in (
        ("normal", ~fake, COLOURS[0], ""),
        ("fake", fake, COLOURS[5], "///"),
    ):
        n = int((members & known).sum())
        weights = np.full(n, 100 / max(n, 1))
        ax.hist(
            values[members & known],
            edges.tolist(),
            weights=weights,
            histtype="stepfilled",
            alpha=0.45,
            color=colour,
            edgecolor=colour,
            hatch=hatch,
            label=f"{name} (n = {n})"
            + (f", {int((members & ~known).sum())} without score" if (members & ~known).any() else ""),
        )
    if threshold is not None:
        ax.axvline(threshold, color="0.2", ls="--", lw=1, label=f"threshold {threshold:.2f}")
    ax.set(xlabel="score (higher = more suspicious)", ylabel="% of accounts of the kind", title="Scores")
    ax.legend(fontsize="small")
    return ax


def _labels(labels: ArrayLike) -> NDArray[np.bool_]:
    fake = np.asarray(labels, dtype=bool)
    if fake.ndim != 1 or fake.all() or not fake.any():
        raise ValueError("labels: fake and normal accounts are both needed, as one true or false per account")
    return fake


def _scores(name: str, values: ArrayLike, n: int) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=np.float64)
    if array.shape != (n,):
        raise ValueError(f"{name}: has shape {array.shape}, labels describe {n} accounts")
    return array


def _curves(fake: NDArray[np.bool_], scores: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Recall, false positive rate and precision at every threshold, ties taken together."""
    known = np.where(np.isnan(scores), -np.inf, scores)
    order = np.argsort(-known, kind="stable")
    ordered = known[order]
    last = np.r_[np.flatnonzero(ordered[1:] != ordered[:-1]), len(ordered) - 1]
    hits = np.cumsum(fake[order])[last].astype(float)
    alarms = (last + 1).astype(float)
    recall = np.r_[0.0, hits / fake.sum()]
    false_rate = np.r_[0.0, (alarms - hits) / (~fake).sum()]
    return recall, false_rate, np.r_[1.0, hits / alarms]


def _moment(panel: Panel, edge: Any) -> Any:
    """Edge of a window, a moment or the number of a step, as matplotlib draws the panel's own clock."""
    if isinstance(edge, (int, np.integer)):
        return panel.cadence.timestamps(int(edge))
    return (
        edge if getattr(edge, "tzinfo", None) is None else edge.astimezone(timezone.utc).replace(tzinfo=None)
    )
