"""Presets as data: files of numbers, found by name, overridden field by field."""

from __future__ import annotations

import copy
import difflib
import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from fakeengage import _native

PRESETS = ("published", "realistic", "evasive", "blatant")
"""Names of the presets that the package ships."""

PRIOR_KEYS = ({"low", "high"}, {"median", "log_sd"}, {"choices"})
_FOLDER = Path(__file__).parent


def load_preset(preset: str | Path) -> dict[str, Any]:
    """The fields of a preset, by name or from a YAML file.

    Raises
    ------
    ValueError
        If there is no such preset, or the file is not one.
    """
    return copy.deepcopy(_load(str(preset)))


@lru_cache(maxsize=16)
def _parse(path: str, _stamp: int) -> dict[str, Any]:
    import yaml

    try:
        tree = yaml.load(
            Path(path).read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        )
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(
            f"preset: {path} is not YAML ({reason}); compare it with a shipped preset"
        ) from error
    if not isinstance(tree, dict):
        raise ValueError(f"preset: {path} holds no fields; compare it with a shipped preset")
    return tree


def _load(preset: str) -> dict[str, Any]:
    path = Path(preset)
    if preset in PRESETS:
        path = _FOLDER / f"{preset}.yaml"
    elif path.suffix not in {".yaml", ".yml"}:
        near = difflib.get_close_matches(preset, PRESETS, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(
            f"preset: {preset!r} is not allowed; one of {list(PRESETS)} or the path of a .yaml file{hint}"
        )
    if not path.is_file():
        raise ValueError(f"preset: there is no file {preset!r}")
    return _parse(str(path), path.stat().st_mtime_ns)


def is_prior(value: Any) -> bool:
    """Whether a value stands for a number drawn per world."""
    return isinstance(value, Mapping) and set(value) in PRIOR_KEYS


def apply_overrides(preset: dict[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """A preset with some fields replaced.

    Parameters
    ----------
    preset
        Fields as from :func:`load_preset`.
    overrides
        Nested fields, or dotted names, or both.

    Raises
    ------
    ValueError
        For a field that does not exist (with the nearest one that does) or a value of the wrong kind.
    """
    if not overrides:
        return preset
    known = json.loads(_native.expand_preset(json.dumps(preset)))
    out = copy.deepcopy(preset)
    for path, value in _flatten(overrides, known, ()):
        _check_value(".".join(path), _at(known, path), value)
        node = out
        for key in path[:-1]:
            # Attacks may be left out of a file: the engine fills them in.
            node = node.setdefault(key, {})
        node[path[-1]] = value
    return out


def _at(tree: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        tree = tree[key]
    return tree


def _flatten(
    overrides: Mapping[str, Any], known: dict[str, Any], above: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Path and value of every field that is overridden; refuses unknown ones."""
    for dotted, value in overrides.items():
        path = above + tuple(str(dotted).split("."))
        node: Any = known
        for depth, key in enumerate(path):
            if not isinstance(node, dict) or key not in node:
                raise ValueError(_unknown(".".join(path), path[: depth + 1], known))
            node = node[key]
        if isinstance(node, dict):
            if not isinstance(value, Mapping):
                raise ValueError(
                    f"overrides: {'.'.join(path)} is a group of fields {sorted(node)}, not {value!r}"
                )
            yield from _flatten(value, known, path)
        else:
            yield path, value


def _unknown(given: str, path: tuple[str, ...], known: dict[str, Any]) -> str:
    paths = [".".join(p) for p in _paths(known, ())]
    last = path[-1]
    siblings: Any = known
    for key in path[:-1]:
        siblings = siblings[key] if isinstance(siblings, dict) else {}
    near = difflib.get_close_matches(last, list(siblings) if isinstance(siblings, dict) else [], n=1)
    if near:
        hint = ".".join((*path[:-1], near[0]))
    else:
        leaves = {p.rsplit(".", 1)[-1]: p for p in reversed(paths)}
        close = difflib.get_close_matches(last, list(leaves), n=1)
        hint = leaves[close[0]] if close else ""
    advice = f"did you mean {hint!r}?" if hint else f"the groups are {sorted(known)}"
    return f"overrides: {given!r} is not a field of the preset; {advice}"


def _paths(tree: dict[str, Any], above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _paths(value, (*above, key))
        else:
            yield (*above, key)


def _check_value(name: str, known: Any, value: Any) -> None:
    def is_number(x: Any) -> bool:
        return isinstance(x, (int, float)) and not isinstance(x, bool) and x == x and abs(x) != float("inf")

    if isinstance(known, str):
        if not isinstance(value, str):
            raise ValueError(f"overrides: {name} = {value!r} is not allowed; text such as {known!r}")
    elif isinstance(known, list):
        if not (isinstance(value, (list, tuple)) and len(value) == len(known) and all(map(is_number, value))):
            raise ValueError(
                f"overrides: {name} = {value!r} is not allowed; {len(known)} numbers such as {known}"
            )
    elif not (is_number(value) or is_prior(value)):
        raise ValueError(
            f"overrides: {name} = {value!r} is not allowed; "
            "a number, or a prior {low, high}, {median, log_sd} or {choices: [...]}"
        )
