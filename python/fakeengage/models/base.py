"""What the detectors on features share: columns, fitting from panels, saving."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fakeengage.expectation import Expectation, fit_expectation
from fakeengage.features import SUMMARY_OWNERS, feature_matrix, list_features
from fakeengage.models.forest import ForestArrays, Preparation
from fakeengage.models.store import Arrays, save_arrays
from fakeengage.panel import Panel

if TYPE_CHECKING:
    from typing_extensions import Self

# What detectors look at. Left to richer models are columns that authors of data draw with opposite signs
# (zero runs, roughness) and those of which nobody has measured yet that they help on foreign data.
_EVIDENCE = frozenset(
    {
        *("scan_up", "scan_down", "step_up", "step_down", "cusum", "block_mean", "scan_share", "segments"),
        *("exceedance", "shortfall", "quantile", "spread_ratio", "asymmetry", "negative_share"),
        *("quiet_residual", "quiet_minus_busy", "curve_distance", "half_shift", "day_level"),
        *("acf__lag1", "acf__day", "period_power", "joint_up"),
        *("ratio_up", "ratio_down", "residual_correlation", "ratio_spread"),
    }
)


def _is_evidence(name: str) -> bool:
    _, measure, parameter = name.split("__")
    return measure in _EVIDENCE or f"{measure}__{parameter}" in _EVIDENCE


def evidence_matrix(
    panel: Panel, expectation: Expectation | None = None, *, threads: int | None = None
) -> NDArray[np.float64]:
    """Features that detectors are fitted on and score: measured against the whole expectation."""
    if expectation is None:
        expectation = fit_expectation(panel, threads=threads)
    return feature_matrix(panel, expectation, threads=threads)


def known_labels(labels: ArrayLike, n: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which of `n` accounts have a label, and the labels of those (true = fake).

    Raises
    ------
    ValueError
        If there is not one label per account, or one is neither true, false nor missing.
    """
    import pandas as pd

    values = np.asarray(labels, dtype=object)
    if values.shape != (n,):
        raise ValueError(f"labels: has shape {values.shape}, expected ({n},)")
    known = np.asarray(~pd.isna(values), dtype=bool)
    for value in values[known]:
        if not (isinstance(value, (bool, int, np.bool_, np.integer)) and value in (0, 1)):
            raise ValueError(
                f"labels: {value!r} is not allowed; true (fake), false (normal) or None (unknown)"
            )
    return known, values[known].astype(bool)


def summary_columns(panel: Panel, owners: frozenset[str]) -> tuple[list[int], list[str], NDArray[np.bool_]]:
    """Positions and names of the columns of some summary owners, and which are one-sided.

    Summaries over the metrics present exist for every panel, so a detector fitted on accounts with
    four metrics can score accounts with one.
    """
    chosen = [
        (k, feature)
        for k, feature in enumerate(list_features(panel.metrics))
        if feature.name.split("__")[0] in owners and _is_evidence(feature.name)
    ]
    return (
        [k for k, _ in chosen],
        [feature.name for _, feature in chosen],
        np.array([feature.high_is_suspicious for _, feature in chosen]),
    )


