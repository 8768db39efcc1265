"""What happens at moments: bursts, silence, copies, and totals that look ordered."""

from __future__ import annotations

from numpy import float64
from numpy.typing import ArrayLike, NDArray

from fakeengage import _native
from fakeengage._validate import as_number, as_series, as_whole


def bursts(x: ArrayLike, threshold: float = 3.0, *, threads: int | None = None) -> NDArray[float64]:
    """Bursts above the usual level, and the shape of the highest.

    Parameters
    ----------
    x
        Series, ``(n_series, n_steps)`` or ``(n_steps,)``.
    threshold
        Robust standard deviations above the median from which a step belongs to a burst, above 0.
    threads
        Threads to use; all cores by default.

    Returns
    -------
    numpy.ndarray
        ``(n_series, 9)``, in this order:

        0. number of bursts;
        1. largest z of all steps;
        2. duration of the burst that holds it, in steps (0 without a burst);
        3. largest excess over size, 1 for a flat top;
        4. onset: rise from the step before the burst to its first step over size;
        5. cut-off: fall from its last step to the lower of the two steps after it over size;
        6. relaxation: ``ln((e + s) / (a + s))`` of the largest excess ``e`` and the mean excess ``a``, at
           least 0, over the six steps after it;
        7. level left: mean excess over the six steps after the burst over size;
        8. share of the total inside bursts.

        Excess is ``x - median``, size the mean excess in the burst. Values 3 to 7 are NaN without a burst,
        4 and 5 to 7 where the series has no known step before or after; 8 is NaN without a positive total;
        all are NaN without a known step. A flat series has no burst and a largest z of 0.

    Raises
    ------
    ValueError
        If `threshold` is not a finite number above 0.

    Notes
    -----
    ``z = (x - median) / s``, and a burst is a run of known steps with ``z >= threshold``; a missing step ends
    it. ``s`` is 1.4826 times the median absolute deviation. In counts (whole numbers of at least 0) it is at
    least ``sqrt(max(median, 1))``: no count is steadier than Poisson's, and quiet accounts would have bursts
    everywhere. In any other series with more than half of its values equal it is 1.2533 times the mean
    absolute deviation. Bought bursts have flat tops and hard edges and leave nothing behind; organic ones
    peak early and relax. Related to, not equal to, ``scipy.signal.find_peaks`` with ``prominence`` and
    ``width``, which looks at local maxima and knows neither a usual level nor the steps after.

    References
    ----------
    Iglewicz and Hoaglin (1993), *How to Detect and Handle Outliers*.
    Crane and Sornette (2008), "Robust dynamic classes revealed by measuring the response function of a social
    system", PNAS 105, doi:10.1073/pnas.0803685105.

    Examples
    --------
    >>> from fakeengage import kernels
    >>> kernels.bursts([4, 5, 3, 4, 24, 24, 24, 4, 5, 3, 4, 4]).round(2)
    array([ 1.  , 10.  ,  3.  ,  1.  ,  1.  ,  1.  ,  0.93,  0.  ,  0.67])
    """
    series = as_series(x)
    least = as_number(threshold, "threshold")
    return series.values(_native.bursts(series.rows, least, threads=threads or 0))


def zero_runs(x: ArrayLike, *, threads: int | None = None) -> NDArray[float64]:
    """Runs of zeros.

    Parameters
    ----------
    x
        Series, ``(n_series, n_steps)`` or ``(n_steps,)``.
    threads
        Threads to use; all cores by default.

    Returns
    -------
    numpy.ndarray
        ``(n_series, 4)``: steps of the longest run; number of runs; share of zeros among the known steps, in
        [0, 1]; steps of the longest run that is followed at once by activity. NaN without a known step.

    Raises
    ------
    ValueError
        If `x` is not a series or a matrix of them.

    Notes
    -----
    A run is a stretch of steps with ``x = 0``; activity is a known step other than 0. A missing step ends a
    run and is no activity. tsfresh's ``count_below(t=0)`` is the share of values
    of at most 0; it has no runs of zeros.

    References
    ----------
    Wald and Wolfowitz (1940), "On a test whether two samples are from the same population", Annals of
    Mathematical Statistics 11, doi:10.1214/aoms/1177731909 (runs).

    Examples
    --------
    >>> from fakeengage import kernels
    >>> kernels.zero_runs([0, 0, 5, 1, 0, 0, 0, 0])
    array([4.  , 2.  , 0.75, 2.  ])
    """
    series = as_series(x)
    return series.values(_native.zero_runs(series.rows, threads=threads or 0))


