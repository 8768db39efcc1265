"""Who is fake, which attack, whose clock, which scenario: blocks of 100 accounts at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .laws import ATTACKS, SCENARIOS, Bools, Floats, Ints, Laws, log_uniform

BLOCK = 100
NEIGHBOURHOOD = 65_536
CHUNK = 256
KINDS = len(ATTACKS)
SLEEPER = ATTACKS.index("sleeper_reactivation")
SIBLINGS = SCENARIOS.index("sibling_spillover")


@dataclass(frozen=True)
class Placement:
    """Decisions about each account before its series is drawn."""

    attack: Ints
    """Number of the attack, -1 for a normal account."""
    cohort: Ints
    """Number of the cohort, -1 for an account without one."""
    idle: Bools
    """Idle throughout: sleepers, and as many normal accounts."""
    scenario: Ints
    """Number of the scenario, -1 for none."""
    owner: Ints
    """Number of the owner that several accounts share."""


def place(rng: np.random.Generator, n_accounts: int, fake_ratio: float, laws: Laws) -> Placement:
    """Deals fakes, attacks, cohorts and scenarios to the accounts."""
    blocks = -(-n_accounts // BLOCK)
    totals = np.round(np.arange(blocks + 1) * BLOCK * fake_ratio)
    n_fakes = np.diff(totals).clip(0, BLOCK)[:, None]
    fake = rng.permuted(np.tile(np.arange(BLOCK), (blocks, 1)), axis=1) < n_fakes
    attack = np.full(blocks * BLOCK, -1)
    cohort = np.full(blocks * BLOCK, -1)
    fakes = np.flatnonzero(fake)
    hood = fakes // NEIGHBOURHOOD
    # Rank of a fake among those of its neighbourhood; each attack once among twelve in a row.
    rank = np.arange(len(fakes)) - np.searchsorted(hood, hood)
    group = hood * -(-NEIGHBOURHOOD // KINDS) + rank // KINDS
    numbers, group = np.unique(group, return_inverse=True)
    orders = rng.permuted(np.tile(np.arange(KINDS), (len(numbers), 1)), axis=1)
    attack[fakes] = orders[group, rank % KINDS]
    cohort[fakes] = _cohorts(rng, attack[fakes], hood, rank // KINDS, laws)
    idle, scenario = _scenarios(rng, fake, attack.reshape(-1, BLOCK) == SLEEPER, laws)
    owner = np.arange(blocks * BLOCK) // BLOCK
    kept = slice(n_accounts)
    return Placement(attack[kept], cohort[kept], idle.ravel()[kept], scenario.ravel()[kept], owner[kept])


def _cohorts(rng: np.random.Generator, attack: Ints, hood: Ints, nth: Ints, laws: Laws) -> Ints:
    """Runs of consecutive fakes of one attack; -1 where a fake has no cohort."""
    law = laws.cohorts
    sizes = {
        "lockstep_cohort": (law["lockstep_low"], law["lockstep_high"], 1.0),
        "wave_spam": (law["wave_low"], law["wave_high"], 1.0),
        "sleeper_reactivation": (law["sleeper_low"], law["sleeper_high"], 1.0),
        **dict.fromkeys(
            ("drip_feed", "delivery_purge", "timezone_shifted_farm"),
            (law["other_low"], law["other_high"], law["other_share"]),
        ),
    }
    cohort = np.full(len(attack), -1)
    for name, (low, high, share) in sizes.items():
        rows = np.flatnonzero(attack == ATTACKS.index(name))
        chunks, chunk = np.unique(hood[rows] * NEIGHBOURHOOD + nth[rows] // CHUNK, return_inverse=True)
        shape = (len(chunks), CHUNK)
        size = np.round(log_uniform(rng.random(shape), low, max(low, high))).clip(1)
        ends = np.cumsum(size, axis=1)
        # A rest too small for a cohort of its own joins the last one.
        ends[ends + int(low) > CHUNK] = CHUNK
        run = (ends[chunk] <= (nth[rows] % CHUNK)[:, None]).sum(axis=1)
        together = (rng.random(shape) < share)[chunk, run]
        number = (chunk * CHUNK + run) * KINDS + ATTACKS.index(name)
        cohort[rows] = np.where(together, number, -1)
    return cohort


def _first(key: Floats, eligible: Bools, wanted: Ints) -> Bools:
    """The first `wanted` eligible accounts of each block, in the order of their keys."""
    order = np.argsort(np.where(eligible, key, 2.0), axis=1)
    first = np.zeros_like(eligible)
    np.put_along_axis(first, order, np.arange(BLOCK) < wanted[:, None], axis=1)
    return first & eligible


def _scenarios(rng: np.random.Generator, fake: Bools, sleeper: Bools, laws: Laws) -> tuple[Bools, Ints]:
    """Idle normals as many as sleepers, then scenarios to a fixed share of fakes and of normals."""
    law = laws.scenarios
    key = rng.random(fake.shape)
    idle = sleeper | _first(key, ~fake, sleeper.sum(axis=1))
    chosen = np.zeros_like(fake)
    for group in (fake, ~fake):
        chosen |= _first(key, group & ~idle, np.round(group.sum(axis=1) * law["share"]))
    weights = np.array([law["weights"][name] for name in SCENARIOS], dtype=float)
    scenario = np.full(fake.shape, -1)
    if weights.sum() == 0:
        return idle, scenario
    n_chosen = chosen.sum(axis=1)
    size = rng.integers(2, 5, len(fake))
    expected = n_chosen * weights[SIBLINGS] / weights.sum()
    together = (rng.random(len(fake)) < expected / 3) & (size <= n_chosen)
    siblings = _first(key, chosen, size * together)
    weights[SIBLINGS] = 0
    if weights.sum() > 0:
        picked = rng.choice(len(SCENARIOS), fake.shape, p=weights / weights.sum())
        scenario[chosen] = picked[chosen]
    scenario[siblings] = SIBLINGS
    return idle, scenario
