"""Time of the expectation per metric: median over rounds of processor time divided by the metrics.

Usage: ``python benches/bench_expectation.py [--accounts 100] [--rounds 7]``. Series are organic-looking:
over-dispersed counts with a daily cycle and a drifting level, a burst in every third.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time

import numpy as np

import fakeengage as fe


def series(n_accounts: int, n_steps: int, seed: int = 0) -> fe.Panel:
    """Accounts with a daily cycle, a slow level and a burst in every third."""
    rng = np.random.default_rng(seed)
    level = np.cumsum(rng.normal(0, 0.05, (n_accounts, n_steps)), axis=1)
    day = 0.5 * np.sin(2 * np.pi * np.arange(n_steps) / 24)
    rate = np.exp(rng.normal(3, 1.5, (n_accounts, 1)) + level + day) * rng.gamma(20, 1 / 20, level.shape)
    if n_steps > 40:
        rate[::3, n_steps // 2 : n_steps // 2 + 8] *= 4
    return fe.Panel.from_arrays(rng.poisson(rate)[..., None].astype(float), metrics=["likes"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--accounts", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, 1 thread")
    for n_steps in (48, 168, 336, 2160):
        panel = series(arguments.accounts, n_steps)
        times = []
        for _ in range(arguments.rounds):
            begin = time.process_time()
            fe.fit_expectation(panel, threads=1)
            times.append((time.process_time() - begin) / arguments.accounts * 1e3)
        spread = f"{min(times):.3f}–{max(times):.3f}"
        print(f"{n_steps:5d} steps: {statistics.median(times):.3f} ms per metric ({spread})")


if __name__ == "__main__":
    main()
