"""Folders of labelled data: parts under temporary names, renamed when whole, hashed at the end."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fakeengage._native import VERSION
from fakeengage.panel import METRICS

if TYPE_CHECKING:
    import pyarrow as pa

    from fakeengage.dataset import Dataset

SCHEMA = 1
"""Version of the folder's layout; a reader refuses newer ones."""

ROWS_PER_PART = 1 << 20
"""Rows of one part of the long table, which is also one row group: the unit of memory and of resuming."""

Progress = Callable[[int, int], None]
"""Called with (accounts written, accounts in all) after every part."""


def about_spec(
    spec: dict[str, Any] | None, start_step: int, first: int, n_accounts: int, n_steps: int, clean: bool
) -> dict[str, Any]:
    """What ``dataset.json`` says: two data sets are the same when this is."""
    return {
        "spec": spec,
        "seed": None if spec is None else spec["seed"],
        "first": first,
        "n_accounts": n_accounts,
        "n_steps": n_steps if n_accounts else 0,
        "start_step": start_step if n_accounts else 0,
        "clean": clean,
        "version": VERSION,
    }


def read_json(path: Path) -> dict[str, Any] | None:
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise ValueError(f"{path}: is not JSON ({error}); delete it and simulate again") from error
    return content


def digest(path: Path) -> str:
    with path.open("rb") as file:
        sha256 = hashlib.sha256()
        while block := file.read(1 << 20):
            sha256.update(block)
    return sha256.hexdigest()


