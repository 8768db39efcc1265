"""References of the kernels in `kernels/pairs.py`."""

import numpy as np

from kernel_reference import Reference, Row, flat


def correlation(x: Row, y: Row) -> float:
    known = ~np.isnan(x) & ~np.isnan(y)
    x, y = x[known], y[known]
    if flat(x) or flat(y):
        return np.nan
    return float(np.corrcoef(x, y)[0, 1])


def lead_lag(x: Row, y: Row, max_lag: int) -> Row | None:
    if max_lag >= max(len(x), 1):
        return None
    if flat(x) or flat(y):
        return np.full(2, np.nan)
    dx, dy = (np.nan_to_num(series - np.nanmean(series)) for series in (x, y))
    values = np.correlate(dy, dx, "full") / np.sqrt((dx @ dx) * (dy @ dy))
    lags = np.arange(1 - len(x), len(x))
    near = np.abs(lags) <= max_lag
    lags, values = lags[near], values[near]
    ties = np.flatnonzero(values >= values.max() - 1e-9)
    best = min(ties, key=lambda k: (abs(lags[k]), lags[k] > 0))
    return np.array([lags[best], values[best]])


REFERENCES = [
    Reference("correlation", {}, correlation, n_inputs=2),
    *[
        Reference(
            "lead_lag",
            {"max_lag": max_lag},
            lambda x, y, max_lag=max_lag: lead_lag(x, y, max_lag),
            n_inputs=2,
        )
        for max_lag in (0, 6)
    ],
]
