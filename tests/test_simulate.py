"""Simulated data: the same bytes however it is made, labels that say what really happened."""

import copy
import dataclasses
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fakeengage as fe
from fakeengage.presets import PRESETS, load_preset

ATTACKS = 12


@pytest.fixture(scope="module")
def data() -> fe.Dataset:
    return fe.simulate(n_users=500, seed=1, keep_clean=True)


def values(dataset: fe.Dataset) -> np.ndarray:
    return np.asarray(dataset.panel.values)


def test_the_same_300_accounts_for_any_threads_total_slice_and_batch() -> None:
    one = fe.simulate(n_users=300, seed=5, threads=1)
    want = values(one).tobytes()
    for threads in (2, 7):
        assert values(fe.simulate(n_users=300, seed=5, threads=threads)).tobytes() == want
    more = fe.simulate(n_users=1000, seed=5)
    assert values(more)[:300].tobytes() == want
    assert more.accounts.iloc[:300].equals(one.accounts)
    spec = fe.SimulationSpec(seed=5)
    slices = [fe.simulate_range(spec, a, b) for a, b in ((0, 1), (1, 150), (150, 300))]
    assert b"".join(values(s).tobytes() for s in slices) == want
    assert list(np.concatenate([s.panel.account_ids for s in slices])) == list(one.panel.account_ids)
    batches = list(fe.simulate_batches(spec, 300, batch=128))
    assert [len(b) for b in batches] == [128, 128, 44]
    assert b"".join(values(b).tobytes() for b in batches) == want
    assert values(fe.simulate(n_users=300, seed=6)).tobytes() != want


def test_batches_share_memory_only_when_nobody_looks_at_it() -> None:
    spec = fe.SimulationSpec(seed=5, length=100)
    want = values(fe.simulate_range(spec, 0, 96)).tobytes()
    kept = list(fe.simulate_batches(spec, 96, batch=16, keep_clean=True))
    assert b"".join(values(b).tobytes() for b in kept) == want
    assert len({b.panel.data.ctypes.data for b in kept}) == len(kept)
    views, places, last = [], [], np.empty(0)
    for batch in fe.simulate_batches(spec, 96, batch=16):
        places.append(batch.panel.data.ctypes.data)
        # A view of a view, and nothing else, of every other batch.
        if len(places) % 2:
            views.append(batch.panel.series("views")[3][::2])
        last = batch.mask
    assert len(set(places)) < len(places)
    for i, view in enumerate(views):
        assert np.array_equal(view, kept[2 * i].panel.series("views")[3][::2])
    assert np.array_equal(last, kept[-1].mask)


def test_tables_of_a_simulation_are_built_when_asked_for_and_can_be_replaced(tmp_path: Path) -> None:
    data = fe.simulate(n_users=200, length=60, seed=4, keep_clean=True)
    assert repr(data).endswith("70 fake)")
    assert not {"accounts", "windows", "mask"} & set(vars(data))
    assert data.accounts is data.accounts
    assert data.mask is data.mask
    assert {"accounts", "mask"} <= set(vars(data))
    with pytest.raises(AttributeError, match="no attribute 'account'"):
        data.account  # noqa: B018
    again = dataclasses.replace(data, windows=data.windows.iloc[:0])
    assert len(again.windows) == 0
    assert np.array_equal(again.mask, data.mask)
    assert np.array_equal(copy.deepcopy(fe.simulate(n_users=20, length=60, seed=4)).mask, data.mask[:20])
    # What was changed by hand is what is saved.
    data.mask[5, 7] = True
    data.accounts.loc[5, "profile"] = "power"
    data.save(tmp_path)
    loaded = fe.load_dataset(tmp_path)
    assert loaded.mask[5, 7].all()
    assert loaded.accounts.profile[5] == "power"
    assert np.array_equal(loaded.clean, data.clean)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_simulates_the_same_bytes() -> None:
    want = values(fe.simulate(n_users=40, seed=2, threads=2)).tobytes()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover
        same = values(fe.simulate(n_users=40, seed=2, threads=2)).tobytes() == want
        os.write(writer, b"same" if same else b"other")
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as answer:
        assert answer.read() == b"same"
    assert os.waitpid(child, 0)[1] == 0


