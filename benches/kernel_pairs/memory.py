"""Pairs of the kernels in `kernels/memory.py`."""

import numpy as np

from fakeengage import kernels
from kernel_pairs import Matrix, Pair, each

LAGS = [*range(1, 49), 168]


def lagged_products(x: Matrix, longest: int) -> Matrix:
    """By the Fourier transform of all rows at once, which beats direct sums in NumPy, of a fast length."""
    from scipy.fft import next_fast_len

    n = x.shape[1]
    size = next_fast_len(n + longest, real=True)
    spectrum = np.fft.rfft(x - x.mean(axis=1, keepdims=True), size)
    return np.fft.irfft(spectrum.real**2 + spectrum.imag**2, size)[:, : longest + 1]


def numpy_autocorrelation(x: Matrix) -> Matrix:
    sums = lagged_products(x, max(LAGS))
    return (sums / sums[:, :1])[:, LAGS]


def statsmodels_autocorrelation(x: Matrix) -> Matrix:
    from statsmodels.tsa.stattools import acf

    return each(lambda row: acf(row, nlags=168, fft=True)[LAGS])(x)


def tsfresh_autocorrelation(x: Matrix) -> Matrix:
    """Its sums are divided by the number of terms, ours by the number of steps."""
    from tsfresh.feature_extraction.feature_calculators import autocorrelation

    n = x.shape[1]
    return each(lambda row: [autocorrelation(row, lag) * (n - lag) / n for lag in LAGS])(x)


ORDERS = [*range(1, 25)]


def numpy_partial_autocorrelation(x: Matrix) -> Matrix:
    """Levinson-Durbin recursion on all rows at once."""
    sums = lagged_products(x, max(ORDERS))
    r = sums / sums[:, :1]
    a = np.zeros((len(x), 0))
    error = np.ones(len(x))
    out = []
    for order in ORDERS:
        last = (r[:, order] - (a * r[:, order - 1 : 0 : -1]).sum(axis=1)) / error
        a = np.column_stack([a - last[:, None] * a[:, ::-1], last])
        error *= 1 - last * last
        out.append(last)
    return np.column_stack(out)


def statsmodels_partial_autocorrelation(x: Matrix) -> Matrix:
    from statsmodels.tsa.stattools import pacf

    return each(lambda row: pacf(row, nlags=len(ORDERS), method="ldb")[1:])(x)


def slopes(points: list[tuple[float, Matrix]]) -> Matrix:
    """Least-squares slope of each row over the same abscissas."""
    at = np.log([n for n, _ in points])
    at -= at.mean()
    values = np.log(np.column_stack([value for _, value in points]))
    return values @ at / (at @ at)


def numpy_hurst(x: Matrix) -> Matrix:
    """Windows of all rows at once; flat ones are left out."""
    from scipy.special import gamma

    points = []
    for n in sorted(set(np.rint(x.shape[1] ** (0.375 + np.arange(15) / 60)).astype(int))):
        windows = x[:, : x.shape[1] // n * n].reshape(len(x), -1, n)
        deviations = windows - windows.mean(axis=2, keepdims=True)
        ranges = np.ptp(np.cumsum(deviations, axis=2), axis=2)
        spread = np.sqrt((deviations**2).sum(axis=2) / (n - 1))
        ratios = np.divide(
            ranges, spread, out=np.full_like(ranges, np.nan), where=np.ptp(windows, axis=2) > 0
        )
        i = np.arange(1, n)
        noise = (n - 0.5) / n * gamma((n - 1) / 2) / gamma(n / 2) / np.sqrt(np.pi)
        points.append((n, np.nanmean(ratios, axis=1) / (noise * np.sqrt((n - i) / i).sum())))
    return slopes(points) + 0.5


def numpy_detrended_fluctuation(x: Matrix) -> Matrix:
    """Windows of all rows at once, lines taken off by projection."""
    walk = np.cumsum(x - x.mean(axis=1, keepdims=True), axis=1)
    longest = x.shape[1] // 10
    lengths = {4, *(int(4 * 1.2**k) for k in range(40))}
    points = []
    for n in sorted(length for length in lengths if length <= longest):
        windows = walk[:, : x.shape[1] // n * n].reshape(len(x), -1, n)
        line = np.linalg.qr(np.column_stack([np.ones(n), np.arange(n)]))[0]
        rest = windows - windows @ line @ line.T
        points.append((n, np.sqrt((rest**2).mean(axis=(1, 2)))))
    return slopes(points)


def antropy_detrended_fluctuation(x: Matrix) -> Matrix:
    from antropy import detrended_fluctuation

    return each(detrended_fluctuation)(x)


PAIRS = [
    *[
        Pair(
            "autocorrelation",
            name,
            lambda x: kernels.autocorrelation(x, LAGS, threads=1),
            peer,
            n_series,
            what="lags 1 to 48 and 168",
        )
        for name, peer, n_series in [
            ("NumPy, FFT of the batch", numpy_autocorrelation, 500),
            ("statsmodels.tsa.stattools.acf", statsmodels_autocorrelation, 500),
            ("tsfresh.autocorrelation", tsfresh_autocorrelation, 30),
        ]
    ],
    *[
        Pair(
            "partial_autocorrelation",
            name,
            lambda x: kernels.partial_autocorrelation(x, ORDERS, threads=1),
            peer,
        )
        for name, peer in {
            "NumPy, batch": numpy_partial_autocorrelation,
            "statsmodels.tsa.stattools.pacf": statsmodels_partial_autocorrelation,
        }.items()
    ],
    # nolds.hurst_rs, its peer, cannot be imported before Python 3.12 (nolds 0.6.3).
    Pair("hurst", "NumPy, batch", lambda x: kernels.hurst(x, threads=1), numpy_hurst),
    *[
        Pair("detrended_fluctuation", name, lambda x: kernels.detrended_fluctuation(x, threads=1), peer)
        for name, peer in {
            "NumPy, batch": numpy_detrended_fluctuation,
            "antropy.detrended_fluctuation": antropy_detrended_fluctuation,
        }.items()
    ],
]
