"""The NumPy twin of the simulator follows the same laws, and differences of laws are found."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import numpy_twin
from fakeengage.presets import load_preset
from numpy_twin import agreement, attacks, platform, pulses
from numpy_twin.laws import ATTACKS

N_ACCOUNTS, N_WORLDS = 1500, 16


@pytest.fixture(scope="module", params=numpy_twin.VARIANTS)
def twin(request: pytest.FixtureRequest) -> numpy_twin.Twin:
    return numpy_twin.simulate(load_preset("published"), 1200, seed=3, variant=request.param)


@pytest.mark.parametrize("variant", numpy_twin.VARIANTS)
def test_twin_and_package_follow_the_same_laws(variant: str) -> None:
    tests = agreement.compare(variant, N_ACCOUNTS, N_WORLDS)
    assert len(tests) > 300
    agreement.assert_agreement(tests)


@pytest.mark.parametrize(
    ("overrides", "law"),
    [
        ({"profiles.regular.memory_sd": 0.6}, "regular: lag-24 autocorrelation"),
        ({"profiles.casual.shape_low": 20, "profiles.casual.shape_high": 20}, "casual: sd of hourly steps"),
        ({"organic.peak_hour": 19}, "regular: daily peak"),
        (
            {"profiles.dormant.idle_share_low": 0.7, "profiles.dormant.idle_share_high": 0.8},
            "dormant: zero share of views",
        ),
        ({"ratios.likes_median": 0.15}, "casual: likes per view"),
        ({"ratios.drag": 0.5}, "viral_hit: spread of daily likes per view"),
        ({"attacks.drip_feed.intensity": [4.0, 8.0]}, "drip_feed: added share of views"),
        ({"attacks.single_spike.hours": [8.0, 12.0]}, "single_spike: hours from first to last change"),
        ({"attacks.like_only_inflation.weights": [0.3, 1.0, 0.2, 0.0]}, "like_only_inflation"),
        ({"platform.outages_per_week": 7.0}, "platform: sd of the platform"),
        ({"scenarios.weights.viral_hit": 9.0}, "shares of scenarios"),
    ],
)
def test_a_difference_of_one_law_is_found(overrides: dict[str, Any], law: str) -> None:
    tests = agreement.compare("tuned", N_ACCOUNTS, N_WORLDS, overrides=overrides)
    with pytest.raises(AssertionError, match=law):
        agreement.assert_agreement(tests)


def test_the_level_holds_for_the_family_not_for_each_test() -> None:
    def family(p_value: float) -> list[agreement.Test]:
        return [agreement.Test("a: b", p_value, 1.0, 2.0), *[agreement.Test("c: d", 0.5, 1.0, 1.0)] * 99]

    agreement.assert_agreement(family(2e-5), level=1e-3)
    with pytest.raises(
        AssertionError, match=r"1 of 100 laws differ.*\na: b: p = 5.0e-06, median 1 ours, 2 twin"
    ):
        agreement.assert_agreement(family(5e-6), level=1e-3)
    with pytest.raises(AssertionError, match="a: b"):
        agreement.assert_agreement(family(np.nan))


def test_counts_are_whole_and_the_mask_is_the_change(twin: numpy_twin.Twin) -> None:
    assert twin.values.shape == (1200, 4, 336)
    assert twin.values.dtype == np.float32
    assert (twin.values == np.round(twin.values)).all()
    changed = np.zeros_like(twin.mask)
    changed[twin.fakes] = twin.values[twin.fakes] != twin.clean_fakes
    np.testing.assert_array_equal(twin.mask, changed)
    assert changed[twin.fakes].any(axis=(1, 2)).all()
    free = [ATTACKS.index("like_only_inflation"), ATTACKS.index("delivery_purge")]
    held = ~np.isin(twin.attack[twin.fakes], free)
    kept = (twin.clean_fakes[held, 1] > twin.clean_fakes[held, 0]) | (
        twin.values[twin.fakes[held], 1] <= twin.values[twin.fakes[held], 0]
    )
    assert kept.all()


def test_fakes_are_dealt_exactly_and_attacks_alternate(twin: numpy_twin.Twin) -> None:
    assert (twin.attack.reshape(-1, 100) >= 0).sum(axis=1).tolist() == [35] * 12
    np.testing.assert_array_equal(np.sort(twin.attack[twin.fakes].reshape(-1, 12)), [np.arange(12)] * 35)
    assert (twin.idle & (twin.attack < 0)).sum() == (
        twin.attack == ATTACKS.index("sleeper_reactivation")
    ).sum()


def test_windows_join_changed_cells_over_pauses_of_a_day(twin: numpy_twin.Twin) -> None:
    found = twin.windows
    added = twin.values[twin.fakes].astype(np.float64) - twin.clean_fakes
    row_of = {account: row for row, account in enumerate(twin.fakes)}
    covered = np.zeros_like(twin.mask)
    for account, metric, start, end, injected in zip(*vars(found).values(), strict=True):
        covered[account, metric, start:end] = True
        assert twin.mask[account, metric, start]
        assert twin.mask[account, metric, end - 1]
        # Counts above 2^24 are rounded, and so is their sum.
        assert injected == pytest.approx(added[row_of[account], metric, start:end].sum(), rel=1e-6)
    assert (covered | ~twin.mask).all()
    order = np.lexsort((found.start, found.metric, found.account))
    series = (found.account * 4 + found.metric)[order]
    pause = found.start[order][1:] - found.end[order][:-1]
    assert (pause[series[1:] == series[:-1]] > attacks.PAUSE_HOURS).all()


def test_memory_is_the_recursion() -> None:
    white = np.random.default_rng(0).standard_normal((50, 3))
    sd, rho = np.array([0.2, 1.0, 0.5]), np.array([0.85, 0.0, 0.99])
    wanted = [sd * white[0]]
    for t in range(1, 50):
        wanted.append(rho * wanted[-1] + sd * np.sqrt(1 - rho**2) * white[t])
    np.testing.assert_allclose(platform.memory(white.copy(), sd, rho), wanted, rtol=1e-12)


def test_pulses_end_where_they_are_negligible() -> None:
    account, one = np.array([0, 1]), np.ones(2)
    at, size = np.array([10.0, -5.5]), np.array([8.0, 4.0])
    relaxing = pulses.Relaxing(account, at, 2 * one, size, 2 * one, one)
    out = np.zeros((2, 3000))
    np.add.at(out.reshape(-1), *relaxing.cells(3000, np.float64))
    for row in account:
        after = np.arange(3000) - at[row] - 2
        height = np.where(
            after < 0, size[row] * (after + 2) / 2, size[row] * ((after.clip(0) + 2) / 2) ** -1.0
        )
        height[(after < -2) | ((after > 0) & (height < pulses.NEGLIGIBLE))] = 0
        np.testing.assert_allclose(out[row], height, atol=1e-12)
    assert out[0, 10:15].tolist() == [0, 4, 8, 8 / 1.5, 4]


def test_what_the_twin_does_not_have_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"organic\.size is a prior"):
        numpy_twin.simulate(load_preset("realistic"), 100)
    posts = load_preset("published")
    posts["single_posts"]["share"] = 0.5
    with pytest.raises(ValueError, match=r"single_posts\.share = 0\.5 is not covered"):
        numpy_twin.simulate(posts, 100)
    with pytest.raises(ValueError, match="variant: 'fast' is not allowed"):
        numpy_twin.simulate(load_preset("published"), 100, variant="fast")
    with pytest.raises(ValueError, match="n_accounts: 0 is not allowed"):
        numpy_twin.simulate(load_preset("published"), 0)
