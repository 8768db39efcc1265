"""Reference of the kernel in `kernels/rolling_windows.py`: every window by itself, not by sliding."""

from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from kernel_reference import Reference, Row


def moment(w: Row, k: int) -> Row:
    """Sums of powers of deviations; exactly 0 in a flat window, whose mean may be rounded.

    Differences from a value of the window itself keep their digits far from zero.
    """
    w = w - w[..., :1]
    sums: Row = ((w - w.mean(axis=-1, keepdims=True)) ** k).sum(axis=-1)
    return np.where((w == w[..., :1]).all(axis=-1), 0.0, sums)


def var(w: Row) -> Row:
    return moment(w, 2) / (w.shape[-1] - 1)


def zscore(w: Row) -> Row:
    d = w - w[..., :1]
    return (d[..., -1] - d.mean(axis=-1)) / np.where(var(w) == 0, np.nan, np.sqrt(var(w)))


def skew(w: Row) -> Row:
    n = w.shape[-1]
    return moment(w, 3) / moment(w, 2) ** 1.5 * n * np.sqrt(n - 1) / (n - 2 if n > 2 else np.nan)


def kurtosis(w: Row) -> Row:
    n = w.shape[-1]
    below = (n - 2) * (n - 3) if n > 3 else np.nan
    return (n - 1) / below * (n * (n + 1) * moment(w, 4) / moment(w, 2) ** 2 - 3 * (n - 1))


STATISTICS: dict[str, Callable[[Row], Row]] = {
    "mean": lambda w: w.mean(axis=-1),
    "std": lambda w: np.sqrt(var(w)),
    "var": var,
    "min": lambda w: w.min(axis=-1),
    "max": lambda w: w.max(axis=-1),
    "median": lambda w: np.median(w, axis=-1),
    "sum": lambda w: w.sum(axis=-1),
    "skew": skew,
    "kurtosis": kurtosis,
    "zscore": zscore,
}


def rolling(x: Row, window: int, of_windows: Callable[[Row], Row]) -> Row:
    out = np.full(len(x), np.nan)
    if window <= len(x):
        with np.errstate(divide="ignore", invalid="ignore"):
            out[window - 1 :] = of_windows(sliding_window_view(x, window))
    return out


def quantile_reference(window: int, q: float) -> Reference:
    return Reference(
        "rolling",
        {"window": window, "statistic": "quantile", "q": q},
        lambda x: rolling(x, window, lambda w: np.quantile(w, q, axis=-1)),
    )


def reference(window: int, statistic: str) -> Reference:
    return Reference(
        "rolling",
        {"window": window, "statistic": statistic},
        lambda x: rolling(x, window, STATISTICS[statistic]),
    )


REFERENCES = [
    *(reference(window, statistic) for statistic in STATISTICS for window in (1, 3, 24, 107)),
    *(quantile_reference(window, q) for window in (1, 24) for q in (0, 0.3, 0.9, 1)),
]
