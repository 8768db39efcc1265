"""Time and memory of the whole default feature set, on accounts of four metrics and two weeks of hours.

One thread gives the time per series and core, and its answer is that of two threads. Many accounts are the
few simulated ones again and again, in a process of its own so that its peak is that of the features alone;
each repetition must be answered like the first.
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

N_STEPS = 336
N_METRICS = 4
THREADS = 2


class Many:
    """The process, with what it said of each run."""

    def __init__(self, n: int, times: int) -> None:
        script = Path(__file__).with_name("many_features.py")
        self._words = [sys.executable, str(script), *map(str, (n, times, THREADS))]
        self._runs: list[dict[str, float]] = []

    def __call__(self) -> dict[str, float]:
        done = subprocess.run(self._words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        self._runs.append(json.loads(done.stdout))
        return self._runs[-1]

    def figures(self) -> dict[str, float]:
        """Medians over all runs, of the features alone; the largest peak."""
        merged = {name: float(np.median([run[name] for run in self._runs])) for name in self._runs[0]}
        return {**merged, "peak_to_size": max(run["peak_to_size"] for run in self._runs)}


def cases(check: bool) -> Iterator[Case]:
    n = 20 if check else 1_000
    panel = fe.simulate(n_users=n, length=N_STEPS, seed=1).panel
    yield Case(
        f"features of {n:,} accounts x {N_METRICS} x {N_STEPS}, 1 thread beside {THREADS}",
        lambda: fe.extract_features(panel, threads=1).to_numpy(),
        lambda: fe.extract_features(panel, threads=THREADS).to_numpy(),
        np.testing.assert_array_equal,
        units=(N_METRICS * n, N_METRICS * n),
    )
    times = 2 if check else 100
    many = Many(n, times)

    def lean(answer: dict[str, float], _: object) -> None:
        assert check or not answer["peak_to_size"] >= 1.5, answer

    yield Case(
        f"features of {n * times:,} accounts x {N_METRICS} x {N_STEPS}, {THREADS} threads",
        many,
        None,
        lean,
        many.figures,
        runs=3,
    )


if __name__ == "__main__":
    main("features", cases)
