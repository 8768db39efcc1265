"""Delimited text (CSV and its relatives) as a stream of blocks, ragged rows kept aside."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BufferedIOBase
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fakeengage.reading.blocks import Block, Source
from fakeengage.reading.columns import find_columns
from fakeengage.reading.errors import InputError
from fakeengage.reading.options import Options

BLOCK_BYTES = 4 << 20
"""Text parsed at a time. Also the longest row, so it is generous."""

HEAD_BYTES = 1 << 16
DELIMITERS = ",;\t|"


@dataclass
class _Layout:
    delimiter: str
    names: list[str]
    skip: int  # physical lines up to and with the header


@dataclass
class _Ragged:
    """Rows with too many or too few fields, as the parser reports them."""

    lines: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    swallowed: list[tuple[int, str]] = field(default_factory=list)

    def catch(self, row: Any) -> str:
        text = str(row.text)
        if "\n" in text:
            # A quote that is opened and not closed swallows what follows it. Only its own line is at fault.
            text, _, rest = text.partition("\n")
            self.swallowed.append((int(row.number), rest))
            self.reasons.append("a quote is opened and not closed")
        else:
            self.reasons.append(f"{row.actual_columns} fields, the header has {row.expected_columns}")
        self.lines.append(int(row.number))
        self.texts.append(text)
        return "skip"

    def physical(self, lines: NDArray[np.int64]) -> NDArray[np.int64]:
        """Lines of the file of the parser's rows: a swallowed row holds more than one line."""
        for number, rest in self.swallowed:
            lines = np.where(lines > number, lines + rest.count("\n") + 1, lines)
        return lines


def _layout(where: str, head: bytes) -> _Layout:
    text = head.decode("utf-8-sig", errors="replace")
    lines = text.splitlines()
    skip = next((i for i, line in enumerate(lines) if line.strip()), len(lines))
    if skip == len(lines):
        raise InputError(where, "is empty", "give a table with account_id, timestamp and counts")
    delimiter = ""
    if lines[skip].strip().strip('"').lower().startswith("sep=") and skip + 1 < len(lines):
        delimiter = lines[skip].strip().strip('"')[4:5]  # Excel's own first line
        skip += 1
    header = lines[skip]
    if not delimiter:
        delimiter = max(DELIMITERS, key=lambda d: (_outside_quotes(header).count(d), d == ","))
    try:
        names = next(csv.reader([header], delimiter=delimiter))
    except csv.Error as error:
        raise InputError(
            where, f"the header cannot be read ({error})", "give a CSV with one line of column names"
        ) from None
    return _Layout(delimiter, [name.strip() for name in names], skip + 1)


def _outside_quotes(text: str) -> str:
    return "".join(text.split('"')[::2])


def delimited_source(
    where: str, open_stream: Callable[[], BufferedIOBase], head: bytes, options: Options
) -> Source:
    """Source over delimited text.

    Parameters
    ----------
    where
        Name of the file, for messages.
    open_stream
        Opens the (decompressed) text from its start.
    head
        Its first :data:`HEAD_BYTES` bytes.
    """
    layout = _layout(where, head)
    wanted = find_columns(where, layout.names, options.columns, options.from_events)
    spelled = {known: layout.names[i] for known, i in wanted.items()}
    return Source(where, spelled, lambda: _blocks(where, open_stream, layout, wanted), text=True)


def _blocks(
    where: str, open_stream: Callable[[], BufferedIOBase], layout: _Layout, wanted: dict[str, int]
) -> Iterator[Block]:
    with open_stream() as stream:
        yield from _parse(where, stream, layout, wanted, layout.skip)


