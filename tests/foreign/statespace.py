"""A foreign world as a multiplicative state-space model, written from the domain notes alone.

The log rate of an account sums a level whose volatility wanders and that sometimes jumps, a smooth random day
curve, weekdays, holidays, t-distributed shocks with memory, switched promotion and posts. Likes, comments and
shares follow views by ratios that wander in a factor model; counts are gamma-Poisson and pass a counter that
lags, batches, sticks and is corrected. Comments name the fact of the notes behind a constant.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import World
from .surprises import HARD, Array, ar1, make_hard, pulse
from .workers import ATTACKS, GROUPED, Supplier, order


class Kind(NamedTuple):
    """An organic behaviour; events per week, sizes in mean views per hour while active."""

    weight: float
    median: float
    spread: float  # sd of log size
    depth: float  # strength of the day curve
    drift: float  # hourly sd of the level
    posts: float
    gain: float  # median factor of a post
    promotions: float
    growth: float  # per day
    idle: float  # share of hours asleep


KINDS = {  # sizes, zero shares and bursts: section 3.5; fading and promoted are this author's own
    "steady": Kind(0.19, 60, 0.9, 1.0, 0.010, 0.6, 2.4, 0.2, 0.0, 0.0),
    "bursty": Kind(0.14, 40, 1.0, 1.1, 0.016, 5.0, 3.0, 0.5, 0.0, 0.05),
    "idle": Kind(0.12, 1.6, 1.1, 0.7, 0.010, 0.5, 5.0, 0.0, 0.0, 0.9),
    "star": Kind(0.09, 6000, 1.2, 1.0, 0.008, 9.0, 1.6, 0.3, 0.0, 0.0),
    "rising": Kind(0.11, 3, 1.0, 1.0, 0.014, 1.0, 2.5, 0.5, 0.08, 0.1),
    "casual": Kind(0.14, 6, 1.0, 1.2, 0.012, 0.4, 2.5, 0.1, 0.0, 0.12),
    "scheduled": Kind(0.08, 800, 0.9, 0.95, 0.008, 0.0, 2.0, 0.2, 0.0, 0.0),
    "fading": Kind(0.07, 25, 1.1, 1.0, 0.012, 0.2, 2.0, 0.0, -0.06, 0.0),
    "promoted": Kind(0.06, 150, 1.2, 0.9, 0.012, 1.0, 2.0, 4.0, 0.0, 0.0),
}
# Hourly views from the trough hour, mean 1 (section 3.1); smoothed, for its step is a counter refresh.
CURVE = np.array([.30, .32, .41, .55, .69, .79, 1.32, 1.40, .96, .98, 1.19, 1.21, 1.09, 1.20, 1.36, 1.50,
                  1.54, 1.63, 1.54, 1.35, 1.05, .72, .52, .38])  # fmt: skip


def organic_rates(rng: np.random.Generator, kind: NDArray[Any], T: int) -> tuple[Array, Array, Array, Array]:
    """Log rate of views, its smooth part, log ratios of the other metrics, and whether awake."""
    n, D = len(kind), T // 24 + 2
    row = np.array([KINDS[k] for k in kind]).T
    _, median, spread, depth, drift, posts, gain, promotions, growth, idle = row
    t, account = np.arange(T, dtype=float), np.arange(n)[:, None]
    day, weekday = np.arange(T) // 24, (np.arange(T) // 24 + rng.integers(7)) % 7
    # A day curve is the measured template plus a Gaussian process on the circle, drawn through its spectrum.
    kernel = np.exp(-2 * np.sin(np.pi * np.arange(24) / 24) ** 2 / 0.9**2)
    white = np.fft.fft(rng.normal(size=(n, 24)), axis=1)
    wiggle = np.fft.ifft(np.sqrt(np.maximum(np.fft.fft(kernel).real, 0)) * white, axis=1).real
    smooth = np.log((np.roll(CURVE, 1) + 2 * CURVE + np.roll(CURVE, -1)) / 4)
    curve = depth[:, None] * (smooth - smooth.mean()) + 0.22 * wiggle
    phase = np.where(rng.random(n) < 0.15, rng.uniform(0, 24, n), rng.normal(rng.uniform(0, 24), 1.5, n))
    jitter = rng.normal(size=(n, D)) * np.where(kind == "bursty", 1.2, 0.25)[:, None]
    holiday = (day == rng.integers(2, T // 24)) * (rng.random() < 0.6)  # amplitude to 2x, phase to 1 h [S46]
    weekend = weekday >= 5  # the night lull comes about an hour later
    clock = (t + phase[:, None] + jitter[:, day] - rng.uniform(0.3, 1.3) * weekend - 0.7 * holiday) % 24
    low = clock.astype(int)
    shape = curve[account, low] * (low + 1 - clock) + curve[account, (low + 1) % 24] * (clock - low)
    shape *= 1 + 0.08 * weekend + rng.uniform(0.1, 0.6) * holiday
    week = rng.normal(0, 0.07, (n, 7)) + rng.normal(0, 0.03, 7)  # levels of a weekday +-5-15 %, own sign
    week[:, 5:] += np.where(kind == "casual", 0.25, 0.0)[:, None]
    smooth_log = np.log(rng.lognormal(np.log(median), spread))[:, None] + shape + week[:, weekday]
    pace = growth * rng.lognormal(0, 0.5, n)
    smooth_log = smooth_log + pace[:, None] * (t / 24 - T / 48) * (1 - 0.3 * t / T)
    volatility = np.exp(ar1(rng.normal(0, 0.35, (n, D)), 0.8))[:, day]
    level = ar1(drift[:, None] * volatility * rng.normal(size=(n, T)), 0.996)
    jump = (rng.random((n, T)) < drift[:, None] / 6) * rng.standard_t(4, (n, T)) * 0.22
    level += ar1(jump, np.where(rng.random(n) < 0.5, 1.0, 0.97))
    # Residual sd .10-.34 and AR(1) .14-.55 in large series (section 3.3); heavy tails for the 99.9 % jump.
    phi, df = rng.uniform(0.14, 0.6, n), rng.uniform(4, 9, n)[:, None]
    sd = np.clip(0.13 * rng.lognormal(0, 0.35, n), 0.07, 0.32) * np.sqrt(1 - phi**2)
    shock = ar1(sd[:, None] * rng.standard_t(df, (n, T)) / np.sqrt(df / (df - 2)), phi)
    platform = ar1(rng.normal(0, rng.uniform(0.03, 0.055), (1, T)), 0.7)  # sd .05-.08 and event pulses
    for event in rng.uniform(0, T, rng.poisson(3)):
        platform += np.log1p(pulse(t, event, rng.uniform(1.1, 1.5), 2, 2, 1.5))
    platform = platform * rng.uniform(0.4, 1.6, (n, 1))
    extra = np.zeros((n, T))
    for rate, promoted in ((posts, False), (promotions, True)):
        who = np.repeat(np.arange(n), rng.poisson(rate * T / 168))
        m = len(who)
        size = rng.lognormal(np.log(np.where(promoted, 1.2, gain[who] - 1)), 0.6)
        rise = np.where(rng.random(m) < 0.5, 0.01, rng.uniform(1, 8 if promoted else 3, m))
        hold = rng.uniform(4, 40, m) if promoted else np.zeros(m)
        # Relaxation exponents 1.3-1.6 for posts; a feed drops a video at once or lets it go in an hour or so.
        theta = np.where(rng.random(m) < 0.5, np.inf, 1.6) if promoted else rng.uniform(1.1, 1.7, m)
        start = rng.uniform(-24, T, m)
        columns = [x[:, None] for x in (start, 1 + size, rise, hold, theta)]
        np.add.at(extra, who, pulse(t, *columns))
    for i in np.flatnonzero(kind == "scheduled"):
        period, lead = rng.choice([6, 12, 24]), rng.integers(24)
        keep = rng.random(T) < 0.9
        for s in range(lead - 24, T, period):
            extra[i] += keep[s] * pulse(t, s, rng.uniform(1.3, 2.6), 0.01, 0, rng.uniform(1.2, 1.8))
    rest = rng.lognormal(np.log(20), 0.9, n)  # asleep in geometric runs
    swap, awake = rng.random((n, T)), np.empty((n, T))
    awake[:, 0] = rng.random(n) >= idle
    for s in range(1, T):
        leave = np.where(awake[:, s - 1] > 0, idle / np.maximum(1 - idle, 0.02), 1) / rest
        awake[:, s] = np.where(swap[:, s] < leave, 1 - awake[:, s - 1], awake[:, s - 1])
    # Ratios: log sd .61 / 1.0 / 1.5 between accounts, correlated .4-.6; within a day about .2 (section 3.2).
    corr = np.linalg.cholesky([[1, 0.4, 0.44], [0.4, 1, 0.58], [0.44, 0.58, 1]])
    comments = np.where(rng.random(n) < 0.5, 0.0006, 0.004)  # of either platform
    centre = np.log(np.stack([np.full(n, 0.053), comments, np.full(n, 0.003)], 1))
    base = centre + rng.normal(size=(n, 3)) @ corr.T * [0.61, 1.0, 1.4]
    size = smooth_log.mean(1)
    base[:, 0] -= 0.04 * (size - 4)  # large audiences like less [S49]
    common = ar1(rng.normal(0, 0.8, (n, D)), 0.6)[..., None]
    own = ar1(rng.normal(0, 0.8, (n, D, 3)), 0.6)
    daily = (common * rng.uniform(0.3, 0.9, (n, 1, 3)) + own) * [0.12, 0.2, 0.2]
    part = (t % 24 / 24)[None, :, None]
    log_rate = smooth_log + level + shock + platform + np.log1p(extra)
    elastic = (log_rate - log_rate.mean(1, keepdims=True))[..., None] * [-0.05, -0.15, -0.06]
    ratio = base[:, None] + daily[:, day] * (1 - part) + daily[:, day + 1] * part + elastic
    return log_rate, smooth_log, ratio, awake


def observe(counts: Array, lag: Array, held: NDArray[np.bool_]) -> Array:
    """What a polled counter shows: part of an hour one hour late, held hours in the next reading."""
    n, T, _ = counts.shape
    late = np.floor(counts * lag)
    late[:, -1] = 0
    shown = counts - late
    shown[:, 1:] += late[:, :-1]
    target = np.where(held, T - 1, np.arange(T)[None, :, None])
    target = np.minimum.accumulate(target[:, ::-1], axis=1)[:, ::-1]
    out = np.zeros_like(shown)
    np.add.at(out, (np.arange(n)[:, None, None], target, np.arange(4)), shown)
    return out


def readings(rng: np.random.Generator, views: Array, T: int) -> tuple[Array, NDArray[np.bool_]]:
    """Refresh lag and held hours of each account's counters."""
    n = len(views)
    lag = rng.uniform(0, 0.4, (n, 1, 4)) * (rng.random((n, 1, 4)) < 0.6)
    held = rng.random((n, T, 4)) < 0.001  # stuck
    batch = rng.integers(2, 4, n)[:, None]
    batched = (rng.random(n) < 0.02)[:, None] & ((np.arange(T) + rng.integers(3, size=(n, 1))) % batch > 0)
    some_days = np.repeat(rng.random((n, T // 24 + 1)) < 0.35, 24, axis=1)[:, :T]
    return lag, held | (batched & some_days)[..., None]


def corrections(rng: np.random.Generator, shown: Array, cuts: Array) -> Array:
    """Actions that the platform takes back: a share of the stock, in a batch hour."""
    n, T, _ = shown.shape
    hour = (np.arange(T) % 24)[None] == rng.integers(6, 16, (n, 1))
    # Day steps below zero: views .14 %, likes .26 %, comments 11.2 % with a median of -3.5 % (section 4).
    often, size = np.array([0.002, 0.003, 0.06, 0.0]), np.array([0.003, 0.004, 0.03, 0.0])
    fall = hour[..., None] & (rng.random((n, T, 4)) < often)
    share = np.where(fall, size * rng.lognormal(0, 0.7, (n, T, 4)), 0) + cuts
    stock = np.cumsum(shown, 1) + 72 * shown.mean(1, keepdims=True)
    return np.floor(stock * np.minimum(share, 0.9) + rng.random((n, 1, 1)) * (share > 0))


def make(n_accounts: int, fake_ratio: float, seed: int, n_hours: int = 336) -> World:
    """Simulate one world.

    Parameters
    ----------
    n_accounts : int
        Accounts, at least 1.
    fake_ratio : float
        Share of attacked accounts, 0 to 1; the twelve attacks take equal parts.
    seed : int
        Same seed, same bytes.
    n_hours : int
        Hours, at least 216: a sleeper first sleeps five days.

    Returns
    -------
    World
        Counts with and without the attacks, and the truth.

    Raises
    ------
    ValueError
        If an argument is out of range.
    """
    if n_accounts < 1 or not 0 <= fake_ratio <= 1 or n_hours < 216:
        given = f"n_accounts, fake_ratio, n_hours: {n_accounts}, {fake_ratio}, {n_hours}"
        raise ValueError(f"{given}; need at least 1 account, a ratio in 0..1 and 216 hours")
    n, T = n_accounts, n_hours
    rng = np.random.default_rng([seed, 1])
    chosen = rng.permutation(n)
    fakes, normals = chosen[: round(n * fake_ratio)], chosen[round(n * fake_ratio) :]
    attack, cohort, is_fake = np.full(n, None), np.full(n, None), np.zeros(n, bool)
    is_fake[fakes] = True
    attack[fakes] = [list(ATTACKS)[j % len(ATTACKS)] for j in range(len(fakes))]
    kind = rng.choice(list(KINDS), n, p=[k.weight for k in KINDS.values()])
    kind[attack == "sleeper_reactivation"] = "idle"
    log_rate, smooth, ratio, awake = organic_rates(rng, kind, T)
    cuts = np.zeros((n, T, 4))
    for j, i in enumerate(normals[: len(normals) // 5]):
        name = HARD[j % len(HARD)]  # four neighbours of a kind share their clock, as one owner's videos do
        clock = np.random.default_rng([seed, 2, j % len(HARD), j // (4 * len(HARD))])
        make_hard(name, clock, rng, log_rate[i], ratio[i], awake[i], cuts[i])
    # Old videos keep a sleeper's counter from quite stopping; the cap keeps counts exact in float32.
    rate = np.exp(np.minimum(log_rate, 13)) * np.maximum(awake, 0.01)
    size = rate.mean(1)
    k = np.clip(4.5 * size**0.35, 1.5, 90)[:, None]  # NB size 1-3 when dormant, 17-96 in large series
    shared = rng.gamma(k, 1 / k, (n, T))
    views = rng.poisson(rate * shared)
    part = np.minimum(np.exp(ratio), [0.6, 0.3, 0.5])
    own = rng.gamma(2.5 * k[..., None], 1 / (2.5 * k[..., None]), (n, T, 3))
    others = np.minimum(rng.poisson((rate * shared)[..., None] * part * own), views[..., None])
    organic = np.concatenate([views[..., None], others], 2).astype(float)

    given, removed = np.zeros_like(organic), np.zeros_like(organic)
    mean = np.concatenate([size[:, None], (rate[..., None] * part).mean(1)], 1)
    suppliers = []
    for _ in range(max(3, len(fakes) // 20)):  # a shift of eight hours, three of them, or bots that need none
        hour, style = np.arange(24), rng.integers(3)
        on_shift = np.roll(hour, rng.integers(24)) < (9, 17, 24)[style]
        balance, batch_hour = rng.normal(0, 0.3, 4), int(rng.integers(6, 18))
        suppliers.append(Supplier(np.where(on_shift, 1.0, 0.2), balance, batch_hour))
    for a, name in enumerate(ATTACKS):
        members = np.flatnonzero(attack == name)
        at, group = 0, 0
        while at < len(members):
            together = rng.random() < GROUPED.get(name, 0)
            left, width = len(members) - at, int(rng.integers(8, 25)) if together else 1
            width = left if together and left - width < 8 else width  # no cohort of a few left over
            by = suppliers[rng.integers(len(suppliers))]
            for i in members[at : at + width]:
                clock = np.random.default_rng([seed, 3, a, group])
                day = np.exp(smooth[i] - smooth[i].max())
                given[i], removed[i] = order(name, clock, rng, day / day.mean(), mean[i], by)
                cohort[i] = f"{name}-{group}" if together and width > 1 else None
            at, group = at + width, group + 1
    lag, held = readings(rng, size, T)
    clean = observe(organic, lag, held)
    taken = corrections(rng, clean, cuts)
    counts, clean = observe(organic + given, lag, held) - taken - removed, clean - taken
    # Most exports clip a counter that fell at zero, some keep the negative step.
    lowest = np.where(rng.random((n, 1, 1)) < 0.65, 0, -np.inf)
    counts, clean = np.maximum(counts, lowest), np.maximum(clean, lowest)
    return World(counts.astype(np.float32), clean.astype(np.float32), is_fake, attack, cohort)
