"""Cumulative counters: how they are recognised, and how they become increments."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fakeengage.reading.clock import runs

MIN_VARYING = 24
"""Changes an account must show before it says whether its counter ever falls."""

MIN_NEVER_FALLING = 0.95
"""Share of such accounts that never fall, from which on a metric counts as cumulative."""

_LONGEST_BRIDGE = 2  # steps between two readings across which a counter may be interpolated


def looks_cumulative(account: NDArray[np.int64], values: NDArray[np.float64]) -> bool | None:
    """Whether a metric is a running total; rows sorted by account and time, repeated moments removed.

    ``None`` where no account varies enough to tell.
    """
    seen = ~np.isnan(values)
    account, values = account[seen], values[seen]
    edges = runs(account)
    if len(edges) < 2:
        return None
    change = np.diff(values, prepend=values[:1])
    change[edges[:-1]] = 0.0
    varying = np.add.reduceat((change != 0).astype(np.int64), edges[:-1])
    falls = np.add.reduceat((change < 0).astype(np.int64), edges[:-1])
    telling = varying >= MIN_VARYING
    if not telling.any():
        return None
    return bool((falls[telling] == 0).mean() >= MIN_NEVER_FALLING)


def increments(
    account: NDArray[np.int64], step: NDArray[np.int64], values: NDArray[np.float64], over_gaps: bool
) -> tuple[NDArray[np.float64], int]:
    """Differences of consecutive readings, and how many were left out because they span several steps.

    The first reading of an account has none. An increment over several steps is no step's own count: it
    is missing, unless `over_gaps` puts all of it into its last step.
    """
    out = np.full(len(values), np.nan)
    rows = np.flatnonzero(~np.isnan(values))
    if len(rows) < 2:
        return out, 0
    follows = np.diff(account[rows]) == 0
    adjacent = np.diff(step[rows]) == 1
    take = follows & (adjacent | over_gaps)
    out[rows[1:][take]] = np.diff(values[rows])[take]
    return out, int((follows & ~take).sum())


def interpolate(
    seconds: NDArray[np.int64], values: NDArray[np.float64], size: int
) -> tuple[int, NDArray[np.float64]]:
    """Increments per whole step of one counter read at irregular moments: first step, and one value per step.

    The counter is taken as straight between readings; steps that touch a pause longer than two steps are
    missing.
    """
    seen = ~np.isnan(values)
    at, counter = seconds[seen], values[seen]
    if len(at) < 2:
        return 0, np.empty(0)
    first, last = -(-int(at[0]) // size), int(at[-1]) // size
    if last <= first:
        return 0, np.empty(0)
    bounds = np.arange(first, last + 1, dtype=np.int64) * size
    out = np.diff(np.interp(bounds, at, counter))
    pause = np.diff(at) > _LONGEST_BRIDGE * size
    n_pauses = np.concatenate([[0], np.cumsum(pause)])
    before = np.searchsorted(at, bounds[:-1], side="right") - 1
    after = np.searchsorted(at, bounds[1:], side="left")
    out[n_pauses[after] > n_pauses[before]] = np.nan
    return first, out
