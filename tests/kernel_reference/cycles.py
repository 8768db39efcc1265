"""References of the kernels in `kernels/cycles.py`."""

import numpy as np

from kernel_reference import Reference, Row, flat


def periodicity(x: Row, periods: list[float]) -> Row:
    known = np.flatnonzero(~np.isnan(x))
    if flat(x) or len(known) < 4:
        return np.full(len(periods), np.nan)
    d = x[known] - x[known].mean()

    def share(period: float) -> float:
        if period > len(x):
            return np.nan
        angle = 2 * np.pi * known / period
        waves = np.column_stack([np.cos(angle), np.sin(angle)])
        fit = waves @ np.linalg.lstsq(waves, d, rcond=1e-9)[0]
        return float(fit @ fit / (d @ d))

    return np.array([share(period) for period in periods])


def seasonal_strength(x: Row, period: int) -> float:
    if flat(x) or len(x) < 3 * period:
        return np.nan
    weights = np.full(period, 1 / period)
    if period % 2 == 0:
        weights = np.convolve(weights, [0.5, 0.5])
    half = period // 2
    detrended = x[half : len(x) - half] - np.convolve(x, weights, "valid")
    phase = (np.arange(len(detrended)) + half) % period
    known = ~np.isnan(detrended)
    if len(set(phase[known])) < period:
        return np.nan
    detrended, phase = detrended[known], phase[known]
    means = np.array([detrended[phase == p].mean() for p in range(period)])
    remainder = detrended - (means - means.mean())[phase]
    if detrended.std() <= 1e-12 * np.nanstd(x):
        return np.nan
    return max(0.0, 1 - remainder.var() / detrended.var())


def daily_profile(x: Row, period: int) -> Row:
    nothing = np.full(period, np.nan)
    if len(x) < period:
        return nothing
    phases = [x[phase::period] for phase in range(period)]
    means = np.array([np.nan if np.isnan(p).all() else np.nanmean(p) for p in phases])
    if (means < 0).any() or not np.nansum(means) > 0:
        return nothing
    return means / np.nansum(means)


def profile_shift(x: Row, period: int) -> Row:
    middle = len(x) // (2 * period) * period
    if middle == 0:
        return np.full(2, np.nan)
    p, q = daily_profile(x[:middle], period), daily_profile(x[middle:], period)
    if np.isnan(p).any() or np.isnan(q).any():
        return np.full(2, np.nan)

    def entropy(shares: Row) -> float:
        some = shares[shares > 0]
        return float(-(some * np.log2(some)).sum())

    divergence = entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2
    wave = np.exp(2j * np.pi * np.arange(period) / period)
    first, second = p @ wave, q @ wave
    if min(abs(first), abs(second)) <= 1e-9:
        return np.array([divergence, np.nan])
    return np.array([divergence, np.angle(second / first) * period / (2 * np.pi)])


REFERENCES = [
    *[
        Reference("periodicity", {"periods": periods}, lambda x, periods=periods: periodicity(x, periods))
        for periods in ([2, 4, 6, 8, 12, 24], [168, 7.3])
    ],
    *[
        Reference(kernel.__name__, {"period": period}, lambda x, k=kernel, period=period: k(x, period))
        for kernel in (seasonal_strength, daily_profile)
        for period in (24, 7)
    ],
    *[
        # A profile with hardly a wave turns by an angle of few digits.
        Reference(
            "profile_shift",
            {"period": period},
            lambda x, period=period: profile_shift(x, period),
            atol=1e-6,
            circle=period,
        )
        for period in (24, 7)
    ],
]
