"""The same bytes from every instruction set: each path is forced in a process of its own."""

import json
import os
import subprocess
import sys

import pytest

from fakeengage import _native
from fakeengage.presets import PRESETS

PATHS = ("plain", "avx2", "avx512")

# Lengths that fill no whole register, gaps, several platforms and series injected afterwards.
MAKE = """
import hashlib, json
import numpy as np
import fakeengage as fe
from fakeengage import _native
from fakeengage.presets import PRESETS

digests = {}
for preset in PRESETS:
    for length, missing in ((336, None), (101, 0.2)):
        shape = dict(n_users=140, length=length, n_worlds=2, missing=missing)
        made = fe.simulate(preset=preset, seed=5, keep_clean=True, **shape)
        parts = [np.ascontiguousarray(a).tobytes() for a in (made.panel.values, made.clean, made.mask)]
        digests[f"{preset} {length}"] = hashlib.sha256(b"".join(parts)).hexdigest()
    injected = fe.inject(made.panel, "bursts_small", seed=2)
    attacked = np.ascontiguousarray(injected.panel.values).tobytes()
    digests[f"{preset} injected"] = hashlib.sha256(attacked).hexdigest()
print(json.dumps({"path": _native.simd_path(), "digests": digests}))
"""


def forced(path: str) -> dict[str, object]:
    environment = {**os.environ, "FAKEENGAGE_SIMD": path}
    done = subprocess.run(
        [sys.executable, "-c", MAKE], env=environment, capture_output=True, text=True, check=True
    )
    result: dict[str, object] = json.loads(done.stdout)
    return result


@pytest.fixture(scope="module")
def best() -> dict[str, object]:
    return forced("")


def test_left_alone_the_process_takes_the_widest_path(best: dict[str, object]) -> None:
    assert best["path"] in (*PATHS, "neon")
    digests = best["digests"]
    assert isinstance(digests, dict)
    assert len(set(digests.values())) == len(digests) == 3 * len(PRESETS)


@pytest.mark.parametrize("path", PATHS)
def test_each_path_makes_the_same_bytes(path: str, best: dict[str, object]) -> None:
    made = forced(path)
    if made["path"] != path:
        pytest.skip(f"this machine has no {path}")
    assert made["digests"] == best["digests"]


def test_a_path_that_is_not_known_changes_nothing(best: dict[str, object]) -> None:
    assert forced("no-such-path")["path"] == best["path"]
    assert _native.simd_path() in (*PATHS, "neon")
