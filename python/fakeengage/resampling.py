"""Bootstrap over accounts: weights of resampled accounts, and intervals of what they give."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

LEVEL = 0.95
"""Coverage that every interval aims at."""

_CELLS = 4_000_000
"""Weights held at a time: 32 MB."""


def account_weights(strata: ArrayLike, n_resamples: int, seed: int = 0) -> Iterator[Floats]:
    """How often each account is drawn in each resample, some resamples at a time.

    Parameters
    ----------
    strata
        ``(n,)``: accounts are drawn with replacement within their stratum, so that every resample has
        as many fakes and normals as the data.
    n_resamples
        Resamples in all.
    seed
        Seed of the draws.

    Yields
    ------
    ndarray
        ``(k, n)`` counts.

    Notes
    -----
    Efron (1979), doi:10.1214/aos/1176344552. The unit is the account, never the hour: the hours of one
    account are not independent, and an interval over hours would be many times too narrow.

    Examples
    --------
    >>> (weights,) = account_weights([0, 0, 0, 1], 5)
    >>> weights.shape, weights[:, :3].sum(axis=1).tolist(), weights[:, 3].tolist()
    ((5, 4), [3.0, 3.0, 3.0, 3.0, 3.0], [1.0, 1.0, 1.0, 1.0, 1.0])
    """
    _, stratum = np.unique(np.asarray(strata), return_inverse=True)
    groups = [np.flatnonzero(stratum == s) for s in range(int(stratum.max(initial=-1)) + 1)]
    rng = np.random.default_rng(seed)
    at_once = max(1, _CELLS // max(len(stratum), 1))
    for first in range(0, n_resamples, at_once):
        k = min(at_once, n_resamples - first)
        weights = np.zeros((k, len(stratum)))
        for group in groups:
            # Drawn and counted: five times as fast as multinomial counts.
            drawn = rng.integers(len(group), size=(k, len(group))) + len(group) * np.arange(k)[:, None]
            counted = np.bincount(drawn.reshape(-1), minlength=k * len(group))
            weights[:, group] = counted.reshape(k, len(group))
        yield weights


def percentile_interval(draws: ArrayLike, level: float = LEVEL) -> tuple[float, float]:
    """Middle `level` of the draws; NaN draws are left out, and NaN is the answer where none is left.

    Examples
    --------
    >>> percentile_interval([float(k) for k in range(101)], level=0.5)
    (25.0, 75.0)
    """
    known = np.asarray(draws, dtype=np.float64)
    known = known[~np.isnan(known)]
    if not known.size:
        return float("nan"), float("nan")
    tail = 100 * (1 - level) / 2
    low, high = np.percentile(known, [tail, 100 - tail])
    return float(low), float(high)


def mean_interval(
    values: ArrayLike, *, n_resamples: int = 1000, level: float = LEVEL, seed: int = 0
) -> tuple[float, float, float]:
    """Mean of one value per account, with its bootstrap interval; NaN values are left out.

    Examples
    --------
    >>> mean_interval([2.0, 2.0, float("nan")])
    (2.0, 2.0, 2.0)
    """
    known = _known(values)
    if not known.size:
        return float("nan"), float("nan"), float("nan")
    draws = [weights @ known / len(known) for weights in _weights(known, n_resamples, seed)]
    return (float(known.mean()), *percentile_interval(_joined(draws), level))


def median_interval(
    values: ArrayLike, *, n_resamples: int = 1000, level: float = LEVEL, seed: int = 0
) -> tuple[float, float, float]:
    """Median of one value per account, with its bootstrap interval; NaN values are left out.

    Examples
    --------
    >>> median_interval([1.0, 1.0, 1.0, 1.0, 9.0])[0]
    1.0
    """
    known = np.sort(_known(values))
    if not known.size:
        return float("nan"), float("nan"), float("nan")
    draws = []
    for weights in _weights(known, n_resamples, seed):
        below = np.cumsum(weights, axis=1)
        # The two middle ones of n drawn values; the same one where n is odd.
        low = np.argmax(below > (len(known) - 1) // 2, axis=1)
        high = np.argmax(below > len(known) // 2, axis=1)
        draws.append((known[low] + known[high]) / 2)
    return (float(np.median(known)), *percentile_interval(_joined(draws), level))


def _known(values: ArrayLike) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    return array[~np.isnan(array)]


def _weights(known: Floats, n_resamples: int, seed: int) -> Iterator[Floats]:
    return account_weights(np.zeros(len(known), np.int64), n_resamples, seed)


def _joined(draws: list[Floats]) -> Floats:
    return np.concatenate(draws) if draws else np.empty(0)
