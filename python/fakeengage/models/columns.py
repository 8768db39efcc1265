"""Which features a detector looks at, which end of them is suspicious, and where a panel holds them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from fakeengage.features import SUMMARY_OWNERS, list_features
from fakeengage.features.registry import Feature
from fakeengage.panel import METRICS

FEATURE_SETS = ("all", "summary", "directed", "evidence", "largest")
"""Names of sets of features.

``all``: every column of the panel's metrics; ``summary``: those over the metrics present, whatever they
are; ``directed``: of these the ones with a suspicious end, and those that say how active an account is;
``evidence``: the summaries that carried over to data of other authors; ``largest``: of these the largest
over the metrics. Columns that compare the accounts of a batch are in none of them.
"""

# What carried over: left out are columns that authors of data draw with opposite signs (zero runs,
# roughness) and those of which nobody has measured yet that they help on foreign data.
_EVIDENCE = frozenset(
    {
        *("scan_up", "scan_down", "step_up", "step_down", "cusum", "block_mean", "scan_share", "segments"),
        *("exceedance", "shortfall", "quantile", "spread_ratio", "asymmetry", "negative_share"),
        *("quiet_residual", "quiet_minus_busy", "curve_distance", "half_shift", "day_level"),
        *("acf__lag1", "acf__day", "period_power", "joint_up"),
        *("ratio_up", "ratio_down", "residual_correlation", "ratio_spread"),
    }
)

_LARGEST_OWNERS = frozenset({"any", "any_ratio", "joint"})

# The registry gives a direction only to what is suspicious by itself. Beside honest accounts as active as
# this one a delivery of orders, whatever its shape, also raises what a level or its spread does at its
# most, moves the daily curve, brings metrics of one order up together, ...
_HIGH = frozenset(
    {
        *("rolling_mean__24max", "rolling_median__24max", "rolling_std__24max", "rolling_skew__24max"),
        *("rolling_zscore__24max", "bursts__height", "bursts__count", "change_points__count"),
        *("change_points__size", "tabular_cusum__up", "tabular_cusum__down", "fano_factor__day"),
        *("profile_shift__divergence", "profile_shift__turn", "residual_correlation__0", "lead_lag__value"),
    }
)
# ... and leaves the rest of the series small beside it: alike, ordered, and no longer a matter of the hour.
_LOW = frozenset(
    {
        *("sample_entropy__m2", "approximate_entropy__m2", "spectral_entropy__normalized"),
        *("shannon_entropy__bins16", "seasonal_strength__day"),
    }
)

# Burst edges and memory: sharp means fake beside posts that fade and organic beside posts that start at
# once, so other authors' data reverses them.
_AUTHORS_CHOICE = frozenset(
    {
        *("bursts__peakedness", "bursts__onset", "bursts__cutoff", "bursts__relaxation", "bursts__left_over"),
        *("roughness__1", "detrended_fluctuation__alpha", "bursts__duration"),
    }
)

_CONTEXT = "zero_run"


def measure_of(name: str) -> str:
    """``measure__parameter`` of a column's name, or the name itself where it is no feature of ours."""
    return name.partition("__")[2] or name


def direction(name: str, high_is_suspicious: bool) -> int:
    """1 where large values are suspicious, -1 where small ones are, 0 where neither end is."""
    if high_is_suspicious or measure_of(name) in _HIGH:
        return 1
    return -1 if measure_of(name) in _LOW else 0


def is_authors_choice(name: str) -> bool:
    """Whether the sign of a feature depends on who made the data: burst edges and memory."""
    measure = measure_of(name)
    return measure in _AUTHORS_CHOICE or measure.startswith(("acf__lag", "pacf__"))


def is_context(name: str) -> bool:
    """Whether a column says how active an account is: how many hours pass without any count."""
    owner, _, measure = name.partition("__")
    return owner in ("any", "mean") and measure.startswith(_CONTEXT + "__")


def _in_set(feature: Feature, feature_set: str) -> bool:
    owner = feature.name.split("__")[0]
    measure = measure_of(feature.name)
    if feature_set == "all":
        return True
    if owner not in SUMMARY_OWNERS:
        return False
    if feature_set == "summary":
        return True
    if feature_set == "directed":
        return direction(feature.name, feature.high_is_suspicious) != 0 or is_context(feature.name)
    evidence = measure in _EVIDENCE or measure.split("__")[0] in _EVIDENCE
    return evidence and (feature_set == "evidence" or owner in _LARGEST_OWNERS)


def columns_of(metrics: Sequence[str], feature_set: str) -> list[str]:
    """Names of the features of a set for the metrics given.

    Raises
    ------
    ValueError
        If there is no such set.
    """
    if feature_set not in FEATURE_SETS:
        raise ValueError(
            f"feature_set: {feature_set!r} is not allowed; choose from {', '.join(FEATURE_SETS)}"
        )
    return [feature.name for feature in list_features(metrics) if _in_set(feature, feature_set)]


@lru_cache(maxsize=32)
def places(metrics: tuple[str, ...]) -> dict[str, int]:
    """Where the feature matrix of a panel with these metrics has each column."""
    return {feature.name: k for k, feature in enumerate(list_features(metrics))}


@lru_cache(maxsize=1)
def registry() -> dict[str, Feature]:
    """Every feature of an account alone, by the name of its column; pairs of any two metrics too."""
    rows = {feature.name: feature for feature in list_features()}
    for k, leader in enumerate(METRICS):
        for follower in METRICS[k + 1 :]:
            rows |= {feature.name: feature for feature in list_features((leader, follower))}
    return rows


def align(
    metrics: Sequence[str], features: NDArray[np.float64], columns: Sequence[str]
) -> NDArray[np.float64]:
    """The columns named, out of the feature matrix of a panel; NaN where its metrics do not have them."""
    have = places(tuple(metrics))
    at = [have.get(name, -1) for name in columns]
    if at == list(range(features.shape[1])):
        return features
    rows = np.full((len(features), len(columns)), np.nan)
    known = [k for k, place in enumerate(at) if place >= 0]
    rows[:, known] = features[:, [at[k] for k in known]]
    return rows
