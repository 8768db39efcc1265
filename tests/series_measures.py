"""Figures that a knob of the simulator should move: one number per account (or world, or cohort).

Series have the shape `(n, n_hours)` and belong to calm worlds, see `calm_worlds`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from calm_worlds import LARGE
from law_checks import Array

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Trial:
    """What one setting of a knob made: attacked and clean counts `(n, n_hours, 4)`, and the labels."""

    values: Array
    clean: Array
    accounts: pd.DataFrame

    @property
    def views(self) -> Array:
        return self.values[:, :, 0]

    @cached_property
    def change(self) -> Array:
        """What the attacks added or took."""
        return self.values - self.clean

    def of(self, *attacks: str) -> Trial:
        """The accounts of some attacks."""
        same = self.accounts["attack"].isin(attacks).to_numpy()
        return Trial(self.values[same], self.clean[same], self.accounts[same])


Measure = Callable[[Trial], Array]


def spread(measure: Measure) -> Measure:
    """How far each account's figure lies from the middle one."""

    def away(trial: Trial) -> Array:
        figure = measure(trial)
        return np.abs(figure - np.median(figure))

    return away


# Of the organic series.


def log_views(trial: Trial) -> Array:
    return np.log(np.maximum(trial.views, 0.5))


def level(trial: Trial) -> Array:
    return log_views(trial).mean(1)


def log_sd(trial: Trial) -> Array:
    return log_views(trial).std(1)


def memory(trial: Trial) -> Array:
    """Correlation of the log views from hour to hour."""
    return hour_to_hour(log_views(trial))


def hour_to_hour(x: Array) -> Array:
    x = x - x.mean(1, keepdims=True)
    return np.asarray((x[:, 1:] * x[:, :-1]).sum(1) / (x**2).sum(1))


def excess(trial: Trial) -> Array:
    """Mean views above the calm level, in units of it."""
    return trial.views.mean(1) / LARGE - 1


def peak(trial: Trial) -> Array:
    return np.log(np.maximum(trial.views.max(1), 1) / LARGE)


def lowest(trial: Trial) -> Array:
    return trial.views.min(1) / LARGE


def quiet_share(trial: Trial) -> Array:
    """Share of hours in which next to nothing happens."""
    return (trial.views < 0.5 * np.median(trial.views, axis=1, keepdims=True)).mean(1)


def silent_share(trial: Trial) -> Array:
    return (trial.views == 0).mean(1)


def silent_run(trial: Trial) -> Array:
    """Mean length of a run of silent hours."""
    off = trial.views == 0
    starts = (off[:, 1:] & ~off[:, :-1]).sum(1) + off[:, 0]
    return off.sum(1) / np.maximum(starts, 1)


def dispersion(trial: Trial) -> Array:
    return np.log(trial.views.var(1) / trial.views.mean(1))


def off_the_usual_day(trial: Trial) -> Array:
    """Spread of the log views around the account's own mean day."""
    days = log_views(trial).reshape(len(trial.views), -1, 24)
    return (days - days.mean(1, keepdims=True)).std((1, 2))


def from_day_to_day(trial: Trial) -> Array:
    return log_views(trial).reshape(len(trial.views), -1, 24).mean(2).std(1)


def daily_repeat(trial: Trial) -> Array:
    """Correlation of the views with those a day earlier."""
    x = trial.views - trial.views.mean(1, keepdims=True)
    return np.asarray((x[:, 24:] * x[:, :-24]).sum(1) / (x**2).sum(1))


def weekend(trial: Trial) -> Array:
    """Log views of the weekend less those of the days before; the series starts on a Monday."""
    x = log_views(trial)
    return x[:, 120:168].mean(1) - x[:, :120].mean(1)


def growth(trial: Trial) -> Array:
    x = log_views(trial)
    return x[:, -24:].mean(1) - x[:, :24].mean(1)


def harmonic(log_rates: Array, number: int = 1) -> Array:
    """Complex amplitude of a daily harmonic of series that start at midnight."""
    turn = 2 * np.pi * number * np.arange(log_rates.shape[1]) / 24
    return np.asarray(2 * log_rates @ np.exp(1j * turn) / log_rates.shape[1])


def peak_hour(trial: Trial) -> Array:
    """Hour of the usual peak: 3.5 hours after that of the first harmonic."""
    return (np.angle(harmonic(log_views(trial))) * 12 / np.pi + 3.5) % 24


def second_harmonic(trial: Trial) -> Array:
    return np.abs(harmonic(log_views(trial), 2))


def weekend_delay(trial: Trial) -> Array:
    """By how much weekends run later, hours."""
    x = log_views(trial)
    turn = np.conj(harmonic(x[:, :120])) * harmonic(x[:, 120:168])
    return np.asarray(np.angle(turn) * 12 / np.pi)


def idle_rate(trial: Trial) -> Array:
    """Organic views of accounts that are idle throughout."""
    return trial.of("sleeper_reactivation").clean[:, :, 0].mean(1) / LARGE


# Of the other metrics.


def log_ratios(trial: Trial, metric: int) -> Array:
    return np.log(np.maximum(trial.values[:, :, metric], 0.5)) - log_views(trial)


def ratio(metric: int) -> Measure:
    return lambda trial: log_ratios(trial, metric).mean(1)


def ratio_days(trial: Trial) -> Array:
    return log_ratios(trial, 1).reshape(len(trial.views), -1, 24).mean(2).std(1)


def ratio_hours(trial: Trial) -> Array:
    return np.diff(log_ratios(trial, 1), axis=1).std(1)


def ratio_memory(trial: Trial) -> Array:
    return hour_to_hour(log_ratios(trial, 1))


def ratio_product(trial: Trial) -> Array:
    """Product of two standardised log ratios: its mean is their correlation."""
    a, b = (ratio(metric)(trial) for metric in (1, 2))
    return np.asarray((a - a.mean()) * (b - b.mean()) / (a.std() * b.std()))


def ratio_in_bursts(trial: Trial) -> Array:
    """Log ratio in the busiest hours less that in the usual ones."""
    x = log_ratios(trial, 1)
    busy = trial.views >= np.quantile(trial.views, 0.95, axis=1, keepdims=True)
    return np.where(busy, x, 0).sum(1) / busy.sum(1) - np.median(x, axis=1)


# Of the life of a post.


def release(trial: Trial) -> Array:
    return (trial.views > 0).argmax(1).astype(float)


def rise(trial: Trial) -> Array:
    return trial.views.argmax(1) - release(trial)


def hours_above_half(trial: Trial) -> Array:
    return (trial.views > 0.5 * trial.views.max(1, keepdims=True)).sum(1).astype(float)


def late_views(trial: Trial) -> Array:
    return log_views(trial)[:, -24:].mean(1)


# Of the labels.


def named(column: str, name: str) -> Measure:
    return lambda trial: trial.accounts[column].eq(name).to_numpy(dtype=float)


def has_scenario(trial: Trial) -> Array:
    return trial.accounts["scenario"].ne("none").to_numpy(dtype=float)


def cohort_sizes(*attacks: str) -> Measure:
    """Logarithm of the size of each cohort."""

    def sizes(trial: Trial) -> Array:
        members = trial.of(*attacks).accounts.dropna(subset="cohort_id")
        return np.log(members.drop_duplicates("cohort_id")["cohort_size"].to_numpy(dtype=float))

    return sizes


def has_cohort(*attacks: str) -> Measure:
    return lambda trial: trial.of(*attacks).accounts["cohort_id"].notna().to_numpy(dtype=float)
