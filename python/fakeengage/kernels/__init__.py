"""Measures of time series, row by row: fast, on all cores, at ease with missing values.

Every function takes series as rows of an ``(n_series, n_steps)`` array (or one series without its axis) of
any float, integer or boolean type and any strides, or anything :func:`numpy.asarray` makes one of, and
returns float64: ``(n_series,)`` for one value per series, ``(n_series, k)`` for several. Values that are not
finite count as missing. Results do not depend on ``threads`` (all cores by default). The array is read while
the interpreter is released: do not write to it meanwhile.
"""

from fakeengage.kernels.cycles import daily_profile, periodicity, profile_shift, seasonal_strength
from fakeengage.kernels.entropy import (
    approximate_entropy,
    lempel_ziv_complexity,
    permutation_entropy,
    sample_entropy,
    shannon_entropy,
    spectral_entropy,
)
from fakeengage.kernels.events import bursts, exact_repeats, fano_factor, round_totals, zero_runs
from fakeengage.kernels.memory import (
    autocorrelation,
    detrended_fluctuation,
    hurst,
    partial_autocorrelation,
)
from fakeengage.kernels.pairs import correlation, lead_lag
from fakeengage.kernels.rolling_windows import rolling
from fakeengage.kernels.trends import change_points, cusum, linear_trend, mann_kendall, theil_sen

__all__ = [
    "approximate_entropy",
    "autocorrelation",
    "bursts",
    "change_points",
    "correlation",
    "cusum",
    "daily_profile",
    "detrended_fluctuation",
    "exact_repeats",
    "fano_factor",
    "hurst",
    "lead_lag",
    "lempel_ziv_complexity",
    "linear_trend",
    "mann_kendall",
    "partial_autocorrelation",
    "periodicity",
    "permutation_entropy",
    "profile_shift",
    "rolling",
    "round_totals",
    "sample_entropy",
    "seasonal_strength",
    "shannon_entropy",
    "spectral_entropy",
    "theil_sen",
    "zero_runs",
]
