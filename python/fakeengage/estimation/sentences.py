"""What was estimated, in words: for the command line and for the head of the preset file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from fakeengage._native import VERSION
from fakeengage.estimation.fields import Numbers
from fakeengage.estimation.sample import Sample
from fakeengage.estimation.view import View
from fakeengage.panel import METRICS, Panel

_SEEN = 0.02  # shares below are not worth a sentence


def sentences_of(
    sample: Sample, view: View, facts: Mapping[str, float], numbers: Numbers, anchor: str
) -> list[str]:
    """One sentence per idea, with its figures."""
    return [
        *_size(view, numbers, anchor),
        *_clock(view, numbers),
        *_course(view, facts, numbers),
        *_noise(numbers),
        *_ratios(sample, numbers, anchor),
        *_counters(facts),
    ]


def _size(view: View, numbers: Numbers, anchor: str) -> Iterator[str]:
    kinds = "one kind of account" if view.groups == 1 else f"{view.groups} kinds of accounts by size"
    yield (
        f"{anchor}: {numbers['level']:.3g} per hour for the median account, spread of logs "
        f"{numbers['level_sd']:.2f}, {kinds}"
    )


def _clock(view: View, numbers: Numbers) -> Iterator[str]:
    if view.cycle == "none":
        yield "daily rhythm: none assumed, the series start at one hour or are too short to tell"
    else:
        yield f"daily rhythm: depth {numbers['day_depth']:.2f}, peak near {numbers['peak'] % 24:.0f} h UTC"
    if view.weekend:
        yield f"weekends: {100 * np.expm1(numbers['weekend']):+.0f} %"


def _course(view: View, facts: Mapping[str, float], numbers: Numbers) -> Iterator[str]:
    if view.posts:
        yield (
            f"single posts: {100 * facts['post_share']:.0f} % of the series; peak {numbers['rise']:.1f} h "
            f"after release, decay from {numbers['decay']:.0f} h on with exponent {numbers['exponent']:.1f}"
        )
    elif view.trend:
        yield f"growth: {100 * np.expm1(numbers['growth']):+.1f} % per day at first"


def _noise(numbers: Numbers) -> Iterator[str]:
    yield (
        f"noise: negative-binomial shape {1 / numbers['dispersion']:.3g}, memory sd {numbers['memory']:.2f} "
        f"with hourly correlation {numbers['rho']:.2f}"
    )
    if numbers["idle"] > _SEEN:
        yield f"silence: {100 * numbers['idle']:.0f} % of hours, runs of {numbers['idle_run']:.0f} h"
    yield f"bursts: {numbers['burst_rate']:.1f} per week, {numbers['burst_size']:.1f} times the usual level"


def _ratios(sample: Sample, numbers: Numbers, anchor: str) -> Iterator[str]:
    for metric in sample.metrics:
        if metric != anchor:
            yield f"{metric} per {anchor[:-1]}: {numbers[f'ratio.{metric}']:.3g}"
    absent = [metric for metric in METRICS if metric not in sample.metrics]
    if absent:
        yield f"not in the data, so from the base preset: {', '.join(absent)}"


def _counters(facts: Mapping[str, float]) -> Iterator[str]:
    if facts["lag_share"] > _SEEN:
        yield f"counters that freeze and catch up: {100 * facts['lag_share']:.0f} % of accounts"
    if facts["correction_share"] > _SEEN:
        yield f"counters corrected downwards: {100 * facts['correction_share']:.0f} % of accounts"
    if facts["removal_share"] > _SEEN:
        yield (
            f"steady removals (negative hours) in {100 * facts['removal_share']:.0f} % of accounts: "
            "not imitated, the simulator has no law for them"
        )
    if facts["missing"]:
        share = facts["missing"]
        yield f"hours without a reading: {100 * share:.1f} % (not in the preset: simulate(missing={share}))"


def header_of(panel: Panel, name: str, sample: Sample, sentences: list[str], base: str) -> list[str]:
    """First lines of a preset file: from what, and how to read it."""
    lengths = panel.lengths[panel.lengths > 0]
    low, high = int(lengths.min()), int(lengths.max())
    hours = f"{low}" if low == high else f"{low} to {high}"
    used = len(sample.counts)
    some = "" if used == len(panel) else f" ({used} of them used)"
    return [
        f"Preset estimated by fakeengage {VERSION} from {name}: {len(panel)} accounts{some}",
        f"of {hours} hours, metrics {', '.join(panel.metrics)}; all of them taken for organic.",
        "Fields marked `estimated` come from the data, in all profiles alike; the others from preset",
        f"{base}, or are off because the estimate holds them already (live sessions in bursts, seasons in",
        "growth).",
        "Profiles are the accounts by size, smallest first; those that are not needed have share 0.",
        "",
        *sentences,
    ]
