"""What each account would have done, and where it did not: levels, windows, volumes, hour scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fakeengage import _native

if TYPE_CHECKING:
    import pandas as pd

    from fakeengage.panel import Panel

LEAST_OBSERVED = 14
"""Fewest observed steps of a metric that can be judged."""

LEAST_PARTNERS = 5
"""Fewest accounts behind a platform factor: the median of fewer is one account's own business."""

WINDOW_Z = 4.0
"""Smallest absolute ``z`` of a listed window."""

MAX_PLATFORM_STEPS = 65_536
"""Longest common clock for which a platform factor is sketched: 100 MB of counts."""

_BINS = 193


@dataclass(frozen=True)
class Expectation:
    """The expectation of every account of a panel and the excess over it.

    Parameters
    ----------
    expected
        float32 in the panel's layout: trend and cycles (times the platform factor if one was given)
        of a fit that left the strongest windows out. NaN where a metric has fewer than
        :data:`LEAST_OBSERVED` observed steps; missing steps are predicted.
    log_sd
        float32 in the panel's layout: standard deviation of the log residual, so that
        ``expected * exp(±z * log_sd)`` is a band.
    hour_z
        float32 in the panel's layout: half the step's standardised log residual, half the mean over
        the five steps around it. NaN where nothing was observed.
    windows
        Detected windows, those with ``|z| >=`` :data:`WINDOW_Z`: ``account`` (position), ``metric``
        (name), ``start``, ``end`` (step numbers of the clock, end exclusive), ``z`` (signed),
        ``observed``, ``expected``, ``excess``, ``excess_low``, ``excess_high`` (90 %).
    summary
        One row per account and metric, NaN where the metric is not judged: ``account``, ``metric``,
        ``n_observed``; ``max_z``, signed Z of the strongest window; ``joint_z``, largest Z that another
        metric shares in the same window and direction (NaN without another); ``p_block``, block
        bootstrap of the account's own residuals (hardly ever false, hardly ever small); ``p_peak``, the
        strongest windows as outliers among the account's own peaks (nominal on real organic series,
        small for purges and plain bursts); ``slow_start``, ``slow_end``, ``slow_score``, the slow window
        most unusual for its length (0 and 1 are the median and 90 % point of real organic series);
        ``detectable_share``, smallest inflation over a day that would have been listed;
        ``level_sd``, ``level_hours``, ``noise_sd``.

    Notes
    -----
    Hour scores have heavier tails than a normal variable and must not be read as probabilities.
    """

    expected: NDArray[np.float32]
    log_sd: NDArray[np.float32]
    hour_z: NDArray[np.float32]
    windows: pd.DataFrame
    summary: pd.DataFrame


@dataclass(frozen=True)
class PlatformFactor:
    """What all accounts of a platform did at each step, as a sketch that adds up.

    Parameters
    ----------
    origin
        Step number of the first step.
    counts
        int64 ``(n_steps, 193)``: accounts per bin of the log residual (bins of 1/32, centred on 0).

    Notes
    -----
    Two sketches of one cadence add up with :meth:`merge`, in any order to the same bits.
    """

    origin: int
    counts: NDArray[np.int64]

    @property
    def log_factor(self) -> NDArray[np.float64]:
        """Median log residual of each step; NaN below :data:`LEAST_PARTNERS` accounts."""
        return _native.platform_median(self.counts.reshape(-1), LEAST_PARTNERS)[0]

    @property
    def n_partners(self) -> NDArray[np.int64]:
        """Accounts behind each step."""
        return np.asarray(self.counts.sum(axis=1), dtype=np.int64)

    def merge(self, other: PlatformFactor) -> PlatformFactor:
        """Sketch of the accounts of both."""
        parts = [part for part in (self, other) if len(part.counts)]
        if not parts:
            return self
        origin = min(part.origin for part in parts)
        end = max(part.origin + len(part.counts) for part in parts)
        counts = np.zeros((end - origin, _BINS), np.int64)
        for part in parts:
            begin = part.origin - origin
            counts[begin : begin + len(part.counts)] += part.counts
        return PlatformFactor(origin, counts)


