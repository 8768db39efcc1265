"""What comes back every day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fakeengage import _native
from fakeengage._validate import as_number, as_series, as_whole


def periodicity(
    x: ArrayLike,
    periods: Sequence[float] | float = (2, 4, 6, 8, 12, 24),
    *,
    threads: int | None = None,
) -> NDArray[np.float64]:
    """Share of the variance at chosen periods.

    Parameters
    ----------
    x
        Series, ``(n_series, n_steps)`` or ``(n_steps,)``.
    periods
        Periods in steps, 2 or more, whole or not.
    threads
        Threads to use; all cores by default.

    Returns
    -------
    numpy.ndarray
        ``(n_series, n_periods)`` shares in [0, 1]. NaN for a flat series (all known values equal), for fewer
        than four known steps and for a period longer than the series.

    Raises
    ------
    ValueError
        If a period is shorter than two steps, or there is none.

    Notes
    -----
    The share of the squared deviations from the mean of the known steps that the least-squares fit of
    ``a cos(2 pi t / period) + b sin(2 pi t / period)`` takes: with ``C``, ``S`` the products of the
    deviations with both waves and ``CC``, ``SS``, ``CS`` those of the waves, all over the known steps,
    ``(C^2 SS + S^2 CC - 2 C S CS) / (CC SS - CS^2)``, divided by the squares. Where the waves are one and the
    same at the known steps, as at a period of two steps, the larger is fitted alone. With ``n`` known steps
    white noise has ``2 / (n - 1)`` on average, at a period of two steps ``1 / (n - 1)``. Shares at periods
    that divide the length evenly add up; others overlap.

    Equal to ``scipy.signal.lombscargle`` of the deviations at the known steps with ``normalize=True``.
    ``astropy.timeseries.LombScargle`` fits a constant, too, unless told ``fit_mean=False``.

    References
    ----------
    Scargle (1982), "Studies in astronomical time series analysis. II", https://doi.org/10.1086/160554.

    Examples
    --------
    >>> import numpy as np
    >>> from fakeengage import kernels
    >>> kernels.periodicity(5 + np.sin(2 * np.pi * np.arange(48) / 24), [12, 24]).round(6)
    array([0., 1.])
    """
    series = as_series(x)
    chosen = periods if isinstance(periods, Iterable) else [periods]
    numbers = [as_number(period, "periods") for period in chosen]
    return series.values(_native.periodicity(series.rows, numbers, threads=threads or 0))


def seasonal_strength(x: ArrayLike, period: int = 24, *, threads: int | None = None) -> NDArray[np.float64]:
    """Strength of the seasonal component of a period.

    Parameters
    ----------
    x
        Series, ``(n_series, n_steps)`` or ``(n_steps,)``.
    period
        Period in steps, 2 to 65,536.
    threads
        Threads to use; all cores by default.

    Returns
    -------
    numpy.ndarray
        ``(n_series,)`` values in [0, 1]. NaN for a flat series (all known values equal), for fewer than three
        periods (with two, every phase is seen once and explains everything), where missing steps leave a
        phase without a value, and where nothing but rounding is left beside the trend.

    Raises
    ------
    ValueError
        If the period is out of range.

    Notes
    -----
    ``max(0, 1 - var(remainder) / var(seasonal + remainder))`` of the classical additive decomposition. The
    trend is the centred moving average over one period; where that is even, over one step more with both
    ends at half weight. The seasonal component is the mean of what is left by phase, less the mean of these
    means. Steps count whose window lies in the series and has no missing step.

    Equal to the formula applied to ``statsmodels.tsa.seasonal.seasonal_decompose(x, period=period)``, which
    takes two periods, too. The R package feasts (``feat_stl``) has the same formula after an STL
    decomposition, and other values.

    References
    ----------
    Wang, Smith and Hyndman (2006), "Characteristic-based clustering for time series data",
    https://doi.org/10.1007/s10618-005-0039-x.

    Examples
    --------
    >>> import numpy as np
    >>> from fakeengage import kernels
    >>> noise = np.random.default_rng(0).normal(size=(2, 336))
    >>> day = np.sin(2 * np.pi * np.arange(336) / 24)
    >>> kernels.seasonal_strength([noise[0], 3 * day + noise[1]]).round(2)
    array([0.12, 0.83])
    """
    series = as_series(x)
    period = as_whole(period, "period", 2)
    return series.value(_native.seasonal_strength(series.rows, period, threads=threads or 0))


def daily_profile(x: ArrayLike, period: int = 24, *, threads: int | None = None) -> NDArray[np.float64]:
    """Share of every hour of the day in the total.

    Parameters
    ----------
    x
        Series of volumes, ``(n_series, n_steps)`` or ``(n_steps,)``; the first step is the first of a day.
    period
        Steps of a day, 2 to 65,536.
    threads
        Threads to use; all cores by default.

    Returns
    -------
    numpy.ndarray
        ``(n_series, period)`` shares that sum to 1; NaN for an hour without a known step, the others then sum
        to 1. All are NaN for a series shorter than the period, where the mean of an hour is negative and
        where none is positive. A flat series of a positive value has equal shares.

    Raises
    ------
    ValueError
        If the period is out of range.

    Notes
    -----
    The mean of the known steps ``t`` with ``t mod period == hour``, divided by the sum of these means.
    Means, not sums, so that neither a last day cut short nor missing steps make an hour smaller. Equal to
    ``pandas`` ``x.groupby(arange(n) % period).mean()`` divided by its sum.

    References
    ----------
    Cleveland and Terpenning (1982), "Graphical methods for seasonal adjustment",
    https://doi.org/10.1080/01621459.1982.10477767.

    Examples
    --------
    >>> from fakeengage import kernels
    >>> kernels.daily_profile([1, 3, 0, 1, 5, 0, 1], period=3)
    array([0.2, 0.8, 0. ])
    """
    series = as_series(x)
    period = as_whole(period, "period", 2)
    return series.values(_native.daily_profile(series.rows, period, threads=threads or 0))


def profile_shift(x: ArrayLike, period: int = 24, *, threads: int | None = None) -> NDArray[np.float64]:
    """How the daily profile of the second half differs from that of the first.

    Parameters
    ----------
    x
        Series of volumes, ``(n_series, n_steps)`` or ``(n_steps,)``; the first step is the first of a day.
    period
        Steps of a day, 2 to 65,536.
    threads
        Threads to use; all cores by default.

    Returns
    -------
    numpy.ndarray
        ``(n_series, 2)``. Column 0: Jensen-Shannon divergence of both profiles in bits, 0 (equal) to 1 (no
        hour in common). Column 1: steps by which the day came later, in ``(-period / 2, period / 2]``. Both
        are NaN for fewer than two periods and where a half has no profile or an hour without a known step;
        the turn also where a first harmonic is smaller than 1e-9, as in a flat series.

    Raises
    ------
    ValueError
        If the period is out of range.

    Notes
    -----
    Profiles ``p`` and ``q`` are those of :func:`daily_profile`; the first half ends with the last whole
    period before the middle. With ``m = (p + q) / 2``, the divergence is
    ``sum(p log2(p / m)) / 2 + sum(q log2(q / m)) / 2``. The turn is the angle from
    ``sum(p exp(2 pi i hour / period))`` to the same of ``q``, times ``period / (2 pi)``; a turn by half a day
    is positive.

    The divergence is equal to ``scipy.spatial.distance.jensenshannon(p, q, base=2)**2``, which is the root
    of it.

    References
    ----------
    Lin (1991), "Divergence measures based on the Shannon entropy", https://doi.org/10.1109/18.61115.

    Examples
    --------
    >>> from fakeengage import kernels
    >>> kernels.profile_shift([1, 0, 0, 0, 0, 1, 0, 0], period=4)
    array([1., 1.])
    """
    series = as_series(x)
    period = as_whole(period, "period", 2)
    return series.values(_native.profile_shift(series.rows, period, threads=threads or 0))
