"""What a platform is recognised by: statistics that are taken alike from real and from simulated accounts."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fakeengage.estimation.sample import Sample

Floats = NDArray[np.float64]
Gauges = dict[str, Floats]

ACCOUNTS_PER_GROUP = 50
"""Accounts needed for a group of similar size to have numbers of its own."""

MOST_GROUPS = 7  # as many as a preset has profiles

_DAY = 24
_OWN_CYCLE = 72  # hours from which an account shows a daily curve of its own
_WEEKEND = 264  # eleven days: at least one whole weekend between weekdays
_TREND = 168
_SIGMAS = 3.0  # residuals beyond are bursts, not memory


@dataclass(frozen=True)
class View:
    """How a sample is looked at: fixed by the real one, so that both are measured alike.

    Parameters
    ----------
    groups
        Number of groups of accounts of similar size.
    cycle
        ``own`` (each account shows its daily curve), ``shared`` (only all together do) or ``none``.
    weekend, trend, posts, platform
        Whether weekends, growth, lives of single posts, common ups and downs can be told.
    limit
        Per group, log residual beyond which an hour belongs to a burst.
    """

    groups: int
    cycle: str
    weekend: bool
    trend: bool
    posts: bool
    platform: bool
    limit: Floats = field(default_factory=lambda: np.empty(0))


def view_of(sample: Sample) -> View:
    """What the lengths and starts of a sample allow to be told."""
    n, n_hours, _ = sample.counts.shape
    steps = np.median((~np.isnan(sample.counts[:, :, sample.anchor])).sum(axis=1))
    spread = abs(np.exp(2j * np.pi * (sample.starts % _DAY) / _DAY).mean())
    posts = falling_share(sample) > 0.0 and (steps >= _OWN_CYCLE or begins_inside(sample))
    cycle = "own" if steps >= _OWN_CYCLE else "shared" if spread < 0.5 and n >= 30 else "none"
    view = View(
        groups=int(np.clip(n // ACCOUNTS_PER_GROUP, 1, MOST_GROUPS)),
        cycle=cycle,
        weekend=bool(steps >= _WEEKEND),
        trend=not posts and (bool(steps >= _TREND) or falling_share(sample) > 0.0),
        posts=posts,
        platform=sample.shares_clock and n >= 20 and steps >= _OWN_CYCLE,
    )
    group = _groups(levels(sample), view.groups)
    rest, _ = _residuals(sample, view)
    limit = [max(_SIGMAS * _robust_sd(rest[group == g]), np.log(2.0)) for g in range(view.groups)]
    return View(**{**view.__dict__, "limit": np.array(limit)})


def falling_share(sample: Sample) -> float:
    """Share of accounts that are the life of one post, from how many more fall than rise."""
    x = np.maximum(sample.counts[:, :, sample.anchor], 0.0)
    first, last = (_mean(x, part) for part in _thirds(x))
    some = (first + last) > 0
    excess = float(np.mean(first[some] > 1.33 * last[some]) - np.mean(last[some] > 1.33 * first[some]))
    if not some.any() or excess < 0.25:
        return 0.0
    return 1.0 if excess > 0.4 else float(min(1.0, 1.5 * excess))


def begins_inside(sample: Sample) -> bool:
    """Whether most series start before the post they show: low at first, then rising to a peak."""
    x = np.maximum(np.nan_to_num(sample.counts[:, :, sample.anchor]), 0.0)
    return bool(np.median(x[:, 0] / np.maximum(x.max(axis=1), 1.0)) < 0.2)


def _thirds(x: Floats) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Cells of the first and of the last third of each account's own length."""
    seen = ~np.isnan(x)
    length = x.shape[1] - np.argmax(seen[:, ::-1], axis=1)
    step = np.arange(x.shape[1])
    return step < length[:, None] / 3, (step >= length[:, None] * 2 / 3) & (step < length[:, None])


def _mean(x: Floats, cells: NDArray[np.bool_]) -> Floats:
    use = cells & ~np.isnan(x)
    return np.asarray(np.where(use, x, 0.0).sum(axis=1) / np.maximum(use.sum(axis=1), 1))