def _rename_when_done(path: Path, write: Callable[[Path], None]) -> None:
    """Write under a name that no reader takes for a part, then rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        write(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _write_json(path: Path, content: dict[str, Any]) -> None:
    text = json.dumps(content, indent=1, sort_keys=True) + "\n"
    _rename_when_done(path, partial(_write_text, text))


def _write_text(text: str, path: Path) -> None:
    path.write_text(text, encoding="utf-8")


def write_folder(
    root: Path,
    fingerprint: dict[str, Any],
    make: Callable[[int, int], Dataset],
    overwrite: bool,
    progress: Progress | None,
) -> Path:
    # Through JSON and back, so that it compares equal with what is read.
    about = {"schema": SCHEMA, **json.loads(json.dumps(fingerprint))}
    _claim(root, about, overwrite)
    n, steps = about["n_accounts"], max(about["n_steps"], 1)
    per_part = max(1, ROWS_PER_PART // steps)
    starts = range(0, n, per_part)
    for number, start in enumerate(starts):
        stop = min(start + per_part, n)
        if not all(path.is_file() for path in _part_files(root, number)):
            _write_part(root, number, make(start, stop))
        if progress is not None:
            progress(stop, n)
    if not n:
        _write_part(root, 0, make(0, 0))
    numbers = range(max(len(starts), 1))
    for k, name in ((1, "accounts.parquet"), (2, "windows.parquet")):
        sources = [_part_files(root, number)[k] for number in numbers]
        _rename_when_done(root / name, partial(_join, sources))
    names = ["accounts.parquet", "windows.parquet"]
    names += [f"series/{_part_files(root, number)[0].name}" for number in numbers]
    _write_json(root / "dataset.json", {**about, "sha256": {name: digest(root / name) for name in names}})
    for number in numbers:
        for path in _part_files(root, number)[1:]:
            path.unlink(missing_ok=True)
    if (root / ".labels").is_dir() and not any((root / ".labels").iterdir()):
        (root / ".labels").rmdir()
    (root / ".unfinished.json").unlink(missing_ok=True)
    return root


def _claim(root: Path, about: dict[str, Any], overwrite: bool) -> None:
    """Take the folder for this data set; remove another one only when asked to."""
    for name in ("dataset.json", ".unfinished.json"):
        found = read_json(root / name)
        if found is None:
            continue
        found.pop("sha256", None)
        if found != about:
            if not overwrite:
                raise ValueError(f"{root}: holds another data set; choose another folder or overwrite it")
            _clear(root)
        elif name == "dataset.json":
            # Finished before: parts are made again only where a file is missing, and all is hashed anew.
            _clear(root)
    if not (root / ".unfinished.json").is_file():
        _clear(root)
        _write_json(root / ".unfinished.json", about)


def _clear(root: Path) -> None:
    """Remove the files of a data set, and nothing else."""
    for name in ("dataset.json", ".unfinished.json", "accounts.parquet", "windows.parquet"):
        (root / name).unlink(missing_ok=True)
    for path in (
        *root.glob("series/part-*.parquet"),
        *root.glob(".labels/*.parquet"),
        *root.glob("**/.*.tmp"),
    ):
        path.unlink(missing_ok=True)


def _part_files(root: Path, number: int) -> tuple[Path, Path, Path]:
    """The long table, accounts and windows of one part."""
    labels = root / ".labels"
    return (
        root / "series" / f"part-{number:05d}.parquet",
        labels / f"accounts-{number:05d}.parquet",
        labels / f"windows-{number:05d}.parquet",
    )


def _write_part(root: Path, number: int, part: Dataset) -> None:
    series, accounts, windows = _part_files(root, number)
    # The series come last: a part counts as done when all three files are there.
    for path, table in (
        (accounts, _accounts_table(part)),
        (windows, _windows_table(part)),
        (series, _series_table(part)),
    ):
        _rename_when_done(path, partial(_write_table, table))


def _write_table(table: pa.Table, path: Path) -> None:
    import pyarrow.parquet as pq

    pq.write_table(table, path, row_group_size=ROWS_PER_PART, compression="zstd")


def _join(sources: list[Path], target: Path) -> None:
    import pyarrow.parquet as pq

    with pq.ParquetWriter(target, pq.read_schema(sources[0]), compression="zstd") as writer:
        for source in sources:
            writer.write_table(pq.read_table(source))


def _series_table(part: Dataset) -> pa.Table:
    import pyarrow as pa

    panel = part.panel
    n, length = len(panel), panel.n_steps
    ids = pa.array(panel.account_ids, pa.string())
    clock = panel.timestamps.astype("datetime64[ms]")
    columns: dict[str, Any] = {
        "account_id": pa.DictionaryArray.from_arrays(
            pa.array(np.repeat(np.arange(n, dtype=np.int32), length)), ids
        ),
        "timestamp": pa.array(np.tile(clock, n), pa.timestamp("ms", tz="UTC")),
    }
    counts = {"": panel.values} if part.clean is None else {"": panel.values, "clean_": part.clean}
    for prefix, dense in counts.items():
        for m, metric in enumerate(METRICS):
            column = dense[:, :, m].reshape(-1) if n else np.empty(0, np.float32)
            columns[prefix + metric] = _whole(column)
    bits = (part.mask.astype(np.uint8) << np.arange(len(METRICS), dtype=np.uint8)).sum(2, dtype=np.uint8)
    columns["changed"] = pa.array(bits.reshape(-1))
    return pa.table(columns)


def _whole(column: NDArray[np.float32]) -> pa.Array:
    """Counts as nullable integers; missing ones are null."""
    import pyarrow as pa

    missing = np.isnan(column)
    whole = np.where(missing, 0, column).astype(np.int64)
    return pa.array(whole, mask=missing if missing.any() else None)


def _accounts_table(part: Dataset) -> pa.Table:
    import pyarrow as pa

    frame = part.accounts
    text, whole = pa.string(), pa.int64()
    kinds = {
        "account_id": text, "profile": text, "scenario": text, "is_fake": pa.bool_(), "attack": text,
        "cohort_id": text, "cohort_size": whole, "intensity": pa.float64(), "world": whole, "owner_id": text,
    }  # fmt: skip
    table = pa.Table.from_pandas(
        frame.reindex(columns=list(kinds)), schema=pa.schema(list(kinds.items())), preserve_index=False
    )
    # Notes of pandas about its index would differ from part to part.
    return table.replace_schema_metadata(None)


def _windows_table(part: Dataset) -> pa.Table:
    import pyarrow as pa

    moment = pa.timestamp("ms", tz="UTC")
    kinds = {
        "account_id": pa.string(), "attack": pa.string(), "metric": pa.string(), "start": pa.int64(),
        "end": pa.int64(), "injected": pa.float64(), "start_time": moment, "end_time": moment,
    }  # fmt: skip
    table = pa.Table.from_pandas(
        part.windows.reindex(columns=list(kinds)), schema=pa.schema(list(kinds.items())), preserve_index=False
    )
    # Notes of pandas about its index would differ from part to part.
    return table.replace_schema_metadata(None)
