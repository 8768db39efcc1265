"""One-class distance: how far what the net saw of an account lies from organic accounts."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fakeengage.models.store import Arrays


@dataclass(frozen=True)
class Rarity:
    """Mahalanobis distance with a shrunk covariance (Ledoit & Wolf 2004, doi:10.1016/S0047-259X(03)00096-4).

    Attributes
    ----------
    mean
        ``(n_hidden,)``: mean over organic accounts.
    precision
        ``(n_hidden, n_hidden)``: inverse covariance.
    """

    mean: NDArray[np.float64]
    precision: NDArray[np.float64]

    @classmethod
    def fit(cls, hidden: NDArray[np.float64]) -> Rarity:
        """Measures organic accounts."""
        from sklearn.covariance import LedoitWolf
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1):
            fitted = LedoitWolf().fit(hidden)
        return cls(np.asarray(fitted.location_), np.asarray(fitted.precision_))

    def score(self, hidden: NDArray[np.float64]) -> NDArray[np.float64]:
        """Logarithm of the squared distance, one account at a time."""
        centred = hidden - self.mean
        return np.array([math.log1p(max(float(row @ self.precision @ row), 0.0)) for row in centred])

    def to_arrays(self) -> Arrays:
        """Arrays of the saved form."""
        return {"mean": self.mean, "precision": self.precision}

    @classmethod
    def from_arrays(cls, arrays: Arrays, n_hidden: int) -> Rarity:
        """The distance out of a saved model.

        Raises
        ------
        ValueError
            If the arrays do not fit the net.
        """
        mean, precision = arrays["mean"], arrays["precision"]
        if mean.shape != (n_hidden,) or precision.shape != (n_hidden, n_hidden):
            raise ValueError("model: its one-class part does not fit its net; retrain")
        return cls(mean, precision)
