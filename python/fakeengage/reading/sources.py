"""What a source is (file, folder, stream, frame), found from its content and not from its name."""

from __future__ import annotations

import gzip
import os
import sys
import zlib
from collections.abc import Iterator
from io import BufferedIOBase
from pathlib import Path
from typing import Any

import numpy as np

from fakeengage.reading.blocks import Block, Source
from fakeengage.reading.columns import find_columns
from fakeengage.reading.delimited import HEAD_BYTES, delimited_source
from fakeengage.reading.errors import InputError
from fakeengage.reading.options import Options

BLOCK_ROWS = 1 << 17

_WRONG_KIND = {
    b"PK\x03\x04": ("is a zip archive or an Excel workbook", "save the table as CSV, or unpack it"),
    b"%PDF": ("is a PDF", "give a CSV or Parquet file"),
    b"BZh": ("is compressed with bzip2", "unpack it, or compress with gzip"),
    b"\xfd7zXZ": ("is compressed with xz", "unpack it, or compress with gzip"),
    b"\x28\xb5\x2f\xfd": ("is compressed with zstd", "unpack it, or compress with gzip"),
    b"\xff\xfe": ("is UTF-16 text", "save it as CSV UTF-8"),
    b"\xfe\xff": ("is UTF-16 text", "save it as CSV UTF-8"),
    b"SQLite": ("is a database", "export the table as CSV or Parquet"),
}


def open_source(source: Any, options: Options) -> Source:
    """Source over a path, ``-`` (standard input), or a frame (pandas, polars, Arrow).

    Raises
    ------
    InputError
        If there is no readable table.
    TypeError
        If `source` is none of these.
    """
    if isinstance(source, (str, os.PathLike)):
        if os.fspath(source) == "-":
            return _stdin(options)
        path = Path(source)
        if path.is_dir():
            return _folder(path, options)
        return _file(path, str(source), options)
    from fakeengage.reading.frames import as_table

    table = as_table(source)
    wanted = find_columns(
        "<table>", [str(name) for name in table.column_names], options.columns, options.from_events
    )
    spelled = {known: str(table.column_names[i]) for known, i in wanted.items()}
    picked = table.select(list(wanted.values())).rename_columns(list(wanted))
    return Source("<table>", spelled, lambda: _table_blocks([picked]))


def _stdin(options: Options) -> Source:
    import shutil
    import tempfile

    # Kept on disk: the kind of a source is found from its start, and it is then read from its start.
    folder = tempfile.TemporaryDirectory(prefix="fakeengage-stdin-")
    try:
        copy = Path(folder.name, "stdin")
        with copy.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        source = _file(copy, "<stdin>", options)
    except BaseException:
        folder.cleanup()
        raise
    source.close = folder.cleanup
    return source


def _file(path: Path, where: str, options: Options) -> Source:
    try:
        with path.open("rb") as stream:
            magic = stream.read(8)
    except FileNotFoundError:
        raise InputError(where, "does not exist", "check the path") from None
    except OSError as error:
        raise InputError(
            where, f"cannot be opened ({error.strerror})", "check the path and the permissions"
        ) from None
    if magic[:4] == b"PAR1":
        return _parquet([path], where, options)
    if magic[:6] == b"ARROW1":
        return _arrow_file(path, where, options)
    packed = magic[:2] == b"\x1f\x8b"

    def open_stream() -> BufferedIOBase:
        return _Unpacked(path, where) if packed else path.open("rb")

    with open_stream() as text:
        head = text.read(HEAD_BYTES)
    for start, (what, remedy) in _WRONG_KIND.items():
        if head.startswith(start):
            raise InputError(where, what, remedy)
    if b"\0" in head:
        raise InputError(where, "is binary, not a table", "give a CSV, CSV.gz or Parquet file")
    return delimited_source(where, open_stream, head, options)


class _Unpacked(gzip.GzipFile):
    """Gzip stream whose damage is told in the user's words, wherever it shows."""

    def __init__(self, path: Path, where: str) -> None:
        super().__init__(path, "rb")
        self._where = where

    def read(self, size: int | None = -1) -> bytes:
        try:
            return super().read(size)
        except EOFError:
            raise InputError(self._where, "the gzip file is cut off", "copy or download it again") from None
        except (OSError, zlib.error) as error:
            raise InputError(
                self._where, f"the gzip file is damaged ({error})", "copy or download it again"
            ) from None


def _folder(path: Path, options: Options) -> Source:
    if (path / "dataset.json").is_file():
        source = _parquet(sorted((path / "series").glob("part-*.parquet")), str(path), options)
        source.folder = path
        return source
    if (path / "series").is_dir():
        raise InputError(
            str(path), "is an unfinished data set (no dataset.json)", "run the same simulate command again"
        )
    parts = sorted(p for p in path.rglob("*.parquet") if p.is_file())
    return _parquet(parts, str(path), options)


def _parquet(parts: list[Path], where: str, options: Options) -> Source:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not parts:
        raise InputError(
            where,
            "is a folder without a Parquet file",
            "give a CSV file, or Parquet file or folder",
        )
    names: list[str] = []
    for part in parts:
        try:
            names = names or list(pq.read_schema(part).names)
        except (pa.ArrowException, OSError) as error:
            raise _damaged(where, part, error) from None
    wanted = find_columns(where, names, options.columns, options.from_events)
    spelled = {known: names[i] for known, i in wanted.items()}

    def blocks() -> Iterator[Block]:
        line = 1
        for part in parts:
            try:
                with pq.ParquetFile(part) as file:
                    absent = [name for name in spelled.values() if name not in file.schema_arrow.names]
                    if absent:
                        raise InputError(
                            str(part),
                            f"has no column {absent[0]!r}, other parts have",
                            "write all parts alike",
                        )
                    for batch in file.iter_batches(BLOCK_ROWS, columns=list(spelled.values())):
                        table = pa.Table.from_batches([batch]).select(list(spelled.values()))
                        yield Block(table.rename_columns(list(spelled)), np.arange(line, line + len(table)))
                        line += len(table)
            except (pa.ArrowException, OSError) as error:
                raise _damaged(where, part, error) from None

    return Source(where, spelled, blocks)


def _damaged(where: str, part: Path, error: Exception) -> InputError:
    name = where if where.endswith(part.name) else f"{where}/{part.name}"
    return InputError(name, f"is not readable Parquet ({str(error)[:200]})", "write or download it again")


def _arrow_file(path: Path, where: str, options: Options) -> Source:
    import pyarrow as pa

    try:
        table = pa.ipc.open_file(path.read_bytes()).read_all()
    except (pa.ArrowException, OSError) as error:
        raise InputError(
            where, f"is not a readable Arrow file ({str(error)[:200]})", "write it again"
        ) from None
    wanted = find_columns(where, table.column_names, options.columns, options.from_events)
    spelled = {known: table.column_names[i] for known, i in wanted.items()}
    picked = table.select(list(wanted.values())).rename_columns(list(wanted))
    return Source(where, spelled, lambda: _table_blocks([picked]))


def _table_blocks(tables: list[Any]) -> Iterator[Block]:
    line = 1
    for table in tables:
        for begin in range(0, max(len(table), 1), BLOCK_ROWS):
            part = table.slice(begin, BLOCK_ROWS)
            yield Block(part, np.arange(line, line + len(part)))
            line += len(part)
