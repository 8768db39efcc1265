"""Pairs of the kernels in `kernels/events.py`."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from fakeengage import kernels
from kernel_pairs import Matrix, Pair, each

LENGTH = 6


def numpy_bursts(x: Matrix) -> Matrix:
    """Number of bursts and the largest z, the two that NumPy tells of a whole batch."""
    center = np.median(x, axis=1, keepdims=True)
    excess = x - center
    sd = np.median(np.abs(excess), axis=1, keepdims=True) / 0.6744897501960817
    z = excess / np.maximum(sd, np.sqrt(np.maximum(center, 1)))
    inside = np.pad(z >= 3, ((0, 0), (1, 0)))
    return np.column_stack([(inside[:, 1:] & ~inside[:, :-1]).sum(axis=1), z.max(axis=1)])


def scipy_bursts(x: Matrix) -> Matrix:
    """The number of bursts as labelled runs."""
    from scipy.ndimage import label

    center = np.median(x, axis=1, keepdims=True)
    sd = np.median(np.abs(x - center), axis=1, keepdims=True) / 0.6744897501960817
    z = (x - center) / np.maximum(sd, np.sqrt(np.maximum(center, 1)))
    return each(lambda row: label(row >= 3)[1])(z)


def numpy_zero_runs(x: Matrix) -> Matrix:
    """Longest run, number of runs and share of zeros of a whole batch."""
    zero = x == 0
    t = np.arange(1, x.shape[1] + 1)
    last = np.maximum.accumulate(np.where(zero, 0, t), axis=1)
    begins = zero & ~np.pad(zero, ((0, 0), (1, 0)))[:, :-1]
    return np.column_stack([np.where(zero, t - last, 0).max(axis=1), begins.sum(axis=1), zero.mean(axis=1)])


def numpy_fano_factor(x: Matrix) -> Matrix:
    return x.var(axis=1, ddof=1) / x.mean(axis=1)


def numpy_repeats(x: Matrix) -> Matrix:
    """All windows of a series against all others."""
    windows = sliding_window_view(x, LENGTH, axis=1)
    out = []
    for row in windows:
        kept = np.flatnonzero((row != row[:, :1]).any(axis=1))
        equal = (row[kept][:, np.newaxis] == row[kept][np.newaxis]).all(axis=2)
        apart = np.abs(kept[:, np.newaxis] - kept) >= LENGTH
        out.append((equal & apart).any(axis=1).mean() if len(kept) else np.nan)
    return np.array(out)


def numpy_round_totals(x: Matrix) -> Matrix:
    """Chances of lying as near to a multiple of 100 and of 1,000."""
    total = x.sum(axis=1)[:, np.newaxis]
    step = np.array([100.0, 1000.0])
    near = np.abs(total - step * np.maximum(np.rint(total / step), 1))
    chances = np.minimum(1, (2 * near + 1) / step)
    chances[total[:, 0] < 1] = np.nan
    return chances


PAIRS = [
    Pair(
        "bursts",
        "NumPy, medians of the batch (number, height)",
        lambda x: kernels.bursts(x, threads=1)[:, :2],
        numpy_bursts,
    ),
    Pair(
        "bursts",
        "scipy.ndimage.label (number)",
        lambda x: kernels.bursts(x, threads=1)[:, 0],
        scipy_bursts,
        n_series=100,
    ),
    Pair(
        "zero_runs",
        "NumPy, runs of the batch (three of four)",
        lambda x: kernels.zero_runs(x, threads=1)[:, :3],
        numpy_zero_runs,
    ),
    Pair(
        "fano_factor", "NumPy", lambda x: kernels.fano_factor(x, threads=1), numpy_fano_factor, n_series=2000
    ),
    Pair(
        "exact_repeats",
        "NumPy, all windows against all",
        lambda x: kernels.exact_repeats(x, LENGTH, threads=1),
        numpy_repeats,
        n_series=20,
    ),
    Pair(
        "round_totals",
        "NumPy (two of three)",
        lambda x: kernels.round_totals(x, threads=1)[:, 1:],
        numpy_round_totals,
    ),
]
