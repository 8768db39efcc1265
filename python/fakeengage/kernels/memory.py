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


def partial_autocorrelation(
    x: ArrayLike, lags: Sequence[int] | int, *, threads: int | None = None
) -> NDArray[np.float64]:
    """Partial autocorrelation at chosen lags, from biased autocovariances.

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
        ``(n_series, n_lags)`` values in [-1, 1], 1 at lag 0; NaN for a flat series (all known values equal).

    Raises
    ------
    ValueError
        If a lag does not fit in the series, or there is none.

    Notes
    -----
    Lag ``k`` has the last of the ``k`` coefficients of the autoregression of order ``k`` that the
    Yule-Walker equations give, solved by the Levinson-Durbin recursion on the autocovariances of
    :func:`autocorrelation`; pairs of which one step is missing add nothing to them. Equal to
    ``statsmodels.tsa.stattools.pacf`` with ``method="ldb"``, whose default divides autocovariances by
    ``n - k`` and which takes lags up to half of the length only.

    References
    ----------
    Brockwell and Davis (1991), *Time Series: Theory and Methods*, section 5.2,
    https://doi.org/10.1007/978-1-4419-0320-4.

    Examples
    --------
    >>> from fakeengage import kernels
    >>> kernels.partial_autocorrelation([1, 2, 3, 4, 5], [0, 1, 2]).round(3)
    array([ 1.  ,  0.4 , -0.31])
    """
    series = as_series(x)
    return series.values(
        _native.partial_autocorrelation(series.rows, as_wholes(lags, "lags", 0), threads=threads or 0)
    )


def hurst(x: ArrayLike, *, threads: int | None = None) -> NDArray[np.float64]:
    """Hurst exponent by the rescaled range, corrected for short windows.

    Parameters
    ----------
    x
        Series, ``(n_series, n_steps)`` or ``(n_steps,)``.
    threads
        Threads to use; all cores by default.

    Returns
    -------
    numpy.ndarray
        ``(n_series,)`` exponents: 0.5 for white noise, more for a series that keeps to one side of its mean
        for long. NaN for a flat series (all known values equal) and where fewer than two window lengths
        remain, as in series of fewer than five steps.

    Notes
    -----
    Windows of ``n`` steps lie one after another; in each, R is the range of the running sum of deviations
    from the window's mean and S the standard deviation (``ddof=1``). The exponent is 0.5 and the slope of
    the least-squares line of ``log(mean(R / S)) - log(E(n))`` over ``log(n)``, with the expectation for
    white noise ``E(n) = (n - 0.5) / n * gamma((n - 1) / 2) / (sqrt(pi) gamma(n / 2)) *
    sum(sqrt((n - i) / i), i = 1..n-1)``, its gamma functions replaced by ``1 / sqrt(n pi / 2)`` beyond 340
    steps. The window lengths are ``round(N^(3/8 + k / 60))`` for ``k`` from 0 to 14 and ``N`` steps, each
    once, two steps or more. Windows of equal values are skipped; missing steps count as the mean of the
    known ones.

    Equal to ``nolds.hurst_rs`` with ``fit="poly"``; its default fits the line by random consensus. nolds
    skips windows only whose range is 0 after rounding. Other packages (``hurst``, ``pyhurst``) do not correct
    or have other window lengths, and differ.

    References
    ----------
    Hurst (1951), "Long-term storage capacity of reservoirs", https://doi.org/10.1061/TACEAT.0006518.
    Anis and Lloyd (1976), "The expected value of the adjusted rescaled Hurst range of independent normal
    summands", https://doi.org/10.1093/biomet/63.1.111. Peters (1994), *Fractal Market Analysis*, chapter 5.

    Examples
    --------
    >>> import numpy as np
    >>> from fakeengage import kernels
    >>> steps = np.random.default_rng(0).normal(size=2000)
    >>> kernels.hurst([steps, np.cumsum(steps)]).round(2)
    array([0.47, 0.94])
    """
    series = as_series(x)
    return series.value(_native.hurst(series.rows, threads=threads or 0))


def detrended_fluctuation(x: ArrayLike, *, threads: int | None = None) -> NDArray[np.float64]:
    """Exponent of detrended fluctuation analysis.

    Parameters
    ----------
    x
        Series, ``(n_series, n_steps)`` or ``(n_steps,)``.
    threads
        Threads to use; all cores by default.

    Returns
    -------
    numpy.ndarray
        ``(n_series,)`` exponents: 0.5 for white noise, 1.5 for a random walk. NaN for a flat series (all
        known values equal) and where fewer than two window lengths remain, as in series of fewer than 58
        steps.

    Notes
    -----
    ``F(n)`` is the root mean square, over all windows of ``n`` steps that lie one after another from the
    start, of the distance of the running sum of ``x - mean(x)`` from the least-squares line in its window.
    The exponent is the slope of the least-squares line of ``log F(n)`` over ``log n``. Window lengths are 4
    and the whole parts of ``4 * 1.2^k`` up to a tenth of the series. Missing steps count as the mean of the
    known ones. Lengths at which ``F(n)`` is 0 but for rounding (1e-12 of the farthest the running sum goes)
    are skipped.

    Equal to ``antropy.detrended_fluctuation``, which gives about 0 for fewer than 58 steps and numbers made
    of rounding for most flat series. nolds has the same window lengths but overlapping windows by default;
    neurokit2 other lengths.

    References
    ----------
    Peng, Buldyrev, Havlin, Simons, Stanley and Goldberger (1994), "Mosaic organization of DNA nucleotides",
    https://doi.org/10.1103/PhysRevE.49.1685.

    Examples
    --------
    >>> import numpy as np
    >>> from fakeengage import kernels
    >>> steps = np.random.default_rng(0).normal(size=2000)
    >>> kernels.detrended_fluctuation([steps, np.cumsum(steps)]).round(2)
    array([0.52, 1.52])
    """
    series = as_series(x)
    return series.value(_native.detrended_fluctuation(series.rows, threads=threads or 0))
