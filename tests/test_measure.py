"""How benchmarks take their figures; no time is asserted."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

import measure


def test_pairs_take_turns_and_give_one_ratio_each(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    seconds = {"ours": iter([9.0, 1.0, 2.0, 4.0]), "reference": iter([9.0, 3.0, 4.0, 20.0])}

    def run(side: str) -> measure.Spent:
        order.append(side)
        wall = next(seconds[side])
        return measure.Spent(wall, 2 * wall)

    monkeypatch.setattr(measure, "timed", lambda function: run(function()))
    case = measure.Case("pair", lambda: "ours", lambda: "reference", lambda *_: None, runs=3)
    row = measure.measured(case)
    assert order[2:] == ["ours", "reference", "reference", "ours", "ours", "reference"]
    assert row["ratio"] == {"median": 3.0, "min": 2.0, "max": 5.0}
    assert row["ours"] == {
        "cold": 9.0,
        "median": 2.0,
        "min": 1.0,
        "max": 4.0,
        "cpu": {"median": 4.0, "min": 2.0, "max": 8.0},
    }
    assert "3.00x (2.00 to 5.00)" in measure.line("pair", row)


def test_the_limit_of_threads_is_no_part_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    limited: list[bool] = [False]

    class Pools:
        @contextmanager
        def limit(self, limits: int) -> Iterator[None]:
            time.sleep(0.05)
            limited[0] = limits == 1
            yield
            limited[0] = False

    def reference() -> None:
        assert limited[0]

    def ours() -> None:
        assert not limited[0]

    monkeypatch.setattr(measure, "ThreadpoolController", Pools)
    row = measure.measured(measure.Case("pair", ours, reference, lambda *_: None, runs=1))
    assert row["reference"]["max"] < 0.05


def test_ratios_are_per_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ours works through ten times as much in twice the time."""
    monkeypatch.setattr(measure, "timed", lambda function: measure.Spent(function(), function()))
    case = measure.Case("pair", lambda: 2.0, lambda: 1.0, lambda *_: None, units=(100, 10))
    row = measure.measured(case)
    assert row["cpu_ratio"]["median"] == 5.0
    assert (row["ours"]["cpu_us_per_unit"], row["reference"]["cpu_us_per_unit"]) == (2e4, 1e5)
    assert "20000.00 us a unit" in measure.line("pair", row)
