"""What happens to accounts beside their rhythm: bursts, posts, live sessions, the 14 scenarios; as tables."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .laws import HOURS_PER_DAY, SCENARIOS, Clock, Floats, Ints, Laws, between
from .placement import Placement
from .platform import Platform
from .pulses import Decaying, Rectangle, Relaxing, Shape, Table, unroll
from .traits import Traits

BEFORE = 48.0
"""Bursts this many hours before the series still reach into it."""

Columns = tuple[Ints | Floats | float, ...]


@dataclass(frozen=True)
class Cells(Table):
    """A factor (or, for promoted views, a rate) on single hours of accounts."""

    hour: Ints
    value: Floats


@dataclass(frozen=True)
class Bait(Table):
    """A factor on one metric's ratio for some hours."""

    metric: Ints
    first: Ints
    stop: Ints
    factor: Floats


@dataclass(frozen=True)
class Happenings:
    """Everything that `organic` or a scenario adds, sorted by account."""

    bursts: tuple[Shape, ...]
    live: Rectangle
    events: tuple[Shape, ...]
    factor: Cells
    promoted: Cells
    bait: Bait


def _arrivals(rng: np.random.Generator, per_week: Floats, hours: float) -> Ints:
    """Account of each event of a Poisson process, in order."""
    return np.repeat(np.arange(len(per_week)), rng.poisson(per_week * hours / 168))


def draw_happenings(
    rng: np.random.Generator,
    traits: Traits,
    placement: Placement,
    platform: Platform,
    laws: Laws,
    clock: Clock,
) -> Happenings:
    """All events of all accounts."""
    law = {name: values[traits.profile] for name, values in laws.profiles.items()}
    bursts, sharp = _bursts(rng, law, laws.organic, clock)
    posts = _posts(rng, law, clock)
    scenes = _Scenes(rng, traits, placement, platform, laws, clock)
    scenes.draw()
    return Happenings(
        bursts=(Relaxing.joined([bursts, *posts]), Decaying.joined([sharp])),
        live=Rectangle.joined([_live(rng, law, laws.organic, clock)]),
        events=(
            Relaxing.joined(scenes.relaxing),
            Decaying.joined(scenes.decaying),
            Rectangle.joined(scenes.rectangles),
        ),
        factor=Cells.joined(scenes.factor),
        promoted=Cells.joined(scenes.promoted),
        bait=Bait.joined(scenes.bait),
    )


def _bursts(
    rng: np.random.Generator, law: dict[str, Floats], organic: dict[str, float], clock: Clock
) -> tuple[Columns, Columns]:
    """Relaxing bursts and sharp ones."""
    account = _arrivals(rng, law["bursts_per_week"] * organic["burst_rate"], clock.length + BEFORE)
    n = len(account)
    at = between(rng, -BEFORE, clock.length, n)
    size = organic["burst_size"] * law["burst_size"][account]
    size *= np.exp(law["burst_log_sd"][account] * rng.standard_normal(n))
    viral = rng.random(n) < organic["viral_share"]
    size[viral] *= 1 + rng.exponential(organic["viral_gain"] - 1, np.count_nonzero(viral))
    rise = between(rng, 0.0, 2.0, n)
    exponent = between(rng, law["burst_exponent_low"][account], law["burst_exponent_high"][account])
    sharp = rng.random(n) < organic["sharp_share"]
    shift = law["burst_shift_hours"][account]
    slow = ~sharp
    return (
        (account[slow], at[slow], rise[slow], size[slow], shift[slow], exponent[slow]),
        (account[sharp], at[sharp], rise[sharp], size[sharp], organic["sharp_hours"]),
    )


