"""What the detectors on features share: fitting and scoring of panels and of matrices, saving."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fakeengage.expectation import Expectation
from fakeengage.features import feature_matrix
from fakeengage.models.columns import align, columns_of, direction, is_context, measure_of, registry
from fakeengage.models.protocol import Estimator
from fakeengage.models.store import Arrays, save_arrays
from fakeengage.panel import Panel
from fakeengage.ranking import auroc

if TYPE_CHECKING:
    from typing_extensions import Self

FEWEST = 2
"""Accounts that a fit needs."""


def evidence_matrix(
    panel: Panel, expectation: Expectation | None = None, *, threads: int | None = None
) -> NDArray[np.float64]:
    """Features that detectors are fitted on and score.

    Without `expectation` trend and cycles are fitted on the way, in a hundredth of the time that
    :func:`~fakeengage.expectation.fit_expectation` takes; fit and score alike.
    """
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


def at_least(argument: str, value: float, least: float) -> None:
    """A ValueError that names the argument where its value is too small or no number."""
    if not isinstance(value, (int, float, np.integer, np.floating)) or not value >= least:
        raise ValueError(f"{argument}: {value!r} is not allowed; at least {least}")


class FeatureDetector(Estimator, ABC):
    """A detector on features of accounts.

    Scores are higher for more suspicious accounts and depend on the account alone.
    """

    kind: ClassVar[str]
    feature_set: str
    columns_: list[str]
    n_features_in_: int

    @abstractmethod
    def fit(self, X: Any, y: ArrayLike | None = None, *, labels: ArrayLike | None = None) -> Self:
        """Fits on the accounts of a panel, or on the rows of a matrix of features."""

    @abstractmethod
    def _check_settings(self) -> None:
        """A ValueError naming the argument of the constructor that is impossible."""

    @abstractmethod
    def _learn(self, rows: NDArray[np.float64], fake: NDArray[np.bool_] | None) -> None:
        """Fits on rows whose columns are ``columns_``."""

    @abstractmethod
    def _judge(self, rows: NDArray[np.float64], threads: int | None) -> NDArray[np.float64]:
        """Scores of such rows."""

    @abstractmethod
    def _to_parts(self) -> tuple[dict[str, Any], Arrays]:
        """What fitting found: numbers, and arrays."""

    @abstractmethod
    def _from_parts(self, state: dict[str, Any], arrays: Arrays) -> None:
        """Takes back what `_to_parts` gave; a ValueError where it does not fit."""

    def fit_features(
        self, panel: Panel, features: NDArray[np.float64], labels: ArrayLike | None = None
    ) -> Self:
        """:meth:`fit` from the feature matrix of `panel`; `labels` are true for fakes, None where unknown."""
        fake = None
        columns = columns_of(panel.metrics, self.feature_set)
        if labels is not None:
            known, fake = known_labels(labels, len(features))
            features = features[known]
        return self._fit_rows(align(panel.metrics, features, columns), columns, fake)

    def _fit_rows(
        self, rows: NDArray[np.float64], columns: Sequence[str], fake: NDArray[np.bool_] | None
    ) -> Self:
        self._check_settings()
        if len(rows) < FEWEST:
            raise ValueError(f"accounts: {len(rows)} given (n_samples={len(rows)}); at least {FEWEST} needed")
        if fake is not None and fake.all():
            raise ValueError("labels: every account is labelled fake; some normal ones are needed")
        self._set_columns(columns)
        try:
            self._learn(rows, fake)
        except BaseException:
            # A fit that failed has not happened.
            del self.columns_
            raise
        return self

    def _set_columns(self, columns: Sequence[str]) -> None:
        self.columns_ = list(columns)
        self.n_features_in_ = len(self.columns_)
        if self.columns_ == numbered(len(self.columns_)):
            vars(self).pop("feature_names_in_", None)
        else:
            self.feature_names_in_ = np.array(self.columns_, dtype=object)

    def _directions(self) -> NDArray[np.int64]:
        """Per column which end is suspicious: 1 the upper, -1 the lower, 0 neither; known, not learnt."""
        known = registry()
        return np.array(
            [direction(name, name in known and known[name].high_is_suspicious) for name in self.columns_],
            dtype=np.int64,
        )

    def _context(self) -> list[int]:
        return [k for k, name in enumerate(self.columns_) if is_context(name)]

    def score(self, X: Any, y: ArrayLike | None = None) -> Any:
        """Score of each account, higher = more suspicious; with labels `y`, how well the scores rank.

        Parameters
        ----------
        X
            Panel, or matrix of features as in `fit`.
        y
            Labels, true for fakes. Scikit-learn's searches give them.

        Returns
        -------
        numpy.ndarray or float
            ``(n,)`` scores; with `y` the area under the ROC curve.
        """
        scores = self._scores(X)
        return scores if y is None else float(auroc(self._positive(y), scores))

    def score_features(
        self, panel: Panel, features: NDArray[np.float64], *, threads: int | None = None
    ) -> NDArray[np.float64]:
        """:meth:`score` from the feature matrix of `panel`."""
        self._need_fit()
        unknown = [name for name in self.columns_ if name not in registry()]
        if unknown:
            raise ValueError(
                f"model: was fitted on {unknown[0]!r}, which is no feature of this version; "
                "give it the matrix that it knows, or retrain it with `fakeengage train`"
            )
        return self._judge(align(panel.metrics, features, self.columns_), threads)

    def _scores(self, X: Any) -> NDArray[np.float64]:
        self._need_fit()
        if isinstance(X, Panel):
            return self.score_features(X, evidence_matrix(X))
        return self._judge(self._check_matrix(X), None)

    def _positive(self, y: ArrayLike) -> NDArray[np.bool_]:
        return np.asarray(y).astype(bool)

    def save(self, folder: str | os.PathLike[str]) -> Path:
        """Saves the detector as a folder of numbers; :func:`fakeengage.load_model` reads it."""
        settings, arrays = self.to_arrays()
        return save_arrays(folder, self.kind, settings, arrays)

    def to_arrays(self) -> tuple[dict[str, Any], Arrays]:
        """Settings and arrays that make the detector whole."""
        self._need_fit()
        state, arrays = self._to_parts()
        known = registry()
        versions = {measure_of(name): known[name].version for name in self.columns_ if name in known}
        return self.get_params() | state | {"columns": self.columns_, "versions": versions}, arrays

    @classmethod
    def from_arrays(cls, settings: dict[str, Any], arrays: Arrays) -> Self:
        """A detector out of a saved model.

        Raises
        ------
        ValueError
            If a feature that it uses has another version here, or its parts do not fit.
        """
        names = cls.parameter_names()
        detector = cls(**{name: settings[name] for name in names if name in settings})
        for name, feature in registry().items():
            stated = settings.get("versions", {}).get(measure_of(name), feature.version)
            if stated != feature.version:
                raise ValueError(
                    f"model: was trained on version {stated} of {measure_of(name)}, this version computes "
                    f"{feature.version}; retrain it with `fakeengage train`"
                )
        detector._set_columns([str(name) for name in settings["columns"]])
        detector._from_parts(settings, arrays)
        return detector


def numbered(n: int) -> list[str]:
    """Names of the columns of a matrix that has none."""
    return [f"x{k}" for k in range(n)]
