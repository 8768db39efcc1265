"""Pairs of the kernels in `kernels/pairs.py`: each series beside the one before it."""

import numpy as np

from fakeengage import kernels
from kernel_pairs import Matrix, Pair

REACH = 6


def other(x: Matrix) -> Matrix:
    return np.roll(x, 1, axis=0)


def deviations(x: Matrix) -> Matrix:
    return x - x.mean(axis=1, keepdims=True)


def norms(d: Matrix) -> Matrix:
    return np.sqrt(np.einsum("ij,ij->i", d, d))


def numpy_correlation(x: Matrix) -> Matrix:
    dx, dy = deviations(x), deviations(other(x))
    return np.einsum("ij,ij->i", dx, dy) / (norms(dx) * norms(dy))


def numpy_corrcoef(x: Matrix) -> Matrix:
    return np.array([np.corrcoef(a, b)[0, 1] for a, b in zip(x, other(x), strict=True)])


def largest(lags: Matrix, values: Matrix) -> Matrix:
    """Lag and value of the largest; lags are in the order in which ties are broken."""
    best = np.argmax(values >= values.max(axis=1, keepdims=True) - 1e-9, axis=1)
    return np.column_stack([lags[best], values[np.arange(len(values)), best]])


LAGS = np.array(sorted(range(-REACH, REACH + 1), key=lambda lag: (abs(lag), lag > 0)))


def numpy_lead_lag(x: Matrix) -> Matrix:
    dx, dy = deviations(x), deviations(other(x))
    n = x.shape[1]
    sums = [
        np.einsum("ij,ij->i", dx[:, max(-k, 0) : n - max(k, 0)], dy[:, max(k, 0) : n - max(-k, 0)])
        for k in LAGS
    ]
    return largest(LAGS, np.column_stack(sums) / (norms(dx) * norms(dy))[:, np.newaxis])


def statsmodels_lead_lag(x: Matrix) -> Matrix:
    from statsmodels.tsa.stattools import ccf

    rows = []
    for a, b in zip(x, other(x), strict=True):
        ahead = ccf(b, a, adjusted=False, nlags=REACH + 1)
        behind = ccf(a, b, adjusted=False, nlags=REACH + 1)
        rows.append([behind[-k] if k < 0 else ahead[k] for k in LAGS])
    return largest(LAGS, np.array(rows))


PAIRS = [
    Pair(kernel.__name__, peer, lambda x, kernel=kernel: kernel(x, other(x), threads=1), function)
    for kernel, peer, function in [
        (kernels.correlation, "NumPy, batch", numpy_correlation),
        (kernels.correlation, "numpy.corrcoef", numpy_corrcoef),
        (kernels.lead_lag, "NumPy, batch", numpy_lead_lag),
        (kernels.lead_lag, "statsmodels.tsa.stattools.ccf", statsmodels_lead_lag),
    ]
]
