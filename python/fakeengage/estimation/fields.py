"""From a few numbers to all fields of a preset: which ones are estimated, and where they go."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fakeengage.estimation.sample import Sample
from fakeengage.estimation.view import ranks
from fakeengage.presets import is_prior, load_preset

PROFILES = ("dormant", "new", "casual", "impulsive", "regular", "power", "influencer")
"""Profiles from the smallest accounts to the largest, as in the shipped presets."""

RATIOS = ("likes", "comments", "shares")

_NOTHING = 0.002  # an idle share this small is none

Numbers = dict[str, float]
"""Estimated numbers by name. ``idle_slope`` is how ``idle`` changes from small accounts to large ones."""

SLOPED = ("dispersion", "memory", "idle", "burst_rate")
"""Numbers that may differ between small accounts and large ones."""

SHARES = frozenset(
    {
        "idle",
        "rho",
        "sharp",
        "hour_rho",
        "ratio_rho",
        "ratio_tie",
        "release",
        "exponent_spread",
        "idle_spread",
    }
)
"""Numbers between 0 and 1, moved on the scale of log odds; the others move on that of the logarithm."""

PLAIN = frozenset({"peak", "weekend", "growth", *(f"{kind}_slope" for kind in SLOPED)})
"""Numbers of either sign, moved as they are."""

LIMITS: dict[str, tuple[float, float]] = {
    "level": (0.001, 1e7),
    "level_sd": (0.02, 4.0),
    "dispersion": (1e-5, 10.0),
    "memory": (0.005, 2.0),
    "idle": (0.0005, 0.985),
    "burst_rate": (0.005, 60.0),
    "rho": (0.02, 0.995),
    "idle_run": (1.0, 400.0),
    "idle_spread": (0.02, 1.0),
    "burst_size": (0.1, 60.0),
    "burst_spread": (0.05, 2.0),
    "burst_hours": (0.2, 24.0),
    "sharp": (0.01, 0.99),
    "day_depth": (0.005, 2.5),
    "peak": (0.0, 24.0),
    "phase_sd": (0.05, 11.0),
    "second": (0.01, 2.0),
    "weekend": (-2.0, 2.0),
    "weekend_sd": (0.005, 2.0),
    "growth": (-4.5, 4.5),
    "growth_sd": (0.0005, 2.0),
    "day_level": (0.003, 2.0),
    "hour_sd": (0.003, 1.0),
    "hour_rho": (0.02, 0.995),
    "ratio": (1e-6, 0.9),
    "ratio_sd": (0.01, 3.0),
    "ratio_tie": (0.01, 0.99),
    "ratio_noise": (0.005, 2.0),
    "ratio_rho": (0.02, 0.995),
    "release": (0.002, 0.9),
    "rise": (0.1, 168.0),
    "decay": (0.5, 1000.0),
    "exponent": (0.15, 4.5),
    "exponent_spread": (0.01, 0.9),
}
"""Range of each number, inside what the presets allow."""


_PROFILE = "profiles.*."
PLACES: dict[str, tuple[str, ...]] = {
    "level": (_PROFILE + "views_median",),
    "level_sd": (_PROFILE + "views_log_sd",),
    "dispersion": (_PROFILE + "shape_low", _PROFILE + "shape_high"),
    "memory": (_PROFILE + "memory_sd",),
    "rho": (_PROFILE + "memory_rho",),
    "idle": (_PROFILE + "idle_share_low", _PROFILE + "idle_share_high"),
    "idle_run": (_PROFILE + "idle_run_hours",),
    "burst_rate": (_PROFILE + "bursts_per_week",),
    "burst_size": (_PROFILE + "burst_size",),
    "burst_spread": (_PROFILE + "burst_log_sd",),
    "burst_hours": (_PROFILE + "burst_shift_hours", "organic.sharp_hours"),
    "day_depth": (_PROFILE + "day_depth",),
    "weekend": (_PROFILE + "weekend_lift",),
    "weekend_sd": (_PROFILE + "weekend_sd",),
    "growth": (_PROFILE + "growth_low", _PROFILE + "growth_high", "organic.growth"),
    "sharp": ("organic.sharp_share",),
    "peak": ("organic.peak_hour",),
    "phase_sd": ("organic.phase_sd_hours",),
    "second": ("organic.second_harmonic",),
    "day_level": ("organic.day_level_sd",),
    "hour_sd": ("platform.hour_sd",),
    "hour_rho": ("platform.hour_rho",),
    "ratio_tie": ("ratios.correlation",),
    "ratio_noise": ("ratios.noise_sd",),
    "ratio_rho": ("ratios.noise_rho",),
    "release": ("single_posts.release",),
    "rise": ("single_posts.rise_hours",),
    "decay": ("single_posts.decay_hours",),
    "exponent": ("single_posts.exponent_low", "single_posts.exponent_high"),
}
"""Fields of the preset that each number decides; ``*`` stands for every profile."""

LIMITS |= {f"{kind}_slope": (-2.5, 2.5) for kind in SLOPED}


def kind_of(name: str) -> str:
    """``ratio.likes`` is a ``ratio``."""
    return name.partition(".")[0]


def moved(kind: str, value: float, by: float) -> float:
    """`value` moved by `by` on the scale of its kind, inside its limits."""
    low, high = LIMITS[kind]
    if kind == "peak":
        return float((value + by) % 24)
    if kind in PLAIN:
        result = value + by
    elif kind in SHARES:
        inside = min(max(value, 1e-4), 1 - 1e-4)
        result = float(1 / (1 + np.exp(-(np.log(inside / (1 - inside)) + by))))
    else:
        result = float(value * np.exp(by))
    return min(max(result, low), high)


def centre(value: Any) -> Any:
    """A preset with every prior replaced by its middle."""
    if not isinstance(value, Mapping):
        return value
    if is_prior(value):
        if "median" in value:
            return float(value["median"])
        if "choices" in value:
            return float(np.median(value["choices"]))
        return (float(value["low"]) + float(value["high"])) / 2
    return {key: centre(inner) for key, inner in value.items()}


def base_fields(base: str) -> dict[str, Any]:
    """Plain fields of the preset that answers where the data cannot."""
    fields: dict[str, Any] = copy.deepcopy(centre(load_preset(base)))
    return fields


def fill(
    numbers: Numbers,
    base: Mapping[str, Any],
    sample: Sample,
    facts: Mapping[str, float],
    sizes: Sequence[float],
) -> dict[str, Any]:
    """All fields of a preset with `numbers` in their places.

    Parameters
    ----------
    numbers
        Estimated numbers; what is not among them stays as in `base`.
    base
        Plain fields.
    facts
        ``post_share, height, lag_share, correction_share``: what was counted, not calibrated.
    sizes
        Log size of each group of accounts, in standard deviations from the median.
    """
    fields = copy.deepcopy(dict(base))
    groups = len(sizes)
    anchor = sample.metrics[sample.anchor]
    per_view = 1.0 if anchor == "views" else float(base["ratios"][f"{anchor}_median"])
    first = (len(PROFILES) - groups + 1) // 2
    for place, name in enumerate(PROFILES):
        group = min(max(place - first, 0), groups - 1)
        used = first <= place < first + groups
        law = _profile(numbers, sizes, group, fields["profiles"]["regular"])
        law["views_median"] = float(np.clip(law["views_median"] / per_view, 0.001, 1e7))
        fields["profiles"][name] = {**law, "share": 1.0 if used else 0.0}
    organic, ratios, platform = fields["organic"], fields["ratios"], fields["platform"]
    for key in ("size", "shape", "day_depth", "burst_rate", "burst_size", "live_rate", "memory", "growth"):
        organic[key] = 1.0  # the profiles hold the numbers themselves
    # Growth of a profile ends at 1 per day; hourly lives fall faster.
    _steepen(fields)
    organic["season_sd"] = 0.0 if "growth_sd" in numbers else organic["season_sd"]
    places = {"peak_hour": "peak", "phase_sd_hours": "phase_sd", "second_harmonic": "second"}
    _put(numbers, organic, {**places, "sharp_share": "sharp", "day_level_sd": "day_level"})
    if "day_level" not in numbers:
        # In series under four days, days and hours are one.
        organic["day_level_sd"] = organic["season_sd"] = 0.0
    if "weekend" not in numbers:
        organic["weekend_shift_hours"] = 0.0
    organic["sharp_hours"] = 0.6 * numbers["burst_hours"]  # as in the shipped presets
    organic["viral_share"] = 0.0
    _put(numbers, platform, {"hour_sd": "hour_sd", "hour_rho": "hour_rho"})
    if not sample.shares_clock:
        platform["hour_sd"] = 0.0  # what series of different days share is not theirs at the same age
    platform["events_per_week"] = platform["outages_per_week"] = 0.0
    _fill_ratios(numbers, ratios, sample, anchor, per_view)
    posts = fields["single_posts"]
    posts["share"] = facts["post_share"]
    posts["height"] = facts["height"]
    _put(numbers, posts, {"release": "release", "rise_hours": "rise", "decay_hours": "decay"})
    if "exponent" in numbers:
        wide = 1 - numbers["exponent_spread"], 1 + numbers["exponent_spread"]
        posts["exponent_low"], posts["exponent_high"] = (
            float(np.clip(numbers["exponent"] * factor, 0.1, 5.0)) for factor in wide
        )
    scenarios = fields["scenarios"]
    scenarios["share"] = min(1.0, facts["lag_share"] + facts["correction_share"])
    scenarios["gain"] = 1.0
    some = scenarios["share"] > 0
    for key in scenarios["weights"]:
        scenarios["weights"][key] = 0.0 if some else 1.0
    if some:
        scenarios["weights"]["counter_lag"] = facts["lag_share"]
        scenarios["weights"]["counter_correction"] = facts["correction_share"]
    rounded: dict[str, Any] = _rounded(fields)
    return rounded


def _profile(
    numbers: Numbers, sizes: Sequence[float], group: int, regular: Mapping[str, Any]
) -> dict[str, Any]:
    """Fields of the profile that a group of accounts becomes."""
    groups = len(sizes)
    rank = float(ranks(groups)[group])

    def of(kind: str) -> float:
        return moved(kind, numbers[kind], rank * numbers.get(f"{kind}_slope", 0.0))

    idle, memory, rate = of("idle"), of("memory"), of("burst_rate")
    spread, shape = numbers["idle_spread"], 1 / of("dispersion")
    # Neighbouring groups meet half way: together they give back the spread of all accounts.
    inner = numbers["level_sd"] * (1.0 if groups == 1 else float(np.diff(sizes).mean()) / 2)
    growth, growth_sd = numbers.get("growth", 0.0), numbers.get("growth_sd", 0.0)
    return {
        **regular,
        "views_median": moved("level", numbers["level"], numbers["level_sd"] * sizes[group]),
        "views_log_sd": inner,
        "idle_share_low": idle * (1 - spread) if idle > _NOTHING else 0.0,
        "idle_share_high": min(idle * (1 + spread), 0.99) if idle > _NOTHING else 0.0,
        "idle_run_hours": numbers["idle_run"],
        "shape_low": min(max(shape / 1.5, 0.1), 1e5),
        "shape_high": min(max(shape * 1.5, 0.1), 1e5),
        "day_depth": numbers.get("day_depth", 0.0),
        "phase_jitter_hours": regular["phase_jitter_hours"] if "phase_sd" in numbers else 0.0,
        "bursts_per_week": rate if rate > 2 * LIMITS["burst_rate"][0] else 0.0,
        "burst_size": numbers["burst_size"],
        "burst_log_sd": numbers["burst_spread"],
        "burst_shift_hours": numbers["burst_hours"],
        "live_per_week": 0.0,
        "memory_sd": memory if memory > 2 * LIMITS["memory"][0] else 0.0,
        "memory_rho": numbers["rho"],
        "weekend_lift": numbers.get("weekend", 0.0),
        "weekend_sd": numbers.get("weekend_sd", 0.0),
        "growth_low": growth - 2 * growth_sd,
        "growth_high": growth + 2 * growth_sd,
        "posts_per_day": 0.0,
        "scheduled_share": 0.0,
    }


def _steepen(fields: dict[str, Any]) -> None:
    laws = fields["profiles"].values()
    steepest = max(abs(law[key]) for law in laws for key in ("growth_low", "growth_high"))
    factor = min(max(steepest, 1.0), 5.0)
    fields["organic"]["growth"] = factor
    for law in laws:
        for key in ("growth_low", "growth_high"):
            law[key] = float(np.clip(law[key] / factor, -1.0, 1.0))


def _put(numbers: Numbers, section: dict[str, Any], places: Mapping[str, str]) -> None:
    for key, name in places.items():
        if name in numbers:
            section[key] = numbers[name]


def _fill_ratios(
    numbers: Numbers, ratios: dict[str, Any], sample: Sample, anchor: str, per_view: float
) -> None:
    for metric in sample.metrics:
        if metric == anchor:
            if metric != "views":
                ratios[f"{metric}_log_sd"] = 0.0  # its spread is that of the level
            continue
        ratios[f"{metric}_median"] = float(np.clip(numbers[f"ratio.{metric}"] * per_view, 1e-6, 0.9))
        ratios[f"{metric}_log_sd"] = numbers[f"ratio_sd.{metric}"]
    _put(numbers, ratios, {"correlation": "ratio_tie", "noise_sd": "ratio_noise", "noise_rho": "ratio_rho"})
    # Hourly noise with its memory holds what changes from day to day.
    ratios["day_sd"] = 0.0
    if len(sample.metrics) == 1:
        ratios["noise_sd"] = 0.0


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_rounded(inner) for inner in value]
    if isinstance(value, (int, float)):
        return float(f"{float(value):.4g}")
    return value
