"""Engagement as events: posts, resharing cascades and thinned reactions; fakes as orders in a panel's queue.

A post draws attention that decays as a power law; viewers reshare, so views excite further views (a Hawkes
process counted by the hour, Zhao et al. 2015); likes, comments and shares are a thinning of the views and
come some hours later. `orders` holds the bought part. Section numbers point at the domain notes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import World
from .orders import HABITS, Desk

Array = NDArray[np.float64]
PAST = 168  # hours lived before the first one returned: cascades and old posts are in full swing at hour 0
DAY = 24
# share, median views/h, its sd of log, posts/day, sd of log appeal, traffic without posts, branching ratio,
# gamma shape of the hourly noise (3.5; `catalogue` is old videos found by search, low-level viewing of 3.3)
KINDS = {
    "diarist": (0.20, 60.0, 0.9, 1.2, 0.3, 0.75, 0.20, 25.0),
    "erratic": (0.15, 40.0, 1.0, 0.5, 1.0, 0.45, 0.50, 10.0),
    "lurker": (0.12, 0.2, 0.8, 0.02, 0.8, 0.90, 0.10, 2.0),
    "star": (0.08, 6000.0, 1.2, 1.5, 0.5, 0.55, 0.40, 60.0),
    "newcomer": (0.10, 3.0, 1.0, 1.0, 0.6, 0.70, 0.25, 8.0),
    "hobbyist": (0.17, 6.0, 1.0, 0.3, 0.5, 0.70, 0.20, 10.0),
    "studio": (0.10, 800.0, 0.9, 2.0, 0.25, 0.55, 0.30, 40.0),
    "catalogue": (0.08, 120.0, 1.3, 0.05, 0.5, 0.90, 0.15, 25.0),
}
COHORTED = ("lockstep_cohort", "sleeper_reactivation")
STORIES = [
    "viral_hit",
    "news_shock",
    "siblings",
    "shout_out",
    "platform_outage",
    "holiday",
    "diaspora",
    "counter_correction",
    "comment_cleanup",
    "resurfacing",
    "mobilisation",
    "call_to_like",
    "comeback",
    "paid_promotion",
]


@dataclass
class _Crowd:
    """What drives the organic counts of each account; stories rewrite it before views are drawn."""

    size: Array  # views per hour
    idle: Array  # share of them that needs no post
    lift: Array  # impulse that adds one mean hour of views right after a post
    posts: Array  # (n, T, 4) attention impulses: views, then the same weighted by appeal to react
    kernel: Array  # (n, T)
    base: Array  # (n, T) traffic without posts, mean 1
    curve: Array  # (n, T) appetite of the audience by the hour, mean 1
    noise: Array  # (n, T) log factor: communities shared with others, and the account's own
    ratio: Array  # (n, 3) reactions per view
    react: Array  # (n, T, 3) factor on the ratios
    paid: Array  # (n, T) views bought as lawful advertising
    phase: Array  # time zone of the core audience, hours


def _clock(hour: Array, phase: Array | float, depth: Array | float = 1.0) -> Array:
    """Appetite of one time zone; log-harmonics of 3.1 give peak/mean 1.65, trough/mean 0.31 at 04 h."""
    day, half = hour - 17 - phase, hour - 10 - phase
    log = 0.61 * np.cos(2 * np.pi * day / 24) + 0.39 * np.cos(2 * np.pi * half / 12)
    return np.exp(depth * log) / 1.15


def _wander(rng: np.random.Generator, rows: int, hours: int, memory: float, sd: float) -> Array:
    out = rng.normal(0, sd, (rows, hours))
    for h in range(1, hours):
        out[:, h] = memory * out[:, h - 1] + np.sqrt(1 - memory**2) * out[:, h]
    return out


def _crowd(rng: np.random.Generator, kind: NDArray[np.str_], hours: int) -> tuple[_Crowd, Array]:
    n, T = len(kind), PAST + hours
    _, median, spread, rate, appeal_sd, idle, branching, shape = np.array([KINDS[k] for k in kind]).T
    hour = np.arange(T, dtype=float)[None] - PAST
    weekend = ((hour // DAY + rng.integers(7)) % 7) >= 5
    phase = rng.choice([0.0, 1.0, -5.0, 7.0], n, p=[0.5, 0.25, 0.15, 0.1]) + rng.normal(0, 0.7, n)
    # Two or three zones; the far one is small, and viewers get up an hour later at the weekend (3.1)
    zones = np.stack([phase, phase + rng.choice([-2, -1, 1, 3], n), phase + rng.uniform(5, 12, n)])
    weight = rng.dirichlet([14, 4, 1], n).T * (rng.random((3, n)) < [[1], [1], [0.6]])
    depth = rng.uniform(0.8, 1.2, (n, 1))
    curve = sum(
        w[:, None] * _clock(hour - weekend, z[:, None], depth) for w, z in zip(weight, zones, strict=True)
    )
    level = np.where(kind == "hobbyist", rng.uniform(0.2, 0.6, n), rng.normal(0, 0.1, n))
    curve *= np.exp(level[:, None] * (weekend - 2 / 7))
    curve /= curve.mean(1, keepdims=True)

    # Random audience overlap: strangers correlate through communities and the platform (1, fact 5; 3.5)
    communities = _wander(rng, 10, T, 0.6, 0.13) + _wander(rng, 10, T, 0.97, 0.06)
    overlap = rng.dirichlet(np.full(10, 0.3), n)
    own = _wander(rng, n, T, 0.4, 0.07) + _wander(rng, n, T, 0.97, 0.09)
    noise = _wander(rng, 1, T, 0.8, 0.08) + overlap @ communities + own * rng.uniform(0.6, 1.4, (n, 1))

    # Supply is more peaked than viewing (3.1), except for studios, which post by a timer on the hour
    when = _clock(hour, phase[:, None], 1.7) * np.where((kind == "hobbyist")[:, None] & weekend, 2.0, 1.0)
    posted = rng.poisson(rate[:, None] / DAY * when / when.mean(1, keepdims=True)).astype(float)
    timer = rng.choice([6, 8, 12, 24], n)
    rate = np.where(kind == "studio", DAY / timer, rate)
    due = (hour + rng.integers(0, 24, (n, 1))) % timer[:, None] == 0
    posted = np.where((kind == "studio")[:, None], due & (rng.random((n, T)) < 0.93), posted)
    posted *= np.exp(appeal_sd[:, None] * rng.normal(size=(n, T)) - appeal_sd[:, None] ** 2 / 2)
    taste = np.exp(rng.normal(size=(n, T, 3)) * [0.23, 0.4, 0.5])  # within-author spread (3.2)
    posts = posted[..., None] * np.concatenate([np.ones((n, T, 1)), taste], 2)
    age = np.arange(T)
    kernel = (age + rng.uniform(2, 6, (n, 1))) ** -rng.uniform(1.3, 1.6, (n, 1))  # 3.4; reshares flatten it
    kernel /= kernel[:, :PAST].sum(1, keepdims=True)
    growth = np.where(kind == "newcomer", rng.uniform(0.03, 0.15, n), rng.normal(0, 0.012, n))
    base = np.exp(growth[:, None] * (hour - hours / 2) / DAY)

    size = np.minimum(median * np.exp(spread * rng.normal(size=n)), 5e4)
    shared, each = rng.normal(size=(n, 1)), rng.normal(size=(n, 3))
    usual, spread = np.array([[0.055, 0.0025, 0.004], [0.6, 0.9, 1.1]])
    ratio = usual * np.exp(spread * (0.67 * shared + 0.74 * each))  # r about .45 (3.2)
    smaller_react_more = (size / 100).clip(0.05, 50)[:, None] ** -0.08
    ratio = (ratio * smaller_react_more).clip(0, 0.4)
    norm = rate / DAY
    lift = norm / (kernel[:, 0] * (1 - idle))
    posts /= norm[:, None, None]
    ones, zero = np.ones((n, T, 3)), np.zeros((n, T))
    crowd = _Crowd(size, idle, lift / norm, posts, kernel, base, curve, noise, ratio, ones, zero, phase)
    return crowd, np.stack([branching, shape])


def _tell_stories(rng: np.random.Generator, who: NDArray[np.int64], c: _Crowd, hours: int) -> dict[int, str]:
    """Give each account one lawful oddity of section 4; returns those that happen to the counter itself."""
    T = PAST + hours
    outage, dark, catch_up = PAST + rng.integers(30, hours - 60), rng.integers(1, 7), rng.uniform(1.2, 1.6)
    holiday = PAST + DAY * rng.integers(2, hours // DAY - 2)
    on_counter = {}
    for rank, i in enumerate(who):
        story, t = STORIES[rank % len(STORIES)], int(PAST + rng.integers(24, hours - 60))
        after, jump = np.arange(T - t), c.lift[i] * rng.lognormal(np.log(8), 0.6)
        if story == "viral_hit":
            c.posts[i, t] += 2 * jump * np.array([1, 1.2, 1.1, 2.0])  # shared more than watched
        elif story == "news_shock":
            c.noise[i, t:] += np.log1p(rng.uniform(2, 6) * np.exp(-after / 3.5))
        elif story == "siblings":
            elder = who[max(rank - len(STORIES) * (rank // len(STORIES) % 3), 0)]
            c.noise[i] = c.noise[elder] + 0.05 * rng.normal(size=T)
            if elder == i:
                c.noise[i, t:] += np.log1p(rng.uniform(2, 5) * np.exp(-after / 40))
        elif story == "shout_out":
            c.posts[i, t : t + 2] += jump / 2
        elif story == "platform_outage":
            c.curve[i, outage : outage + dark] *= 0.02
            c.curve[i, outage + dark : outage + dark + 4] *= catch_up
        elif story == "holiday":
            days = slice(holiday, holiday + 2 * DAY)
            c.curve[i, days] = np.roll(c.curve[i], -int(rng.integers(1, 11)))[days] ** rng.uniform(1, 1.6)
        elif story == "diaspora":
            far = _clock(np.arange(T) - PAST, c.phase[i] + rng.uniform(6, 12))
            c.curve[i] = 0.6 * c.curve[i] + 0.4 * far
        elif story == "resurfacing":
            c.posts[i, t : t + 72] += jump / 40 * np.sin(np.arange(72) / 72 * np.pi)[: T - t, None]
        elif story == "mobilisation":
            c.react[i, t : t + 6, :2] *= rng.uniform(2, 5)
            c.posts[i, t + 3] += jump / 3
        elif story == "call_to_like":
            c.react[i, t : t + 48, rng.integers(2)] *= rng.uniform(1.5, 3)
        elif story == "comeback":
            t = max(t, PAST + 170)
            c.base[i, :t] *= 0.01
            c.posts[i, :t] *= 0.01
            c.posts[i, t] += jump
        elif story == "paid_promotion":
            c.paid[i, t : t + int(rng.integers(48, 168))] = c.size[i] * rng.uniform(0.3, 1.0)
        else:
            on_counter[int(i)] = story
    return on_counter


def _organic(rng: np.random.Generator, c: _Crowd, laws: Array) -> Array:
    n, T = c.curve.shape
    branching, shape = laws
    spectrum = np.fft.rfft(c.kernel, 2 * T)
    waves = [np.fft.irfft(np.fft.rfft(c.posts[..., m], 2 * T) * spectrum, 2 * T)[:, :T] for m in range(4)]
    pull = (c.idle[:, None] * c.base)[..., None] + (1 - c.idle)[:, None, None] * np.stack(waves, 2).clip(0)
    pull *= c.size[:, None, None]
    appetite = c.curve * np.exp(c.noise)
    # Four exponential memories whose weights fall as a power law stand for the reshare kernel of 3.4
    forget = np.exp(-1 / np.array([1.0, 4.0, 16.0, 64.0]))
    blend = np.array([0.4, 0.28, 0.19, 0.13])
    memory = np.repeat(c.size[:, None], 4, 1)
    views = np.zeros((n, T))
    gamma = rng.standard_gamma(shape[:, None], (n, T)) / shape[:, None]
    for h in range(T):
        drive = (1 - branching) * pull[:, h, 0] + branching * (memory @ blend)
        # An audience is finite: without a ceiling one cascade in ten thousand outgrows exact float32
        drive = np.minimum(appetite[:, h] * drive, 100 * c.size + 50)
        views[:, h] = rng.poisson((drive + c.paid[:, h]) * gamma[:, h])
        memory = forget * memory + (1 - forget) * views[:, h, None]
    appeal = (pull[..., 1:] / (pull[..., :1] + 1e-9)).clip(0.2, 5) * c.react
    mood = np.repeat(np.exp(rng.normal(0, 0.2, (n, T // DAY + 1, 3))), DAY, 1)[:, :T]  # per-day term (3.5)
    lawful = 1 - 0.8 * c.paid / (c.paid + appetite * c.size[:, None])  # who sees an advert seldom reacts
    chance = (c.ratio[:, None] * appeal * mood * lawful[..., None]).clip(0, 0.8)
    start = PAST - DAY
    out = np.zeros((n, T - start, 4))
    out[..., 0] = views[:, start:]
    for m, (now, slope) in enumerate([(0.75, 1.6), (0.55, 1.3), (0.6, 1.2)], 1):
        wait = np.r_[
            now, (1 - now) * _unit(np.arange(1, 9.0) ** -slope)
        ]  # a like comes minutes or hours later
        born = rng.binomial(views[:, start:].astype(np.int64), chance[:, start:, m - 1])
        for lag, part in enumerate(np.moveaxis(rng.multinomial(born, wait), 2, 0)):
            out[:, lag:, m] += part[:, : part.shape[1] - lag]
    return out[:, DAY:]


def _unit(x: Array) -> Array:
    return x / x.sum()


def _gangs(rng: np.random.Generator, name: str, who: list[int]) -> list[list[int]]:
    """Cohorts of 8 to 40 accounts that share one order clock; elsewhere loose customers of a few sellers."""
    size = int(rng.integers(16, 41)) if name in COHORTED else max(1, len(who) // 3)
    gangs = [who[a : a + size] for a in range(0, len(who), size)]
    if len(gangs) > 1 and len(gangs[-1]) < 8:
        gangs[-2:] = [gangs[-2] + gangs[-1]]
    return gangs


def make(n_accounts: int, fake_ratio: float, seed: int, n_hours: int = 336) -> World:
    """Simulate accounts of which `fake_ratio` bought engagement; attacks come evenly."""
    if n_accounts < 1:
        raise ValueError(f"n_accounts: must be at least 1, got {n_accounts}")
    if n_hours < 240:
        raise ValueError(
            f"n_hours: sleepers need 5 idle days and others 3 clean ones, got {n_hours}; use >= 240"
        )
    if not 0 <= fake_ratio <= 1:
        raise ValueError(f"fake_ratio: must lie in [0, 1], got {fake_ratio}")
    rng = np.random.default_rng(seed)
    fakes = np.sort(rng.permutation(n_accounts)[: round(n_accounts * fake_ratio)])
    attack = np.full(n_accounts, None, dtype=object)
    attack[fakes] = rng.permutation(np.resize(rng.permutation(list(HABITS)), len(fakes)))
    is_fake = np.isin(np.arange(n_accounts), fakes)

    names = list(KINDS)
    usual = np.array([KINDS[k][0] for k in names])
    kind = rng.choice(names, n_accounts, p=usual)
    # Sleepers are dormant by nature; the other fakes are so much less often, or dormancy would betray a fake
    awake = np.where(np.array(names) == "lurker", usual - 1 / 12, usual)
    kind[fakes] = rng.choice(names, len(fakes), p=_unit(awake))
    kind[attack == "sleeper_reactivation"] = "lurker"

    crowd, laws = _crowd(rng, kind, n_hours)
    told = rng.permutation(np.flatnonzero(~is_fake))
    on_counter = _tell_stories(rng, told[: round(len(told) / 5)], crowd, n_hours)
    clean = _organic(rng, crowd, laws)
    stars = np.flatnonzero((kind == "star") & (rng.random(n_accounts) < 0.3))
    _correct(rng, clean, on_counter | {int(i): "counter_correction" for i in stars})

    daily = clean[fakes, : n_hours // DAY * DAY, 0].reshape(len(fakes), n_hours // DAY, DAY).sum(2)
    level = np.maximum(
        np.expm1(np.log1p(daily.clip(0)).mean(1)) / DAY, 1.5
    )  # a typical day, not the viral one
    level = level[:, None] * np.c_[np.ones(len(fakes)), crowd.ratio[fakes]]
    desk = Desk(rng, level, crowd.curve[fakes, PAST:], crowd.phase[fakes])
    cohort = np.full(n_accounts, None, dtype=object)
    for name, habit in HABITS.items():
        for number, gang in enumerate(_gangs(rng, name, list(np.flatnonzero(attack[fakes] == name)))):
            habit(desk, gang)
            if name in COHORTED:
                cohort[fakes[gang]] = f"{name}-{number}"
    counts = clean.copy()
    counts[fakes] += desk.deliver(clean[fakes])
    return World(counts.astype(np.float32), clean.astype(np.float32), is_fake, attack, cohort)


def _correct(rng: np.random.Generator, clean: Array, on_counter: dict[int, str]) -> None:
    """Take back honest counts: 1 % of views in shrinking batches (1.4), or most comments at once (C2)."""
    for i, story in on_counter.items():
        hours = clean.shape[1]
        first = int(rng.integers(48, hours))
        if story == "comment_cleanup":
            clean[i, first, 2] -= np.floor(clean[i, :first, 2].sum() * rng.uniform(0.1, 0.85))
            continue
        share = rng.uniform(0.002, 0.01)
        for k, at in enumerate(range(first, hours, DAY)):
            fallen = clean[i, :at].sum(0) * share * 0.5**k
            clean[i, at] -= np.floor(fallen * [1, 0.3, 1, 0])
