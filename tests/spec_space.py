"""The space of simulation specs: every knob of a preset with its range, and random points in it.

Names come from the engine, ranges from its own refusals, so a new knob joins without a word here.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np

import fakeengage as fe
from fakeengage import _native
from fakeengage.presets import PRESETS, load_preset

FAR = 1e18
"""Outside every range."""

Range = tuple[float, float]


def leaves(tree: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted path and value of every field."""
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{above}{key}.")
        else:
            yield above + key, value


@lru_cache(maxsize=len(PRESETS))
def expanded(preset: str) -> dict[str, Any]:
    """Path and value of every field of a preset, those that the file leaves out included.

    Priors stand as they are written: as maps.
    """
    numbers = dict(leaves(json.loads(_native.expand_preset(json.dumps(load_preset(preset))))))
    for path in numbers:
        node: Any = load_preset(preset)
        for key in path.split("."):
            node = node.get(key) if isinstance(node, dict) else None
        numbers[path] = numbers[path] if node is None else node
    return numbers


@lru_cache(maxsize=1)
def knobs() -> dict[str, Any]:
    """Path and value of every knob in preset ``published``; its description is no knob."""
    return {path: value for path, value in expanded("published").items() if path != "description"}


@lru_cache(maxsize=1)
def ranges() -> dict[str, Range]:
    """The allowed range of every knob that is a number or several."""
    found = {}
    for path, value in knobs().items():
        if isinstance(value, str):
            continue
        try:
            fe.SimulationSpec(overrides={path: [FAR] * len(value) if isinstance(value, list) else FAR})
        except ValueError as error:
            allowed = re.search(r"is not allowed; (?:a number from )?(\S+) to (\S+)$", str(error))
            if allowed is None:
                raise AssertionError(f"{path}: the refusal names no range: {error}") from error
            found[path] = (float(allowed[1]), float(allowed[2]))
        else:
            raise AssertionError(f"{path}: {FAR} is accepted")
    return found


def ends(value: Any) -> Range:
    """Smallest and largest number that a field can stand for, priors included."""
    if not isinstance(value, dict):
        return value, value
    if "choices" in value:
        return min(value["choices"]), max(value["choices"])
    if "median" in value:
        factor = math.exp(3 * value["log_sd"])
        return value["median"] / factor, value["median"] * factor
    return value["low"], value["high"]


def random_number(rng: np.random.Generator, low: float, high: float) -> float:
    """A number of a range: often an end, else at any order of magnitude."""
    u = rng.random()
    if u < 0.15:
        return low
    if u < 0.2:
        return high
    if low < 0:
        return float(rng.uniform(low, high))
    least = max(low, 1e-4 * high)
    return float(np.clip(least * (high / least) ** rng.random(), low, high))


def random_value(rng: np.random.Generator, path: str) -> Any:
    """A value that the engine accepts for a knob."""
    value = knobs()[path]
    if isinstance(value, str):
        return str(rng.choice(["negative", "clipped"]))
    low, high = ranges()[path]
    if isinstance(value, list):
        drawn = [random_number(rng, low, high) for _ in value]
        if len(drawn) == 2:
            return sorted(drawn)
        # Weights: at least one metric is bought.
        drawn[rng.integers(len(drawn))] = max(drawn) or 1.0
        return drawn
    if path.startswith("profiles.") and path.endswith(".share"):
        # All shares 0 would leave no profile.
        low = 1e-3
    number = random_number(rng, low, high)
    if rng.random() < 0.2:
        other = random_number(rng, low, high)
        return {"low": min(number, other), "high": max(number, other)}
    return number


def random_spec(seed: int, **fixed: Any) -> dict[str, Any]:
    """Arguments of ``fe.simulate``: any preset, length, start, share and worlds, a few knobs turned."""
    rng = np.random.default_rng([seed, 20])
    turned = rng.choice(sorted(knobs()), size=rng.integers(7), replace=False)
    ratio = float(rng.choice([0.0, 1.0, rng.random(), rng.random(), 0.35]))
    return {
        "n_users": int(251 ** rng.random()),
        "length": int(rng.choice([rng.integers(24, 169), rng.integers(24, 801)], p=[0.8, 0.2])),
        "fake_ratio": ratio,
        "seed": int(rng.integers(2**63)),
        "preset": str(rng.choice(PRESETS)),
        "start": str(np.datetime64("2020-01-01T00", "h") + int(rng.integers(40_000))),
        "n_worlds": int(rng.choice([1, rng.integers(1, 41)])),
        "missing": None if rng.random() < 0.7 else float(rng.random()),
        "overrides": {path: random_value(rng, path) for path in map(str, turned)},
        **fixed,
    }
