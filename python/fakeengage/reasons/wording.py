"""What each measure says in words, when it is higher or lower than usual."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

_HOURS_PER_RADIAN = 24 / (2 * math.pi)


@dataclass(frozen=True)
class Wording:
    """How a measure is told.

    Attributes
    ----------
    meaning
        Measures of one meaning share a sentence: the strongest of them speaks.
    high, low
        Sentence for values above and below the usual; empty where nothing can be said. ``{who}`` is
        the metric, ``{first}`` and ``{second}`` are those of a pair, ``{value}`` is the figure,
        ``{span}`` and ``{each}`` are the measure's parameter in steps (``6 hours``, ``6-hour``), ``{step}``
        is one step.
    form
        Format of the figure.
    unit
        Turns the feature's value into the figure told.
    """

    meaning: str
    high: str = ""
    low: str = ""
    form: str = ".1f"
    unit: Callable[[float], float] = float


def _times(factor: float) -> Callable[[float], float]:
    return lambda value: factor * value


def _ratio(value: float) -> float:
    # Beyond this a ratio says nothing, and the exponential may overflow.
    return math.exp(min(value, 40.0))


def _growth(value: float) -> float:
    return math.expm1(min(value, 40.0))


def _one_in(value: float) -> float:
    return math.pow(10.0, min(value, 15.0))


_Z = "standard errors"
_SD = "standard deviations"

_WORDINGS: dict[str, Wording] = {
    # Of rises and falls the windows tell more, with dates; these speak where there is no window.
    "scan_up": Wording("rise", f"{{who}} stood {{value}} {_Z} above expectation for {{span}}"),
    "step_up": Wording("step", f"{{who}} jumped by {{value}} {_Z} from one spell of {{span}} to the next"),
    "quantile__95": Wording("rise", f"{{who}} lie {{value}} {_Z} above expectation in 5 % of the {{step}}s"),
    "quantile__99": Wording("rise", f"{{who}} lie {{value}} {_Z} above expectation in 1 % of the {{step}}s"),
    "rolling_mean__24max": Wording("rise", f"{{who}} ran {{value}} {_SD} above expectation for {{span}}"),
    "rolling_median__24max": Wording(
        "rise", f"{{who}} ran {{value}} {_SD} above expectation for most of {{span}}"
    ),
    "rolling_zscore": Wording(
        "rise", f"{{who}} left the {{span}} before by {{value}} of their {_SD}", form=".1f"
    ),
    "tabular_cusum__up": Wording("rise", "{who} kept above expectation: {value} robust deviations added up"),
    "bursts__height": Wording("rise", "the tallest burst of {who} reaches {value} robust deviations"),
    "bursts__duration": Wording("rise", "the strongest burst of {who} lasts {value} {step}s"),
    "joint_up": Wording("joint rise", f"several metrics rose together by {{value}} {_Z} for {{span}}"),
    "scan_share": Wording("spells", "{value} of the {step}s of {who} lie in raised spells", form=".1%"),
    "segments": Wording("spells", "{who} were raised in {value} separate spells per 100 {step}s"),
    "exceedance": Wording(
        "spells", f"{{value}} of the {{step}}s of {{who}} lie 3 {_Z} above expectation", form=".1%"
    ),
    "bursts__count": Wording(
        "spells",
        "{who} burst {value} times per 100 {step}s",
        "{who} burst only {value} times per 100 {step}s",
    ),
    "bursts__peakedness": Wording(
        "shape of the burst",
        "the strongest burst of {who} is all peak: {value}x its own mean",
        "the strongest burst of {who} has a flat top: its peak is {value}x its mean",
    ),
    "bursts__onset": Wording(
        "shape of the burst",
        "the strongest burst of {who} starts at once, with {value}x its mean excess",
        "the strongest burst of {who} starts slowly, with {value}x its mean excess",
    ),
    "bursts__cutoff": Wording(
        "shape of the burst",
        "the strongest burst of {who} is cut off: it falls by {value}x its mean excess at the end",
        "the strongest burst of {who} dies down slowly: it falls by {value}x its mean excess at the end",
    ),
    "bursts__relaxation": Wording(
        "shape of the burst",
        "the strongest burst of {who} falls {value}x from its peak within six {step}s",
        "the strongest burst of {who} falls only {value}x from its peak within six {step}s",
        unit=_ratio,
    ),
    "bursts__left_over": Wording(
        "shape of the burst",
        "{value} of the strongest burst of {who} is left after its end",
        "nothing follows the strongest burst of {who}: {value} of it is left after its end",
        form=".0%",
    ),
    "scan_down": Wording("fall", f"{{who}} stood {{value}} {_Z} below expectation for {{span}}"),
    "step_down": Wording("step", f"{{who}} fell by {{value}} {_Z} from one spell of {{span}} to the next"),
    "shortfall": Wording(
        "fall", f"{{value}} of the {{step}}s of {{who}} lie 3 {_Z} below expectation", form=".1%"
    ),
    "rolling_mean__24min": Wording(
        "fall", low=f"{{who}} ran at {{value}} {_SD} from expectation for {{span}}"
    ),
    "rolling_median__24min": Wording(
        "fall", low=f"{{who}} ran at {{value}} {_SD} from expectation for most of {{span}}"
    ),
    "tabular_cusum__down": Wording(
        "fall", "{who} kept below expectation: {value} robust deviations added up"
    ),
    "negative_share": Wording("taken back", "{value} of the {who} were taken back", form=".1%"),
    "spread_ratio": Wording(
        "tails", "the tails of {who} are {value}x as wide as their middle tells", unit=_ratio
    ),
    "asymmetry": Wording("tails", "{who} deviate upward more than downward (asymmetry {value})", form=".2f"),
    "rolling_skew": Wording("tails", "one {step} of {who} dwarfs the {span} around it (skewness {value})"),
    "shannon_entropy": Wording(
        "tails", low="a few {step}s of {who} dwarf all others (entropy {value} bits)", form=".2f"
    ),
    "zero_run__longest": Wording("silence", "{who} were silent for {value} of the time on end", form=".1%"),
    "zero_run__count": Wording("silence", "{who} fell silent {value} times per 100 {step}s"),
    "zero_run__share": Wording("silence", "{value} of the {step}s of {who} are empty", form=".1%"),
    "zero_run__woken": Wording("silence", "{who} woke after a silence of {value} of the time", form=".1%"),
    "fano_factor": Wording(
        "spread of the days",
        "daily totals of {who} vary {value}x as much as chance alone",
        "daily totals of {who} vary only {value}x as much as chance alone",
        form=".2g",
        unit=_ratio,
    ),
    "day_level": Wording("spread of the days", "daily totals of {who} swing by {value}x", unit=_ratio),
    "exact_repeats": Wording(
        "copies", "{value} of the {each} stretches of {who} occur again, count for count", form=".1%"
    ),
    "round_total": Wording(
        "round totals",
        "the total of {who} is so round that chance gives one in {value}",
        form=",.0f",
        unit=_one_in,
    ),
    "cusum__range": Wording("level", f"the level of {{who}} moved by {{value}} {_Z} in all"),
    "block_mean": Wording("level", f"{{who}} ran {{value}} {_SD} off expectation for {{span}}"),
    "change_points__count": Wording(
        "level",
        "the level of {who} changes {value} times per 100 {step}s",
        "the level of {who} changes only {value} times per 100 {step}s",
    ),
    "change_points__size": Wording(
        "level",
        "the level of {who} moved up at once by {value} robust deviations",
        "the level of {who} moved down at once: {value} robust deviations",
    ),
    "linear_trend__slope": Wording(
        "trend",
        "{who} changed by {value} per 100 {step}s",
        "{who} changed by {value} per 100 {step}s",
        "+.0%",
        _growth,
    ),
    "linear_trend__r": Wording(
        "trend",
        "{who} grew in step with time (correlation {value})",
        "{who} shrank in step with time (correlation {value})",
        ".2f",
    ),
    "mann_kendall__tau": Wording(
        "trend",
        "{who} kept growing (Kendall's tau {value})",
        "{who} kept shrinking (Kendall's tau {value})",
        ".2f",
    ),
    "mann_kendall__z": Wording(
        "trend", f"{{who}} kept growing, by {{value}} {_Z}", f"{{who}} kept shrinking: {{value}} {_Z}"
    ),
    "quiet_residual__max": Wording(
        "quiet hours", f"usually quiet hours of {{who}} were busy: {{value}} {_Z} on one day"
    ),
    "quiet_residual__sd": Wording(
        "quiet hours", f"quiet hours of {{who}} differ from day to day by {{value}} {_Z}"
    ),
    "quiet_minus_busy": Wording(
        "quiet hours", f"quiet hours of {{who}} gained {{value}} {_Z} more than busy ones on one day"
    ),
    "curve_distance__max": Wording(
        "daily curve",
        "one day's curve of {who} hardly resembles the other days' (distance {value})",
        form=".2f",
    ),
    "curve_distance__q75": Wording(
        "daily curve", "a quarter of the daily curves of {who} lie {value} from the usual one", form=".2f"
    ),
    "half_shift": Wording(
        "daily curve",
        "the daily peak of {who} moved by {value} hours between the halves",
        unit=_times(_HOURS_PER_RADIAN),
    ),
    "profile_shift__turn": Wording(
        "daily curve", "the daily wave of {who} turned by {value} hours between the halves", unit=_times(24.0)
    ),
    "profile_shift__divergence": Wording(
        "daily curve", "the daily curve of {who} changed by {value} bits between the halves", form=".3f"
    ),
    "day_share": Wording(
        "daily curve",
        "{value} of the {who} of a day fall into its busiest {step}",
        "only {value} of the {who} of a day fall into its busiest {step}",
        ".1%",
    ),
    "seasonal_strength": Wording(
        "daily curve",
        "the daily cycle explains {value} of {who}",
        "the daily cycle explains only {value} of {who}",
        ".0%",
    ),
    "period_power": Wording(
        "clockwork", "the excess of {who} beats at a fixed interval: {value}x what noise gives"
    ),
    "periodicity": Wording("clockwork", "{value} of the excess of {who} beats every {span}", form=".1%"),
    "spectral_entropy": Wording(
        "clockwork",
        low="the excess of {who} beats at few frequencies ({value} of the largest entropy)",
        form=".0%",
    ),
    "acf__day": Wording(
        "memory of days", "the days of {who} repeat each other's deviations (correlation {value})", form=".2f"
    ),
    "acf": Wording(
        "memory",
        "deviations of {who} {span} apart are more alike than usual (correlation {value})",
        "deviations of {who} {span} apart are less alike than usual (correlation {value})",
        ".2f",
    ),
    "pacf": Wording(
        "memory",
        "deviations of {who} {span} apart are more alike than those between explain (correlation {value})",
        "deviations of {who} {span} apart are less alike than those between explain (correlation {value})",
        ".2f",
    ),
    "roughness": Wording(
        "memory",
        "{who} jump from {step} to {step}: by {value} of their mean deviation",
        "{who} glide from {step} to {step}: by {value} of their mean deviation",
        ".2f",
    ),
    "detrended_fluctuation": Wording(
        "memory",
        "deviations of {who} have a long memory (exponent {value}; 0.5 has none)",
        "deviations of {who} have no memory (exponent {value}; 0.5 has none)",
        ".2f",
    ),
    "permutation_entropy": Wording(
        "regularity",
        "the ups and downs of {who} are more random than usual ({value} of the largest entropy)",
        "the ups and downs of {who} follow a pattern ({value} of the largest entropy)",
        ".1%",
    ),
    "sample_entropy": Wording(
        "regularity",
        "{who} hardly ever repeat a movement (sample entropy {value})",
        "{who} repeat their movements (sample entropy {value})",
        ".2f",
    ),
    "approximate_entropy": Wording(
        "regularity",
        "{who} hardly ever repeat a movement (approximate entropy {value})",
        "{who} repeat their movements (approximate entropy {value})",
        ".2f",
    ),
    "lempel_ziv_complexity": Wording(
        "regularity",
        "{who} cross their middle as irregularly as coin flips ({value}x)",
        "{who} cross their middle by a pattern ({value}x the complexity of coin flips)",
        ".2f",
    ),
    "rolling_std__24max": Wording("steadiness", f"{{who}} scattered by {{value}} {_SD} over {{span}}"),
    "rolling_std__24min": Wording(
        "steadiness", low=f"{{who}} were steadier than people for {{span}}: {{value}} {_SD}", form=".2f"
    ),
    "ratio_up": Wording("ratio", f"{{first}} rose against {{second}} by {{value}} {_Z} over {{span}}"),
    "ratio_down": Wording("ratio", f"{{first}} fell behind {{second}} by {{value}} {_Z} over {{span}}"),
    "ratio_spread": Wording("ratio", f"the ratio of {{first}} to {{second}} wanders by {{value}} {_Z}"),
    "residual_correlation": Wording(
        "ratio",
        "{first} and {second} deviate as one (correlation {value})",
        "{first} and {second} deviate apart (correlation {value})",
        ".2f",
    ),
    "level": Wording(
        "level of the ratio",
        "{first} come to {value} of {second}",
        "{first} come to only {value} of {second}",
        ".2%",
        _ratio,
    ),
    "median": Wording(
        "level of the ratio",
        "{first} come to {value} of {second} on a middling day",
        "{first} come to only {value} of {second} on a middling day",
        ".2%",
        _ratio,
    ),
    "lead_lag__lag": Wording(
        "echo",
        "{first} come {value} {step}s after {second}",
        "{first} come ahead of {second} ({value} {step}s)",
    ),
    "lead_lag__value": Wording(
        "echo",
        "{first} echo {second} (correlation {value})",
        "{first} do not follow {second} (correlation {value})",
        ".2f",
    ),
    "coincidence": Wording(
        "batch", "rises at the same {step}s as three other accounts of this batch: {value} nats beyond chance"
    ),
    "jaccard": Wording(
        "batch", "shares {value} of its {step}s of rise with another account of this batch", form=".0%"
    ),
    "correlation": Wording(
        "batch", "moves with three other accounts of this batch (correlation {value})", form=".2f"
    ),
    "crowd": Wording(
        "batch",
        "rises when {value}x as many accounts of this batch rise as usual",
        "rises when only {value}x as many accounts of this batch rise as usual",
        unit=_ratio,
    ),
}


@cache
def wording_of(name: str) -> Wording | None:
    """How the column `name` (``owner__measure__parameter``) is told; None where it is not."""
    _, _, measured = name.partition("__")
    return _WORDINGS.get(measured) or _WORDINGS.get(measured.partition("__")[0])
