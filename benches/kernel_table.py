"""The figures of all kernels as one table, and what they add up to beside whole libraries.

usage: python benches/kernel_table.py prints the recorded one
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from measure import RECORD

REGULARITY = ("sample_entropy", "approximate_entropy")
# Kernels that one library offers as a set: what a user of it would replace.
TSFRESH = ("autocorrelation", "shannon_entropy", "permutation_entropy", "linear_trend", *REGULARITY)
ANTROPY = ("spectral_entropy", "permutation_entropy", "detrended_fluctuation", *REGULARITY)

TIMES = ("ours, us", "peer, us")


@dataclass(frozen=True)
class Row:
    """One pair as measured; times are processor time per series."""

    kernel: str
    parameters: str
    peer: str
    ours_us: float
    peer_us: float
    ratio: dict[str, float]
    difference: float

    @property
    def package(self) -> str:
        """First word of the peer: its package, or NumPy where the whole peer is written in it."""
        return self.peer.replace(",", ".").split(".")[0].split(" (")[0]

    @property
    def title(self) -> str:
        return f"{self.kernel}, {self.parameters}" if self.parameters else self.kernel


def rows_of(record: dict[str, Any]) -> list[Row]:
    """The pairs of a record, by kernel."""
    rows = [
        Row(
            **case["labels"],
            ours_us=case["ours"]["cpu_us_per_unit"],
            peer_us=case["reference"]["cpu_us_per_unit"],
            ratio=case["cpu_ratio"],
            difference=case["figures"]["difference"],
        )
        for case in record["seconds"].values()
    ]
    return sorted(rows, key=lambda row: row.kernel)


def markdown(text: Sequence[str], numbers: Sequence[str], body: Iterable[Sequence[str]]) -> list[str]:
    """Lines of a table: columns of text, then columns of numbers."""
    lines = [[*text, *numbers], ["---"] * len(text) + ["---:"] * len(numbers), *body]
    return [f"| {' | '.join(cells)} |" for cells in lines]


def us(value: float) -> str:
    return f"{value:.2f}" if value < 100 else f"{value:,.0f}"


def times(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def sums(rows: list[Row]) -> list[tuple[str, list[Row], float]]:
    """What is added up: a name, its pairs, and time of ours that is counted in two of them."""
    of = {
        (package, *kernels): [row for row in rows if row.package == package and row.kernel in kernels]
        for package, kernels in (
            ("tsfresh", TSFRESH),
            ("antropy", ANTROPY),
            *((package, ("rolling",)) for package in ("pandas", "polars", "bottleneck")),
        )
    }
    tsfresh, antropy, *rolling = of.values()
    # Either of the two is computed by the pass that gives both.
    both = min((row.ours_us for row in antropy if row.kernel in REGULARITY), default=0.0)
    return [
        ("tsfresh, shared calculators", tsfresh, 0.0),
        (
            "tsfresh, without sample and approximate entropy",
            [row for row in tsfresh if row.kernel not in REGULARITY],
            0.0,
        ),
        ("antropy", antropy, 0.0),
        ("antropy, sample and approximate entropy in one pass", antropy, both),
        *((f"{chosen[0].package}, rolling windows", chosen, 0.0) for chosen in rolling if chosen),
    ]


def summary(rows: list[Row]) -> list[str]:
    """Sums over what each library shares with the kernels, then the pairs in which ours does worst."""
    body = []
    for name, chosen, shared in sums(rows):
        if chosen:
            ours, theirs = sum(row.ours_us for row in chosen) - shared, sum(row.peer_us for row in chosen)
            body.append([name, str(len(chosen)), us(ours), us(theirs), f"{times(theirs / ours)}x"])
    lines = ["## Sums", "", *markdown(["beside"], ["pairs", *TIMES, "ratio"], body), ""]
    lines += ["Everything that library and kernels share; of rolling windows those of the table, else:", ""]
    for name, chosen, shared in sums(rows):
        if chosen and not shared and "rolling" not in name:
            lines.append(f"- {name}: {'; '.join(row.title for row in chosen)}")
    worst = []
    for package in ("bottleneck", "NumPy"):
        chosen = [row for row in rows if row.package == package]
        if chosen:
            row = min(chosen, key=lambda row: row.ratio["median"])
            ratio = f"{times(row.ratio['median'])}x"
            worst.append([package, row.title, row.peer, us(row.ours_us), us(row.peer_us), ratio])
    table = markdown(["beside", "kernel", "peer"], [*TIMES, "ratio"], worst)
    return [*lines, "", "## Worst", "", *table]


def pair_lines(rows: list[Row]) -> list[str]:
    return markdown(
        ["kernel", "parameters", "peer"],
        [*TIMES, "ratio (min to max)", "difference"],
        (
            [
                row.kernel,
                row.parameters,
                row.peer,
                us(row.ours_us),
                us(row.peer_us),
                f"{times(row.ratio['median'])}x ({times(row.ratio['min'])} to {times(row.ratio['max'])})",
                f"{row.difference:.1g}",
            ]
            for row in rows
        ),
    )


def table(record: dict[str, Any]) -> str:
    """The whole record as Markdown."""
    rows = rows_of(record)
    load = record["load"]
    where = [
        record["date"][:10],
        f"commit {(record['commit'] or 'unknown')[:12]}",
        record["processor"],
        f"{record['cores']} cores",
        *([f"load {load[0]:.1f}"] if load else []),
        f"Python {record['python']}",
        f"NumPy {record['numpy']}",
        f"fakeengage {record['fakeengage']}",
    ]
    lines = [
        "# Kernels beside NumPy and their best peers",
        "",
        f"{', '.join(where)}. `python benches/bench_kernels.py --record`",
        "",
        f"Processor time per series of 336 steps on one thread: medians of {record['runs']} turns; each turn "
        "gives one ratio, peer over ours. Difference: the largest, relative to 1 + the peer's value.",
        "",
        *pair_lines(rows),
        "",
        *summary(rows),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    recorded = RECORD / "kernels.json"
    if not recorded.exists():
        raise SystemExit("kernel_table: nothing recorded; run python benches/bench_kernels.py --record first")
    print(table(json.loads(recorded.read_text(encoding="utf-8"))))
