"""Simulate, compare, correct: numbers of a preset until its accounts look like those that were given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fakeengage.estimation.fields import Numbers, fill, kind_of, moved
from fakeengage.estimation.gauges import Gauges, measure
from fakeengage.estimation.sample import FEW_ACCOUNTS, MOST_CELLS, Sample, mirror
from fakeengage.estimation.view import View, days_of

_BURSTY: Numbers = {
    "burst_rate": 8.0, "burst_size": 5.0, "burst_spread": 1.0, "burst_hours": 0.5, "sharp": 0.7,
    "memory": 0.2, "rho": 0.6, "dispersion": 0.5,
}  # fmt: skip
_AROUND = 0.4  # spread of the first numbers tried, on the scale of each
_FEW_STARTS = 24  # more hours of the week to start at would take more time than they are worth
_UNITS = {"peak": 3.0, "weekend": 0.3}  # of numbers that move as they are
_PROBE = 0.3  # by how much a number is moved to see what it does: above the noise of a small sample
_LONGEST = 1.0  # of one correction, on the scale of each number
_FRESH = 5  # corrections after which the slopes are measured again
_PRECISION = 0.05  # of a statistic, relative to its own size …
_FLOOR = 0.01  # … and at least
_FLOORS = {"rho": 0.04, "ratio_rho": 0.04, "common_rho": 0.05, "burst_stay": 0.05}
_LOUD = 3.0  # differences above so many units count by their logarithm
_LOGARITHMS = frozenset({"level", "ratio", "growth", "weekend"})  # compared as differences
_FIRST_LOOK = frozenset({"level", "level_sd", "zero", "day_depth", "ratio", "ratio_sd"})  # weigh double
_SMALL = frozenset({"nugget_slope", "memory_slope", "burst_share", "burst_share_slope", "zero_slope"})


@dataclass(frozen=True)
class Fit:
    """Numbers and how far the statistics of their accounts lie from those of the data.

    Parameters
    ----------
    numbers
        The best numbers found.
    wanted, found
        The statistics of the data and of the simulated accounts.
    error
        Root mean square difference, in units of the precision asked for.
    """

    numbers: Numbers
    wanted: Gauges
    found: Gauges
    error: float


def calibrate(
    moments: Numbers,
    base: Mapping[str, Any],
    sample: Sample,
    view: View,
    facts: Mapping[str, float],
    sizes: Sequence[float],
    *,
    rounds: int,
    seed: int,
    threads: int | None,
) -> Fit:
    """Numbers whose simulated accounts have the statistics of the data (indirect inference).

    Damped least squares on all statistics at once: slopes by moving one number at a time, corrected after
    every step by what it brought. All rounds share one seed, so that only the numbers make a difference.
    """
    names = list(moments)
    wanted = measure(sample, view)
    origin = dict(moments)
    unit = np.array([_UNITS.get(kind_of(name), 1.0) for name in names])
    if "growth" in names:
        unit[names.index("growth")] = 1 / days_of(sample)
    n, n_hours = sample.counts.shape[:2]
    shape = sample.repeated(max(1, min(-(-FEW_ACCOUNTS // n), MOST_CELLS // (n * n_hours))))

    def at(by: NDArray[np.float64], first: Numbers | None = None) -> Numbers:
        here = origin if first is None else first
        return {
            name: moved(kind_of(name), here[name], float(b)) for name, b in zip(names, by * unit, strict=True)
        }

    def look(numbers: Numbers) -> Gauges:
        fields = fill(numbers, base, sample, facts, sizes)
        made = mirror(shape, seed, overrides=organic_of(fields), threads=threads, most_starts=_FEW_STARTS)
        return measure(made, view)

    place = np.zeros(len(names))
    found = look(moments)
    rest = _difference(wanted, found)
    # Moments may start in a wrong valley (noise or bursts? both make tails): look around first.
    around = np.random.default_rng(seed).normal(0.0, _AROUND, (2 * len(names), len(names)))
    for k, by in enumerate(around if rounds else ()):
        first = moments if k % 2 else {**moments, **_BURSTY}
        tried = at(by, first)
        seen = look(tried)
        then = _difference(wanted, seen)
        if then @ then < rest @ rest:
            origin, rest, found = tried, then, seen
    slopes = np.empty((len(rest), 0))
    damping = 1.0
    for turn in range(rounds):
        if turn % _FRESH == 0:
            slopes = np.empty((len(rest), len(names)))
            for k in range(len(names)):
                by = place.copy()
                by[k] += _PROBE
                slopes[:, k] = (_difference(wanted, look(at(by))) - rest) / _PROBE
            damping = max(damping, 1.0)
        normal = slopes.T @ slopes
        weight = damping * (0.1 * np.diag(normal) + 1e-2 * np.trace(normal) / len(names) + 1e-9)
        step = -np.linalg.solve(normal + np.diag(weight), slopes.T @ rest)
        step = np.clip(step, -_LONGEST, _LONGEST)
        seen = look(at(place + step))
        then = _difference(wanted, seen)
        slopes += np.outer(then - rest - slopes @ step, step) / max(float(step @ step), 1e-9)
        if then @ then < rest @ rest:
            place, rest, found = place + step, then, seen
            damping = max(damping / 3, 1e-3)
        else:
            damping = min(damping * 4, 1e4)
    return Fit(at(place), wanted, found, float(np.sqrt(np.mean(rest**2))) if len(rest) else 0.0)


def organic_of(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The groups of fields that organic accounts are made from."""
    keep = ("profiles", "organic", "ratios", "platform", "scenarios", "single_posts")
    return {key: fields[key] for key in keep}


def _difference(wanted: Gauges, found: Gauges) -> NDArray[np.float64]:
    """Statistics found less those wanted, in units of the precision asked for; 0 where one is unknown."""
    parts = []
    for name, want in wanted.items():
        have = found.get(name, np.full_like(want, np.nan))
        gap = have - want
        if name == "peak":
            gap = ((gap + 12) % 24 - 12) * 0.2
        floor = _FLOORS.get(name, 0.1 * _FLOOR if name in _SMALL else _FLOOR)
        scale = 0.03 if name in _LOGARITHMS or name == "peak" else _PRECISION * np.abs(want) + floor
        if name in _FIRST_LOOK:
            scale = scale / 2
        # One statistic that the laws cannot reach must not outweigh all that they can.
        parts.append(_LOUD * np.arcsinh(np.nan_to_num(gap / scale) / _LOUD))
    return np.concatenate(parts)
