"""The same bytes from every instruction set: each path is forced in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakeengage import _native, kernels
from fakeengage.presets import PRESETS

PATHS = ("plain", "avx2", "avx512")

# Where the references of kernels are, and whatever is on the path already.
IMPORTS = os.pathsep.join(filter(None, [str(Path(__file__).parent), os.environ.get("PYTHONPATH")]))

# Every kernel with all of its parameters, all features and a net: lengths that fill no whole register, gaps,
# flat series, ties. The transform behind spectral entropy picks its own instructions, so that its last bits
# may differ; its values are compared and not its bytes.
MEASURE = """
import hashlib, json, sys
import numpy as np
import fakeengage as fe
from fakeengage import _native
from fakeengage.features import feature_matrix
from fakeengage.models.network import Network, channels
from network_reference import random_weights
from kernel_reference import all_references, answer

rng = np.random.default_rng(7)
digests, spectra = {}, {}
for n_steps in (336, 101, 17):
    x = np.rint(rng.lognormal(3, 1, (40, n_steps)))
    x[::5] = 1e6 + rng.normal(size=x[::5].shape)
    x[1::5] = rng.integers(0, 3, x[1::5].shape)
    x[2::10][rng.random(x[2::10].shape) < 0.2] = np.nan
    x[3] = 0.1
    for reference in all_references():
        said = answer(reference, x)
        if said is None:
            continue
        name = f"{reference} {n_steps}"
        if reference.kernel == "spectral_entropy":
            spectra[name] = [None if np.isnan(v) else v for v in said.tolist()]
        else:
            digests[name] = hashlib.sha256(said.tobytes()).hexdigest()
    panel = fe.simulate(n_users=30, length=n_steps + 60, seed=3, missing=0.05).panel
    digests[f"features {n_steps}"] = hashlib.sha256(feature_matrix(panel).tobytes()).hexdigest()
    digests[f"channels {n_steps}"] = hashlib.sha256(channels(panel).tobytes()).hexdigest()
    for width in (20, 48):
        net = Network(random_weights(width, width=width), np.array([1, 9, 64]))
        said = b"".join(part.tobytes() for part in net.answer(panel[:5]))
        digests[f"net of {width} {n_steps}"] = hashlib.sha256(said).hexdigest()
print(json.dumps({"path": _native.simd_path(), "digests": digests, "spectra": spectra}))
"""

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


def forced(path: str, code: str = MAKE) -> dict[str, Any]:
    environment = {**os.environ, "FAKEENGAGE_SIMD": path, "PYTHONPATH": IMPORTS}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    result: dict[str, Any] = json.loads(done.stdout)
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


@pytest.fixture(scope="module")
def measured() -> dict[str, Any]:
    return forced("", MEASURE)


def test_every_kernel_is_measured(measured: dict[str, Any]) -> None:
    names = {name.partition("(")[0] for part in ("digests", "spectra") for name in measured[part]}
    assert set(kernels.__all__) < names


@pytest.mark.parametrize("path", PATHS)
def test_each_path_measures_the_same(path: str, measured: dict[str, Any]) -> None:
    made = forced(path, MEASURE)
    if made["path"] != path:
        pytest.skip(f"this machine has no {path}")
    assert made["digests"] == measured["digests"]
    assert made["spectra"].keys() == measured["spectra"].keys()
    for name, values in measured["spectra"].items():
        np.testing.assert_allclose(
            np.array(made["spectra"][name], dtype=float), np.array(values, dtype=float), rtol=1e-12
        )


def test_a_path_that_is_not_known_changes_nothing(best: dict[str, object]) -> None:
    assert forced("no-such-path")["path"] == best["path"]
    assert _native.simd_path() in (*PATHS, "neon")
