"""Labels of the parts, and the two tables that they end up in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_ROW_GROUP = 1 << 16
"""Rows of one row group of a joined table: the unit of memory when joining."""


def schema_of(kind: str) -> pa.Schema:
    """Columns of ``accounts.parquet`` or ``windows.parquet``."""
    import pyarrow as pa

    text, whole, real, moment = pa.string(), pa.int64(), pa.float64(), pa.timestamp("ms", tz="UTC")
    columns = {
        "accounts": {
            "account_id": text, "profile": text, "scenario": text, "is_fake": pa.bool_(), "attack": text,
            "cohort_id": text, "cohort_size": whole, "intensity": real, "world": whole, "owner_id": text,
        },
        "windows": {
            "account_id": text, "attack": text, "metric": text, "start": whole, "end": whole,
            "injected": real, "start_time": moment, "end_time": moment,
        },
    }  # fmt: skip
    return pa.schema(list(columns[kind].items()))


def table_of(kind: str, frame: pd.DataFrame) -> pa.Table:
    """A frame of labels as a table."""
    import pyarrow as pa

    schema = schema_of(kind)
    table = pa.Table.from_pandas(frame.reindex(columns=schema.names), schema=schema, preserve_index=False)
    # Notes of pandas about its index would differ from part to part.
    return table.replace_schema_metadata(None)


def count_fakes(folder: Path) -> int:
    """Number of fake accounts of a finished data set, without reading anything else of it."""
    import pyarrow.parquet as pq

    table = pq.read_table(folder / "accounts.parquet", columns=["is_fake"])
    return sum(chunk.true_count for chunk in table["is_fake"].chunks)


def pack_labels(accounts: pa.Table, windows: pa.Table) -> bytes:
    """Labels of one part as bytes (two Arrow streams), for :func:`join`."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    for table in (accounts, windows):
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def join(parts: Iterable[bytes], targets: Mapping[str, Path]) -> None:
    """Join the labels of all parts into one file for accounts and one for windows.

    Parameters
    ----------
    parts
        What :func:`pack_labels` gave for each part.
    targets
        Where ``accounts`` and ``windows`` go.
    """
    with ExitStack() as stack:
        tables = {kind: stack.enter_context(closing(_Table(kind, path))) for kind, path in targets.items()}
        for part in parts:
            _add_part(part, tables)


def _add_part(part: bytes, tables: Mapping[str, _Table]) -> None:
    import pyarrow as pa

    source = pa.BufferReader(part)
    for kind in ("accounts", "windows"):
        with pa.ipc.open_stream(source) as reader:
            tables[kind].add(reader.read_all())


class _Table:
    """A Parquet file that gathers the rows of many parts into row groups of a useful size."""

    def __init__(self, kind: str, path: Path) -> None:
        import pyarrow.parquet as pq

        self._schema = schema_of(kind)
        # Ids of accounts are all different, so a dictionary of them costs time and gains nothing.
        texts = [
            field.name for field in self._schema if field.type == "string" and field.name != "account_id"
        ]
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd", use_dictionary=texts)
        self._waiting: list[pa.Table] = []
        self._rows = 0

    def add(self, table: pa.Table) -> None:
        self._waiting.append(table)
        self._rows += len(table)
        if self._rows >= _ROW_GROUP:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        # The same names in every part, so that dictionaries join without a look at the rows.
        table = pa.concat_tables(self._waiting).unify_dictionaries().cast(self._schema)
        self._writer.write_table(table.combine_chunks())
        self._waiting, self._rows = [], 0

    def close(self) -> None:
        if self._waiting:
            self._flush()
        self._writer.close()
