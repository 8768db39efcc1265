"""Pairs of the kernels in `kernels/entropy.py`."""

from __future__ import annotations

import math

import numpy as np

from fakeengage import kernels
from kernel_pairs import Matrix, Pair, each

BINS = 16
ORDERS = (3, 5)
M, R = 2, 0.2


def bits(p: Matrix) -> Matrix:
    """Entropy of shares, row by row."""
    return -(p * np.log2(np.where(p > 0, p, 1))).sum(axis=1)


def row_counts(codes: Matrix, kinds: int) -> Matrix:
    """How often each code occurs in each row, by one count over all."""
    shifted = codes + kinds * np.arange(len(codes))[:, None]
    return np.bincount(shifted.ravel(), minlength=kinds * len(codes)).reshape(len(codes), kinds)


def numpy_shannon(x: Matrix) -> Matrix:
    """The bins of all rows at once; edges as exact as the division is."""
    low, high = x.min(axis=1, keepdims=True), x.max(axis=1, keepdims=True)
    codes = np.minimum(((x - low) / (high - low) * BINS).astype(np.int64), BINS - 1)
    return bits(row_counts(codes, BINS) / x.shape[1])


def tsfresh_shannon(x: Matrix) -> Matrix:
    from tsfresh.feature_extraction.feature_calculators import binned_entropy

    return each(lambda row: binned_entropy(row, BINS) / math.log(2))(x)


