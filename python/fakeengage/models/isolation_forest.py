"""Isolation forest on self-normalised features: the first detector, no labels needed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fakeengage.features import feature_matrix, list_features
from fakeengage.models.forest import ForestArrays
from fakeengage.models.store import Arrays, save_arrays
from fakeengage.panel import Panel

# Summaries over the metrics present: every panel has them. The largest over the metrics ranked a
# little better than their mean on three presets (AUROC .778 against .776 on `published`).
_OWNERS = frozenset({"any", "any_ratio", "joint"})

# Columns known to carry little beside others and to differ between authors of data are left to
# detectors that learn from labels.
_LEFT_OUT = frozenset({"zero_run", "roughness"})


def summary_columns(panel: Panel) -> tuple[list[int], list[str], NDArray[np.bool_]]:
    """Positions and names of the columns that every panel has, and which are one-sided."""
    chosen = [
        (k, feature)
        for k, feature in enumerate(list_features(panel.metrics))
        if feature.name.split("__")[0] in _OWNERS and feature.name.split("__")[1] not in _LEFT_OUT
    ]
    return (
        [k for k, _ in chosen],
        [feature.name for _, feature in chosen],
        np.array([feature.high_is_suspicious for _, feature in chosen]),
    )


class IsolationForestDetector:
    """Scores accounts by how easily a random tree isolates their features.

    Parameters
    ----------
    n_estimators
        Number of trees.
    max_samples
        Accounts that each tree is grown on.
    seed
        Seed of the trees.

    Notes
    -----
    Works on features summarised over the metrics present, so it can be fitted on accounts with
    four metrics and score accounts with one. Features of which only large values are suspicious
    are cut at the median of the fitted accounts. Scores are those of Liu, Ting & Zhou (2008,
    doi:10.1109/ICDM.2008.17): 0 to 1, higher = more suspicious.

    Examples
    --------
    >>> import fakeengage as fe
    >>> data = fe.simulate(n_users=60, length=168, seed=3)
    >>> detector = fe.models.IsolationForestDetector(n_estimators=50).fit(data.panel)
    >>> detector.score(data.panel).shape
    (60,)
    """

    kind = "isolation_forest"

    def __init__(self, n_estimators: int = 200, max_samples: int = 256, seed: int = 0) -> None:
        if n_estimators < 1:
            raise ValueError(f"n_estimators: {n_estimators} is not allowed; at least 1")
        if max_samples < 2:
            raise ValueError(f"max_samples: {max_samples} is not allowed; at least 2")
        self.n_estimators = n_estimators
        self.max_samples = max_samples
        self.seed = seed
        self.forest_: ForestArrays | None = None
        self.columns_: list[str] = []

    def fit(self, panel: Panel, labels: ArrayLike | None = None) -> IsolationForestDetector:
        """Grows the trees on the accounts of `panel`; with `labels` (true = fake) on the normal ones only."""
        return self.fit_features(panel, feature_matrix(panel), labels)

    def fit_features(
        self, panel: Panel, features: NDArray[np.float64], labels: ArrayLike | None = None
    ) -> IsolationForestDetector:
        """The same from features already extracted from `panel`."""
        positions, self.columns_, one_sided = summary_columns(panel)
        rows = features[:, positions]
        if labels is not None:
            fake = np.asarray(labels, dtype=bool)
            if fake.shape != (len(panel),):
                raise ValueError(f"labels: has shape {fake.shape}, expected ({len(panel)},)")
            if fake.all():
                raise ValueError("labels: every account is labelled fake; some normal ones are needed")
            rows = rows[~fake]
        self.forest_ = ForestArrays.fit(
            rows,
            one_sided,
            n_estimators=self.n_estimators,
            max_samples=self.max_samples,
            seed=self.seed,
        )
        return self

    def score(self, panel: Panel) -> NDArray[np.float64]:
        """Anomaly score of each account, 0 to 1, higher = more suspicious."""
        return self.score_features(panel, feature_matrix(panel))

    def score_features(
        self, panel: Panel, features: NDArray[np.float64], *, threads: int | None = None
    ) -> NDArray[np.float64]:
        """The same from features already extracted from `panel`."""
        if self.forest_ is None:
            raise ValueError("detector: is not fitted; call fit(panel) first")
        positions, names, _ = summary_columns(panel)
        if names != self.columns_:
            raise ValueError(
                "model: was trained on other features than this version computes; "
                "retrain it with `fakeengage train`"
            )
        return self.forest_.score(features[:, positions], threads=threads)

    def save(self, folder: str | os.PathLike[str]) -> Path:
        """Saves the detector as a folder of numbers."""
        settings, arrays = self.to_arrays()
        return save_arrays(folder, self.kind, settings, arrays)

    def to_arrays(self) -> tuple[dict[str, Any], Arrays]:
        """Settings and arrays that make the detector whole."""
        if self.forest_ is None:
            raise ValueError("detector: is not fitted; call fit(panel) first")
        settings = {
            "n_estimators": self.n_estimators,
            "max_samples": self.max_samples,
            "seed": self.seed,
            "columns": self.columns_,
            "typical_path": self.forest_.typical_path,
        }
        return settings, dict(self.forest_.arrays)

    @classmethod
    def from_arrays(cls, settings: dict[str, Any], arrays: Arrays) -> IsolationForestDetector:
        """A detector out of a saved model."""
        detector = cls(int(settings["n_estimators"]), int(settings["max_samples"]), int(settings["seed"]))
        detector.columns_ = [str(name) for name in settings["columns"]]
        detector.forest_ = ForestArrays.from_arrays(arrays, float(settings["typical_path"]))
        return detector
