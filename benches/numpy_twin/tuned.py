"""The same organic counts for a machine: blocks that stay in cache, float32, work done in place.

Views fall into four kinds by whether they were commented and shared, and given the gamma-mixed rate the four
counts are independent Poisson counts: the law of a negative binomial and two binomials, but faster, because
NumPy sets a binomial sampler up anew for every hour. Splitting off the likes as well would take twice as many
Poisson counts and win nothing.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .happenings import Happenings
from .laws import HOURS_PER_DAY, Clock, Floats, Ints, Laws
from .plain import GROWTH_DAYS, HIGHEST_RATIO, PROMOTED_RATIO
from .platform import Platform, memory
from .traits import Traits, switched_on

F32 = np.float32
BLOCK = 500
"""Accounts per block: measured best of 30 to 2,000; a power of two would make strides share cache lines."""


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
    n = len(traits.profile)
    values = np.empty((n, 4, clock.length), dtype=F32)
    expected = np.empty((len(fakes), clock.length), dtype=F32)
    block = _Block(rng, traits, happenings, platform, laws, clock)
    for low in range(0, n, BLOCK):
        high = min(low + BLOCK, n)
        first, last = np.searchsorted(fakes, (low, high))
        block.rates(low, high)
        np.take(block.smooth[: high - low], fakes[first:last] - low, axis=0, out=expected[first:last])
        block.counts(low, high, values[low:high])
    return values, expected


class _Block:
    """Scratch memory of one block, used again by the next."""

    def __init__(
        self,
        rng: np.random.Generator,
        traits: Traits,
        happenings: Happenings,
        platform: Platform,
        laws: Laws,
        clock: Clock,
    ) -> None:
        self.rng, self.traits, self.happenings = rng, traits, happenings
        self.laws, self.clock = laws, clock
        n, length = len(traits.profile), clock.length
        size = min(BLOCK, n)
        self.smooth, self.rate, self.excess, self.share, self.log = np.empty((5, size, length), dtype=F32)
        self.kinds = np.empty((3, size, length))
        self.noise = np.empty((length, 4, size), dtype=F32)
        self.hours = np.arange(length, dtype=F32)
        self.slowing = GROWTH_DAYS * -np.expm1(-self.hours / (HOURS_PER_DAY * GROWTH_DAYS))
        self.factor = platform.factor.astype(F32)
        self.off_rows, self.chains = switched_on(rng, traits, clock)
        self.weekend = np.exp(np.outer(traits.weekend, clock.weekend))
        self.trough = traits.trough
        self.skipped = clock.skipped(self.trough)
        self.scale = np.empty((4, n), dtype=F32)
        self.scale[0], self.scale[1:] = traits.memory_sd, laws.ratios["noise_sd"]
        self.rho = np.empty((4, n), dtype=F32)
        self.rho[0], self.rho[1:] = traits.memory_rho, laws.ratios["noise_rho"]
        level_sd = laws.organic["day_level_sd"]
        self.base = np.log(traits.idle_factor / (1 - traits.idle_share))
        self.base -= 0.5 * (traits.memory_sd**2 + level_sd**2)
        shape = traits.shape
        # A sampler with one shape for all is set up once.
        self.shape = float(shape[0]) if (shape == shape[0]).all() else shape[:, None]

    def rates(self, low: int, high: int) -> None:
        """Smooth expectation, rate of views and log of the ratios' fall with virality."""
        rng, happenings, clock = self.rng, self.happenings, self.clock
        b, length = high - low, clock.length
        smooth, rate, log = self.smooth[:b], self.rate[:b], self.log[:b]
        excess, share = self.excess[:b], self.share[:b]
        self._smooth(low, high)
        self.white = self.noise[:, :, :b] if b == self.noise.shape[2] else np.empty((length, 4, b), dtype=F32)
        rng.standard_normal(out=self.white, dtype=F32)
        memory(self.white, self.scale[:, low:high], self.rho[:, low:high])
        level = self.laws.organic["day_level_sd"] * rng.standard_normal((b, clock.days), dtype=F32)
        level += self.base[low:high, None].astype(F32)
        # The same series of hours for all accounts, begun where the day of each begins.
        begin = np.arange(b) * (clock.days * HOURS_PER_DAY) + self.skipped[low:high]
        hours = np.repeat(level, HOURS_PER_DAY)
        np.add(sliding_window_view(hours, length)[begin], self.white[:, 0].T, out=rate)
        np.exp(rate, out=rate)
        rate *= smooth

        excess.fill(0)
        for table in happenings.bursts:
            np.add.at(excess.reshape(-1), *table.of(low, high).cells(length, F32))
        np.add(excess, 1, out=share)
        np.add.at(share.reshape(-1), *happenings.live.of(low, high).cells(length, F32))
        first, last = np.searchsorted(self.off_rows, (low, high))
        share[self.off_rows[first:last] - low] *= self.chains[first:last]
        for table in happenings.events:
            index, height = table.of(low, high).cells(length, F32)
            np.add.at(excess.reshape(-1), index, height)
            np.add.at(share.reshape(-1), index, height)
        rate *= share
        np.log1p(excess, out=log)
        log *= -self.laws.ratios["drag"]
        factor = happenings.factor.of(low, high)
        rate[factor.account, factor.hour] *= factor.value

    def _smooth(self, low: int, high: int) -> None:
        traits, clock = self.traits, self.clock
        b, length = high - low, clock.length
        smooth, scratch = self.smooth[:b], self.rate[:b]
        # One shift holds for a whole day, so a day is 25 neighbouring points of the curve, mixed.
        shift = traits.jitter[low:high, None] * self.rng.standard_normal((b, clock.days))
        shift += self.laws.organic["weekend_shift_hours"] * clock.weekend
        whole = np.floor(-shift)
        part = -shift - whole
        begin = (whole.astype(np.int64) + self.trough[low:high, None]) % HOURS_PER_DAY
        begin += np.arange(b)[:, None] * (3 * HOURS_PER_DAY)
        index = begin[:, :, None] + np.arange(HOURS_PER_DAY + 1)
        points = np.take(np.tile(traits.day_curve[low:high], 3).reshape(-1), index)
        level = traits.level[low:high] * (1 - traits.idle_share[low:high])
        height = level[:, None] * self.weekend[low:high]
        mixed = points[:, :, :-1] * (height * (1 - part)).astype(F32)[:, :, None]
        mixed += points[:, :, 1:] * (height * part).astype(F32)[:, :, None]
        np.multiply.outer(traits.season_turn[low:high].astype(F32), self.hours, out=smooth)
        smooth += traits.season_phase[low:high, None].astype(F32)
        np.sin(smooth, out=smooth)
        smooth *= traits.season[low:high, None].astype(F32)
        np.multiply.outer(traits.growth[low:high].astype(F32), self.slowing, out=scratch)
        smooth += scratch
        np.exp(smooth, out=smooth)
        smooth *= self.factor
        begin = np.arange(b) * (clock.days * HOURS_PER_DAY) + self.skipped[low:high]
        smooth *= sliding_window_view(mixed.reshape(-1), length)[begin]

    def counts(self, low: int, high: int, out: Floats) -> None:
        """Draws the counts of a block from its rates."""
        rng, happenings, law = self.rng, self.happenings, self.laws.ratios
        b, length = high - low, self.clock.length
        rate, log = self.rate[:b], self.log[:b]
        promoted = happenings.promoted.of(low, high)
        paid = promoted.account, promoted.hour
        rate[paid] += promoted.value
        with np.errstate(invalid="ignore"):
            mixed = 1 - (1 - PROMOTED_RATIO) * np.nan_to_num(promoted.value / rate[paid])
        log -= 0.5 * (law["day_sd"] ** 2 + law["noise_sd"] ** 2)
        ratios = [self.excess[:b], self.share[:b], self.smooth[:b]]
        for metric, ratio in enumerate(ratios, start=1):
            np.add(log, self.white[:, metric].T, out=ratio)
            if law["day_sd"] > 0:
                daily = law["day_sd"] * rng.standard_normal((b, -(-length // HOURS_PER_DAY)), dtype=F32)
                ratio += daily[:, np.arange(length) // HOURS_PER_DAY]
            np.exp(ratio, out=ratio)
            ratio *= self.traits.ratios[low:high, metric - 1, None].astype(F32)
            ratio[paid] *= mixed
        bait = happenings.bait.of(low, high)
        for account, metric, first, stop, factor in zip(
            bait.account, bait.metric, bait.first, bait.stop, bait.factor, strict=True
        ):
            ratios[metric - 1][account, first:stop] *= factor
        for ratio in ratios:
            np.minimum(ratio, HIGHEST_RATIO, out=ratio)
        self._draw(low, high, ratios, out)

    def _draw(self, low: int, high: int, ratios: list[Floats], out: Floats) -> None:
        rng, b = self.rng, high - low
        shape = self.shape if isinstance(self.shape, float) else self.shape[low:high]
        liked, commented, shared = ratios
        rest, one, two = self.kinds[:, :b]
        rng.standard_gamma(shape, out=rest)
        self.rate[:b] /= shape
        rest *= self.rate[:b]
        np.multiply(rest, commented, out=one)
        rest -= one
        np.multiply(one, shared, out=two)
        one -= two
        comments, both = rng.poisson(one), rng.poisson(two)
        np.multiply(rest, shared, out=two)
        rest -= two
        shares, views = rng.poisson(two), rng.poisson(rest)
        views += comments
        views += shares
        views += both
        comments += both
        shares += both
        np.copyto(one, liked)
        out[:, 0], out[:, 1], out[:, 2], out[:, 3] = views, rng.binomial(views, one), comments, shares