def levels(sample: Sample) -> Floats:
    """Logarithm of each account's mean count per hour."""
    x = np.maximum(sample.counts[:, :, sample.anchor], 0.0)
    seen = ~np.isnan(x)
    return np.asarray(np.log((np.nansum(x, axis=1) + 0.5) / np.maximum(seen.sum(axis=1), 1)))


def group_sizes(sample: Sample, groups: int) -> list[float]:
    """Log size of each group of accounts, in standard deviations from the median account."""
    level = levels(sample)
    group = _groups(level, groups)
    scale = max(float(level.std()), 1e-6)
    return [float(np.median(level[group == g]) - np.median(level)) / scale for g in range(groups)]


def _groups(level: Floats, n_groups: int) -> NDArray[np.int64]:
    """Group of each account: equally many in each, by size."""
    rank = np.empty(len(level), dtype=np.int64)
    rank[np.argsort(level, kind="stable")] = np.arange(len(level))
    return rank * n_groups // len(level)


def _robust_sd(x: Floats) -> float:
    known = x[~np.isnan(x)]
    if not known.size:
        return 0.0
    return float(1.4826 * np.median(np.abs(known - np.median(known))))


def _residuals(sample: Sample, view: View) -> tuple[Floats, Floats]:
    """Log counts less level, trend and rhythm of each account, and the coefficients of the rhythm.

    Silent hours are left out: they are counted on their own.
    """
    x = sample.counts[:, :, sample.anchor]
    n, n_hours = x.shape
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(x > 0, np.log(x), np.nan)
    step = np.broadcast_to(np.arange(n_hours, dtype=np.float64), x.shape)
    columns = [np.ones_like(step), step / n_hours - 0.5]
    if view.posts:
        columns.append(np.log1p(step))
    base = len(columns)
    if view.cycle == "own":
        turn = 2 * np.pi * (sample.hours % _DAY) / _DAY
        columns += [np.cos(turn), np.sin(turn), np.cos(2 * turn), np.sin(2 * turn)]
    if view.weekend:
        columns.append(((sample.hours // _DAY + 3) % 7 >= 5).astype(np.float64))
    design = np.stack(columns, axis=-1)
    known = ~np.isnan(logs)
    weighted = design * known[:, :, None]
    gram = np.einsum("ntp,ntq->npq", weighted, design) + 1e-3 * np.eye(design.shape[2])
    right = np.einsum("ntp,nt->np", weighted, np.nan_to_num(logs))
    found = np.linalg.solve(gram, right[:, :, None])[:, :, 0]
    rest = logs - np.einsum("ntp,np->nt", design, found)
    thin = known.sum(axis=1) < design.shape[2] + 3
    rest[thin] = np.nan
    found[thin] = np.nan
    return rest, found[:, base:]


def measure(sample: Sample, view: View) -> Gauges:
    """All statistics of a sample that `view` allows, by name."""
    with warnings.catch_warnings():
        # Groups without a known value answer NaN, which calibration skips.
        warnings.simplefilter("ignore", RuntimeWarning)
        level = levels(sample)
        group = _groups(level, view.groups)
        rest, rhythm = _residuals(sample, view)
        out: Gauges = {"level": np.array([np.median(level)]), "level_sd": np.array([level.std()])}
        _noise(rest, group, view, out)
        _silence(sample, group, view, out)
        _rhythm(sample, rest, rhythm, view, out)
        _course(sample, view, out)
        _ties(sample, out)
        if view.posts:
            _lives(sample, out)
        if view.platform:
            _common(rest, out)
    return out


def ranks(groups: int) -> Floats:
    """Place of each group of accounts from the smallest (-1) to the largest (1)."""
    return np.linspace(-1.0, 1.0, groups) if groups > 1 else np.zeros(1)


def _line(name: str, by_group: Floats, out: Gauges) -> None:
    """Mean over the groups and, from three groups on, the slope from small accounts to large ones."""
    out[name] = np.array([np.nanmean(by_group)])
    if len(by_group) >= 3:
        rank = ranks(len(by_group))
        out[f"{name}_slope"] = np.array([np.nanmean(by_group * rank) / np.mean(rank**2)])


def _share_by_group(
    hits: NDArray[np.bool_], among: NDArray[np.bool_], group: NDArray[np.int64], groups: int
) -> Floats:
    return np.array([hits[group == g].sum() / max(int(among[group == g].sum()), 1) for g in range(groups)])


def lag_product(rest: Floats, lag: int) -> float:
    """Mean product of residuals `lag` hours apart."""
    product = rest * rest if lag == 0 else rest[:, lag:] * rest[:, :-lag]
    return float(np.nanmean(product)) if product.size else float("nan")


def _noise(rest: Floats, group: NDArray[np.int64], view: View, out: Gauges) -> None:
    """Dispersion, memory and bursts of each group."""
    limit = view.limit[group][:, None]
    cut = np.clip(rest, -limit, limit)
    parts = [cut[group == g] for g in range(view.groups)]
    lags = np.array([[lag_product(part, lag) for lag in (0, 1, 2)] for part in parts])
    _line("nugget", lags[:, 0] - lags[:, 1], out)
    _line("memory", lags[:, 1], out)
    c0, c1, c2 = (float(np.nanmean(lags[:, lag])) for lag in (0, 1, 2))
    # Kept from the noise of a memory near zero by a tenth of the whole variance.
    out["rho"] = np.array([c2 / (abs(c1) + 0.1 * c0 + 1e-6)])
    known = ~np.isnan(rest)
    burst = known & (rest > limit)
    _line("burst_share", _share_by_group(burst, known, group, view.groups), out)
    out["burst_size"] = np.array([np.nanmean(np.where(burst, rest - limit, np.nan))])
    follows = burst[:, :-1] & known[:, 1:]
    out["burst_stay"] = np.array([(burst[:, 1:] & follows).sum() / max(int(follows.sum()), 1)])


def _silence(sample: Sample, group: NDArray[np.int64], view: View, out: Gauges) -> None:
    x = sample.counts[:, :, sample.anchor]
    silent, known = x <= 0, ~np.isnan(x)
    _line("zero", _share_by_group(silent, known, group, view.groups), out)
    follows = silent[:, :-1] & known[:, 1:]
    out["zero_stay"] = np.array([(silent[:, 1:] & follows).sum() / max(int(follows.sum()), 1)])
    own = silent.sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    out["zero_sd"] = np.array([own.std()])


def _rhythm(sample: Sample, rest: Floats, rhythm: Floats, view: View, out: Gauges) -> None:
    """Daily curve as complex numbers: size = depth, angle = hour of the peak."""
    if view.cycle == "own":
        first, second = rhythm[:, 0] + 1j * rhythm[:, 1], rhythm[:, 2] + 1j * rhythm[:, 3]
    elif view.cycle == "shared":
        turn = 2 * np.pi * (sample.hours % _DAY) / _DAY
        first = np.array([2 * np.nanmean(rest * np.exp(1j * turn))])
        second = np.array([2 * np.nanmean(rest * np.exp(2j * turn))])
    if view.cycle != "none":
        mean = np.nanmean(first)
        out["day_depth"] = np.array([np.nanmean(np.abs(first))])
        out["peak"] = np.array([np.angle(mean) * _DAY / (2 * np.pi)])
        out["together"] = np.array([abs(mean) / max(float(np.nanmean(np.abs(first))), 1e-9)])
        # Along the angle that the simulator's second harmonic has, 4.5 hours behind its first.
        angle = 2 * (np.angle(first) + 2 * np.pi * 4.5 / _DAY)
        out["second"] = np.array([np.nanmean(np.real(second * np.exp(-1j * angle)))])
    if view.weekend:
        out["weekend"] = np.array([np.nanmedian(rhythm[:, -1])])
        out["weekend_sd"] = np.array([_robust_sd(rhythm[:, -1])])


def _course(sample: Sample, view: View, out: Gauges) -> None:
    """Growth from the first to the second half, and jumps from day to day."""
    x = np.maximum(sample.counts[:, :, sample.anchor], 0.0)
    n_days = x.shape[1] // _DAY
    if view.trend:
        first, last = (_mean(x, part) for part in _thirds(x))
        gain = np.log((last + 0.1) / (first + 0.1))
        out["growth"] = np.array([np.nanmedian(gain)])
        out["growth_sd"] = np.array([_robust_sd(gain)])
    if n_days >= 4:
        days = np.log(np.nanmean(x[:, : n_days * _DAY].reshape(len(x), n_days, _DAY), axis=2) + 0.1)
        jumps = days[:, 2:] - 2 * days[:, 1:-1] + days[:, :-2]
        out["day_jump"] = np.array([_robust_sd(jumps) ** 2 / 6])


def _ties(sample: Sample, out: Gauges) -> None:
    """Ratios of the other metrics to the anchor: level, spread, correlation, noise."""
    others = [k for k in range(len(sample.metrics)) if k != sample.anchor]
    if not others:
        return
    counts = np.maximum(sample.counts, 0.0)
    base = counts[:, :, sample.anchor]
    own, noise = [], []
    for k in others:
        both = ~np.isnan(counts[:, :, k]) & ~np.isnan(base)
        above = np.where(both, counts[:, :, k], 0.0).sum(axis=1)
        below = np.where(both, base, 0.0).sum(axis=1)
        own.append(np.log((above + 0.5) / (below + 0.5)))
        usual = np.exp(own[-1])[:, None]
        expected = base * usual
        # Hours with few expected counts say nothing but chance.
        ratio = np.where(both & (expected >= 3), np.log((counts[:, :, k] + 0.5) / (expected + 0.5)), np.nan)
        noise.append(np.clip(ratio - np.nanmean(ratio, axis=1, keepdims=True), -2, 2))
    out["ratio"] = np.array([np.median(r) for r in own])
    out["ratio_sd"] = np.array([np.std(r) for r in own])
    if len(others) > 1 and len(base) >= 10:
        matrix = np.corrcoef(np.array(own))
        out["ratio_tie"] = np.array([np.nanmean(matrix[np.triu_indices(len(others), 1)])])
    lags = np.array([[lag_product(part, lag) for lag in (0, 1)] for part in noise])
    out["ratio_noise"] = np.array([np.nanmean(lags[:, 0])])
    out["ratio_rho"] = np.array([np.nansum(lags[:, 1]) / max(float(np.nansum(lags[:, 0])), 1e-9)])


def _lives(sample: Sample, out: Gauges) -> None:
    """Course of single posts: when it starts, peaks, is half over, and how steeply it ends."""
    x = np.maximum(np.nan_to_num(sample.counts[:, :, sample.anchor]), 0.0)
    total = x.sum(axis=1)
    x, total = x[total >= 10], total[total >= 10]
    if not len(x):
        return
    done = np.cumsum(x, axis=1) / total[:, None]
    begin, half, late = (np.argmax(done >= part, axis=1).astype(np.float64) for part in (0.02, 0.5, 0.9))
    length = x.shape[1]
    peak = np.argmax(x, axis=1)
    out["begin"] = np.array([begin.mean() / length])
    out["rise"] = np.array([np.maximum(peak - begin, 0.0).mean()])
    out["half"] = np.array([(half - begin).mean()])
    out["late"] = np.array([(late - half).mean()])
    out["late_sd"] = np.array([(late - half).std()])


def _common(rest: Floats, out: Gauges) -> None:
    """Part of the residuals that all accounts share."""
    known = (~np.isnan(rest)).sum(axis=0)
    mean = np.nanmean(np.clip(rest, -1, 1), axis=0)[known >= 10]
    chance = float(np.nanvar(np.clip(rest, -1, 1))) / max(float(known.mean()), 1.0)
    if len(mean) < _DAY:
        return
    centred = mean - mean.mean()
    power = float(centred @ centred) / len(mean)
    out["common"] = np.array([max(power - chance, 0.0)])
    out["common_rho"] = np.array([float(centred[1:] @ centred[:-1]) / len(mean) / max(power, 1e-9)])
