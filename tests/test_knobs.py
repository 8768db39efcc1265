"""Every knob of a preset moves what its documentation says, and nothing else."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

import attack_measures
import fakeengage as fe
import knob_table
import spec_space
from calm_worlds import PROFILES, calm
from fakeengage.attacks import COHORT_ATTACKS
from fakeengage.panel import METRICS
from knob_table import STRENGTHS, Knob
from law_checks import Array
from series_measures import Trial

LEAST_Z = 5.0
"""A knob moves its figure by more standard errors than this; a new seed alone moves it by less."""
N_WORLDS = 60
BLOCK = 100

KNOBS = knob_table.table()


def trial(overrides: dict[str, Any], seed: int, by_world: bool = False, **options: Any) -> Trial:
    """One simulation; `by_world` takes one account of each of many worlds."""
    given = {"length": 168, "fake_ratio": 0.0, "n_users": 150, **options}
    n = given.pop("n_users")
    spec = fe.SimulationSpec(seed=seed, overrides=overrides, n_worlds=N_WORLDS if by_world else 1, **given)
    bounds = [(BLOCK * w, BLOCK * w + 1) for w in range(N_WORLDS)] if by_world else [(0, n)]
    parts = [fe.simulate_range(spec, start, stop, keep_clean=True) for start, stop in bounds]
    return Trial(
        np.concatenate([np.asarray(part.panel.values, dtype=float) for part in parts]),
        np.concatenate([np.asarray(part.clean, dtype=float) for part in parts]),
        pd.concat([part.accounts for part in parts], ignore_index=True),
    )


def standard_errors(before: Array, after: Array) -> float:
    """By how many standard errors the mean rose."""
    noise = np.sqrt(before.var() / len(before) + after.var() / len(after))
    return float((after.mean() - before.mean()) / max(noise, 1e-9))


def test_every_knob_has_a_measure() -> None:
    strengths = {f"attacks.{attack}.{field}" for attack in fe.ATTACKS for field in (*STRENGTHS, "weights")}
    assert set(spec_space.knobs()) == set(KNOBS) | strengths


@pytest.mark.parametrize("path", KNOBS)
def test_a_knob_moves_what_it_says(path: str) -> None:
    knob: Knob = KNOBS[path]
    base = knob_table.base_world(path, knob)

    def figure(value: Any, seed: int) -> Array:
        made = trial(base | {path: value}, seed, knob.by_world, **knob.options)
        return np.asarray(knob.measure(made))

    low = figure(knob.low, 1)
    assert knob.sign * standard_errors(low, figure(knob.high, 2)) > LEAST_Z
    assert abs(standard_errors(low, figure(knob.low, 3))) < LEAST_Z


@lru_cache(maxsize=4)
def strength_trial(field: str, high: bool, seed: int) -> Trial:
    """All attacks with one field of theirs at its low or high setting."""
    how = STRENGTHS[field]
    setting = {
        f"attacks.{attack}.{field}": value for attack, value in (how.high if high else how.low).items()
    }
    world = calm() | knob_table.STRENGTH_WORLD | how.world | setting
    return trial(world, seed, **knob_table.FAKES)


@pytest.mark.parametrize(
    ("field", "attack"), [(field, attack) for field in STRENGTHS for attack in fe.ATTACKS]
)
def test_a_field_of_an_attack_moves_what_it_says_or_nothing(field: str, attack: str) -> None:
    how = STRENGTHS[field]
    low, high = strength_trial(field, False, 1), strength_trial(field, True, 1)
    if attack not in how.measures:
        assert np.array_equal(low.of(attack).values, high.of(attack).values)
        return
    measure = how.measures[attack]
    sign = -1 if attack in how.falls else 1
    assert sign * standard_errors(measure(low), measure(high)) > LEAST_Z
    assert abs(standard_errors(measure(low), measure(strength_trial(field, False, 2)))) < LEAST_Z


@lru_cache(maxsize=6)
def weighted(metric: int | None, seed: int) -> Trial:
    """All attacks with one metric weighing forty times as much as in the other trials."""
    # Likes stay below views, or they would be cut.
    weights = [1.0, 0.05, 0.05, 0.05]
    if metric is not None:
        weights[metric] *= 40
    world = calm() | {f"attacks.{attack}.weights": weights for attack in fe.ATTACKS}
    return trial(world, seed, **{**knob_table.FAKES, "n_users": 2400})


@pytest.mark.parametrize("metric", range(len(METRICS)))
@pytest.mark.parametrize("attack", fe.ATTACKS)
def test_the_weight_of_a_metric_moves_what_is_added_to_it(attack: str, metric: int) -> None:
    measure = attack_measures.volume(metric)
    low = measure(weighted(None, 1).of(attack))
    assert standard_errors(low, measure(weighted(metric, 2).of(attack))) > LEAST_Z
    assert abs(standard_errors(low, measure(weighted(None, 3).of(attack)))) < LEAST_Z


def moved(before: fe.Dataset, after: fe.Dataset) -> set[str]:
    """Accounts of which anything differs."""
    values = [np.asarray(data.panel.values) for data in (before, after)]
    return set(before.accounts["account_id"][(values[0] != values[1]).any((1, 2))])


@pytest.mark.parametrize("attack", fe.ATTACKS)
def test_a_field_of_an_attack_moves_no_other(attack: str) -> None:
    options = {"n_users": 240, "fake_ratio": 0.5, "length": 168}
    before = fe.simulate(**options)
    turned = {f"attacks.{attack}.intensity": [20, 30], f"attacks.{attack}.hours": [30, 40]}
    changed = moved(before, fe.simulate(**options, overrides=turned))
    assert changed == set(before.accounts["account_id"][before.accounts["attack"].eq(attack)])


@pytest.mark.parametrize("profile", PROFILES)
def test_a_knob_of_a_profile_moves_no_other(profile: str) -> None:
    options = {"n_users": 200, "length": 72}
    before = fe.simulate(**options)
    changed = moved(before, fe.simulate(**options, overrides={f"profiles.{profile}.views_median": 54_321}))
    own = before.accounts["profile"].eq(profile)
    if profile == "casual":
        # Orders for dormant accounts have the size of those for casual ones.
        own |= before.accounts["profile"].eq("dormant") & before.accounts["is_fake"]
    assert changed == set(before.accounts["account_id"][own])


def test_cohort_sizes_reach_the_attacks_that_have_cohorts() -> None:
    made = fe.simulate(2400, length=2, fake_ratio=1, overrides={"cohorts.other_share": 0})
    with_cohort = set(made.accounts.dropna(subset="cohort_id")["attack"])
    assert with_cohort == COHORT_ATTACKS