class FeatureDetector(ABC):
    """A detector on summary features.

    Scores are higher for more suspicious accounts and depend on the account alone.
    """

    kind: ClassVar[str]
    owners: ClassVar[frozenset[str]] = SUMMARY_OWNERS

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self.columns_: list[str] = []

    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """Arguments of the constructor."""

    @property
    @abstractmethod
    def fitted(self) -> bool:
        """Whether the detector can score."""

    @abstractmethod
    def _learn(
        self, rows: NDArray[np.float64], preparation: Preparation, fake: NDArray[np.bool_] | None
    ) -> None:
        """Fits on prepared rows."""

    @abstractmethod
    def _judge(self, rows: NDArray[np.float64], threads: int | None) -> NDArray[np.float64]:
        """Scores of rows that are not prepared."""

    @abstractmethod
    def _arrays(self) -> Arrays:
        """What fitting found."""

    @abstractmethod
    def _restore(self, arrays: Arrays) -> None:
        """Takes back what `_arrays` gave; a ValueError where it does not fit."""

    def fit(self, panel: Panel, labels: ArrayLike | None = None) -> Self:
        """Fits on the accounts of `panel`; `labels` are true for fakes, those with None are left out."""
        return self.fit_features(panel, evidence_matrix(panel), labels)

    def fit_features(
        self, panel: Panel, features: NDArray[np.float64], labels: ArrayLike | None = None
    ) -> Self:
        """The same from features already extracted from `panel`."""
        positions, self.columns_, one_sided = summary_columns(panel, self.owners)
        fake = None
        if labels is not None:
            known, fake = known_labels(labels, len(features))
            features = features[known]
            if fake.all():
                raise ValueError("labels: every account is labelled fake; some normal ones are needed")
        rows = features[:, positions]
        preparation = Preparation.of(rows if fake is None else rows[~fake], one_sided)
        self._learn(preparation.apply(rows), preparation, fake)
        return self

    def score(self, panel: Panel) -> NDArray[np.float64]:
        """Score of each account, higher = more suspicious."""
        return self.score_features(panel, evidence_matrix(panel))

    def score_features(
        self, panel: Panel, features: NDArray[np.float64], *, threads: int | None = None
    ) -> NDArray[np.float64]:
        """The same from features already extracted from `panel`."""
        self._need_fit()
        positions, names, _ = summary_columns(panel, self.owners)
        if names != self.columns_:
            raise ValueError(
                "model: was trained on other features than this version computes; "
                "retrain it with `fakeengage train`"
            )
        return self._judge(features[:, positions], threads)

    def save(self, folder: str | os.PathLike[str]) -> Path:
        """Saves the detector as a folder of numbers."""
        settings, arrays = self.to_arrays()
        return save_arrays(folder, self.kind, settings, arrays)

    def to_arrays(self) -> tuple[dict[str, Any], Arrays]:
        """Settings and arrays that make the detector whole."""
        self._need_fit()
        return self.settings() | {"columns": self.columns_}, self._arrays()

    @classmethod
    def from_arrays(cls, settings: dict[str, Any], arrays: Arrays) -> Self:
        """A detector out of a saved model."""
        own = dict(settings)
        columns = [str(name) for name in own.pop("columns")]
        detector = cls(**own)
        detector.columns_ = columns
        detector._restore(arrays)
        return detector

    def _need_fit(self) -> None:
        if not self.fitted:
            raise ValueError("detector: is not fitted; call fit(panel) first")


class ForestDetector(FeatureDetector):
    """A detector whose fit is a forest."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__(seed)
        self.forest_: ForestArrays | None = None

    @property
    def fitted(self) -> bool:
        """Whether the forest is grown."""
        return self.forest_ is not None

    @abstractmethod
    def _grow(
        self, rows: NDArray[np.float64], preparation: Preparation, fake: NDArray[np.bool_] | None
    ) -> ForestArrays:
        """Fits the trees on prepared rows."""

    @abstractmethod
    def _score(self, sums: NDArray[np.float64], n_trees: int) -> NDArray[np.float64]:
        """Scores from sums of leaves."""

    def _learn(
        self, rows: NDArray[np.float64], preparation: Preparation, fake: NDArray[np.bool_] | None
    ) -> None:
        self.forest_ = self._grow(rows, preparation, fake)

    def _judge(self, rows: NDArray[np.float64], threads: int | None) -> NDArray[np.float64]:
        assert self.forest_ is not None
        return self._score(self.forest_.sum(rows, threads=threads), self.forest_.n_trees)

    def _arrays(self) -> Arrays:
        assert self.forest_ is not None
        return dict(self.forest_.arrays)

    def _restore(self, arrays: Arrays) -> None:
        self.forest_ = ForestArrays.from_arrays(arrays)


def at_least(argument: str, value: int, least: int) -> int:
    """The value, or a ValueError that names the argument."""
    if value < least:
        raise ValueError(f"{argument}: {value} is not allowed; at least {least}")
    return value
