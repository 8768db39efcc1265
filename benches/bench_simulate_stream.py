"""Simulated accounts streamed through memory: time and peak memory of a process that keeps none of them.

The process walks over `fakeengage.simulate_batches` and adds up the counts of some accounts; the same sum
over another batch size, and over a slice made by itself, must agree.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator

import numpy as np

import fakeengage as fe
from measure import Case, main

SPEC = fe.SimulationSpec(seed=1)
MEGABYTE = 1e6

# What a user would write, in a process of its own so that its peak is that of the stream alone.
WALK = """
import json, sys
import fakeengage as fe

n, batch, every = map(int, sys.argv[1:])
seen, total = 0, 0.0
for data in fe.simulate_batches(fe.SimulationSpec(seed=1), n, batch=batch):
    total += float(data.panel.values[-seen % every :: every].sum(dtype="float64"))
    seen += len(data)
print(json.dumps([seen, total]))
"""
EVERY = 500


class Walk:
    """The stream as a process, with what the system says it used."""

    def __init__(self, n_users: int, batch: int) -> None:
        self._words = [sys.executable, "-c", WALK, *map(str, (n_users, batch, EVERY))]
        self._runs: list[dict[str, float]] = []

    def __call__(self) -> list[float]:
        begun = time.perf_counter()
        process = subprocess.Popen(self._words, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        answer: list[float] = json.loads(process.stdout.read())
        # wait4 tells what this child used; Windows has nothing like it.
        _, status, used = os.wait4(process.pid, 0)
        process.stdout.close()
        assert status == 0, f"the stream ended with status {status}"
        in_kilobytes = 1 if sys.platform == "darwin" else 1024
        self._runs.append(
            {
                "wall_s": time.perf_counter() - begun,
                "cpu_s": used.ru_utime + used.ru_stime,
                "peak_mb": used.ru_maxrss * in_kilobytes / MEGABYTE,
            }
        )
        return answer

    def figures(self) -> dict[str, float]:
        """Medians over all runs, imports of the process included; the largest peak."""
        merged = {name: float(np.median([run[name] for run in self._runs])) for name in self._runs[0]}
        return {**merged, "peak_mb": max(run["peak_mb"] for run in self._runs)}


def agrees_with_slices(n_users: int) -> None:
    """Another batch size sees the same accounts, and so does whoever makes one of them alone."""
    small = min(n_users, 20 * EVERY)
    one, other = Walk(small, 4096)(), Walk(small, 777)()
    alone = sum(
        float(fe.simulate_range(SPEC, i, i + 1).panel.values.sum(dtype="float64"))
        for i in range(0, small, EVERY)
    )
    assert one == other == [small, alone], (one, other, alone)


def cases(check: bool) -> Iterator[Case]:
    n_users = 3_000 if check else 1_000_000
    agrees_with_slices(n_users)
    for batch in (4_096, 16_384):
        walk = Walk(n_users, batch)
        yield Case(
            f"{n_users:,} accounts x 336 x 4 through memory, batches of {batch:,}",
            walk,
            None,
            lambda answer, _: np.testing.assert_equal(answer[0], n_users),
            walk.figures,
        )


if __name__ == "__main__":
    main("simulate_stream", cases)
