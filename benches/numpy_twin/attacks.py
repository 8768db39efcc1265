"""From planned orders to whole counts, what the platform takes back, and the marks of what changed."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from . import kinds
from .laws import ATTACKS, HOURS_PER_DAY, Bools, Clock, Floats, Ints, Laws, between, log_uniform
from .orders import Orders, Scene, whole
from .placement import Placement
from .pulses import unroll
from .traits import Traits, account_means, with_views

ROUND_SIZES = np.array([10_000, 1000, 500, 100, 50, 10.0])
BY_PRODUCT = 0.5
PURGE = ATTACKS.index("delivery_purge")
LIKE_ONLY = ATTACKS.index("like_only_inflation")
PURGE_WEIGHTS = (1.0, 0.3, 0.2, 0.0)
LIKE_PURGE_LAG_HOURS = 24
REFILL_HOURS = 24
PAUSE_HOURS = 24


@dataclass
class Targets:
    """Fake accounts, one row each, and what an attack may know about them."""

    account: Ints
    attack: Ints
    cohort: Ints
    day_curve: Floats
    mean: Floats
    ratios: Floats
    smooth: Floats
    idle_factor: Floats

    @classmethod
    def of(cls, rows: Ints, smooth: Floats, traits: Traits, placement: Placement, laws: Laws) -> Targets:
        """The accounts `rows`, whose smooth expected views are `smooth`."""
        return cls(
            account=rows,
            attack=placement.attack[rows],
            # An account without a cohort has a clock of its own.
            cohort=np.where(placement.cohort[rows] >= 0, placement.cohort[rows], -1 - rows),
            day_curve=traits.day_curve[rows],
            mean=account_means(traits, rows, smooth.mean(axis=1), laws),
            ratios=with_views(traits.ratios[rows]),
            smooth=smooth,
            idle_factor=traits.idle_factor[rows],
        )


def attack(
    rng: np.random.Generator,
    targets: Targets,
    clean: Floats,
    laws: Laws,
    clock: Clock,
    dtype: type[np.floating],
) -> tuple[Floats, Floats]:
    """Attacked counts of the targets (account, metric, hour), and intensities."""
    n = len(targets.account)
    counts = clean.copy()
    orders = Orders.empty(n, clock.length, dtype)
    for number, name in enumerate(ATTACKS):
        rows = np.flatnonzero(targets.attack == number)
        if len(rows) == 0:
            continue
        scene = Scene(
            rng,
            name,
            targets.cohort[rows],
            targets.day_curve[rows],
            targets.mean[rows, 0],
            laws,
            clock,
            dtype,
        )
        getattr(kinds, name)(scene)
        for field, planned in vars(scene.orders).items():
            getattr(orders, field)[rows] = planned
    _deliver(rng, targets, orders, counts, laws)
    purged = np.flatnonzero(targets.attack == PURGE)
    if len(purged):
        counts[purged] = _take_back(rng, targets, orders, purged, clean[purged], counts[purged], laws, clock)
    likes, views = counts[:, 1], counts[:, 0]
    capped = (likes > views) & (clean[:, 1] <= clean[:, 0])
    capped[(targets.attack == PURGE) | (targets.attack == LIKE_ONLY)] = False
    likes[capped] = views[capped]
    _ensure_change(orders, clean, counts)
    return counts, orders.intensity


def _lead(weights: Floats) -> Ints:
    """The metric that stands for the intensity: views, unless they are a by-product."""
    heaviest = weights.argmax(axis=1)
    return np.where(weights[:, 0] >= BY_PRODUCT * weights.max(axis=1), 0, heaviest)


def _mean_one(rng: np.random.Generator, sd: float, n: int, dtype: type[np.floating]) -> Floats:
    """Log-normal of mean 1, so that noise does not change the size of an order."""
    drawn = rng.standard_normal(n, dtype=dtype)
    drawn *= dtype(sd)
    drawn -= dtype(0.5 * sd * sd)
    return np.exp(drawn, out=drawn)


def _deliver(rng: np.random.Generator, targets: Targets, orders: Orders, counts: Floats, laws: Laws) -> None:
    """Draws the planned counts and adds them."""
    law, dtype = laws.attacks, orders.excess.dtype.type
    n, length = orders.excess.shape
    hours = np.arange(length)
    planned = (orders.excess > 0) | (orders.level > 0)
    planned &= (hours >= orders.open_from[:, None]) & (hours < orders.open_to[:, None])
    cell = np.flatnonzero(planned)
    row = cell // length
    excess, level = orders.excess.ravel()[cell], orders.level.ravel()[cell]
    smooth = (targets.smooth * targets.idle_factor[:, None].astype(dtype)).ravel()
    steady = orders.steady[row]
    shared = _mean_one(rng, law["edge_jitter"], len(cell), dtype)
    shared[steady] = 1
    spread = np.exp(law["coupling_sd"] * rng.standard_normal((n, 4)) - 0.5 * law["coupling_sd"] ** 2)
    spread[orders.coupled] = 1
    spread[np.arange(n), _lead(orders.weights)] = 1
    weights = orders.weights * spread
    rounded = rng.random((n, 4)) < law["round_orders"]
    for metric in range(4):
        weight = weights[:, metric].astype(dtype)
        mean = targets.mean[:, metric].astype(dtype)
        # An order is placed for an hour; its later metrics arrive so many hours after, all in open hours.
        at = cell + orders.delays[row, metric]
        base = smooth[at] * targets.ratios[:, metric].astype(dtype)[row]
        np.maximum(base, (law["floor_share"] * mean)[row], out=base)
        base *= excess
        base += level * mean[row]
        base *= weight[row]
        base *= shared
        noise = _mean_one(rng, law["extra_noise"], len(cell), dtype)
        noise[steady] = 1
        base *= noise
        in_round = rounded[row, metric]
        free, fixed = np.flatnonzero(~in_round), np.flatnonzero(in_round)
        # Views, likes, comments and shares of an account lie one after another.
        place = (row * 4 + metric) * length + (at - row * length)
        flat = counts.reshape(-1)
        flat[place[free]] += _counts(rng, base[free], law["dispersion"])
        flat[place[fixed]] += _round_orders(rng, base[fixed], row[fixed])


def _counts(rng: np.random.Generator, rate: Floats, dispersion: float) -> Ints:
    if dispersion > 0:
        rate = rate * rng.standard_gamma(1 / dispersion, len(rate)) * dispersion
    return rng.poisson(rate)


def _round_orders(rng: np.random.Generator, rate: Floats, row: Ints) -> Ints:
    """Round numbers of actions per row, spread over its cells as the rates say."""
    if len(rate) == 0:
        return np.empty(0, dtype=np.int64)
    first = np.flatnonzero(np.r_[True, row[1:] != row[:-1]])
    size = np.diff(np.r_[first, len(row)])
    total = np.add.reduceat(rate, first, dtype=np.float64)
    fits = total[:, None] >= 2 * ROUND_SIZES
    unit = ROUND_SIZES[fits.argmax(axis=1)]
    ordered = np.where(fits.any(axis=1), np.round(total / unit) * unit, rng.poisson(total)).astype(np.int64)
    # Rows of equal length for the sampler; its last category takes what rounding leaves, so rows end there.
    width = int(size.max())
    column = np.arange(len(row)) - np.repeat(first + size - width, size)
    shares = np.zeros((len(first), width))
    line = np.repeat(np.arange(len(first)), size)
    shares[line, column] = rate / np.repeat(total.clip(1e-300), size)
    shares /= shares.sum(axis=1, keepdims=True).clip(1e-300)
    spread: Ints = rng.multinomial(ordered, shares)[line, column]
    return spread


def _take_back(
    rng: np.random.Generator,
    targets: Targets,
    orders: Orders,
    rows: Ints,
    clean: Floats,
    counts: Floats,
    laws: Laws,
    clock: Clock,
) -> Floats:
    """Subtracts a binomial share of what was delivered, in daily steps; some orders are refilled."""
    law, strength = laws.attacks, laws.attacks["delivery_purge"]
    n, length = len(rows), clock.length
    delivered = (counts - clean).astype(np.int64)
    planned = orders.excess[rows] > 0
    begin, over = planned.argmax(axis=1), length - 1 - planned[:, ::-1].argmax(axis=1)
    end = orders.open_to[rows]
    numbers, member_of = np.unique(targets.cohort[rows], return_inverse=True)

    def timing() -> Floats:
        return rng.random(len(numbers))[member_of]

    wait = whole(log_uniform(timing(), *strength["period_hours"]))
    batch_hour = np.floor(6 + 12 * timing()).astype(np.int64)
    n_batches = np.round(log_uniform(timing(), *strength["bursts"]))
    ratio = 0.25 + 0.35 * timing()
    low, high = law["purged_share"]
    share = between(rng, low, high, n)
    refilled = rng.random(n) < law["refill_share"]
    wanted = over + wait
    at_batch = wanted + (batch_hour - (clock.start_hour + wanted)) % HOURS_PER_DAY
    # A wait that overruns the span is shortened by whole days, so that the batch hour holds.
    overrun = -(-(at_batch + 1 - end).clip(0) // HOURS_PER_DAY)
    moved = at_batch - overrun * HOURS_PER_DAY
    first = np.where(moved > over, moved, end - 1)
    possible = over + 1 < end
    n_batches = np.clip(n_batches, 1, (end - 1 - first) // HOURS_PER_DAY + 1).astype(np.int64)
    nth = np.arange(int(n_batches.max()))
    parts = ratio[:, None] ** nth * (nth < n_batches[:, None]) * possible[:, None]
    parts *= (share / parts.sum(axis=1).clip(1e-300))[:, None]
    total = delivered.sum(axis=2)
    out = counts.astype(np.float64)
    everyone = np.arange(n)
    for metric, weight in enumerate(PURGE_WEIGHTS):
        lag = LIKE_PURGE_LAG_HOURS if metric else 0
        for k in nth:
            step = np.minimum(first + k * HOURS_PER_DAY + lag, end - 1)
            gone = rng.binomial(total[:, metric], parts[:, k] * weight)
            out[everyone, metric, step] -= gone
    source = first + (n_batches - 1) * HOURS_PER_DAY + REFILL_HOURS
    row, age = unroll(np.zeros(n, dtype=np.int64), np.minimum(end - source, length - begin))
    kept = (refilled & possible)[row]
    row, age = row[kept], age[kept]
    for metric, weight in enumerate(PURGE_WEIGHTS):
        again = rng.binomial(delivered[row, metric, begin[row] + age], share[row] * weight)
        out[row, metric, source[row] + age] += again
    return out.astype(np.float32)


def _ensure_change(orders: Orders, clean: Floats, counts: Floats) -> None:
    """A minimum order where the attack lives if nothing that was drawn shows."""
    rows = np.flatnonzero((clean == counts).all(axis=(1, 2)))
    metric = _lead(orders.weights[rows])
    hour = np.clip(orders.core[rows], orders.open_from[rows], orders.open_to[rows] - 1)
    value = counts[rows, metric, hour]
    counts[rows, metric, hour] = np.maximum(value + 1, np.nextafter(value, np.float32(np.inf)))


@dataclass(frozen=True)
class Windows:
    """Changed cells of one account and metric, joined over pauses up to a day."""

    account: Ints
    metric: Ints
    start: Ints
    end: Ints
    injected: Floats

    @classmethod
    def joined(cls, parts: list[Windows]) -> Windows:
        """The windows of several groups of accounts."""
        parts = parts or [cls(*np.empty((5, 0)))]
        return cls(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)))


def windows(account: Ints, changed: Bools, added: Floats) -> Windows:
    """Windows of the changed cells (account, metric, hour); `added` = attacked - clean, all cells."""
    length = changed.shape[2]
    cell = np.flatnonzero(changed)
    series, hour = np.divmod(cell, length)
    new = (np.diff(series, prepend=-1) != 0) | (np.diff(hour, prepend=0) > PAUSE_HOURS + 1)
    first = np.flatnonzero(new)
    last = np.r_[first[1:], len(cell)] - 1
    injected = np.add.reduceat(added.ravel()[cell], first, dtype=np.float64) if len(cell) else np.empty(0)
    where = series[first]
    return Windows(account[where // 4], where % 4, hour[first], hour[last.astype(np.int64)] + 1, injected)
