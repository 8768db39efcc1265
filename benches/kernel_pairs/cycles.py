"""Pairs of the kernels in `kernels/cycles.py`."""

import numpy as np

from fakeengage import kernels
from kernel_pairs import Matrix, Pair, each

PERIODS = [2, 4, 6, 8, 12, 24]
DAY = 24


def numpy_periodicity(x: Matrix) -> Matrix:
    """Products of the batch with an orthonormal pair of waves for each period."""
    t = np.arange(x.shape[1])
    d = x - x.mean(axis=1, keepdims=True)
    shares = []
    for period in PERIODS:
        angle = 2 * np.pi * t / period
        columns = [np.cos(angle)] if period == 2 else [np.cos(angle), np.sin(angle)]
        waves = np.linalg.qr(np.column_stack(columns))[0]
        shares.append(((d @ waves) ** 2).sum(axis=1))
    return np.column_stack(shares) / (d * d).sum(axis=1, keepdims=True)


def scipy_periodicity(x: Matrix) -> Matrix:
    from scipy.signal import lombscargle

    t = np.arange(x.shape[1], dtype=float)
    rates = 2 * np.pi / np.array(PERIODS)
    return each(lambda row: lombscargle(t, row - row.mean(), rates, normalize=True))(x)


def wang_strength(detrended: Matrix, seasonal: Matrix) -> Matrix:
    """Formula of Wang, Smith and Hyndman (2006)."""
    rest = detrended - seasonal
    return np.maximum(0, 1 - rest.var(axis=-1) / detrended.var(axis=-1))


def numpy_strength(x: Matrix) -> Matrix:
    """Moving averages of the batch from running sums."""
    half = DAY // 2
    sums = np.cumsum(np.pad(x, ((0, 0), (1, 0))), axis=1)
    windows = sums[:, DAY:] - sums[:, :-DAY]
    detrended = x[:, half:-half] - (windows[:, :-1] + windows[:, 1:]) / (2 * DAY)
    phases = np.arange(detrended.shape[1]) % DAY
    of_phase = (phases[:, None] == np.arange(DAY)) / np.bincount(phases)
    means = detrended @ of_phase
    return wang_strength(detrended, (means - means.mean(axis=1, keepdims=True))[:, phases])


def statsmodels_strength(x: Matrix) -> Matrix:
    from statsmodels.tsa.seasonal import seasonal_decompose

    def strength(row: Matrix) -> Matrix:
        parts = seasonal_decompose(row, period=DAY)
        known = ~np.isnan(parts.resid)
        return wang_strength((parts.resid + parts.seasonal)[known], parts.seasonal[known])

    return each(strength)(x)


def numpy_profile(x: Matrix) -> Matrix:
    days = x.reshape(len(x), -1, DAY).mean(axis=1)
    return days / days.sum(axis=1, keepdims=True)


def pandas_profile(x: Matrix) -> Matrix:
    import pandas as pd

    means = pd.DataFrame(x.T).groupby(np.arange(x.shape[1]) % DAY).mean().to_numpy().T
    return means / means.sum(axis=1, keepdims=True)


def shift(p: Matrix, q: Matrix, divergence: Matrix) -> Matrix:
    wave = np.exp(2j * np.pi * np.arange(DAY) / DAY)
    turn = np.angle((q @ wave) / (p @ wave)) * DAY / (2 * np.pi)
    return np.column_stack([divergence, turn])


def numpy_shift(x: Matrix) -> Matrix:
    middle = x.shape[1] // (2 * DAY) * DAY
    p, q = numpy_profile(x[:, :middle]), numpy_profile(x[:, middle:])
    m = (p + q) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        bits = np.where(p > 0, p * np.log2(p / m), 0) + np.where(q > 0, q * np.log2(q / m), 0)
    return shift(p, q, bits.sum(axis=1) / 2)


def scipy_shift(x: Matrix) -> Matrix:
    from scipy.spatial.distance import jensenshannon

    middle = x.shape[1] // (2 * DAY) * DAY
    p, q = numpy_profile(x[:, :middle]), numpy_profile(x[:, middle:])
    return shift(p, q, jensenshannon(p, q, base=2, axis=1) ** 2)


PAIRS = [
    Pair(kernel.__name__, peer, lambda x, kernel=kernel: kernel(x, threads=1), function)
    for kernel, peer, function in [
        (kernels.periodicity, "NumPy, product of the batch", numpy_periodicity),
        (kernels.periodicity, "scipy.signal.lombscargle", scipy_periodicity),
        (kernels.seasonal_strength, "NumPy, batch", numpy_strength),
        (kernels.seasonal_strength, "statsmodels.tsa.seasonal.seasonal_decompose", statsmodels_strength),
        (kernels.daily_profile, "NumPy, batch", numpy_profile),
        (kernels.daily_profile, "pandas.DataFrame.groupby", pandas_profile),
        (kernels.profile_shift, "NumPy, batch", numpy_shift),
        (kernels.profile_shift, "scipy.spatial.distance.jensenshannon", scipy_shift),
    ]
]