def _posts(rng: np.random.Generator, law: dict[str, Floats], clock: Clock) -> list[Columns]:
    """Bursts of posts: on a grid for accounts with a schedule, at random times for others."""
    rows = np.flatnonzero(law["posts_per_day"] > 0)
    every = rng.choice([6.0, 12.0, 24.0], len(rows))
    begin = (rng.integers(0, HOURS_PER_DAY, len(rows)) - clock.start_hour) % every - BEFORE
    scheduled = rng.random(len(rows)) < law["scheduled_share"][rows]
    span = clock.length - begin
    n_free = rng.poisson(span * law["posts_per_day"][rows] / HOURS_PER_DAY)
    n_posts = np.where(scheduled, np.ceil(span / every), n_free).astype(np.int64)
    post, nth = unroll(np.zeros(len(rows), dtype=np.int64), n_posts)
    on_grid = begin[post] + nth * every[post]
    at = np.where(scheduled[post], on_grid, begin[post] + span[post] * rng.random(len(post)))
    account = rows[post]
    size = law["post_size"][account] * np.exp(0.4 * rng.standard_normal(len(post)))
    exponent = between(rng, law["burst_exponent_low"][account], law["burst_exponent_high"][account])
    return [(account, at, 0.0, size, law["burst_shift_hours"][account], exponent)]


def _live(
    rng: np.random.Generator, law: dict[str, Floats], organic: dict[str, float], clock: Clock
) -> Columns:
    account = _arrivals(rng, law["live_per_week"] * organic["live_rate"], clock.length)
    n = len(account)
    hours = rng.integers(1, 5, n).astype(float)
    size = organic["live_gain"] * between(rng, 0.5, 1.5, n)
    return account, rng.integers(0, clock.length, n).astype(float), hours, size


