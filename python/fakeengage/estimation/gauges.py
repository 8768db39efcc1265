"""What a platform is recognised by: statistics taken alike from real and from simulated accounts."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

from fakeengage.estimation.sample import Sample
from fakeengage.estimation.view import (
    DAY,
    FAST,
    Floats,
    View,
    groups_of,
    levels,
    mean_over,
    ranks,
    residuals,
    robust_sd,
    thirds,
)

_BINS = 6

Gauges = dict[str, Floats]
"""Statistics by name."""


def measure(sample: Sample, view: View) -> Gauges:
    """All statistics of a sample that `view` allows, by name."""
    with warnings.catch_warnings():
        # Groups without a known value answer NaN, which calibration skips.
        warnings.simplefilter("ignore", RuntimeWarning)
        level = levels(sample)
        group = groups_of(level, view.groups)
        rest, rhythm = residuals(sample, view)
        out: Gauges = {"level": np.array([np.median(level)]), "level_sd": np.array([level.std()])}
        _noise(rest, group, view, out)
        _silence(sample, group, view, out)
        _rhythm(sample, rest, rhythm, view, out)
        _course(sample, view, out)
        _looks(sample, out)
        _ties(sample, out)
        if view.posts:
            _lives(sample, view, out)
        if view.platform:
            _common(rest, out)
    return out


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
    out["burst_sd"] = np.array([np.nanstd(np.where(burst, rest - limit, np.nan))])
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
        turn = 2 * np.pi * (sample.hours % DAY) / DAY
        first = np.array([2 * np.nanmean(rest * np.exp(1j * turn))])
        second = np.array([2 * np.nanmean(rest * np.exp(2j * turn))])
    if view.cycle != "none":
        mean = np.nanmean(first)
        out["day_depth"] = np.array([np.nanmean(np.abs(first))])
        out["peak"] = np.array([np.angle(mean) * DAY / (2 * np.pi)])
        out["together"] = np.array([abs(mean) / max(float(np.nanmean(np.abs(first))), 1e-9)])
        # Along the angle that the simulator's second harmonic has, 4.5 hours behind its first.
        angle = 2 * (np.angle(first) + 2 * np.pi * 4.5 / DAY)
        out["second"] = np.array([np.nanmean(np.real(second * np.exp(-1j * angle)))])
    if view.weekend:
        out["weekend"] = np.array([np.nanmedian(rhythm[:, -1])])
        out["weekend_sd"] = np.array([robust_sd(rhythm[:, -1])])


def _course(sample: Sample, view: View, out: Gauges) -> None:
    """Growth from the first to the second half, and jumps from day to day."""
    x = np.maximum(sample.counts[:, :, sample.anchor], 0.0)
    tail = np.log((np.nanmax(x, axis=1) + 0.5) / (np.nanmean(x, axis=1) + 0.5))
    out["tail"] = np.array([tail.mean()])
    out["tail_sd"] = np.array([tail.std()])
    n_days = x.shape[1] // DAY
    if view.trend:
        first, last = (mean_over(x, part) for part in thirds(x))
        gain = np.log((last + 0.1) / (first + 0.1))
        out["growth"] = np.array([np.nanmedian(gain)])
        out["growth_sd"] = np.array([robust_sd(gain)])
    if n_days >= 4:
        days = np.log(np.nanmean(x[:, : n_days * DAY].reshape(len(x), n_days, DAY), axis=2) + 0.1)
        jumps = days[:, 2:] - 2 * days[:, 1:-1] + days[:, :-2]
        out["day_jump"] = np.array([robust_sd(jumps) ** 2 / 6])


def _looks(sample: Sample, out: Gauges) -> None:
    """What `fakeengage validate` sees of an account: roughness, spread, memory, ties; mean and sd of each.

    Silent hours count here, other than among the residuals.
    """
    for k, metric in enumerate(sample.metrics):
        x = sample.counts[:, :, k]
        logs = np.log1p(np.maximum(x, 0.0))
        centred = logs - np.nanmean(logs, axis=1, keepdims=True)
        power = np.nanmean(centred**2, axis=1)
        rough = np.log1p(np.nanvar(np.diff(x, axis=1), axis=1) / np.maximum(2 * np.nanmean(x, axis=1), 0.2))
        memory = np.nanmean(centred[:, 1:] * centred[:, :-1], axis=1) / np.maximum(power, 1e-9)
        for name, values in (("rough", rough), ("wide", np.sqrt(power)), ("smooth", memory)):
            out[f"{name}.{metric}"] = np.array([np.nanmean(values), np.nanstd(values)])
        if k != sample.anchor:
            base = np.log1p(np.maximum(sample.counts[:, :, sample.anchor], 0.0))
            other = base - np.nanmean(base, axis=1, keepdims=True)
            size = np.sqrt(power * np.nanmean(other**2, axis=1))
            tie = np.nanmean(centred * other, axis=1) / np.maximum(size, 1e-9)
            out[f"tie.{metric}"] = np.array([np.nanmean(tie)])


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
        noise.append(np.clip(_detrended(ratio), -2, 2))
    out["ratio"] = np.array([np.median(r) for r in own])
    out["ratio_sd"] = np.array([np.std(r) for r in own])
    if len(others) > 1 and len(base) >= 10:
        matrix = np.corrcoef(np.array(own))
        out["ratio_tie"] = np.array([np.nanmean(matrix[np.triu_indices(len(others), 1)])])
    lags = np.array([[lag_product(part, lag) for lag in (0, 1)] for part in noise])
    out["ratio_noise"] = np.array([np.nanmean(lags[:, 0])])
    out["ratio_rho"] = np.array([np.nansum(lags[:, 1]) / max(float(np.nansum(lags[:, 0])), 1e-9)])


def _detrended(x: Floats) -> Floats:
    """`x` less the straight line of each row."""
    step = np.where(np.isnan(x), np.nan, np.arange(x.shape[1], dtype=np.float64))
    step = step - np.nanmean(step, axis=1, keepdims=True)
    centred = x - np.nanmean(x, axis=1, keepdims=True)
    slope = np.nansum(step * centred, axis=1) / np.maximum(np.nansum(step**2, axis=1), 1e-9)
    return np.asarray(centred - slope[:, None] * step)


def _lives(sample: Sample, view: View, out: Gauges) -> None:
    """Course of single posts: when it starts, peaks, is half over, and how steeply it ends."""
    x = np.maximum(sample.counts[:, :, sample.anchor], 0.0)
    if view.trend:  # among standing accounts: only the series that fall
        first, last = (mean_over(x, part) for part in thirds(x))
        x = x[first > FAST * last]
    x = np.nan_to_num(x)
    total = x.sum(axis=1)
    x, total = x[total >= 10], total[total >= 10]
    if not len(x):
        return
    done = np.cumsum(x, axis=1) / total[:, None]
    begin, half, late = (np.argmax(done >= part, axis=1).astype(np.float64) for part in (0.02, 0.5, 0.9))
    length = x.shape[1]
    # Share of the volume by time, robust where single hours are not; 1 is an even course.
    ends = np.minimum(np.arange(1, _BINS + 1) * length // _BINS, length) - 1
    out["bins"] = np.diff(done[:, ends].mean(axis=0), prepend=0.0) * _BINS
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
    if len(mean) < DAY:
        return
    centred = mean - mean.mean()
    power = float(centred @ centred) / len(mean)
    out["common"] = np.array([max(power - chance, 0.0)])
    out["common_rho"] = np.array([float(centred[1:] @ centred[:-1]) / len(mean) / max(power, 1e-9)])
