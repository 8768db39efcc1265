"""Detectors on plain matrices are scikit-learn estimators: its own checks, and its tools around them."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone, is_classifier, is_outlier_detector
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.utils.estimator_checks import parametrize_with_checks

import fakeengage as fe
from fakeengage.ranking import auroc

DETECTORS = [
    fe.models.IsolationForestDetector(n_estimators=20),
    fe.models.OneClassDetector(),
    fe.models.LogisticRegressionDetector(),
    fe.models.RandomForestDetector(n_estimators=10, threads=1),
    fe.models.GradientBoostingDetector(n_estimators=10),
]
if find_spec("torch") is not None:
    DETECTORS.append(fe.models.AutoencoderDetector(epochs=2))


# No exceptions: every check that applies is passed.
@parametrize_with_checks(DETECTORS)
def test_scikit_learn_accepts(estimator: Any, check: Any) -> None:
    check(estimator)


def test_scoring_with_a_saved_model_does_not_wait_for_scikit_learn(tmp_path: Path) -> None:
    panel = fe.simulate(n_users=30, length=96, seed=2).panel
    detector = fe.models.OneClassDetector().fit(panel)
    assert isinstance(detector, BaseEstimator)
    folder = detector.save(tmp_path / "model")
    code = (
        "import sys; sys.modules['sklearn'] = None\n"
        "import fakeengage as fe\n"
        "panel = fe.simulate(n_users=30, length=96, seed=2).panel\n"
        f"print(fe.load_model({str(folder)!r}).score(panel).tolist())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == detector.score(panel).tolist()


@pytest.fixture(scope="module")
def data() -> fe.Dataset:
    return fe.simulate(n_users=200, length=168, preset="blatant", seed=21)


def test_searches_and_cross_validation_take_panels(data: fe.Dataset) -> None:
    fake = data.accounts.is_fake.to_numpy(dtype=bool)
    search = GridSearchCV(
        fe.models.LogisticRegressionDetector(), {"C": [1e-6, 0.01]}, cv=3, error_score="raise"
    )
    search.fit(data.panel, fake)
    assert search.best_params_ == {"C": 0.01}
    figures = cross_val_score(search.best_estimator_, data.panel, fake, cv=3)
    assert figures.mean() == pytest.approx(search.best_score_, abs=1e-12)


def test_frames_of_features_have_their_directions(data: fe.Dataset) -> None:
    frame = fe.extract_features(data.panel, ["burst", "ratio", "seasonality"])
    fake = data.accounts.is_fake.to_numpy(dtype=bool)
    forest = fe.models.IsolationForestDetector(n_estimators=60, feature_set="all")
    named = clone(forest).fit(frame)
    # A matrix without names has none, so calm accounts are odd too.
    blind = clone(forest).fit(frame.to_numpy())
    assert auroc(fake, named.score(frame)) > auroc(fake, blind.score(frame.to_numpy())) + 0.02
    known = frame[[name for name in frame.columns if "zero_run" not in name]]
    assert list(forest.fit(known).feature_names_in_) == list(known.columns)


def test_a_frame_of_all_features_is_as_good_as_the_panel(data: fe.Dataset) -> None:
    frame = fe.extract_features(data.panel)
    detector = fe.models.LogisticRegressionDetector()
    by_frame = clone(detector).fit(frame, data.accounts.is_fake)
    by_panel = clone(detector).fit(data.panel, data.accounts.is_fake)
    assert np.array_equal(by_frame.score(frame), by_panel.score(data.panel))
    assert np.array_equal(by_frame.score(data.panel), by_panel.score(frame))


def test_signs_are_those_of_scikit_learn(data: fe.Dataset) -> None:
    fake = data.accounts.is_fake.to_numpy(dtype=bool)
    forest = fe.models.IsolationForestDetector(n_estimators=30, contamination=0.25)
    assert is_outlier_detector(forest)
    forest.fit(data.panel)
    assert np.array_equal(forest.score_samples(data.panel), -forest.score(data.panel))
    assert (forest.predict(data.panel) == -1).sum() == 50
    linear = fe.models.LogisticRegressionDetector().fit(data.panel, fake)
    assert is_classifier(linear)
    likelier = linear.predict_proba(data.panel)[:, 1] > 0.5
    assert np.array_equal(linear.predict(data.panel), likelier)
    assert np.array_equal(linear.decision_function(data.panel) > 0, likelier)


def test_classes_may_be_words(data: fe.Dataset) -> None:
    features = fe.extract_features(data.panel, ["burst"]).to_numpy()
    words = np.where(data.accounts.is_fake, "paid", "organic")
    detector = fe.models.RandomForestDetector(n_estimators=10, threads=1).fit(features, words)
    assert detector.classes_.tolist() == ["organic", "paid"]
    assert set(detector.predict(features)) == {"organic", "paid"}
    assert detector.score(features, words) > 0.9
