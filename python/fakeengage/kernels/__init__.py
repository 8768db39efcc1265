"""Measures of time series, row by row: fast, on all cores, at ease with missing values.

Every function takes series as rows of an ``(n_series, n_steps)`` array (or one series without its axis) of
any float, integer or boolean type and any strides, or anything :func:`numpy.asarray` makes one of, and
returns float64: ``(n_series,)`` for one value per series, ``(n_series, k)`` for several. Values that are not
finite count as missing. Results do not depend on ``threads`` (all cores by default). The array is read while
the interpreter is released: do not write to it meanwhile.
"""

from fakeengage.kernels.cycles import daily_profile, periodicity, profile_shift, seasonal_strength
from fakeengage.kernels.memory import (
    autocorrelation,
    detrended_fluctuation,
    hurst,
    partial_autocorrelation,
)
from fakeengage.kernels.pairs import correlation, lead_lag

__all__ = [
    "autocorrelation",
    "correlation",
    "daily_profile",
    "detrended_fluctuation",
    "hurst",
    "lead_lag",
    "partial_autocorrelation",
    "periodicity",
    "profile_shift",
    "seasonal_strength",
]
