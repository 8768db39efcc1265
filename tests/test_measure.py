"""How benchmarks take their figures; no time is asserted."""

from __future__ import annotations

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
    case = measure.Case("pair", lambda: "ours", lambda: "reference", lambda *_: None)
    row = measure.measured(case, runs=3)
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
