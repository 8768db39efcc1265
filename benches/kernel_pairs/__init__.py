"""Every kernel beside pure NumPy and its best peer, on the same seeded series."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Pair:
    """One kernel beside one other way to compute the same."""

    kernel: str
    peer: str
    """Name of the package and function."""
    ours: Callable[[Matrix], Any]
    theirs: Callable[[Matrix], Any]
    n_series: int = 500
    """Series measured at once; few where the peer is slow."""
    rtol: float = 1e-9
    what: str = ""
    """Parameters, where one kernel has several pairs."""


def each(function: Callable[[NDArray[np.float64]], Any]) -> Callable[[Matrix], Matrix]:
    """A function of one series as a loop over the rows, which is how its package is used."""
    return lambda x: np.array([function(row) for row in x])


def all_pairs() -> list[Pair]:
    """The pairs of all groups."""
    from kernel_pairs import cycles, entropy, events, memory, pairs, rolling, trends

    groups = (cycles, entropy, events, memory, pairs, rolling, trends)
    return [pair for group in groups for pair in group.PAIRS]