def test_fakes_attacks_and_cohorts_follow_the_rules(data: fe.Dataset) -> None:
    accounts = data.accounts
    fakes = accounts[accounts.is_fake]
    assert len(fakes) == 175
    for first in range(0, 168, ATTACKS):
        assert fakes.attack.iloc[first : first + ATTACKS].nunique() == ATTACKS
    normal = accounts[~accounts.is_fake]
    assert normal.attack.isna().all()
    assert normal.cohort_id.isna().all()
    # A fifth to three tenths of the accounts, fakes as often as normals.
    assert 0.2 <= (normal.scenario != "none").mean() <= 0.3
    assert (fakes.scenario != "none").mean() == pytest.approx((normal.scenario != "none").mean(), abs=0.02)
    for _, cohort in fakes.groupby("cohort_id"):
        assert cohort.attack.nunique() == 1
        assert len(cohort) <= cohort.cohort_size.iloc[0]
    lockstep = fakes[fakes.attack == "lockstep_cohort"]
    assert lockstep.cohort_id.notna().all()
    assert fakes.intensity.gt(0).all()
    # Which attack an account suffers says nothing about what it is.
    table = fakes.groupby(["attack", "profile"]).size().unstack(fill_value=0).to_numpy()
    expected = table.sum(1, keepdims=True) * table.sum(0, keepdims=True) / table.sum()
    chi2 = ((table - expected) ** 2 / expected).sum()
    degrees = (table.shape[0] - 1) * (table.shape[1] - 1)
    assert abs(chi2 - degrees) < 4 * np.sqrt(2 * degrees)


def test_the_mask_is_the_change_and_windows_join_it(data: fe.Dataset) -> None:
    v, clean = values(data), np.asarray(data.clean)
    mask = data.mask
    assert mask.dtype == bool
    assert np.array_equal(mask, v != clean)
    fake = data.accounts.is_fake.to_numpy()
    assert mask.any((1, 2))[fake].all()
    assert not mask[~fake].any()
    position = {account: i for i, account in enumerate(data.panel.account_ids)}
    covered = np.zeros_like(mask)
    for row in data.windows.itertuples():
        i, m = position[row.account_id], data.panel.metrics.index(row.metric)
        cells = (i, slice(row.start, row.end), m)
        assert mask[i, row.start, m]
        assert mask[i, row.end - 1, m]
        assert row.injected == pytest.approx(float((v[cells].astype(float) - clean[cells]).sum()))
        assert data.panel.timestamps[row.start] == np.datetime64(row.start_time.tz_localize(None))
        covered[cells] = True
    assert not (mask & ~covered).any()


def test_counts_are_whole_and_signs_as_promised(data: fe.Dataset) -> None:
    v, clean = values(data), np.asarray(data.clean)
    assert np.array_equal(v, np.rint(v))
    accounts = data.accounts
    corrected = accounts.scenario.eq("counter_correction").to_numpy()
    purged = accounts.attack.eq("delivery_purge").to_numpy()
    assert (clean[~corrected] >= 0).all()
    assert (v[~corrected & ~purged] >= 0).all()
    assert (clean[corrected] < 0).any()
    lagging = accounts.scenario.isin(["counter_lag", "counter_correction"]).to_numpy()
    for metric in (1, 2, 3):
        assert (clean[~lagging, :, metric] <= clean[~lagging, :, 0]).all()


