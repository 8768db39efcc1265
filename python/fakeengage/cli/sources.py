"""What DATA on the command line may be, as the objects that the functions take."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def is_simulated(data: str) -> bool:
    """Whether `data` is a folder written by ``fakeengage simulate``."""
    return data != "-" and (Path(data) / "dataset.json").is_file()


def load(data: str, reading: dict[str, Any] | None = None) -> Any:
    """A simulated data set as such; everything else as a panel.

    Raises
    ------
    ValueError
        If the data cannot be read.
    OSError
        If there is no such file.
    """
    import fakeengage as fe

    if is_simulated(data):
        return fe.load_dataset(data)
    check_exists(data)
    return fe.read_panel(data, **(reading or {}))


def check_exists(data: str) -> None:
    """Refuse a path that is not there before anything heavy is loaded.

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder.
    """
    if data != "-" and not Path(data).exists():
        raise FileNotFoundError(2, "no such file or folder", data)
