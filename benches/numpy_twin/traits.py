"""What accounts keep for life."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .laws import CASUAL, DORMANT, HOURS_PER_DAY, SCENARIOS, Clock, Floats, Ints, Laws, between
from .placement import Placement

# The daily curve in two harmonics of its logarithm: amplitude, and hours after the peak hour.
FIRST = (0.61, -3.5)
SECOND = (0.36, 1.0)
SMALLEST_SHAPE = 0.05
LARGEST_RATIO = 0.9
LEAST_MEAN = 0.05
DIASPORA = SCENARIOS.index("diaspora_audience")


@dataclass(frozen=True)
class Traits:
    """One value per account, or one row."""

    profile: Ints
    level: Floats
    shape: Floats
    idle_share: Floats
    day_curve: Floats
    weekend: Floats
    growth: Floats
    season: Floats
    season_turn: Floats
    season_phase: Floats
    ratios: Floats
    jitter: Floats
    memory_sd: Floats
    memory_rho: Floats
    idle_run_hours: Floats
    idle_factor: Floats
    """What idleness leaves of the rate: 1 for an active account."""

    @property
    def trough(self) -> Ints:
        """Hour of the day at which the daily curve is lowest."""
        return self.day_curve.argmin(axis=1)


def draw_traits(
    rng: np.random.Generator, placement: Placement, laws: Laws, dtype: type[np.floating]
) -> Traits:
    """Profiles and everything drawn from them."""
    n = len(placement.attack)
    organic, shares = laws.organic, laws.profiles["share"]
    profile = rng.choice(len(shares), n, p=shares / shares.sum())
    law = {field: by_profile[profile] for field, by_profile in laws.profiles.items()}

    def normal() -> Floats:
        return rng.standard_normal(n)

    ends = np.sort([law["shape_low"], law["shape_high"]], axis=0)
    shape = organic["shape"] * ends[0] * (ends[1] / ends[0]) ** rng.random(n)
    depth = law["day_depth"] * organic["day_depth"] * np.exp(0.2 * normal())
    peak = organic["peak_hour"] + organic["phase_sd_hours"] * normal()
    second = organic["second_harmonic"] * between(rng, 0.5, 1.5, n)
    curve = _day_curve(depth, second, peak, dtype)
    rows = np.flatnonzero(placement.scenario == DIASPORA)
    curve[rows] = _diaspora(rng, curve[rows])
    return Traits(
        profile=profile,
        level=organic["size"] * law["views_median"] * np.exp(law["views_log_sd"] * normal()),
        shape=shape.clip(SMALLEST_SHAPE),
        idle_share=between(rng, law["idle_share_low"], law["idle_share_high"]),
        day_curve=curve,
        weekend=law["weekend_lift"] + law["weekend_sd"] * normal(),
        growth=organic["growth"] * between(rng, law["growth_low"], law["growth_high"]),
        season=organic["season_sd"] * np.sqrt(2) * np.abs(normal()),
        season_turn=2 * np.pi / between(rng, 240, 960, n),
        season_phase=between(rng, 0, 2 * np.pi, n),
        ratios=_ratios(rng, n, laws),
        jitter=law["phase_jitter_hours"],
        memory_sd=law["memory_sd"] * organic["memory"],
        memory_rho=law["memory_rho"],
        idle_run_hours=law["idle_run_hours"],
        idle_factor=np.where(placement.idle, organic["idle_level"] * rng.random(n), 1.0),
    )


def _day_curve(depth: Floats, second: Floats, peak: Floats, dtype: type[np.floating]) -> Floats:
    """Daily curve of each account by hour of the day, mean 1."""
    hour = (np.arange(HOURS_PER_DAY) - peak[:, None]).astype(dtype) * dtype(2 * np.pi / HOURS_PER_DAY)
    log = FIRST[0] * np.cos(hour - dtype(2 * np.pi / HOURS_PER_DAY * FIRST[1]))
    amplitude = (SECOND[0] * second[:, None]).astype(dtype)
    log += amplitude * np.cos(2 * hour - dtype(4 * np.pi / HOURS_PER_DAY * SECOND[1]))
    log *= depth[:, None].astype(dtype)
    curve = np.exp(log, out=log)
    curve /= curve.mean(axis=1, keepdims=True)
    return curve


def _diaspora(rng: np.random.Generator, own: Floats) -> Floats:
    """A second audience, 6 to 18 hours away."""
    share = between(rng, 0.25, 0.5, (len(own), 1)).astype(own.dtype)
    shift = rng.integers(6, 19, (len(own), 1))
    far = np.take_along_axis(own, (np.arange(HOURS_PER_DAY) + shift) % HOURS_PER_DAY, axis=1)
    return (1 - share) * own + share * far


def _ratios(rng: np.random.Generator, n: int, laws: Laws) -> Floats:
    """Likes, comments and shares per view: log-normal with one common factor."""
    law = laws.ratios
    metrics = ("likes", "comments", "shares")
    median = np.array([law[f"{m}_median"] for m in metrics])
    log_sd = np.array([law[f"{m}_log_sd"] for m in metrics])
    common, own = rng.standard_normal((n, 1)), rng.standard_normal((n, 3))
    z = np.sqrt(law["correlation"]) * common + np.sqrt(1 - law["correlation"]) * own
    return np.minimum(median * np.exp(log_sd * z), LARGEST_RATIO)


def switched_on(rng: np.random.Generator, traits: Traits, clock: Clock) -> tuple[Ints, Floats]:
    """Accounts that are off at times, and their on/off chains (1 = on), one row each."""
    rows = np.flatnonzero(traits.idle_share > 0)
    idle, leave = traits.idle_share[rows], 1 / traits.idle_run_hours[rows]
    stay, enter = 1 - leave, np.minimum(leave * idle / (1 - idle), 1)
    u = rng.random((clock.length, len(rows)))
    off = rng.random(len(rows)) < idle
    on = np.empty((clock.length, len(rows)), dtype=bool)
    for t in range(clock.length):
        off = u[t] < np.where(off, stay, enter)
        np.logical_not(off, out=on[t])
    return rows, on.T


def with_views(ratios: Floats) -> Floats:
    """Ratios with a leading 1 for the views themselves."""
    return np.concatenate([np.ones((len(ratios), 1)), ratios], axis=1)


def account_means(traits: Traits, rows: Ints, usual: Floats, laws: Laws) -> Floats:
    """Mean per hour of each metric that orders are measured by; a dormant account counts as a casual one."""
    casual = laws.organic["size"] * laws.profiles["views_median"][CASUAL]
    base = np.where(traits.profile[rows] == DORMANT, np.maximum(casual, usual), usual)
    return (base[:, None] * with_views(traits.ratios[rows])).clip(LEAST_MEAN)
