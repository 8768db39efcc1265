"""Folders of labelled data: parts under temporary names, renamed when whole, hashed at the end."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fakeengage._native import VERSION
from fakeengage.dataset.joining import join, pack_labels
from fakeengage.dataset.workers import in_order

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA = 1
"""Version of the folder's layout; a reader refuses newer ones."""

ROWS_PER_PART = 1 << 20
"""Rows of one part of the long table, which is also one row group: the unit of memory and of resuming."""

_DIGITS = 64
"""Hexadecimal digits of a SHA-256."""

Progress = Callable[[int, int], None]
"""Called with (accounts written, accounts in all) after every part, in order."""


@dataclass(frozen=True)
class Written:
    """What a writer of parts returns: the SHA-256 of the series, and the labels."""

    digest: str
    accounts: pa.Table
    windows: pa.Table


WritePart = Callable[[Path, int, int], Written]
"""Writes the series of accounts (start, stop) to a file; called by several threads at once."""


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
        "accounts_per_part": max(1, ROWS_PER_PART // max(n_steps, 1)),
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


@contextmanager
def _renamed_when_done(path: Path) -> Iterator[Path]:
    """A name that no reader takes for a part; what was written under it is renamed at the end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _write_json(path: Path, content: dict[str, Any]) -> None:
    with _renamed_when_done(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def write_folder(
    root: Path,
    fingerprint: dict[str, Any],
    write_part: WritePart,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
    threads: int = 1,
) -> Path:
    """Write a data set part by part, on `threads` threads, and resume one that was begun."""
    # Through JSON and back, so that it compares equal with what is read.
    about = {"schema": SCHEMA, **json.loads(json.dumps(fingerprint))}
    _claim(root, about, overwrite)
    n, per_part = about["n_accounts"], about["accounts_per_part"]
    # A data set without accounts has one part, too: a table needs its columns.
    n_parts = max(1, -(-n // per_part))
    digests: dict[str, str] = {}

    def finish(number: int) -> str:
        done = _digest_if_done(root, number)
        start, stop = number * per_part, min((number + 1) * per_part, n)
        return done or _write_part(root, number, lambda path: write_part(path, start, stop))

    with closing(in_order(finish, n_parts, threads)) as parts:
        for number, found in enumerate(parts):
            digests[f"series/{_series_path(root, number).name}"] = found
            if progress is not None and n:
                progress(min((number + 1) * per_part, n), n)
    labels = {kind: root / f"{kind}.parquet" for kind in ("accounts", "windows")}
    with ExitStack() as stack:
        targets = {kind: stack.enter_context(_renamed_when_done(path)) for kind, path in labels.items()}
        join((_read_labels(root, number)[2] for number in range(n_parts)), targets)
    digests |= {path.name: digest(path) for path in labels.values()}
    _write_json(root / "dataset.json", {**about, "sha256": digests})
    _forget_unfinished(root)
    return root


def is_finished(root: Path, fingerprint: dict[str, Any]) -> bool:
    """Whether the folder holds this very data set, complete and unchanged."""
    found = read_json(root / "dataset.json")
    if found is None:
        return False
    digests = found.pop("sha256", {})
    if found != {"schema": SCHEMA, **json.loads(json.dumps(fingerprint))}:
        return False
    return all((root / name).is_file() and digest(root / name) == digests[name] for name in digests)


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
            # Finished before, but asked for again: the labels of its parts are gone, so all is made anew.
            _clear(root)
    if (root / ".unfinished.json").is_file():
        _remove_temporary(root)
    else:
        _clear(root)
        _write_json(root / ".unfinished.json", about)


def _clear(root: Path) -> None:
    """Remove the files of a data set, and nothing else."""
    for name in ("dataset.json", ".unfinished.json", "accounts.parquet", "windows.parquet"):
        (root / name).unlink(missing_ok=True)
    for path in (*root.glob("series/part-*.parquet"), *root.glob(".labels/part-*")):
        path.unlink(missing_ok=True)
    _remove_temporary(root)


def _remove_temporary(root: Path) -> None:
    """Remove what a killed run was writing."""
    for pattern in (".*.tmp", "series/.*.tmp", ".labels/.*.tmp"):
        for path in root.glob(pattern):
            path.unlink(missing_ok=True)


def _forget_unfinished(root: Path) -> None:
    for path in (root / ".labels").glob("part-*"):
        path.unlink(missing_ok=True)
    if (root / ".labels").is_dir() and not any((root / ".labels").iterdir()):
        (root / ".labels").rmdir()
    (root / ".unfinished.json").unlink(missing_ok=True)


def _series_path(root: Path, number: int) -> Path:
    return root / "series" / f"part-{number:05d}.parquet"


def _labels_path(root: Path, number: int) -> Path:
    """Labels of a part until all parts are done, and the proof that this one is.

    The SHA-256 of the series and that of the labels in hexadecimal digits, then the labels.
    """
    return root / ".labels" / f"part-{number:05d}"


def _read_labels(root: Path, number: int) -> tuple[str, str, bytes]:
    content = _labels_path(root, number).read_bytes()
    series, labels = content[:_DIGITS].decode("ascii"), content[_DIGITS : 2 * _DIGITS].decode("ascii")
    return series, labels, content[2 * _DIGITS :]


def _digest_if_done(root: Path, number: int) -> str | None:
    """Digest of the series of a part that is whole; None for one that is to be made (again).

    A file with the right name proves little after a power failure: its bytes may never have
    reached the disk. So both files are held against their digests.
    """
    try:
        series, labels, content = _read_labels(root, number)
        whole = labels == hashlib.sha256(content).hexdigest() and series == digest(_series_path(root, number))
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    return series if whole else None


def _write_part(root: Path, number: int, write_part: Callable[[Path], Written]) -> str:
    with _renamed_when_done(_series_path(root, number)) as temporary:
        part = write_part(temporary)
    labels = pack_labels(part.accounts, part.windows)
    head = (part.digest + hashlib.sha256(labels).hexdigest()).encode("ascii")
    # The labels come last: a part without them is not done.
    with _renamed_when_done(_labels_path(root, number)) as temporary, temporary.open("wb") as file:
        file.write(head)
        file.write(labels)
    return part.digest
