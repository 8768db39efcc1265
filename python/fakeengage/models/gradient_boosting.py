"""Gradient boosting on self-normalised features, held to directions."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fakeengage.calibration import sigmoid
from fakeengage.models.base import at_least
from fakeengage.models.columns import is_authors_choice, registry
from fakeengage.models.forest import ForestArrays
from fakeengage.models.kinds import SupervisedDetector
from fakeengage.models.preparation import Preparation
from fakeengage.models.store import Arrays
from fakeengage.ranking import auroc

_MONOTONE = ("learned", "known", None)
_FEW_ROWS = 10_000
# A feature that ranks this much better than chance has a direction.
_CLEAR = 0.03


class GradientBoostingDetector(SupervisedDetector):
    """Boosted trees that learn from labelled accounts.

    Parameters
    ----------
    n_estimators
        Number of trees.
    max_leaf_nodes
        Leaves per tree.
    learning_rate
        Share of each tree's step that is taken.
    min_samples_leaf
        Fewest accounts in a leaf.
    seed
        Seed of the fit.
    monotone
        Where the logit may only rise or only fall with a feature. ``"learned"``: as the feature alone
        ranks the training accounts, where that is clear (AUROC beyond .53 or below .47), except for
        burst edges and memory, whose sign depends on who made the data. ``"known"``: only up, for
        features whose large values the registry calls suspicious, and cut at the ordinary. None: nowhere.
    max_bins
        Values of a feature that trees tell apart; few are enough and faster for some hundred accounts.
    context
        Whether features are measured beside normal accounts as active: how many hours pass without any
        count sets what is ordinary. Without effect where those columns are not given.
    feature_set
        Features of a panel to look at, one of :data:`~fakeengage.models.columns.FEATURE_SETS`.

    Attributes
    ----------
    classes_
        The two classes; the second is the suspicious one.
    intercept_
        Logit before the first tree.
    columns_
        Names of the features fitted on; also ``n_features_in_`` of them, and ``feature_names_in_``
        where they have names.

    Notes
    -----
    What is learnt on some platforms must not turn a quirk of theirs into evidence elsewhere; directions
    prevent much of it. Scores are logits without the intercept. Trees: scikit-learn's
    ``HistGradientBoostingClassifier``.

    Examples
    --------
    >>> import fakeengage as fe
    >>> data = fe.simulate(n_users=200, length=168, seed=3)
    >>> detector = fe.models.GradientBoostingDetector(n_estimators=20)
    >>> detector.fit(data.panel, data.accounts.is_fake).score(data.panel).shape
    (200,)
    """

    kind = "gradient_boosting"

    def __init__(
        self,
        n_estimators: int = 200,
        max_leaf_nodes: int = 15,
        learning_rate: float = 0.08,
        min_samples_leaf: int = 20,
        seed: int = 0,
        *,
        monotone: str | None = "learned",
        max_bins: int = 64,
        context: bool = True,
        feature_set: str = "summary",
    ) -> None:
        self.n_estimators = n_estimators
        self.max_leaf_nodes = max_leaf_nodes
        self.learning_rate = learning_rate
        self.min_samples_leaf = min_samples_leaf
        self.seed = seed
        self.monotone = monotone
        self.max_bins = max_bins
        self.context = context
        self.feature_set = feature_set

    def _check_settings(self) -> None:
        at_least("n_estimators", self.n_estimators, 1)
        at_least("max_leaf_nodes", self.max_leaf_nodes, 2)
        at_least("min_samples_leaf", self.min_samples_leaf, 1)
        if self.monotone not in _MONOTONE:
            raise ValueError(f"monotone: {self.monotone!r} is not allowed; 'learned', 'known' or None")

    def _learn(self, rows: NDArray[np.float64], fake: NDArray[np.bool_] | None) -> None:
        from sklearn.ensemble import HistGradientBoostingClassifier
        from threadpoolctl import threadpool_limits

        assert fake is not None
        known = registry()
        high = np.array([name in known and known[name].high_is_suspicious for name in self.columns_])
        one_sided = high if self.monotone == "known" else None
        self.preparation_ = Preparation.of(
            rows[~fake], one_sided, context=self._context() if self.context else ()
        )
        # The forest sees single precision when it scores.
        prepared = self.preparation_.apply(rows).astype(np.float32).astype(np.float64)
        directions = high.astype(int) if self.monotone == "known" else self._learned(prepared, fake)
        model = HistGradientBoostingClassifier(
            max_iter=self.n_estimators,
            max_leaf_nodes=self.max_leaf_nodes,
            learning_rate=self.learning_rate,
            min_samples_leaf=self.min_samples_leaf,
            max_bins=self.max_bins,
            monotonic_cst=directions.tolist(),
            l2_regularization=1.0,
            early_stopping=False,
            random_state=self.seed,
        )
        # Trees on few rows are many short parallel loops; on a busy machine threads that wait for
        # one another made such a fit six times as long.
        few = len(rows) < _FEW_ROWS
        with threadpool_limits(1, user_api="openmp") if few else nullcontext():
            model.fit(prepared, fake)
        self.intercept_ = float(model._baseline_prediction.ravel()[0])
        self.forest_ = ForestArrays.from_boosting(model, rows.shape[1])

    def _learned(self, prepared: NDArray[np.float64], fake: NDArray[np.bool_]) -> NDArray[np.int64]:
        directions = np.zeros(len(self.columns_), dtype=np.int64)
        if self.monotone is None:
            return directions
        for k, name in enumerate(self.columns_):
            if not is_authors_choice(name):
                above = auroc(fake, prepared[:, k]) - 0.5
                directions[k] = np.sign(above) if abs(above) > _CLEAR else 0
        return directions

    def _judge(self, rows: NDArray[np.float64], threads: int | None) -> NDArray[np.float64]:
        return self.forest_.sum(self.preparation_.apply(rows, threads=threads), threads=threads)

    def _probability(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        return sigmoid(self._decision(scores))

    def _decision(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        return scores + self.intercept_

    def _to_parts(self) -> tuple[dict[str, Any], Arrays]:
        return {"intercept": self.intercept_}, self.forest_.to_arrays() | self.preparation_.to_arrays()

    def _from_parts(self, state: dict[str, Any], arrays: Arrays) -> None:
        # Models of the first version have none.
        self.intercept_ = float(state.get("intercept", np.nan))
        self.preparation_ = Preparation.from_arrays(arrays, len(self.columns_))
        self.forest_ = ForestArrays.from_arrays(arrays, len(self.columns_))
