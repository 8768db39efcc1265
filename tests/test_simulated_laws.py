"""Organic laws, one at a time in calm worlds, held against SciPy's distributions.

All seeds are fixed; limits are so wide that a new random stream passes, so narrow that a wrong law fails.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

import fakeengage as fe
from calm_worlds import LARGE, PROFILES, RATIO, calm, only_scenario
from law_checks import DRAWS, LEAST_P, MEANS, Array, chi_square, is_standard_normal, uniform_places

PART = 400_000
"""Counts made at once."""
SHAPES = (0.1, 0.5, 1, 5, 50, 1000)
RATES = (1e-4, 1e-3, 0.01, 0.05, 0.2, 0.5, 0.9)


def organic(n: int, length: int = 168, seed: int = 0, **options: Any) -> Array:
    """Counts of `n` normal accounts, `(n, length, 4)`."""
    data = fe.simulate(n, length=length, seed=seed, fake_ratio=0, **options)
    return np.asarray(data.panel.values, dtype=float)


def histogram(overrides: dict[str, Any]) -> tuple[NDArray[np.int64], int]:
    """How often each number of views occurs among `DRAWS` counts."""
    spec = fe.SimulationSpec(length=500, fake_ratio=0, seed=8, overrides=overrides)
    total = np.zeros(0, dtype=np.int64)
    left = -(-DRAWS // spec.length)
    for batch in fe.simulate_batches(spec, left, batch=PART // spec.length):
        views = np.asarray(batch.panel.series("views")).ravel().astype(np.int64)
        part = np.bincount(views, minlength=len(total))
        part[: len(total)] += total
        total = part
    return total, int(total.sum())


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("mean", MEANS)
def test_views_are_negative_binomial(mean: float, shape: float) -> None:
    world = calm(views_median=mean, shape_low=shape, shape_high=shape) | {"organic.shape": 1}
    times, n = histogram(world)
    law = stats.nbinom(shape, shape / (shape + mean))
    assert chi_square(times, law) > LEAST_P
    average = times @ np.arange(len(times)) / n
    assert abs(average - mean) < 6 * law.std() / np.sqrt(n)


@pytest.mark.parametrize("mean", MEANS)
def test_views_become_poisson_as_the_shape_grows(mean: float) -> None:
    world = calm(views_median=mean)
    times, _ = histogram(world)
    assert chi_square(times, stats.poisson(mean)) > LEAST_P


@pytest.mark.parametrize("views", [0.5, 3, 12, 40, 1000, 1e5])
@pytest.mark.parametrize("p", RATES)
def test_likes_comments_and_shares_are_binomial_parts_of_the_views(p: float, views: float) -> None:
    names = ("likes", "comments", "shares")
    world = calm(views_median=views, shape_low=1, shape_high=1) | {f"ratios.{m}_median": p for m in names}
    counts = organic(120, seed=4, overrides=world | {"organic.shape": 1})
    viewed = counts[:, :, 0]
    law = stats.binom(viewed, p)
    places = [uniform_places(law, counts[:, :, metric], metric)[viewed > 0] for metric in (1, 2, 3)]
    for metric_places in places:
        assert stats.kstest(metric_places, "uniform").pvalue > LEAST_P
    # Drawn apart: an hour with many likes for its views has no more comments than others.
    pairs = np.corrcoef(places)[np.triu_indices(3, 1)]
    assert np.abs(pairs).max() < 6 / np.sqrt(len(places[0]))


def test_no_ratio_rises_above_95_percent() -> None:
    world = calm() | {
        "ratios.likes_median": 0.9,
        "scenarios.gain": 5,
        **only_scenario("like_bait"),
    }
    counts = organic(300, seed=5, overrides=world)
    views, likes = counts[:, :, 0], counts[:, :, 1]
    baited = likes / views > 0.925
    assert 0.02 < baited.mean() < 0.4
    places = uniform_places(stats.binom(views, np.where(baited, 0.95, 0.9)), likes)
    assert stats.kstest(places[baited], "uniform").pvalue > LEAST_P
    assert stats.kstest(places[~baited], "uniform").pvalue > LEAST_P


@pytest.mark.parametrize("median", [0.5, 20.0, 2000.0])
@pytest.mark.parametrize("profile", PROFILES)
def test_levels_are_log_normal_around_the_median_of_the_profile(profile: str, median: float) -> None:
    world = calm(profile, views_median=median * 100, views_log_sd=0.8) | {"organic.size": 0.5}
    level = np.log(organic(1500, length=24, seed=2, overrides=world)[:, :, 0].mean(1) + 1e-3)
    assert is_standard_normal((level - np.log(median * 50)) / 0.8)


def autocorrelation(x: Array, lag: int) -> Array:
    """Of each row, its mean and variance being known to be 0 and 1."""
    return np.asarray((x[:, lag:] * x[:, :-lag]).mean(1))


@pytest.mark.parametrize("rho", [0.0, 0.42, 0.85, 0.97])
@pytest.mark.parametrize("sd", [0.05, 0.3, 0.8])
def test_the_noise_of_the_rate_is_autoregressive(sd: float, rho: float) -> None:
    world = calm(memory_sd=sd, memory_rho=rho)
    views = organic(400, length=300, seed=3, overrides=world)[:, :, 0]
    # Half the variance is taken off, so that noise leaves the mean rate where it is.
    z = (np.log(views / LARGE) + sd**2 / 2) / sd
    for hour in (0, 1, 150, 299):
        assert is_standard_normal(z[:, hour])
    for lag in (1, 2, 5, 24):
        found = autocorrelation(z, lag)
        # At the smallest sd the noise of counting is 1/250 of the variance.
        slack = 6 * found.std() / np.sqrt(len(found)) + 0.005
        assert abs(found.mean() - rho**lag) < slack
    fresh = (z[:, 1:] - rho * z[:, :-1]).ravel() / np.sqrt(1 - rho**2)
    assert abs(stats.kurtosis(fresh)) < 6 * np.sqrt(24 / len(fresh)) + 0.02


@pytest.mark.parametrize("rho", [0.0, 0.9])
def test_all_accounts_of_a_platform_share_its_autoregressive_factor(rho: float) -> None:
    world = calm() | {"platform.hour_sd": 0.2, "platform.hour_rho": rho}
    spec = fe.SimulationSpec(seed=6, fake_ratio=0, n_worlds=150, overrides=world)
    parts = [fe.simulate_range(spec, 100 * w, 100 * w + 2) for w in range(spec.n_worlds)]
    views = np.stack([np.asarray(part.panel.series("views"), dtype=float) for part in parts])
    z = np.log(views / LARGE) / 0.2
    assert np.abs(z[:, 0] - z[:, 1]).max() < 0.2
    assert is_standard_normal(z[:, 0, 100])
    found = autocorrelation(z[:, 0], 1)
    assert abs(found.mean() - rho) < 6 * found.std() / np.sqrt(len(found)) + 0.01


@pytest.mark.parametrize("per_week", [0.5, 1.5, 4.0])
def test_bursts_come_as_a_poisson_process(per_week: float) -> None:
    # Bursts that are over after two hours are counted one by one.
    world = calm(bursts_per_week=per_week, burst_size=100, burst_shift_hours=1)
    world |= {f"profiles.regular.burst_exponent_{end}": 5 for end in ("low", "high")}
    views = organic(1500, length=168, seed=7, overrides=world)[:, :, 0]
    high = views > 3.5 * LARGE
    rises = (high[:, 1:] & ~high[:, :-1]).sum(1)
    mean = per_week * 167 / 168
    # Up to three hours count as one burst.
    merged = 1 - 0.5 * 3 * mean / 168
    assert rises.mean() == pytest.approx(mean * merged, abs=6 * np.sqrt(mean / len(rises)) + 0.02 * mean)
    assert 0.85 < rises.var() / rises.mean() < 1.1
    times = np.bincount(rises)
    assert chi_square(times, stats.poisson(rises.mean())) > LEAST_P
    hours = np.nonzero(high[:, 1:] & ~high[:, :-1])[1]
    assert stats.kstest(hours / 167 + 0.5 / 167, "uniform").pvalue > 1e-4


def peak_hours(log_views: Array, start_hour: int = 0) -> Array:
    """Hour of the usual peak of each row, from its first daily harmonic."""
    turn = 2 * np.pi * (np.arange(log_views.shape[1]) + start_hour) / 24
    angle = np.angle(log_views @ np.exp(1j * turn))
    # The first harmonic runs 3.5 hours before the peak.
    return np.asarray((angle * 24 / (2 * np.pi) + 3.5) % 24)


@pytest.mark.parametrize(("peak", "spread"), [(8.0, 0.5), (20.0, 2.0)])
def test_peak_hours_are_normal_around_the_platforms(peak: float, spread: float) -> None:
    world = calm(day_depth=1) | {"organic.peak_hour": peak, "organic.phase_sd_hours": spread}
    views = organic(500, length=240, seed=9, overrides=world, start="2024-03-04T05:00")[:, :, 0]
    away = (peak_hours(np.log(views), 5) - peak + 12) % 24 - 12
    assert is_standard_normal(away / spread)


def test_the_daily_curve_keeps_the_mean_and_moves_later_at_weekends() -> None:
    world = calm(day_depth=1) | {"organic.weekend_shift_hours": 3, "organic.second_harmonic": 1}
    views = organic(200, length=168, seed=9, overrides=world, start="2024-03-04")[:, :, 0].mean(0)
    days = views.reshape(7, 24)
    assert days.mean(1) == pytest.approx(LARGE, rel=0.005)
    peak = days.argmax(1)
    assert (peak[:5] == 12).all()
    assert (peak[5:] == 15).all()


def test_weekend_effect_and_growth_have_their_laws() -> None:
    world = calm(weekend_lift=0.3, weekend_sd=0.2)
    log_views = np.log(organic(500, length=168, seed=3, overrides=world, start="2024-03-04")[:, :, 0])
    effect = log_views[:, 120:].mean(1) - log_views[:, :120].mean(1)
    assert is_standard_normal((effect - 0.3) / 0.2)
    world = calm(growth_low=-0.1, growth_high=0.2)
    log_views = np.log(organic(500, length=240, seed=3, overrides=world)[:, :, 0])
    gained = log_views[:, 239] - log_views[:, 0]
    # Growth slows down over ten days.
    slowed = 10 * (1 - np.exp(-239 / 240))
    assert stats.kstest(gained / slowed, stats.uniform(-0.1, 0.3).cdf).pvalue > 1e-4


def test_log_ratios_are_normal_with_one_common_factor() -> None:
    sds = {"likes": 0.3, "comments": 0.5, "shares": 0.7}
    medians = {"likes": 0.05, "comments": 0.02, "shares": 0.01}
    for correlation in (0.0, 0.5, 0.9):
        world = calm() | {"ratios.correlation": correlation}
        world |= {f"ratios.{m}_median": median for m, median in medians.items()}
        world |= {f"ratios.{m}_log_sd": sd for m, sd in sds.items()}
        counts = organic(900, length=48, seed=12, overrides=world).sum(1)
        log_ratio = np.log(counts[:, 1:] / counts[:, :1])
        z = (log_ratio - np.log(list(medians.values()))) / list(sds.values())
        assert all(is_standard_normal(column) for column in z.T)
        pairs = np.corrcoef(z.T)[np.triu_indices(3, 1)]
        assert pairs == pytest.approx(correlation, abs=6 * (1 - correlation**2) / np.sqrt(len(z)) + 0.01)


@pytest.mark.parametrize("rho", [0.0, 0.7])
def test_ratios_wander_from_day_to_day_and_hour_to_hour(rho: float) -> None:
    world = calm() | {"ratios.noise_sd": 0.2, "ratios.noise_rho": rho}
    counts = organic(400, length=240, seed=13, overrides=world)
    z = (np.log(counts[:, :, 1] / counts[:, :, 0] / RATIO) + 0.02) / 0.2
    assert is_standard_normal(z[:, 100])
    found = autocorrelation(z, 1)
    assert abs(found.mean() - rho) < 6 * found.std() / np.sqrt(len(found)) + 0.01
    counts = organic(400, length=240, seed=13, overrides=calm() | {"ratios.day_sd": 0.2})
    daily = np.log(counts[:, :, 1] / counts[:, :, 0] / RATIO).reshape(400, 10, 24).mean(2) + 0.02
    # 24 hours of counting leave a fiftieth of the variance of a day's ratio at most.
    assert is_standard_normal(daily[:, 4] / 0.2)
    assert abs(np.corrcoef(daily[:, 4], daily[:, 5])[0, 1]) < 6 / np.sqrt(400)


def test_silent_runs_are_geometric_and_fill_their_share() -> None:
    world = calm(idle_share_low=0.2, idle_share_high=0.5, idle_run_hours=6)
    views = organic(600, length=800, seed=14, overrides=world)[:, :, 0]
    off = views == 0
    share = off.mean(1)
    # A mean over 800 hours in runs of six spreads by about .05.
    assert share.mean() == pytest.approx(0.35, abs=6 * share.std() / np.sqrt(len(share)))
    assert 0.08 < share.std() < 0.12
    edges = np.diff(off.astype(int), axis=1)
    runs = np.concatenate(
        [
            ends[ends > starts[0]][: len(starts)] - starts[: (ends > starts[0]).sum()]
            for row in edges
            for starts, ends in [(np.flatnonzero(row == 1), np.flatnonzero(row == -1))]
            if len(starts) > 1
        ]
    )
    # The end of the series cuts long runs off a little more often.
    assert chi_square(np.bincount(runs)[1:], stats.geom(1 / runs.mean(), loc=-1)) > LEAST_P
    assert runs.mean() == pytest.approx(6, rel=0.05)
