"""The table of benchmarks: every pair a line, sums added up from the pairs and not written down."""

from __future__ import annotations

from typing import Any

import pytest

import kernel_table
import measure


def case(kernel: str, peer: str, ours_us: float, peer_us: float, parameters: str = "") -> dict[str, Any]:
    ratio = {"median": peer_us / ours_us, "min": 1.0, "max": 99.0}
    return {
        "labels": {"kernel": kernel, "parameters": parameters, "peer": peer},
        "ours": {"cpu_us_per_unit": ours_us},
        "reference": {"cpu_us_per_unit": peer_us},
        "cpu_ratio": ratio,
        "figures": {"difference": 1e-12},
    }


@pytest.fixture
def record() -> dict[str, Any]:
    cases = [
        case("shannon_entropy", "tsfresh.binned_entropy", 1, 50),
        case("sample_entropy", "tsfresh.sample_entropy", 9, 10_000),
        case("hurst", "tsfresh.no_such_set", 7, 7),
        case("sample_entropy", "antropy.sample_entropy (numba)", 8, 160),
        case("approximate_entropy", "antropy.app_entropy", 10, 900),
        case("permutation_entropy", "antropy.perm_entropy", 2, 30, "order 3"),
        case("rolling", "bottleneck", 2, 4, "median 24"),
        case("rolling", "bottleneck", 1, 3, "sum 24"),
        case("fano_factor", "bottleneck", 1, 1.5),
        case("hurst", "NumPy, batch", 1, 2.5),
        case("cusum", "NumPy and numba", 1, 0.5),
    ]
    return {**measure.surroundings(), "seconds": {str(k): one for k, one in enumerate(cases)}}


def cells(text: str, start: str) -> list[str]:
    (line,) = [line for line in text.splitlines() if line.startswith(f"| {start} |")]
    return [cell.strip() for cell in line.strip("|").split("|")][1:]


def test_every_pair_is_a_line(record: dict[str, Any]) -> None:
    text = kernel_table.table(record)
    want = ["order 3", "antropy.perm_entropy", "2.00", "30.00", "15.0x (1.00 to 99.0)", "1e-12"]
    assert cells(text, "permutation_entropy") == want
    kernels = [row.kernel for row in kernel_table.rows_of(record)]
    assert kernels == sorted(kernels)
    assert len(kernels) == len(record["seconds"])


def test_sums_are_added_up_from_the_pairs(record: dict[str, Any]) -> None:
    text = kernel_table.table(record)
    assert cells(text, "tsfresh, shared calculators") == ["2", "10.00", "10,050", "1,005x"]
    alone = cells(text, "tsfresh, without sample and approximate entropy")
    assert alone == ["1", "1.00", "50.00", "50.0x"]
    assert cells(text, "antropy") == ["3", "20.00", "1,090", "54.5x"]
    # Whoever asks for both entropies pays for the dearer one.
    joint = cells(text, "antropy, sample and approximate entropy in one pass")
    assert joint == ["3", "12.00", "1,090", "90.8x"]
    assert cells(text, "bottleneck, rolling windows") == ["2", "3.00", "7.00", "2.33x"]
    assert "- antropy: approximate_entropy; permutation_entropy, order 3; sample_entropy\n" in text


def test_the_worst_pair_is_named(record: dict[str, Any]) -> None:
    text = kernel_table.table(record).partition("## Worst")[2]
    assert cells(text, "bottleneck") == ["fano_factor", "bottleneck", "1.00", "1.50", "1.50x"]
    assert cells(text, "NumPy") == ["hurst", "NumPy, batch", "1.00", "2.50", "2.50x"]


def test_a_part_of_the_pairs_has_a_table(record: dict[str, Any]) -> None:
    record["seconds"] = {}
    assert "## Sums" in kernel_table.table(record)
