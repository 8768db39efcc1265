"""Attacks put into real series: a small injector of its own, in plain NumPy.

Written from published facts on bought engagement, not from the attacks of this project: order sizes, start
delays, delivery speeds, the drip menu of reseller panels, counter corrections. Every attack adds whole
counts drawn from a negative binomial, or takes back binomial shares of what it delivered.

A series is a block ``(n_metrics, n_steps)`` of increments; NaN = missing, and stays missing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SMALLEST_ORDER = 50
"""Actions of the leading metric that an attack at least adds: panels sell no smaller order."""

BASKET = {"views": 1.0, "likes": 0.7, "comments": 0.3, "shares": 0.3}
"""What a buyer orders per metric, relative to the account's own level; each order deviates from it."""

DAY = 24


@dataclass(frozen=True)
class Scene:
    """What an attack may know of the series that it is put into.

    Attributes
    ----------
    level
        Local level of each metric: mean of the counts within half a day (three steps without a clock).
    own
        The same with the account's own hour-of-day profile; equal to `level` without a clock.
    quiet
        Steps in the quietest quarter of the account's own day; all False without a clock.
    mean
        Mean count of each metric over the whole series.
    start, length
        First step and number of steps of the window.
    metrics
        Names of the metrics.
    rng
        Source of every draw.
    """

    level: Floats
    own: Floats
    quiet: NDArray[np.bool_]
    mean: Floats
    start: int
    length: int
    metrics: tuple[str, ...]
    rng: np.random.Generator

    @property
    def n_steps(self) -> int:
        """Steps of the series."""
        return self.level.shape[1]

    def soft_or_sharp(self) -> Floats:
        """Shape of the window over the series, peak 1: a box, or a short rise and an exponential end."""
        shape = np.zeros(self.n_steps)
        shape[self.start : self.start + self.length] = 1.0
        if self.rng.random() < 0.5 or self.length < 3:
            return shape
        rise = int(self.rng.integers(1, 3))
        shape[self.start : self.start + rise] = np.arange(1, rise + 1) / (rise + 1)
        tail = self.rng.uniform(0.5, 6.0)
        after = np.arange(self.n_steps - self.start - self.length)
        shape[self.start + self.length :] = np.exp(-(after + 1) / tail) * (after < 4 * tail)
        return shape

    def basket(self) -> Floats:
        """Weight of each metric in this order, a column."""
        weights = np.array([BASKET[metric] for metric in self.metrics])
        # The leading metric is what was ordered; the others follow as the buyer's budget allows.
        return (weights / weights[0] * self.rng.lognormal(0.0, 0.3, len(weights)))[:, None]


Rate = tuple[Floats, Floats]
"""Expected counts to add, and shares of all that was delivered to take back, per metric and step."""


def burst(scene: Scene) -> Rate:
    """One order delivered at once: 3 to 10 times the local level."""
    gain = scene.rng.uniform(2.0, 9.0)
    return _only(gain * scene.basket() * scene.soft_or_sharp() * scene.level)


