"""The public contract, checked by the script that outside users run, where it lies beside the project."""

import subprocess
import sys
from pathlib import Path

import pytest

CHECK = Path(__file__).resolve().parents[2] / "shared" / "contract" / "check.py"
SECTIONS = ["simulate", "panel", "kernels", "features", "models", "score", "cli"]
"""Sections that this version promises to keep; it grows with the package."""


@pytest.mark.parametrize("section", SECTIONS)
def test_section_holds(section: str) -> None:
    if not CHECK.exists():
        pytest.skip("contract/check.py is not beside the project")
    done = subprocess.run([sys.executable, str(CHECK), section], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
