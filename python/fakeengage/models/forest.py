"""Forests as arrays: grown by scikit-learn, kept as numbers, summed in Rust."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fakeengage import _native
from fakeengage.models.store import Arrays

_NODES = ("feature", "threshold", "left", "right", "value")
_PARTS = ("roots", *_NODES)

Tree = tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]
"""Column split on (negative in a leaf), threshold, left child, right child, value of the leaf, and accounts
that the tree was grown on in each node."""


class ForestArrays:
    """A fitted forest: the nodes of all trees.

    Trees are grown on single precision and their thresholds kept in it, rounded down: no value changes
    sides. `value` is single precision too where leaves are averaged, double where they are added up.
    """

    def __init__(self, arrays: Arrays, n_columns: int) -> None:
        self.arrays = arrays
        self.n_columns = n_columns

    @classmethod
    def from_isolation(cls, forest: Any, n_columns: int) -> ForestArrays:
        """Trees of scikit-learn's ``IsolationForest``; leaves hold path lengths."""

        def trees() -> Iterable[Tree]:
            for tree, columns in zip(forest.estimators_, forest.estimators_features_, strict=True):
                nodes = tree.tree_
                leaf = nodes.children_left < 0
                path = np.where(leaf, _depths(nodes) + average_path(nodes.n_node_samples), 0.0)
                split = np.where(leaf, -1, columns[np.maximum(nodes.feature, 0)])
                cover = nodes.weighted_n_node_samples
                yield split, nodes.threshold, nodes.children_left, nodes.children_right, path, cover

        return cls._of(trees(), np.float64, n_columns)

    @classmethod
    def from_bagging(cls, forest: Any, n_columns: int) -> ForestArrays:
        """Trees of scikit-learn's binary forests; leaves hold the share of the second class."""

        def trees() -> Iterable[Tree]:
            for tree in forest.estimators_:
                nodes = tree.tree_
                leaf = nodes.children_left < 0
                counts = nodes.value[:, 0, :]
                # A bootstrap sample of a tree may lack a class, never the forest's list of classes.
                share = np.where(leaf, counts[:, 1] / counts.sum(axis=1), 0.0)
                split = np.where(leaf, -1, nodes.feature)
                cover = nodes.weighted_n_node_samples
                yield split, nodes.threshold, nodes.children_left, nodes.children_right, share, cover

        return cls._of(trees(), np.float32, n_columns)

    @classmethod
    def from_boosting(cls, model: Any, n_columns: int) -> ForestArrays:
        """Trees of scikit-learn's binary ``HistGradientBoostingClassifier``; leaves hold logits."""

        def trees() -> Iterable[Tree]:
            for (predictor,) in model._predictors:
                nodes = predictor.nodes
                leaf = nodes["is_leaf"].astype(bool)
                yield (
                    np.where(leaf, -1, nodes["feature_idx"]),
                    np.where(leaf, 0.0, nodes["num_threshold"]),
                    nodes["left"].astype(np.int64),
                    nodes["right"].astype(np.int64),
                    np.where(leaf, nodes["value"], 0.0),
                    nodes["count"],
                )

        return cls._of(trees(), np.float64, n_columns)

    @classmethod
    def _of(cls, trees: Iterable[Tree], value_type: Any, n_columns: int) -> ForestArrays:
        grown = list(trees)
        joined = [np.concatenate([tree[k] for tree in grown]) for k in range(len(_NODES) + 1)]
        arrays: Arrays = {
            "roots": np.cumsum([0, *(len(tree[0]) for tree in grown)]).astype(np.int64),
            "feature": joined[0].astype(np.int32),
            "threshold": _rounded_down(joined[1]),
            "left": np.maximum(joined[2], 0).astype(np.int32),
            "right": np.maximum(joined[3], 0).astype(np.int32),
            "value": joined[4].astype(value_type),
            # Single precision holds every count of accounts up to 16 million.
            "cover": joined[5].astype(np.float32),
        }
        return cls(arrays, n_columns)

    @classmethod
    def from_arrays(cls, arrays: Arrays, n_columns: int) -> ForestArrays:
        """A forest out of a saved model; a ValueError where its walks would not end."""
        missing = [name for name in _PARTS if name not in arrays]
        if missing:
            raise ValueError(f"model: lacks the array {missing[0]!r}; retrain")
        # Models of versions without contributions have no covers.
        optional = [name for name in ("cover",) if name in arrays]
        if any(len(arrays[name]) != len(arrays["value"]) for name in optional):
            raise ValueError("model: its covers do not fit its trees; retrain")
        forest = cls({name: arrays[name] for name in (*_PARTS, *optional)}, n_columns)
        forest._packed  # noqa: B018 - packing checks the arrays
        return forest

    def to_arrays(self) -> Arrays:
        """Parts for a saved model."""
        return dict(self.arrays)

    @property
    def n_trees(self) -> int:
        """Number of trees."""
        return len(self.arrays["roots"]) - 1

    @cached_property
    def _packed(self) -> _native.Forest:
        return _native.Forest(**self._double(), n_columns=self.n_columns)

    def _double(self) -> Arrays:
        """The nodes as the engine takes them."""
        parts = {name: self.arrays[name] for name in _PARTS}
        for name in ("threshold", "value"):
            parts[name] = parts[name].astype(np.float64)
        return parts

    def __getstate__(self) -> dict[str, Any]:
        return {"arrays": self.arrays, "n_columns": self.n_columns}

    def sum(self, rows: NDArray[np.float64], *, threads: int | None = None) -> NDArray[np.float64]:
        """Sum of the leaves that each prepared row falls into."""
        return self._packed.sum(np.ascontiguousarray(rows, dtype=np.float64), threads=threads or 0)

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
            **self._double(),
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


def _rounded_down(threshold: NDArray[Any]) -> NDArray[np.float32]:
    near = np.asarray(threshold, dtype=np.float64).astype(np.float32)
    below = np.nextafter(near, np.float32(-np.inf))
    return np.where(near.astype(np.float64) > threshold, below, near).astype(np.float32)
