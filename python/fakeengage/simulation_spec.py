"""What to simulate: preset, seed, length and shares, checked when made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fakeengage import _native
from fakeengage.cadence import Cadence
from fakeengage.presets import apply_overrides, load_preset

SEED_LIMIT = 2**64
NOT_A_TIME = int(np.datetime64("NaT").astype(np.int64))


@dataclass(frozen=True)
class SimulationSpec:
    """What to simulate, the number of accounts excepted.

    Account ``i`` of a spec is the same bytes whatever the number of accounts, threads, batches or
    ranges.

    Parameters
    ----------
    preset
        Name of a preset (``published``, ``realistic``, ``evasive``, ``blatant``), or the path of a
        preset file ending in ``.yaml``.
    seed
        Seed of everything, 0 to 2**64 - 1.
    length
        Hours per account, 2 to 87,660.
    fake_ratio
        Share of fake accounts, 0 to 1.
    start
        First hour, ISO 8601, UTC.
    n_worlds
        Number of simulated platforms. Blocks of 100 accounts go to them in turn; each draws the
        priors of the preset for itself.
    overrides
        Fields of the preset to replace, nested or with dotted names:
        ``{"organic": {"size": 2}}`` or ``{"organic.size": {"low": 1, "high": 3}}``.
    missing
        Share of hours to hide (NaN) in random gaps of each account, 0 to 1; ``None`` for none.

    Raises
    ------
    ValueError
        Where a field is out of range or not known, with what is allowed.

    Examples
    --------
    >>> SimulationSpec(seed=1, length=48).length
    48
    """

    preset: str = "published"
    seed: int = 0
    length: int = 336
    fake_ratio: float = 0.35
    start: str = "2024-01-01"
    n_worlds: int = 1
    overrides: Mapping[str, Any] = field(default_factory=dict, hash=False)
    missing: float | None = None

    def __post_init__(self) -> None:
        for name, limit in (("seed", SEED_LIMIT - 1), ("length", 87_660), ("n_worlds", 1_000_000)):
            value = getattr(self, name)
            if isinstance(value, (bool, float)) or not isinstance(value, (int, np.integer)):
                raise TypeError(f"{name}: {value!r} is not allowed; a whole number")
            if not 0 <= value <= limit:
                raise ValueError(f"{name}: {value} is not allowed; a whole number from 0 to {limit}")
            object.__setattr__(self, name, int(value))
        for name in ("fake_ratio", "missing"):
            value = getattr(self, name)
            if name == "missing" and value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
                raise TypeError(f"{name}: {value!r} is not allowed; a share from 0 to 1")
            object.__setattr__(self, name, float(value))
        object.__setattr__(self, "start", _moment(self.start))
        object.__setattr__(self, "overrides", dict(self.overrides or {}))
        _native.check_simulation(self.payload())

    @property
    def start_step(self) -> int:
        """Number of the first hour, counted from 1970-01-01T00:00 UTC."""
        return Cadence().step_of(self.start)

    def payload(self) -> str:
        """The spec as the native engine reads it (JSON)."""
        preset = apply_overrides(load_preset(self.preset), self.overrides)
        return json.dumps(
            {
                "seed": self.seed,
                "length": self.length,
                "fake_ratio": self.fake_ratio,
                "start": self.start_step,
                "n_worlds": self.n_worlds,
                "missing": self.missing or 0.0,
                "preset": preset,
            }
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as stored in ``dataset.json``; ``SimulationSpec(**d)`` reads them back."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def _moment(start: Any) -> str:
    """A moment on a whole hour, as ISO 8601 text."""
    text = str(start)
    naive = text.removesuffix("Z").removesuffix("+00:00")
    try:
        seconds = int(np.datetime64(naive, "s").astype(np.int64))
    except ValueError:
        seconds = NOT_A_TIME
    if seconds == NOT_A_TIME:
        raise ValueError(f"start: {text!r} is not allowed; a date or time in UTC such as '2024-01-01T06:00'")
    if seconds % 3600:
        raise ValueError(f"start: {text!r} is not allowed; a whole hour, such as '2024-01-01T06:00'")
    when = np.datetime64(seconds, "s")
    return str(when.astype("datetime64[m]")) if seconds % 86_400 else str(when.astype("datetime64[D]"))
