"""Frames of any kind (pandas, polars, Arrow, anything with an Arrow stream) as one Arrow table."""

from __future__ import annotations

from typing import Any


def as_table(frame: Any) -> Any:
    """Arrow table of a frame, without a copy where the frame allows it.

    Raises
    ------
    TypeError
        If `frame` is no table.
    """
    import pyarrow as pa

    if isinstance(frame, pa.RecordBatch):
        return pa.Table.from_batches([frame])
    if isinstance(frame, pa.Table):
        return frame
    if type(frame).__module__.partition(".")[0] == "pandas":
        return _from_pandas(frame)
    if hasattr(frame, "collect") and type(frame).__module__.partition(".")[0] == "polars":
        frame = frame.collect()  # a lazy frame
    if hasattr(frame, "__arrow_c_stream__"):
        return pa.table(frame)
    raise TypeError(
        f"source: {type(frame).__name__} is not allowed; "
        "give a path, a folder, '-', or a pandas, polars or Arrow table"
    )


def _from_pandas(frame: Any) -> Any:
    import pandas as pd
    import pyarrow as pa

    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"source: pandas {type(frame).__name__} is not allowed; give a DataFrame")
    named = [name for name in frame.index.names if name is not None and name not in frame.columns]
    if named:
        frame = frame.reset_index(level=named)
    # By position, because pandas allows a name twice.
    return pa.Table.from_arrays(
        [_column(frame.iloc[:, i]) for i in range(frame.shape[1])],
        names=[str(name) for name in frame.columns],
    )


def _column(values: Any) -> Any:
    import pyarrow as pa

    try:
        column = pa.array(values, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        # A column of mixed objects: each is judged as the text that it prints as.
        column = pa.array([None if _absent(v) else str(v) for v in values.tolist()], pa.string())
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _absent(value: Any) -> bool:
    # NaN and NaT are the values that differ from themselves; pandas.NA answers neither yes nor no.
    if value is None:
        return True
    try:
        return bool(value != value)
    except (TypeError, ValueError):
        return True
