"""How well scores rank fakes above normals: figures, and intervals by bootstrap over accounts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import update_wrapper

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fakeengage.resampling import LEVEL, account_weights, percentile_interval

Floats = NDArray[np.float64]

RARE = 0.02
"""Share of fakes to which figures are re-weighted: nearer to what a platform sees than 35 %."""


@dataclass(frozen=True)
class Ranking:
    """Fakes and normals that score at least as high as each distinct score, highest first.

    Parameters
    ----------
    hits, alarms
        ``(..., n_thresholds)`` weight of the fakes and of the normals there.
    """

    hits: Floats
    alarms: Floats

    @classmethod
    def of(cls, fake: ArrayLike, scores: ArrayLike, weights: ArrayLike | None = None) -> Ranking:
        """The ranking by `scores`; ties are one threshold.

        Parameters
        ----------
        fake
            ``(n,)``, true for fakes.
        scores
            ``(n,)``, higher = more suspicious; not NaN.
        weights
            ``(n,)`` or ``(n_resamples, n)``: one ranking each; all ones when left out.

        Raises
        ------
        ValueError
            If a score is NaN: it has no place in a ranking.
        """
        y, x = np.asarray(fake, dtype=bool), np.asarray(scores, dtype=np.float64)
        if np.isnan(x).any():
            raise ValueError("scores: NaN has no place in a ranking; leave it out, or rank it last as -inf")
        order = np.argsort(-x, kind="stable")
        ordered, mine = x[order], y[order]
        ends = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True)[: len(ordered)])
        if weights is None:
            hits = np.cumsum(mine)[ends].astype(np.float64)
            return cls(hits, (ends + 1) - hits)
        drawn = np.asarray(weights, dtype=np.float64)[..., order]
        hits = np.cumsum(drawn * mine, axis=-1)[..., ends]
        return cls(hits, np.cumsum(drawn * ~mine, axis=-1)[..., ends])

    @property
    def n_fake(self) -> Floats:
        """Weight of all fakes."""
        return self.hits[..., -1:]

    @property
    def n_normal(self) -> Floats:
        """Weight of all normals."""
        return self.alarms[..., -1:]

    def recall(self) -> Floats:
        """Share of the fakes at each threshold; NaN without fakes."""
        return _ratio(self.hits, self.n_fake)

    def false_rate(self) -> Floats:
        """Share of the normals at each threshold; NaN without normals."""
        return _ratio(self.alarms, self.n_normal)

    def precision(self, prevalence: float | None = None) -> Floats:
        """Share of fakes among the flagged at each threshold, at the data's share of fakes or another one.

        Counts are re-weighted, not resampled: ``p r / (p r + (1 - p) f)`` with the recall r and the false
        positive rate f of the threshold.
        """
        if prevalence is None:
            return _ratio(self.hits, self.hits + self.alarms)
        found, false = prevalence * self.recall(), (1 - prevalence) * self.false_rate()
        return _ratio(found, found + false)


class Figure:
    """A figure of a ranking, called with labels and scores.

    Parameters
    ----------
    of
        Gives the value of each ranking in a :class:`Ranking`.
    """

    def __init__(self, of: Callable[[Ranking], Floats]) -> None:
        self.of = of
        update_wrapper(self, of)

    def __call__(self, fake: ArrayLike, scores: ArrayLike, weights: ArrayLike | None = None) -> float:
        """Value for ``(n,)`` labels (true = fake), scores and, if wanted, weights."""
        if not np.size(scores):
            return float("nan")
        return float(self.of(Ranking.of(fake, scores, weights)))


@Figure
def auroc(ranking: Ranking) -> Floats:
    """Probability that a random fake scores above a random normal, ties half (Mann & Whitney 1947)."""
    found, false = ranking.recall(), ranking.false_rate()
    rise = np.diff(false, axis=-1, prepend=0.0)
    before = np.concatenate([np.zeros_like(found[..., :1]), found[..., :-1]], axis=-1)
    return np.asarray((rise * (found + before) / 2).sum(axis=-1))


def auprc_at(prevalence: float | None) -> Figure:
    """Average precision, at the data's share of fakes or re-weighted to another one.

    Mean precision at each fake, ties taken together; no interpolation (Boyd, Eng & Page 2013).
    """

    def figure(ranking: Ranking) -> Floats:
        rise = np.diff(ranking.recall(), axis=-1, prepend=0.0)
        # A threshold that nothing reaches in a resample adds no recall; its precision is 0 / 0.
        area = np.where(rise > 0, rise * np.nan_to_num(ranking.precision(prevalence)), 0.0).sum(axis=-1)
        return np.where(ranking.n_fake[..., 0] > 0, area, np.nan)

    return Figure(figure)


auprc = auprc_at(None)
"""Average precision: :func:`auprc_at` at the data's own share of fakes."""


