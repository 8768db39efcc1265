"""Rows sorted into buckets of accounts; what does not fit into memory waits on disk."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

MEMORY_BYTES = 64 << 20
"""Rows held in memory before they are written to the temporary folder."""


@dataclass
class Rows:
    """Usable rows: position of the account, line, moment, one value per metric."""

    account: NDArray[np.int64]
    line: NDArray[np.int64]
    seconds: NDArray[np.int64]
    values: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.account)

    def take(self, at: NDArray[Any]) -> Rows:
        """Some rows, by mask or position."""
        return Rows(self.account[at], self.line[at], self.seconds[at], self.values[at])


def join(parts: list[Rows], n_metrics: int) -> Rows:
    """Rows of all parts, in order."""
    if len(parts) == 1:
        return parts[0]
    none = np.empty(0, np.int64)
    parts = parts or [Rows(none, none, none, np.empty((0, n_metrics)))]
    return Rows(
        np.concatenate([p.account for p in parts]),
        np.concatenate([p.line for p in parts]),
        np.concatenate([p.seconds for p in parts]),
        np.concatenate([p.values for p in parts]),
    )


class Buckets:
    """Rows by ranges of `size` accounts, in order of first appearance (``None``: one bucket, in memory).

    A file may list its accounts one after another or hour after hour; either way each row goes to the
    bucket of its account, so that a bucket can later be taken whole, whatever the order was.
    """

    def __init__(self, size: int | None, n_metrics: int) -> None:
        self._size = size
        self._n_metrics = n_metrics
        self._held: dict[int, list[Rows]] = {}
        self._bytes = 0
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def put(self, rows: Rows) -> None:
        """Add rows."""
        if len(rows) == 0:
            return
        if self._size is None:
            self._held.setdefault(0, []).append(rows)
            return
        bucket = rows.account // self._size
        if bucket[0] == bucket[-1] and (bucket == bucket[0]).all():
            self._held.setdefault(int(bucket[0]), []).append(rows)
        else:
            order = np.argsort(bucket, kind="stable")
            edges = np.concatenate([[0], np.flatnonzero(np.diff(bucket[order])) + 1, [len(order)]])
            for begin, end in pairwise(edges):
                at = order[begin:end]
                self._held.setdefault(int(bucket[at[0]]), []).append(rows.take(at))
        self._bytes += len(rows) * 8 * (3 + self._n_metrics)
        if self._bytes > MEMORY_BYTES:
            self._write()

    def _write(self) -> None:
        self._folder = self._folder or tempfile.TemporaryDirectory(prefix="fakeengage-")
        for bucket, parts in self._held.items():
            rows = join(parts, self._n_metrics)
            with Path(self._folder.name, str(bucket)).open("ab") as file:
                np.array([len(rows)], np.int64).tofile(file)
                for column in (rows.account, rows.line, rows.seconds, rows.values):
                    np.ascontiguousarray(column).tofile(file)
        self._held.clear()
        self._bytes = 0

    def take(self, bucket: int) -> Rows:
        """All rows of one bucket, in the order of the source; it is forgotten here."""
        parts: list[Rows] = []
        path = Path(self._folder.name, str(bucket)) if self._folder else None
        if path is not None and path.exists():
            with path.open("rb") as file:
                while len(head := np.fromfile(file, np.int64, 1)):
                    n = int(head[0])
                    account, line, seconds = (np.fromfile(file, np.int64, n) for _ in range(3))
                    values = np.fromfile(file, np.float64, n * self._n_metrics).reshape(n, self._n_metrics)
                    parts.append(Rows(account, line, seconds, values))
            path.unlink()
        return join(parts + self._held.pop(bucket, []), self._n_metrics)

    def close(self) -> None:
        """Remove what was written to disk."""
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
