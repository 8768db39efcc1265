"""Times a pair of functions that must agree, and records the figures with the machine they were taken on."""

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


def timed(function: Callable[[], Any]) -> tuple[Any, float]:
    begun = time.perf_counter()
    answer = function()
    return answer, time.perf_counter() - begun


def spread(function: Callable[[], Any]) -> dict[str, float]:
    """Cold time of one run, then median and extremes of the warm ones, in seconds."""
    _, cold = timed(function)
    warm = [timed(function)[1] for _ in range(RUNS)]
    return {"cold": cold, "median": statistics.median(warm), "min": min(warm), "max": max(warm)}


def surroundings() -> dict[str, Any]:
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return {
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "commit": commit.stdout.strip() or None,
        "machine": platform.machine(),
        "system": platform.system(),
        "cores": os.cpu_count(),
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
        row: dict[str, Any] = {"ours": spread(case.ours)}
        line = f"{case.name:<44}{row['ours']['median'] * 1e3:10.2f} ms"
        if case.reference:
            row["reference"] = spread(case.reference)
            row["ratio"] = row["reference"]["median"] / row["ours"]["median"]
            line += f"   reference {row['reference']['median'] * 1e3:10.2f} ms   {row['ratio']:.1f}x"
        if case.figures:
            row["figures"] = case.figures()
            line += "".join(f"   {name} {value:.3f}" for name, value in row["figures"].items())
        print(line, flush=True)
        figures[case.name] = row
    if arguments.record and not arguments.check:
        RECORD.mkdir(exist_ok=True)
        path = RECORD / f"{name}.json"
        path.write_text(json.dumps({**surroundings(), "seconds": figures}, indent=1) + "\n", encoding="utf-8")
        print(f"recorded in {path.relative_to(ROOT)}")
