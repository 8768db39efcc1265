"""How well accounts are ranked: curves of detectors and spread of their scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fakeengage.plots.canvas import COLOURS, STYLES, new_axes, plain_text
from fakeengage.ranking import Ranking, auprc, auroc, bootstrap_interval
from fakeengage.resampling import LEVEL, account_weights

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GRID = np.linspace(0, 1, 101)
"""Places on the axis below at which bands of curves are computed."""


def roc_pr(
    labels: ArrayLike,
    scores: Mapping[str, ArrayLike],
    axes: Sequence[Axes] | None = None,
    *,
    n_resamples: int = 200,
    seed: int = 0,
) -> list[Axes]:
    """ROC curve and precision-recall curve of one or more detectors, with 95 % intervals.

    Parameters
    ----------
    labels
        ``(n,)``, true for fake accounts.
    scores
        Detector to ``(n,)`` scores, higher = more suspicious; NaN ranks last.
    axes
        Two axes to draw on; new ones when left out.
    n_resamples, seed
        Bootstrap over accounts, fakes and normals apart: a band around the first detector and the interval
        of each area; neither with 0.

    Returns
    -------
    list of matplotlib.axes.Axes
        The ROC axes and the precision-recall axes.

    Raises
    ------
    ValueError
        If all labels are the same or a detector has another number of scores.
    """
    fake = checked_labels(labels)
    left, right = axes if axes is not None else new_axes(1, 2, size=(11, 4.8))
    for number, (name, given) in enumerate(scores.items()):
        values = checked_scores(name, given, len(fake))
        values = np.where(np.isnan(values), -np.inf, values)
        ranking = Ranking.of(fake, values)
        look: dict[str, Any] = {
            "color": COLOURS[number % len(COLOURS)],
            "ls": STYLES[number % len(STYLES)],
            "lw": 2.0 if number == 0 else 1.3,
        }
        recall = np.append(0.0, ranking.recall())
        left.plot(
            np.append(0.0, ranking.false_rate()),
            recall,
            label=_area(auroc, name, fake, values, n_resamples, seed),
            **look,
        )
        right.plot(
            recall[1:], ranking.precision(), label=_area(auprc, name, fake, values, n_resamples, seed), **look
        )
        if number == 0 and n_resamples:
            _bands(left, right, fake, values, n_resamples, seed)
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
    left.legend(fontsize="x-small", loc="lower right")
    right.legend(fontsize="x-small", loc="best")
    return [left, right]


def _area(
    figure: Any, name: str, fake: NDArray[np.bool_], values: NDArray[np.float64], n_resamples: int, seed: int
) -> str:
    """``name 0.87 (0.83–0.90)``."""
    value, low, high = bootstrap_interval(figure, fake, values, n_resamples=n_resamples, seed=seed)
    return f"{plain_text(name)} {value:.2f}" + (f" ({low:.2f}–{high:.2f})" if n_resamples else "")


def _bands(
    left: Axes, right: Axes, fake: NDArray[np.bool_], values: NDArray[np.float64], n_resamples: int, seed: int
) -> None:
    """95 % of the resampled curves at each place of the axis below."""
    found, precise = [], []
    for weights in account_weights(fake, n_resamples, seed):
        ranking = Ranking.of(fake, values, weights)
        for recall, false, precision in zip(
            ranking.recall(), ranking.false_rate(), ranking.precision(), strict=True
        ):
            found.append(np.interp(GRID, np.append(0.0, false), np.append(0.0, recall)))
            known = ~np.isnan(precision)
            precise.append(np.interp(GRID, recall[known], precision[known]))
    tails = [100 * (1 - LEVEL) / 2, 100 * (1 + LEVEL) / 2]
    for ax, curves in ((left, found), (right, precise)):
        low, high = np.percentile(curves, tails, axis=0)
        ax.fill_between(GRID, low, high, color=COLOURS[0], alpha=0.18, lw=0, label="_band")


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
    values = checked_scores("scores", scores, len(fake))
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


def checked_labels(labels: ArrayLike) -> NDArray[np.bool_]:
    """One label per account, of both kinds."""
    fake = np.asarray(labels, dtype=bool)
    if fake.ndim != 1 or fake.all() or not fake.any():
        raise ValueError("labels: fake and normal accounts are both needed, as one true or false per account")
    return fake


def checked_scores(name: str, values: ArrayLike, n: int) -> NDArray[np.float64]:
    """One number per account."""
    array = np.asarray(values, dtype=np.float64)
    if array.shape != (n,):
        raise ValueError(f"{name}: has shape {array.shape}, labels describe {n} accounts")
    return array
