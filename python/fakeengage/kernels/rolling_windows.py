"""Statistics of trailing windows. Not named after its function, which the package would hide behind it."""

from __future__ import annotations

import difflib

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fakeengage import _native
from fakeengage._validate import as_number, as_series, as_whole


def rolling(
    x: ArrayLike, window: int, statistic: str, *, q: float | None = None, threads: int | None = None
) -> NDArray[np.float64]:
    """One statistic of the trailing window that ends at each step.

    Parameters
    ----------
    x
        Series, ``(n_series, n_steps)`` or ``(n_steps,)``.
    window
        Steps in a window, at least 1.
    statistic
        ``mean``, ``sum``, ``std``, ``var``, ``min``, ``max``, ``median``, ``quantile``, ``skew``,
        ``kurtosis`` or ``zscore``.
    q
        Quantile from 0 to 1; for ``quantile``, which needs it, and for nothing else.
    threads
        Threads to use; all cores by default.

    Returns
    -------
    numpy.ndarray
        As many values as ``x`` has. NaN in the first ``window - 1`` steps, wherever the window has a missing
        step, and throughout if the window is longer than the series. A flat window (all values equal) has
        ``std`` and ``var`` of exactly 0 and NaN for ``skew``, ``kurtosis`` and ``zscore``. ``std``, ``var``
        and ``zscore`` need a window of 2, ``skew`` of 3, ``kurtosis`` of 4; below, they are NaN.

    Raises
    ------
    ValueError
        If the window is below 1, the statistic is unknown, ``q`` is missing, outside 0 to 1, or given for
        another statistic than ``quantile``.
    TypeError
        If ``window`` is not a whole number, ``statistic`` no text or ``q`` no number.

    Notes
    -----
    With ``w`` values of mean ``m`` and ``Mk = sum((x - m)^k)``: ``var = M2 / (w - 1)``, ``std`` its root,
    ``zscore = (x[t] - m) / std``, ``skew = w sqrt(w - 1) / (w - 2) M3 / M2^1.5``, ``kurtosis =
    (w - 1) / ((w - 2) (w - 3)) (w (w + 1) M4 / M2^2 - 3 (w - 1))``; quantiles are linear between the two
    nearest values. Equal to ``pandas.DataFrame.rolling(window)`` of pandas 3, infinities being missing
    there too; pandas updates running sums, so that after a huge value its later windows are off, while
    here each window is computed from its own values. bottleneck divides by ``w`` by default
    (``ddof=0``), polars returns null in place of NaN and counts NaN as a value.

    References
    ----------
    Pébay (2008), *Formulas for robust, one-pass parallel computation of covariances and arbitrary-order
    statistical moments*, Sandia report SAND2008-6212, doi:10.2172/1028931. Joanes and Gill (1998), *Comparing
    measures of sample skewness and kurtosis*, doi:10.1111/1467-9884.00122.

    Examples
    --------
    >>> from fakeengage import kernels
    >>> kernels.rolling([1, 2, 4, 8, 8], 2, "mean")
    array([nan, 1.5, 3. , 6. , 8. ])
    >>> kernels.rolling([1, 2, 4, 8, 8], 3, "quantile", q=1)
    array([nan, nan,  4.,  8.,  8.])
    """
    series = as_series(x)
    return series.values(
        _native.rolling(
            series.rows,
            as_whole(window, "window", 1),
            _as_statistic(statistic),
            None if q is None else as_number(q, "q"),
            threads=threads or 0,
        )
    )


def _as_statistic(name: str) -> str:
    """A known name, or an error with the nearest one."""
    if not isinstance(name, str):
        raise TypeError(f"statistic: {name!r} is not a name")
    known = _native.rolling_statistics()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
        raise ValueError(f"statistic: {name!r} is unknown; {hint}")
    return name
