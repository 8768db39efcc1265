"""The auditor: verdicts, hours, volumes, and calibration on one's own accounts."""

from pathlib import Path

import numpy as np
import pytest

import fakeengage as fe
from fakeengage.models.peers import PeerModel
from fakeengage.planting import plant_panel, plant_windows
from fakeengage.ranking import auroc

SEED = 411


@pytest.fixture(scope="module")
def data() -> fe.Dataset:
    return fe.simulate(n_users=400, seed=SEED, keep_clean=True)


@pytest.fixture(scope="module")
def fake(data: fe.Dataset) -> np.ndarray:
    return data.accounts.is_fake.to_numpy(dtype=bool)


@pytest.fixture(scope="module")
def auditor() -> fe.models.Auditor:
    return fe.models.auditor.shipped_auditor()


@pytest.fixture(scope="module")
def result(data: fe.Dataset) -> fe.Result:
    return fe.score(data.panel)


def test_fakes_of_a_preset_that_training_never_saw_rank_above_normals(
    data: fe.Dataset, fake: np.ndarray, auditor: fe.models.Auditor
) -> None:
    assert auroc(fake, auditor.score(data.panel)) > 0.9


def test_hours_and_windows_point_at_what_was_changed(
    data: fe.Dataset, fake: np.ndarray, result: fe.Result
) -> None:
    changed = np.asarray(data.mask).any(axis=2)
    some = [i for i in np.flatnonzero(fake) if changed[i].sum() < changed.shape[1]]
    areas = [auroc(changed[i], result.hours[i].astype(float)) for i in some]
    assert np.mean(areas) > 0.93
    volume = data.panel.values[:, :, 0].sum(axis=1)
    plain = [auroc(changed[i], data.panel.values[i, :, 0].astype(float)) for i in some]
    assert np.mean(areas) > np.mean(plain)
    assert volume.shape == (400,)


def test_the_inflated_share_is_close_and_inside_its_interval(
    data: fe.Dataset, fake: np.ndarray, result: fe.Result
) -> None:
    counts, clean = data.panel.values.astype(float), np.asarray(data.clean, dtype=float)
    total = np.maximum(counts, 0).sum(axis=1)
    share = np.clip((counts - clean).sum(axis=1) / np.maximum(total, 1), 0, 1)[fake]
    accounts = result.accounts[fake]
    error = np.abs(accounts.inflated_share.to_numpy() - share.max(axis=1))
    assert np.median(error) < 0.06
    inside = []
    for k, metric in enumerate(data.panel.metrics):
        windowed = accounts[f"inflated_{metric}"].to_numpy() != 0
        added = (counts - clean).sum(axis=1)[fake, k]
        low, high = (accounts[f"inflated_{metric}_{end}"].to_numpy() for end in ("low", "high"))
        inside += ((low <= added) & (added <= high))[windowed].tolist()
    assert np.mean(inside) > 0.8


def test_flagged_accounts_name_an_attack_or_unknown(data: fe.Dataset, result: fe.Result) -> None:
    named = result.accounts.attack[result.accounts.flagged]
    assert len(named) > 40
    assert set(named) <= set(fe.ATTACKS) | {"unknown"}
    truth = data.accounts.attack[result.accounts.flagged.to_numpy()].to_numpy(dtype=object)
    assert np.mean(named.to_numpy(dtype=object) == truth) > 0.6
    assert result.accounts.attack[~result.accounts.flagged].isna().all()


def test_too_little_data_is_said_in_words() -> None:
    panel = fe.simulate(n_users=2, length=48, seed=1).panel
    short = fe.Panel.from_arrays(panel.values[:, :9])
    assert fe.score(short).accounts.reasons.str.startswith("not enough data").all()


def test_calibration_on_own_accounts_makes_their_p_values_uniform(
    data: fe.Dataset, fake: np.ndarray, auditor: fe.models.Auditor, tmp_path: Path
) -> None:
    normal = np.flatnonzero(~fake)
    mine = auditor.calibrate(data.panel.select(normal[::2]))
    others = fe.score(data.panel.select(normal[1::2]), mine)
    assert others.summary["calibration"] == "own organic accounts"
    p = others.accounts.p_value.to_numpy()
    for level in (0.1, 0.5):
        # 130 accounts: three standard deviations of a binomial share.
        assert abs(np.mean(p <= level) - level) < 3 * np.sqrt(level * (1 - level) / len(p)) + 0.02
    loaded = fe.load_model(mine.save(tmp_path / "mine"))
    assert np.array_equal(loaded.score(data.panel), mine.score(data.panel), equal_nan=True)
    rest = np.concatenate([normal[1::2], np.flatnonzero(fake)])
    assert auroc(fake[rest], mine.score(data.panel.select(rest))) > 0.9


def test_calibration_needs_enough_accounts(data: fe.Dataset, auditor: fe.models.Auditor) -> None:
    with pytest.raises(ValueError, match="organic: 10 accounts can be judged; at least 60"):
        auditor.calibrate(data.panel.select(range(10)))


def test_peers_tell_planted_windows_from_the_same_accounts(
    data: fe.Dataset, fake: np.ndarray, auditor: fe.models.Auditor
) -> None:
    normal = np.flatnonzero(~fake)
    taught, held = data.panel.select(normal[::2]), data.panel.select(normal[1::2])
    network = auditor.network
    own = auditor.evidence(taught).raw
    peers, _ = PeerModel.fit(taught, network.hidden_of(network.answer(taught)), own, network)
    planted = plant_panel(held, 99)
    scores = [
        peers.score(network.hidden_of(network.answer(panel)), auditor.evidence(panel).raw)
        for panel in (held, planted)
    ]
    label = np.repeat([False, True], len(held))
    assert auroc(label, np.concatenate(scores)) > 0.75


def test_planted_windows_only_add(data: fe.Dataset) -> None:
    counts = data.panel.values[:30].copy()
    counts[0, :50] = np.nan
    planted = plant_windows(counts, np.random.default_rng(3))
    assert np.array_equal(np.isnan(planted), np.isnan(counts))
    known = ~np.isnan(counts)
    assert (planted[known] >= counts[known]).all()
    assert ((planted != counts) & known).any(axis=(1, 2)).all()
    assert np.array_equal(planted, plant_windows(counts, np.random.default_rng(3)), equal_nan=True)


def test_fitting_on_own_labels_keeps_the_net(data: fe.Dataset, fake: np.ndarray) -> None:
    own = fe.models.Auditor().fit(data.panel, fake)
    test = fe.simulate(n_users=300, seed=SEED + 1)
    assert auroc(test.accounts.is_fake.to_numpy(bool), own.score(test.panel)) > 0.9


def test_the_batch_changes_no_score(data: fe.Dataset, result: fe.Result) -> None:
    order = np.random.default_rng(0).permutation(400)
    shuffled = fe.score(data.panel.select(order), threads=2).accounts
    assert np.array_equal(shuffled.score, result.accounts.score.to_numpy()[order], equal_nan=True)
    assert np.array_equal(shuffled.p_value, result.accounts.p_value.to_numpy()[order], equal_nan=True)
