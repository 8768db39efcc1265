"""Random forest on all features of the accounts' metrics."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fakeengage.models.base import at_least
from fakeengage.models.forest import ForestArrays
from fakeengage.models.kinds import SupervisedDetector
from fakeengage.models.preparation import Preparation
from fakeengage.models.store import Arrays

_SPLITS = ("random", "best")
# Trees of more leaves cannot be packed for scoring.
_MOST_LEAVES = 1 << 15


class RandomForestDetector(SupervisedDetector):
    """Averages many deep trees that were grown on labelled accounts.

    Parameters
    ----------
    n_estimators
        Number of trees.
    min_samples_leaf
        Fewest accounts in a leaf.
    max_features
        Features that each split may choose from: ``"sqrt"``, ``"log2"``, a share, or a number.
    max_leaf_nodes
        Most leaves of a tree: what keeps a forest grown on many accounts small. None for 32,768.
    splits
        ``"random"``: one random threshold per feature, the best of those (extremely randomised trees);
        ``"best"``: the best threshold, on bootstrap samples (Breiman's forest), several times slower.
    feature_set
        Features of a panel to look at, one of :data:`~fakeengage.models.columns.FEATURE_SETS`.
    seed
        Seed of the trees.
    threads
        Threads that grow trees; all cores by default. The trees do not depend on it.
    context
        Whether features are measured beside normal accounts as active: how many hours pass without any
        count sets what is ordinary. Without effect where those columns are not given.

    Attributes
    ----------
    classes_
        The two classes; the second is the suspicious one.
    columns_
        Names of the features fitted on; also ``n_features_in_`` of them, and ``feature_names_in_``
        where they have names.

    Notes
    -----
    The score is the mean over the trees of the share of fakes in the account's leaf, 0 to 1. Grown by
    scikit-learn.

    References
    ----------
    Breiman (2001), doi:10.1023/A:1010933404324; Geurts, Ernst & Wehenkel (2006),
    doi:10.1007/s10994-006-6226-1.

    Examples
    --------
    >>> import fakeengage as fe
    >>> data = fe.simulate(n_users=100, length=168, seed=3)
    >>> detector = fe.models.RandomForestDetector(n_estimators=20)
    >>> detector.fit(data.panel, data.accounts.is_fake).score(data.panel).shape
    (100,)
    """

    kind = "random_forest"

    def __init__(
        self,
        n_estimators: int = 300,
        min_samples_leaf: int = 1,
        max_features: str | float | None = 0.1,
        max_leaf_nodes: int | None = 1024,
        splits: str = "random",
        feature_set: str = "all",
        seed: int = 0,
        threads: int | None = None,
        *,
        context: bool = True,
    ) -> None:
        self.n_estimators = n_estimators
        self.min_samples_leaf = min_samples_leaf
        self.max_features = max_features
        self.max_leaf_nodes = max_leaf_nodes
        self.splits = splits
        self.feature_set = feature_set
        self.seed = seed
        self.threads = threads
        self.context = context

    def _check_settings(self) -> None:
        at_least("n_estimators", self.n_estimators, 1)
        at_least("min_samples_leaf", self.min_samples_leaf, 1)
        if self.max_leaf_nodes is not None:
            at_least("max_leaf_nodes", self.max_leaf_nodes, 2)
            if self.max_leaf_nodes > _MOST_LEAVES:
                raise ValueError(
                    f"max_leaf_nodes: {self.max_leaf_nodes} is not allowed; at most {_MOST_LEAVES}"
                )
        if self.splits not in _SPLITS:
            raise ValueError(f"splits: {self.splits!r} is not allowed; choose from {', '.join(_SPLITS)}")

    def _learn(self, rows: NDArray[np.float64], fake: NDArray[np.bool_] | None) -> None:
        from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier

        assert fake is not None
        self.preparation_ = Preparation.of(rows[~fake], context=self._context() if self.context else ())
        kind = ExtraTreesClassifier if self.splits == "random" else RandomForestClassifier
        forest = kind(
            n_estimators=self.n_estimators,
            min_samples_leaf=self.min_samples_leaf,
            max_features=self.max_features,
            max_leaf_nodes=_MOST_LEAVES if self.max_leaf_nodes is None else self.max_leaf_nodes,
            random_state=self.seed,
            n_jobs=self.threads or -1,
        ).fit(self.preparation_.apply(rows), fake)
        self.forest_ = ForestArrays.from_bagging(forest, rows.shape[1])

    def _judge(self, rows: NDArray[np.float64], threads: int | None) -> NDArray[np.float64]:
        prepared = self.preparation_.apply(rows, threads=threads)
        return self.forest_.sum(prepared, threads=threads) / self.forest_.n_trees

    def _probability(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        return scores

    def _decision(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        return scores - 0.5

    def _to_parts(self) -> tuple[dict[str, Any], Arrays]:
        return {}, self.forest_.to_arrays() | self.preparation_.to_arrays()

    def _from_parts(self, state: dict[str, Any], arrays: Arrays) -> None:
        del state
        self.preparation_ = Preparation.from_arrays(arrays, len(self.columns_))
        self.forest_ = ForestArrays.from_arrays(arrays, len(self.columns_))
