"""Time and memory of the search for cohorts; neither threads nor the order of the accounts change the answer.

The many accounts are simulated, a third of them fakes with cohorts among them, and searched in a process of
its own, so that its peak is that of the search alone.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import fakeengage as fe
from measure import Case, main

THREADS = 2
SCRIPT = Path(__file__).with_name("many_cohorts.py")


class Many:
    """The process, with what it said of each run."""

    def __init__(self, n: int) -> None:
        self._words = [sys.executable, str(SCRIPT), str(n), str(THREADS)]
        self._runs: list[dict[str, float]] = []

    def __call__(self) -> dict[str, float]:
        done = subprocess.run(self._words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        self._runs.append(json.loads(done.stdout))
        return self._runs[-1]

    def figures(self) -> dict[str, float]:
        """Medians over all runs, of the search alone."""
        return {name: float(np.median([run[name] for run in self._runs])) for name in self._runs[0]}


def cases(check: bool) -> Iterator[Case]:
    n = 200 if check else 2_000
    panel = fe.simulate(n_users=n, seed=1).panel
    order = np.random.default_rng(0).permutation(n)
    moved = panel.select(order)

    def same(ours: fe.Cohorts, other: fe.Cohorts) -> None:
        np.testing.assert_array_equal(ours.p_value[order], other.p_value)
        assert ours.table.equals(other.table)

    yield Case(
        f"{n:,} accounts x 4 x 336, 1 thread beside {THREADS} on the accounts in another order",
        lambda: fe.find_cohorts(panel, threads=1),
        lambda: fe.find_cohorts(moved, threads=THREADS),
        same,
        units=(n, n),
    )
    n = 500 if check else 100_000
    many = Many(n)

    def found(answer: dict[str, float], _: object) -> None:
        assert answer["n_cohorts"] > 0, answer

    yield Case(f"{n:,} accounts x 4 x 336, {THREADS} threads", many, None, found, many.figures, runs=2)


if __name__ == "__main__":
    main("cohorts", cases)
