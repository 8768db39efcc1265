"""Cohorts: found where an operator is at work, and not where accounts rise together for other reasons."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

import fakeengage as fe
from fakeengage.cadence import Cadence
from fakeengage.cohorts import Cohorts, find_cohorts
from fakeengage.expectation import fit_expectation


def pair_f1(dataset: fe.Dataset, found: Cohorts, attack: str) -> float:
    """F1 of the pairs in one cohort, over the fakes of one attack and all normal accounts."""
    accounts = dataset.accounts
    kept = (accounts["attack"] == attack) | ~accounts["is_fake"]
    true, seen = accounts["cohort_id"][kept], pd.Series(found.cohort_id)[kept.to_numpy()]

    def pairs(labels: list[pd.Series]) -> float:
        sizes = pd.concat([labels_.reset_index(drop=True) for labels_ in labels], axis=1).dropna()
        counts = sizes.groupby(list(sizes.columns)).size() if len(sizes) else pd.Series(dtype=float)
        return float((counts * (counts - 1) / 2).sum())

    true, seen = true.rename("true"), seen.rename("seen")
    both, n_true, n_seen = pairs([true, seen]), pairs([true]), pairs([seen])
    return 2 * both / (n_true + n_seen)


def organic(n: int, seed: int, preset: str = "published", length: int = 336) -> fe.Panel:
    return fe.simulate(n_users=n, fake_ratio=0, seed=seed, preset=preset, length=length).panel


def waves(panel: fe.Panel, accounts: list[int], seed: int = 1, attack: str = "wave_spam") -> fe.Panel:
    """The panel with one operator's waves on some accounts."""
    return fe.inject(panel, attack, accounts=panel.account_ids[accounts], intensity=10, seed=seed).panel


def owned(panel: fe.Panel, owners: NDArray[np.object_]) -> fe.Panel:
    return fe.Panel(
        panel.data,
        panel.offsets,
        panel.starts,
        panel.metrics,
        panel.account_ids,
        panel.cadence,
        owner_ids=owners,
    )


def test_most_pairs_of_lockstep_and_wave_cohorts_are_found_and_little_else() -> None:
    f1 = {"wave_spam": [], "lockstep_cohort": []}
    for seed in (101, 102):
        dataset = fe.simulate(n_users=2000, seed=seed)
        found = find_cohorts(dataset.panel)
        for attack, values in f1.items():
            values.append(pair_f1(dataset, found, attack))
        normal = ~dataset.accounts["is_fake"].to_numpy()
        assert (found.p_value[normal] < 1).mean() < 0.01
    assert np.mean(f1["wave_spam"]) > 0.85
    assert np.mean(f1["lockstep_cohort"]) > 0.75


@pytest.mark.parametrize("preset", ["published", "realistic", "evasive"])
def test_accounts_without_an_operator_have_no_small_p_values(preset: str) -> None:
    p_value = np.concatenate([find_cohorts(organic(1000, seed, preset)).p_value for seed in (7, 8)])
    for level in (0.01, 0.05):
        assert (p_value <= level).mean() <= level


def test_what_is_returned_fits_together() -> None:
    panel = waves(organic(300, 1), [3, 40, 77, 120, 260])
    found = find_cohorts(panel)
    members = np.flatnonzero(pd.notna(found.cohort_id))
    assert members.tolist() == [3, 40, 77, 120, 260]
    assert set(found.cohort_id[members]) == {f"cohort_{panel.account_ids[3]}"}
    assert (found.score[members] > 0).all()
    assert (np.delete(found.score, members) == 0).all()
    assert (found.p_value[members] < 0.05).all()
    assert (np.delete(found.p_value, members) == 1).all()
    table = found.table
    assert list(table) == ["cohort_id", "account_id", "p_value", "shared_hours", "first", "last"]
    assert table["p_value"].is_monotonic_increasing
    assert (table["shared_hours"] >= 3).all()
    assert (table["first"] < table["last"]).all()
    assert str(table["first"].dtype).endswith("UTC]")
    assert repr(found) == "Cohorts(1 cohort of 5 accounts)"


def test_neither_threads_nor_the_order_of_the_accounts_matter() -> None:
    panel = waves(organic(400, 2), list(range(3, 31, 7)))
    panel = waves(panel, list(range(100, 156, 7)), seed=2, attack="lockstep_cohort")
    panel = panel.select(np.concatenate([np.arange(400), [3, 100, 300]]))  # with three twins
    panel.account_ids = np.array([f"a{k * 7919 % 1000:03d}" for k in range(403)], dtype=object)
    found = find_cohorts(panel, threads=1)
    assert len(found.table) >= 8
    order = np.random.default_rng(5).permutation(len(panel))
    moved = find_cohorts(panel.select(order), threads=3)
    pd.testing.assert_frame_equal(found.table, moved.table)
    np.testing.assert_array_equal(found.p_value[order], moved.p_value)


def test_accounts_of_one_owner_are_no_cohort_and_one_voice() -> None:
    members = [5, 6, 7, 8, 9]
    panel = waves(organic(300, 3), members)
    owners = np.full(300, None, dtype=object)
    owners[members] = "agency"
    assert len(find_cohorts(owned(panel, owners)).table) == 0
    owners[[5, 6]] = ["b", "c"]
    found = find_cohorts(owned(panel, owners))
    assert set(panel.account_ids[members]) == set(found.table["account_id"])
    owners[[5, 6]] = ["b", "b"]
    assert len(find_cohorts(owned(panel, owners)).table) == 0


