"""Times a pair of functions that must agree, and records the figures with the machine they were taken on.

The two take turns, so that what else the machine does hits both alike, and each turn gives one ratio: on a
shared machine the median of those ratios holds where a ratio of medians drifts. Wall and processor time are
both taken; processor time counts all threads.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

import fakeengage as fe

ROOT = Path(__file__).resolve().parents[1]
RECORD = ROOT / "benches" / "record"
RUNS = 5


@dataclass(frozen=True)
class Case:
    """One thing that is measured, and how to know that its answer is right."""

    name: str
    ours: Callable[[], Any]
    reference: Callable[[], Any] | None
    equal: Callable[[Any, Any], None]
    figures: Callable[[], dict[str, float]] | None = None
    """What else is worth keeping, such as memory or bytes; asked for after the last run."""


@dataclass(frozen=True)
class Spent:
    """Seconds of one run."""

    wall: float
    cpu: float


def timed(function: Callable[[], Any]) -> Spent:
    """Runs a function and throws its answer away, which is not part of the time."""
    wall, cpu = time.perf_counter(), time.process_time()
    answer = function()
    spent = Spent(time.perf_counter() - wall, time.process_time() - cpu)
    del answer
    return spent


def one_thread(function: Callable[[], Any]) -> Callable[[], Any]:
    """The same function with the pools of BLAS and OpenMP at one thread: a reference gets no helpers."""

    def alone() -> Any:
        with threadpool_limits(limits=1):
            return function()

    return alone


def spread(values: list[float]) -> dict[str, float]:
    """Median and extremes."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def summary(cold: Spent, warm: list[Spent]) -> dict[str, Any]:
    """Cold wall time of one run, then wall and processor time of the warm ones, in seconds."""
    return {
        "cold": cold.wall,
        **spread([run.wall for run in warm]),
        "cpu": spread([run.cpu for run in warm]),
    }


def measured(case: Case, runs: int = RUNS) -> dict[str, Any]:
    """Times of one case, and the ratios of each turn where there is a reference."""
    if case.reference is None:
        return {"ours": summary(timed(case.ours), [timed(case.ours) for _ in range(runs)])}
    reference = one_thread(case.reference)
    cold = timed(case.ours), timed(reference)
    ours, other = [], []
    for turn in range(runs):
        # Who goes first changes, so that neither always finds the other's leftovers in the cache.
        first, second = (case.ours, reference) if turn % 2 == 0 else (reference, case.ours)
        pair = [timed(first), timed(second)]
        pair = pair if turn % 2 == 0 else pair[::-1]
        ours.append(pair[0])
        other.append(pair[1])
    turns = list(zip(ours, other, strict=True))
    return {
        "ours": summary(cold[0], ours),
        "reference": summary(cold[1], other),
        "ratio": spread([b.wall / a.wall for a, b in turns]),
        "cpu_ratio": spread([b.cpu / a.cpu for a, b in turns]),
    }


def line(name: str, row: dict[str, Any]) -> str:
    """The figures of a case on one line."""

    def milliseconds(side: dict[str, Any]) -> str:
        return f"{side['median'] * 1e3:9.2f} ms (cpu {side['cpu']['median'] * 1e3:9.2f})"

    text = f"{name:<56} ours {milliseconds(row['ours'])}"
    text += "".join(f"   {kind} {value:.3f}" for kind, value in row.get("figures", {}).items())
    if "reference" not in row:
        return text
    wall, cpu = row["ratio"], row["cpu_ratio"]
    ratios = (f"{r['median']:.2f}x ({r['min']:.2f} to {r['max']:.2f})" for r in (wall, cpu))
    return "  ".join(
        (text, f"reference {milliseconds(row['reference'])}", "wall", next(ratios), "cpu", *ratios)
    )


def processor() -> str:
    """What the system calls its processor, and whether it has the widest registers."""
    try:
        about = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    fields = {key.strip(): value.strip() for key, _, value in (text.partition(":") for text in about)}
    widest = "AVX-512" if "avx512f" in fields.get("flags", "").split() else "no AVX-512"
    return f"{fields.get('model name', platform.processor())}, {widest}"


def surroundings() -> dict[str, Any]:
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return {
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "commit": commit.stdout.strip() or None,
        "machine": platform.machine(),
        "system": platform.system(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "load": os.getloadavg() if hasattr(os, "getloadavg") else None,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "fakeengage": fe.__version__,
        "runs": RUNS,
    }


def main(name: str, cases: Callable[[bool], Iterator[Case]]) -> None:
    """Command line of one benchmark file: `--check`, `--record` or neither."""
    parser = argparse.ArgumentParser(description=f"benchmark {name}")
    parser.add_argument("--check", action="store_true", help="smallest size, compare answers, time nothing")
    parser.add_argument("--record", action="store_true", help="keep the figures in benches/record/")
    arguments = parser.parse_args()
    figures: dict[str, Any] = {}
    for case in cases(arguments.check):
        answer = case.ours()
        case.equal(answer, case.reference() if case.reference else answer)
        if arguments.check:
            print(f"{name}: {case.name}: answers agree")
            continue
        # Two copies of a large answer would stay in memory while the next is timed.
        del answer
        row = measured(case)
        if case.figures:
            row["figures"] = case.figures()
        print(line(case.name, row), flush=True)
        figures[case.name] = row
    if arguments.record and not arguments.check:
        RECORD.mkdir(exist_ok=True)
        path = RECORD / f"{name}.json"
        path.write_text(json.dumps({**surroundings(), "seconds": figures}, indent=1) + "\n", encoding="utf-8")
        print(f"recorded in {path.relative_to(ROOT)}")