def numpy_spectral(x: Matrix) -> Matrix:
    """By the Fourier transform of all rows at once."""
    spectrum = np.fft.rfft(x - x.mean(axis=1, keepdims=True))
    power = spectrum.real**2 + spectrum.imag**2
    power[:, 1 : (x.shape[1] + 1) // 2] *= 2
    return bits(power / power.sum(axis=1, keepdims=True))


def antropy_spectral(x: Matrix) -> Matrix:
    from antropy import spectral_entropy

    return each(lambda row: spectral_entropy(row, 1.0, method="fft"))(x)


def numpy_permutation(x: Matrix, order: int) -> Matrix:
    """Patterns of all rows at once, numbered by which of each two values is smaller."""
    n = x.shape[1] - order + 1
    columns = [x[:, k : k + n] for k in range(order)]
    codes = np.zeros((len(x), n), dtype=np.int64)
    for place, now in enumerate(columns):
        smaller = sum((later < now).astype(np.int64) for later in columns[place + 1 :])
        codes += math.factorial(order - 1 - place) * smaller
    return bits(row_counts(codes, math.factorial(order)) / n)


def antropy_permutation(x: Matrix, order: int) -> Matrix:
    from antropy import perm_entropy

    return each(lambda row: perm_entropy(row, order=order))(x)


def tsfresh_permutation(x: Matrix, order: int) -> Matrix:
    from tsfresh.feature_extraction.feature_calculators import permutation_entropy

    return each(lambda row: permutation_entropy(row, 1, order) / math.log(2))(x)


def numpy_matches(x: Matrix) -> tuple[Matrix, Matrix]:
    """Which stretches of `M` and of `M + 1` steps of one series match, as two matrices of truth values."""
    close = np.abs(x[:, None] - x[None]) <= R * x.std()
    n = len(x) - M
    first = np.logical_and.reduce([close[k : n + 1 + k, k : n + 1 + k] for k in range(M)])
    return first, first[:n, :n] & close[M:, M:]


def numpy_sample(x: Matrix) -> Matrix:
    def of_row(row: Matrix) -> float:
        first, longer = numpy_matches(row)
        n = len(longer)
        return -math.log((longer.sum() - n) / (first[:n, :n].sum() - n))

    return each(of_row)(x)


def numpy_approximate(x: Matrix) -> Matrix:
    return each(lambda row: np.subtract(*(np.log(of.mean(axis=1)).mean() for of in numpy_matches(row))))(x)


def antropy_sample(x: Matrix) -> Matrix:
    from antropy import sample_entropy

    return each(sample_entropy)(x)


def antropy_approximate(x: Matrix) -> Matrix:
    from antropy import app_entropy

    return each(app_entropy)(x)


def tsfresh_approximate(x: Matrix) -> Matrix:
    from tsfresh.feature_extraction.feature_calculators import approximate_entropy

    return each(lambda row: approximate_entropy(row, M, R))(x)


def tsfresh_sample(x: Matrix) -> Matrix:
    from tsfresh.feature_extraction.feature_calculators import sample_entropy

    return each(sample_entropy)(x)


def binarised(x: Matrix) -> Matrix:
    return x > np.median(x, axis=1, keepdims=True)


def numpy_lempel_ziv(x: Matrix) -> Matrix:
    """By search in strings, the fastest there is without compiled loops."""

    def of_row(high: Matrix) -> float:
        text = high.astype(np.uint8).tobytes()
        n, phrases, start = len(text), 0, 0
        while start < n:
            end = start + 1
            while end < n and text.find(text[start:end], 0, end - 1) >= 0:
                end += 1
            phrases, start = phrases + 1, end
        return phrases * math.log2(n) / n

    return each(of_row)(binarised(x))


def antropy_lempel_ziv(x: Matrix) -> Matrix:
    from antropy import lziv_complexity

    return each(lambda row: lziv_complexity(row, normalize=True))(binarised(x))


def shannon(x: Matrix) -> Matrix:
    return kernels.shannon_entropy(x, BINS, threads=1)


def spectral(x: Matrix) -> Matrix:
    return kernels.spectral_entropy(x, threads=1)


def sample(x: Matrix) -> Matrix:
    return kernels.sample_entropy(x, M, R, threads=1)


def approximate(x: Matrix) -> Matrix:
    return kernels.approximate_entropy(x, M, R, threads=1)


def lempel_ziv(x: Matrix) -> Matrix:
    return kernels.lempel_ziv_complexity(x, threads=1)


PAIRS = [
    Pair("shannon_entropy", "NumPy, bins of the batch", shannon, numpy_shannon, rtol=1e-2),
    Pair("shannon_entropy", "tsfresh.binned_entropy", shannon, tsfresh_shannon),
    Pair("spectral_entropy", "NumPy, FFT of the batch", spectral, numpy_spectral),
    Pair("spectral_entropy", "antropy.spectral_entropy", spectral, antropy_spectral),
    *(
        Pair(
            "permutation_entropy",
            peer,
            lambda x, order=order: kernels.permutation_entropy(x, order, threads=1),
            lambda x, order=order, theirs=theirs: theirs(x, order),
            rtol=rtol,
            what=f"order {order}",
        )
        for order in ORDERS
        for peer, theirs, rtol in (
            ("NumPy, patterns of the batch", numpy_permutation, 1e-9),
            ("antropy.perm_entropy", antropy_permutation, 1e-9),
            # Its sort is not stable, so that ties fall either way.
            ("tsfresh.permutation_entropy", tsfresh_permutation, 0.1),
        )
    ),
    Pair("sample_entropy", "NumPy, matrix of matches", sample, numpy_sample, 50),
    Pair("sample_entropy", "antropy.sample_entropy (numba)", sample, antropy_sample, 50),
    # It lets one stretch more take part.
    Pair("sample_entropy", "tsfresh.sample_entropy", sample, tsfresh_sample, 10, rtol=0.05),
    Pair("approximate_entropy", "NumPy, matrix of matches", approximate, numpy_approximate, 50),
    Pair("approximate_entropy", "antropy.app_entropy", approximate, antropy_approximate, 50),
    Pair("approximate_entropy", "tsfresh.approximate_entropy", approximate, tsfresh_approximate, 10),
    Pair("lempel_ziv_complexity", "Python, search in bytes", lempel_ziv, numpy_lempel_ziv, 50),
    Pair("lempel_ziv_complexity", "antropy.lziv_complexity (numba)", lempel_ziv, antropy_lempel_ziv, 200),
]