def test_two_operators_stay_apart() -> None:
    first, second = list(range(6)), list(range(10, 16))
    panel = waves(waves(organic(400, 4), first, seed=1), second, seed=2)
    ids = find_cohorts(panel).cohort_id
    assert len(set(ids[first])) == len(set(ids[second])) == 1
    assert ids[0] != ids[10]
    assert pd.notna([ids[0], ids[10]]).all()


def test_a_shared_event_and_a_shared_schedule_are_no_cohort() -> None:
    panel = organic(400, 5)
    counts = panel.data.reshape(400, 4, -1)
    counts[:15, :, 200:206] *= np.float32(5)
    counts[20:35, :, 9::12] *= np.float32(4)
    assert len(find_cohorts(panel).table) == 0


def test_what_everybody_does_is_no_cohort() -> None:
    panel = organic(300, 6)
    hours = np.random.default_rng(0).choice(336, 25, replace=False)
    panel.data.reshape(300, 4, -1)[:, :, hours] *= np.float32(3)
    assert len(find_cohorts(panel).table) == 0


def test_one_metric_gaps_other_clocks_and_the_full_expectation_will_do() -> None:
    panel = waves(organic(250, 9), [10, 11, 12, 13, 14, 15])
    likes = panel.values[:, :, 1:2].copy()
    likes[np.random.default_rng(1).random(likes.shape) < 0.1] = np.nan
    found = {
        "gaps": find_cohorts(fe.Panel.from_arrays(likes, metrics=["likes"])),
        "expectation": find_cohorts(panel, expectation=fit_expectation(panel)),
    }
    rng = np.random.default_rng(3)
    calm = rng.poisson(rng.gamma(20, 5, (200, 300, 1))).astype(float)
    calm[10:16, 30::45] *= 3
    calm[10:16, 31::45] *= 3
    for minutes in (7 * 60, 24 * 60, None):
        clock = Cadence(minutes=minutes)
        found[str(clock)] = find_cohorts(fe.Panel.from_arrays(calm, metrics=["likes"], cadence=clock))
    for name, cohorts in found.items():
        members = set(np.flatnonzero(cohorts.score).tolist())
        assert len(members & {10, 11, 12, 13, 14, 15}) >= 5, name
        assert len(members) <= 7, name


def test_sleepers_that_wake_on_one_day_for_the_same_time_are_found() -> None:
    dataset = fe.simulate(n_users=2000, seed=103)
    found = find_cohorts(dataset.panel)
    assert pair_f1(dataset, found, "sleeper_reactivation") > 0.6


def test_counters_that_refresh_at_the_same_steps_are_no_cohort() -> None:
    panel = organic(300, 12)
    counts = panel.data.reshape(300, 4, -1)
    shown = np.zeros_like(counts[:8])
    for step in range(4, 336, 10):
        shown[:, :, step] = counts[:8, :, max(0, step - 9) : step + 1].sum(axis=2)
    counts[:8] = shown
    assert len(find_cohorts(panel).table) == 0


def test_a_few_days_of_a_long_series_are_enough() -> None:
    panel = organic(300, 13, length=1200)
    members = [3, 10, 17, 24, 31, 38]
    window = (500, 640)
    ids = panel.account_ids[members]
    attacked = fe.inject(panel, "wave_spam", accounts=ids, window=window, intensity=10, seed=1).panel
    found = find_cohorts(attacked)
    assert set(ids) <= set(found.table["account_id"])
    assert len(set(found.table["cohort_id"])) == 1
    hours = (found.table["first"] - pd.Timestamp("2024-01-01", tz="UTC")) / pd.Timedelta("1h")
    assert hours.between(490, 640).all()


def test_series_that_begin_at_other_times_are_compared_where_they_overlap() -> None:
    panel = waves(organic(300, 10), [0, 1, 2, 3, 4])
    blocks = [panel.block(i)[:, 60 * (i % 2) :] for i in range(300)]
    lengths = np.array([block.shape[1] for block in blocks])
    ragged = fe.Panel(
        np.concatenate([block.reshape(-1) for block in blocks]),
        np.concatenate([[0], np.cumsum(lengths)]),
        panel.starts + 60 * (np.arange(300) % 2),
        panel.metrics,
        panel.account_ids,
        panel.cadence,
    )
    whole, cut = find_cohorts(panel), find_cohorts(ragged)
    assert set(cut.table["account_id"]) == set(whole.table["account_id"]) == set(panel.account_ids[:5])


@pytest.mark.parametrize("n", [0, 1, 2, 30])
def test_few_accounts_and_dead_ones_are_answered(n: int) -> None:
    panel = organic(30, 11).select(range(n))
    panel.data[: panel.data.size // 2] = 0
    found = find_cohorts(panel)
    assert len(found.p_value) == len(found.score) == len(found.cohort_id) == n
    assert len(found.table) == 0
    assert list(found.table) == ["cohort_id", "account_id", "p_value", "shared_hours", "first", "last"]
