"""How well scores rank fakes above normals: figures, and intervals by bootstrap over accounts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

Figure = Callable[[NDArray[np.bool_], NDArray[np.float64]], float]


def auroc(fake: NDArray[np.bool_], scores: NDArray[np.float64]) -> float:
    """Probability that a random fake scores above a random normal, ties half (Mann & Whitney 1947)."""
    fake = np.asarray(fake, dtype=bool)
    n_fake, n_normal = int(fake.sum()), int((~fake).sum())
    if n_fake == 0 or n_normal == 0:
        return float("nan")
    ranks = _middle_ranks(np.asarray(scores, dtype=np.float64))
    return float((ranks[fake].sum() - n_fake * (n_fake + 1) / 2) / (n_fake * n_normal))


def auprc(fake: NDArray[np.bool_], scores: NDArray[np.float64]) -> float:
    """Average precision: mean precision at each fake, ties taken together; no interpolation."""
    fake = np.asarray(fake, dtype=bool)
    if not fake.any():
        return float("nan")
    hits, alarms = _curve(fake, scores)
    precision = hits / (hits + alarms)
    return float(np.sum(np.diff(hits, prepend=0) * precision) / fake.sum())


def recall_at(rate: float) -> Figure:
    """Share of fakes found while at most `rate` of the normals are flagged."""

    def figure(fake: NDArray[np.bool_], scores: NDArray[np.float64]) -> float:
        fake = np.asarray(fake, dtype=bool)
        if not fake.any() or fake.all():
            return float("nan")
        hits, alarms = _curve(fake, scores)
        allowed = alarms <= rate * (~fake).sum()
        return float(hits[allowed].max(initial=0.0) / fake.sum())

    return figure


def best_precision_at(prevalence: float, recall: float = 0.5) -> Figure:
    """Precision, at another share of fakes, of the threshold that finds `recall` of them.

    Counts are reweighted, not resampled: precision = p·r / (p·r + (1 − p)·f), with r the recall and
    f the false-alarm rate there.
    """

    def figure(fake: NDArray[np.bool_], scores: NDArray[np.float64]) -> float:
        fake = np.asarray(fake, dtype=bool)
        if not fake.any() or fake.all():
            return float("nan")
        hits, alarms = _curve(fake, scores)
        at = int(np.argmax(hits >= recall * fake.sum()))
        found, false = hits[at] / fake.sum(), alarms[at] / (~fake).sum()
        return float(prevalence * found / (prevalence * found + (1 - prevalence) * false))

    return figure


FIGURES: Mapping[str, Figure] = {
    "AUROC": auroc,
    "AUPRC": auprc,
    "recall at 1 % false positives": recall_at(0.01),
    "precision at half recall, 2 % prevalence": best_precision_at(0.02),
}
"""What every table of detectors reports."""


def bootstrap_interval(
    figure: Figure,
    fake: ArrayLike,
    scores: ArrayLike,
    *,
    n_resamples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[float, float, float]:
    """Value of a figure with its percentile interval over resampled accounts.

    Fakes and normals are resampled apart, so that every resample has both. Accounts, never hours:
    the hours of one account are not independent.
    """
    y = np.asarray(fake, dtype=bool)
    x = np.asarray(scores, dtype=np.float64)
    rng = np.random.default_rng(seed)
    groups = [np.flatnonzero(y), np.flatnonzero(~y)]
    draws = []
    for _ in range(n_resamples):
        take = np.concatenate([rng.choice(group, len(group)) for group in groups if len(group)])
        draws.append(figure(y[take], x[take]))
    tail = 100 * (1 - level) / 2
    low, high = np.percentile(draws, [tail, 100 - tail]) if draws else (np.nan, np.nan)
    return figure(y, x), float(low), float(high)


def _middle_ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks from 1, ties sharing their mean rank."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    middle: NDArray[np.float64] = (last - (counts - 1) / 2).astype(np.float64)
    return middle[inverse]


def _curve(
    fake: NDArray[np.bool_], scores: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fakes and normals flagged at each distinct threshold, highest first."""
    order = np.argsort(-np.asarray(scores, dtype=np.float64), kind="stable")
    sorted_scores, sorted_fake = np.asarray(scores)[order], fake[order]
    ends = np.flatnonzero(np.append(sorted_scores[1:] != sorted_scores[:-1], True))
    hits = np.cumsum(sorted_fake)[ends].astype(np.float64)
    return hits, (ends + 1) - hits
