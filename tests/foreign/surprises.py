"""Organic surprises that look bought: the hard negatives of the domain notes, section 4, and their pulses."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

HARD = ("viral", "news", "siblings", "shoutout", "elsewhere", "outage", "holiday", "scheduled", "diaspora",
        "corrections", "cleanup", "resurfacing", "pod", "bait", "comeback", "advert")  # fmt: skip


def ar1(noise: Array, phi: Any) -> Array:
    """Autoregression of first order along the hours."""
    out = noise.copy()
    for t in range(1, out.shape[1]):
        out[:, t] += phi * out[:, t - 1]
    return out


def pulse(t: Array, start: Any, gain: Any, rise: Any, hold: Any, theta: Any) -> Array:
    """Added multiples of the base: a ramp before `start`, a plateau, a power-law tail (theta inf: a cut)."""
    age = t - start
    tail = (1 + np.maximum(age - hold, 0) / 1.5) ** -np.asarray(theta)
    return (gain - 1) * np.where(age < 0, np.clip(1 + age / rise, 0, 1), tail)


def make_hard(name: str, clock: Any, own: Any, lr: Array, ratio: Array, awake: Array, cuts: Array) -> None:
    """Turn one normal account into a hard negative (section 4), in place; `clock` is shared by its group."""
    T = len(lr)
    t, s = np.arange(T, dtype=float), float(clock.integers(36, T - 48))
    window = (t >= s) & (t < s + clock.integers(24, 72))
    shape = np.zeros(T)
    if name == "viral":
        shape = pulse(t, s, own.uniform(8, 30), own.uniform(2, 8), own.uniform(2, 16), own.uniform(0.9, 1.4))
        ratio[:, 0] += 0.12 * np.log1p(shape)  # elasticity 1.18
    elif name == "news":  # x4.5 in one hour, near base after 8
        shape = pulse(t, s, own.uniform(3.5, 9), 0.5, own.uniform(0, 3), own.uniform(1.8, 2.6))
    elif name == "siblings":  # hourly residuals to r .86
        lr += ar1(clock.normal(0, 0.22, (1, T)), 0.45)[0]
        shape = pulse(t, s, clock.uniform(3, 6), 1.0, 4, 0.9)
        shape += pulse(t, s - 30, clock.uniform(2, 4), 1.0, 2, 1.2)
    elif name == "shoutout":
        shape = pulse(t, s, own.uniform(4, 12), 0.01, own.uniform(0, 2), 1.4)
    elif name == "elsewhere":
        lr += np.where((t >= s) & (t < s + 6), clock.uniform(0.08, 0.25), 0)
    elif name == "outage":
        length = clock.integers(1, 7)
        lr += np.where((t >= s) & (t < s + length), -4, np.log1p(pulse(t, s + length, 1.5, 0.01, 2, 2.0)))
    elif name == "holiday":
        lr[window] = 1.2 * np.roll(lr, own.integers(-10, -4))[window] - 0.2 * lr.mean()
    elif name == "scheduled":
        period = clock.choice([6, 8, 12, 24])
        for start in np.arange(s % period - period, T, period):
            shape += pulse(t, start, own.uniform(1.8, 3), 0.01, 0, 2.0)
    elif name == "diaspora":
        lr[:] = np.logaddexp(lr, np.roll(lr, own.integers(7, 13)) + np.log(own.uniform(0.4, 1)))
    elif name == "corrections":  # successive mornings, geometric, 1 % of the stock and on small videos more
        for step in range(own.integers(2, 6)):
            cuts[int(s // 24 * 24 + 8 + 24 * step) % T, :2] += own.uniform(0.005, 0.05, 2) * 0.6**step
    elif name == "cleanup":
        cuts[int(s), 2] += own.uniform(0.15, 0.85)
    elif name == "resurfacing":
        shape = pulse(t, T - own.uniform(12, 96), own.uniform(2.5, 8), own.uniform(4, 30), 12, 0.7)
    elif name == "pod":
        shape = pulse(t, s + 4, own.uniform(1.8, 4), 3, 6, 1.2)
        early = np.where(t >= s, np.exp(-np.maximum(t - s, 0) / 4), 0)
        ratio[:, :2] += early[:, None] * own.uniform(0.6, 1.8, 2)
    elif name == "bait":  # like/view or comment/view x1.5-3 while one post runs
        ratio[:, own.integers(2)] += np.where(window, own.uniform(0.4, 1.1), 0)
    elif name == "comeback":  # a week asleep, then a post-driven burst with the whole day cycle
        start = own.uniform(170, max(T - 30, 171))
        awake[:] = (t >= start) * (t < start + own.uniform(60, 170))
        shape = pulse(t, start, own.uniform(4, 15), 0.01, 1, 0.8)
    else:  # a budget buys flat views with few likes, lawfully
        bought = np.where(window | ((t >= s) & (own.random() < 0.5)), own.uniform(0.4, 1.8), 1e-9)
        bought *= np.exp(lr).mean()
        total = np.logaddexp(lr, np.log(bought))
        ratio += np.log1p(-0.75 * bought / np.exp(total))[:, None]
        lr[:] = total
    lr += np.log1p(shape)
