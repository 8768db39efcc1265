"""Cells to numbers: moments and counts, whole columns at a time, with a verdict per cell."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fakeengage.reading.errors import InputError

MAX_COUNT = 1e15
"""Largest count believed. float64 still holds every whole number up to here exactly."""

FIRST_SECOND, LAST_SECOND = 0, 7_258_118_400
"""Moments from 1970 up to the year 2200; anything outside is a typing error or a wrong unit."""

OK, MISSING, UNREADABLE, OUTSIDE, INFINITE, TOO_LARGE = range(6)

REASONS = {
    INFINITE: "infinite",
    TOO_LARGE: "larger than 1e15",
    UNREADABLE: "not a number",
}

_MISSING_WORDS = [
    "",
    "na",
    "n/a",
    "#n/a",
    "nan",
    "-nan",
    "null",
    "none",
    "nil",
    "<na>",
    "nat",
    "-",
    "--",
    "\\n",
    "missing",
]
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_INFINITY = r"^[+-]?(inf|infinity|∞)$"

# Upper end of each unit of epoch numbers: seconds stay below 1e11 until the year 5138.
_EPOCH_UNITS = ((1e11, 1.0), (1e14, 1e3), (1e17, 1e6), (np.inf, 1e9))


def to_counts(column: Any, name: str) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """Counts of a column (NaN where there is none) and the verdict on each cell."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = _flat(column)
    kind = column.type
    if _is_text(kind):
        return _counts_from_text(column)
    if pa.types.is_null(kind):
        return np.full(len(column), np.nan), np.full(len(column), MISSING, np.uint8)
    if not (
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_decimal(kind)
    ):
        raise InputError(name, f"holds {kind}, not numbers", "give whole numbers")
    if pa.types.is_boolean(kind):
        column = pc.cast(column, pa.int8())
    values = pc.cast(column, pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return _judge_counts(np.array(values, dtype=np.float64), np.zeros(len(column), np.uint8))


def _judge_counts(
    values: NDArray[np.float64], verdict: NDArray[np.uint8]
) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    unknown = verdict == OK
    verdict[unknown & np.isnan(values)] = MISSING
    verdict[unknown & np.isinf(values)] = INFINITE
    verdict[unknown & np.isfinite(values) & (np.abs(values) > MAX_COUNT)] = TOO_LARGE
    values[verdict != OK] = np.nan
    return values, verdict


def _counts_from_text(column: Any) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    import pyarrow as pa
    import pyarrow.compute as pc

    verdict = np.zeros(len(column), np.uint8)
    try:
        plain = pc.if_else(pc.equal(column, ""), pa.scalar(None, column.type), column)
        values = np.array(pc.cast(plain, pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
        if not np.isinf(values).any():  # the word, or more digits than fit?
            return _judge_counts(values, verdict)
    except pa.ArrowInvalid:
        pass  # some cell is no plain number: look at each
    trimmed = pc.utf8_trim_whitespace(column)
    lower = pc.utf8_lower(trimmed)
    missing = pc.fill_null(pc.is_in(lower, value_set=pa.array(_MISSING_WORDS, lower.type)), True)
    number = pc.fill_null(pc.match_substring_regex(trimmed, _NUMBER), False)
    infinite = pc.fill_null(pc.match_substring_regex(lower, _INFINITY), False)
    bare = pc.replace_substring_regex(trimmed, r"^\+", "")
    values = pc.cast(pc.if_else(number, bare, pa.scalar(None, bare.type)), pa.float64()).to_numpy(
        zero_copy_only=False
    )
    values = np.array(values, dtype=np.float64)
    is_number = _bool(number)
    verdict[~is_number] = UNREADABLE
    verdict[_bool(infinite)] = INFINITE
    verdict[_bool(missing)] = MISSING
    verdict[is_number & np.isinf(values)] = TOO_LARGE
    return _judge_counts(values, verdict)


def to_seconds(column: Any, timezone: str | None, name: str) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Seconds since 1970 UTC of a column, and the verdict on each cell.

    Text is ISO 8601 or an epoch number; numbers are epochs in seconds, milliseconds, microseconds or
    nanoseconds, told apart by size. Moments without a zone are in `timezone`, UTC when it is ``None``;
    an hour that the end of summer time repeats is taken as its first occurrence.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    column = _flat(column)
    kind = column.type
    if _is_text(kind):
        # Accounts share their moments, so there are far fewer different texts than rows.
        encoded = pc.dictionary_encode(column)
        codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
        seconds, verdict = _seconds_from_text(encoded.dictionary, timezone)
        return np.append(seconds, 0)[codes], np.append(verdict, np.uint8(MISSING))[codes]
    missing = _bool(pc.is_null(column))
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        typed = pc.cast(
            column, pa.timestamp("us", kind.tz if pa.types.is_timestamp(kind) else None), safe=False
        )
        micro = pc.fill_null(pc.cast(typed, pa.int64()), 0).to_numpy(zero_copy_only=False)
        seconds = micro // 1_000_000
        verdict = np.where(missing, MISSING, OK).astype(np.uint8)
        if pa.types.is_date(kind) or kind.tz is None:
            seconds, verdict = _localised(seconds, verdict, timezone)
        return _judge_seconds(seconds, verdict)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        numbers = pc.cast(column, pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        return _seconds_from_epoch(
            np.array(numbers, np.float64), np.where(missing, MISSING, OK).astype(np.uint8)
        )
    if pa.types.is_null(kind):
        return np.zeros(len(column), np.int64), np.full(len(column), MISSING, np.uint8)
    raise InputError(
        name, f"holds {kind}, not moments", "give ISO 8601 text, a timestamp type, or epoch seconds"
    )


def _seconds_from_text(texts: Any, timezone: str | None) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    import pyarrow as pa
    import pyarrow.compute as pc

    seconds = np.zeros(len(texts), np.int64)
    verdict = np.full(len(texts), UNREADABLE, np.uint8)
    trimmed = pc.utf8_trim_whitespace(texts)
    verdict[_bool(pc.is_in(pc.utf8_lower(trimmed), value_set=pa.array(_MISSING_WORDS, trimmed.type)))] = (
        MISSING
    )
    compact = _bool(pc.match_substring_regex(trimmed, r"^(19|20|21)\d{6}$"))
    epoch = _bool(pc.match_substring_regex(trimmed, r"^-?\d+(\.\d*)?$")) & ~compact
    if epoch.any():
        numbers = pc.cast(trimmed.filter(pa.array(epoch)), pa.float64()).to_numpy(zero_copy_only=False)
        seconds[epoch], verdict[epoch] = _seconds_from_epoch(
            np.array(numbers), np.zeros(int(epoch.sum()), np.uint8)
        )
    iso = _bool(pc.match_substring_regex(trimmed, r"^\d{4}-\d{2}|^\d{8}T")) | compact
    if iso.any():
        seconds[iso], verdict[iso] = _seconds_from_iso(trimmed.filter(pa.array(iso)), timezone)
    return seconds, verdict


def _seconds_from_iso(texts: Any, timezone: str | None) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    import pandas as pd
    import pyarrow.compute as pc

    texts = pc.replace_substring_regex(texts, r"\s*(UTC|GMT|Z|z)$", "Z")
    texts = pc.replace_substring_regex(texts, r"\s+([+-]\d{2})", r"\1")
    naive = ~_bool(pc.match_substring_regex(texts, r"[T ]\d{2}.*(Z|[+-]\d{2}(:?\d{2})?)$"))
    moments = pd.to_datetime(
        pd.Series(texts.to_pylist(), dtype=object), format="ISO8601", utc=True, errors="coerce"
    )
    stamps = np.asarray(moments.dt.tz_localize(None), dtype="datetime64[s]")
    missing = np.isnat(stamps)
    seconds = np.where(missing, 0, stamps.astype(np.int64))
    # pandas before 3 counts nanoseconds, which end in 2262, and says of a later year only that it failed.
    far = missing & _bool(pc.match_substring_regex(texts, r"^(0|1[0-8]|19[0-6]|2[2-9]|[3-9])\d+-"))
    verdict = np.select([far, missing], [OUTSIDE, UNREADABLE], OK).astype(np.uint8)
    if timezone is not None and naive.any():
        seconds[naive], verdict[naive] = _localised(seconds[naive], verdict[naive], timezone)
    return _judge_seconds(seconds, verdict)


def _localised(
    seconds: NDArray[np.int64], verdict: NDArray[np.uint8], timezone: str | None
) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    if timezone is None:
        return seconds, verdict
    import pandas as pd

    bounded = np.clip(seconds, FIRST_SECOND - 86_400, LAST_SECOND)
    local = pd.DatetimeIndex(bounded.astype("datetime64[s]"))
    known = local.tz_localize(timezone, ambiguous=np.ones(len(local), dtype=bool), nonexistent="NaT")
    stamps = np.asarray(known.tz_convert("UTC").tz_localize(None), dtype="datetime64[s]")
    gone = np.isnat(stamps)  # a local time that summer time skips
    verdict = np.where(gone & (verdict == OK), UNREADABLE, verdict).astype(np.uint8)
    moved = np.where(gone, 0, stamps.astype(np.int64))
    return np.where(bounded == seconds, moved, seconds), verdict


def _seconds_from_epoch(
    numbers: NDArray[np.float64], verdict: NDArray[np.uint8]
) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    verdict[(verdict == OK) & np.isnan(numbers)] = MISSING
    verdict[(verdict == OK) & np.isinf(numbers)] = UNREADABLE
    numbers = np.where(verdict == OK, numbers, 0.0)
    size = np.abs(numbers)
    unit = np.select([size < limit for limit, _ in _EPOCH_UNITS], [unit for _, unit in _EPOCH_UNITS], 1e9)
    return _judge_seconds(np.clip(np.floor(numbers / unit), -1e12, 1e12).astype(np.int64), verdict)


def _judge_seconds(
    seconds: NDArray[np.int64], verdict: NDArray[np.uint8]
) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    verdict[(verdict == OK) & ((seconds < FIRST_SECOND) | (seconds >= LAST_SECOND))] = OUTSIDE
    return np.where(verdict == OK, seconds, 0), verdict


def cell_texts(column: Any, rows: NDArray[np.int64]) -> list[Any]:
    """Cells as text, to quote them in a rejection."""
    import pyarrow as pa
    import pyarrow.compute as pc

    some = _flat(column).take(rows)
    try:
        found = some.to_pylist()
    except (OverflowError, ValueError):  # moments that no calendar holds
        found = pc.cast(some, pa.int64()).to_pylist()
    return [None if v is None else str(v) for v in found]


def text_codes(column: Any, name: str) -> tuple[list[Any], NDArray[np.int64]]:
    """Different values in order of first appearance (text or whole numbers), and each row's position there.

    -1 where there is none.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    column = _flat(column)
    kind = column.type
    if pa.types.is_null(kind):
        return [], np.full(len(column), -1, np.int64)
    if pa.types.is_nested(kind):
        raise InputError(name, f"holds {kind}", "give text or whole numbers")
    if pa.types.is_floating(kind):
        # Whole numbers turn into floats where a frame also holds missing ids.
        numbers = pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False)
        known = numbers[~np.isnan(numbers)]
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, kind), column)
        whole = bool((np.isfinite(known) & (known == np.rint(known)) & (np.abs(known) < 2**53)).all())
        column = pc.cast(column, pa.int64() if whole else pa.string())
    elif not _is_text(kind) and (not pa.types.is_integer(kind) or kind == pa.uint64()):
        column = pc.cast(column, pa.string())
    encoded = pc.dictionary_encode(column)
    codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    return encoded.dictionary.to_pylist(), codes


def _flat(column: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
        if isinstance(column, pa.ChunkedArray):
            column = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    if pa.types.is_dictionary(column.type):
        column = pc.cast(column, column.type.value_type)
    if hasattr(pa.types, "is_string_view") and pa.types.is_string_view(column.type):
        column = pc.cast(column, pa.large_string())
    return column


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _bool(mask: Any) -> NDArray[np.bool_]:
    import pyarrow.compute as pc

    return np.asarray(pc.fill_null(mask, False).to_numpy(zero_copy_only=False), dtype=bool)
