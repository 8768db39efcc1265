"""What all accounts live through together."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .laws import Floats, Laws, between
from .pulses import Decaying, Rectangle


@dataclass(frozen=True)
class Platform:
    """The common course of one platform."""

    factor: Floats
    news: Floats
    regional_outage: float


def draw_platform(rng: np.random.Generator, laws: Laws, length: int) -> Platform:
    """The factor on every account's rate at each hour, and when news break."""
    law = laws.platform
    log = memory(rng.standard_normal((length, 1)), law["hour_sd"], law["hour_rho"])[:, 0]
    lift, down = np.zeros(length), np.zeros(length)
    weeks = length / 168
    n = rng.poisson(law["events_per_week"] * weeks)
    size, hours = rng.exponential(law["event_gain"], n), rng.exponential(law["event_hours"], n)
    one = np.zeros(n, dtype=np.int64)
    at = between(rng, 0, length, n)
    np.add.at(lift, *Decaying(one, at, np.full(n, 2.0), size, hours.clip(0.5)).cells(length, np.float64))
    n = rng.poisson(law["outages_per_week"] * weeks)
    one, hours = np.zeros(n, dtype=np.int64), rng.exponential(law["outage_hours"], n)
    at = between(rng, 0, length, n)
    np.add.at(down, *Rectangle(one, at, hours, np.ones(n)).cells(length, np.float64))
    again = Rectangle(one, at + hours, np.full(n, 3.0), np.full(n, law["catch_up"] - 1))
    np.add.at(lift, *again.cells(length, np.float64))
    factor = np.exp(log) * (1 + lift) * (1 - (1 - law["outage_level"]) * np.minimum(down, 1))
    news = length * between(rng, np.array([0.1, 0.5]), np.array([0.5, 0.9]))
    return Platform(factor, news, length * float(between(rng, 0.15, 0.85)))


def memory(white: Floats, sd: Floats | float, rho: Floats | float) -> Floats:
    """White noise of shape (hours, series), turned in place into AR(1) noise of `sd` and `rho`."""
    white[0] *= sd
    white[1:] *= sd * np.sqrt(1 - np.square(rho))
    carried = np.empty_like(white[0])
    for before, now in pairwise(white):
        np.multiply(before, rho, out=carried)
        now += carried
    return white
