"""The calibrated detector that ``score`` uses."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fakeengage.calibration import Reference, check_enough, sigmoid, strata
from fakeengage.expectation import fit_expectation
from fakeengage.models.base import evidence_matrix, known_labels
from fakeengage.models.columns import align, places
from fakeengage.models.gradient_boosting import GradientBoostingDetector
from fakeengage.models.isolation_forest import IsolationForestDetector
from fakeengage.models.store import Arrays, save_arrays
from fakeengage.panel import Panel

REFERENCE_PREVALENCE = 0.10
"""Share of fakes at which ``score`` is a probability."""

Part = tuple[Panel, NDArray[np.float64], NDArray[np.bool_]]
"""Accounts, their features and labels."""

SHIPPED = Path(__file__).parent / "shipped"
"""The model inside the package."""


ISOLATION_WEIGHT = 0.5
"""Logits that an account gains when its isolation reaches the 90 % point of organic accounts."""


_FOLDS = 3


def full_evidence(panel: Panel, *, threads: int | None = None) -> NDArray[np.float64]:
    """Features measured against the whole expectation, level and platform factor included."""
    return evidence_matrix(panel, fit_expectation(panel, threads=threads), threads=threads)


class Auditor:
    """Boosting and isolation forest together, calibrated on organic accounts of many platforms.

    Parameters
    ----------
    seed
        Seed of the trees.

    Notes
    -----
    Boosting knows the attacks that it was shown; the isolation forest, grown on normal accounts
    only, also notices what nobody has shown it. Their sum is compared with normal accounts of the
    same stratum (clock, metrics, length, volume) for p-values, and turned into a probability by a
    logistic curve fitted with fakes weighted to 10 %. Everything that :meth:`score` says of an
    account depends on that account alone.
    """

    kind = "auditor"

    def __init__(self, seed: int = 0) -> None:
        self.boosting = GradientBoostingDetector(
            seed=seed,
            min_samples_leaf=30,
            monotone="known",
            max_bins=255,
            context=False,
            feature_set="evidence",
        )
        self.isolation = IsolationForestDetector(
            n_estimators=100, max_samples=512, seed=seed, feature_set="largest", context=False
        )
        self.usual_isolation_ = (0.5, 0.1)
        self.reference_: Reference | None = None
        self.curve_ = (0.0, 1.0)
        self.usual_high_: NDArray[np.float64] = np.empty(0)
        self.training: dict[str, Any] = {}

    def fit(self, panel: Panel, labels: ArrayLike | None = None) -> Auditor:
        """Fits on labelled accounts (true = fake); without labels `panel.is_fake` is used.

        Accounts whose label is None are left out.
        """
        fake = panel.is_fake if labels is None else labels
        if fake is None:
            raise ValueError(
                "labels: are needed to calibrate; give labels=, a `label` column, or a simulated data set"
            )
        known, fake = known_labels(fake, len(panel))
        panel = panel.select(known)
        return self.fit_features(panel, full_evidence(panel), fake)

    def fit_features(
        self,
        panel: Panel,
        features: NDArray[np.float64],
        fake: NDArray[np.bool_],
        calibration: Sequence[Part] | None = None,
    ) -> Auditor:
        """The same from features already extracted from `panel`.

        `calibration` holds other accounts (panel, features, labels) that set p-values and
        probabilities; they should not be the ones that the trees were grown on. Without them three
        folds of the accounts themselves stand in: each is scored by trees that did not see it.
        """
        if calibration is None:
            # Said before the trees are grown: that takes a while.
            check_enough(strata(panel)[~fake])
        parts = [(panel, self._unseen(panel, features, fake), fake)] if calibration is None else None
        self._fit_trees(panel, features, fake)
        if parts is None:
            parts = [(p, self.raw_scores(p, f), y) for p, f, y in calibration or ()]
        raw = np.concatenate([scores for _, scores, _ in parts])
        stratum = np.concatenate([strata(p) for p, _, _ in parts])
        labels = np.concatenate([y for _, _, y in parts])
        judged = stratum >= 0
        normal = judged & ~labels
        self.reference_ = Reference.of(raw[normal], stratum[normal])
        evidence = self.reference_.evidence(raw[judged], stratum[judged])
        self.curve_ = _fit_curve(evidence, labels[judged])
        # What an ordinary account hardly ever exceeds: the yardstick of the reasons.
        self.usual_high_ = _usual_high(align(panel.metrics, features[~fake], self.boosting.columns_))
        return self

    def _fit_trees(self, panel: Panel, features: NDArray[np.float64], fake: NDArray[np.bool_]) -> None:
        self.boosting.fit_features(panel, features, fake)
        self.isolation.fit_features(panel, features, fake)
        usual = self.isolation.score_features(panel, features[~fake])
        middle, high = np.quantile(usual, [0.5, 0.9])
        self.usual_isolation_ = (float(middle), float(max(high - middle, 1e-9)))

    def _unseen(
        self, panel: Panel, features: NDArray[np.float64], fake: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Scores of each account by trees grown on the other two thirds."""
        from sklearn.model_selection import StratifiedKFold

        fewest = min(int(fake.sum()), int((~fake).sum()))
        if fewest < _FOLDS:
            raise ValueError(
                f"labels: {int(fake.sum())} fake and {int((~fake).sum())} normal accounts; "
                f"at least {_FOLDS} of each are needed"
            )
        out = np.empty(len(features))
        for train, test in StratifiedKFold(_FOLDS, shuffle=True, random_state=0).split(features, fake):
            self._fit_trees(panel, features[train], fake[train])
            out[test] = self.raw_scores(panel, features[test])
        return out

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
        """Scores before calibration, from features already extracted."""
        middle, unit = self.usual_isolation_
        isolation = self.isolation.score_features(panel, features, threads=threads)
        boosting = self.boosting.score_features(panel, features, threads=threads)
        return boosting + ISOLATION_WEIGHT * ((isolation - middle) / unit)

    def probabilities(self, raw: NDArray[np.float64], stratum: NDArray[np.int64]) -> NDArray[np.float64]:
        """Probability of fraud at the reference prevalence of 10 %; NaN where not judged."""
        intercept, slope = self.curve_
        return sigmoid(intercept + slope * self.reference.evidence(raw, stratum))

    def score(self, panel: Panel) -> NDArray[np.float64]:
        """Probability of fraud of each account, from its own series alone; NaN where not judged."""
        features = full_evidence(panel)
        return self.probabilities(self.raw_scores(panel, features), strata(panel))

    def evidence_columns(self, panel: Panel) -> tuple[list[int], list[str]]:
        """Positions and names of the feature columns that ``usual_high_`` speaks of."""
        have = places(panel.metrics)
        return [have[name] for name in self.boosting.columns_], self.boosting.columns_

    def save(self, folder: str | os.PathLike[str]) -> Path:
        """Saves the model as a folder of numbers."""
        arrays: Arrays = self.reference.to_arrays() | {"usual_high": self.usual_high_}
        settings: dict[str, Any] = {
            "curve": list(self.curve_),
            "usual_isolation": list(self.usual_isolation_),
            "prevalence": REFERENCE_PREVALENCE,
            "training": self.training,
        }
        for name, detector in (("boosting", self.boosting), ("isolation", self.isolation)):
            settings[name], parts = detector.to_arrays()
            arrays |= {f"{name}.{part}": values for part, values in parts.items()}
        return save_arrays(folder, self.kind, settings, arrays)

    @classmethod
    def from_arrays(cls, settings: dict[str, Any], arrays: Arrays) -> Auditor:
        """A model out of a saved folder."""

        def parts(name: str) -> Arrays:
            return {k.partition(".")[2]: v for k, v in arrays.items() if k.startswith(name + ".")}

        auditor = cls()
        auditor.boosting = GradientBoostingDetector.from_arrays(settings["boosting"], parts("boosting"))
        auditor.isolation = IsolationForestDetector.from_arrays(settings["isolation"], parts("isolation"))
        auditor.reference_ = Reference.from_arrays(arrays)
        auditor.curve_ = (float(settings["curve"][0]), float(settings["curve"][1]))
        middle, unit = settings["usual_isolation"]
        auditor.usual_isolation_ = (float(middle), float(unit))
        auditor.usual_high_ = arrays["usual_high"]
        auditor.training = dict(settings["training"])
        return auditor


def _usual_high(features: NDArray[np.float64]) -> NDArray[np.float64]:
    """The 98 % point of each column; infinite, so never exceeded, where no account has a value."""
    out = np.full(features.shape[1], np.inf)
    known = ~np.isnan(features).all(axis=0)
    out[known] = np.nanquantile(features[:, known], 0.98, axis=0)
    return out


def _fit_curve(evidence: NDArray[np.float64], fake: NDArray[np.bool_]) -> tuple[float, float]:
    """Logistic curve of fraud over the evidence, fakes weighted to the reference prevalence."""
    from sklearn.linear_model import LogisticRegression

    if not fake.any() or fake.all():
        raise ValueError("labels: both fake and normal accounts are needed to calibrate")
    weights = np.where(fake, REFERENCE_PREVALENCE / fake.sum(), (1 - REFERENCE_PREVALENCE) / (~fake).sum())
    model = LogisticRegression(C=1e6).fit(evidence[:, None], fake, sample_weight=weights * len(fake))
    return float(model.intercept_[0]), float(model.coef_[0, 0])
