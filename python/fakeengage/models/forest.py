"""Forests as arrays: grown by scikit-learn, kept as numbers, summed in Rust."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fakeengage import _native
from fakeengage.models.store import Arrays

_NODES = ("feature", "threshold", "left", "right", "value")
_PARTS = ("roots", *_NODES, "center", "scale", "one_sided")


@dataclass(frozen=True)
class Preparation:
    """What a tree sees of a feature: the logarithm of its deviation from the ordinary.

    Attributes
    ----------
    center
        Median of each column over the accounts fitted on; stands in for missing values.
    scale
        Median deviation from it.
    one_sided
        Whether values below the center count as the center: a calm account is not thereby fake.
    """

    center: NDArray[np.float64]
    scale: NDArray[np.float64]
    one_sided: NDArray[np.bool_]

    @classmethod
    def of(cls, features: NDArray[np.float64], one_sided: NDArray[np.bool_]) -> Preparation:
        """Measures the columns of `features` (NaN = missing).

        Raises
        ------
        ValueError
            If not a single value is known.
        """
        known = np.isfinite(features)
        if not known.any():
            raise ValueError(
                "features: no account has a single usable feature; at least 14 observed steps are needed"
            )
        center = np.zeros(features.shape[1])
        scale = np.ones(features.shape[1])
        for k in range(features.shape[1]):
            column = features[known[:, k], k]
            if len(column):
                center[k] = np.median(column)
                deviation = np.abs(column - center[k])
                # A share that is zero for most accounts has no median deviation; the mean is then the unit.
                scale[k] = float(np.median(deviation)) or float(np.mean(deviation)) or 1.0
        return cls(center, scale, one_sided.copy())

    def apply(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Features as the trees see them, in single precision like the scorer's."""
        deviation = np.where(np.isfinite(features), features - self.center, 0.0) / self.scale
        squashed = np.copysign(np.log1p(np.abs(deviation)), deviation)
        turned = np.where(self.one_sided, np.maximum(squashed, 0.0), squashed)
        return turned.astype(np.float32).astype(np.float64)


