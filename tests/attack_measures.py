"""Figures that a knob of the attacks should move: one number per attacked account of a calm world."""

from __future__ import annotations

import numpy as np

from calm_worlds import LARGE, RATIO
from law_checks import Array
from series_measures import Measure, Trial

USUAL = LARGE * np.array([1, RATIO, RATIO, RATIO])


def among(measure: Measure, *attacks: str) -> Measure:
    """A measure of the accounts of some attacks only."""
    return lambda trial: measure(trial.of(*attacks))


def volume(metric: int | None = None) -> Measure:
    """Logarithm of what was added and taken, in usual hours, of one metric or of all."""

    def log_volume(trial: Trial) -> Array:
        hours = np.abs(trial.change).sum(1) / USUAL
        return np.log((hours.sum(1) if metric is None else hours[:, metric]) + 1e-4)

    return log_volume


def top(trial: Trial) -> Array:
    """Logarithm of the most views added in an hour."""
    return np.log(trial.change[:, :, 0].max(1) / LARGE + 1e-4)


def changed(trial: Trial) -> Array:
    return (trial.change != 0).any(2)


def changed_hours(trial: Trial) -> Array:
    return changed(trial).sum(1).astype(float)


def unchanged_hours(trial: Trial) -> Array:
    return (~changed(trial)).sum(1).astype(float)


def raised_hours(trial: Trial) -> Array:
    return (trial.change > 0).any(2).sum(1).astype(float)


def extent(trial: Trial) -> Array:
    """Hours from the first to the last change."""
    hit = changed(trial)
    return (hit.shape[1] - hit[:, ::-1].argmax(1) - hit.argmax(1)).astype(float)


def filled_share(trial: Trial) -> Array:
    """Share of changed hours from the first to the last of them."""
    return changed_hours(trial) / extent(trial)


def runs(trial: Trial) -> Array:
    """Runs of changed hours."""
    hit = changed(trial)
    return ((hit[:, 1:] & ~hit[:, :-1]).sum(1) + hit[:, 0]).astype(float)


def rise_hours(trial: Trial) -> Array:
    """Hours from the first change to nine tenths of the highest."""
    views = trial.change[:, :, 0]
    return (views > 0.9 * views.max(1, keepdims=True)).argmax(1) - changed(trial).argmax(1).astype(float)


def hours_after_top(trial: Trial) -> Array:
    views = trial.change[:, :, 0]
    return (views.shape[1] - (views != 0)[:, ::-1].argmax(1) - 1 - views.argmax(1)).astype(float)


def metric_spread(trial: Trial) -> Array:
    """How far the balance of comments and views lies from the middle one."""
    balance = volume(2)(trial) - volume(0)(trial)
    return np.abs(balance - np.median(balance))


def _busy_sd(log: Array, busy: Array) -> Array:
    count = busy.sum(1)
    mean = np.where(busy, log, 0).sum(1) / count
    return np.asarray(np.sqrt(np.where(busy, (log - mean[:, None]) ** 2, 0).sum(1) / count))


def hourly_noise(trial: Trial) -> Array:
    """Spread of the log views added from hour to hour of a plateau."""
    views = trial.change[:, :, 0]
    log = np.log(np.maximum(views, 1))
    return _busy_sd(log, views > 0.01 * views.max(1, keepdims=True))


def metric_noise(trial: Trial) -> Array:
    """Spread of the log of comments over views added from hour to hour."""
    views, comments = trial.change[:, :, 0], trial.change[:, :, 2]
    log = np.log(np.maximum(comments, 1)) - np.log(np.maximum(views, 1))
    return _busy_sd(log, views > 0.01 * views.max(1, keepdims=True))


def is_round(trial: Trial) -> Array:
    """Whether the views added are a multiple of 10."""
    return (trial.change[:, :, 0].sum(1) % 10 == 0).astype(float)


def metric_delay(trial: Trial) -> Array:
    """Hours by which the last of the other metrics starts after views."""
    first = (trial.change != 0).argmax(1)
    return (first[:, 1:].max(1) - first[:, 0]).astype(float)


def comments_over_likes(trial: Trial) -> Array:
    return volume(2)(trial) - volume(1)(trial)


def purged_share(trial: Trial) -> Array:
    views = trial.change[:, :, 0]
    return -views.clip(max=0).sum(1) / views.clip(min=0).sum(1)


def purge_steps(trial: Trial) -> Array:
    return (trial.change[:, :, 0] < 0).sum(1).astype(float)


def purge_wait(trial: Trial) -> Array:
    """Hours from the first change to the first views taken."""
    views = trial.change[:, :, 0]
    return (views < 0).argmax(1) - (views != 0).argmax(1).astype(float)


def refilled(trial: Trial) -> Array:
    """Whether views are added again after views were taken."""
    views = trial.change[:, :, 0]
    taken = np.maximum.accumulate(views < 0, axis=1)
    return (taken & (views > 0)).any(1).astype(float)


def below_zero(trial: Trial) -> Array:
    return (trial.values < 0).any((1, 2)).astype(float)
