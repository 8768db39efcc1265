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
from threadpoolctl import ThreadpoolController

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
    labels: dict[str, str] | None = None
    """What the case is about, for tables over many cases."""
    units: tuple[int, int] = (1, 1)
    """What ours and the reference work through, such as series; ratios are per unit."""
    runs: int = RUNS


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


def timed_alone(function: Callable[[], Any], pools: ThreadpoolController) -> Spent:
    """The same with the pools of BLAS and OpenMP at one thread: a reference gets no helpers.

    The limit is no part of the time, and finding the pools not even of the turn: it takes milliseconds,
    many times what a quick reference takes, and leaves nothing in the cache.
    """
    with pools.limit(limits=1):
        return timed(function)


def spread(values: list[float]) -> dict[str, float]:
    """Median and extremes."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def summary(cold: Spent, warm: list[Spent], units: int = 1) -> dict[str, Any]:
    """Cold wall time of one run, then wall and processor time of the warm ones, in seconds."""
    cpu = spread([run.cpu for run in warm])
    return {
        "cold": cold.wall,
        **spread([run.wall for run in warm]),
        "cpu": cpu,
        **({} if units == 1 else {"units": units, "cpu_us_per_unit": cpu["median"] / units * 1e6}),
    }


def measured(case: Case) -> dict[str, Any]:
    """Times of one case, and the ratios of each turn where there is a reference."""
    if case.reference is None:
        first_run = timed(case.ours)
        warm = [timed(case.ours) for _ in range(case.runs)]
        return {"ours": summary(first_run, warm, case.units[0])}
    pools = ThreadpoolController()
    cold = timed(case.ours), timed_alone(case.reference, pools)
    ours, other = [], []
    for turn in range(case.runs):
        # Who goes first changes, so that neither always finds the other's leftovers in the cache.
        if turn % 2 == 0:
            ours.append(timed(case.ours))
        other.append(timed_alone(case.reference, pools))
        if turn % 2 == 1:
            ours.append(timed(case.ours))
    turns = list(zip(ours, other, strict=True))
    each = case.units[0] / case.units[1]
    return {
        "ours": summary(cold[0], ours, case.units[0]),
        "reference": summary(cold[1], other, case.units[1]),
        "ratio": spread([b.wall / a.wall * each for a, b in turns]),
        "cpu_ratio": spread([b.cpu / a.cpu * each for a, b in turns]),
    }


def line(name: str, row: dict[str, Any]) -> str:
    """The figures of a case on one line."""

    def milliseconds(side: dict[str, Any]) -> str:
        unit = f", {side['cpu_us_per_unit']:.2f} us a unit" if "units" in side else ""
        return f"{side['median'] * 1e3:9.2f} ms (cpu {side['cpu']['median'] * 1e3:9.2f}{unit})"

    text = f"{name:<56} ours {milliseconds(row['ours'])}"
    text += "".join(f"   {kind} {value:.4g}" for kind, value in row.get("figures", {}).items())
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


def main(
    name: str,
    cases: Callable[[bool], Iterator[Case]],
    table: Callable[[dict[str, Any]], str] | None = None,
) -> None:
    """Command line of one benchmark file: `--check`, `--record` or neither.

    `table` makes Markdown of what is recorded: printed at the end, and kept beside the figures.
    """
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
        if case.labels:
            row["labels"] = case.labels
        if case.figures:
            row["figures"] = case.figures()
        print(line(case.name, row), flush=True)
        figures[case.name] = row
    if arguments.check:
        return
    record = {**surroundings(), "seconds": figures}
    texts = {".json": json.dumps(record, indent=1) + "\n"}
    if table:
        texts[".md"] = table(record)
        print(f"\n{texts['.md']}")
    if arguments.record:
        RECORD.mkdir(exist_ok=True)
        for suffix, text in texts.items():
            path = (RECORD / name).with_suffix(suffix)
            path.write_text(text, encoding="utf-8")
            print(f"recorded in {path.relative_to(ROOT)}")