@dataclass
class _Scenes:
    """Collects what the scenarios do, scenario by scenario, all its accounts at once."""

    rng: np.random.Generator
    traits: Traits
    placement: Placement
    platform: Platform
    laws: Laws
    clock: Clock
    relaxing: list[Columns] = field(default_factory=list)
    decaying: list[Columns] = field(default_factory=list)
    rectangles: list[Columns] = field(default_factory=list)
    factor: list[Columns] = field(default_factory=list)
    promoted: list[Columns] = field(default_factory=list)
    bait: list[Columns] = field(default_factory=list)

    def draw(self) -> None:
        """Every scenario that changes rates; diaspora and counters act elsewhere."""
        for number, name in enumerate(SCENARIOS):
            scenario = getattr(self, name, None)
            rows = np.flatnonzero(self.placement.scenario == number)
            if scenario is not None and len(rows):
                scenario(rows)

    def _between(self, low: float, high: float, n: int | tuple[int, ...]) -> Floats:
        return between(self.rng, low, high, n)

    def _size(self, median: float, log_sd: float, n: int) -> Floats:
        gain: float = self.laws.scenarios["gain"]
        return gain * median * np.exp(log_sd * self.rng.standard_normal(n))

    def viral_hit(self, rows: Ints) -> None:
        n, end = len(rows), self.clock.length
        at, rise = self._between(0.05, 0.7, n) * end, self._between(3, 12, n)
        size, shift = self._size(15.0, 0.7, n), self._between(36, 72, n)
        self.relaxing.append((rows, at, rise, size, shift, self._between(1.5, 2.5, n)))

    def news_shock(self, rows: Ints) -> None:
        n = len(rows)
        at = self.platform.news[self.rng.integers(0, 2, n)] + self._between(-1, 1, n)
        size = self._size(3.5, 0.35, n)
        self.decaying.append((rows, at, 1.0, size, self._between(1.5, 4, n)))
        again, weaker = at + self._between(20, 60, n), size * self._between(0.5, 1.3, n)
        self.decaying.append((rows, again, 2.0, weaker, self._between(2, 6, n)))

    def sibling_spillover(self, rows: Ints) -> None:
        owners, owner = np.unique(self.placement.owner[rows], return_inverse=True)
        n = len(owners)
        at, size = self._between(0.1, 0.8, n) * self.clock.length, self._size(5.0, 0.4, n)
        rise, shift = self._between(2, 10, n), self._between(12, 48, n)
        exponent = self._between(0.9, 1.5, n)
        own = np.exp(0.2 * self.rng.standard_normal(len(rows)))
        self.relaxing.append((rows, at[owner], rise[owner], size[owner] * own, shift[owner], exponent[owner]))

    def shout_out(self, rows: Ints) -> None:
        n = len(rows)
        at, size = self._between(0.05, 0.9, n) * self.clock.length, self._size(8.0, 0.6, n)
        self.relaxing.append((rows, at, 1.0, size, self._between(1, 2.5, n), 1.4))

    def outage_catch_up(self, rows: Ints) -> None:
        n, at = len(rows), self.platform.regional_outage
        hours = self._between(0.5, 6, n)
        left, back = self._between(0, 0.1, n), self._between(0.2, 0.6, n)
        self.rectangles.append((rows, at + hours, 3.0, back))
        down = Rectangle(rows, np.full(n, at), hours, 1 - left)
        flat, lost = down.cells(self.clock.length, np.float64)
        self.factor.append((*np.divmod(flat, self.clock.length), 1 - lost))

    def scheduled_posting(self, rows: Ints) -> None:
        n, end = len(rows), self.clock.length
        every = self.rng.choice([6.0, 8.0, 12.0, 24.0], n)
        begin = (self.rng.integers(0, HOURS_PER_DAY, n) - self.clock.start_hour) % every - every
        gain = self.laws.scenarios["gain"]
        size, exponent = gain * self._between(1, 3, n), self._between(1.1, 1.6, n)
        post, nth = unroll(np.zeros(n, dtype=np.int64), np.ceil((end - begin) / every).astype(np.int64))
        this = size[post] * np.exp(0.2 * self.rng.standard_normal(len(post)))
        self.relaxing.append((rows[post], begin[post] + nth * every[post], 0.0, this, 1.5, exponent[post]))

    def late_resurfacing(self, rows: Ints) -> None:
        n = len(rows)
        at, rise = self._between(0.6, 0.85, n) * self.clock.length, self._between(12, 60, n)
        self.relaxing.append((rows, at, rise, self._size(3.5, 0.4, n), 24.0, 1.3))

    def like_bait(self, rows: Ints) -> None:
        n, end = len(rows), self.clock.length
        metric = np.where(self.rng.random(n) < 0.65, 1, 2)
        first = self.rng.integers(0, end, n)
        stop = np.minimum(first + 6 + self.rng.integers(0, 43, n), end)
        gain = 1 + self.laws.scenarios["gain"] * self._between(0.5, 2, n)
        self.bait.append((rows, metric, first, stop, gain))

    def comeback(self, rows: Ints) -> None:
        n, end = len(rows), self.clock.length
        away = self._between(0.5, 0.75, n) * end
        row, hour = unroll(np.zeros(n, dtype=np.int64), away.astype(np.int64))
        self.factor.append((rows[row], hour, self.laws.organic["idle_level"]))
        gaps = self._between(8, 40, (n, 1 + end // 16)).cumsum(axis=1)
        at = away[:, None] + np.concatenate([np.zeros((n, 1)), gaps], axis=1)
        row, nth = np.nonzero(at < end)
        self.relaxing.append((rows[row], at[row, nth], 1.0, self._size(2.0, 0.5, len(row)), 2.0, 1.3))

    def live_session(self, rows: Ints) -> None:
        account = np.repeat(rows, self.rng.integers(2, 7, len(rows)))
        n, gain = len(account), self.laws.scenarios["gain"]
        at = self.rng.integers(0, self.clock.length, n).astype(float)
        hours = self.rng.integers(1, 5, n).astype(float)
        self.rectangles.append((account, at, hours, gain * self._between(1.5, 5, n)))

    def lawful_promotion(self, rows: Ints) -> None:
        n = len(rows)
        at, hours = self._between(0, 0.8, n) * self.clock.length, self._between(24, 120, n)
        size = self.laws.scenarios["gain"] * self._between(0.3, 2, n) * self.traits.level[rows]
        flat, rate = Rectangle(rows, at, hours, size).cells(self.clock.length, np.float64)
        self.promoted.append((*np.divmod(flat, self.clock.length), rate))
