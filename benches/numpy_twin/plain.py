"""Organic counts as one would write them first: all accounts at once, float64, one array per idea."""

from __future__ import annotations

import numpy as np

from .happenings import Happenings
from .laws import HOURS_PER_DAY, Clock, Floats, Ints, Laws
from .platform import Platform, memory
from .traits import Traits, switched_on

GROWTH_DAYS = 10.0
PROMOTED_RATIO = 0.25
HIGHEST_RATIO = 0.95


def organic_counts(
    rng: np.random.Generator,
    traits: Traits,
    happenings: Happenings,
    platform: Platform,
    laws: Laws,
    clock: Clock,
    fakes: Ints,
) -> tuple[Floats, Floats]:
    """Counts (account, metric, hour), and the smooth expected views of the accounts `fakes`."""
    n, length = len(traits.profile), clock.length
    cells = (n, length)
    day = (clock.skipped(traits.trough)[:, None] + np.arange(length)) // HOURS_PER_DAY
    smooth = _smooth(rng, traits, platform, laws, clock, day)
    excess, live, event = np.zeros(cells), np.zeros(cells), np.zeros(cells)
    for table in happenings.bursts:
        np.add.at(excess.ravel(), *table.cells(length, np.float64))
    np.add.at(live.ravel(), *happenings.live.cells(length, np.float64))
    for table in happenings.events:
        np.add.at(event.ravel(), *table.cells(length, np.float64))
    on = np.ones(cells, dtype=bool)
    rows, chains = switched_on(rng, traits, clock)
    on[rows] = chains

    level_sd = laws.organic["day_level_sd"]
    noise = memory(rng.standard_normal((length, n)), traits.memory_sd, traits.memory_rho).T
    day_level = level_sd * np.take_along_axis(rng.standard_normal((n, clock.days)), day, axis=1)
    centre = 0.5 * (traits.memory_sd**2 + level_sd**2)
    usual = smooth / (1 - traits.idle_share)[:, None] * np.exp(noise + day_level - centre[:, None])
    usual *= traits.idle_factor[:, None]
    usual[happenings.factor.account, happenings.factor.hour] *= happenings.factor.value
    rate = usual * (on * (1 + excess + live) + event)
    virality = np.log1p(excess + event)

    promoted = np.zeros(cells)
    promoted[happenings.promoted.account, happenings.promoted.hour] = happenings.promoted.value
    rate += promoted
    share = np.divide(promoted, rate, out=np.zeros(cells), where=promoted > 0)
    mixed = 1 - (1 - PROMOTED_RATIO) * share
    shape = traits.shape[:, None]
    views = rng.negative_binomial(shape, shape / (shape + rate))

    law, bait = laws.ratios, happenings.bait
    values = np.empty((n, 4, length), dtype=np.float32)
    values[:, 0] = views
    drop = 0.5 * (law["day_sd"] ** 2 + law["noise_sd"] ** 2)
    for metric in (1, 2, 3):
        daily = law["day_sd"] * rng.standard_normal((n, -(-length // HOURS_PER_DAY)))
        hourly = memory(rng.standard_normal((length, n)), law["noise_sd"], law["noise_rho"]).T
        log = daily[:, np.arange(length) // HOURS_PER_DAY] + hourly - drop - law["drag"] * virality
        ratio = traits.ratios[:, metric - 1, None] * np.exp(log) * mixed
        for row in np.flatnonzero(bait.metric == metric):
            ratio[bait.account[row], bait.first[row] : bait.stop[row]] *= bait.factor[row]
        values[:, metric] = rng.binomial(views, np.minimum(ratio, HIGHEST_RATIO))
    return values, smooth[fakes]


def _smooth(
    rng: np.random.Generator, traits: Traits, platform: Platform, laws: Laws, clock: Clock, day: Ints
) -> Floats:
    """Level, rhythm, season, growth and platform: what an account is expected to get."""
    n, hour = len(traits.profile), clock.start_hour + np.arange(clock.length)
    shifts = traits.jitter[:, None] * rng.standard_normal((n, clock.days))
    shifts += laws.organic["weekend_shift_hours"] * clock.weekend
    at = (hour % HOURS_PER_DAY - np.take_along_axis(shifts, day, axis=1)) % HOURS_PER_DAY
    below = np.floor(at)
    part = at - below
    index = below.astype(np.int64) % HOURS_PER_DAY
    rhythm = np.take_along_axis(traits.day_curve, index, axis=1) * (1 - part)
    rhythm += np.take_along_axis(traits.day_curve, (index + 1) % HOURS_PER_DAY, axis=1) * part
    days = np.arange(clock.length) / HOURS_PER_DAY
    log = np.outer(traits.growth, GROWTH_DAYS * (1 - np.exp(-days / GROWTH_DAYS)))
    turn = np.outer(traits.season_turn, np.arange(clock.length)) + traits.season_phase[:, None]
    log += traits.season[:, None] * np.sin(turn)
    log += traits.weekend[:, None] * clock.weekend[day]
    level = traits.level * (1 - traits.idle_share)
    return level[:, None] * rhythm * np.exp(log) * platform.factor
