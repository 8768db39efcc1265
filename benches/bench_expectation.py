"""Time of the expectation by length of the series, on one thread; the answer may not depend on threads.

Divide by the number of series for the time per metric. Series are organic-looking: over-dispersed counts
with a daily cycle and a drifting level, a burst in every third.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import fakeengage as fe
from measure import Case, main


def series(n_accounts: int, n_steps: int, seed: int = 0) -> fe.Panel:
    """Accounts with a daily cycle, a slow level and a burst in every third."""
    rng = np.random.default_rng(seed)
    level = np.cumsum(rng.normal(0, 0.05, (n_accounts, n_steps)), axis=1)
    day = 0.5 * np.sin(2 * np.pi * np.arange(n_steps) / 24)
    rate = np.exp(rng.normal(3, 1.5, (n_accounts, 1)) + level + day) * rng.gamma(20, 1 / 20, level.shape)
    if n_steps > 40:
        rate[::3, n_steps // 2 : n_steps // 2 + 8] *= 4
    return fe.Panel.from_arrays(rng.poisson(rate)[..., None].astype(float), metrics=["likes"])


def same(ours: fe.Expectation, other: fe.Expectation) -> None:
    np.testing.assert_array_equal(ours.expected, other.expected)
    np.testing.assert_array_equal(ours.hour_z, other.hour_z)
    assert ours.windows.equals(other.windows)


def cases(check: bool) -> Iterator[Case]:
    n_accounts, lengths = (9, [48, 168]) if check else (100, [48, 168, 336, 2160])
    for n_steps in lengths:
        panel = series(n_accounts, n_steps)
        yield Case(
            f"{n_accounts} series of {n_steps} steps, 1 thread beside 2",
            lambda panel=panel: fe.fit_expectation(panel, threads=1),
            lambda panel=panel: fe.fit_expectation(panel, threads=2),
            same,
        )


if __name__ == "__main__":
    main("expectation", cases)
