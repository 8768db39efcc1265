"""Trivial scorers that stand beside every detector in every table."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fakeengage.panel import Panel


def naive_aggregates(panel: Panel) -> NDArray[np.float64]:
    """The 29 published aggregates of an account with four metrics, frozen as the baseline.

    Mean, standard deviation (ddof 0), maximum, median and sd / mean of each metric; the six Pearson
    correlations of hourly counts (0 where a metric is flat); likes, comments and shares over views
    of the means. Fewer metrics give fewer columns.
    """
    rows = []
    with np.errstate(invalid="ignore", divide="ignore"):
        for i in range(len(panel)):
            block = np.nan_to_num(panel.block(i).astype(np.float64))
            if block.shape[1] < 2:
                # One step has no spread and no correlation; none at all counts as one of zero.
                block = np.repeat(block if block.size else np.zeros((len(block), 1)), 2, axis=1)
            mean, sd = block.mean(axis=1), block.std(axis=1)
            columns = [
                mean,
                sd,
                block.max(axis=1),
                np.median(block, axis=1),
                np.where(mean > 0, sd / mean, 0.0),
            ]
            pairs = np.triu_indices(len(block), 1)
            correlations = (
                np.nan_to_num(np.atleast_2d(np.corrcoef(block))[pairs]) if len(block) > 1 else np.empty(0)
            )
            rates = np.where(mean[0] > 0, mean[1:] / mean[0], 0.0)
            rows.append(np.concatenate([*columns, correlations, rates]))
    return np.asarray(np.nan_to_num(np.array(rows)), dtype=np.float64)


def naive_isolation_forest(panel: Panel, seed: int = 0) -> NDArray[np.float64]:
    """Isolation forest of 200 trees on the naive aggregates, fitted on the very accounts it scores."""
    from sklearn.ensemble import IsolationForest

    aggregates = naive_aggregates(panel)
    forest = IsolationForest(n_estimators=200, random_state=seed).fit(aggregates)
    return np.asarray(-forest.score_samples(aggregates), dtype=np.float64)


def largest_z(panel: Panel) -> NDArray[np.float64]:
    """Largest robust z of any metric: (count − median) / MAD over the account's own series."""
    return np.array([max((_largest(row) for row in panel.block(i)), default=0.0) for i in range(len(panel))])


def ratio_z(panel: Panel) -> NDArray[np.float64]:
    """Largest robust z of the log ratio of the second metric over the first (likes per view)."""
    if len(panel.metrics) < 2:
        return np.zeros(len(panel))
    out = []
    for i in range(len(panel)):
        block = np.maximum(np.nan_to_num(panel.block(i).astype(np.float64)), 0.0)
        out.append(_largest(np.log((block[1] + 0.5) / (block[0] + 0.5))))
    return np.array(out)


def total_volume(panel: Panel) -> NDArray[np.float64]:
    """Sum of all counts: how big the account is."""
    return np.array([float(np.nansum(panel.block(i), dtype=np.float64)) for i in range(len(panel))])


def random_scores(panel: Panel, seed: int = 0) -> NDArray[np.float64]:
    """Uniform noise: what knowing nothing gives."""
    return np.random.default_rng(seed).uniform(size=len(panel))


def trivial_scores(panel: Panel, seed: int = 0) -> dict[str, NDArray[np.float64]]:
    """All baselines by name, in the order of the tables."""
    return {
        "random": random_scores(panel, seed),
        "total volume": total_volume(panel),
        "largest z": largest_z(panel),
        "likes-per-view z": ratio_z(panel),
        "naive Isolation Forest": naive_isolation_forest(panel, seed),
    }


def robust_z(row: NDArray[np.floating]) -> NDArray[np.float64]:
    """(count − median) / MAD of each step against the whole row; NaN where missing.

    Examples
    --------
    >>> robust_z(np.array([1.0, 2.0, 3.0, 4.0, 9.0])).tolist()
    [-2.0, -1.0, 0.0, 1.0, 6.0]
    """
    values = row.astype(np.float64)
    known = values[~np.isnan(values)]
    if len(known) == 0:
        return values
    middle = np.median(known)
    spread = np.median(np.abs(known - middle))
    # A metric that is mostly zero has no spread; one count is then the unit.
    return np.asarray((values - middle) / max(spread, 1.0 if known.max() > 10 else 0.1))


def _largest(row: NDArray[np.floating]) -> float:
    z = robust_z(row)
    return 0.0 if np.isnan(z).all() else float(np.nanmax(z))
