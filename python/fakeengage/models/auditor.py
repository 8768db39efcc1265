"""The calibrated detector that ``score`` uses."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fakeengage.calibration import Reference, sigmoid, strata
from fakeengage.features import feature_matrix
from fakeengage.models.isolation_forest import IsolationForestDetector, summary_columns
from fakeengage.models.store import Arrays, save_arrays
from fakeengage.panel import Panel

REFERENCE_PREVALENCE = 0.10
"""Share of fakes at which ``score`` is a probability."""

SHIPPED = Path(__file__).parent / "shipped"
"""The model inside the package."""


class Auditor:
    """Isolation forest, calibrated on organic accounts of many platforms.

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
    ``fit`` grows the forest on the normal accounts, keeps their scores by stratum (clock, metrics,
    length, volume) as the reference for p-values, and turns the score, relative to its stratum, into a probability by a logistic curve fitted with fakes weighted to 10 %.
    Everything that :meth:`score` says of an account depends on that account alone.
    """

    kind = "auditor"

    def __init__(self, n_estimators: int = 200, max_samples: int = 512, seed: int = 0) -> None:
        self.detector = IsolationForestDetector(n_estimators, max_samples, seed)
        self.reference_: Reference | None = None
        self.curve_ = (0.0, 1.0)
        self.usual_high_: NDArray[np.float64] = np.empty(0)
        self.training: dict[str, Any] = {}

    def fit(self, panel: Panel, labels: ArrayLike | None = None) -> Auditor:
        """Fits on labelled accounts (true = fake); without labels `panel.is_fake` is used."""
        fake = panel.is_fake if labels is None else labels
        if fake is None:
            raise ValueError(
                "labels: are needed to calibrate; give labels=, a `label` column, or a simulated data set"
            )
        return self.fit_features([(panel, feature_matrix(panel), np.asarray(fake, dtype=bool))])

    def fit_features(self, parts: list[tuple[Panel, NDArray[np.float64], NDArray[np.bool_]]]) -> Auditor:
        """The same from several panels with their features and labels; all share the summary columns.

        The forest grows on the first part; every part enters the calibration.
        """
        panel, features, fake = parts[0]
        self.detector.fit_features(panel, features, fake)
        raw = np.concatenate([self.detector.score_features(p, f) for p, f, _ in parts])
        stratum = np.concatenate([strata(p) for p, _, _ in parts])
        labels = np.concatenate([y for _, _, y in parts])
        judged = stratum >= 0
        self.reference_ = Reference.of(raw[judged & ~labels], stratum[judged & ~labels])
        self.curve_ = _fit_curve(self.reference_.evidence(raw[judged], stratum[judged]), labels[judged])
        positions, _, _ = summary_columns(panel)
        # What an ordinary account hardly ever exceeds: the yardstick of the reasons.
        self.usual_high_ = np.nanquantile(features[~fake][:, positions], 0.98, axis=0)
        return self

    @property
    def reference(self) -> Reference:
        """Scores of organic accounts; a ValueError before ``fit``."""
        if self.reference_ is None:
            raise ValueError(
                "detector: is not fitted; call fit(panel, labels) or fe.load_model(folder) first"
            )
        return self.reference_

    def raw_scores(
        self, panel: Panel, features: NDArray[np.float64], *, threads: int | None = None
    ) -> NDArray[np.float64]:
        """Anomaly scores before calibration, from features already extracted."""
        return self.detector.score_features(panel, features, threads=threads)

    def probabilities(self, raw: NDArray[np.float64], stratum: NDArray[np.int64]) -> NDArray[np.float64]:
        """Probability of fraud at the reference prevalence of 10 %; NaN where not judged."""
        intercept, slope = self.curve_
        return sigmoid(intercept + slope * self.reference.evidence(raw, stratum))

    def score(self, panel: Panel) -> NDArray[np.float64]:
        """Probability of fraud of each account, from its own series alone; NaN where not judged."""
        features = feature_matrix(panel)
        return self.probabilities(self.raw_scores(panel, features), strata(panel))

    def save(self, folder: str | os.PathLike[str]) -> Path:
        """Saves the model as a folder of numbers."""
        settings, arrays = self.detector.to_arrays()
        settings |= {
            "curve": list(self.curve_),
            "prevalence": REFERENCE_PREVALENCE,
            "training": self.training,
        }
        return save_arrays(
            folder,
            self.kind,
            settings,
            arrays | self.reference.to_arrays() | {"usual_high": self.usual_high_},
        )

    @classmethod
    def from_arrays(cls, settings: dict[str, Any], arrays: Arrays) -> Auditor:
        """A model out of a saved folder."""
        auditor = cls()
        auditor.detector = IsolationForestDetector.from_arrays(settings, arrays)
        auditor.reference_ = Reference.from_arrays(arrays)
        intercept, slope = settings["curve"]
        auditor.curve_ = (float(intercept), float(slope))
        auditor.usual_high_ = arrays["usual_high"]
        auditor.training = dict(settings["training"])
        return auditor


def _fit_curve(evidence: NDArray[np.float64], fake: NDArray[np.bool_]) -> tuple[float, float]:
    """Logistic curve of fraud over the evidence, fakes weighted to the reference prevalence."""
    from sklearn.linear_model import LogisticRegression

    if not fake.any() or fake.all():
        raise ValueError("labels: both fake and normal accounts are needed to calibrate")
    weights = np.where(fake, REFERENCE_PREVALENCE / fake.sum(), (1 - REFERENCE_PREVALENCE) / (~fake).sum())
    model = LogisticRegression(C=1e6).fit(evidence[:, None], fake, sample_weight=weights * len(fake))
    return float(model.intercept_[0]), float(model.coef_[0, 0])
