"""Labels hold what they promise: 1,000 random specs, every attack in each of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import fakeengage as fe
import label_checks
import spec_space
from fakeengage.attacks import COHORT_ATTACKS
from fakeengage.presets import PRESETS

SEEDS_PER_TEST = 50
LEAST_P = 1e-6
"""Laws hold for any draw of the seeds, so that a new random stream is no failure."""


def broken_promises(spec: dict[str, Any]) -> Iterator[str]:
    """Every promise that the data set of a random spec breaks."""
    law = {**spec_space.expanded(spec["preset"]), **spec["overrides"]}
    made = fe.simulate(**spec, keep_clean=True)
    if spec["missing"] is not None:
        gappy, made = made, fe.simulate(**{**spec, "missing": None}, keep_clean=True)
        yield from label_checks.broken_gaps(gappy, made)
    yield from label_checks.broken_windows(made)
    yield from label_checks.broken_counts(made, law)
    yield from label_checks.broken_shares(made, spec["fake_ratio"])
    yield from label_checks.broken_turns(made.accounts)
    yield from label_checks.broken_intensities(made, law)


@pytest.mark.parametrize("first", range(0, 1000, SEEDS_PER_TEST))
def test_labels_of_any_spec_hold_what_they_promise(first: int) -> None:
    broken = []
    for seed in range(first, first + SEEDS_PER_TEST):
        spec = spec_space.random_spec(seed)
        broken += [f"random_spec({seed}): {promise}" for promise in broken_promises(spec)]
        twelve = {**spec, "fake_ratio": 1.0, "n_users": len(fe.ATTACKS), "missing": None}
        broken += [f"random_spec({seed}), all fake: {promise}" for promise in broken_promises(twelve)]
        if fe.simulate(**twelve).accounts["attack"].nunique() != len(fe.ATTACKS):
            broken.append(f"random_spec({seed}), all fake: an attack is left out")
    assert not broken, "\n".join(broken[:10])


def test_attacks_take_turns_in_later_neighbourhoods_and_worlds() -> None:
    neighbourhood = 65_536
    spec = fe.SimulationSpec(seed=11, length=2, fake_ratio=0.4)
    later = fe.simulate_range(spec, neighbourhood, neighbourhood + 5000).accounts
    assert not list(label_checks.broken_turns(later))
    # The turns start anew there: counted from anywhere else they would not come out.
    assert list(label_checks.broken_turns(later.iloc[7:])) or list(label_checks.broken_turns(later.iloc[11:]))


@pytest.mark.parametrize("preset", PRESETS)
def test_a_fifth_to_a_third_of_the_accounts_has_a_scenario(preset: str) -> None:
    accounts = fe.simulate(3000, length=2, seed=2, preset=preset, n_worlds=30).accounts
    for kind in (True, False):
        share = accounts.loc[accounts["is_fake"] == kind, "scenario"].ne("none").mean()
        assert 0.19 < share < 0.31


@pytest.mark.parametrize("preset", PRESETS)
def test_the_attack_says_nothing_about_profile_scenario_and_size(preset: str) -> None:
    made = fe.simulate(9600, length=24, seed=6, fake_ratio=1, preset=preset, keep_clean=True)
    accounts = made.accounts
    profile = pd.crosstab(accounts["attack"], accounts["profile"])
    assert stats.chi2_contingency(profile).pvalue > LEAST_P
    # Sleepers are idle before they wake, as many normal accounts are: they have no scenario and no size.
    awake = accounts["attack"] != "sleeper_reactivation"
    scenario = pd.crosstab(accounts["attack"][awake], accounts["scenario"][awake])
    assert stats.chi2_contingency(scenario).pvalue > LEAST_P
    size = np.asarray(made.clean)[:, :, 0].mean(1)
    groups = [
        size[(accounts["attack"] == attack).to_numpy()] for attack in sorted(set(accounts["attack"][awake]))
    ]
    assert stats.kruskal(*groups).pvalue > LEAST_P


LAG_HOURS = {"lockstep_cohort": 1, "sleeper_reactivation": 24, "drip_feed": 15}
"""By how many hours two members of a cohort may be apart; members of other attacks keep to the clock.

A run of a drip feed comes up to 30 % of its interval (24 h at most) early or late.
"""


@pytest.mark.parametrize("seed", range(24))
def test_members_of_a_cohort_act_in_shared_hours(seed: int) -> None:
    # Large accounts: an order that is drawn as 0 cannot overlap.
    spec = spec_space.random_spec(seed, fake_ratio=1.0, n_users=480, n_worlds=1, missing=None)
    spec["overrides"] = {
        path: value
        for path, value in spec["overrides"].items()
        if path.split(".")[0] in ("profiles", "ratios")
    } | {"organic.size": 1000, "attacks.gain": 2.0, "cohorts.other_share": 1.0}
    made = fe.simulate(**spec)
    accounts = made.accounts
    seen = set()
    for cohort, members in accounts.groupby("cohort_id"):
        # Two members may choose different windows of their clock; among five the union is whole.
        if len(members) < 5:
            continue
        attack = members["attack"].iloc[0]
        seen.add(attack)
        active = made.mask[members.index].any(2)
        lag = LAG_HOURS.get(attack, 0)
        padded = np.pad(active, ((0, 0), (lag, 0)))
        near = np.stack([padded[:, shift : shift + active.shape[1]] for shift in range(lag + 1)]).any(0)
        for i, row in enumerate(near):
            others = np.delete(near, i, axis=0).any(0)
            # Ramps and refills are a member's own: two of the three hours around a wave of one hour.
            shared = (row & others).sum() / row.sum()
            assert shared > 0.3, f"{cohort} ({attack}): {members['account_id'].iloc[i]} acts alone"
    assert seen >= COHORT_ATTACKS
