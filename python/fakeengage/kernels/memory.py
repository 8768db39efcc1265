"""How a series depends on its own past."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fakeengage import _native
from fakeengage._validate import as_series, as_wholes


def autocorrelation(
    x: ArrayLike, lags: Sequence[int] | int, *, threads: int | None = None
) -> NDArray[np.float64]:
    """Autocorrelation at chosen lags, biased.

    Parameters
    ----------
    x
        Series, ``(n_series, n_steps)`` or ``(n_steps,)``.
    lags
        Lags in steps, each from 0 to ``n_steps - 1``, in any order.
    threads
        Threads to use; all cores by default.

    Returns
    -------
    numpy.ndarray
        ``(n_series, n_lags)`` values in [-1, 1]; NaN for a flat series (all known values equal).

    Raises
    ------
    ValueError
        If a lag does not fit in the series, or there is none.

    Notes
    -----
    With ``m`` the mean of the known values, lag ``k`` has
    ``sum((x[t] - m) (x[t + k] - m)) / sum((x[t] - m)^2)``, the upper sum over pairs of which both are
    known. Equal to ``statsmodels.tsa.stattools.acf`` with ``adjusted=False`` and
    ``missing="conservative"``; tsfresh divides the upper sum by ``n - k`` instead of ``n``.

    References
    ----------
    Box and Jenkins (1976), *Time Series Analysis: Forecasting and Control*, section 2.1.

    Examples
    --------
    >>> from fakeengage import kernels
    >>> kernels.autocorrelation([1, 2, 3, 4, 5], [0, 1])
    array([1. , 0.4])
    """
    series = as_series(x)
    return series.values(
        _native.autocorrelation(series.rows, as_wholes(lags, "lags", 0), threads=threads or 0)
    )
