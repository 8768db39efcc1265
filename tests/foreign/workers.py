"""Bought engagement as a second population: workers with shifts, a rate limit and badly balanced orders.

An order is a wanted curve in units of the account's mean, passed through a supplier's staff and dealt over
the hours as an exact total. Comments name the fact of the domain notes behind a constant.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .surprises import Array, pulse

ATTACKS = {  # views : likes : comments : shares, section 2.2 and, for the first five, 2.5
    "boost_progressive": (1, 0.8, 0.5, 0.4),
    "bursts_small": (1, 0.8, 0.3, 0.3),
    "wave_spam": (1, 0.7, 0.3, 0.2),
    "single_spike": (1, 0.5, 0.1, 0.1),
    "off_peak_bursts": (1, 0.7, 0.2, 0.2),
    "lockstep_cohort": (1, 1, 0.4, 0.5),
    "like_only_inflation": (0.03, 1, 0.1, 0),
    "drip_feed": (1, 0.5, 0.1, 0.1),
    "delivery_purge": (1, 0.6, 0.2, 0.2),
    "sleeper_reactivation": (1, 1, 2, 0.5),
    "timezone_shifted_farm": (1, 1.3, 0.3, 0.2),
    "organic_mimicry": (1, 1, 1, 1),
}
GROUPED = {"lockstep_cohort": 1.0, "sleeper_reactivation": 1.0, "drip_feed": 0.5, "delivery_purge": 0.4,
           "timezone_shifted_farm": 0.5}  # fmt: skip
QUEUED = (
    "boost_progressive",
    "bursts_small",
    "wave_spam",
    "single_spike",
    "like_only_inflation",
    "delivery_purge",
)
SMALLEST_ORDER = np.array([50, 20, 8, 8])
SMALLEST_MEAN = np.array([4, 0.5, 0.1, 0.1])  # a panel sells to a tiny account what it sells to a small one


def demand(name: str, clock: Any, own: Any, day: Array) -> Array:
    """Wanted actions per hour in units of the account's mean; `clock` is shared by a cohort, `own` is not."""
    T = len(day)
    t, most = np.arange(T, dtype=float), T - 96  # three clean days, and one for queue and counter

    def window(length: float) -> tuple[Array, NDArray[np.bool_]]:
        length = int(min(length, most))
        age = t - clock.integers(12, T - length - 11)
        return age, (age >= 0) & (age < length)

    if name == "boost_progressive":  # x1.05-1.3 a day compounding, staff is added shift by shift
        days = min(int(clock.integers(4, 11)), most // 24)
        age, on = window(24 * days)
        pace = np.clip(clock.uniform(0.08, 0.26), np.log(2) / days, np.log(7) / days)
        return on * np.expm1(pace * (age // 8 + 1) / 3 * on) * day
    if name == "bursts_small":
        age, on = window(clock.uniform(96, 240))
        starts = np.cumsum(clock.lognormal(np.log(14), 0.8, clock.integers(5, 15)))
        starts -= starts[0]
        height = clock.uniform(0.8, 3.2, len(starts))[:, None]
        hit = (age >= starts[:, None]) & (age < starts[:, None] + clock.integers(1, 3, len(starts))[:, None])
        return on * (hit * height).max(0) * (0.4 + 0.6 * day)
    if name == "wave_spam":
        age, on = window(clock.uniform(72, 216))
        period, awake = clock.choice([6, 8, 12, 24]), clock.random(T // 24 + 1) < 0.75
        awake[::3] = True  # on/off campaigns, but never silent for the whole order
        wave = (age % period < min(clock.integers(2, 6), period - 3)) * awake[(age // 24).astype(int)]
        return on * wave * clock.uniform(0.9, 3.2) * (0.3 + 0.7 * day)
    if name == "single_spike":
        _, on = window(clock.integers(1, 12))
        return on * np.clip(clock.lognormal(np.log(5.5), 0.45), 3, 18) * (0.5 + 0.5 * day)
    if name == "off_peak_bursts":  # x3-15 of the trough's own level
        age, on = window(24 * clock.integers(3, 10))
        trough = np.argmin([day[h::24].mean() for h in range(24)]) + clock.integers(-1, 2)
        hit = (t - trough + np.repeat(clock.integers(-1, 2, T // 24 + 1), 24)[:T]) % 24 < clock.integers(1, 4)
        return on * hit * clock.uniform(2.5, 9) * day.min()
    if name == "lockstep_cohort":  # gaps are not periodic; own lag under an hour, take-up 80-100 % per window
        age, on = window(24 * clock.integers(4, 11))
        runs = clock.integers(3, 9)
        starts, width = np.sort(clock.uniform(0, on.sum() - 8, runs)), clock.uniform(1.5, 6, runs)
        late = starts + own.uniform(0, 1)
        joins = (own.random(runs) < clock.uniform(0.8, 1)) | (np.arange(runs) == 0)
        edge = np.clip(np.minimum(age - late[:, None] + 1, (late + width)[:, None] - age), 0, 1)
        return (edge * (joins * clock.uniform(0.5, 1.6, runs))[:, None]).max(0) * (0.3 + 0.7 * day)
    if name == "like_only_inflation":
        length = clock.uniform(8, 72)
        age, on = window(length + 20)
        tail = np.exp(-np.maximum(age - length, 0) / 4)
        return on * np.clip((age + 1) / 2, 0, 1) * tail * clock.uniform(1, 5)
    if name == "drip_feed":  # equal runs of a panel's menu; metronome, jittered or smeared flat
        age, on = window(clock.choice([72, 168, 240]))
        every, style, mean = clock.choice([2, 6, 8, 24]), clock.integers(3), clock.uniform(0.18, 0.6)
        if style == 2:
            return on * mean
        shift = own.uniform(-0.3, 0.3, T) * every * style
        run = np.round(np.arange(0, T, every) + shift[::every]).astype(int)
        comb = np.isin(age, run[run >= 0]) | (age == 0)
        return on * comb * mean * every
    if name == "delivery_purge":
        scale = clock.uniform(1, 7)
        age, on = window(6 * scale)
        return on * (age + 0.5) / scale * np.exp(1 - (age + 0.5) / scale) * clock.uniform(1.5, 5)
    if name == "sleeper_reactivation":  # one switch for all within a day, a weak day cycle, then nothing
        start = clock.integers(min(130, T - 60), T - 40)
        age = t - start - own.integers(0, 13)
        on = (age > -6) & (age < clock.integers(24, 169))
        return on / (1 + np.exp(-np.maximum(age, -6))) * clock.uniform(0.7, 2.8) * day**0.4
    if name == "timezone_shifted_farm":
        age, on = window(24 * clock.integers(3, 11))
        style = clock.choice(3, p=[0.6, 0.25, 0.15])
        away = np.roll(day, int(clock.choice([-1, 1]) * clock.integers(5, 13)))
        shift = 3 * ((t - clock.integers(24)) % 24 < 8) * ((t // 24 + clock.integers(7)) % 7 < 5)
        worked = (away, shift, np.ones(T))[style]
        return on * worked * clock.uniform(0.35, 1.4)
    age, on = window(clock.uniform(60, 240))
    if clock.random() < 0.35:  # a counterfeit burst with a relaxation tail
        return on * pulse(age, 3, clock.uniform(1.8, 3.2), 2, 0, 1.3) * day
    return on * np.clip(age / clock.uniform(6, 40), 0, 1) * clock.uniform(0.2, 0.65) * day


class Supplier(NamedTuple):
    """Who fills orders: staff, habits of balancing, and the hour when its platform purges."""

    staffing: Array  # by hour of day, peak 1
    balance: Array  # log error of each metric's order
    batch_hour: int


def order(name: str, clock: Any, own: Any, day: Array, mean: Array, by: Supplier) -> tuple[Array, Array]:
    """Actions delivered and removed per hour and metric, whole numbers."""
    T = len(day)
    shape, weights = demand(name, clock, own, day), np.array(ATTACKS[name], float)
    if name in QUEUED and own.random() < 0.6:  # staff up to its rate limit; the rest waits 12 h at most
        limit = shape.max() * own.uniform(0.5, 1.2) * by.staffing[np.arange(T) % 24]
        busy, waiting, wanted = np.flatnonzero(shape), 0.0, shape
        shape = np.zeros(T)
        for h in range(busy[0], min(busy[-1] + 12, T)):
            waiting += wanted[h]
            shape[h] = min(waiting, limit[h])
            waiting -= shape[h]
    lead = 0
    if name == "like_only_inflation" and own.random() < 0.2:
        weights, lead = np.array([0.03, 0.15, 1.5, 0.0]), 2
    elif name == "like_only_inflation":
        lead = 1
    error = by.balance * (0.15 if name == "organic_mimicry" else 1) + own.normal(0, 0.08, 4)
    loud = np.clip((mean[0] / 60) ** -0.08, 0.75, 1.5)  # noise is relatively larger on small accounts
    volume = np.maximum(mean, SMALLEST_MEAN) * weights * np.exp(error) * loud * shape.sum()
    volume *= max(1.0, SMALLEST_ORDER[lead] / max(volume[lead], 1e-9))
    if own.random() < 0.3:  # order sizes are round
        volume[lead] = max(np.round(volume[lead] / 100), 1) * 100
    given = np.zeros((T, 4))
    for m in np.flatnonzero(volume >= 0.5):
        late = 0 if m == lead else int(own.integers(0, 7)) * (name in QUEUED)  # likes start later than views
        worked = np.roll(shape, late) * (np.arange(T) >= late) * own.gamma(20, 1 / 20, T)
        if worked.sum() > 0:
            given[:, m] = own.multinomial(round(volume[m] * own.uniform(0.85, 1.0)), worked / worked.sum())
    removed = np.zeros((T, 4))
    if name == "delivery_purge":
        first, share = np.flatnonzero(given[:, 0])[-1], own.uniform(0.2, 0.9)
        hour = first + clock.integers(12, 96)
        hour += (by.batch_hour - hour) % 24
        while hour >= T:
            hour -= 24
        ratio, steps = clock.uniform(0.25, 0.6), clock.integers(1, 5)
        part = ratio ** np.arange(steps)
        for step, piece in enumerate(part / part.sum()):  # likes a little later than views, shares stay
            for m, factor, late in ((0, 1.0, 0), (1, 0.3, 3), (2, 0.2, 0)):
                at = int(min(hour + 24 * step + late, T - 1))
                removed[at, m] += own.binomial(int(given[:at, m].sum()), min(share * factor * piece, 1))
        refill = int(min(hour + 24 * steps, T))
        if clock.random() < 0.4 and refill < T - 6:
            given[refill : refill + 6, 0] += own.poisson(removed[:, 0].sum() / 6, 6)
    return given, removed
