"""The common form in which every kind of source hands over its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass
class Block:
    """Some consecutive rows.

    Parameters
    ----------
    table
        Arrow table of the known columns, under their own names; text or typed.
    lines
        Line number of each row.
    broken
        Positions of rows that could not be split into fields.
    broken_reasons, broken_texts
        Why, and the text of the row.
    """

    table: Any
    lines: NDArray[np.int64]
    broken: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    broken_reasons: list[str] = field(default_factory=list)
    broken_texts: list[str] = field(default_factory=list)


@dataclass
class Source:
    """A table that can be read from its start, block by block.

    Parameters
    ----------
    where
        Name for messages.
    columns
        Known column -> name in the source.
    blocks
        Starts reading.
    text
        Whether all cells are text, so that integer ids must be recognised.
    close
        Frees what the source holds (a temporary copy).
    folder
        Folder of a saved data set, whose labels lie beside its series.
    """

    where: str
    columns: dict[str, str]
    blocks: Callable[[], Iterator[Block]]
    text: bool = False
    close: Callable[[], None] = lambda: None
    folder: Path | None = None
