"""What each feature adds to the score of an account: exact for trees, linear models and distances."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fakeengage.models.base import FeatureDetector
from fakeengage.models.columns import align
from fakeengage.models.forest import ForestArrays
from fakeengage.models.preparation import Preparation
from fakeengage.panel import Panel

_ON_TREES = ("gradient_boosting", "isolation_forest", "random_forest")


@dataclass(frozen=True)
class Contributions:
    """What each feature adds to the scores of some accounts.

    Attributes
    ----------
    names
        Feature columns, ``owner__measure__parameter``.
    values
        ``(n_accounts, n_names)``, in the unit of the score; positive = more suspicious.
    base
        Score of an account of which nothing is known; ``base + values.sum(axis=1)`` is the score.
    usual
        ``(n_names,)``: what an ordinary account has of each feature.
    """

    names: tuple[str, ...]
    values: NDArray[np.float64]
    base: float
    usual: NDArray[np.float64]

    def totals(self) -> NDArray[np.float64]:
        """Base and contributions of each account, added up."""
        return np.asarray(self.base + self.values.sum(axis=1), dtype=np.float64)

    def times(self, factor: float) -> Contributions:
        """Contributions to a multiple of the score."""
        return replace(self, values=self.values * factor, base=self.base * factor)

    def shifted(self, offset: float) -> Contributions:
        """Contributions to the score and a constant."""
        return replace(self, base=self.base + offset)

    def plus(self, other: Contributions) -> Contributions:
        """Contributions to the sum of two scores; features of one name are added up."""
        names = tuple(dict.fromkeys([*self.names, *other.names]))
        place = {name: k for k, name in enumerate(names)}
        values = np.zeros((len(self.values), len(names)))
        usual = np.empty(len(names))
        for part in (other, self):
            columns = [place[name] for name in part.names]
            values[:, columns] += part.values
            usual[columns] = part.usual
        return Contributions(names, values, self.base + other.base, usual)

    def through(self, link: Callable[[float], float], slope: float) -> Contributions:
        """Contributions to ``link(score)``: each in proportion to what it adds before the link.

        Parameters
        ----------
        link
            A monotone function of one number.
        slope
            Its derivative at the base, for accounts that score just that.

        Notes
        -----
        The rescale rule (Shrikumar et al. 2017, arXiv:1704.02685; with Shapley values Chen, Lundberg
        & Lee 2022, doi:10.1038/s41467-022-31384-3): signs and shares stay, the sum is exact.
        """
        base = link(self.base)
        # One value at a time: array code may round by the place in the array.
        factors = [
            (link(total) - base) / (total - self.base) if total != self.base else slope
            for total in self.totals().tolist()
        ]
        return replace(self, values=self.values * np.array(factors)[:, None], base=base)


def linear_contributions(
    rows: NDArray[np.float64], weights: NDArray[np.float64], center: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Contributions to a linear score: weight times distance from the center, ``(n, n_columns)``.

    They are Shapley values when columns are independent; with ``weights @ center`` and the intercept
    as base they add up to the score.
    """
    return np.asarray((rows - center) * weights, dtype=np.float64)


def mahalanobis_contributions(
    deviations: NDArray[np.float64], precision: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Parts of a squared Mahalanobis distance, ``x_j (P x)_j``: they add up to ``x' P x``.

    Parameters
    ----------
    deviations
        ``(n, n_columns)``: distance of each account from the center.
    precision
        ``(n_columns, n_columns)``: inverse of the covariance.

    Notes
    -----
    A part is negative where a column lies as its correlated columns lead one to expect. Garthwaite &
    Koch (2016, doi:10.1111/anzs.12152) compare this with other partitions.
    """
    out = np.empty_like(deviations)
    # One account at a time: a product of matrices may round a row by its place in the batch.
    for i, row in enumerate(deviations):
        out[i] = row * (precision * row).sum(axis=1)
    return out


def contributions_of(
    detector: Any, panel: Panel, features: NDArray[np.float64], *, threads: int | None = None
) -> Contributions:
    """What each feature adds to the scores of a fitted detector.

    Parameters
    ----------
    detector
        A detector on trees, or anything with a method ``contributions(panel, features, threads=…)``,
        such as an :class:`~fakeengage.models.Auditor` or a logistic regression.
    panel
        The accounts, or a panel with the same metrics.
    features
        Feature matrix, one row per account.
    threads
        Threads to use; all cores by default. The result does not depend on it.

    Raises
    ------
    TypeError
        If the detector has no contributions.
    """
    own = getattr(detector, "contributions", None)
    if own is not None:
        found: Contributions = own(panel, features, threads=threads)
        return found
    if hasattr(detector, "_need_fit") and detector.kind in _ON_TREES:
        detector._need_fit()
        return _of_forest(detector, panel, features, threads)
    raise TypeError(
        f"model: {type(detector).__name__} does not say what a feature adds to its score; give an "
        "Auditor, a logistic regression or a detector on trees"
    )


def _of_forest(
    detector: FeatureDetector, panel: Panel, features: NDArray[np.float64], threads: int | None
) -> Contributions:
    forest: ForestArrays = detector.forest_  # type: ignore[attr-defined]
    preparation: Preparation = detector.preparation_  # type: ignore[attr-defined]
    rows = preparation.apply(align(panel.metrics, features, detector.columns_), threads=threads)
    values, base = forest.contributions(rows, threads=threads)
    sums = Contributions(tuple(detector.columns_), values, base, preparation.center)
    if detector.kind == "random_forest":
        return sums.times(1.0 / forest.n_trees)
    typical_path = getattr(detector, "typical_path_", None)
    if typical_path is None:
        return sums
    # An isolation score is two to the power of minus the mean path: shorter paths are more suspicious.
    paths = sums.times(-1.0 / forest.n_trees / typical_path)
    return paths.through(lambda total: 2.0**total, math.log(2.0) * 2.0**paths.base)
