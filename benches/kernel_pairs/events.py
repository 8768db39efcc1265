"""Pairs of the kernels in `kernels/events.py`."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from fakeengage import kernels
from kernel_pairs import Matrix, Pair, each

LENGTH = 6


def burst_z(x: Matrix) -> tuple[Matrix, Matrix, Matrix]:
    """Excess, scale and z of counts."""
    center = np.median(x, axis=-1, keepdims=True)
    excess = x - center
    scale = 1.482602218505602 * np.median(np.abs(excess), axis=-1, keepdims=True)
    scale = np.maximum(scale, np.sqrt(np.maximum(center, 1)))
    return excess, scale, excess / scale


def numpy_bursts(x: Matrix) -> Matrix:
    """What needs no shape of a single burst."""
    z = burst_z(x)[2]
    inside = z >= 3
    starts = inside.copy()
    starts[:, 1:] &= ~inside[:, :-1]
    share = (x * inside).sum(axis=1) / x.sum(axis=1)
    return np.stack([starts.sum(axis=1), z.max(axis=1), share], axis=1)


def scipy_bursts(row: Matrix) -> Matrix:
    from scipy.ndimage import find_objects, label

    excess, scale, z = burst_z(row)
    labels, count = label(z >= 3)
    out = np.full(9, np.nan)
    peak = int(z.argmax())
    out[:3] = count, z[peak], 0
    out[8] = row[labels > 0].sum() / row.sum()
    if count:
        (inside,) = find_objects(labels)[labels[peak] - 1]
        first, last = inside.start, inside.stop - 1
        size = excess[inside].mean()
        out[2:4] = last - first + 1, excess[peak] / size
        if first:
            out[4] = (row[first] - row[first - 1]) / size
        if last + 1 < len(row):
            out[5] = (row[last] - row[last + 1 : last + 3].min()) / size
            out[7] = excess[last + 1 : last + 7].mean() / size
        if peak + 1 < len(row):
            left = max(excess[peak + 1 : peak + 7].mean(), 0)
            out[6] = np.log((excess[peak] + scale[0]) / (left + scale[0]))
    return out


def numpy_zero_runs(x: Matrix) -> Matrix:
    n = x.shape[1]
    zero = x == 0
    # Step of the last one that is not zero, from which a run of zeros is counted.
    steps = np.arange(n, dtype=np.int32)
    last = np.maximum.accumulate(np.where(zero, np.int32(-1), steps), axis=1)
    run = steps - last
    starts = zero.copy()
    starts[:, 1:] &= ~zero[:, :-1]
    ended = np.where(zero[:, :-1] & ~zero[:, 1:], run[:, :-1], 0)
    columns = run.max(axis=1), starts.sum(axis=1), zero.mean(axis=1), ended.max(axis=1, initial=0)
    return np.stack(columns, axis=1).astype(float)


def scipy_zero_runs(row: Matrix) -> tuple[float, ...]:
    from scipy.ndimage import label

    labels, count = label(row == 0)
    lengths = np.bincount(labels, minlength=count + 1)
    lengths[0] = 0
    ends = labels[:-1][(row[:-1] == 0) & (row[1:] != 0)]
    return lengths.max(), count, (row == 0).mean(), lengths[ends].max(initial=0)


def bottleneck_fano_factor(x: Matrix) -> Matrix:
    import bottleneck

    return bottleneck.nanvar(x, axis=1, ddof=1) / bottleneck.nanmean(x, axis=1)


def numpy_exact_repeats(row: Matrix) -> float:
    windows = sliding_window_view(row, LENGTH)
    starts = np.flatnonzero((windows != windows[:, :1]).any(axis=1))
    _, content = np.unique(windows[starts], axis=0, return_inverse=True)
    first = np.full(len(starts), len(row))
    last = np.zeros(len(starts), dtype=int)
    np.minimum.at(first, content, starts)
    np.maximum.at(last, content, starts)
    return ((starts - first[content] >= LENGTH) | (last[content] - starts >= LENGTH)).mean()


def stumpy_exact_repeats(row: Matrix) -> float:
    import stumpy

    default = stumpy.config.STUMPY_EXCL_ZONE_DENOM
    # The zone is the length over this, rounded up: all windows that overlap.
    stumpy.config.STUMPY_EXCL_ZONE_DENOM = LENGTH / (LENGTH - 1.5)
    try:
        profile = stumpy.stump(row, LENGTH, normalize=False)[:, 0].astype(float)
    finally:
        stumpy.config.STUMPY_EXCL_ZONE_DENOM = default
    windows = sliding_window_view(row, LENGTH)
    return (profile[(windows != windows[:, :1]).any(axis=1)] == 0).mean()


def chances(total: Matrix) -> Matrix:
    zeros = sum((total % 10.0**k == 0).astype(int) for k in range(1, 16))
    out = [10.0**-zeros]
    for step in (100, 1000):
        nearest = step * np.maximum(np.rint(total / step), 1)
        out.append(np.minimum((2 * np.abs(total - nearest) + 1) / step, 1))
    return np.stack(out, axis=1)


def numpy_round_totals(x: Matrix) -> Matrix:
    return chances(x.sum(axis=1))


def bottleneck_round_totals(x: Matrix) -> Matrix:
    import bottleneck

    return chances(bottleneck.nansum(x, axis=1))


PAIRS = [
    Pair(
        "bursts",
        "NumPy",
        lambda x: kernels.bursts(x, threads=1)[:, [0, 1, 8]],
        numpy_bursts,
        what="number, largest z and share of all nine",
    ),
    Pair(
        "bursts",
        "NumPy and scipy.ndimage.label",
        lambda x: kernels.bursts(x, threads=1),
        each(scipy_bursts),
        100,
    ),
    Pair("zero_runs", "NumPy", lambda x: kernels.zero_runs(x, threads=1), numpy_zero_runs),
    Pair(
        "zero_runs",
        "scipy.ndimage.label",
        lambda x: kernels.zero_runs(x, threads=1),
        each(scipy_zero_runs),
        100,
    ),
    Pair(
        "fano_factor",
        "NumPy",
        lambda x: kernels.fano_factor(x, threads=1),
        lambda x: x.var(axis=1, ddof=1) / x.mean(axis=1),
    ),
    Pair("fano_factor", "bottleneck", lambda x: kernels.fano_factor(x, threads=1), bottleneck_fano_factor),
    *(
        Pair(
            "exact_repeats",
            name,
            lambda x: kernels.exact_repeats(x, LENGTH, threads=1),
            each(peer),
            n_series,
        )
        for name, peer, n_series in [
            ("NumPy", numpy_exact_repeats, 30),
            ("stumpy.stump(normalize=False)", stumpy_exact_repeats, 5),
        ]
    ),
    Pair("round_totals", "NumPy", lambda x: kernels.round_totals(x, threads=1), numpy_round_totals),
    Pair(
        "round_totals",
        "bottleneck",
        lambda x: kernels.round_totals(x, threads=1),
        bottleneck_round_totals,
    ),
]
