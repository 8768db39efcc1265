"""When: how well hour scores and windows point at the hours that an attack changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fakeengage.ranking import Figure, Ranking, auprc, auroc

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

N_THRESHOLDS = 250
"""Thresholds of :func:`vus_pr`, at equal steps of rank: as in the authors' own code."""


@Figure
def best_overlap(ranking: Ranking) -> Floats:
    """Intersection over union of the flagged hours with the changed ones, at the best threshold.

    Known only afterwards: what a perfect choice of threshold would give, account by account.
    """
    overlap = ranking.hits / np.maximum(ranking.n_fake + ranking.alarms, 1e-300)
    return np.where(ranking.n_fake[..., 0] > 0, overlap.max(axis=-1), np.nan)


@dataclass(frozen=True)
class BufferedLabels:
    """Labels of one series with a buffer of every length around each range: the label side of VUS.

    Attributes
    ----------
    labels
        ``(n_buffers, n_steps)`` weight of each step, 0 to 1.
    n_positive
        ``(n_buffers,)`` mean of the sums of plain and buffered labels.
    ranges
        Per buffer length ``(n_ranges, 2)``: first step of each range, and first step outside.
    """

    labels: Floats
    n_positive: Floats
    ranges: tuple[NDArray[np.int64], ...]

    @classmethod
    def of(cls, changed: ArrayLike, max_buffer: int) -> BufferedLabels:
        """Labels for the buffer lengths 0 to `max_buffer`.

        Half a buffer lies on either side of a range; at distance d its weight is ``sqrt(1 - d / l)``.
        """
        plain = np.asarray(changed, dtype=bool)
        rows, sums, ranges = [], [], []
        bounds = _bounds(plain)
        steps: NDArray[np.int64] = np.arange(len(plain))
        for length in range(max_buffer + 1):
            row = plain.astype(np.float64)
            # Buffers of one step are none: half of it is no step.
            half = length // 2 if length > 1 else 0
            for start, end in bounds if half else ():
                after = steps[end : min(end - 1 + half, len(row))]
                row[after] += np.sqrt(1 - (after - (end - 1)) / length)
                before = steps[max(start - half, 0) : start]
                row[before] += np.sqrt(1 - (start - before) / length)
            row = np.minimum(row, 1.0)
            rows.append(row)
            sums.append((float(plain.sum()) + float(row.sum())) / 2)
            ranges.append(_bounds(row > 0))
        return cls(np.array(rows), np.array(sums), tuple(ranges))


def vus_pr(
    changed: ArrayLike | BufferedLabels,
    scores: ArrayLike,
    *,
    max_buffer: int = 24,
    n_thresholds: int | None = N_THRESHOLDS,
) -> float:
    """Volume under the precision-recall surface: range-based, mean over buffer lengths.

    Parameters
    ----------
    changed
        ``(n_steps,)`` truth of one series, or its prepared :class:`BufferedLabels`.
    scores
        ``(n_steps,)``, higher = more suspicious.
    max_buffer
        Largest buffer around a range, in steps.
    n_thresholds
        Thresholds looked at, evenly spaced in rank; every score where None.

    Returns
    -------
    float
        0 to 1; 0 for constant scores, NaN where nothing was changed.

    Notes
    -----
    For each buffer length l from 0 to `max_buffer`: precision is the mean buffered label of the steps
    flagged, recall the sum of their buffered labels over the positives, times the share of ranges with at
    least one step flagged (the existence reward); the area is that of the trapezoids below the curve.
    Paparrizos, Boniol, Palpanas, Tsay, Elmore & Franklin (2022), Volume Under the Surface,
    doi:10.14778/3551793.3551830. Unlike point-adjusted figures, random scores do not win under it.

    Examples
    --------
    >>> truth = [0, 0, 0, 1, 1, 0, 0, 0]
    >>> round(vus_pr(truth, [0, 0, 0, .9, .8, 0, 0, 0], max_buffer=2), 2)
    0.98
    """
    labels = changed if isinstance(changed, BufferedLabels) else BufferedLabels.of(changed, max_buffer)
    x = np.asarray(scores, dtype=np.float64)
    if not labels.n_positive.size or labels.n_positive[0] == 0:
        return float("nan")
    if (x == x[0]).all():
        return 0.0
    order = np.argsort(-x, kind="stable")
    descending = x[order]
    at = np.arange(len(x)) if n_thresholds is None else np.linspace(0, len(x) - 1, n_thresholds).astype(int)
    thresholds = descending[at]
    flagged = np.searchsorted(-descending, -thresholds, side="right")
    hits = np.cumsum(labels.labels[:, order], axis=1)[:, flagged - 1]
    # One step more, so that a range may end with the series.
    padded = np.append(x, -np.inf)
    largest = [np.maximum.reduceat(padded, ranges.reshape(-1))[::2] for ranges in labels.ranges]
    found = np.array([(mine[:, None] >= thresholds).mean(axis=0) for mine in largest])
    recall = np.minimum(hits / labels.n_positive[:, None], 1.0) * found
    precision = np.concatenate([np.ones((len(hits), 1)), hits / flagged], axis=1)
    rise = np.diff(recall, axis=1, prepend=0.0)
    areas = (rise * (precision[:, 1:] + precision[:, :-1]) / 2).sum(axis=1)
    return float(areas.mean())


def overlap(covered: Bools, changed: Bools) -> float:
    """Intersection over union of two sets of steps; NaN where both are empty.

    Examples
    --------
    >>> overlap(np.array([True, True, False]), np.array([False, True, True]))
    0.3333333333333333
    """
    either = int((covered | changed).sum())
    return float((covered & changed).sum() / either) if either else float("nan")


def per_account(
    changed: list[Bools], hours: list[Floats], max_buffer: int, labels: list[BufferedLabels] | None = None
) -> Iterator[tuple[str, Floats]]:
    """Figures of hour scores, one value per account.

    Parameters
    ----------
    changed, hours
        Truth and scores of the observed steps of each account.
    max_buffer
        Buffer of :func:`vus_pr` in steps.
    labels
        Prepared labels of the accounts, for several detectors.

    Yields
    ------
    tuple of str and ndarray
        Name of the figure and ``(n_accounts,)`` values.
    """
    prepared = labels or [BufferedLabels.of(mine, max_buffer) for mine in changed]
    for name, figure in (("hour AUROC", auroc), ("hour AP", auprc), ("IoU at best threshold", best_overlap)):
        yield name, np.array([figure(y, x) for y, x in zip(changed, hours, strict=True)])
    yield "VUS-PR", np.array([vus_pr(y, x) for y, x in zip(prepared, hours, strict=True)])


def _bounds(labels: Bools) -> NDArray[np.int64]:
    """``(n_ranges, 2)``: first step of each range of true values, and first outside."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], labels, [False]]).astype(np.int8)))
    return edges.reshape(-1, 2)
