"""Detectors that learn what is ordinary, and detectors that learn from labels."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fakeengage.models.base import FEWEST, FeatureDetector, evidence_matrix, known_labels, numbered
from fakeengage.models.store import Arrays
from fakeengage.panel import Panel

if TYPE_CHECKING:
    from typing_extensions import Self


class UnsupervisedDetector(FeatureDetector):
    """A detector that learns what is ordinary; with labels, from the normal accounts only.

    To scikit-learn it is an outlier detector: ``score_samples`` and ``decision_function`` are higher for
    ordinary rows, ``predict`` is 1 for them and -1 for outliers.
    """

    contamination: float
    offset_: float

    def fit(self, X: Any, y: ArrayLike | None = None, *, labels: ArrayLike | None = None) -> Self:
        """Fits on the accounts of a panel, or on the rows of a matrix of features.

        Parameters
        ----------
        X
            Panel, or matrix of features (NaN = missing); columns of a frame that are named like features
            of the registry have its directions.
        y
            For a panel the same as `labels`. For a matrix not used, as in scikit-learn's outlier detectors.
        labels
            True for fakes, False for normal accounts, None where unknown. With labels, only normal
            accounts are learnt from; without, all of them.

        Raises
        ------
        ValueError
            If labels are of another kind or number, or an argument of the constructor is impossible.
        """
        if isinstance(X, Panel):
            return self.fit_features(X, evidence_matrix(X), y if labels is None else labels)
        from sklearn.utils.validation import validate_data

        rows = np.asarray(
            validate_data(
                self,
                X,
                dtype=np.float64,
                order="C",
                ensure_all_finite="allow-nan",
                ensure_min_samples=FEWEST,
            )
        )
        fake = None
        if labels is not None:
            known, fake = known_labels(labels, len(rows))
            rows = rows[known]
        names = getattr(self, "feature_names_in_", numbered(rows.shape[1]))
        return self._fit_rows(rows, [str(name) for name in names], fake)

    def _fit_rows(
        self, rows: NDArray[np.float64], columns: Sequence[str], fake: NDArray[np.bool_] | None
    ) -> Self:
        if not 0 < self.contamination <= 0.5:
            raise ValueError(
                f"contamination: {self.contamination!r} is not allowed; a share above 0, at most 0.5"
            )
        super()._fit_rows(rows, columns, fake)
        fitted = rows if fake is None else rows[~fake]
        self.offset_ = float(np.percentile(-self._judge(fitted, None), 100.0 * self.contamination))
        return self

    def score_samples(self, X: Any) -> NDArray[np.float64]:
        """The negative of :meth:`score`: higher = more ordinary."""
        return -self._scores(X)

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """:meth:`score_samples` above the limit that leaves `contamination` of the fitted rows below 0."""
        return self.score_samples(X) - self.offset_

    def predict(self, X: Any) -> NDArray[np.int64]:
        """1 for ordinary rows, -1 for outliers."""
        return np.where(self.decision_function(X) < 0, -1, 1)

    def fit_predict(self, X: Any, y: ArrayLike | None = None) -> NDArray[np.int64]:
        """`fit`, then `predict` on the same rows."""
        return self.fit(X, y).predict(X)

    def to_arrays(self) -> tuple[dict[str, Any], Arrays]:
        """Settings and arrays that make the detector whole."""
        settings, arrays = super().to_arrays()
        return settings | {"offset": self.offset_}, arrays

    @classmethod
    def from_arrays(cls, settings: dict[str, Any], arrays: Arrays) -> Self:
        """A detector out of a saved model."""
        detector = super().from_arrays(settings, arrays)
        # Models of the first version have none.
        detector.offset_ = float(settings.get("offset", np.nan))
        return detector

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.estimator_type = "outlier_detector"
        return tags


class SupervisedDetector(FeatureDetector):
    """A detector that learns from labelled accounts; to scikit-learn a binary classifier."""

    classes_: NDArray[Any]

    def fit(self, X: Any, y: ArrayLike | None = None, *, labels: ArrayLike | None = None) -> Self:
        """Fits on the labelled accounts of a panel, or on the rows of a matrix of features.

        Parameters
        ----------
        X
            Panel, or matrix of features (NaN = missing).
        y, labels
            For a panel true for fakes, False for normal accounts, None where unknown: those are left
            out. For a matrix any two classes; the second in sorted order is the suspicious one.

        Raises
        ------
        ValueError
            If there are no labels, or not both kinds, or an argument of the constructor is impossible.
        """
        given = y if labels is None else labels
        if isinstance(X, Panel):
            return self.fit_features(X, evidence_matrix(X), given)
        from sklearn.utils.multiclass import check_classification_targets, type_of_target
        from sklearn.utils.validation import validate_data

        rows, target = validate_data(
            self,
            X,
            given,
            dtype=np.float64,
            order="C",
            ensure_all_finite="allow-nan",
        )
        check_classification_targets(target)
        kind = type_of_target(target, input_name="y")
        if kind != "binary":
            raise ValueError(f"Only binary classification is supported. The type of the target is {kind}.")
        classes, numbers = np.unique(target, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(f"y: has one class only ({classes[0]!r}); two are needed")
        names = getattr(self, "feature_names_in_", numbered(rows.shape[1]))
        self._fit_rows(np.asarray(rows), [str(name) for name in names], numbers == 1)
        self.classes_ = classes
        return self

    def _fit_rows(
        self, rows: NDArray[np.float64], columns: Sequence[str], fake: NDArray[np.bool_] | None
    ) -> Self:
        if fake is None or not fake.any():
            raise ValueError(
                "labels: fake and normal accounts are both needed; this detector learns from them"
            )
        self.classes_ = np.array([False, True])
        return super()._fit_rows(rows, columns, fake)

    def _positive(self, y: ArrayLike) -> NDArray[np.bool_]:
        return np.asarray(np.asarray(y) == self.classes_[1], dtype=bool)

    @abstractmethod
    def _probability(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Share of fakes among training accounts with such scores."""

    @abstractmethod
    def _decision(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Above 0 where a fake is the likelier class."""

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Above 0 for rows of the second class, the suspicious one."""
        return self._decision(self._scores(X))

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Probability of each class at the training accounts' own share of fakes, ``(n, 2)``."""
        second = self._probability(self._scores(X))
        return np.column_stack([1.0 - second, second])

    def predict(self, X: Any) -> NDArray[Any]:
        """The likelier class of each row."""
        second = self.decision_function(X) > 0
        return np.asarray(self.classes_[second.astype(int)])

    def to_arrays(self) -> tuple[dict[str, Any], Arrays]:
        """Settings and arrays that make the detector whole."""
        settings, arrays = super().to_arrays()
        return settings | {"classes": self.classes_.tolist()}, arrays

    @classmethod
    def from_arrays(cls, settings: dict[str, Any], arrays: Arrays) -> Self:
        """A detector out of a saved model."""
        detector = super().from_arrays(settings, arrays)
        detector.classes_ = np.array(settings.get("classes", [False, True]))
        return detector

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import ClassifierTags

        tags = super().__sklearn_tags__()
        tags.estimator_type = "classifier"
        tags.classifier_tags = ClassifierTags(multi_class=False)
        tags.target_tags.required = True
        return tags