def recall_at(rate: float) -> Figure:
    """Share of fakes found while at most `rate` of the normals are flagged."""

    def figure(ranking: Ranking) -> Floats:
        allowed = ranking.alarms <= rate * ranking.n_normal
        found = np.where(allowed, ranking.recall(), 0.0).max(axis=-1, initial=0.0)
        return np.where(_two_sided(ranking), found, np.nan)

    return Figure(figure)


def best_precision_at(prevalence: float, recall: float = 0.5) -> Figure:
    """Precision, at another share of fakes, of the threshold that finds `recall` of them."""

    def figure(ranking: Ranking) -> Floats:
        at = np.argmax(ranking.hits >= recall * ranking.n_fake, axis=-1)
        precision = np.take_along_axis(ranking.precision(prevalence), at[..., None], axis=-1)[..., 0]
        return np.where(_two_sided(ranking), precision, np.nan)

    return Figure(figure)


FIGURES: Mapping[str, Figure] = {
    "AUROC": auroc,
    "AUPRC": auprc,
    "AUPRC, 2 % prevalence": auprc_at(RARE),
    "recall at 1 % false positives": recall_at(0.01),
    "recall at 0.1 % false positives": recall_at(0.001),
    "precision at half recall, 2 % prevalence": best_precision_at(RARE),
}
"""What every table of detectors reports."""


def bootstrap_intervals(
    figures: Mapping[str, Figure],
    fake: ArrayLike,
    scores: ArrayLike,
    *,
    n_resamples: int = 1000,
    level: float = LEVEL,
    seed: int = 0,
) -> dict[str, tuple[float, float, float]]:
    """Value of each figure with its percentile interval over resampled accounts.

    Fakes and normals are resampled apart, so that every resample has both.

    Parameters
    ----------
    figures
        Figures by name.
    fake, scores
        ``(n,)`` labels (true = fake) and scores.
    n_resamples, level, seed
        Resamples, coverage aimed at, seed of the draws.

    Returns
    -------
    dict
        ``name: (value, low, high)``; the bounds are NaN without resamples.

    Examples
    --------
    >>> fake, scores = [True, True, False, False], [0.9, 0.8, 0.3, 0.1]
    >>> bootstrap_intervals({"AUROC": auroc}, fake, scores, n_resamples=20)
    {'AUROC': (1.0, 1.0, 1.0)}
    """
    y = np.asarray(fake, dtype=bool)
    draws: dict[str, list[Floats]] = {name: [] for name in figures}
    for weights in account_weights(y, n_resamples, seed):
        ranking = Ranking.of(y, scores, weights)
        for name, figure in figures.items():
            draws[name].append(figure.of(ranking))
    out = {}
    for name, figure in figures.items():
        drawn = np.concatenate(draws[name]) if draws[name] else np.empty(0)
        out[name] = (figure(y, scores), *percentile_interval(drawn, level))
    return out


def bootstrap_interval(
    figure: Figure,
    fake: ArrayLike,
    scores: ArrayLike,
    *,
    n_resamples: int = 1000,
    level: float = LEVEL,
    seed: int = 0,
) -> tuple[float, float, float]:
    """:func:`bootstrap_intervals` of one figure."""
    return bootstrap_intervals({"": figure}, fake, scores, n_resamples=n_resamples, level=level, seed=seed)[
        ""
    ]


def _two_sided(ranking: Ranking) -> NDArray[np.bool_]:
    """Whether there are fakes and normals."""
    return np.asarray((ranking.n_fake[..., 0] > 0) & (ranking.n_normal[..., 0] > 0))


def _ratio(part: Floats, whole: Floats) -> Floats:
    missing = np.full(np.broadcast(part, whole).shape, np.nan)
    return np.asarray(np.divide(part, whole, out=missing, where=whole > 0))
