"""Figures of single accounts by which two simulators can be compared, whatever their random numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fakeengage import Dataset

from . import Twin
from .laws import ATTACKS, HOURS_PER_DAY, PROFILES, SCENARIOS, Bools, Floats, Ints

Figures = dict[str, Floats]
VIEWS, LIKES, COMMENTS, SHARES = range(4)
PER_OWNER = 100
"""Accounts of one owner are in one block of this many."""


@dataclass(frozen=True)
class Sample:
    """Simulated accounts of either simulator; -1 stands for none."""

    values: Floats
    clean: Floats
    profile: Ints
    scenario: Ints
    attack: Ints
    cohort: Ints
    intensity: Floats

    @classmethod
    def of_twin(cls, twin: Twin) -> Sample:
        """Accounts of the NumPy twin."""
        clean = twin.values.copy()
        clean[twin.fakes] = twin.clean_fakes
        return cls(twin.values, clean, twin.profile, twin.scenario, twin.attack, twin.cohort, twin.intensity)

    @classmethod
    def of_dataset(cls, data: Dataset) -> Sample:
        """Accounts of the package, made with ``keep_clean=True``."""
        accounts = data.accounts
        cohorts = {name: k for k, name in enumerate(accounts["cohort_id"].dropna().unique())}
        return cls(
            np.asarray(data.panel.values).transpose(0, 2, 1),
            np.asarray(data.clean).transpose(0, 2, 1),
            _numbers(accounts["profile"], PROFILES),
            _numbers(accounts["scenario"], SCENARIOS),
            _numbers(accounts["attack"], ATTACKS),
            np.array([cohorts.get(name, -1) for name in accounts["cohort_id"]]),
            accounts["intensity"].to_numpy(dtype=float),
        )


def _numbers(names: object, order: tuple[str, ...]) -> Ints:
    number = {name: k for k, name in enumerate(order)}
    return np.array([number.get(name, -1) for name in np.asarray(names, dtype=object)])


def _correlation(a: Floats, b: Floats) -> Floats:
    """Pearson correlation of each row; 0 where a row is flat."""
    a, b = a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
    scale = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
    return np.divide((a * b).sum(axis=1), scale, out=np.zeros(len(a)), where=scale > 0)


def _days(series: Floats) -> Floats:
    """Whole days of each row: (account, day, hour of the day)."""
    whole = series.shape[1] // HOURS_PER_DAY * HOURS_PER_DAY
    return series[:, :whole].reshape(len(series), -1, HOURS_PER_DAY)


def _against_own_hours(views: Floats) -> Floats:
    """Log of each hour over the account's median at that hour of the day."""
    days = np.log1p(_days(views))
    return (days - np.median(days, axis=1, keepdims=True)).reshape(len(views), -1)


def of_organic(counts: Floats) -> Figures:
    """Figures of accounts without attack or scenario, (account, metric, hour) from a Monday's midnight."""
    counts = counts.astype(np.float64)
    views, likes, comments, shares = counts.transpose(1, 0, 2)
    log, total = np.log1p(views), counts.sum(axis=2) + 0.5
    cycle = _days(log).mean(axis=1) @ np.exp(2j * np.pi * np.arange(HOURS_PER_DAY) / HOURS_PER_DAY)
    weekday, half = np.arange(views.shape[1]) // HOURS_PER_DAY % 7, views.shape[1] // 2
    return {
        "log level": np.log(total[:, VIEWS]),
        "zero share of views": (views == 0).mean(axis=1),
        "zero share of comments": (comments == 0).mean(axis=1),
        "sd over mean": views.std(axis=1) / (views.mean(axis=1) + 1e-3),
        "log of largest over median": np.log1p(views.max(axis=1)) - np.log1p(np.median(views, axis=1)),
        "lag-1 autocorrelation": _correlation(log[:, 1:], log[:, :-1]),
        "lag-24 autocorrelation": _correlation(log[:, 24:], log[:, :-24]),
        "sd of hourly steps": np.diff(log, axis=1).std(axis=1),
        "likes per view": np.log(total[:, LIKES] / total[:, VIEWS]),
        "comments per view": np.log(total[:, COMMENTS] / total[:, VIEWS]),
        "shares per view": np.log(total[:, SHARES] / total[:, VIEWS]),
        "correlation of views and likes": _correlation(views, likes),
        "correlation of comments and shares": _correlation(comments, shares),
        "daily amplitude": np.abs(cycle),
        "daily peak": (np.angle(cycle) * 12 / np.pi + 12) % HOURS_PER_DAY,
        "weekend effect": log[:, weekday >= 5].mean(axis=1) - log[:, weekday < 5].mean(axis=1),
        "growth": log[:, half:].mean(axis=1) - log[:, :half].mean(axis=1),
    }


