"""First numbers, by moments: where calibration starts from, and what it cannot move."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fakeengage.estimation.fields import LIMITS, SLOPED, Numbers, kind_of
from fakeengage.estimation.gauges import Gauges
from fakeengage.estimation.sample import Sample
from fakeengage.estimation.view import View, days_of, post_share

_BUSY = 20.0  # counts in a usual hour from which a silent one is a frozen counter
_FEW_GAPS = 0.005  # a lost hour here and there is no habit of the data
_FEW_RUNS = 5
_REGULAR = 0.6  # share of silent runs of one length
_SILENT = 0.03
_MOST_CORRECTIONS = 4  # the simulator corrects a counter at most so often


def facts_of(sample: Sample) -> dict[str, float]:
    """What is counted in the data and not calibrated."""
    x = np.maximum(sample.counts[:, :, sample.anchor], 0.0)
    with np.errstate(all="ignore"):
        frozen = np.array([_frozen(row) for row in x], dtype=bool)
    falls = (sample.counts < 0).sum(axis=1)
    corrected = ((falls >= 1) & (falls <= _MOST_CORRECTIONS)).any(axis=1)
    removals = (falls > _MOST_CORRECTIONS).any(axis=1)
    return {
        "post_share": post_share(sample),
        "height": _height(x),
        "lag_share": float(frozen.mean()),
        "correction_share": float((corrected & ~frozen).mean()),
        "removal_share": float(removals.mean()),
        "missing": _missing(sample),
    }


def _height(x: NDArray[np.float64]) -> float:
    """Peak of a post over its mean, so that the level of a post is its mean, as that of an account is."""
    with np.errstate(all="ignore"):
        smooth = (np.nan_to_num(x[:, 2:]) + np.nan_to_num(x[:, 1:-1]) + np.nan_to_num(x[:, :-2])) / 3
        ratio = smooth.max(axis=1) / np.maximum(np.nanmean(x, axis=1), 1e-9)
    return float(np.clip(np.median(ratio), 1.5, 1000.0))


def _frozen(row: NDArray[np.float64]) -> bool:
    """Whether a busy counter stands still and catches up, or refreshes every so many hours."""
    x = row[~np.isnan(row)]
    silent = x == 0
    if not _SILENT <= silent.mean() < 1 or np.median(x[~silent]) < _BUSY:
        return False
    edges = np.flatnonzero(np.diff(np.concatenate([[0], silent.astype(int), [0]])))
    runs = edges[1::2] - edges[::2]
    usual = int(np.bincount(runs).argmax())
    # Silence of an account has runs of any length; refreshes leave one length.
    if len(runs) >= _FEW_RUNS and usual > 1 and float(np.mean(runs == usual)) > _REGULAR:
        return True
    after = x[1:][silent[:-1] & ~silent[1:]]
    within = x[1:][~silent[:-1] & ~silent[1:]]
    if not len(after) or len(within) < _FEW_RUNS:
        return False
    return bool(np.mean(after > 1.5 * np.median(within)) > 0.5)


def _missing(sample: Sample) -> float:
    """Share of hours without any reading, between the first and the last of an account."""
    seen = np.asarray((~np.isnan(sample.counts)).any(axis=2))
    length = seen.shape[1] - np.argmax(seen[:, ::-1], axis=1)
    share = float(1 - seen.sum() / max(int(length.sum()), 1))
    return round(share, 4) if share > _FEW_GAPS else 0.0


def first_numbers(sample: Sample, view: View, gauges: Gauges, base: Mapping[str, Any]) -> Numbers:
    """Numbers by moments, for everything that `view` allows to be told."""
    out: Numbers = {}
    level = float(np.exp(gauges["level"][0]))
    out["level"] = level
    out["level_sd"] = float(gauges["level_sd"][0]) * 0.8
    memory = max(float(np.nan_to_num(gauges["memory"][0])), 1e-4)
    out["memory"] = float(np.sqrt(memory / 0.6))
    out["dispersion"] = max(float(np.nan_to_num(gauges["nugget"][0])) - 1 / max(level, 1.0), 0.01)
    shape = 1 / out["dispersion"]
    out["idle"] = max(float(gauges["zero"][0]) - float(np.power(shape / (shape + level), shape)), 0.001)
    out["burst_rate"] = float(gauges["burst_share"][0]) * 168 / 4
    if view.groups >= 3:
        out |= {f"{kind}_slope": 0.0 for kind in SLOPED}
    out["rho"] = float(np.clip(np.nan_to_num(gauges["rho"][0], nan=0.5), 0.1, 0.98))
    stay = float(gauges["zero_stay"][0])
    out["idle_run"] = 1 / max(1 - stay, 0.02)
    out["idle_spread"] = 0.5
    out["burst_size"] = float(np.exp(np.nan_to_num(gauges["burst_size"][0], nan=0.5)) * 1.5)
    out["burst_spread"] = 0.5
    out["burst_hours"] = 3.0
    out["sharp"] = 0.3
    if view.cycle != "none":
        out["day_depth"] = float(np.nan_to_num(gauges["day_depth"][0])) / 0.61
        out["peak"] = float((np.nan_to_num(gauges["peak"][0]) + 3.5) % 24)
        out["second"] = (
            max(float(np.nan_to_num(gauges["second"][0])), 0.0) / 0.36 / max(out["day_depth"], 0.05)
        )
    if view.cycle == "own":
        together = float(np.clip(gauges["together"][0], 0.05, 0.999))
        out["phase_sd"] = float(np.sqrt(-2 * np.log(together)) * 24 / (2 * np.pi))
    if view.weekend:
        out["weekend"] = float(np.nan_to_num(gauges["weekend"][0]))
        out["weekend_sd"] = float(np.nan_to_num(gauges["weekend_sd"][0])) * 0.7
    if view.trend:
        days = days_of(sample)
        out["growth"] = float(gauges["growth"][0]) / days
        out["growth_sd"] = float(gauges["growth_sd"][0]) / days * 0.5
    if "day_jump" in gauges:
        out["day_level"] = float(np.sqrt(max(float(np.nan_to_num(gauges["day_jump"][0])), 1e-4)) * 0.5)
    if view.platform:
        out["hour_sd"] = float(np.sqrt(max(float(np.nan_to_num(gauges["common"][0])), 1e-4)))
        out["hour_rho"] = float(np.nan_to_num(gauges["common_rho"][0], nan=0.8))
    for k, metric in enumerate(m for j, m in enumerate(sample.metrics) if j != sample.anchor):
        out[f"ratio.{metric}"] = float(np.exp(gauges["ratio"][k]))
        out[f"ratio_sd.{metric}"] = float(gauges["ratio_sd"][k])
    if len(sample.metrics) > 1:
        out["ratio_noise"] = float(np.sqrt(max(float(np.nan_to_num(gauges["ratio_noise"][0])), 1e-3)) * 0.5)
        out["ratio_rho"] = float(np.nan_to_num(gauges["ratio_rho"][0], nan=0.3))
    if "ratio_tie" in gauges:
        out["ratio_tie"] = float(np.nan_to_num(gauges["ratio_tie"][0], nan=0.5))
    if view.posts:
        posts = base["single_posts"]
        out["release"] = float(gauges["begin"][0]) * 2 if "begin" in gauges else posts["release"]
        out["rise"] = float(gauges["rise"][0]) if "rise" in gauges else posts["rise_hours"]
        out["decay"] = float(gauges["half"][0]) if "half" in gauges else posts["decay_hours"]
        out["exponent"] = 1.2
        out["exponent_spread"] = 0.4
    return {name: float(np.clip(value, *LIMITS[kind_of(name)])) for name, value in out.items()}
