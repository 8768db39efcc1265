"""References of the kernels in `kernels/memory.py`."""

import numpy as np

from kernel_reference import Reference, Row, flat


def autocorrelation(x: Row, lags: list[int]) -> Row | None:
    if max(lags) >= len(x):
        return None
    if flat(x):
        return np.full(len(lags), np.nan)
    d = x - np.nanmean(x)
    return np.array([np.nansum(d[lag:] * d[: len(d) - lag]) for lag in lags]) / np.nansum(d * d)


REFERENCES = [
    Reference("autocorrelation", {"lags": lags}, lambda x, lags=lags: autocorrelation(x, lags))
    for lags in ([0, 1, 5], [24])
]
