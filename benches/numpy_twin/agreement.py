"""Do the package and its NumPy twin follow the same laws? Two-sample tests under one family-wise level."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from scipy.stats import chi2_contingency, ks_2samp

import fakeengage as fe
from fakeengage.presets import apply_overrides, load_preset

from . import simulate, statistics
from .laws import ATTACKS, PROFILES, SCENARIOS, Floats
from .statistics import PER_OWNER, Figures, Sample

LEVEL = 1e-3
"""Chance that at least one of all tests of a comparison fails although the laws are equal (Bonferroni)."""
FEWEST = 12
"""Groups with fewer members on either side are left out: even apart they could hardly fail at that level."""
EXACT_BELOW = 100
"""In smaller groups the limiting law calls too much impossible; what it calls rare is tested exactly."""
RARE = 0.01


# Accounts of one platform share its course and members of a cohort share a clock; both would make single
# accounts dependent and the tests invalid. So accounts are compared without either, and the two laws apart.
APART = {
    "platform": {"hour_sd": 0.0, "events_per_week": 0.0, "outages_per_week": 0.0},
    "cohorts": {
        f"{kind}_{end}": 1.0 for kind in ("lockstep", "wave", "sleeper", "other") for end in ("low", "high")
    },
}
WORLD = 100
SHARED = ("news_shock", "outage_catch_up")
"""Scenarios whose hour is the platform's: one account per platform is compared."""


@dataclass(frozen=True)
class Test:
    """One law compared: its p-value, and the median on both sides."""

    law: str
    p_value: float
    ours: float
    theirs: float


def _tests(group: str, ours: Figures, theirs: Figures) -> Iterator[Test]:
    for law, a in ours.items():
        b = theirs[law]
        fewer, more = sorted((len(a), len(b)))
        if fewer >= FEWEST:
            p = ks_2samp(a, b, method="asymp").pvalue
            if p < RARE and more < EXACT_BELOW:
                p = ks_2samp(a, b, method="exact").pvalue
            yield Test(f"{group}: {law}", float(p), float(np.median(a)), float(np.median(b)))


def _shares(what: str, ours: Floats, theirs: Floats, n: int) -> Iterator[Test]:
    """Whether kinds are equally frequent; `-1` is a kind too."""
    table = np.array([np.bincount(numbers + 1, minlength=n + 1) for numbers in (ours, theirs)])
    table = table[:, table.any(axis=0)]
    p = chi2_contingency(table).pvalue if table.shape[1] > 1 else 1.0
    yield Test(f"shares of {what}", float(p), *(float((side < 0).mean()) for side in (ours, theirs)))


def _accounts(ours: Sample, theirs: Sample) -> Iterator[Test]:
    """Profiles, scenarios and attacks, account by account."""
    yield from _shares("profiles", ours.profile, theirs.profile, len(PROFILES))
    yield from _shares("scenarios", ours.scenario, theirs.scenario, len(SCENARIOS))
    for number, name in enumerate(PROFILES):
        sides = [s.clean[(s.profile == number) & (s.scenario < 0)] for s in (ours, theirs)]
        yield from _tests(name, *map(statistics.of_organic, sides))
    for number, name in enumerate(SCENARIOS):
        if name in SHARED:
            continue
        sides = []
        for sample in (ours, theirs):
            rows = np.flatnonzero(sample.scenario == number)
            if name == "sibling_spillover":
                rows = rows[np.unique(rows // PER_OWNER, return_index=True)[1]]
            sides.append(sample.clean[rows])
        yield from _tests(name, *map(statistics.of_scenario, sides))
    for number, name in enumerate(ATTACKS):
        figures = []
        for sample in (ours, theirs):
            rows = np.flatnonzero(sample.attack == number)
            figures.append(
                statistics.of_attack(sample.clean[rows], sample.values[rows], sample.intensity[rows])
            )
        yield from _tests(name, *figures)


def _platforms(ours: list[Sample], theirs: list[Sample]) -> Iterator[Test]:
    """The course of the platforms, and the scenarios that happen to a platform."""
    yield from _tests("platform", statistics.of_platform(ours), statistics.of_platform(theirs))
    for name in SHARED:
        sides = []
        for worlds in (ours, theirs):
            hit = [world.clean[world.scenario == SCENARIOS.index(name)][:1] for world in worlds]
            sides.append(np.concatenate(hit))
        yield from _tests(name, *map(statistics.of_scenario, sides))


def compare(
    variant: str,
    n_accounts: int,
    n_worlds: int,
    seed: int = 0,
    overrides: Mapping[str, Any] | None = None,
) -> list[Test]:
    """All tests of preset `published` between the package and a variant of the twin.

    Parameters
    ----------
    variant
        ``plain`` or ``tuned``.
    n_accounts
        Accounts on either side, for the laws of accounts and again for those of cohorts.
    n_worlds
        Platforms of 100 accounts on either side, for the law of the platform.
    seed
        Seed of both sides; their generators differ.
    overrides
        Fields of the twin's preset to change: a difference that the tests should find.
    """
    twin_preset = apply_overrides(load_preset("published"), overrides or {})

    def twin(n: int, number: int, fake_ratio: float = 0.35, **extra: Any) -> Sample:
        preset = apply_overrides(twin_preset, extra)
        return Sample.of_twin(simulate(preset, n, fake_ratio=fake_ratio, seed=seed + number, variant=variant))

    apart, with_cohorts, platforms = _ours(n_accounts, n_worlds, seed)
    tests = list(_accounts(apart, twin(n_accounts, 0, **APART)))
    theirs = twin(n_accounts, 1)
    for number, name in enumerate(ATTACKS):
        tests += _tests(name, *(statistics.of_cohorts(sample, number) for sample in (with_cohorts, theirs)))
    worlds = [twin(WORLD, 3 + k, fake_ratio=0.0) for k in range(n_worlds)]
    return [*tests, *_platforms(platforms, worlds)]


@lru_cache(maxsize=1)
def _ours(n_accounts: int, n_worlds: int, seed: int) -> tuple[Sample, Sample, list[Sample]]:
    """The package's side: accounts apart, accounts with cohorts, and platforms."""

    def made(n: int, number: int, **extra: Any) -> Sample:
        return Sample.of_dataset(fe.simulate(n, seed=seed + number, keep_clean=True, **extra))

    joined = vars(made(n_worlds * WORLD, 2, n_worlds=n_worlds, fake_ratio=0.0)).values()
    platforms = [Sample(*(column[k * WORLD : (k + 1) * WORLD] for column in joined)) for k in range(n_worlds)]
    return made(n_accounts, 0, overrides=APART), made(n_accounts, 1), platforms


def assert_agreement(tests: list[Test], level: float = LEVEL) -> None:
    """Passes when no law differs.

    Raises
    ------
    AssertionError
        Naming every law that differs, with its p-value and the medians of both sides.
    """
    limit = level / len(tests)
    failed = [test for test in tests if not test.p_value >= limit]
    lines = [
        f"{test.law}: p = {test.p_value:.1e}, median {test.ours:.4g} ours, {test.theirs:.4g} twin"
        for test in sorted(failed, key=lambda test: test.p_value)
    ]
    assert not failed, f"{len(failed)} of {len(tests)} laws differ at p < {limit:.1e}:\n" + "\n".join(lines)
