"""Time of every kernel beside pure NumPy and its best peer, on one thread; the answers are compared first.

Series have two weeks of hours, over-dispersed counts with a daily cycle. Peers are the extra `bench`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from kernel_pairs import Matrix, Pair, all_pairs
from kernel_table import table
from measure import Case, main

N_STEPS = 336


def series(n_series: int, seed: int = 0) -> Matrix:
    """Counts of accounts of very different size with a daily cycle."""
    rng = np.random.default_rng(seed)
    day = 1 + 0.6 * np.sin(2 * np.pi * np.arange(N_STEPS) / 24)
    rate = rng.lognormal(3, 1.5, (n_series, 1)) * day * rng.gamma(8, 1 / 8, (n_series, N_STEPS))
    return rng.poisson(rate + 0.5).astype(np.float64)


def difference(ours: Matrix, theirs: Matrix) -> float:
    """Largest difference, relative to 1 + the peer's size; infinite where only one side is NaN."""
    a, b = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    if a.shape != b.shape or not np.array_equal(np.isnan(a), np.isnan(b)):
        return np.inf
    return float(np.nanmax(np.abs(a - b) / (1 + np.abs(b)), initial=0.0))


def case(pair: Pair, n_series: int, least: int) -> Case:
    """A slow peer gets few of the series; ours gets enough for a time that the clock can tell."""
    x = series(max(n_series, least))
    name = f"{pair.kernel}{f' {pair.what}' if pair.what else ''} | {pair.peer}"
    apart = np.nan

    def agree(ours: Matrix, theirs: Matrix) -> None:
        nonlocal apart
        apart = difference(ours[:n_series], theirs)
        assert apart <= pair.rtol, f"{name}: differs by {apart}"

    return Case(
        name,
        partial(pair.ours, x),
        partial(pair.theirs, x[:n_series]),
        agree,
        figures=lambda: {"difference": apart},
        labels={"kernel": pair.kernel, "parameters": pair.what, "peer": pair.peer},
        units=(len(x), n_series),
    )


def cases(check: bool) -> Iterator[Case]:
    for pair in all_pairs():
        yield case(pair, 5, 5) if check else case(pair, pair.n_series, 100)


if __name__ == "__main__":
    main("kernels", cases, table)
