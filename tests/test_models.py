"""Detectors: they separate, they round-trip, and they refuse damaged files."""

import json
from pathlib import Path

import numpy as np
import pytest

import fakeengage as fe
from fakeengage.models.base import evidence_matrix, summary_columns
from fakeengage.models.forest import Preparation
from fakeengage.ranking import auroc


@pytest.fixture(scope="module")
def blatant() -> fe.Dataset:
    return fe.simulate(n_users=300, preset="blatant", seed=11)


@pytest.fixture(scope="module")
def detector(blatant: fe.Dataset) -> "fe.models.IsolationForestDetector":
    return fe.models.IsolationForestDetector(n_estimators=60, seed=2).fit(blatant.panel)


def test_fakes_rank_above_normals_without_labels(
    detector: "fe.models.IsolationForestDetector",
) -> None:
    # Four seeds gave .74 to .83; the largest z, the best one-line rule, .71 to .78 on them.
    fresh = fe.simulate(n_users=300, preset="blatant", seed=12)
    fake = fresh.accounts.is_fake.to_numpy(dtype=bool)
    assert auroc(fake, detector.score(fresh.panel)) > 0.7


def test_rust_scores_equal_scikit_learn(blatant: fe.Dataset) -> None:
    from sklearn.ensemble import IsolationForest

    features = evidence_matrix(blatant.panel)
    detector = fe.models.IsolationForestDetector(n_estimators=40, seed=7)
    positions, _, one_sided = summary_columns(blatant.panel, detector.owners)
    detector.fit_features(blatant.panel, features)
    prepared = Preparation.of(features[:, positions], one_sided).apply(features[:, positions])
    peer = IsolationForest(n_estimators=40, max_samples=256, random_state=7).fit(prepared)
    ours = detector.score_features(blatant.panel, features)
    np.testing.assert_allclose(ours, -peer.score_samples(prepared), atol=1e-6)


def test_boosted_logits_equal_scikit_learn_and_separate_unseen_accounts(blatant: fe.Dataset) -> None:
    from sklearn.ensemble import HistGradientBoostingClassifier

    features = evidence_matrix(blatant.panel)
    fake = blatant.accounts.is_fake.to_numpy(dtype=bool)
    detector = fe.models.GradientBoostingDetector(n_estimators=30, seed=1)
    positions, _, one_sided = summary_columns(blatant.panel, detector.owners)
    detector.fit_features(blatant.panel, features, fake)
    rows = features[:, positions]
    prepared = Preparation.of(rows[~fake], one_sided).apply(rows)
    peer = HistGradientBoostingClassifier(
        max_iter=30,
        max_leaf_nodes=15,
        learning_rate=0.08,
        min_samples_leaf=30,
        l2_regularization=1.0,
        monotonic_cst=one_sided.astype(int).tolist(),
        early_stopping=False,
        random_state=1,
    ).fit(prepared, fake)
    logits = peer.decision_function(prepared)
    ours = detector.score_features(blatant.panel, features)
    np.testing.assert_allclose(ours - ours[0], logits - logits[0], atol=1e-6)
    fresh = fe.simulate(n_users=300, preset="blatant", seed=13)
    assert auroc(fresh.accounts.is_fake.to_numpy(dtype=bool), detector.score(fresh.panel)) > 0.75


def test_saved_and_loaded_scores_are_the_same_bits(
    tmp_path: Path, blatant: fe.Dataset, detector: "fe.models.IsolationForestDetector"
) -> None:
    again = fe.load_model(detector.save(tmp_path / "forest"))
    assert np.array_equal(again.score(blatant.panel), detector.score(blatant.panel))


def test_a_model_with_four_metrics_scores_accounts_with_one(
    blatant: fe.Dataset, detector: "fe.models.IsolationForestDetector"
) -> None:
    likes = fe.Panel.from_arrays(blatant.panel.values[:5, :, 1:2], metrics=["likes"])
    assert np.isfinite(detector.score(likes)).all()