def test_outside_the_windows_fakes_look_like_normals() -> None:
    """A forest that sees only clean hours, and the same hours of a normal partner, stays at chance."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import cross_val_predict

    dataset = fe.simulate(n_users=2000, seed=3)
    fake = dataset.accounts.is_fake.to_numpy()
    rng = np.random.default_rng(0)
    masks = dataset.mask.any(2)
    partner = np.where(fake, np.arange(len(fake)), rng.choice(np.flatnonzero(fake), len(fake)))
    v = np.where(masks[partner][:, :, None], np.nan, values(dataset))
    keep = (~np.isnan(v[:, :, 0])).sum(1) >= 48
    v, label = v[keep], fake[keep]
    low, middle, high = np.nanquantile(v, [0.1, 0.5, 0.9], axis=1)
    features = np.hstack(
        [
            np.log1p(np.abs(np.nanmean(v, 1))),
            np.nanstd(v, 1) / (np.abs(np.nanmean(v, 1)) + 1),
            np.log1p(np.abs(low)),
            np.log1p(np.abs(middle)),
            np.log1p(np.abs(high)),
            np.nanmean(v == 0, 1),
            np.nanmean(v % 2, 1),
        ]
    )
    forest = RandomForestClassifier(200, min_samples_leaf=5, random_state=0, n_jobs=1)
    chance = cross_val_predict(forest, features, label, cv=5, method="predict_proba")[:, 1]
    assert roc_auc_score(label, chance) < 0.56


def test_the_platform_factor_is_shared_inside_a_world_only() -> None:
    overrides = {"platform": {"outages_per_week": 20, "outage_level": 0.0, "outage_hours": 3}}
    dataset = fe.simulate(n_users=400, seed=8, fake_ratio=0, n_worlds=2, overrides=overrides)
    views = values(dataset)[:, :, 0]
    world = dataset.accounts.world.to_numpy()
    quiet = np.stack([(views[world == w] == 0).mean(0) > 0.8 for w in (0, 1)])
    assert quiet.any(1).all()
    assert not np.array_equal(quiet[0], quiet[1])


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_simulates(preset: str) -> None:
    dataset = fe.simulate(n_users=200, preset=preset, n_worlds=2, length=200)
    assert values(dataset).shape == (200, 200, 4)
    assert dataset.accounts.is_fake.sum() == 70
    assert "description" in load_preset(preset)


def test_priors_are_drawn_per_world_and_overrides_act() -> None:
    def level(**options: Any) -> np.ndarray:
        dataset = fe.simulate(n_users=200, seed=1, fake_ratio=0, length=72, n_worlds=2, **options)
        views = values(dataset)[:, :, 0].mean(1)
        return np.array([np.median(views[dataset.accounts.world == w]) for w in (0, 1)])

    base = level()
    assert level(overrides={"organic.size": 13.5}) == pytest.approx(base * 10, rel=0.1)
    drawn = level(overrides={"organic": {"size": {"choices": [1.35, 945]}}}) / base
    assert all(ratio == pytest.approx(1, rel=0.1) or ratio > 500 for ratio in drawn)
    assert fe.SimulationSpec(overrides={"attacks.bursts_small.intensity": [2, 3]}).overrides


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            {"organic": {"sise": 2}},
            "'organic.sise' is not a field of the preset; did you mean 'organic.size'",
        ),
        ({"burst_rate": 2}, "did you mean 'organic.burst_rate'"),
        ({"organic": 3}, "organic is a group of fields"),
        ({"organic.size": "x"}, "organic.size = 'x' is not allowed; a number, or a prior"),
        ({"organic.size": True}, "organic.size = True is not allowed"),
        ({"organic.size": 1e9}, "organic.size: 1000000000 is not allowed; a number from 0.001 to 1000"),
        ({"organic.size": {"low": 3, "high": 2}}, "organic.size"),
        ({"organic.size": {"low": 1, "high": 1e9}}, "organic.size: 1000000000 is not allowed"),
        ({"attacks.gian": 2}, "did you mean 'attacks.gain'"),
        ({"attacks.bursts_small.intensity": [1]}, "2 numbers such as"),
        ({"attacks.corrections": 3}, "attacks.corrections = 3 is not allowed; text such as 'negative'"),
        ({"profiles.regular.share.x": 3}, "'profiles.regular.share.x' is not a field"),
    ],
)
def test_bad_overrides_are_refused_in_words(overrides: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as error:
        fe.SimulationSpec(overrides=overrides)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({"n_users": -1}, ValueError, "n_users: -1 is not allowed; 0 or more"),
        ({"n_users": 2.5}, TypeError, "n_users: 2.5"),
        ({"length": 1}, ValueError, "length: 1 is not allowed; 2 to 87660 hours"),
        ({"length": "week"}, TypeError, "length: 'week'"),
        ({"fake_ratio": 1.5}, ValueError, "fake_ratio: 1.5 is not allowed; a share from 0 to 1"),
        ({"fake_ratio": None}, TypeError, "fake_ratio: None"),
        ({"missing": -0.1}, ValueError, "missing: -0.1"),
        ({"seed": -1}, ValueError, "seed: -1"),
        ({"n_worlds": 0}, ValueError, "n_worlds: 0"),
        ({"threads": -1}, ValueError, "threads: -1"),
        ({"start": "soon"}, ValueError, "start: 'soon'"),
        ({"start": "2024-01-01T00:30"}, ValueError, "a whole hour"),
        ({"preset": "publishd"}, ValueError, "did you mean 'published'"),
        ({"preset": "mine.yaml"}, ValueError, "there is no file 'mine.yaml'"),
    ],
)
def test_bad_arguments_are_refused_in_words(
    arguments: dict[str, Any], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind) as error:
        fe.simulate(**{"n_users": 10, "length": 48, **arguments})
    assert message in str(error.value)


def test_a_preset_file_of_ones_own(tmp_path: Path) -> None:
    text = (Path(fe.__file__).parent / "presets" / "evasive.yaml").read_text()
    mine = tmp_path / "mine.yaml"
    mine.write_text(text)
    made = fe.simulate(n_users=20, preset=str(mine), length=60)
    assert np.array_equal(values(made), values(fe.simulate(n_users=20, preset="evasive", length=60)))
    mine.write_text(text.replace("  day_depth: 1 ", "  day_deph: 1 "))
    with pytest.raises(ValueError, match="unknown field `day_deph`"):
        fe.simulate(n_users=20, preset=str(mine))
    mine.write_text("- 3")
    with pytest.raises(ValueError, match="holds no fields"):
        fe.simulate(n_users=20, preset=str(mine))


def test_missing_hours_hide_what_was_there() -> None:
    full = fe.simulate(n_users=60, seed=4, keep_clean=True)
    gappy = fe.simulate(n_users=60, seed=4, keep_clean=True, missing=0.2)
    v = values(gappy)
    hidden = np.isnan(v)
    assert hidden.mean() == pytest.approx(0.2, abs=0.03)
    assert (hidden.any(2) == hidden.all(2)).all()
    assert np.array_equal(v[~hidden], values(full)[~hidden])
    assert not gappy.mask[hidden].any()
    assert np.array_equal(gappy.mask[~hidden], full.mask[~hidden])
    assert fe.simulate(n_users=3, missing=None).spec == fe.SimulationSpec()


def test_no_accounts_and_no_fakes_are_legal() -> None:
    nobody = fe.simulate(n_users=0)
    assert len(nobody) == 0
    assert nobody.accounts.empty
    organic = fe.simulate(n_users=30, fake_ratio=0, length=50)
    assert not organic.accounts.is_fake.any()
    assert organic.windows.empty
    assert fe.simulate(n_users=30, fake_ratio=1, length=50).mask.any((1, 2)).all()


def test_start_sets_the_clock() -> None:
    spec = fe.SimulationSpec(start="2023-06-07T13:00Z", length=48)
    part = fe.simulate_range(spec, 10, 12)
    assert part.panel.timestamps[0] == np.datetime64("2023-06-07T13:00")
    assert list(part.panel.account_ids) == ["acc_000010", "acc_000011"]
    assert fe.SimulationSpec(**spec.to_dict()) == spec
    assert hash(spec) == hash(fe.SimulationSpec(**spec.to_dict()))


def test_the_farthest_ends_of_a_preset_stay_finite_and_whole() -> None:
    far: dict[str, Any] = {
        "organic.size": 1000,
        "organic.memory": 5,
        "organic.growth": 5,
        "organic.season_sd": 2,
    }
    for profile in ("regular", "power"):
        far |= {f"profiles.{profile}.views_median": 1e7, f"profiles.{profile}.views_log_sd": 4}
        far |= {f"profiles.{profile}.growth_high": 1, f"profiles.{profile}.memory_sd": 2}
    made = fe.simulate(200, seed=3, overrides=far, keep_clean=True)
    counts = values(made)
    assert np.isfinite(counts).all()
    assert np.array_equal(counts, np.rint(counts))
    assert 1e14 < np.asarray(made.clean).max() < 2e15
    assert counts[~made.accounts.is_fake.to_numpy()].min() > -1e16
