"""References of the kernels in `kernels/memory.py`."""

import numpy as np
from scipy.special import gamma

from kernel_reference import Reference, Row, flat


def autocorrelation(x: Row, lags: list[int]) -> Row | None:
    if max(lags) >= len(x):
        return None
    if flat(x):
        return np.full(len(lags), np.nan)
    d = x - np.nanmean(x)
    return np.array([np.nansum(d[lag:] * d[: len(d) - lag]) for lag in lags]) / np.nansum(d * d)


def partial_autocorrelation(x: Row, lags: list[int]) -> Row | None:
    """By the Yule-Walker equations of every order, each solved for itself."""
    of_lag = autocorrelation(x, list(range(max(lags) + 1)))
    if of_lag is None or np.isnan(of_lag).any():
        return None if of_lag is None else np.full(len(lags), np.nan)

    def last(order: int) -> float:
        if order == 0:
            return 1.0
        between = np.abs(np.subtract.outer(np.arange(order), np.arange(order)))
        return float(np.linalg.solve(of_lag[between], of_lag[1 : order + 1])[-1])

    return np.array([last(lag) for lag in lags])


def filled(x: Row) -> Row:
    """Missing steps are the mean of the known ones."""
    return np.where(np.isnan(x), np.nanmean(x), x)


def line_slope(points: list[tuple[float, float]]) -> float:
    return float(np.polynomial.Polynomial.fit(*zip(*points, strict=True), 1).convert().coef[1])


def hurst(x: Row) -> float:
    if flat(x):
        return np.nan
    x = filled(x)
    powers = 0.375 + np.arange(15) / 15 / 4
    points = []
    for n in sorted(set(np.rint(len(x) ** powers).astype(int)) - {0, 1}):
        windows = x[: len(x) // n * n].reshape(-1, n)
        windows = windows[(windows != windows[:, :1]).any(axis=1)]
        if len(windows) == 0:
            continue
        walk = np.cumsum(windows - windows.mean(axis=1, keepdims=True), axis=1)
        ratio = np.mean(np.ptp(walk, axis=1) / windows.std(axis=1, ddof=1))
        i = np.arange(1, n)
        gammas = gamma((n - 1) / 2) / gamma(n / 2) / np.sqrt(np.pi)
        expected = (n - 0.5) / n * gammas * np.sqrt((n - i) / i).sum()
        points.append((np.log(n), np.log(ratio / expected)))
    return line_slope(points) + 0.5 if len(points) > 1 else np.nan


def detrended_fluctuation(x: Row) -> float:
    if flat(x):
        return np.nan
    x = filled(x)
    walk = np.cumsum(x - x.mean())
    lengths = {4}
    length = 4.0
    while length <= 0.1 * len(x):
        lengths.add(int(length))
        length *= 1.2
    points = []
    for n in sorted(lengths):
        windows = walk[: len(x) // n * n].reshape(-1, n).T
        line = np.column_stack([np.ones(n), np.arange(n)])
        rest = windows - line @ np.linalg.lstsq(line, windows)[0] if windows.size else windows
        fluctuation = np.sqrt(np.mean(rest**2)) if rest.size else 0
        if fluctuation > 1e-12 * np.abs(walk).max():
            points.append((np.log(n), np.log(fluctuation)))
    return line_slope(points) if len(points) > 1 else np.nan


REFERENCES = [
    *[
        Reference("autocorrelation", {"lags": lags}, lambda x, lags=lags: autocorrelation(x, lags))
        for lags in ([0, 1, 5], [24], list(range(100)))
    ],
    *[
        Reference(
            "partial_autocorrelation",
            {"lags": lags},
            lambda x, lags=lags: partial_autocorrelation(x, lags),
        )
        for lags in ([1, 0, 3], [24])
    ],
    Reference("hurst", {}, hurst),
    Reference("detrended_fluctuation", {}, detrended_fluctuation),
]