@dataclass(frozen=True)
class ForestArrays:
    """A fitted forest: nodes of all trees and the preparation of their features."""

    arrays: Arrays

    @classmethod
    def from_isolation(cls, forest: Any, preparation: Preparation) -> ForestArrays:
        """Trees of scikit-learn's ``IsolationForest``; leaves hold path lengths."""
        trees: list[tuple[NDArray[Any], ...]] = []
        covers = [tree.tree_.weighted_n_node_samples for tree in forest.estimators_]
        for tree, columns in zip(forest.estimators_, forest.estimators_features_, strict=True):
            nodes = tree.tree_
            leaf = nodes.children_left < 0
            path = np.where(leaf, _depths(nodes) + average_path(nodes.n_node_samples), 0.0)
            split = np.where(leaf, -1, columns[np.maximum(nodes.feature, 0)])
            trees.append((split, nodes.threshold, nodes.children_left, nodes.children_right, path))
        return cls._of(trees, preparation, covers)

    @classmethod
    def from_boosting(cls, model: Any, preparation: Preparation) -> ForestArrays:
        """Trees of scikit-learn's binary ``HistGradientBoostingClassifier``; leaves hold logits."""
        trees: list[tuple[NDArray[Any], ...]] = []
        covers = [predictor.nodes["count"] for (predictor,) in model._predictors]
        for (predictor,) in model._predictors:
            nodes = predictor.nodes
            leaf = nodes["is_leaf"].astype(bool)
            split = np.where(leaf, -1, nodes["feature_idx"])
            trees.append(
                (
                    split,
                    np.where(leaf, 0.0, nodes["num_threshold"]),
                    nodes["left"].astype(np.int64),
                    nodes["right"].astype(np.int64),
                    np.where(leaf, nodes["value"], 0.0),
                )
            )
        return cls._of(trees, preparation, covers)

    @classmethod
    def _of(
        cls,
        trees: list[tuple[NDArray[Any], ...]],
        preparation: Preparation,
        covers: list[NDArray[Any]],
    ) -> ForestArrays:
        roots = np.concatenate([[0], np.cumsum([len(tree[0]) for tree in trees])]).astype(np.int64)
        types = (np.int32, np.float64, np.int32, np.int32, np.float64)
        arrays: Arrays = {
            name: np.concatenate(
                [np.maximum(tree[k], 0) if name in ("left", "right") else tree[k] for tree in trees]
            ).astype(dtype)
            for k, (name, dtype) in enumerate(zip(_NODES, types, strict=True))
        }
        arrays |= {
            "roots": roots,
            "center": preparation.center,
            "scale": preparation.scale,
            "one_sided": preparation.one_sided,
            # Single precision holds every count of accounts up to 16 million.
            "cover": np.concatenate(covers).astype(np.float32),
        }
        return cls(arrays)

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> ForestArrays:
        """A forest out of a saved model; that its walks end is checked by the scorer."""
        missing = [name for name in _PARTS if name not in arrays]
        if missing:
            raise ValueError(f"model: lacks the array {missing[0]!r}; retrain")
        # Models of versions without contributions have no covers.
        optional = [name for name in ("cover",) if name in arrays]
        return cls({name: arrays[name] for name in (*_PARTS, *optional)})

    @property
    def n_trees(self) -> int:
        """Number of trees."""
        return len(self.arrays["roots"]) - 1

    def sum(self, features: NDArray[np.float64], *, threads: int | None = None) -> NDArray[np.float64]:
        """Sum of the leaves that each row falls into."""
        return _native.sum_forest(
            np.ascontiguousarray(features, dtype=np.float64),
            **{name: self.arrays[name] for name in _PARTS},
            threads=threads or 0,
        )

    def contributions(
        self, rows: NDArray[np.float64], *, threads: int | None = None
    ) -> tuple[NDArray[np.float64], float]:
        """What each column adds to the sum of leaves, and the mean that it adds to.

        Parameters
        ----------
        rows
            ``(n, n_columns)``: prepared features, as the trees see them.
        threads
            Threads to use; all cores by default. The result does not depend on it.

        Returns
        -------
        values : ndarray of shape (n, n_columns)
        base : float
            Mean of the forest over the accounts that it was grown on.

        Raises
        ------
        ValueError
            If rows or covers do not fit the trees.

        Notes
        -----
        Exact Shapley values of the path-dependent game (Lundberg et al. 2018, arXiv:1802.03888): a
        column that is not known sends an account down both branches, by the shares of the accounts
        that the tree was grown on (array ``cover``). ``base + values.sum(axis=1)`` is the sum.
        Trees of older models have no covers; their leaves then count the same.
        """
        cover = self.arrays.get("cover")
        return _native.forest_contributions(
            np.ascontiguousarray(rows, dtype=np.float64),
            **{name: self.arrays[name] for name in ("roots", *_NODES)},
            cover=None if cover is None else cover.astype(np.float64),
            threads=threads or 0,
        )


def average_path(n_samples: NDArray[Any]) -> NDArray[np.float64]:
    """Mean depth of an unsuccessful search in a binary tree of `n_samples` leaves (Liu 2008, eq. 1)."""
    n = np.asarray(n_samples, dtype=np.float64)
    safe = np.maximum(n, 3.0)
    many = 2.0 * (np.log(safe - 1.0) + np.euler_gamma) - 2.0 * (safe - 1.0) / safe
    return np.where(n <= 1, 0.0, np.where(n == 2, 1.0, many))


def _depths(nodes: Any) -> NDArray[np.float64]:
    """Edges between the root and each node; children always come after their parent."""
    depth = np.zeros(nodes.node_count)
    for node in range(nodes.node_count):
        if nodes.children_left[node] >= 0:
            depth[nodes.children_left[node]] = depth[node] + 1
            depth[nodes.children_right[node]] = depth[node] + 1
    return depth
