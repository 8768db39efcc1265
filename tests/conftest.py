"""Fixtures shared by all tests."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

_REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def real_data() -> Callable[[str], Path]:
    """Path of a file of real series; the test is skipped by the file's name where it is not at hand."""
    folder = Path(os.environ.get("FAKEENGAGE_DATA", _REPOSITORY.parent / "shared" / "data"))

    def path(name: str) -> Path:
        found = folder / name
        if not found.exists():
            pytest.skip(f"real series {name} not found in {folder}")
        return found

    return path
