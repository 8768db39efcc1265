"""How irregular a series is: its values, its frequencies, the order and the repetition of its steps."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fakeengage import _native
from fakeengage._validate import as_number, as_series, as_whole


def shannon_entropy(x: ArrayLike, bins: int = 10, *, threads: int | None = None) -> NDArray[np.float64]:
    """Shannon entropy of the histogram of a series, in bits.

    Parameters
    ----------
    x
        Series, ``(n_series, n_steps)`` or ``(n_steps,)``.
    bins
        Bins of equal width from the smallest to the largest known value, 1 to 65,536.
    threads
        Threads to use; all cores by default.

    Returns
    -------
    numpy.ndarray
        ``(n_series,)`` values from 0 to ``log2(bins)``; 0 for a flat series (all known values equal). NaN
        where no value is known, and where the range is too narrow for edges that differ in float64.

    Raises
    ------
    ValueError
        If there is no bin, or more than 65,536.

    Notes
    -----
    ``-sum(p log2 p)`` over the shares ``p`` of the bins. The counts are those of ``numpy.histogram(x,
    bins)``, on the edges too: bins exclude their upper edge, the last one excepted. NumPy refuses a range
    too narrow for its bins with an error. ``tsfresh``'s ``binned_entropy`` is the same in nats.

    References
    ----------
    Shannon (1948), "A mathematical theory of communication", *Bell System Technical Journal* 27,
    doi:10.1002/j.1538-7305.1948.tb01338.x.

    Examples
    --------
    >>> from fakeengage import kernels
    >>> kernels.shannon_entropy([[0, 1, 2, 3], [0, 0, 3, 3], [5, 5, 5, 5]], bins=4)
    array([2., 1., 0.])
    """
    series = as_series(x)
    return series.value(_native.shannon_entropy(series.rows, as_whole(bins, "bins", 1), threads=threads or 0))


def spectral_entropy(
    x: ArrayLike, normalize: bool = False, *, threads: int | None = None
) -> NDArray[np.float64]:
    """Shannon entropy of the power spectrum of a series, in bits.

    Parameters
    ----------
    x
        Series, ``(n_series, n_steps)`` or ``(n_steps,)``.
    normalize
        Divide by the largest value possible, ``log2(n_steps // 2 + 1)``.
    threads
        Threads to use; all cores by default.

    Returns
    -------
    numpy.ndarray
        ``(n_series,)`` values, at least 0: low for a series with few cycles, high for noise. NaN for a flat
        series (all known values equal), which has no power.

    Notes
    -----
    ``-sum(p log2 p)``, ``p`` being the shares of the one-sided power spectrum of the series less its mean.
    Missing steps count as the mean of the known ones. Equal to ``antropy.spectral_entropy(x, sf=1,
    method="fft")``, which takes the spectrum from ``scipy.signal.periodogram``.

    References
    ----------
    Inouye et al. (1991), "Quantification of EEG irregularity by use of the entropy of the power spectrum",
    *Electroencephalography and Clinical Neurophysiology* 79, doi:10.1016/0013-4694(91)90138-T.

    Examples
    --------
    >>> import numpy as np
    >>> from fakeengage import kernels
    >>> day = np.sin(2 * np.pi * np.arange(168) / 24)
    >>> noise = np.random.default_rng(0).normal(size=168)
    >>> kernels.spectral_entropy([day, noise], normalize=True).round(2)
    array([0.  , 0.88])
    """
    series = as_series(x)
    return series.value(_native.spectral_entropy(series.rows, bool(normalize), threads=threads or 0))


def permutation_entropy(
    x: ArrayLike, order: int = 3, delay: int = 1, normalize: bool = False, *, threads: int | None = None
) -> NDArray[np.float64]:
    """Entropy of the orders in which neighbouring values rank, in bits.

    Parameters
    ----------
    x
        Series, ``(n_series, n_steps)`` or ``(n_steps,)``.
    order
        Values in a pattern, 2 to 8.
    delay
        Steps from one value of a pattern to the next, at least 1.
    normalize
        Divide by the largest value possible, ``log2(order!)``.
    threads
        Threads to use; all cores by default.

    Returns
    -------
    numpy.ndarray
        ``(n_series,)`` values, at least 0; 0 for a flat series, which has one pattern. NaN where no pattern
        is whole: too few steps, or too many missing.

    Raises
    ------
    ValueError
        If ``order`` is not 2 to 8, or ``delay`` is below 1.

    Notes
    -----
    ``-sum(p log2 p)`` over the shares ``p`` of the patterns. Of equal values the earlier one ranks first.
    Patterns that touch a missing step are skipped. Equal to ``antropy.perm_entropy``; tsfresh's
    ``permutation_entropy`` is in nats and ranks ties by an unstable sort. Counts of small accounts have many
    ties, which makes their patterns look more ordered than they are.

    References
    ----------
    Bandt and Pompe (2002), "Permutation entropy: a natural complexity measure for time series", *Physical
    Review Letters* 88, 174102, doi:10.1103/PhysRevLett.88.174102.

    Examples
    --------
    The example of the paper, section 2: six pairs of neighbours, four of them rising.

    >>> from fakeengage import kernels
    >>> print(f"{kernels.permutation_entropy([4, 7, 9, 10, 6, 11, 3], order=2):.4f}")
    0.9183
    >>> print(f"{kernels.permutation_entropy([4, 7, 9, 10, 6, 11, 3], order=3):.4f}")
    1.5219
    """
    series = as_series(x)
    whole_order, whole_delay = as_whole(order, "order", 2), as_whole(delay, "delay", 1)
    return series.value(
        _native.permutation_entropy(
            series.rows, whole_order, whole_delay, bool(normalize), threads=threads or 0
        )
    )


def sample_entropy(
    x: ArrayLike, m: int = 2, r: float = 0.2, *, threads: int | None = None
) -> NDArray[np.float64]:
    """Sample entropy: how often stretches that are alike stay alike for one step more, in nats.

    Parameters
    ----------
    x
        Series, ``(n_series, n_steps)`` or ``(n_steps,)``.
    m
        Steps of the stretches that are compared, at least 1.
    r
        Tolerance in standard deviations of the series (of its known values, ``ddof=0``), at least 0.
    threads
        Threads to use; all cores by default.

    Returns
    -------
    numpy.ndarray
        ``(n_series,)`` values, at least 0. Infinite where stretches match but none for a step more; NaN where
        none match, and for a flat series (all known values equal).

    Raises
    ------
    ValueError
        If ``m`` is below 1, or ``r`` is negative or not finite.

    Notes
    -----
    ``-ln(A / B)``: of all pairs of stretches of ``m + 1`` steps, ``B`` match in their first ``m`` and ``A``
    in all. Steps match if they differ by ``r`` standard deviations or less. Stretches that touch a missing
    step are skipped. Equal to ``antropy.sample_entropy`` but where a difference is exactly the tolerance:
    antropy counts it from 5,000 steps on and not below. tsfresh lets one stretch more take part in ``B``.

    References
    ----------
    Richman and Moorman (2000), "Physiological time-series analysis using approximate entropy and sample
    entropy", *American Journal of Physiology - Heart and Circulatory Physiology* 278,
    doi:10.1152/ajpheart.2000.278.6.H2039.

    Examples
    --------
    >>> import numpy as np
    >>> from fakeengage import kernels
    >>> day = np.sin(2 * np.pi * np.arange(168) / 24)
    >>> noise = np.random.default_rng(0).normal(size=168)
    >>> kernels.sample_entropy([day, noise]).round(2)
    array([0.32, 2.28])
    """
    series = as_series(x)
    return series.value(
        _native.sample_entropy(series.rows, as_whole(m, "m", 1), as_number(r, "r"), threads=threads or 0)
    )


def approximate_entropy(
    x: ArrayLike, m: int = 2, r: float = 0.2, *, threads: int | None = None
) -> NDArray[np.float64]:
    """Approximate entropy: how surely stretches that are alike stay alike for one step more, in nats.

    Parameters
    ----------
    x
        Series, ``(n_series, n_steps)`` or ``(n_steps,)``.
    m
        Steps of the stretches that are compared, at least 1.
    r
        Tolerance in standard deviations of the series (of its known values, ``ddof=0``), at least 0.
    threads
        Threads to use; all cores by default.

    Returns
    -------
    numpy.ndarray
        ``(n_series,)`` values; 0 for a flat series (all known values equal), slightly below 0 at times for
        short regular ones. NaN where no ``m + 1`` steps are known in a row.

    Raises
    ------
    ValueError
        If ``m`` is below 1, or ``r`` is negative or not finite.

    Notes
    -----
    ``phi(m) - phi(m + 1)``, ``phi`` being the mean of ``ln(c / n)`` over the ``n`` stretches of that many
    steps, ``c`` of which match, the stretch itself included. Steps match if they differ by ``r`` standard
    deviations or less. Stretches that touch a missing step are skipped. Equal to ``antropy.app_entropy``;
    tsfresh's ``approximate_entropy`` gives the absolute value. That each stretch matches itself biases the
    value of short series downwards; ``sample_entropy`` does not have this bias.

    References
    ----------
    Pincus (1991), "Approximate entropy as a measure of system complexity", *Proceedings of the National
    Academy of Sciences* 88, doi:10.1073/pnas.88.6.2297.

    Examples
    --------
    >>> import numpy as np
    >>> from fakeengage import kernels
    >>> day = np.sin(2 * np.pi * np.arange(168) / 24)
    >>> noise = np.random.default_rng(0).normal(size=168)
    >>> kernels.approximate_entropy([day, noise]).round(2)
    array([0.19, 0.79])
    """
    series = as_series(x)
    return series.value(
        _native.approximate_entropy(series.rows, as_whole(m, "m", 1), as_number(r, "r"), threads=threads or 0)
    )


def lempel_ziv_complexity(
    x: ArrayLike, normalize: bool = True, *, threads: int | None = None
) -> NDArray[np.float64]:
    """Lempel-Ziv complexity (LZ76) of the highs and lows of a series.

    Parameters
    ----------
    x
        Series, ``(n_series, n_steps)`` or ``(n_steps,)``.
    normalize
        Divide by ``n / log2(n)``, towards which the number of phrases of a random series grows; ``n`` is the
        number of known values.
    threads
        Threads to use; all cores by default.

    Returns
    -------
    numpy.ndarray
        ``(n_series,)`` numbers of phrases, or their share of a random series'. A flat series has two phrases.
        NaN below two known values.

    Notes
    -----
    Each known value becomes whether it lies above the median of them (equal to it is low); missing steps
    are left out. The result is cut into phrases, each the shortest piece that starts nowhere earlier; the
    last may be shorter. Equal to ``antropy.lziv_complexity(x > numpy.median(x), normalize)``. tsfresh's
    ``lempel_ziv_complexity`` is another measure (LZ78 over equal bins, divided by ``n``).

    References
    ----------
    Lempel and Ziv (1976), "On the complexity of finite sequences", *IEEE Transactions on Information
    Theory* 22, doi:10.1109/TIT.1976.1055501.

    Examples
    --------
    Of 0001101001000101, the example of the paper, the phrases are 0, 001, 10, 100, 1000 and 101.

    >>> from fakeengage import kernels
    >>> x = [0, 0, 0, 1, 1, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 1]
    >>> int(kernels.lempel_ziv_complexity(x, normalize=False))
    6
    >>> float(kernels.lempel_ziv_complexity(x))
    1.5
    """
    series = as_series(x)
    return series.value(_native.lempel_ziv_complexity(series.rows, bool(normalize), threads=threads or 0))
