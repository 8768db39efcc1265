"""Chunks of simulated accounts to train on: many small platforms, each with its own habits.

What transfers to another platform is learned from variety on the organic side: sizes and ratios far
wider than the preset's, hour noise, days of another level, metrics that lag, counters that refresh
late. Attacks are the twelve and, in a fifth of the fakes, windows of no particular author.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fakeengage.panel import METRICS, Panel
from fakeengage.planting import plant_windows

ATTACKS = (
    *("boost_progressive", "bursts_small", "wave_spam", "single_spike", "off_peak_bursts", "lockstep_cohort"),
    *("like_only_inflation", "drip_feed", "delivery_purge", "sleeper_reactivation"),
    *("timezone_shifted_farm", "organic_mimicry"),
)
"""Attacks by number, as models tell them apart."""

PRESET = "realistic"
_ACCOUNTS_PER_WORLD = 64
_GENERIC = 0.2
_TRANSFORMED = 0.5
FULL_HOURS = 336
_WEEK = 168


@dataclass(frozen=True)
class Chunk:
    """Accounts of a few worlds, all with the same number of hours.

    Parameters
    ----------
    counts, clean
        ``(n, n_hours, 4)`` with and without what the attacks did; NaN = missing.
    fake
        Label of each account.
    attack
        Number of its attack in :data:`ATTACKS`, -1 for none, -2 for a generic window.
    starts
        First hour of each account, of a clock that means nothing beyond its week.
    """

    counts: NDArray[np.float32]
    clean: NDArray[np.float32]
    fake: NDArray[np.bool_]
    attack: NDArray[np.int64]
    starts: NDArray[np.int64]

    @property
    def changed(self) -> NDArray[np.bool_]:
        """``(n, n_hours, 4)``: what the attacks changed and can be seen."""
        return np.asarray((self.counts != self.clean) & ~np.isnan(self.counts), dtype=bool)

    def panel(self) -> Panel:
        """The counts as a panel."""
        panel = Panel.from_arrays(self.counts)
        return Panel(panel.data, panel.offsets, self.starts, METRICS, panel.account_ids, panel.cadence)


def training_chunk(
    seed: int,
    index: int,
    n_accounts: int = 1024,
    *,
    fake_ratio: float = 0.4,
    variety: float = 1.0,
    without: tuple[str, ...] = (),
    preset: str = PRESET,
    threads: int | None = None,
) -> Chunk:
    """Chunk number `index` of the training with this seed: the same bytes whenever it is asked for.

    Parameters
    ----------
    seed, index
        Key of every draw.
    n_accounts
        Accounts; chunks of long series hold half as many.
    fake_ratio
        Share of fakes.
    variety
        How far organic habits and attacks go beyond the preset, 0 to 1: at 1 a fifth of the fakes get a
        generic window and half of the chunks a habit that the simulator does not have.
    without
        Attacks to leave out; their accounts get a generic window or, at no variety, stay normal.
    preset
        Preset of the worlds.
    threads
        Threads of the simulation.
    """
    from fakeengage.simulation import simulate

    rng = np.random.default_rng([seed, index, 77])
    n_hours, crop = _length(rng)
    if n_hours > FULL_HOURS:
        n_accounts //= 2
    dataset = simulate(
        n_users=n_accounts,
        length=n_hours,
        fake_ratio=fake_ratio,
        seed=int(rng.integers(2**31)),
        preset=preset,
        n_worlds=max(n_accounts // _ACCOUNTS_PER_WORLD, 1),
        keep_clean=True,
        overrides=_habits(rng),
        threads=threads,
    )
    counts = np.array(dataset.panel.values, dtype=np.float32)
    clean = np.array(dataset.clean, dtype=np.float32)
    fake = dataset.accounts["is_fake"].to_numpy(dtype=bool).copy()
    names = dataset.accounts["attack"].to_numpy(dtype=object)
    attack = np.full(n_accounts, -1, dtype=np.int64)
    for k, name in enumerate(ATTACKS):
        attack[names == name] = k
    replaced = fake & ((rng.random(n_accounts) < _GENERIC * variety) | np.isin(names, without))
    counts[replaced] = clean[replaced]
    if variety > 0:
        counts[replaced] = plant_windows(clean[replaced], rng)
        attack[replaced] = -2
    else:
        fake &= ~replaced
        attack[replaced] = -1
    if rng.random() < _TRANSFORMED * variety:
        counts, clean = _transformed(rng, counts, clean)
    if crop is not None:
        begin = int(rng.integers(0, n_hours - crop + 1))
        counts, clean = counts[:, begin : begin + crop], clean[:, begin : begin + crop]
    if rng.random() < 0.2:
        counts[rng.random(counts.shape[:2]) < rng.uniform(0.01, 0.2)] = np.nan
    # A clock that starts anywhere in the week: the simulator's evening must not become everybody's.
    starts = 473_352 + rng.integers(0, _WEEK, n_accounts)
    return Chunk(
        np.ascontiguousarray(counts), np.ascontiguousarray(clean), fake, attack, starts.astype(np.int64)
    )


def chunk_shape(seed: int, index: int, n_accounts: int = 1024) -> tuple[int, int]:
    """Accounts and hours of a varied chunk, known before it is made."""
    n_hours, crop = _length(np.random.default_rng([seed, index, 77]))
    return (n_accounts // 2 if n_hours > FULL_HOURS else n_accounts), crop or n_hours


def _length(rng: np.random.Generator) -> tuple[int, int | None]:
    """Hours to simulate, and how many of them are kept."""
    chance = rng.random()
    if chance < 0.6:
        return FULL_HOURS, None
    if chance < 0.85:
        return FULL_HOURS, int(np.exp(rng.uniform(np.log(24), np.log(FULL_HOURS))))
    return int(rng.choice([504, 672])), None


def _habits(rng: np.random.Generator) -> dict[str, Any]:
    """Habits of the chunk's worlds: around the preset's medians, which are measured ones, and far from them.

    Attacks are as loud as the preset's in one chunk and several times as loud in another: in small accounts
    most quiet ones change nothing that could be seen, and teach nothing.
    """

    def between(low: float, high: float, log_sd: float) -> dict[str, float]:
        return {"median": float(np.exp(rng.uniform(np.log(low), np.log(high)))), "log_sd": log_sd}

    return {
        "organic": {
            "size": between(0.5, 60.0, 0.9),
            "shape": between(0.5, 4.0, 0.7),
            "burst_rate": between(0.5, 2.4, 0.7),
            "live_rate": between(0.5, 1.8, 0.8),
            "memory": between(0.6, 1.3, 0.35),
        },
        "ratios": {
            "likes_median": between(0.04, 0.12, 0.3),
            "comments_median": between(0.001, 0.02, 0.6),
            "shares_median": between(0.002, 0.02, 0.6),
        },
        "attacks": {"gain": between(1.5, 6.0, 0.6)},
    }


def _transformed(
    rng: np.random.Generator, counts: NDArray[np.float32], clean: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Habits that the simulator does not have, the same on both sides.

    What an attack changed stays changed: both sides go through the same factors and delays.
    """
    n, n_hours, n_metrics = counts.shape
    factor = np.ones((n, n_hours, n_metrics), dtype=np.float32)
    if rng.random() < 0.4:
        factor *= np.exp(rng.normal(0.0, rng.uniform(0.05, 0.35), (n, n_hours, 1)))
    if rng.random() < 0.3:
        factor *= np.exp(rng.normal(0.0, rng.uniform(0.05, 0.25), (n, n_hours, n_metrics)))
    if rng.random() < 0.4:
        days = np.exp(rng.normal(0.0, rng.uniform(0.1, 0.4), (n, n_hours // 24 + 1, 1)))
        factor *= np.repeat(days, 24, axis=1)[:, :n_hours]
    if rng.random() < 0.2:
        drift = np.cumsum(rng.normal(0.0, 0.03, (n, n_hours, n_metrics)), axis=1)
        factor *= np.exp(drift - drift.mean(axis=1, keepdims=True))
    dither = rng.random((n, n_hours, n_metrics), dtype=np.float32)
    sides = [np.where(side > 0, np.floor(side * factor + dither), side) for side in (counts, clean)]
    if rng.random() < 0.3:
        lags = rng.integers(0, 3, size=(n_metrics,)).tolist()
        for side in sides:
            for k in range(1, n_metrics):
                if lags[k]:
                    side[:, lags[k] :, k] = side[:, : -lags[k], k].copy()
    if rng.random() < 0.25:
        _hold_back(rng, sides)
    return sides[0].astype(np.float32), sides[1].astype(np.float32)


def _hold_back(rng: np.random.Generator, sides: list[NDArray[np.float32]]) -> None:
    """Counters that refresh late: an hour shows nothing, the next one shows both."""
    n, n_hours, n_metrics = sides[0].shape
    share = rng.uniform(0.005, 0.08)
    together = rng.random() < 0.5
    late = rng.random((n, n_hours, 1 if together else n_metrics)) < share
    late[:, -1] = False
    late = np.broadcast_to(late, (n, n_hours, n_metrics))
    for side in sides:
        for t in range(n_hours - 1):
            held = np.where(late[:, t], side[:, t], 0.0)
            side[:, t] -= held
            side[:, t + 1] += held
