"""Judging accounts against presumed organic ones of their own platform.

Data from a platform that no training has seen looks unlike every reference. What the net saw of the
platform's calm accounts, with and without windows planted into them, still tells what an addition
looks like *there*.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fakeengage.models.network import Network
from fakeengage.models.preparation import Preparation
from fakeengage.models.store import Arrays
from fakeengage.panel import Panel
from fakeengage.planting import plant_panel

N_FOLDS = 3
_COPIES = 2
"""Planted copies of each account."""
_STRENGTH = 0.01
"""Inverse penalty of the linear model: a few hundred accounts against as many units."""
_PLANTED_WEIGHT, _DISTANCE_WEIGHT = 1.0, 0.5
_PARTS = ("center", "scale", "weight", "bias", "precision", "usual")


@dataclass(frozen=True)
class PeerModel:
    """What sets an account apart from organic accounts of its platform.

    Attributes
    ----------
    center, scale
        ``(n_hidden,)``: median and median deviation of the net's hidden units over the organic accounts.
    weight, bias
        ``(n_folds, n_hidden)`` and ``(n_folds,)``: linear models that tell planted copies from their
        originals, each fitted without one fold of the accounts.
    precision
        ``(n_hidden, n_hidden)``: inverse covariance of the units (Ledoit & Wolf 2004), for distances.
    usual
        ``(3, 2)``: median, and 90 % point less median, of the organic accounts' own scores, planted
        scores and distances.
    """

    center: NDArray[np.float64]
    scale: NDArray[np.float64]
    weight: NDArray[np.float64]
    bias: NDArray[np.float64]
    precision: NDArray[np.float64]
    usual: NDArray[np.float64]

    @classmethod
    def fit(
        cls,
        panel: Panel,
        hidden: NDArray[np.float64],
        own: NDArray[np.float64],
        network: Network,
        *,
        seed: int = 0,
        threads: int | None = None,
    ) -> tuple[PeerModel, NDArray[np.float64]]:
        """Fits on presumed organic accounts.

        Parameters
        ----------
        panel
            The accounts.
        hidden, own
            What the net saw of each, and its own score.
        network
            The net with hidden outputs (:meth:`~fakeengage.models.network.Network.with_hidden`).
        seed
            Seed of planted windows and folds.
        threads
            Threads to use; the result does not depend on it.

        Returns
        -------
        PeerModel, numpy.ndarray
            The model, and the score of each account by the parts that were fitted without it.
        """
        from sklearn.covariance import LedoitWolf
        from sklearn.linear_model import LogisticRegression
        from threadpoolctl import threadpool_limits

        ordinary = Preparation.of(hidden)
        center, scale = ordinary.center, ordinary.scale
        n = len(hidden)
        fold = np.random.default_rng([seed, n]).permutation(n) % N_FOLDS
        plain = _prepared(hidden, center, scale)
        planted = [
            _prepared(network.hidden_of(network.answer(copy, threads=threads)), center, scale)
            for copy in (plant_panel(panel, seed * _COPIES + k) for k in range(_COPIES))
        ]
        weights, biases = [], []
        parts = np.empty((n, 3))
        parts[:, 0] = own
        with threadpool_limits(1):
            for k in range(N_FOLDS):
                taught = fold != k
                rows = np.concatenate([plain[taught], *(copy[taught] for copy in planted)])
                label = np.repeat([0, 1], [taught.sum(), _COPIES * taught.sum()])
                model = LogisticRegression(C=_STRENGTH, class_weight="balanced", max_iter=500)
                model.fit(rows, label)
                weights.append(model.coef_[0])
                biases.append(float(model.intercept_[0]))
                precision = LedoitWolf().fit(plain[taught]).precision_
                for i in np.flatnonzero(~taught):
                    parts[i, 1] = weights[-1] @ plain[i] + biases[-1]
                    parts[i, 2] = plain[i] @ precision @ plain[i]
            precision = LedoitWolf().fit(plain).precision_
        low, high = np.quantile(parts, [0.5, 0.9], axis=0)
        usual = np.stack([low, np.maximum(high - low, 1e-9)], axis=1)
        model_ = cls(center, scale, np.array(weights), np.array(biases), precision, usual)
        return model_, model_._joined(parts)

    def score(self, hidden: NDArray[np.float64], own: NDArray[np.float64]) -> NDArray[np.float64]:
        """Score of accounts that the model was not fitted on, one account at a time."""
        rows = _prepared(hidden, self.center, self.scale)
        parts = np.empty((len(rows), 3))
        for i, row in enumerate(rows):
            parts[i] = own[i], float(np.mean(self.weight @ row + self.bias)), row @ self.precision @ row
        return self._joined(parts)

    def _joined(self, parts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum of the parts, each 0 at the organic median and asinh(1) at the 90 % point."""
        relative = ((parts - self.usual[:, 0]) / self.usual[:, 1]).tolist()
        weights = (1.0, _PLANTED_WEIGHT, _DISTANCE_WEIGHT)
        return np.array(
            [sum(w * math.asinh(v) for w, v in zip(weights, row, strict=True)) for row in relative]
        )

    def to_arrays(self) -> Arrays:
        """Arrays of the saved form."""
        return {name: getattr(self, name) for name in _PARTS}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> PeerModel:
        """The model out of a saved one.

        Raises
        ------
        ValueError
            If an array is missing or does not fit the others.
        """
        missing = [name for name in _PARTS if name not in arrays]
        if missing:
            raise ValueError(f"model: lacks the array 'peers.{missing[0]}'; calibrate again")
        model = cls(**{name: np.asarray(arrays[name], dtype=np.float64) for name in _PARTS})
        n = len(model.center)
        shapes = [getattr(model, name).shape for name in _PARTS]
        folds = len(model.bias)
        if shapes != [(n,), (n,), (folds, n), (folds,), (n, n), (3, 2)]:
            raise ValueError("model: its peer model does not fit together; calibrate again")
        return model


def _prepared(
    hidden: NDArray[np.float64], center: NDArray[np.float64], scale: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Deviations from the organic median; a logarithm far out, so that one unit cannot outshout all.

    Only in single steps that every element takes alike: array logarithms round by place.
    """
    deviation = (hidden - center) / scale
    return np.asarray(deviation / np.sqrt(1.0 + np.abs(deviation)))
