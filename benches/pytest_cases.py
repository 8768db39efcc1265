"""The same cases under pytest-benchmark, for its tables and comparisons: one group per case.

usage: pip install pytest-benchmark, then pytest benches/pytest_cases.py -k simulate
The answers are compared first here, too. The two sides do not take turns: on a shared machine trust the
ratios of measure.py.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from threadpoolctl import threadpool_limits

from measure import Case

NAMES = sorted(path.stem for path in Path(__file__).parent.glob("bench_*.py"))


def _all_cases() -> Iterator[Any]:
    for name in NAMES:
        module = importlib.import_module(name)
        if hasattr(module, "cases"):
            for case in module.cases(False):
                for side in ("ours", "reference"):
                    if getattr(case, side) is not None:
                        yield pytest.param(case, side, id=f"{name}: {case.name}: {side}")


@pytest.mark.parametrize(("case", "side"), list(_all_cases()))
def test_time(case: Case, side: str, benchmark: Any) -> None:
    answer = case.ours()
    case.equal(answer, case.reference() if case.reference else answer)
    benchmark.group = case.name
    with nullcontext() if side == "ours" else threadpool_limits(limits=1):
        benchmark.pedantic(getattr(case, side), rounds=5, warmup_rounds=1)
