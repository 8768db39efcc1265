"""Laws of the ratios: how many viewers like, comment and share, and how firmly one account keeps to it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from fakeengage.validation.aligned import Aligned
from fakeengage.validation.bands import BANDS
from fakeengage.validation.findings import Finding

Array = NDArray[np.float64]

_LEAST_ACCOUNTS = 20
_LEAST_VIEWS = 1000.0  # an account with fewer has no ratio to speak of
_LEAST_DAILY = 50.0  # likes of a day whose ratio is more than the noise of counting
_LEAST_SIZE_SPREAD = 0.3  # sd of log views below which accounts are too alike to see an elasticity
_NORMAL_IQR = 1.349


def ratio_findings(grid: Aligned) -> Iterator[Finding]:
    """Findings on likes, comments and shares per view; nothing where views are missing."""
    if "views" not in grid.metrics or len(grid.metrics) < 2:
        return
    views = grid.metric("views")
    logs: dict[str, Array] = {}
    for metric in grid.metrics[1:]:
        other = grid.metric(metric)
        both = ~np.isnan(views) & ~np.isnan(other)
        seen, acted = (np.where(both, x, 0.0).sum(axis=1) for x in (views, other))
        usable = (seen >= _LEAST_VIEWS) & (acted > 0)
        if usable.sum() < _LEAST_ACCOUNTS:
            continue
        size, log_ratio = np.log(seen[usable]), np.log(acted[usable] / seen[usable])
        logs[metric] = np.where(usable, np.log(np.maximum(acted, 0.5) / np.maximum(seen, 1.0)), np.nan)
        yield from _between(metric, size, log_ratio)
        yield from _within(metric, grid, np.where(both, views, 0.0), np.where(both, other, 0.0))
    yield from _together(logs)
    yield from _sizes(views)


def _between(metric: str, size: Array, log_ratio: Array) -> Iterator[Finding]:
    median = float(np.exp(np.median(log_ratio)))
    yield BANDS[f"{metric}_per_view"].judge(
        f"{metric}_per_view", median, f"the median account has {100 * median:.2g} {metric} per 100 views"
    )
    low, high = np.quantile(log_ratio, [0.25, 0.75])
    spread = float((high - low) / _NORMAL_IQR)
    yield BANDS["ratio_spread"].judge(
        f"{metric}_per_view_spread",
        spread,
        f"{metric} per view differ between accounts by a factor of {np.exp(spread):.2f} "
        f"(sd of log {spread:.2f})",
        below="one ratio for all accounts: is one metric computed from the other?",
    )
    if size.std() >= _LEAST_SIZE_SPREAD:
        centred = size - size.mean()
        slope = 1.0 + float(centred @ log_ratio / (centred @ centred))
        yield BANDS["elasticity"].judge(
            f"{metric}_elasticity",
            slope,
            f"an account with ten times the views has {10**slope:.1f} times the {metric} "
            f"(elasticity {slope:.2f})",
        )


def _within(metric: str, grid: Aligned, views: Array, acted: Array) -> Iterator[Finding]:
    if grid.day < 4:
        return
    days = views.shape[1] // grid.day
    a, v = (x[:, : days * grid.day].reshape(len(x), days, grid.day).sum(axis=2) for x in (acted, views))
    known = (a >= _LEAST_DAILY) & (v > 0)
    enough = known.sum(axis=1) >= 5
    if enough.sum() < _LEAST_ACCOUNTS:
        return
    a, v, known = a[enough], v[enough], known[enough]
    log_ratio = np.where(known, np.log(np.maximum(a, 1.0) / np.maximum(v, 1.0)), 0.0)
    n = known.sum(axis=1)
    centred = np.where(known, log_ratio - (log_ratio.sum(axis=1) / n)[:, None], 0.0)
    # A Poisson count of a has a log variance of about 1 / a, which is no property of the account.
    counting = np.where(known, 1 / np.maximum(a, 1.0), 0.0).sum(axis=1) / n
    spread = float(np.median(np.sqrt(np.maximum((centred**2).sum(axis=1) / (n - 1) - counting, 0.0))))
    yield BANDS["ratio_within"].judge(
        f"{metric}_per_view_within",
        spread,
        f"{metric} per view of one account differ from day to day by a factor of {np.exp(spread):.2f} "
        f"(sd of log {spread:.2f}, median account)",
    )


def _together(logs: dict[str, Array]) -> Iterator[Finding]:
    names = list(logs)
    for b in range(1, len(names)):
        for a in range(b):
            x, y = logs[names[a]], logs[names[b]]
            known = ~np.isnan(x) & ~np.isnan(y)
            if known.sum() < _LEAST_ACCOUNTS or x[known].std() == 0 or y[known].std() == 0:
                continue
            tie = float(np.corrcoef(x[known], y[known])[0, 1])
            yield BANDS["ratio_correlation"].judge(
                f"ratio_correlation_{names[a]}_{names[b]}",
                tie,
                f"accounts with more {names[a]} per view have more {names[b]} per view: "
                f"correlation {tie:.2f} of logs",
                below="ratios of real accounts rise together: were they drawn apart?",
            )


def _sizes(views: Array) -> Iterator[Finding]:
    totals = np.nan_to_num(views).sum(axis=1)
    totals = totals[totals > 0]
    if len(totals) < _LEAST_ACCOUNTS:
        return
    spread = float(np.log(totals).std())
    yield BANDS["size_spread"].judge(
        "size_spread",
        spread,
        f"views differ between accounts by a factor of {np.exp(spread):.1f} (sd of log {spread:.2f})",
    )
