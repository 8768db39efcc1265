"""What attacks add and take: delivered counts against SciPy's laws, sizes against what is stated."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from scipy import stats

import fakeengage as fe
from calm_worlds import CALM, LARGE, RATIO, calm
from fakeengage.attacks import LEVEL_ATTACKS
from fakeengage.panel import METRICS, Panel
from label_checks import counts
from law_checks import LEAST_P, MEANS, Array, chi_square, is_standard_normal, uniform_places

N_HOURS = 240
USUAL = 1000.0
"""Views per hour of the accounts that orders are put into."""
PLAIN_LAW = {
    path.removeprefix("attacks."): value for path, value in CALM.items() if path.startswith("attacks.")
}
ORDER_SIZES = (10_000, 1000, 500, 100, 50, 10)


def added(attack: str, intensity: float, n: int = 200, **law: Any) -> Array:
    """What an order adds to accounts of constant counts, `(n, N_HOURS, 4)`; it fills the series."""
    panel = Panel.from_arrays(np.full((n, N_HOURS, 4), USUAL), metrics=METRICS)
    window = (0, N_HOURS)
    made = fe.inject(panel, attack, window=window, intensity=intensity, seed=5, law=PLAIN_LAW | law)
    return np.asarray(made.panel.values, dtype=float) - USUAL


def trickle(rate: float, **law: Any) -> Array:
    """Views added at a constant rate per hour."""
    return added("drip_feed", rate / USUAL, **law)[:, :, 0]


@pytest.mark.parametrize("rate", MEANS)
def test_delivered_counts_are_poisson(rate: float) -> None:
    views = trickle(rate).astype(np.int64)
    assert chi_square(np.bincount(views.ravel()), stats.poisson(rate)) > LEAST_P
    totals = uniform_places(stats.poisson(rate * N_HOURS), views.sum(1))
    assert stats.kstest(totals, "uniform").pvalue > LEAST_P


@pytest.mark.parametrize("dispersion", [0.02, 0.3, 5])
@pytest.mark.parametrize("rate", MEANS)
def test_overdispersed_deliveries_are_negative_binomial(rate: float, dispersion: float) -> None:
    views = trickle(rate, dispersion=dispersion)
    law = stats.nbinom(1 / dispersion, 1 / (1 + dispersion * rate))
    assert chi_square(np.bincount(views.astype(np.int64).ravel()), law) > LEAST_P


@pytest.mark.parametrize("rate", [0.5, 3, 40, 1000])
def test_round_orders_total_exactly_a_round_number_spread_as_the_rates_say(rate: float) -> None:
    views = trickle(rate, round_orders=1)
    totals = views.sum(1)
    assert abs(totals.mean() - rate * N_HOURS) <= 0.25 * rate * N_HOURS
    for size in ORDER_SIZES:
        assert (totals[totals > 2 * size] % size == 0).all()
    assert (totals % 10 == 0).all()
    # Under the condition of the total, each hour holds a binomial part of it.
    for hour in (0, 100, N_HOURS - 1):
        places = uniform_places(stats.binom(totals, 1 / N_HOURS), views[:, hour])
        assert stats.kstest(places, "uniform").pvalue > LEAST_P


def test_no_order_is_round_unless_asked() -> None:
    assert (trickle(40).sum(1) % 100 == 0).mean() < 0.1


PURGE_WEIGHTS = {"views": 1.0, "likes": 0.3, "comments": 0.2, "shares": 0.0}


@pytest.mark.parametrize("share", [0.0, 0.05, 0.5, 1.0])
def test_a_purge_takes_a_binomial_share_of_what_was_delivered(share: float) -> None:
    law = {"burst_hours": [4, 8], "bursts": [1, 1], "period_hours": [24, 48], "weights": [1, 1, 1, 1]}
    change = added("delivery_purge", 3, 300, purged_share=[share, share], delivery_purge=law)
    delivered, gone = change.clip(min=0).sum(1), -change.clip(max=0).sum(1)
    assert (delivered > USUAL).all()
    for metric, name in enumerate(METRICS):
        part = share * PURGE_WEIGHTS[name]
        if part in (0.0, 1.0):
            assert np.array_equal(gone[:, metric], part * delivered[:, metric])
            continue
        places = uniform_places(stats.binom(delivered[:, metric], part), gone[:, metric])
        assert stats.kstest(places, "uniform").pvalue > LEAST_P


def test_purged_shares_are_uniform_over_their_range() -> None:
    law = {"burst_hours": [4, 8], "bursts": [2, 4], "period_hours": [24, 48], "weights": [1, 1, 1, 1]}
    change = added("delivery_purge", 200, 400, purged_share=[0.2, 0.9], delivery_purge=law)[:, :, 0]
    # Several steps take parts of the same whole.
    share = -change.clip(max=0).sum(1) / change.clip(min=0).sum(1)
    assert stats.kstest(share, stats.uniform(0.2, 0.7).cdf).pvalue > LEAST_P


def test_noise_of_deliveries_is_log_normal_of_mean_one() -> None:
    jitter, own, coupling = 0.3, 0.2, 0.4
    # Likes stay so far below the views that none is cut for exceeding them.
    weights = np.array([1, 0.02, 0.02, 0.02])
    wave = {"burst_hours": [4, 4], "period_hours": [12, 12], "weights": weights.tolist()}
    law = {"edge_jitter": jitter, "extra_noise": own, "coupling_sd": coupling, "wave_spam": wave}
    delivered = added("wave_spam", 1000, 600, **law) / (999 * USUAL * weights)
    busy = delivered[:, :, 0].mean(0) > 0.5
    delivered = delivered[:, busy]
    assert delivered.mean((0, 1)) == pytest.approx(1, rel=0.1)
    log = np.log(delivered)
    sd = np.hypot(jitter, own)
    assert is_standard_normal((log[:, 0, 0] + sd**2 / 2) / sd)
    assert log[:, :, 0].std() == pytest.approx(sd, rel=0.03)
    # The metrics share the hour's noise and differ by their own and by the order's spread.
    apart = log[:, :, 1] - log[:, :, 2]
    assert (apart - apart.mean(1, keepdims=True)).std() == pytest.approx(own * np.sqrt(2), rel=0.03)
    spread = (log[:, :, 1] - log[:, :, 0]).mean(1) + coupling**2 / 2
    sd = np.hypot(coupling, own * np.sqrt(2 / busy.sum()))
    assert is_standard_normal(spread / sd)


@lru_cache(maxsize=2)
def calm_fakes(variant_share: float) -> fe.Dataset:
    """A hundred fakes of each attack in a world where every rate is known."""
    overrides = calm() | {"attacks.variant_share": variant_share, "attacks.drip_feed.hours": [72, 72]}
    return fe.simulate(
        100 * len(fe.ATTACKS), fake_ratio=1, seed=4, keep_clean=True, overrides=overrides, preset="realistic"
    )


def sizes(attack: str, metric: int, variant_share: float = 0.0) -> tuple[Array, Array]:
    """Stated added volume at the peak and the delivered one, in usual counts of the metric."""
    data = calm_fakes(variant_share)
    same = data.accounts["attack"].eq(attack).to_numpy()
    intensity = data.accounts["intensity"].to_numpy()[same]
    values, clean = counts(data)
    change = (values - clean)[same, :, metric] / (LARGE * (RATIO if metric else 1))
    if attack == "drip_feed":
        return intensity, change.sum(1) / 72
    return intensity - (attack not in LEVEL_ATTACKS), change.max(1)


@pytest.mark.parametrize("attack", fe.ATTACKS)
def test_every_attack_reaches_the_size_that_it_states(attack: str) -> None:
    metric = 1 if attack == "like_only_inflation" else 0
    stated, delivered = sizes(attack, metric)
    assert len(stated) == 100
    assert (stated > 0).all()
    assert stated.std() > 0
    # The largest of many hours lies a few standard deviations above its expectation.
    noise = 6 * np.sqrt(stated / (RATIO * LARGE))
    assert (np.abs(delivered - stated) < noise + 1e-3).all()


@pytest.mark.parametrize(
    ("attack", "metric"), [("like_only_inflation", 2), ("organic_mimicry", 0), ("timezone_shifted_farm", 0)]
)
def test_variants_reach_the_size_that_they_state(attack: str, metric: int) -> None:
    stated, delivered = sizes(attack, metric, 1.0)
    if attack == "like_only_inflation":
        # Two thirds of the variants sell comments.
        comments = delivered > 0.9 * stated
        assert 0.45 < comments.mean() < 0.85
        stated, delivered = stated[comments], delivered[comments]
    elif attack == "timezone_shifted_farm":
        # One shift does the work of three.
        one_shift = delivered > 2 * stated
        assert 0.3 < one_shift.mean() < 0.7
        stated = np.where(one_shift, 3 * stated, stated)
    noise = 6 * np.sqrt(stated / (RATIO * LARGE))
    assert (np.abs(delivered - stated) < noise + 1e-3).all()


def test_simulated_orders_are_delivered_by_the_same_law() -> None:
    world = calm(views_median=20.0) | {"attacks.drip_feed.intensity": [0.1, 0.1]}
    overrides = world | {"attacks.drip_feed.hours": [72, 72]}
    data = fe.simulate(2400, fake_ratio=1, seed=5, keep_clean=True, overrides=overrides)
    values, clean = counts(data)
    views = (values - clean)[data.accounts["attack"].eq("drip_feed").to_numpy(), :, 0]
    totals = uniform_places(stats.poisson(2.0 * 72), views.sum(1))
    assert stats.kstest(totals, "uniform").pvalue > LEAST_P
    # Hours in which nothing was drawn are no part of a window: what is seen is a count above 0.
    seen = np.bincount(views[views > 0].astype(int))
    places = np.arange(1, 9)
    share = stats.poisson(2.0).pmf(places) / stats.poisson(2.0).sf(0)
    observed = np.r_[seen[1:9], seen[9:].sum()]
    expected = np.r_[share, 1 - share.sum()] * seen.sum()
    assert stats.chisquare(observed, expected).pvalue > LEAST_P
