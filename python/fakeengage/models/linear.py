"""Logistic regression on all features of the accounts' metrics."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fakeengage.calibration import sigmoid
from fakeengage.models.base import at_least
from fakeengage.models.columns import align
from fakeengage.models.contributions import Contributions, linear_contributions
from fakeengage.models.dense import Layers, sizes, standard
from fakeengage.models.kinds import SupervisedDetector
from fakeengage.models.preparation import Preparation, standard_units
from fakeengage.models.store import Arrays
from fakeengage.panel import Panel

# Standard units beyond which a feature says no more: one wild column must not decide alone.
_LIMIT = 6.0


class LogisticRegressionDetector(SupervisedDetector):
    """Adds up evidence: every feature has one weight above its mean and one below.

    Parameters
    ----------
    C
        Inverse strength of the ridge penalty, as in scikit-learn.
    class_weight
        None, or ``"balanced"`` to weigh both classes alike.
    max_iter
        Most steps of the optimiser.
    feature_set
        Features of a panel to look at, one of :data:`~fakeengage.models.columns.FEATURE_SETS`.

    Attributes
    ----------
    classes_
        The two classes; the second is the suspicious one.
    coef_above_, coef_below_
        Change of the logit per standard unit above and below the mean, one per feature.
    intercept_
        Logit of an account that is average in everything.
    n_iter_
        Steps of the optimiser.
    columns_
        Names of the features fitted on; also ``n_features_in_`` of them, and ``feature_names_in_``
        where they have names.

    Notes
    -----
    ``logit = intercept + sum_k (above_k max(z_k, 0) + below_k max(-z_k, 0))`` with ``z`` the prepared
    feature in standard units, cut at 6. Two weights instead of one let a feature count at one end only.
    The score is the logit. Fitted by scikit-learn's ``LogisticRegression`` (L-BFGS).

    Examples
    --------
    >>> import fakeengage as fe
    >>> data = fe.simulate(n_users=100, length=168, seed=3)
    >>> detector = fe.models.LogisticRegressionDetector()
    >>> detector.fit(data.panel, data.accounts.is_fake).score(data.panel).shape
    (100,)
    """

    kind = "logistic_regression"

    def __init__(
        self,
        C: float = 0.01,
        class_weight: str | None = None,
        max_iter: int = 1000,
        feature_set: str = "all",
    ) -> None:
        self.C = C
        self.class_weight = class_weight
        self.max_iter = max_iter
        self.feature_set = feature_set

    def _check_settings(self) -> None:
        at_least("C", self.C, 1e-12)
        at_least("max_iter", self.max_iter, 1)

    def _learn(self, rows: NDArray[np.float64], fake: NDArray[np.bool_] | None) -> None:
        from sklearn.linear_model import LogisticRegression

        self.preparation_ = Preparation.of(rows)
        prepared = self.preparation_.apply(rows)
        self._mean, self._spread = standard_units(prepared)
        model = LogisticRegression(C=self.C, class_weight=self.class_weight, max_iter=self.max_iter)
        model.fit(self._sides(prepared), fake)
        self.n_iter_ = int(model.n_iter_[0])
        self._take(np.ascontiguousarray(model.coef_), model.intercept_)

    def _take(self, weight: NDArray[np.float64], bias: NDArray[np.float64]) -> None:
        self._layers = Layers([weight], [bias], ["identity"])
        n = weight.shape[1] // 2
        self.coef_above_, self.coef_below_ = weight[0, :n], weight[0, n:]
        self.intercept_ = float(bias[0])

    def _sides(self, prepared: NDArray[np.float64]) -> NDArray[np.float64]:
        z = standard(prepared, self._mean, self._spread, _LIMIT)
        return np.hstack([np.maximum(z, 0.0), np.maximum(-z, 0.0)])

    def _judge(self, rows: NDArray[np.float64], threads: int | None) -> NDArray[np.float64]:
        sides = self._sides(self.preparation_.apply(rows, threads=threads))
        return self._layers.forward(sides, threads=threads)[:, 0]

    def contributions(
        self, panel: Panel, features: NDArray[np.float64], *, threads: int | None = None
    ) -> Contributions:
        """What each feature adds to the score: distance from the mean times the weight of that side."""
        self._need_fit()
        rows = align(panel.metrics, features, self.columns_)
        sides = self._sides(self.preparation_.apply(rows, threads=threads))
        n = len(self.columns_)
        weights = np.concatenate([self.coef_above_, self.coef_below_])
        parts = linear_contributions(sides, weights, np.zeros(2 * n))
        usual = self.preparation_.center
        return Contributions(tuple(self.columns_), parts[:, :n] + parts[:, n:], self.intercept_, usual)

    def _probability(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        return sigmoid(scores)

    def _decision(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        return scores

    def _to_parts(self) -> tuple[dict[str, Any], Arrays]:
        arrays = self._layers.to_arrays() | {"mean": self._mean, "spread": self._spread}
        return {"n_iter": self.n_iter_}, arrays | self.preparation_.to_arrays()

    def _from_parts(self, state: dict[str, Any], arrays: Arrays) -> None:
        self.n_iter_ = int(state["n_iter"])
        n = len(self.columns_)
        self.preparation_ = Preparation.from_arrays(arrays, n)
        units = sizes(arrays, ("mean", "spread"), n)
        self._mean, self._spread = units["mean"], units["spread"]
        layers = Layers.from_arrays(arrays, ["identity"], 2 * n, 1)
        self._take(layers.weights[0], layers.biases[0])
