"""Draws docs/images/speed.png from the recorded benchmarks of the simulator.

usage: python benches/draw_speed.py
"""

from __future__ import annotations

import json
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from measure import RECORD, ROOT

N = 10_000
BLUE, GREY = "#0072b2", "#b0b0b0"


def bars(record: dict[str, Any]) -> list[tuple[str, float, float, float, str]]:
    """Name, median, smallest and largest microseconds per account, colour."""
    found = []
    for variant in ("plain", "tuned"):
        row = record["seconds"][f"{N:,} accounts, 1 thread, beside {variant} NumPy"]["reference"]
        found.append((f"NumPy, {variant}, 1 thread", row, GREY))
    for threads in (1, 2):
        name = f"{threads} thread{'s' * (threads > 1)}"
        row = record["seconds"][f"{N:,} accounts, {name}, beside tuned NumPy"]["ours"]
        found.append((f"fakeengage, {name}", row, BLUE))
    each = 1e6 / N
    return [
        (name, row["median"] * each, row["min"] * each, row["max"] * each, colour)
        for name, row, colour in found
    ]


def main() -> None:
    record = json.loads((RECORD / "simulate.json").read_text(encoding="utf-8"))
    rows = bars(record)[::-1]
    figure, ax = plt.subplots(figsize=(8, 2.6), layout="constrained")
    for y, (name, median, low, high, colour) in enumerate(rows):
        ax.barh(y, median, color=colour, xerr=[[median - low], [high - median]], ecolor="black", capsize=3)
        ax.text(high + 2, y, f"{median:.3g}", va="center")
        ax.text(-1, y, name, va="center", ha="right")
    ax.set_yticks([])
    ax.set_xlim(0, 1.12 * max(row[3] for row in rows))
    ax.set_xlabel(
        f"microseconds of wall time per account (median, smallest, largest of {record['runs']} runs)"
    )
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.set_title(
        f"{N:,} accounts of 336 hours x 4 metrics, preset published, 35 % fake, {record['date'][:10]}",
        loc="left",
        fontsize=10,
    )
    figure.savefig(ROOT / "docs" / "images" / "speed.png", dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    main()
