"""References of the kernels in `kernels/entropy.py`."""

from __future__ import annotations

import math

import numpy as np
from scipy.signal import periodogram

from kernel_reference import Reference, Row, flat


def bits(sizes: Row) -> float:
    """Entropy of shares that need not sum to 1 yet."""
    p = sizes[sizes > 0] / sizes.sum()
    return float(-(p * np.log2(p)).sum())


def shannon(x: Row, bins: int) -> float:
    known = x[~np.isnan(x)]
    # Bins narrower than the smallest normal number count as none.
    if not len(known) or 0 < np.ptp(known) < bins * np.finfo(float).tiny:
        return np.nan
    return bits(np.histogram(known, bins)[0])


def spectral(x: Row, normalize: bool) -> float:
    if flat(x):
        return np.nan
    power = periodogram(np.where(np.isnan(x), np.nanmean(x), x), detrend="constant")[1]
    if power.sum() == 0:
        return np.nan
    return bits(power) / (math.log2(len(power)) if normalize else 1)


def permutation(x: Row, order: int, delay: int, normalize: bool) -> float:
    reach = (order - 1) * delay + 1
    if len(x) < reach:
        return np.nan
    windows = np.lib.stride_tricks.sliding_window_view(x, reach)[:, ::delay]
    windows = windows[~np.isnan(windows).any(axis=1)]
    if not len(windows):
        return np.nan
    counts = np.unique(windows.argsort(axis=1, kind="stable"), axis=0, return_counts=True)[1]
    return bits(counts) / (math.log2(math.factorial(order)) if normalize else 1)


def stretches(x: Row, length: int) -> np.ndarray:
    if len(x) < length:
        return np.empty((0, length))
    windows = np.lib.stride_tricks.sliding_window_view(x, length)
    return windows[~np.isnan(windows).any(axis=1)]


def matches(windows: np.ndarray, tolerance: float) -> np.ndarray:
    """How many windows match each one, itself included."""
    distance = np.abs(windows[:, None] - windows[None]).max(axis=2)
    return (distance <= tolerance).sum(axis=1)


def sample(x: Row, m: int, r: float) -> float:
    windows = stretches(x, m + 1)
    if flat(x) or not len(windows):
        return np.nan
    tolerance = r * np.nanstd(x)
    b = (matches(windows[:, :m], tolerance) - 1).sum()
    a = (matches(windows, tolerance) - 1).sum()
    return np.nan if b == 0 else np.inf if a == 0 else -math.log(a / b)


def approximate(x: Row, m: int, r: float) -> float:
    if not len(stretches(x, m + 1)):
        return np.nan
    tolerance = r * np.nanstd(x)

    def phi(length: int) -> float:
        windows = stretches(x, length)
        return float(np.log(matches(windows, tolerance) / len(windows)).mean())

    return phi(m) - phi(m + 1)


def lempel_ziv(x: Row, normalize: bool) -> float:
    known = x[~np.isnan(x)]
    n = len(known)
    if n < 2:
        return np.nan
    highs = "".join("01"[high] for high in (known > np.median(known)).astype(int))
    phrases = start = 0
    while start < n:
        end = start + 1
        # A piece that ends before the phrase does is searched for, so that it starts earlier.
        while end < n and highs[start:end] in highs[: end - 1]:
            end += 1
        phrases, start = phrases + 1, end
    return phrases * (math.log2(n) / n if normalize else 1)


REFERENCES = [
    *(
        Reference("shannon_entropy", {"bins": bins}, lambda x, bins=bins: shannon(x, bins))
        for bins in (1, 10, 16, 57)
    ),
    *(
        Reference(name, {"normalize": normalize}, lambda x, of=of, normalize=normalize: of(x, normalize))
        for name, of in (("spectral_entropy", spectral), ("lempel_ziv_complexity", lempel_ziv))
        for normalize in (False, True)
    ),
    *(
        Reference(
            "permutation_entropy",
            {"order": order, "delay": delay, "normalize": normalize},
            lambda x, order=order, delay=delay, normalize=normalize: permutation(x, order, delay, normalize),
        )
        for order, delay, normalize in (
            (2, 1, False),
            (3, 1, False),
            (4, 3, True),
            (5, 1, False),
            (7, 2, True),
        )
    ),
    *(
        Reference(name, {"m": m, "r": r}, lambda x, of=of, m=m, r=r: of(x, m, r))
        for name, of in (("sample_entropy", sample), ("approximate_entropy", approximate))
        for m, r in ((2, 0.2), (1, 0.5), (4, 1.0))
    ),
]
