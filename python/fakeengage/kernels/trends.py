"""Slow change: trends, shifts of the level and where they happen."""

from __future__ import annotations

from numpy import float64
from numpy.typing import ArrayLike, NDArray

from fakeengage import _native
from fakeengage._validate import as_number, as_series, as_whole


def mann_kendall(x: ArrayLike, *, threads: int | None = None) -> NDArray[float64]:
    """Mann-Kendall test of a monotone trend.

    Parameters
    ----------
    x
        Series, ``(n_series, n_steps)`` or ``(n_steps,)``.
    threads
        Threads to use; all cores by default.

    Returns
    -------
    numpy.ndarray
        ``(n_series, 4)``: the score S, its deviate z, the two-sided p-value, and Kendall's tau in [-1, 1].
        A flat series has 0, 0, 1, 0; fewer than two known steps give NaN.

    Raises
    ------
    ValueError
        If `x` is not a series or a matrix of them.

    Notes
    -----
    ``S = sum over i < j of sign(x[j] - x[i])`` over known steps; with groups of ``t`` equal values
    ``var = (n (n - 1) (2 n + 5) - sum(t (t - 1) (2 t + 5))) / 18``, ``z = (S - sign(S)) / sqrt(var)``,
    ``p = erfc(|z| / sqrt(2))`` and ``tau = S / (n (n - 1) / 2)``. Equal to
    ``pymannkendall.original_test``, whose p-value is rounded to 0 below 1e-16; the tau of
    ``scipy.stats.kendalltau`` is tau-b, which divides by the pairs without ties. Autocorrelated series
    reject too often, as they do there.

    References
    ----------
    Mann (1945), "Nonparametric tests against trend", Econometrica 13, doi:10.2307/1907187.
    Kendall (1975), *Rank Correlation Methods*, 4th edition.

    Examples
    --------
    >>> from fakeengage import kernels
    >>> kernels.mann_kendall([1, 3, 2, 4, 5]).round(3)
    array([8.   , 1.715, 0.086, 0.8  ])
    """
    series = as_series(x)
    return series.values(_native.mann_kendall(series.rows, threads=threads or 0))


def theil_sen(x: ArrayLike, *, threads: int | None = None) -> NDArray[float64]:
    """Theil-Sen line: the median slope of all pairs of steps.

    Parameters
    ----------
    x
        Series, ``(n_series, n_steps)`` or ``(n_steps,)``.
    threads
        Threads to use; all cores by default.

    Returns
    -------
    numpy.ndarray
        ``(n_series, 2)``: slope per step and intercept at step 0. NaN with fewer than two known steps.

    Raises
    ------
    ValueError
        If `x` is not a series or a matrix of them.

    Notes
    -----
    ``slope = median over i < j of (x[j] - x[i]) / (t[j] - t[i])`` over known steps at their own times, and
    ``intercept = median(x) - slope * median(t)``. The same bits as ``scipy.stats.theilslopes`` with
    ``method="separate"``, which refuses missing values unless they are dropped with their times. The cost
    grows with the square of the steps, the memory does not.

    References
    ----------
    Sen (1968), "Estimates of the regression coefficient based on Kendall's tau", Journal of the American
    Statistical Association 63, doi:10.1080/01621459.1968.10480934.

    Examples
    --------
    >>> from fakeengage import kernels
    >>> kernels.theil_sen([1, 3, 5, 7, 900])
    array([2., 1.])
    """
    series = as_series(x)
    return series.values(_native.theil_sen(series.rows, threads=threads or 0))


def linear_trend(x: ArrayLike, *, threads: int | None = None) -> NDArray[float64]:
    """Least-squares line over time.

    Parameters
    ----------
    x
        Series, ``(n_series, n_steps)`` or ``(n_steps,)``.
    threads
        Threads to use; all cores by default.

    Returns
    -------
    numpy.ndarray
        ``(n_series, 4)``: slope per step, intercept at step 0, standard error of the slope, and correlation
        r with time in [-1, 1]. A flat series has slope 0 and NaN for the last two; two known steps have
        standard error 0; fewer give NaN.

    Raises
    ------
    ValueError
        If `x` is not a series or a matrix of them.

    Notes
    -----
    With sums over known steps at their own times ``t = 0, 1, ...``, less their means:
    ``slope = sum(t x) / sum(t t)``, ``r = sum(t x) / sqrt(sum(t t) sum(x x))`` and
    ``error = sqrt((1 - r^2) sum(x x) / sum(t t) / (n - 2))``. Equal to ``scipy.stats.linregress``; where
    ``r^2`` is nearly 1, the error comes from the residuals, which that formula rounds away.

    References
    ----------
    Draper and Smith (1998), *Applied Regression Analysis*, 3rd edition, chapter 1,
    doi:10.1002/9781118625590.

    Examples
    --------
    >>> from fakeengage import kernels
    >>> kernels.linear_trend([1, 3, 2, 4, 5]).round(3)
    array([0.9  , 1.2  , 0.252, 0.9  ])
    """
    series = as_series(x)
    return series.values(_native.linear_trend(series.rows, threads=threads or 0))