def fano_factor(x: ArrayLike, window: int = 1, *, threads: int | None = None) -> NDArray[float64]:
    """Fano factor, or index of dispersion: variance over mean of the counts in windows.

    Parameters
    ----------
    x
        Series, ``(n_series, n_steps)`` or ``(n_steps,)``.
    window
        Steps that are added up to one count, at least 1; windows do not overlap.
    threads
        Threads to use; all cores by default.

    Returns
    -------
    numpy.ndarray
        ``(n_series,)``: at least 0, and 1 on average for Poisson counts. NaN where the mean is at most 0 or
        fewer than two windows are known; 0 where all are equal.

    Raises
    ------
    ValueError
        If `window` is below 1.

    Notes
    -----
    ``var(sums, ddof=1) / mean(sums)``, as ``x.var(axis=1, ddof=1) / x.mean(axis=1)`` in NumPy with windows of
    one step; ``elephant.statistics.fanofactor`` has ddof 0.
    Windows with a missing step are left out, and so are the last steps that fill none.

    References
    ----------
    Fano (1947), "Ionization yield of radiations. II. The fluctuations of the number of ions", Physical
    Review 72, doi:10.1103/PhysRev.72.26.

    Examples
    --------
    >>> from fakeengage import kernels
    >>> kernels.fano_factor([[1, 3, 1, 3], [2, 2, 2, 2]])
    array([0.66666667, 0.        ])
    """
    series = as_series(x)
    steps = as_whole(window, "window", 1)
    return series.value(_native.fano_factor(series.rows, steps, threads=threads or 0))


def exact_repeats(x: ArrayLike, length: int = 24, *, threads: int | None = None) -> NDArray[float64]:
    """Share of the windows that occur again, value for value.

    Parameters
    ----------
    x
        Series, ``(n_series, n_steps)`` or ``(n_steps,)``.
    length
        Steps of a window, at least 2.
    threads
        Threads to use; all cores by default.

    Returns
    -------
    numpy.ndarray
        ``(n_series,)``: share in [0, 1] of the windows that count. NaN where none counts, as in a series
        that is flat or shorter than `length`.

    Raises
    ------
    ValueError
        If `length` is below 2.

    Notes
    -----
    A window starts at every step; it repeats if an equal one starts at least `length` steps away. Windows
    with a missing step and windows whose values are all equal do not count. The repeats are the zeros of
    the matrix profile ``stumpy.stump(x, length, normalize=False)`` with an exclusion zone of ``length - 1``
    steps; by default stumpy excludes a quarter of `length` only and counts flat windows. Series of few and
    small counts repeat themselves by chance: look at :func:`zero_runs` as well.

    References
    ----------
    Yeh et al. (2016), "Matrix Profile I: All pairs similarity joins for time series", IEEE ICDM,
    doi:10.1109/ICDM.2016.0179.

    Examples
    --------
    >>> from fakeengage import kernels
    >>> float(kernels.exact_repeats([1, 5, 2, 8, 1, 5, 2, 9], length=3))
    0.3333333333333333
    """
    series = as_series(x)
    steps = as_whole(length, "length", 2)
    return series.value(_native.exact_repeats(series.rows, steps, threads=threads or 0))


def round_totals(x: ArrayLike, *, threads: int | None = None) -> NDArray[float64]:
    """How round the total is, as chances of a random one to be as round.

    Parameters
    ----------
    x
        Series of counts, ``(n_series, n_steps)`` or ``(n_steps,)``.
    threads
        Threads to use; all cores by default.

    Returns
    -------
    numpy.ndarray
        ``(n_series, 3)`` chances in (0, 1]: to end in at least as many zeros; to lie at least as near to a
        multiple of 100; to lie at least as near to a multiple of 1000. NaN for a total that is not a whole
        number from 1 to 2^53.

    Raises
    ------
    ValueError
        If `x` is not a series or a matrix of them.

    Notes
    -----
    The total ``T`` is that of the known steps. ``10^-k`` with ``k`` the trailing zeros of ``T``; and
    ``min(1, (2 d + 1) / m)`` with ``d`` the distance to the nearest positive multiple of ``m``: the chance
    under totals spread evenly. Bought engagement comes in packages of 100, 500 or 1000, more or less a few.
    No other library has this measure; the first chance is ``10.0 ** -trailing_zeros`` of the total.

    References
    ----------
    Beber and Scacco (2012), "What the numbers say: a digit-based test for election fraud", Political Analysis
    20, doi:10.1093/pan/mps003 (last digits of counts are even without interference).

    Examples
    --------
    >>> from fakeengage import kernels
    >>> kernels.round_totals([[500, 400, 100], [1, 2, 995]])
    array([[0.001, 0.01 , 0.001],
           [1.   , 0.05 , 0.005]])
    """
    series = as_series(x)
    return series.values(_native.round_totals(series.rows, threads=threads or 0))
