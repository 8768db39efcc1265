"""References of the kernels in `kernels/events.py`."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import ndimage, stats

from kernel_reference import Reference, Row, flat


def burst_scale(known: Row) -> float:
    center = np.median(known)
    deviation = np.abs(known - center)
    sd = np.median(deviation) / stats.norm.ppf(0.75)
    if (known >= 0).all() and (known == np.rint(known)).all():
        return float(max(sd, np.sqrt(max(center, 1))))
    return float(sd or np.sqrt(np.pi / 2) * deviation.mean() or 1.0)


def mean_of_known(x: Row) -> float:
    return float(np.mean(x[~np.isnan(x)])) if (~np.isnan(x)).any() else np.nan


def bursts(x: Row, threshold: float = 3) -> Row:
    known = x[~np.isnan(x)]
    if not len(known):
        return np.full(9, np.nan)
    scale = burst_scale(known)
    excess = x - np.median(known)
    inside = np.nan_to_num(excess / scale, nan=-np.inf) >= threshold
    labels, count = ndimage.label(inside)
    out = np.full(9, np.nan)
    out[:3] = count, np.nanmax(excess) / scale, 0
    if known.sum() > 0:
        out[8] = x[inside].sum() / known.sum()
    if count:
        peak = int(np.nanargmax(excess))
        first, last = np.flatnonzero(labels == labels[peak])[[0, -1]]
        size = excess[first : last + 1].mean()
        after = x[last + 1 : last + 3][~np.isnan(x[last + 1 : last + 3])]
        out[2:4] = last - first + 1, excess[peak] / size
        if first:
            out[4] = (x[first] - x[first - 1]) / size
        if len(after):
            out[5] = (x[last] - after.min()) / size
        # A maximum with NaN is NaN.
        left = np.maximum(mean_of_known(excess[peak + 1 : peak + 7]), 0)
        out[6] = np.log((excess[peak] + scale) / (left + scale))
        out[7] = mean_of_known(excess[last + 1 : last + 7]) / size
    return out


def zero_runs(x: Row) -> Row:
    known = ~np.isnan(x)
    if not known.any():
        return np.full(4, np.nan)
    labels, count = ndimage.label(x == 0)
    lengths = np.bincount(labels, minlength=count + 1)
    lengths[0] = 0
    last = np.flatnonzero((x[:-1] == 0) & known[1:] & (x[1:] != 0))
    awakened = lengths[labels[last]].max(initial=0)
    return np.array([lengths.max(), count, (x == 0).sum() / known.sum(), awakened])


def fano_factor(x: Row, window: int = 1) -> float:
    sums = x[: len(x) // window * window].reshape(-1, window).sum(axis=1)
    sums = sums[~np.isnan(sums)]
    if len(sums) < 2 or sums.mean() <= 0:
        return np.nan
    return 0.0 if flat(sums) else float(sums.var(ddof=1) / sums.mean())


def exact_repeats(x: Row, length: int = 24) -> float:
    if len(x) < length:
        return np.nan
    windows = sliding_window_view(x, length)
    counts = ~np.isnan(windows).any(axis=1) & (windows != windows[:, :1]).any(axis=1)
    starts = np.flatnonzero(counts)
    if not len(starts):
        return np.nan
    equal = (windows[counts][:, np.newaxis] == windows[counts][np.newaxis]).all(axis=2)
    apart = np.abs(starts[:, np.newaxis] - starts) >= length
    return float((equal & apart).any(axis=1).mean())


def round_totals(x: Row) -> Row:
    total = np.nansum(x)
    if total != np.rint(total) or not 1 <= total <= 2**53:
        return np.full(3, np.nan)
    digits = str(int(total))
    near = [abs(total - step * max(np.rint(total / step), 1)) for step in (100, 1000)]
    chances = [min(1, (2 * d + 1) / step) for d, step in zip(near, (100, 1000), strict=True)]
    return np.array([10.0 ** (len(digits.rstrip("0")) - len(digits)), *chances])


REFERENCES = [
    Reference("bursts", {}, bursts),
    Reference("bursts", {"threshold": 1.5}, lambda x: bursts(x, 1.5)),
    Reference("zero_runs", {}, zero_runs),
    Reference("fano_factor", {}, fano_factor),
    Reference("fano_factor", {"window": 6}, lambda x: fano_factor(x, 6)),
    Reference("exact_repeats", {}, exact_repeats),
    Reference("exact_repeats", {"length": 2}, lambda x: exact_repeats(x, 2)),
    Reference("round_totals", {}, round_totals),
]
