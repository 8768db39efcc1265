"""Bought engagement as orders that a reseller panel works off: delay, throughput, drop, refill.

An attack is nothing but a buyer's habit of ordering. Quantities are in mean hours of the account ("worth"),
so that loudness is relative to size; `curve` is the daily appetite of the account's own audience, never
its realised counts. Section numbers point at the domain notes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
DAY = 24
CLEAN_DAYS = 3  # an attack over the whole series leaves no evidence inside the account (fact 11)
PANELS = 4


class Desk:
    """Order book of fake accounts: what was ordered when, how fast it may be delivered, what is lost."""

    def __init__(self, rng: np.random.Generator, level: Array, curve: Array, phase: Array) -> None:
        n, hours = curve.shape
        self.rng, self.level, self.curve, self.phase, self.hours = rng, level, curve, phase, hours
        self.room = hours - CLEAN_DAYS * DAY
        self.ordered, self.speed, self.drop = np.zeros((3, n, hours, 4))
        self.refills, self.frozen = np.zeros((2, n), dtype=bool)
        self.rounds = rng.random(n) < 0.5  # buyers who order 150, 1,000, 15,000
        self.taste = np.exp(rng.normal(0, 0.25, (n, 4)))

    def order(
        self,
        i: int,
        start: float,
        span: int,
        worth: float,
        mix: list[float],
        shape: Array | None = None,
        lag: int = 0,
    ) -> None:
        """Order `worth` mean hours of each metric, `mix` of it, delivered over `span` hours from `start`.

        `shape` is the wished delivery profile, `lag` the start delay of likes, comments and shares.
        """
        shape = np.ones(span) if shape is None else shape
        for m, weight in enumerate(mix):
            first = int(start) + (lag if m else 0)
            total = worth * weight * self.level[i, m] * self.taste[i, m]
            if total >= 100 and self.rounds[i]:
                step = 10 ** np.floor(np.log10(total)) / 2
                total = step * np.rint(total / step)
            total = np.rint(total) if total >= 4 else np.floor(total + self.rng.random())
            if first >= self.hours or total <= 0:
                continue
            pace = 1.1 * total * shape / shape.sum()
            # What the queue could not serve in time trickles in for a few hours, at half speed
            pace = np.r_[pace, np.full(3, pace.mean() / 2)][: self.hours - first]
            self.ordered[i, first, m] += total
            self.speed[i, first : first + len(pace), m] += pace

    def begin(self, span: float, earliest: int = 4) -> int:
        return int(self.rng.integers(earliest, max(earliest + 1, self.hours - int(span))))

    def deliver(self, clean: Array) -> Array:
        """Work the queues off hour by hour; returns what the counters gained, or lost where negative."""
        rng, hours = self.rng, self.hours
        n = len(self.level)
        touched = (self.ordered > 0).any(2)
        last = touched.argmax(1) + self.room
        late = np.arange(hours)[None] >= last[:, None]
        self.speed[late] = self.drop[late] = 0
        busy = np.exp(rng.normal(0, 0.3, (PANELS, hours)))  # a panel serves all its customers slowly at once
        panel = rng.integers(PANELS, size=n)
        backlog, stock, refill, debt = np.zeros((4, n, 4))
        gained = np.zeros((n, hours, 4))
        for h in range(hours):
            backlog += self.ordered[:, h]
            done = np.minimum(backlog, rng.poisson(self.speed[:, h] * busy[panel, h, None]))
            backlog -= done
            stock += done
            lost = rng.binomial(stock.astype(np.int64), self.drop[:, h].clip(0, 1))
            stock -= lost
            refill += lost * self.refills[:, None]
            # A refill is queued a day after the last drop (1.1)
            quiet = ~self.drop[:, max(0, h - DAY + 1) : h + 1].any((1, 2))
            backlog += refill * quiet[:, None]
            refill *= ~quiet[:, None]
            # A platform that never shows a falling counter holds it back until the cut is paid, or forgotten
            debt = np.floor(0.93 * debt) + lost
            paid = np.where(
                self.frozen[:, None], np.minimum(debt, np.floor(0.9 * (clean[:, h] + done).clip(0))), debt
            )
            debt -= paid
            gained[:, h] = done - paid
        return gained


def _boost_progressive(d: Desk, gang: list[int]) -> None:
    for i in gang:
        days = int(d.rng.integers(4, min(10, d.room // DAY) + 1))
        start, rise = d.begin(days * DAY), d.rng.uniform(1.1, 1.3)
        for k in range(days):
            worth = DAY * min(rise ** (k + 1) - 1, 6.0)
            d.order(i, start + k * DAY, DAY, worth, [1, 0.6, 0.3, 0.3], lag=int(d.rng.integers(4, 20)))


def _bursts_small(d: Desk, gang: list[int]) -> None:
    for i in gang:
        n, start = int(d.rng.integers(6, 20)), d.begin(d.room)
        gaps = d.rng.lognormal(0, 1.0, n)
        for at in start + np.cumsum(gaps) / gaps.sum() * d.room * d.rng.uniform(0.4, 1):
            span = int(d.rng.integers(1, 3))
            d.order(i, at, span, span * d.rng.uniform(0.8, 3), [1, 0.8, 0.4, 0.4])


def _wave_spam(d: Desk, gang: list[int]) -> None:
    phase, period = (
        int(d.rng.integers(24)),
        int(d.rng.choice([6, 8, 12, 18, 24])),
    )  # one botnet's on/off clock
    for i in gang:
        span = int(d.rng.integers(3 * DAY, min(9 * DAY, d.room)))
        on, peak, start = int(d.rng.integers(2, min(6, period))), d.rng.uniform(1, 3.5), d.begin(span)
        for at in range(start + (phase - start) % period, start + span, period):
            d.order(i, at, on, on * peak, [1, 0.7, 0.3, 0.3])


def _single_spike(d: Desk, gang: list[int]) -> None:
    for i in gang:
        span = int(d.rng.integers(1, 13))
        height = np.clip(d.rng.lognormal(np.log(9), 0.6), 5, 50) - 1
        d.order(i, d.begin(DAY), span, height * span, [1, 0.5, 0.2, 0.2], lag=int(d.rng.integers(0, 8)))


def _off_peak_bursts(d: Desk, gang: list[int]) -> None:
    for i in gang:
        start, nights = d.begin(d.room), int(d.rng.integers(4, 11))
        for k in range(nights):
            span = int(d.rng.integers(1, 4))
            night = start + (2 + d.phase[i] - start) % DAY + k * DAY + d.rng.integers(0, 4 - span)
            d.order(i, night, span, span * 0.3 * d.rng.uniform(2, 11), [1, 0.7, 0.2, 0.2])


def _lockstep_cohort(d: Desk, gang: list[int]) -> None:
    days = int(d.rng.integers(4 * DAY, min(11 * DAY, d.room)))
    clock = d.begin(days) + d.rng.integers(0, days, d.rng.integers(4, 9))
    spans, takes_up = d.rng.integers(1, 7, len(clock)), d.rng.uniform(0.8, 1)
    for i in gang:
        gain = d.rng.uniform(0.4, 1.5)
        for k, (at, span) in enumerate(zip(clock, spans, strict=True)):
            if k == 0 or d.rng.random() < takes_up:
                d.order(i, at + d.rng.integers(2), span, span * gain, [1, 1, 0.4, 0.5])


def _like_only_inflation(d: Desk, gang: list[int]) -> None:
    for i in gang:
        span, start = int(d.rng.integers(6, 72)), d.begin(90)
        tail = np.r_[0.5, np.ones(span), np.exp(-np.arange(1, 10) / d.rng.uniform(2, 6))]
        likes = d.rng.random() < 0.8
        gain = d.rng.uniform(1.2, 5) if likes else d.rng.uniform(3, 14)
        mix = [d.rng.uniform(0, 0.05), 1, d.rng.uniform(0, 0.2), 0] if likes else [0, 0.05, 1, 0]
        least = 10 / d.level[i, 1 if likes else 2]  # the smallest order that panels take
        d.order(i, start, span + 10, max(gain * span, least), mix, shape=tail)


def _drip_feed(d: Desk, gang: list[int]) -> None:
    for i in gang:
        span = min(int(d.rng.choice([72, 168, 240])), d.room)
        every, gain, start = int(d.rng.choice([2, 6, 8, 24])), d.rng.uniform(0.2, 0.7), d.begin(span)
        style, mix = d.rng.integers(3), [1, 0.5, 0.1, 0.1]  # metronome, shaken by 30 %, smeared flat
        for at in range(start, start + span, every):
            shaken = at + (d.rng.uniform(-0.3, 0.3) * every if style == 1 else 0)
            d.order(i, max(shaken, 0), every if style == 2 else 1, every * gain, mix)


def _delivery_purge(d: Desk, gang: list[int]) -> None:
    batch = int(d.rng.choice([8, 9, 15]))  # platforms correct in a batch hour (1.4)
    for i in gang:
        span, start = int(d.rng.integers(5, 30)), d.begin(6 * DAY)
        x = (np.arange(span) + 0.5) / span * 5
        d.order(i, start, span, d.rng.uniform(1.2, 5) * span, [1, 0.6, 0.2, 0.2], shape=x * np.exp(-x))
        cut, ratio = d.rng.uniform(0.2, 0.6), d.rng.uniform(0.25, 0.6)
        first = start + span + int(d.rng.integers(6, 72))
        first += (batch - first) % DAY
        for k in range(int(d.rng.integers(1, 5))):
            if first + k * DAY < d.hours:
                d.drop[i, first + k * DAY] = cut * ratio**k * np.array([1, 0.3 * (k > 0), 0.2, 0])
        d.refills[i], d.frozen[i] = d.rng.random(2) < [0.4, 0.6]
        pace = d.ordered[i, start] / span
        d.speed[i, first + DAY :] += pace


def _sleeper_reactivation(d: Desk, gang: list[int]) -> None:
    onset = int(d.rng.integers(5 * DAY, d.hours - 3 * DAY))
    for i in gang:
        start = onset + int(d.rng.integers(DAY))
        span = int(min(d.rng.integers(DAY, 7 * DAY), d.hours - start))
        day = d.curve[i, start : start + span] ** d.rng.uniform(0.3, 0.6)
        rise = 1 / (1 + np.exp(-(np.arange(span) - 4) / d.rng.uniform(0.5, 3)))
        # Worth is in the means of a hobbyist, 6 views/h, for the account has none of its own (2.1)
        worth = d.rng.lognormal(np.log(1.5), 0.5) * 6 / d.level[i, 0] * span
        d.order(i, start, span, worth, [1, 1, d.rng.uniform(1, 3), 0.5], shape=day * rise)


def _timezone_shifted_farm(d: Desk, gang: list[int]) -> None:
    for i in gang:
        span = int(d.rng.integers(3 * DAY, min(10 * DAY, d.room)))
        start, style = d.begin(span), d.rng.choice(["zone", "shift", "three shifts"], p=[0.6, 0.2, 0.2])
        away = int(d.rng.integers(5, 13)) * int(d.rng.choice([-1, 1]))
        day = np.roll(d.curve[i], away)[start : start + span]
        t = np.arange(start, start + span)
        if style == "shift":
            day = (((t + away) % DAY < 8) & (t // DAY % 7 < 5)) + 1e-3
        elif style == "three shifts":
            day = 1.0 - 0.5 * (t % 8 == 0)
        d.order(i, start, span, d.rng.uniform(0.3, 1.3) * span, [1, 1.3, 0.3, 0.2], shape=day)


def _organic_mimicry(d: Desk, gang: list[int]) -> None:
    for i in gang:
        span = int(d.rng.integers(2 * DAY, min(10 * DAY, d.room)))
        start = d.begin(span)
        shape = np.minimum(np.arange(1, span + 1) / 18, 1)
        if d.rng.random() < 0.3:
            shape = (np.arange(span) + 2.0) ** -1.3 * span / 4  # a fake burst that relaxes like a real one
        shape = shape * d.curve[i, start : start + span]
        mix = [1, *d.rng.uniform(0.95, 1.05, 3)]
        d.order(i, start, span, d.rng.uniform(0.2, 0.65) * shape.sum(), mix, shape=shape)


HABITS: dict[str, Callable[[Desk, list[int]], None]] = {
    "boost_progressive": _boost_progressive,
    "bursts_small": _bursts_small,
    "wave_spam": _wave_spam,
    "single_spike": _single_spike,
    "off_peak_bursts": _off_peak_bursts,
    "lockstep_cohort": _lockstep_cohort,
    "like_only_inflation": _like_only_inflation,
    "drip_feed": _drip_feed,
    "delivery_purge": _delivery_purge,
    "sleeper_reactivation": _sleeper_reactivation,
    "timezone_shifted_farm": _timezone_shifted_farm,
    "organic_mimicry": _organic_mimicry,
}