def cusum(x: ArrayLike, *, threads: int | None = None) -> NDArray[float64]:
    """Cumulated sums of robustly standardised deviations.

    Parameters
    ----------
    x
        Series, ``(n_series, n_steps)`` or ``(n_steps,)``.
    threads
        Threads to use; all cores by default.

    Returns
    -------
    numpy.ndarray
        ``(n_series, 4)``: range of the cumulated deviations over the square root of the number of known
        steps (about 1.25 for independent normal noise); place of the largest one, the first of equal ones, as
        the share of the series up to and with that step, in (0, 1]; largest tabular sum upward; largest
        tabular sum downward. NaN for a flat series.

    Raises
    ------
    ValueError
        If `x` is not a series or a matrix of them.

    Notes
    -----
    ``z = (x - median) / s`` with ``s`` 1.4826 times the median absolute deviation or, where more than half
    of the values are equal, 1.2533 times the mean absolute deviation from the median. The first path is
    ``C[t] = sum up to t of (z - mean(z))``, from 0 back to 0. The tabular sums are
    ``S[t] = max(0, S[t - 1] + z[t] - 1/2)`` and the same of ``-z``. Missing steps add nothing.
    ``statsmodels.stats.diagnostic.breaks_cusumolsresid`` scales by the residual standard deviation instead,
    which a burst inflates, and gives the largest ``|C|``.

    References
    ----------
    Page (1954), "Continuous inspection schemes", Biometrika 41, doi:10.1093/biomet/41.1-2.100.
    Iglewicz and Hoaglin (1993), *How to Detect and Handle Outliers*.

    Examples
    --------
    >>> from fakeengage import kernels
    >>> kernels.cusum([2, 1, 2, 3, 9, 8, 9, 8]).round(3)
    array([0.886, 0.5  , 0.331, 0.716])
    """
    series = as_series(x)
    return series.values(_native.cusum(series.rows, threads=threads or 0))


def change_points(
    x: ArrayLike, min_size: int = 2, penalty: float | None = None, *, threads: int | None = None
) -> NDArray[float64]:
    """Changes of the mean by the best segmentation under a penalty.

    Parameters
    ----------
    x
        Series, ``(n_series, n_steps)`` or ``(n_steps,)``.
    min_size
        Fewest known steps of a segment, at least 1.
    penalty
        Cost of a change, at least 0; ``3 ln n`` by default, with ``n`` known steps.
    threads
        Threads to use; all cores by default.

    Returns
    -------
    numpy.ndarray
        ``(n_series, 3)``: number of changes; place of the strongest, as the share of the series before it, in
        (0, 1); its size, the mean after less the mean before, in robust standard deviations. Without a
        change, as in a flat series, 0, NaN, 0. NaN with fewer than ``2 min_size`` known steps.

    Raises
    ------
    ValueError
        If `min_size` is below 1, or `penalty` is negative or not finite.

    Notes
    -----
    Smallest ``sum over segments of sum((z - mean)^2) + penalty * changes`` over all segmentations of
    ``z = (x - median) / s``, ``s`` as in :func:`cusum`; the strongest change is the one whose removal costs
    most, and of several as good the earliest is taken. Missing steps are left out. Equal to
    ``ruptures.Pelt(model="l2", jump=1, min_size=min_size)`` on ``z``, apart from segmentations that cost the
    same, and from its pruning, which with `min_size` above 1 may miss the best one; here starts are passed
    over in blocks, by a bound that never does. A daily cycle is a sequence of changes, too: take it out
    first, or raise the penalty.

    References
    ----------
    Killick, Fearnhead and Eckley (2012), "Optimal detection of changepoints with a linear computational
    cost", Journal of the American Statistical Association 107, doi:10.1080/01621459.2012.737745.
    Zhang and Siegmund (2007), "A modified Bayes information criterion", Biometrics 63,
    doi:10.1111/j.1541-0420.2006.00662.x.

    Examples
    --------
    >>> from fakeengage import kernels
    >>> kernels.change_points([1, 2, 1, 2, 1, 2, 9, 8, 9, 8, 9, 8], penalty=1.0).round(2)
    array([1.  , 0.5 , 1.35])
    """
    series = as_series(x)
    least = as_whole(min_size, "min_size", 1)
    cost = None if penalty is None else as_number(penalty, "penalty")
    return series.values(_native.change_points(series.rows, least, cost, threads=threads or 0))
