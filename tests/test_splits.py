"""Splits: what belongs together stays together, and a planted leak raises a naive figure but not ours."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold, cross_val_predict, cross_val_score
from sklearn.neighbors import KNeighborsClassifier

import fakeengage as fe
from fakeengage.ranking import auroc
from fakeengage.splits import (
    AccountSplit,
    LeaveOneAttackOut,
    LeaveOneWorldOut,
    TimeSplit,
    connected_accounts,
)

CHANCE = 0.62
"""Above what chance reaches in these sizes; the planted leaks reach .8 and more."""
LEAKED = 0.8


def nearest(features: np.ndarray, labels: np.ndarray, cv: object, groups: object = None) -> float:
    """AUROC of a model that remembers: held-out scores of the five nearest neighbours."""
    model = KNeighborsClassifier(5, weights="distance")
    chance = cross_val_predict(model, features, labels, cv=cv, groups=groups, method="predict_proba")
    return auroc(labels, chance[:, 1])


def small_panel(n: int, length: int = 30, seed: int = 0) -> fe.Panel:
    return fe.Panel.from_arrays(np.random.default_rng(seed).poisson(30, (n, length, 4)))


def test_copies_of_an_account_leak_through_naive_folds_only() -> None:
    rng = np.random.default_rng(1)
    panel = small_panel(150)
    twice = fe.Panel.from_arrays(np.concatenate([panel.values, panel.values]))
    # Labels know nothing of the series; only memory of the copy can find them.
    labels = np.tile(rng.random(150) < 0.4, 2)
    features = twice.values.reshape(300, -1)
    naive = nearest(features, labels, StratifiedKFold(5, shuffle=True, random_state=0))
    assert naive > LEAKED
    component = connected_accounts(twice)
    assert component.max() == 149
    assert nearest(features, labels, AccountSplit(5), groups=component) < CHANCE
    for train, test in AccountSplit(5).split(twice, labels):
        assert not set(train % 150) & set(test % 150)


def test_a_cohort_on_both_sides_leaks_through_naive_folds_only() -> None:
    rng = np.random.default_rng(2)
    cohort = np.repeat(np.arange(60), 6)
    labels = (rng.random(60) < 0.5)[cohort]
    features = rng.normal(size=(60, 4))[cohort] + 0.05 * rng.normal(size=(360, 4))
    table = pd.DataFrame({"cohort_id": [f"c{c}" for c in cohort]})
    assert nearest(features, labels, KFold(5, shuffle=True, random_state=0)) > LEAKED
    assert nearest(features, labels, AccountSplit(5), groups=table) < CHANCE


def test_an_owner_and_a_cohort_are_joined_where_group_folds_see_one_of_them() -> None:
    # Operators run four accounts: two cohorts of two, tied by one owner across them.
    rng = np.random.default_rng(3)
    operator = np.repeat(np.arange(80), 4)
    table = pd.DataFrame(
        {
            "cohort_id": np.arange(320) // 2,
            "owner_id": [f"o{i // 4}" if i % 4 in (1, 2) else None for i in range(320)],
        }
    )
    labels = (rng.random(80) < 0.5)[operator]
    features = rng.normal(size=(80, 4))[operator] + 0.05 * rng.normal(size=(320, 4))
    by_cohort = nearest(features, labels, GroupKFold(5, shuffle=True, random_state=0), groups=table.cohort_id)
    assert by_cohort > LEAKED
    np.testing.assert_array_equal(connected_accounts(range(320), table), operator)
    assert nearest(features, labels, AccountSplit(5), groups=table) < CHANCE


def test_a_feature_like_an_id_of_the_world_is_worth_nothing_in_another_world() -> None:
    rng = np.random.default_rng(4)
    world = np.repeat(np.arange(12), 60)
    labels = rng.random(720) < np.where(world % 2 == 0, 0.85, 0.15)
    features = np.column_stack([world * 10.0, rng.normal(size=720)])
    table = pd.DataFrame({"world": world})
    assert nearest(features, labels, AccountSplit(5), groups=table) > LEAKED
    # Within a world of one share of fakes the id says nothing; between worlds it points anywhere.
    areas = []
    for train, test in LeaveOneWorldOut().split(features, groups=table):
        assert not set(world[train]) & set(world[test])
        model = KNeighborsClassifier(5).fit(features[train], labels[train])
        areas.append(auroc(labels[test], model.predict_proba(features[test])[:, 1]))
    assert np.mean(areas) < CHANCE
    whole = AccountSplit(4, whole_worlds=True)
    for train, test in whole.split(features, labels, table):
        assert not set(world[train]) & set(world[test])


def test_future_hours_leak_through_shuffled_folds_and_without_embargo() -> None:
    # A hidden state of random length decides labels and nothing else: the nearest hour knows it.
    rng = np.random.default_rng(5)
    state = np.repeat(rng.random(200) < 0.5, rng.integers(6, 25, 200))[:2000]
    hours = np.arange(2000.0)[:, None]
    assert nearest(hours, state, KFold(5, shuffle=True, random_state=0)) > 0.95

    def near_border(embargo: int) -> float:
        hits = []
        for train, test in TimeSplit(40, embargo=embargo, test_steps=6).split(hours):
            model = KNeighborsClassifier(1).fit(hours[train], state[train])
            hits.append(np.mean(model.predict(hours[test]) == state[test]))
        return float(np.mean(hits))

    assert near_border(0) > 0.65
    assert near_border(30) < near_border(0) - 0.1


def test_future_hours_do_not_reach_the_training_panel() -> None:
    data = fe.simulate(40, length=96, seed=3)
    other = fe.Panel.from_arrays(
        np.concatenate([data.panel.values[:, :48], data.panel.values[:, 48:] * 7 + 1], axis=1)
    )
    split = TimeSplit(1, embargo=12)
    (fold,), (changed,) = list(split.split_panel(data)), list(split.split_panel(other))
    np.testing.assert_array_equal(fold.train.data, changed.train.data)
    assert (fold.test.data != changed.test.data).mean() > 0.9
    assert (fold.train_steps, fold.test_steps) == ((0, 48), (60, 96))
    assert int(fold.test.starts[0] - fold.train.starts[0]) == 60


def test_labels_of_a_part_say_what_that_part_shows() -> None:
    data = fe.simulate(200, length=240, seed=4)
    (fold,) = TimeSplit(1, embargo=24).split_panel(data)
    changed = data.mask.any(axis=2)
    assert fold.train_fake is not None
    assert fold.test_fake is not None
    for i in range(200):
        early, rest = changed[i, :120].any(), changed[i, 120:].any()
        assert fold.train_fake[i] is (None if early and rest else bool(early))
        assert fold.test_fake[i] == changed[i, 144:].any()
    assert sum(label is None for label in fold.train_fake) > 5


def test_time_and_accounts_can_be_apart_at_once() -> None:
    data = fe.simulate(100, length=120, seed=5)
    for fold in TimeSplit(2, embargo=6, accounts=AccountSplit(4)).split_panel(data):
        assert not set(fold.train.account_ids) & set(fold.test.account_ids)
        assert fold.train.timestamps[-1] < fold.test.timestamps[0] - np.timedelta64(6, "h")


def test_accounts_that_differ_in_start_are_cut_on_the_common_clock() -> None:
    values = np.arange(40, dtype=float).reshape(1, 40, 1)
    early = fe.Panel.from_arrays(values, metrics=["likes"])
    late = fe.Panel(early.data, early.offsets, early.starts + 25, ["likes"], ["late"], early.cadence)
    both = fe.Panel(
        np.concatenate([early.data, late.data]),
        np.array([0, 40, 80]),
        np.concatenate([early.starts, late.starts]),
        ["likes"],
        ["early", "late"],
    )
    (fold,) = TimeSplit(1, embargo=5).split_panel(both)
    assert fold.train_steps == (0, 32)
    assert fold.train.lengths.tolist() == [32, 7]
    assert fold.test.block(0)[0].tolist() == [37.0, 38.0, 39.0]
    assert fold.test.block(1)[0].tolist() == list(range(12, 40))


def test_folds_are_whole_disjoint_and_stratified() -> None:
    data = fe.simulate(600, length=48, seed=6)
    tested: list[int] = []
    shares = []
    for train, test in AccountSplit(5).split(data):
        assert sorted([*train, *test]) == list(range(600))
        shares.append(data.accounts.is_fake.to_numpy()[test].mean())
        assert 110 <= len(test) <= 130
        for name in ("cohort_id", "owner_id"):
            column = data.accounts[name]
            assert not set(column.iloc[train].dropna()) & set(column.iloc[test].dropna())
        tested += list(test)
    assert sorted(tested) == list(range(600))
    assert max(shares) - min(shares) < 0.02
    again = [test.tolist() for _, test in AccountSplit(5).split(data)]
    assert again == [test.tolist() for _, test in AccountSplit(5).split(data)]
    assert again != [test.tolist() for _, test in AccountSplit(5, seed=1).split(data)]


def test_one_attack_is_left_out_of_training_with_its_cohorts_and_some_normals() -> None:
    data = fe.simulate(600, length=48, seed=7)
    split = LeaveOneAttackOut()
    attack, normal = data.accounts.attack, ~data.accounts.is_fake.to_numpy()
    names = split.attacks(data)
    assert split.get_n_splits(data) == len(names) == 12
    seen_normals: set[int] = set()
    for name, (train, test) in zip(names, split.split(data), strict=True):
        assert name not in set(attack.iloc[train].dropna())
        assert set(attack.iloc[test].dropna()) == {name}
        assert (attack == name).sum() == (~normal[test]).sum()
        assert not set(train) & set(test)
        assert len(set(attack.iloc[train].dropna())) == 11
        seen_normals |= set(test[normal[test]])
    assert seen_normals == set(np.flatnonzero(normal))


def test_accounts_tied_to_the_tested_ones_are_not_trained_on() -> None:
    table = pd.DataFrame(
        {
            "attack": ["a", "a", "b", "b", None, None, None, None],
            "owner_id": ["o", None, "o", None, "p", "p", None, None],
            "world": [0, 0, 1, 1, 0, 1, 1, 0],
        }
    )
    folds = list(LeaveOneAttackOut(2).split(range(8), groups=table))
    assert 2 not in folds[0][0]
    assert 0 not in folds[1][0]
    worlds = list(LeaveOneWorldOut().split(range(8), groups=table))
    assert worlds[0][0].tolist() == [3, 6]
    assert worlds[1][0].tolist() == [1, 7]


class _VolumeRule(BaseEstimator):
    """The least that scikit-learn takes as a classifier of panels."""

    def fit(self, panel: fe.Panel, labels: np.ndarray) -> _VolumeRule:
        assert len(panel) == len(labels)
        return self

    def score(self, panel: fe.Panel, labels: np.ndarray) -> float:
        return auroc(labels, [np.nansum(panel.block(i)) for i in range(len(panel))])


def test_scikit_learn_takes_panels_and_tables_through_them() -> None:
    data = fe.simulate(300, length=48, n_worlds=3, seed=8)
    labels = data.accounts.is_fake.to_numpy()
    for cv, n in ((AccountSplit(4), 4), (LeaveOneWorldOut(), 3), (LeaveOneAttackOut(), 12)):
        areas = cross_val_score(_VolumeRule(), data.panel, labels, groups=data.accounts, cv=cv)
        assert len(areas) == n == cv.get_n_splits(data.panel, labels, data.accounts)
        assert np.isfinite(areas).all()


def test_rows_of_a_long_table_are_split_by_their_moment() -> None:
    frame = small_panel(3, length=50).to_frame()
    moments = frame["timestamp"].dt.tz_localize(None).to_numpy()
    for train, test in TimeSplit(2, embargo=5).split(frame, groups=moments):
        assert len(train) % 3 == 0
        assert moments[train].max() + np.timedelta64(5, "h") < moments[test].min()


BAD: list[tuple[Callable[[], object], str]] = [
    (lambda: AccountSplit(1), "n_splits: 1 is not allowed"),
    (lambda: TimeSplit(embargo=-1), "embargo: -1"),
    (lambda: TimeSplit(3, accounts=AccountSplit(2)), "accounts: 2 folds are too few"),
    (lambda: TimeSplit(3, embargo=24).ranges(60), "do not fit in 60 steps"),
    (lambda: list(AccountSplit(3).split(range(9), groups=[1] * 9)), "3 folds cannot be made of 1 groups"),
    (lambda: list(AccountSplit(3).split(range(9), groups=[1] * 8)), "groups: has 8 entries, there are 9"),
    (lambda: list(AccountSplit(3).split(range(9), y=[1] * 8)), "y: has 8 entries"),
    (lambda: list(LeaveOneWorldOut().split(range(4))), "groups: is needed"),
    (lambda: list(LeaveOneWorldOut().split(range(4), groups=[1] * 4)), "1 world cannot be left out"),
    (lambda: list(LeaveOneAttackOut().split(range(3), groups=["a"] * 3)), "missing for normal ones"),
    (lambda: list(LeaveOneAttackOut().split(range(3), groups=pd.DataFrame(index=range(3)))), "no column"),
]


@pytest.mark.parametrize(("make", "message"), BAD)
def test_what_cannot_be_split_is_said(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_plain_series_are_no_copies_of_one_another() -> None:
    flat = fe.Panel.from_arrays(np.zeros((4, 24, 1)), metrics=["likes"])
    assert connected_accounts(flat).tolist() == [0, 1, 2, 3]
    assert connected_accounts(SimpleNamespace(panel=flat, shape=(4,))).tolist() == [0, 1, 2, 3]