def _parse(
    where: str, stream: BufferedIOBase, layout: _Layout, wanted: dict[str, int], skip: int, line: int = 0
) -> Iterator[Block]:
    """Blocks of the rows after `skip` lines; `line` lines of the file lie before the stream."""
    import pyarrow as pa
    import pyarrow.csv as pacsv

    ragged = _Ragged()
    names = [str(i) for i in range(len(layout.names))]
    needed = [str(i) for i in wanted.values()]
    try:
        reader = pacsv.open_csv(
            stream,
            read_options=pacsv.ReadOptions(
                use_threads=False, column_names=names, skip_rows=skip, block_size=BLOCK_BYTES
            ),
            parse_options=pacsv.ParseOptions(
                delimiter=layout.delimiter,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=ragged.catch,
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(needed, pa.string()),
                include_columns=needed,
                strings_can_be_null=False,
            ),
        )
        following = skip + 1
        while True:
            try:
                batch = reader.read_next_batch()
            except StopIteration:
                break
            table = pa.Table.from_batches([batch]).rename_columns(list(wanted))
            lines, following = _lines(following, len(table), np.array(ragged.lines, dtype=np.int64))
            yield _with_ragged(table, lines, ragged, layout, wanted, line, before=following)
    except pa.ArrowInvalid as error:
        raise _parser_error(where, str(error)) from None
    if ragged.lines:
        empty = pa.table({known: pa.array([], pa.string()) for known in wanted})
        yield _with_ragged(empty, np.empty(0, np.int64), ragged, layout, wanted, line, before=None)
    for number, rest in ragged.swallowed:
        # Each pass consumes at least one line, so this ends.
        yield from _parse(where, io.BytesIO(rest.encode()), layout, wanted, 0, line + number)


def _lines(first: int, n: int, ragged: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    """Line numbers of `n` good rows from `first` on, stepping over the ragged ones; and the next line."""
    ragged = ragged[ragged >= first]
    ahead = np.searchsorted(ragged - first - np.arange(len(ragged)), np.arange(n), side="right")
    lines = first + np.arange(n, dtype=np.int64) + ahead
    return lines, int(lines[-1]) + 1 if n else first


def _with_ragged(
    table: Any,
    lines: NDArray[np.int64],
    ragged: _Ragged,
    layout: _Layout,
    wanted: dict[str, int],
    offset: int,
    before: int | None,
) -> Block:
    """Block of the good rows, and between them those ragged ones that lie before line `before`."""
    import pyarrow as pa

    taken = [i for i, at in enumerate(ragged.lines) if before is None or at < before]
    if not taken:
        return Block(table, ragged.physical(lines) + offset)
    position = wanted["account_id"]
    ids, reasons, texts, at = [], [], [], []
    for i in taken:
        fields = _fields(ragged.texts[i], layout.delimiter)
        ids.append(fields[position] if position < len(fields) else "")
        reasons.append(ragged.reasons[i])
        texts.append(ragged.texts[i])
        at.append(ragged.lines[i])
    for store in (ragged.lines, ragged.texts, ragged.reasons):
        del store[: len(taken)]  # lines come in order, so those taken are the first
    extra = pa.table(
        {k: pa.array(ids if k == "account_id" else [""] * len(ids), pa.string()) for k in wanted}
    )
    every = np.concatenate([lines, np.array(at, dtype=np.int64)])
    order = np.argsort(every, kind="stable")
    broken = np.flatnonzero(order >= len(lines))
    return Block(
        pa.concat_tables([table, extra]).take(order),
        ragged.physical(every[order]) + offset,
        broken=broken,
        broken_reasons=[reasons[i - len(lines)] for i in order[broken]],
        broken_texts=[texts[i - len(lines)] for i in order[broken]],
    )


def _fields(text: str, delimiter: str) -> list[str]:
    if text.count('"') % 2:  # an unpaired quote hides the delimiters behind it
        text = text.replace('"', "")
    try:
        return next(csv.reader([text], delimiter=delimiter), [])
    except csv.Error:
        return []


def _parser_error(where: str, text: str) -> InputError:
    if "UTF8" in text:
        row = text.partition("Row #")[2].partition(":")[0]
        return InputError(
            where, "is not UTF-8 text" + (f" (line {row})" if row else ""), "save it as CSV UTF-8"
        )
    if "straddling" in text or "out of sync" in text:
        return InputError(
            where, "a quote is opened and never closed", "close the quote, or double quotes inside text"
        )
    if "skip initial" in text:
        return InputError(where, "has a header but no rows", "give one row per account and hour")
    return InputError(where, f"is not a readable table ({text})", "give a CSV with a header, or Parquet")
