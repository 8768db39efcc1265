"""Result tables on disk: exact, atomic, and safe to open in a spreadsheet."""

from __future__ import annotations

import io
import json
import math
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pandas as pd

Format = Literal["csv", "parquet", "json"]
FORMATS: tuple[Format, ...] = ("csv", "parquet", "json")

_ALWAYS_FORMULA = ("=", "\t", "\r")
_SOMETIMES_FORMULA = ("+", "-", "@")
_FORMULA_MARKS = frozenset("(|!")


def check_format(value: str) -> Format:
    """The format named by `value`.

    Raises
    ------
    ValueError
        If it is not one of :data:`FORMATS`.
    """
    for known in FORMATS:
        if value == known:
            return known
    raise ValueError(f"format: {value!r} is not known; one of {', '.join(FORMATS)}")


def spreadsheet_safe(cell: Any) -> Any:
    """`cell`, with a leading apostrophe where a spreadsheet would run it as a formula.

    Ordinary ids such as ``@handle`` and ``-id`` stay as they are: a spreadsheet only runs them
    together with a call (``(``), a pipe (``|``) or a sheet reference (``!``).
    """
    if not isinstance(cell, str):
        return cell
    if cell.startswith(_ALWAYS_FORMULA):
        return "'" + cell
    if cell.startswith(_SOMETIMES_FORMULA) and not _FORMULA_MARKS.isdisjoint(cell):
        return "'" + cell
    return cell


def to_bytes(frame: pd.DataFrame, format: Format) -> bytes:
    """`frame` in `format`: timestamps in UTC, ISO 8601 where the format is text."""
    if format == "parquet":
        buffer = io.BytesIO()
        _parquet_ready(frame).to_parquet(buffer, index=False)
        return buffer.getvalue()
    if format == "json":
        lines = (json.dumps(record, ensure_ascii=False, allow_nan=False) for record in records(frame))
        text = "[" + ",\n ".join(lines) + "]\n"
    else:
        text = _csv_ready(frame).to_csv(index=False, lineterminator="\n")
    return text.encode("utf-8", errors="backslashreplace")


def records(frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Rows as plain Python values: missing is ``None``, a moment is ISO 8601 text."""
    columns = [plain_list(frame[name]) for name in frame.columns]
    names = [str(name) for name in frame.columns]
    for row in zip(*columns, strict=True):
        yield dict(zip(names, row, strict=True))


def plain_list(column: pd.Series[Any]) -> list[Any]:
    """Values of a column as plain Python values (see :func:`plain`)."""
    if column.dtype.kind == "M":
        column = _iso(column)
    return [plain(value) for value in column.tolist()]


def plain(value: Any) -> Any:
    """`value` as JSON knows it: no NaN, no NumPy scalar, moments as text, keys as text."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): plain(entry) for key, entry in value.items()}
    if hasattr(value, "columns") and hasattr(value, "to_dict"):
        return list(records(value))
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(entry) for entry in value]
    if hasattr(value, "isoformat"):
        # NaT has isoformat too, and is the only moment that differs from itself.
        return value.isoformat().replace("+00:00", "Z") if value == value else None
    if type(value).__name__ == "NAType":
        return None
    return str(value)


def write_atomically(path: Path, content: bytes) -> None:
    """Write `content` under a temporary name beside `path`, then rename.

    A killed run leaves the old file or none, never half a file that looks whole.

    Raises
    ------
    OSError
        If the folder cannot be written to; the message names the file and the remedy.
    """
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        temporary.write_bytes(content)
        os.replace(temporary, path)  # noqa: PTH105 - replaces on Windows too, and says so
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise OSError(
            f"{path}: cannot be written ({error.strerror or error}); choose another --out"
        ) from error


def make_folder(folder: str | os.PathLike[str]) -> Path:
    """`folder`, made where it does not exist.

    Raises
    ------
    NotADirectoryError
        If a file of that name exists.
    OSError
        If it cannot be made.
    """
    path = Path(folder)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise NotADirectoryError(f"{path}: is a file or lies below one; name a folder in --out") from None
    except OSError as error:
        raise OSError(f"{path}: cannot be made ({error.strerror or error}); choose another --out") from error
    return path


def _iso(column: pd.Series[Any]) -> pd.Series[Any]:
    """Moments of a column as text like ``2024-03-01T00:00:00Z``; naive ones are UTC already."""
    utc = column.dt.tz_convert("UTC") if getattr(column.dtype, "tz", None) is not None else column
    text: pd.Series[Any] = utc.dt.strftime("%Y-%m-%dT%H:%M:%SZ").astype(object)
    return text.where(column.notna(), None)


def _csv_ready(frame: pd.DataFrame) -> pd.DataFrame:
    ready = frame.copy(deep=False)
    for name in frame.columns:
        column = frame[name]
        if column.dtype.kind == "M":
            ready[name] = _iso(column)
        elif column.dtype.kind == "O" or str(column.dtype).startswith(("str", "category")):
            ready[name] = column.astype(object).map(lambda cell: spreadsheet_safe(_csv_cell(cell)))
    return ready


def _csv_cell(cell: Any) -> Any:
    if isinstance(cell, (list, tuple)):
        return "; ".join(map(str, cell))
    return plain(cell) if hasattr(cell, "isoformat") else cell


def _parquet_ready(frame: pd.DataFrame) -> pd.DataFrame:
    """Parquet columns have one type each: a column of mixed ids is written as text."""
    ready = frame.copy(deep=False)
    for name in frame.columns:
        column = frame[name]
        if column.dtype.kind == "M" and getattr(column.dtype, "tz", None) is None:
            ready[name] = column.dt.tz_localize("UTC")
        elif column.dtype.kind == "O":
            # isna knows every kind of missing value; pandas.NA even refuses to be compared.
            given = column.notna()
            if len({type(value) for value in column[given]}) > 1:
                ready[name] = column.map(str).where(given, None)
    return ready
