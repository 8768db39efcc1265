"""Pairs of the kernel in `kernels/rolling_windows.py`."""

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from fakeengage import kernels
from kernel_pairs import Matrix, Pair

WINDOWS = (6, 24, 168)
Q = 0.9


def padded(values: Matrix, window: int) -> Matrix:
    """The first `window - 1` steps have no window."""
    warming = np.full((len(values), window - 1), np.nan)
    return np.concatenate([warming, values], axis=1)


def running_sums(x: Matrix, window: int) -> Matrix:
    """Sums of all windows by differences of the sums so far."""
    so_far = np.cumsum(x, axis=1)
    so_far[:, window:] -= so_far[:, :-window].copy()
    so_far[:, : window - 1] = np.nan
    return so_far


def numpy_moments(x: Matrix, window: int) -> tuple[Matrix, Matrix]:
    """Mean and variance by running sums about the mean of the series."""
    centre = x.mean(axis=1, keepdims=True)
    d = x - centre
    first, second = running_sums(d, window), running_sums(d * d, window)
    var = np.maximum(second - first * first / window, 0) / (window - 1)
    return centre + first / window, var


def by_view(of_windows: Callable[[Matrix], Matrix]) -> Callable[[Matrix, int], Matrix]:
    """A statistic of the last axis on a view of all windows."""
    return lambda x, window: padded(of_windows(sliding_window_view(x, window, axis=1)), window)


def numpy_shape(x: Matrix, window: int, power: int) -> Matrix:
    """Skewness (3) or kurtosis (4) on a view of all windows."""
    w = sliding_window_view(x, window, axis=1)
    d = w - w.mean(axis=-1, keepdims=True)
    square = (d * d).sum(axis=-1)
    n = window
    with np.errstate(invalid="ignore"):
        if power == 3:
            return padded((d**3).sum(axis=-1) / square**1.5 * n * np.sqrt(n - 1) / (n - 2), n)
        ratio = (d**4).sum(axis=-1) / square**2
        return padded((n - 1) / ((n - 2) * (n - 3)) * (n * (n + 1) * ratio - 3 * (n - 1)), n)


def numpy_zscore(x: Matrix, window: int) -> Matrix:
    mean, var = numpy_moments(x, window)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(var > 1e-12, (x - mean) / np.sqrt(var), np.nan)


NUMPY: dict[str, Callable[[Matrix, int], Matrix]] = {
    "sum": running_sums,
    "mean": lambda x, window: running_sums(x, window) / window,
    "var": lambda x, window: numpy_moments(x, window)[1],
    "std": lambda x, window: np.sqrt(numpy_moments(x, window)[1]),
    "min": by_view(lambda w: w.min(axis=-1)),
    "max": by_view(lambda w: w.max(axis=-1)),
    "median": by_view(lambda w: np.median(w, axis=-1)),
    "quantile": by_view(lambda w: np.quantile(w, Q, axis=-1)),
    "skew": lambda x, window: numpy_shape(x, window, 3),
    "kurtosis": lambda x, window: numpy_shape(x, window, 4),
    "zscore": numpy_zscore,
}


def bottleneck(x: Matrix, window: int, statistic: str) -> Matrix:
    import bottleneck as bn

    if statistic in ("std", "var"):
        return getattr(bn, f"move_{statistic}")(x, window, axis=1, ddof=1)
    return getattr(bn, f"move_{statistic}")(x, window, axis=1)


def pandas(x: Matrix, window: int, statistic: str) -> Matrix:
    """Series as columns, which is how pandas holds many."""
    import pandas as pd

    frame = pd.DataFrame(x.T)
    windows = frame.rolling(window)
    if statistic == "zscore":
        std = windows.std()
        return ((frame - windows.mean()) / std.where(std > 0)).to_numpy().T
    if statistic == "quantile":
        return windows.quantile(Q).to_numpy().T
    return getattr(windows, {"kurtosis": "kurt"}.get(statistic, statistic))().to_numpy().T


def polars(x: Matrix, window: int, statistic: str) -> Matrix:
    """Series as columns, which polars computes on all its threads; processor time counts them all."""
    import polars as pl

    frame, column = pl.DataFrame(x.T), pl.all()
    if statistic == "zscore":
        wanted = (column - column.rolling_mean(window)) / column.rolling_std(window)
    elif statistic == "quantile":
        wanted = column.rolling_quantile(Q, "linear", window_size=window)
    elif statistic in ("skew", "kurtosis"):
        wanted = getattr(column, f"rolling_{statistic}")(window, bias=False)
    else:
        wanted = getattr(column, f"rolling_{statistic}")(window)
    return frame.select(wanted).to_numpy().T


BOTTLENECK = ("sum", "mean", "std", "var", "min", "max", "median")


def pair(statistic: str, window: int, peer: str, theirs: Callable[[Matrix], Matrix]) -> Pair:
    q = Q if statistic == "quantile" else None
    return Pair(
        "rolling",
        peer,
        lambda x: kernels.rolling(x, window, statistic, q=q, threads=1),
        theirs,
        what=f"{statistic} {window}",
        rtol=1e-6,
        n_series=500 if peer in ("bottleneck", "NumPy") and statistic in BOTTLENECK[:4] else 100,
    )


PAIRS = [
    pair(statistic, window, peer, theirs)
    for statistic, of_numpy in NUMPY.items()
    for window in WINDOWS
    for peer, theirs in {
        "NumPy": partial(of_numpy, window=window),
        "bottleneck": partial(bottleneck, window=window, statistic=statistic),
        "pandas": partial(pandas, window=window, statistic=statistic),
        "polars": partial(polars, window=window, statistic=statistic),
    }.items()
    if peer != "bottleneck" or statistic in BOTTLENECK
]
