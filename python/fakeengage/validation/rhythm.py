"""Day and week, and what is left without them: noise, memory and loud hours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fakeengage.validation.aligned import Aligned
from fakeengage.validation.bands import BANDS
from fakeengage.validation.findings import Finding, plain, share

Array = NDArray[np.float64]

_LEAST_DAYS = 7
_LEAST_ACCOUNTS = 5  # one account's good weekend is no weekly cycle
_BUSY = 20.0  # counts per step from which noise is more than that of counting
_NORMAL_MAD = 1.4826
_SATURDAY = 5
_LOUD = 3.0


@dataclass(frozen=True)
class Folded:
    """One metric by account, day and step of the day, with what is expected there.

    Parameters
    ----------
    counts
        ``(n_accounts, n_days, day)``, NaN = missing.
    expected
        Level of the day times the account's own daily curve, as logarithm of one plus a count.
    weekdays
        Day of the week of each day, Monday = 0.
    """

    counts: Array
    expected: Array
    weekdays: NDArray[np.int64]

    @property
    def residual(self) -> Array:
        """Logarithm of count over expectation."""
        return np.log1p(np.maximum(self.counts, 0.0)) - self.expected


def fold(grid: Aligned, metric: str) -> Folded | None:
    """Days of the accounts with at least a week of readings; ``None`` where there are no days or accounts."""
    if grid.day < 4:
        return None
    cut = -grid.first % grid.day
    series = grid.metric(metric)[:, cut:]
    days = series.shape[1] // grid.day
    counts = series[:, : days * grid.day].reshape(len(series), days, grid.day)
    whole = (~np.isnan(counts)).sum(axis=2) >= grid.day / 2
    usable = (whole.sum(axis=1) >= _LEAST_DAYS) & (np.nan_to_num(counts).max(axis=(1, 2), initial=0.0) > 0)
    if not usable.any():
        return None
    counts = np.where(whole[usable][:, :, None], counts[usable], np.nan)
    logs = np.log1p(np.maximum(counts, 0.0))
    seen = ~np.isnan(logs)
    level = np.nan_to_num(logs).sum(axis=2) / np.maximum(seen.sum(axis=2), 1)
    curve = _median(np.moveaxis(logs - level[:, :, None], 1, 2))
    return Folded(counts, level[:, :, None] + curve[:, None, :], grid.weekdays[cut :: grid.day][:days])


def _median(x: Array) -> Array:
    """Median over the last axis without missing values; 0 where there is none."""
    ranked = np.sort(x, axis=-1)  # NaN sorts last
    n = (~np.isnan(x)).sum(axis=-1)
    low, high = (
        np.take_along_axis(ranked, at[..., None], axis=-1)[..., 0]
        for at in ((n - 1) // 2, n // 2 % x.shape[-1])
    )
    return np.where(n > 0, np.nan_to_num((low + high) / 2), 0.0)


def rhythm_findings(grid: Aligned) -> Iterator[Finding]:
    """Findings on the day, the week, noise, memory and loud hours."""
    for k, metric in enumerate(grid.metrics):
        folded = fold(grid, metric)
        if folded is None:
            continue
        if k == 0:
            yield from _day(metric, folded)
            yield from _week(metric, folded)
        yield from _noise(metric, folded)


def _day(metric: str, folded: Folded) -> Iterator[Finding]:
    busy = _busy(folded)
    if not busy.any():
        return
    counts = folded.counts[busy]
    seen = np.maximum((~np.isnan(counts)).sum(axis=1), 1)
    curve = np.nan_to_num(counts).sum(axis=1) / seen
    curve = curve / np.maximum(curve.mean(axis=1, keepdims=True), 1e-9)
    # Three steps together: the largest of 24 noisy hours is no peak.
    smooth = (np.roll(curve, 1, axis=1) + curve + np.roll(curve, -1, axis=1)) / 3
    peak, trough = (float(np.median(end)) for end in (smooth.max(axis=1), smooth.min(axis=1)))
    yield BANDS["daily_peak"].judge(
        f"daily_peak_{metric}",
        peak,
        f"{metric} at the daily peak are {peak:.2f} times the mean (median account)",
    )
    yield BANDS["daily_trough"].judge(
        f"daily_trough_{metric}",
        trough,
        f"{metric} at the daily trough are {trough:.2f} times the mean (median account)",
    )


def _week(metric: str, folded: Folded) -> Iterator[Finding]:
    daily = np.nan_to_num(folded.counts).sum(axis=2)
    there = ~np.isnan(folded.counts).all(axis=2)
    weekend = folded.weekdays >= _SATURDAY
    n = [(there & days).sum(axis=1) for days in (weekend, ~weekend)]
    usable = (n[0] >= 2) & (n[1] >= 5) & _busy(folded)
    if usable.sum() < _LEAST_ACCOUNTS:
        return
    means = [
        (daily * (there & days)).sum(axis=1)[usable] / size[usable]
        for days, size in ((weekend, n[0]), (~weekend, n[1]))
    ]
    effect = np.log((np.maximum(means[0], 0) + 1) / (np.maximum(means[1], 0) + 1))
    size = float(np.expm1(np.median(np.abs(effect))))
    typical = 100 * float(np.expm1(np.median(effect)))
    yield BANDS["weekend"].judge(
        f"weekend_{metric}",
        size,
        f"{metric} at weekends and on weekdays differ by {100 * size:.0f} % "
        f"(median account, either way; {typical:+.0f} % with sign)",
    )


def _noise(metric: str, folded: Folded) -> Iterator[Finding]:
    busy = _busy(folded)
    if not busy.any():
        return
    residual = folded.residual[busy].reshape(int(busy.sum()), -1)
    noise = float(np.median(_NORMAL_MAD * _median(np.abs(residual))))
    yield BANDS["noise"].judge(
        f"noise_{metric}",
        noise,
        f"{metric} scatter around day and hour with a sd of log {noise:.2f} (median busy account)",
        below="smoother than counts can be: are these predicted or generated numbers?",
    )
    there = ~np.isnan(residual)
    known = np.nan_to_num(residual)
    pairs = (known[:, 1:] * known[:, :-1]).sum(axis=1)
    memory = float(np.median(pairs / np.maximum((known**2).sum(axis=1), 1e-9)))
    yield BANDS["residual_memory"].judge(
        f"residual_memory_{metric}",
        memory,
        f"deviations of {metric} from day and hour correlate by {memory:.2f} from step to step",
    )
    expected = np.maximum(np.expm1(folded.expected[busy]).reshape(residual.shape), 1.0)
    counts = np.nan_to_num(folded.counts[busy].reshape(residual.shape))
    loud = float(((counts > _LOUD * expected) & there).sum() / max(there.sum(), 1))
    yield BANDS["loud_hours"].judge(
        f"loud_hours_{metric}",
        loud,
        f"{share(loud)} of the steps of busy accounts have more than {plain(_LOUD)} times the usual {metric}",
    )


def _busy(folded: Folded) -> NDArray[np.bool_]:
    seen = np.maximum((~np.isnan(folded.counts)).sum(axis=(1, 2)), 1)
    return np.asarray(np.nan_to_num(folded.counts).sum(axis=(1, 2)) / seen >= _BUSY)