def of_scenario(counts: Floats) -> Figures:
    """Figures that scenarios move, whatever the hour at which they happen."""
    counts = counts.astype(np.float64)
    days = counts.reshape(len(counts), 4, -1, HOURS_PER_DAY).sum(axis=3).clip(0)
    ratio = np.log1p(days[:, LIKES:]) - np.log1p(days[:, :1])
    usual = _against_own_hours(counts[:, VIEWS].clip(0))
    return {
        "log of the highest hour over usual": usual.max(axis=1),
        "log of the lowest hour over usual": usual.min(axis=1),
        "hours far from usual": (np.abs(usual) > 1).mean(axis=1),
        "zero share of likes": (counts[:, LIKES] == 0).mean(axis=1),
        "spread of daily likes per view": ratio[:, 0].std(axis=1),
        "spread of daily comments per view": ratio[:, 1].std(axis=1),
        "taken back": counts.clip(None, 0).sum(axis=(1, 2)) / (1 + counts.clip(0).sum(axis=(1, 2))),
    }


def of_attack(clean: Floats, attacked: Floats, intensity: Floats) -> Figures:
    """Figures of what attacks changed."""
    clean, added = clean.astype(np.float64), attacked.astype(np.float64) - clean
    total, usual = added.sum(axis=2), clean.sum(axis=2) + clean.shape[2] * 0.05
    changed = added != 0
    any_metric = changed.any(axis=1)
    first, last = any_metric.argmax(axis=1), any_metric.shape[1] - any_metric[:, ::-1].argmax(axis=1)
    cells = changed.sum(axis=2)
    views, likes = added[:, VIEWS], added[:, LIKES]
    mean = total[:, LIKES] / cells[:, LIKES].clip(1)
    around = np.where(changed[:, LIKES], (likes - mean[:, None]) ** 2, 0) / (mean**2 + 1)[:, None]
    return {
        "intensity": intensity,
        "added share of views": total[:, VIEWS] / usual[:, VIEWS],
        "added share of likes": total[:, LIKES] / usual[:, LIKES],
        "added share of comments": total[:, COMMENTS] / usual[:, COMMENTS],
        "added share of shares": total[:, SHARES] / usual[:, SHARES],
        "added likes per added view": total[:, LIKES] / (np.abs(total[:, VIEWS]) + 1),
        "changed cells of views": cells[:, VIEWS],
        "changed cells of likes": cells[:, LIKES],
        "first changed hour": first,
        "hours from first to last change": last - first,
        "peak of added views over usual": views.max(axis=1) * clean.shape[2] / usual[:, VIEWS],
        "peak of added likes over usual": likes.max(axis=1) * clean.shape[2] / usual[:, LIKES],
        "most taken back over usual": views.min(axis=1) * clean.shape[2] / usual[:, VIEWS],
        "correlation of added views and likes": _correlation(views, likes),
        "unevenness of added likes": np.sqrt(around.sum(axis=1) / cells[:, LIKES].clip(1)),
        "round total of likes": (total[:, LIKES] % 10 == 0).astype(float),
    }


def of_cohorts(sample: Sample, attack: int) -> Figures:
    """Sizes of the cohorts of one attack, and how far apart their members start."""
    rows = np.flatnonzero((sample.attack == attack) & (sample.cohort >= 0))
    _, member_of, size = np.unique(sample.cohort[rows], return_inverse=True, return_counts=True)
    first = (sample.values[rows] != sample.clean[rows]).any(axis=1).argmax(axis=1).astype(np.float64)
    centre = np.bincount(member_of, first) / size
    variance = np.bincount(member_of, (first - centre[member_of]) ** 2) / size
    several = size > 1
    return {"size of cohorts": size.astype(float), "spread of first hours": np.sqrt(variance[several])}


def of_platform(worlds: list[Sample]) -> Figures:
    """Figures of the course that the accounts of a world share, one per world."""
    shared = []
    for world in worlds:
        rows = world.scenario < 0
        shared.append(np.median(_against_own_hours(world.clean[rows, VIEWS].astype(np.float64)), axis=0))
    course: Bools | Floats = np.array(shared)
    return {
        "sd of the platform's course": course.std(axis=1),
        "lag-1 autocorrelation of the platform's course": _correlation(course[:, 1:], course[:, :-1]),
        "highest hour of the platform": course.max(axis=1),
        "lowest hour of the platform": course.min(axis=1),
    }