def waves(scene: Scene) -> Rate:
    """Three to eight orders of some hours each, at regular or irregular distance."""
    n_waves = int(min(scene.rng.integers(3, 9), max(2, scene.length // 3)))
    regular = scene.rng.random() < 0.5
    places = np.linspace(0.0, 1.0, n_waves, endpoint=False) if regular else scene.rng.random(n_waves)
    width = int(np.clip(scene.length // (3 * n_waves), 1, 6))
    shape = np.zeros(scene.n_steps)
    for place in places:
        at = scene.start + int(place * max(scene.length - width, 1))
        shape[at : at + width] = scene.rng.uniform(0.6, 1.0)
    return _only(scene.rng.uniform(1.0, 3.5) * scene.basket() * shape * scene.level)


def drip(scene: Scene, share: float) -> Rate:
    """A steady feed of `share` of the local mean: smeared flat, or equal runs from the menu of a panel."""
    inside = slice(scene.start, scene.start + scene.length)
    shape = np.zeros(scene.n_steps)
    shape[inside] = 1.0
    interval = int(scene.rng.choice([2, 6, 8, 24]))
    if scene.rng.random() < 0.5 and scene.length >= 3 * interval:
        runs = np.arange(scene.start, scene.start + scene.length, interval)
        shape[inside] = 0.0
        shape[runs] = interval
    flat = scene.level[:, inside].mean(axis=1, keepdims=True)
    return _only(share * scene.basket() * shape * flat)


def ramp(scene: Scene) -> Rate:
    """Delivery that grows day by day up to two to four times the level, then stops."""
    shape = np.zeros(scene.n_steps)
    shape[scene.start : scene.start + scene.length] = np.linspace(0.0, 1.0, scene.length + 1)[1:]
    return _only(scene.rng.uniform(0.8, 3.0) * scene.basket() * shape * scene.level)


def purge(scene: Scene) -> Rate:
    """A fast order, and some steps later a counter correction in one to four shrinking cuts."""
    rng = scene.rng
    delivery = max(1, scene.length // 4)
    shape = np.zeros(scene.n_steps)
    t = np.arange(delivery) + 0.5
    curve = t * np.exp(-4 * t / delivery)
    shape[scene.start : scene.start + delivery] = curve / curve.max()
    added = rng.uniform(1.0, 5.0) * scene.basket() * shape * scene.level
    cuts = rng.uniform(0.25, 0.6) ** np.arange(int(rng.integers(1, 5)))
    gap = DAY if scene.length > 2 * DAY else 1
    back = np.zeros(scene.n_steps)
    for k, cut in enumerate(cuts):
        at = scene.start + scene.length - 1 - (len(cuts) - 1 - k) * gap
        back[min(max(at, scene.start + delivery), scene.n_steps - 1)] += cut
    # Views are corrected first and most; likes partly, shares hardly ever.
    kept = {"views": 1.0, "likes": 0.5, "comments": 0.3, "shares": 0.1}
    keep = np.array([kept[metric] for metric in scene.metrics])
    share = rng.uniform(0.3, 0.9) * np.minimum(keep / keep[0], 1.0)
    return added, share[:, None] * back / back.sum()


def mimicry(scene: Scene) -> Rate:
    """A slow, moderate lift on the account's own curve and at its own ratios."""
    shape = np.zeros(scene.n_steps)
    edge = max(1, scene.length // 4)
    rise = np.minimum(np.arange(1, scene.length + 1) / edge, 1.0)
    shape[scene.start : scene.start + scene.length] = np.minimum(rise, rise[::-1])
    even = scene.rng.uniform(0.95, 1.05, len(scene.metrics))[:, None]
    return _only(scene.rng.uniform(0.25, 0.75) * even * shape * scene.own)


def likes_only(scene: Scene) -> Rate:
    """Likes (one time in five comments) alone: the other metrics do not move."""
    chosen = "likes"
    if "comments" in scene.metrics and scene.rng.random() < 0.2:
        chosen = "comments"
    one = np.array([float(metric == chosen) for metric in scene.metrics])[:, None]
    return _only(scene.rng.uniform(1.0, 7.0) * one * scene.soft_or_sharp() * scene.level)


def off_peak(scene: Scene) -> Rate:
    """Deliveries in the account's own quietest hours, night after night."""
    shape = np.zeros(scene.n_steps)
    shape[scene.start : scene.start + scene.length] = 1.0
    busy = scene.mean[:, None]
    return _only(scene.rng.uniform(0.7, 2.5) * scene.basket() * shape * scene.quiet * busy)


def _only(added: Floats) -> Rate:
    return added, np.zeros_like(added)


@dataclass(frozen=True)
class Kind:
    """One kind of attack: its rate and how long it lasts, in steps on an hourly clock."""

    rate: Callable[[Scene], Rate]
    shortest: int
    longest: int
    metrics: int = 1
    """Fewest metrics that it needs."""
    clock: bool = False
    """Whether it needs hours of the day that mean something."""


KINDS: dict[str, Kind] = {
    "burst": Kind(burst, 2, 8),
    "waves": Kind(waves, 36, 120),
    "drip +25 %": Kind(partial(drip, share=0.25), 24, 120),
    "drip +50 %": Kind(partial(drip, share=0.5), 24, 120),
    "drip +100 %": Kind(partial(drip, share=1.0), 24, 120),
    "ramp": Kind(ramp, 48, 144),
    "purge": Kind(purge, 24, 96),
    "mimicry": Kind(mimicry, 48, 168),
    "likes only": Kind(likes_only, 6, 72, metrics=2),
    "off-peak": Kind(off_peak, 48, 120, clock=True),
}
"""Every kind of attack by name."""


def kinds_for(metrics: Sequence[str], *, clock: bool) -> list[str]:
    """Names of the attacks that series with these metrics can suffer."""
    return [
        name for name, kind in KINDS.items() if len(metrics) >= kind.metrics and (clock or not kind.clock)
    ]


def inject(
    block: NDArray[np.floating],
    metrics: Sequence[str],
    kind: str,
    rng: np.random.Generator,
    *,
    start: int = 0,
    clock: bool = True,
    corrections: bool = True,
) -> NDArray[np.float32]:
    """Attacked copy of one account's series.

    Parameters
    ----------
    block
        ``(n_metrics, n_steps)`` increments, NaN = missing.
    metrics
        Names of the rows.
    kind
        A name of :data:`KINDS`.
    rng
        Source of every draw.
    start
        Number of the first step on the clock: which hour of the day it is.
    clock
        Whether steps are hours of a day that means something.
    corrections
        Whether this source shows corrections as counts below zero. Where it does not, a purge leaves
        zeros: a negative count in a source that never has one would give the attack away.

    Returns
    -------
    float32, same shape; at least one known count differs, missing ones stay missing.

    Raises
    ------
    ValueError
        If the kind is unknown or does not fit the series, or nothing is observed.
    """
    if kind not in kinds_for(metrics, clock=clock):
        raise ValueError(f"kind: {kind!r} is not allowed here; any of {kinds_for(metrics, clock=clock)}")
    x = np.asarray(block, dtype=np.float64)
    known = ~np.isnan(x)
    if not known.any():
        raise ValueError("block: no count is known; leave the account out")
    scene = _scene(x, tuple(metrics), KINDS[kind], rng, start, clock)
    added, back = (np.where(known, part, 0.0) for part in KINDS[kind].rate(scene))
    lead = int(np.argmax(added.sum(axis=1) > 0))
    # Where the level is next to nothing, so would be the order.
    added *= max(1.0, SMALLEST_ORDER / max(added[lead].sum(), 1e-9))
    delivered = _negative_binomial(added, rng)
    taken = np.stack(
        [
            rng.multinomial(int(total), np.append(shares, max(0.0, 1.0 - shares.sum())))[:-1]
            for total, shares in zip(delivered.sum(axis=1), back, strict=True)
        ]
    )
    out = x + delivered - taken
    if not corrections:
        out = np.where(taken > 0, np.maximum(out, 0.0), out)
    if np.array_equal(out[known], x[known]):
        # Nothing of the window is known, or chance drew zeros: the smallest order arrives at one step.
        at = np.flatnonzero(known[lead])
        out[lead, at[np.argmin(np.abs(at - scene.start))]] += SMALLEST_ORDER
    return out.astype(np.float32)


def _scene(
    x: Floats,
    metrics: tuple[str, ...],
    kind: Kind,
    rng: np.random.Generator,
    start: int,
    clock: bool,
) -> Scene:
    n = x.shape[1]
    counts = np.maximum(x, 0.0)
    mean = np.array([np.nanmean(row) if (~np.isnan(row)).any() else 0.0 for row in counts])
    # A third of the mean holds orders up where a post has died down: they are bought to revive it.
    level = np.maximum(_moving_mean(counts, DAY // 2 if clock or n > DAY else 1), mean[:, None] / 3)
    own, quiet = level, np.zeros(n, dtype=bool)
    if clock:
        hour = (start + np.arange(n)) % DAY
        profile = _hour_profile(counts / np.maximum(level, 1e-9), hour)
        own = level * profile[:, hour]
        quiet = (np.argsort(np.argsort(profile[0])) < DAY // 4)[hour]
    length = int(rng.integers(kind.shortest, kind.longest + 1))
    # Short series get short attacks, and at least a third of any series stays as it was.
    length = max(1, min(round(length * min(1.0, n / 168)), n // 3))
    first = n // 8
    places = rng.integers(first, n - length + 1, size=16)
    seen = (~np.isnan(x)).all(axis=0)
    known_share = [seen[at : at + length].mean() for at in places]
    # The first place that is mostly known, else the best known.
    best = int(np.argmax(np.minimum(known_share, 0.75)))
    return Scene(level, own, quiet, mean, int(places[best]), length, metrics, rng)


def _moving_mean(counts: Floats, reach: int) -> Floats:
    """Mean of what is known within `reach` steps; 0 where nothing is."""
    known = ~np.isnan(counts)
    kernel = np.ones(2 * reach + 1)
    n = counts.shape[1]
    middle = slice(reach, reach + n)
    sums = np.stack([np.convolve(row, kernel)[middle] for row in np.where(known, counts, 0.0)])
    sizes = np.stack([np.convolve(row, kernel)[middle] for row in known.astype(np.float64)])
    return np.asarray(sums / np.maximum(sizes, 1.0))


def _hour_profile(ratio: Floats, hour: NDArray[np.int64]) -> Floats:
    """Mean of each hour of the day over the level, drawn towards 1 as by two more days."""
    profile = np.ones((len(ratio), DAY))
    for h in range(DAY):
        at = ratio[:, hour == h]
        known = ~np.isnan(at)
        profile[:, h] = (np.where(known, at, 0.0).sum(axis=1) + 2.0) / (known.sum(axis=1) + 2.0)
    return profile


def _negative_binomial(mean: Floats, rng: np.random.Generator) -> Floats:
    """Counts whose variance is mean + mean² / size, the size drawn once for the order."""
    size = rng.uniform(5.0, 60.0)
    return rng.poisson(mean * rng.gamma(size, 1.0 / size, mean.shape)).astype(np.float64)
