"""An estimate in words and as a preset file that a person can read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from fakeengage import presets
from fakeengage.estimation.fields import PLACES, Numbers, kind_of

_FIELD = re.compile(r"^( *)([a-z_0-9]+):([^#]*)(?:#\s*(.*))?$")


@lru_cache(maxsize=1)
def _meanings() -> dict[str, str]:
    """Meaning of every field, from the comments of the shipped presets; profiles share theirs."""
    found: dict[str, str] = {}
    for name in ("realistic", "published"):
        path: list[str] = []
        text = (Path(presets.__file__).parent / f"{name}.yaml").read_text(encoding="utf-8")
        for line in text.splitlines():
            match = _FIELD.match(line)
            if match is None:
                continue
            path = [*path[: len(match[1]) // 2], match[2]]
            if match[4] and match[3].strip():
                found[_shared(".".join(path))] = match[4].strip()
    for metric in ("comments", "shares"):
        for key in ("median", "log_sd"):
            found[f"ratios.{metric}_{key}"] = found[f"ratios.likes_{key}"].replace("likes", metric)
    return found


def _shared(path: str) -> str:
    """``profiles.new.share`` is ``profiles.*.share``: all profiles have the same fields."""
    return re.sub(r"^profiles\.\w+\.", "profiles.*.", path)


def estimated_fields(numbers: Numbers, metrics: tuple[str, ...], anchor: str) -> set[str]:
    """Paths of the fields that `numbers` decide, ``*`` for every profile."""
    found: set[str] = set()
    for name in numbers:
        found.update(PLACES.get(kind_of(name), ()))
    for metric in metrics:
        if metric != anchor:
            found |= {f"ratios.{metric}_median", f"ratios.{metric}_log_sd"}
    found |= {"single_posts.share", "single_posts.height", "scenarios.share"}
    return found


def number(value: float) -> str:
    """A number as YAML reads it back: no exponent."""
    text = f"{value:.10f}".rstrip("0").rstrip(".")
    return text if text not in {"", "-0"} else "0"


def preset_text(fields: Mapping[str, Any], header: list[str], estimated: set[str]) -> str:
    """The preset as YAML: every field with its meaning and where its number comes from."""
    lines = [f"# {line}".rstrip() for line in header]
    lines.append(f"description: {_quoted(str(fields['description']))}")
    lines += _section({k: v for k, v in fields.items() if k != "description"}, (), estimated)
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _section(tree: Mapping[str, Any], above: tuple[str, ...], estimated: set[str]) -> Iterator[str]:
    indent = "  " * len(above)
    for key, value in tree.items():
        path = ".".join((*above, key))
        if isinstance(value, Mapping):
            yield f"{indent}{key}:"
            yield from _section(value, (*above, key), estimated)
            continue
        shown = f"[{', '.join(map(number, value))}]" if isinstance(value, list) else number(value)
        meaning = _meanings().get(_shared(path), "")
        origin = "estimated" if _shared(path) in estimated else ""
        comment = "; ".join(part for part in (meaning, origin) if part)
        # Seven profiles share their meanings: the first one that is written explains them.
        if len(above) > 1 and above[0] == "profiles" and above[1] != "regular":
            comment = ""
        yield f"{indent}{key}: {shown}" + (f"  # {comment}" if comment else "")