def test_every_changed_byte_of_a_saved_model_is_refused(
    tmp_path: Path, detector: "fe.models.IsolationForestDetector"
) -> None:
    folder = detector.save(tmp_path / "forest")
    rng = np.random.default_rng(0)
    for part in ("model.json", "arrays.safetensors"):
        original = (folder / part).read_bytes()
        spots = {0, len(original) - 2, *rng.integers(0, len(original) - 1, size=40).tolist()}
        for spot in spots:
            changed = bytearray(original)
            changed[spot] ^= 0x11
            (folder / part).write_bytes(bytes(changed))
            try:
                loaded = fe.load_model(folder)
            except ValueError:
                continue
            # Only white space of the description may change without a word.
            assert part == "model.json"
            assert json.loads(bytes(changed)) == json.loads(original), spot
            assert loaded is not None
        (folder / part).write_bytes(original)


def test_a_missing_or_newer_model_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="fakeengage train"):
        fe.load_model(tmp_path / "nothing")
    (tmp_path / "model.json").write_text(
        json.dumps({"schema": 99, "kind": "auditor", "sha256": "", "parts": {}, "settings": {}})
    )
    (tmp_path / "arrays.safetensors").write_bytes(b"")
    with pytest.raises(ValueError, match="upgrade fakeengage"):
        fe.load_model(tmp_path)


@pytest.mark.parametrize(("argument", "value"), [("n_estimators", 0), ("max_samples", 1)])
def test_impossible_settings_name_the_argument(argument: str, value: int) -> None:
    with pytest.raises(ValueError, match=argument):
        fe.models.IsolationForestDetector(**{argument: value})


def test_an_unfitted_detector_says_so(blatant: fe.Dataset) -> None:
    with pytest.raises(ValueError, match="not fitted"):
        fe.models.IsolationForestDetector().score(blatant.panel)
    with pytest.raises(ValueError, match="not fitted"):
        fe.models.Auditor().reference  # noqa: B018


def test_the_shipped_model_is_small_and_says_what_it_was_trained_on() -> None:
    from fakeengage.models.auditor import SHIPPED

    assert sum(part.stat().st_size for part in SHIPPED.iterdir()) <= 2_500_000
    auditor = fe.load_model(SHIPPED)
    assert auditor.training["data"] == "simulated, preset realistic"
    assert auditor.training["worlds"] >= 100


def labelled(n: int, metrics: list[str]) -> tuple[fe.Panel, np.ndarray]:
    data = fe.simulate(n_users=n, preset="blatant", length=72, seed=31)
    values = data.panel.values[:, :, : len(metrics)]
    return fe.Panel.from_arrays(values, metrics=metrics), data.accounts.is_fake.to_numpy(dtype=bool)


def test_accounts_without_a_label_train_nothing() -> None:
    panel, fake = labelled(900, ["views", "likes"])
    labels = fake.astype(object)
    labels[:100] = None
    some = fe.models.Auditor().fit(panel, labels).score(panel)
    rest = fe.models.Auditor().fit(panel.select(range(100, 900)), fake[100:]).score(panel)
    assert np.array_equal(some, rest)


def test_what_no_account_shows_is_never_exceeded() -> None:
    # 72 hours of one metric: no ratio to others, no scan over three days.
    panel, fake = labelled(900, ["views"])
    auditor = fe.models.Auditor().fit(panel, fake)
    _, names = auditor.evidence_columns(panel)
    usual = dict(zip(names, auditor.usual_high_.tolist(), strict=True))
    assert usual["any_ratio__ratio_up__1"] == np.inf
    assert np.isfinite(usual["any__scan_up__1"])


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["fake"] * 30, "labels: 'fake' is not allowed"),
        ([True] * 4, "labels: has shape"),
        ([True] * 2 + [False] * 898, "labels: 2 fake"),
        ([False] * 900, "labels: 0 fake"),
    ],
)
def test_labels_that_teach_nothing_are_refused(labels: list[object], message: str) -> None:
    panel, _ = labelled(max(len(labels), 30), ["views"])
    with pytest.raises(ValueError, match=message):
        fe.models.Auditor().fit(panel, labels)
