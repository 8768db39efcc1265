"""How two series of one length go together."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fakeengage import _native
from fakeengage._validate import as_series, as_whole


def correlation(x: ArrayLike, y: ArrayLike, *, threads: int | None = None) -> NDArray[np.float64]:
    """Pearson's correlation of two series.

    Parameters
    ----------
    x
        Series, ``(n_series, n_steps)`` or ``(n_steps,)``.
    y
        Series of the same shape; row by row they are compared.
    threads
        Threads to use; all cores by default.

    Returns
    -------
    numpy.ndarray
        ``(n_series,)`` values in [-1, 1]; NaN where either series is flat (all values equal) at the steps at
        which both are known.

    Raises
    ------
    ValueError
        If the shapes differ.

    Notes
    -----
    ``sum((x - mx) (y - my)) / sqrt(sum((x - mx)^2) sum((y - my)^2))`` over the steps at which both are known,
    ``mx`` and ``my`` the means over these. Equal to ``numpy.corrcoef`` of these steps and to
    ``pandas.Series.corr``; ``numpy.corrcoef`` warns and may give a number made of rounding for a flat series.

    References
    ----------
    Pearson (1896), "Mathematical contributions to the theory of evolution. III",
    https://doi.org/10.1098/rsta.1896.0007.

    Examples
    --------
    >>> import numpy as np
    >>> from fakeengage import kernels
    >>> kernels.correlation([1, 2, 3, np.nan], [2, 4, 6, 0]).round(6)
    np.float64(1.0)
    """
    series, other = as_series(x), as_series(y, "y")
    return series.value(_native.correlation(series.rows, other.rows, threads=threads or 0))


def lead_lag(
    x: ArrayLike, y: ArrayLike, max_lag: int = 6, *, threads: int | None = None
) -> NDArray[np.float64]:
    """Lag at which two series go together best.

    Parameters
    ----------
    x
        Series, ``(n_series, n_steps)`` or ``(n_steps,)``.
    y
        Series of the same shape; row by row they are compared.
    max_lag
        Longest lag in steps, in both directions, from 0 to ``n_steps - 1``.
    threads
        Threads to use; all cores by default.

    Returns
    -------
    numpy.ndarray
        ``(n_series, 2)``. Column 0: the lag in steps at which the cross-correlation is largest, positive
        where ``y`` follows ``x``. Column 1: the cross-correlation there, in [-1, 1]. NaN where either series
        is flat (all known values equal).

    Raises
    ------
    ValueError
        If the shapes differ, or ``max_lag`` does not fit in the series.

    Notes
    -----
    Lag ``k`` has ``sum((x[t] - mx) (y[t + k] - my)) / sqrt(sum((x[t] - mx)^2) sum((y[t] - my)^2))``, the
    upper sum over the pairs of which both are known, the rest over all known steps: biased, as
    :func:`autocorrelation` is. Lags within 1e-9 of the largest value are ties; of these the shortest counts,
    and the negative one before the positive.

    The values are those of ``statsmodels.tsa.stattools.ccf(y, x, adjusted=False)`` at lags from 0 up, and
    with the arguments the other way round at lags below. ``scipy.signal.correlate`` of the deviations has
    the upper sums.

    References
    ----------
    Box and Jenkins (1976), *Time Series Analysis: Forecasting and Control*, section 11.1.

    Examples
    --------
    >>> from fakeengage import kernels
    >>> kernels.lead_lag([0, 9, 0, 0, 0, 0, 0], [0, 0, 0, 9, 0, 0, 0], 3).round(2)
    array([2.  , 0.95])
    """
    series, other = as_series(x), as_series(y, "y")
    lag = as_whole(max_lag, "max_lag", 0)
    return series.values(_native.lead_lag(series.rows, other.rows, lag, threads=threads or 0))
