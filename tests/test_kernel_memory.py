"""Kernels read large arrays row by row: no copy of the input in another type is ever made."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import memory

MEASURE = """
import json, sys
import numpy as np
from fakeengage import kernels
from memory import peak_bytes, resident_bytes

arguments = json.loads(sys.argv[1])
kernel = getattr(kernels, sys.argv[2])
kernel(np.ones((4, 336), dtype=np.float32), **arguments)
before = resident_bytes()
x = np.ones((60_000, 336), dtype=np.float32)
x[:, ::5] = 3
answer = kernel(x, **arguments)
print(json.dumps({"added": peak_bytes() - before, "size": x.nbytes + answer.nbytes}))
"""


@pytest.mark.skipif(not memory.AVAILABLE, reason="this system does not tell a process its peak")
@pytest.mark.parametrize(
    ("kernel", "arguments"),
    [
        ("rolling", {"window": 24, "statistic": "median", "threads": 2}),
        ("rolling", {"window": 24, "statistic": "mean", "threads": 1}),
        ("permutation_entropy", {"order": 3, "threads": 2}),
        ("fano_factor", {"window": 6}),
    ],
)
def test_little_more_than_input_and_output(kernel: str, arguments: dict[str, object]) -> None:
    """Half as much again at most; float64 of a float32 input alone would be twice as much."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, json.dumps(arguments), kernel],
        # Where `memory` is: the first place that a command looks into.
        cwd=Path(memory.__file__).parent,
        capture_output=True,
        text=True,
        check=True,
    )
    used = json.loads(done.stdout)
    assert used["size"] <= used["added"] < 1.5 * used["size"]
