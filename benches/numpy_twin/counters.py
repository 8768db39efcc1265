"""Artefacts of public counters on realised counts: two scenarios that look like purges and bursts."""

from __future__ import annotations

import numpy as np

from .laws import SCENARIOS, Floats, Ints
from .placement import Placement

CORRECTED_METRIC = np.array([2, 1, 0])
CORRECTED_SHARE = np.array([0.035, 0.01, 0.006])
LAGGING_SHARE = 0.75


def show(rng: np.random.Generator, placement: Placement, values: Floats) -> None:
    """Changes `values` (account, metric, hour) to what counters show, in place."""
    _correct(rng, np.flatnonzero(placement.scenario == SCENARIOS.index("counter_correction")), values)
    lagging = np.flatnonzero(placement.scenario == SCENARIOS.index("counter_lag"))
    # Counters refresh separately: each metric has its own clock, or none.
    row, metric = np.nonzero(rng.random((len(lagging), 4)) < LAGGING_SHARE)
    account = lagging[row]
    values[account, metric] = _lag(rng, values[account, metric])


def _correct(rng: np.random.Generator, rows: Ints, values: Floats) -> None:
    """One to four downward corrections of one counter, each a share of what it showed."""
    n, length = len(rows), values.shape[2]
    # Comments are corrected far more often than likes, likes more often than views.
    kind = np.searchsorted([0.55, 0.85], rng.random(n), side="right")
    metric, size = CORRECTED_METRIC[kind], CORRECTED_SHARE[kind]
    times = rng.integers(1, 5, n)
    series = values[rows, metric].astype(np.float64)
    hours = np.arange(length)
    for k in range(4):
        step = length // 8 + rng.integers(0, length - length // 8, n)
        shown = (series * (hours < step[:, None])).sum(axis=1)
        cut = np.round(shown * size * np.exp(0.6 * rng.standard_normal(n)))
        series[np.arange(n), step] -= np.clip(cut, 0, shown.clip(0)) * (k < times)
    values[rows, metric] = series


def _lag(rng: np.random.Generator, series: Floats) -> Floats:
    """Nothing between refreshes; and once a counter freezes for longer."""
    n, length = series.shape
    every = rng.integers(2, 13, (n, 1))
    offset = (rng.random((n, 1)) * every).astype(np.int64)
    freeze = rng.integers(0, length, (n, 1))
    thaw = freeze + rng.integers(6, 25, (n, 1))
    hour = np.arange(length)
    refresh = (hour % every == offset) & ~((hour >= freeze) & (hour < thaw))
    shown = np.where(refresh, series.cumsum(axis=1, dtype=np.float64), 0)
    # Counters only rise, so what was shown last is the largest so far.
    np.maximum.accumulate(shown, axis=1, out=shown)
    return np.diff(shown, axis=1, prepend=0)
