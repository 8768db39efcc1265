"""Pairs of the kernels in `kernels/memory.py`."""

import numpy as np

from fakeengage import kernels
from kernel_pairs import Matrix, Pair, each

LAGS = [*range(1, 49), 168]


def numpy_autocorrelation(x: Matrix) -> Matrix:
    """By the Fourier transform of all rows at once, which beats direct sums in NumPy."""
    n = x.shape[1]
    d = x - x.mean(axis=1, keepdims=True)
    spectrum = np.fft.rfft(d, 2 * n)
    sums = np.fft.irfft(spectrum * spectrum.conj(), 2 * n)[:, :n]
    return (sums / sums[:, :1])[:, LAGS]


def statsmodels_autocorrelation(x: Matrix) -> Matrix:
    from statsmodels.tsa.stattools import acf

    return each(lambda row: acf(row, nlags=168, fft=True)[LAGS])(x)


PAIRS = [
    Pair("autocorrelation", name, lambda x: kernels.autocorrelation(x, LAGS, threads=1), peer, rtol=1e-7)
    for name, peer in {
        "NumPy, FFT of the batch": numpy_autocorrelation,
        "statsmodels.tsa.stattools.acf": statsmodels_autocorrelation,
    }.items()
]
