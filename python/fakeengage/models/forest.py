"""Isolation forests as arrays: grown by scikit-learn, kept as numbers, scored in Rust."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fakeengage import _native
from fakeengage.models.store import Arrays

_PARTS = ("roots", "feature", "threshold", "left", "right", "path", "center", "scale", "one_sided")


@dataclass(frozen=True)
class ForestArrays:
    """A fitted isolation forest.

    Attributes
    ----------
    arrays
        Nodes of all trees (``roots, feature, threshold, left, right, path``) and per column
        ``center`` (stands in for missing values), ``scale`` and ``one_sided``.
    typical_path
        Expected path length of the sample that each tree was grown on.
    """

    arrays: Arrays
    typical_path: float

    @classmethod
    def fit(
        cls,
        features: NDArray[np.float64],
        one_sided: NDArray[np.bool_],
        *,
        n_estimators: int,
        max_samples: int,
        seed: int,
    ) -> ForestArrays:
        """Grows the trees on the rows of `features` (NaN = missing)."""
        from sklearn.ensemble import IsolationForest

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
                spread = float(np.median(np.abs(column - center[k])))
                # A share that is zero for most accounts has no spread; its mean is then the unit.
                scale[k] = spread or float(np.mean(np.abs(column - center[k]))) or 1.0
        prepared = prepare(features, center, scale, one_sided)
        forest = IsolationForest(
            n_estimators=n_estimators,
            max_samples=min(max_samples, len(prepared)),
            random_state=seed,
        ).fit(prepared)
        parts: dict[str, list[NDArray[Any]]] = {name: [] for name in _PARTS[1:6]}
        roots = [0]
        for tree, columns in zip(forest.estimators_, forest.estimators_features_, strict=True):
            nodes = tree.tree_
            leaf = nodes.children_left < 0
            parts["feature"].append(
                np.where(leaf, -1, columns[np.maximum(nodes.feature, 0)]).astype(np.int32)
            )
            parts["threshold"].append(nodes.threshold.astype(np.float64))
            parts["left"].append(np.maximum(nodes.children_left, 0).astype(np.int32))
            parts["right"].append(np.maximum(nodes.children_right, 0).astype(np.int32))
            parts["path"].append(np.where(leaf, _depths(nodes) + average_path(nodes.n_node_samples), 0.0))
            roots.append(roots[-1] + nodes.node_count)
        arrays: Arrays = {name: np.concatenate(values) for name, values in parts.items()}
        arrays |= {
            "roots": np.array(roots, np.int64),
            "center": center,
            "scale": scale,
            "one_sided": one_sided.copy(),
        }
        return cls(arrays, float(average_path(np.array([forest.max_samples_]))[0]))

    @classmethod
    def from_arrays(cls, arrays: Arrays, typical_path: float) -> ForestArrays:
        """A forest out of a saved model; the walk is checked by the scorer."""
        missing = [name for name in _PARTS if name not in arrays]
        if missing:
            raise ValueError(f"model: lacks the array {missing[0]!r}; retrain")
        return cls({name: arrays[name] for name in _PARTS}, typical_path)

    def score(self, features: NDArray[np.float64], *, threads: int | None = None) -> NDArray[np.float64]:
        """Anomaly score of each row, 0 to 1, higher = easier to isolate."""
        return _native.score_forest(
            np.ascontiguousarray(features, dtype=np.float64),
            **{name: self.arrays[name] for name in _PARTS},
            typical_path=self.typical_path,
            threads=threads or 0,
        )


def prepare(
    features: NDArray[np.float64],
    center: NDArray[np.float64],
    scale: NDArray[np.float64],
    one_sided: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """What a tree sees: the logarithm of the deviation from the center, 0 for missing values, and 0
    below the center where only the upper end is suspicious (a calm account is not thereby fake)."""
    deviation = np.where(np.isfinite(features), features - center, 0.0) / scale
    squashed = np.copysign(np.log1p(np.abs(deviation)), deviation)
    return np.where(one_sided, np.maximum(squashed, 0.0), squashed)


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
