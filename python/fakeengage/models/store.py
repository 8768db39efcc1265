"""Saved models: a folder of plain numbers and one description, never code.

``model.json`` holds the kind, versions, settings and the SHA-256 of every part;
``arrays.safetensors`` holds the arrays. Loading checks all of it before anything is built.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SCHEMA = 1
"""Version of the folder layout; a newer one is refused."""

_DESCRIPTION = "model.json"
_ARRAYS = "arrays.safetensors"
_MAX_BYTES = 512 * 1024 * 1024

Arrays = dict[str, NDArray[Any]]


class ModelError(ValueError):
    """A model folder that cannot be used: missing, damaged, or written by a newer version."""


def save_arrays(folder: str | os.PathLike[str], kind: str, settings: dict[str, Any], arrays: Arrays) -> Path:
    """Writes a model folder; an existing one is replaced part by part, description last."""
    from safetensors.numpy import save

    from fakeengage import __version__

    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    content = save({name: np.ascontiguousarray(array) for name, array in sorted(arrays.items())})
    description = {
        "schema": SCHEMA,
        "kind": kind,
        "fakeengage": __version__,
        "parts": {_ARRAYS: hashlib.sha256(content).hexdigest()},
        "settings": settings,
    }
    # The description checks itself too: a changed digit in a setting is as bad as one in an array.
    description["sha256"] = _digest(description)
    for name, data in (
        (_ARRAYS, content),
        (_DESCRIPTION, (json.dumps(description, indent=1, sort_keys=True) + "\n").encode()),
    ):
        temporary = target / (name + ".partial")
        temporary.write_bytes(data)
        temporary.replace(target / name)
    return target


def load_arrays(folder: str | os.PathLike[str]) -> tuple[str, dict[str, Any], Arrays]:
    """Kind, settings and arrays of a model folder, after every check.

    Raises
    ------
    ModelError
        If the folder is missing, incomplete, changed since it was written, or newer than this
        version understands.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    source = Path(folder)
    try:
        raw = _read(source / _DESCRIPTION)
        content = _read(source / _ARRAYS)
    except OSError as error:
        raise ModelError(
            f"model: {source} is not a saved model ({error.strerror or error}); "
            "give a folder written by `fakeengage train`"
        ) from None
    try:
        description = json.loads(raw)
        schema = description["schema"]
        stated = description.pop("sha256")
        parts = description["parts"]
        kind, settings = description["kind"], dict(description["settings"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ModelError(
            f"model: {source / _DESCRIPTION} is damaged; copy the folder again or retrain"
        ) from None
    if not isinstance(schema, int) or schema > SCHEMA:
        raise ModelError(
            f"model: {source} has schema {schema}, this version understands {SCHEMA}; upgrade fakeengage"
        )
    if stated != _digest(description) or parts != {_ARRAYS: hashlib.sha256(content).hexdigest()}:
        raise ModelError(
            f"model: {source} was changed after it was written; copy the folder again or retrain"
        )
    try:
        arrays = load(content)
    except SafetensorError as error:
        raise ModelError(f"model: {source / _ARRAYS} is damaged ({error}); retrain") from None
    return str(kind), settings, arrays


def save_plain(path: Path, arrays: Arrays, note: dict[str, str]) -> None:
    """Arrays with a note in one file, whole or not at all: what a training keeps of its progress."""
    from safetensors.numpy import save

    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".partial")
    temporary.write_bytes(
        save({name: np.ascontiguousarray(array) for name, array in sorted(arrays.items())}, metadata=note)
    )
    temporary.replace(path)


def load_plain(path: Path) -> tuple[Arrays, dict[str, str]]:
    """What :func:`save_plain` wrote.

    Raises
    ------
    ModelError
        If the file is damaged.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, dict(file.metadata() or {})  # noqa: SIM118
    except SafetensorError as error:
        raise ModelError(f"model: {path} is damaged ({error}); delete it and train again") from None


def _read(path: Path) -> bytes:
    if path.stat().st_size > _MAX_BYTES:
        raise ModelError(
            f"model: {path} is larger than {_MAX_BYTES >> 20} MB; it is not a model of this package"
        )
    return path.read_bytes()


def _digest(description: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(description, sort_keys=True).encode()).hexdigest()
