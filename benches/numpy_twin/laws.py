"""The numbers of one platform, as the engine itself reads a preset, and the words for them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fakeengage import _native

Floats = NDArray[Any]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

PROFILES, SCENARIOS, ATTACKS = (tuple(names) for names in _native.simulation_names())
DORMANT = PROFILES.index("dormant")
CASUAL = PROFILES.index("casual")
HOURS_PER_DAY = 24

# What preset `published` leaves alone is left out here, and said so instead of ignored.
_NOT_COVERED = {("single_posts", "share"): 0.0}


@dataclass(frozen=True)
class Laws:
    """One resolved preset: groups of numbers, and those of the profiles as arrays by profile."""

    organic: dict[str, float]
    ratios: dict[str, float]
    platform: dict[str, float]
    scenarios: dict[str, Any]
    cohorts: dict[str, float]
    attacks: dict[str, Any]
    profiles: dict[str, Floats]

    @classmethod
    def read(cls, preset: Mapping[str, Any]) -> Laws:
        """The laws of a preset.

        Raises
        ------
        ValueError
            For a field whose effect the twin does not have.
        """
        _refuse_priors(preset, "")
        full = json.loads(_native.expand_preset(json.dumps(preset)))
        for (group, field), wanted in _NOT_COVERED.items():
            if full[group][field] != wanted:
                raise ValueError(
                    f"preset: {group}.{field} = {full[group][field]!r} is not covered by the NumPy twin; "
                    f"{wanted}"
                )
        if full["attacks"]["corrections"] != "negative":
            raise ValueError("preset: attacks.corrections is not covered by the NumPy twin; 'negative'")
        fields = full["profiles"][PROFILES[0]]
        return cls(
            **{name: full[name] for name in ("organic", "ratios", "platform", "scenarios", "cohorts")},
            attacks=full["attacks"],
            profiles={f: np.array([full["profiles"][p][f] for p in PROFILES], dtype=float) for f in fields},
        )


def _refuse_priors(tree: Any, path: str) -> None:
    for key, value in tree.items():
        if isinstance(value, Mapping):
            if {"low", "high", "median", "choices"} & set(value):
                raise ValueError(f"preset: {path}{key} is a prior; the NumPy twin needs one number")
            _refuse_priors(value, f"{path}{key}.")


@dataclass(frozen=True)
class Clock:
    """When a series starts and how long it is."""

    length: int
    start_hour: int = 0
    start_weekday: int = 0

    @property
    def days(self) -> int:
        """Days that an account can live through, the one before the series' first calendar day included."""
        return (self.start_hour + self.length) // HOURS_PER_DAY + 2

    @property
    def weekend(self) -> Bools:
        """Whether each of those days is a Saturday or a Sunday."""
        return (self.start_weekday + 6 + np.arange(self.days)) % 7 >= 5

    def skipped(self, trough: Ints) -> Ints:
        """Hours of those days that lie before the series; an account's day begins at its own trough."""
        return self.start_hour + HOURS_PER_DAY - trough


def log_uniform(u: Floats, low: float, high: float) -> Floats:
    """`u` of 0 to 1, spread log-uniformly over `low` to `high`; evenly where `low` is 0."""
    return low * (high / low) ** u if low > 0 else low + (high - low) * u


def between(rng: np.random.Generator, low: Any, high: Any, size: Any = None) -> Floats:
    """Evenly between two ends, which may be arrays."""
    return low + (high - low) * rng.random(np.shape(low) if size is None else size)
