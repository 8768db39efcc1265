"""The simulator once more in pure NumPy: the same laws, vectorised over accounts, to measure against.

Two variants share every law. ``plain`` works on all accounts at once in float64 with NumPy's own generator;
``tuned`` keeps blocks in cache, uses float32 and the faster SFC64, and splits views into Poisson counts. The
samplers of both are NumPy's own exact ones. Draws are not keyed by account: the same accounts come only with
the same `n_accounts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import attacks, counters, plain, tuned
from .happenings import draw_happenings
from .laws import ATTACKS, PROFILES, SCENARIOS, Bools, Clock, Floats, Ints, Laws
from .placement import place
from .platform import draw_platform
from .traits import draw_traits

VARIANTS = ("plain", "tuned")
ATTACK_BLOCK = 1000
"""Fakes that the tuned variant attacks at once."""


@dataclass(frozen=True)
class Twin:
    """Simulated accounts; arrays of one row per account, in the panel's layout."""

    values: Floats
    """Counts, float32, (account, metric, hour)."""
    mask: Bools
    """Cells that an attack changed."""
    profile: Ints
    scenario: Ints
    attack: Ints
    cohort: Ints
    idle: Bools
    intensity: Floats
    windows: attacks.Windows
    fakes: Ints
    clean_fakes: Floats
    """Counts of the accounts `fakes` before their attack."""


def simulate(
    preset: Mapping[str, Any],
    n_accounts: int,
    length: int = 336,
    fake_ratio: float = 0.35,
    seed: int = 0,
    variant: str = "plain",
) -> Twin:
    """Accounts of one platform, from midnight of a Monday on.

    Parameters
    ----------
    preset
        Fields as from :func:`fakeengage.presets.load_preset`, without priors.
    n_accounts, length, fake_ratio, seed
        As for :func:`fakeengage.simulate`.
    variant
        ``plain`` or ``tuned``.

    Raises
    ------
    ValueError
        For another variant, no accounts, or a preset with something the twin does not have.
    """
    if variant not in VARIANTS:
        raise ValueError(f"variant: {variant!r} is not allowed; one of {list(VARIANTS)}")
    if n_accounts < 1:
        raise ValueError(f"n_accounts: {n_accounts} is not allowed; at least 1")
    fast = variant == "tuned"
    rng = np.random.Generator((np.random.SFC64 if fast else np.random.PCG64)(seed))
    dtype: type[np.floating] = np.float32 if fast else np.float64
    laws, clock = Laws.read(preset), Clock(length)
    placement = place(rng, n_accounts, fake_ratio, laws)
    traits = draw_traits(rng, placement, laws, dtype)
    platform = draw_platform(rng, laws, length)
    happenings = draw_happenings(rng, traits, placement, platform, laws, clock)
    fakes = np.flatnonzero(placement.attack >= 0)
    organic = tuned if fast else plain
    values, smooth = organic.organic_counts(rng, traits, happenings, platform, laws, clock, fakes)
    counters.show(rng, placement, values)

    clean = values[fakes]
    intensity = np.full(n_accounts, np.nan)
    mask = np.zeros(values.shape, dtype=bool)
    found = []
    step = ATTACK_BLOCK if fast else max(len(fakes), 1)
    for low in range(0, len(fakes), step):
        part = slice(low, low + step)
        rows = fakes[part]
        targets = attacks.Targets.of(rows, smooth[part], traits, placement, laws)
        values[rows], intensity[rows] = attacks.attack(rng, targets, clean[part], laws, clock, dtype)
        changed = values[rows] != clean[part]
        mask[rows] = changed
        found.append(attacks.windows(rows, changed, values[rows] - clean[part]))
    return Twin(
        values=values,
        mask=mask,
        profile=traits.profile,
        scenario=placement.scenario,
        attack=placement.attack,
        cohort=placement.cohort,
        idle=placement.idle,
        intensity=intensity,
        windows=attacks.Windows.joined(found),
        fakes=fakes,
        clean_fakes=clean,
    )


__all__ = ["ATTACKS", "PROFILES", "SCENARIOS", "VARIANTS", "Twin", "simulate"]
