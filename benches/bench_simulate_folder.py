"""Simulated accounts into a folder of Parquet: time, memory and size of the command as users run it.

The pair writes the same accounts with pyarrow, once with its defaults and once with the encoding that
ours uses; what both wrote is read back and compared.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import fakeengage as fe
from fakeengage.panel import METRICS
from fakeengage.simulation import simulate_to_folder
from measure import Case, main

SPEC = fe.SimulationSpec(seed=1)
FOLDER = Path(tempfile.mkdtemp(prefix="fakeengage-"))
MEGABYTE, GIGABYTE = 1e6, 1e9


class Command:
    """``fakeengage simulate`` as a process of its own, with what the system says it used."""

    def __init__(self, n_users: int) -> None:
        self._n_users = n_users
        self._runs: list[dict[str, float]] = []

    def __call__(self) -> dict[str, str]:
        folder = FOLDER / "command"
        shutil.rmtree(folder, ignore_errors=True)
        words = ["simulate", "--n-users", str(self._n_users), "--seed", "1", "--out", str(folder)]
        begun = time.perf_counter()
        process = subprocess.Popen([sys.executable, "-m", "fakeengage", *words], stdout=subprocess.DEVNULL)
        # wait4 tells what this child used; Windows has nothing like it.
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        assert status == 0, f"fakeengage simulate ended with status {status}"
        in_kilobytes = 1 if sys.platform == "darwin" else 1024
        self._runs.append(
            {
                "wall_s": wall,
                "cpu_s": used.ru_utime + used.ru_stime,
                "peak_mb": used.ru_maxrss * in_kilobytes / MEGABYTE,
                "gb": sum(path.stat().st_size for path in folder.rglob("*.parquet")) / GIGABYTE,
            }
        )
        digests: dict[str, str] = json.loads((folder / "dataset.json").read_text())["sha256"]
        return digests

    def figures(self) -> dict[str, float]:
        """Medians over all runs, the largest peak."""
        merged = {name: float(np.median([run[name] for run in self._runs])) for name in self._runs[0]}
        return {**merged, "peak_mb": max(run["peak_mb"] for run in self._runs)}


def ours(n_users: int) -> Path:
    folder = FOLDER / "ours"
    shutil.rmtree(folder, ignore_errors=True)
    return simulate_to_folder(SPEC, n_users, folder, threads=1)


def by_pyarrow(n_users: int, **options: Any) -> Path:
    folder = FOLDER / "pyarrow"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "series").mkdir(parents=True)
    for i, data in enumerate(fe.simulate_batches(SPEC, n_users, batch=3120, threads=1)):
        n, steps = len(data), data.panel.n_steps
        ids = pa.array(data.panel.account_ids, pa.string())
        account = pa.array(np.repeat(np.arange(n, dtype=np.int32), steps))
        moments = np.tile(data.panel.timestamps.astype("datetime64[ms]"), n)
        columns = {"account_id": pa.DictionaryArray.from_arrays(account, ids), "timestamp": moments}
        for m, metric in enumerate(METRICS):
            columns[metric] = data.panel.values[:, :, m].reshape(-1).astype(np.int64)
        pq.write_table(pa.table(columns), folder / "series" / f"part-{i:05d}.parquet", **options)
    return folder


def same_counts(ours: Path, theirs: Path) -> None:
    for folder in (ours, theirs):
        assert sorted((folder / "series").iterdir()), folder
    for mine, other in zip(
        sorted((ours / "series").iterdir()), sorted((theirs / "series").iterdir()), strict=True
    ):
        left, right = pq.read_table(mine), pq.read_table(other)
        for metric in METRICS:
            np.testing.assert_array_equal(left[metric].to_numpy(), right[metric].to_numpy())


def same_digests(one: dict[str, str], other: dict[str, str]) -> None:
    assert one == other


def cases(check: bool) -> Iterator[Case]:
    n_pair, n_command = (200, 2_000) if check else (31_200, 1_000_000)
    # First, while this process is small: a child's peak counts what its parent held when it was started.
    command = Command(n_command)
    yield Case(f"fakeengage simulate --n-users {n_command}", command, None, same_digests, command.figures)
    delta = dict.fromkeys(METRICS, "DELTA_BINARY_PACKED")
    variants: dict[str, dict[str, Any]] = {
        "defaults": {},
        "zstd": {"compression": "zstd"},
        "packed differences": {
            "use_dictionary": ["account_id", "timestamp"],
            "column_encoding": delta,
            "compression": "none",
        },
    }
    for name, options in variants.items():
        yield Case(
            f"folder of {n_pair} x 336 x 4 beside pyarrow, {name}",
            lambda: ours(n_pair),
            _bind(n_pair, options),
            same_counts,
            lambda: {"gb": _size(FOLDER / "ours"), "reference_gb": _size(FOLDER / "pyarrow")},
        )
    shutil.rmtree(FOLDER, ignore_errors=True)


def _bind(n_users: int, options: dict[str, Any]) -> Callable[[], Path]:
    return lambda: by_pyarrow(n_users, **options)


def _size(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.glob("series/*.parquet")) / GIGABYTE


if __name__ == "__main__":
    main("simulate_folder", cases)
