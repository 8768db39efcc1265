"""Training on simulated platforms: chunks, the net, the plan, and going on after a kill."""

from pathlib import Path

import numpy as np
import pytest

import fakeengage as fe
from fakeengage.training.worlds import ATTACKS, chunk_shape, training_chunk

TINY = {"network_rounds": (2, 1), "tree_chunks": 2, "calibration_chunks": 2, "localiser_chunks": 1}


@pytest.mark.parametrize("index", range(4))
def test_a_chunk_is_the_same_whenever_it_is_asked_for(index: int) -> None:
    chunk, again = (training_chunk(5, index, 256) for _ in range(2))
    assert np.array_equal(chunk.counts, again.counts, equal_nan=True)
    assert chunk.counts.shape[:2] == chunk_shape(5, index, 256)
    assert not chunk.changed[~chunk.fake].any()
    assert set(ATTACKS) == set(fe.ATTACKS)


def test_an_attack_left_out_is_not_shown() -> None:
    chunk = training_chunk(5, 0, 256, without=("drip_feed", "wave_spam"))
    assert not np.isin(chunk.attack, [ATTACKS.index("drip_feed"), ATTACKS.index("wave_spam")]).any()
    plain = training_chunk(5, 0, 256, variety=0.0, without=ATTACKS)
    assert not plain.fake.any()
    assert not plain.changed.any()


def test_a_killed_training_goes_on_to_the_same_net(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from fakeengage.training.network import train_network

    class KilledError(Exception):
        pass

    def kill(_stage: str, done: int, _total: int, _said: str) -> None:
        if done == 3:
            raise KilledError

    whole = train_network((2, 2), seed=3, width=16, hidden=8)
    with pytest.raises(KilledError):
        train_network((2, 2), seed=3, width=16, hidden=8, folder=tmp_path, progress=kill)
    resumed = train_network((2, 2), seed=3, width=16, hidden=8, folder=tmp_path)
    for name, values in whole.weights.items():
        assert np.array_equal(values, resumed.weights[name]), name


def test_a_plan_makes_a_model_that_judges(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from fakeengage.training.auditor import TrainingPlan, train_auditor

    told: list[str] = []
    auditor = train_auditor(
        TrainingPlan(**TINY, width=16, hidden=8), progress=lambda stage, *_: told.append(stage)
    )
    assert set(told) == {"network", "trees", "calibration"}
    loaded = fe.load_model(auditor.save(tmp_path / "model"))
    panel = fe.simulate(n_users=40, seed=9).panel
    assert np.array_equal(loaded.score(panel), auditor.score(panel), equal_nan=True)
    assert loaded.training["plan"]["network_rounds"] == [2, 1]


def test_a_sequence_detector_learns_hours_too(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    data = fe.simulate(n_users=300, preset="blatant", length=168, seed=4, keep_clean=True)
    fake = data.accounts.is_fake.to_numpy(dtype=bool)
    losses: list[float] = []
    detector = fe.models.SequenceDetector(width=16, hidden=16, epochs=12, learning_rate=6e-3, seed=1).fit(
        data.panel,
        fake,
        changed=data.mask,
        clean=data.clean,
        attack=data.accounts.attack.to_numpy(dtype=object),
        progress=lambda _epoch, loss: losses.append(loss),
    )
    assert losses[-1] < losses[0]
    test = fe.simulate(n_users=200, preset="blatant", length=168, seed=5)
    label = test.accounts.is_fake.to_numpy(dtype=bool)
    assert fe.ranking.auroc(label, detector.score(test.panel)) > 0.7
    hours = detector.score_hours(test.panel)
    changed = np.asarray(test.mask).any(axis=2)
    some = [i for i in np.flatnonzero(label) if 0 < changed[i].sum() < changed.shape[1]]
    assert np.mean([fe.ranking.auroc(changed[i], hours[i].astype(float)) for i in some]) > 0.75
    loaded = fe.load_model(detector.save(tmp_path / "net"))
    assert np.array_equal(loaded.score(test.panel), detector.score(test.panel))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"taps": 2}, "taps: 2 is not allowed"), ({"width": 0}, "width: 0"), ({"device": "abacus"}, "device")],
)
def test_impossible_nets_are_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fe.models.SequenceDetector(**arguments)  # type: ignore[arg-type]