def fit_expectation(
    panel: Panel,
    *,
    platform: PlatformFactor | None = None,
    threads: int | None = None,
    seed: int = 0,
) -> Expectation:
    """Fit the expectation of every account and find the windows that stand out.

    Parameters
    ----------
    panel
        Series of any cadence; NaN steps are skipped, negative corrections count as 0 in the fit and
        are kept in sums.
    platform
        Common factor of the panel's platform, from :func:`platform_factor`. Without it each account
        is judged by its own series alone, to the same bits as in any other panel.
    threads
        Threads to use; all of the machine's by default. The result does not depend on it.
    seed
        Seed of the bootstrap.

    Returns
    -------
    Expectation
        Expected counts, scores per step, windows and a summary.

    Notes
    -----
    Counts are taken as negative binomial around ``exp(x'b + a)``: trend in log age with two hinges,
    daily and weekly cycles (ridge), and a mean-reverting level ``a``, fitted with Student weights. A
    window is judged by what the steps outside it predict. Real organic bursts are as large as
    bought ones: one metric's rise alone is not evidence of fraud.

    Examples
    --------
    >>> import numpy as np
    >>> from fakeengage import Panel
    >>> rng = np.random.default_rng(0)
    >>> likes = rng.poisson(50, size=(1, 200, 1)).astype(float)
    >>> likes[0, 100:106] *= 6
    >>> found = fit_expectation(Panel.from_arrays(likes, metrics=["likes"], start="1970-01-01"))
    >>> found.windows[["start", "end"]].to_numpy().tolist()
    [[100, 106]]
    """
    import pandas as pd

    day, week = panel.cadence.steps_per_day, panel.cadence.steps_per_week
    factor = None if platform is None else platform.log_factor
    out = _native.fit_expectation(
        panel.data,
        panel.offsets,
        panel.starts,
        len(panel.metrics),
        day,
        week,
        0 if platform is None else platform.origin,
        factor,
        seed,
        threads or 0,
    )
    names = np.asarray(panel.metrics, dtype=object)
    windows = pd.DataFrame(
        {
            "account": out["account"],
            "metric": names[out["metric"].astype(np.int64)],
            "start": out["start"],
            "end": out["end"],
            "z": out["z"],
            "observed": out["observed"],
            "expected": out["expected_sum"],
            "excess": out["excess"],
            "excess_low": out["excess_low"],
            "excess_high": out["excess_high"],
        }
    ).sort_values(["account", "start"], kind="stable", ignore_index=True)
    summary = pd.DataFrame(
        {
            "account": np.repeat(np.arange(len(panel)), len(names)),
            "metric": np.tile(names, len(panel)),
            "n_observed": out["n_observed"],
            "max_z": out["max_z"],
            "joint_z": out["joint_z"],
            "p_block": out["p_block"],
            "p_peak": out["p_peak"],
            "slow_start": out["slow_start"],
            "slow_end": out["slow_end"],
            "slow_score": out["slow_score"],
            "detectable_share": out["detectable_share"],
            "level_sd": out["level_sd"],
            "level_hours": out["level_steps"] * panel.cadence.hours,
            "noise_sd": out["noise_sd"],
        }
    )
    return Expectation(
        out["expected"].astype(np.float32, copy=False),
        out["log_sd"].astype(np.float32, copy=False),
        out["hour_z"].astype(np.float32, copy=False),
        windows,
        summary,
    )


def platform_sketch(panel: Panel, expectation: Expectation, *, threads: int | None = None) -> PlatformFactor:
    """Sketch of what the accounts of a panel have in common at each step, however few they are.

    Parameters
    ----------
    panel
        The accounts.
    expectation
        Their own expectation, fitted without a platform factor.
    threads
        Threads to use; the result does not depend on it.
    """
    n_steps = panel.n_steps
    counts = _native.platform_sketch(
        panel.data,
        expectation.expected,
        expectation.log_sd,
        panel.offsets,
        panel.starts,
        len(panel.metrics),
        panel.origin,
        n_steps,
        threads or 0,
    )
    return PlatformFactor(panel.origin, counts.reshape(n_steps, _BINS))


def platform_factor(panel: Panel, expectation: Expectation) -> PlatformFactor | None:
    """What the accounts of a panel have in common at each step.

    ``None`` where no step has five partners, or the common clock is longer than
    :data:`MAX_PLATFORM_STEPS` steps.

    Parameters
    ----------
    panel
        The accounts, on one platform.
    expectation
        Their own expectation, fitted without a platform factor.

    Returns
    -------
    PlatformFactor or None
        To be given to :func:`fit_expectation`; parts of a larger panel add up with
        :func:`platform_sketch` and :meth:`PlatformFactor.merge`.
    """
    if panel.n_steps > MAX_PLATFORM_STEPS:
        return None
    found = platform_sketch(panel, expectation)
    return found if (found.n_partners >= LEAST_PARTNERS).any() else None


def predict_steps(
    panel: Panel, *, level: bool = True, threads: int | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Predict every step of a panel, missing ones too, from the steps that were observed.

    Parameters
    ----------
    panel
        Series with NaN at the steps to predict.
    level
        Whether the mean-reverting level takes part; without it trend and cycles predict alone.
    threads
        Threads to use; the result does not depend on it.

    Returns
    -------
    tuple
        Two arrays in the panel's layout: predicted count, and variance of its logarithm beyond
        counting noise (a negative binomial of shape one over it). NaN below
        :data:`LEAST_OBSERVED` observed steps.
    """
    day, week = panel.cadence.steps_per_day, panel.cadence.steps_per_week
    return _native.predict_steps(
        panel.data, panel.offsets, panel.starts, len(panel.metrics), day, week, level, threads or 0
    )
