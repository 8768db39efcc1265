"""The part of a panel that an estimate is made from, and the same part of a simulated platform."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fakeengage.panel import METRICS, Panel
from fakeengage.simulation import simulate_range
from fakeengage.simulation_spec import SimulationSpec

MIN_STEPS = 6
"""Observed hours below which an account says nothing about a platform."""

MOST_CELLS = 100_000  # hours of all accounts together: more would cost time and tell no more
_MOST_ACCOUNTS = 1500
_MOST_STEPS = 1008  # six weeks
FEW_ACCOUNTS = 60
"""Below, more accounts are simulated than were given, so that chance says less."""

_WEEK = 168
_DAY = 24


@dataclass(frozen=True)
class Sample:
    """Counts of some accounts, each from its own first hour on.

    Parameters
    ----------
    counts
        ``(n_accounts, n_hours, n_metrics)`` float64; NaN where nothing was read and behind the last hour.
    starts
        ``(n_accounts,)`` hour number of each first reading, counted from 1970-01-01T00:00 UTC.
    metrics
        Names of the last axis.
    """

    counts: NDArray[np.float64]
    starts: NDArray[np.int64]
    metrics: tuple[str, ...]

    @property
    def anchor(self) -> int:
        """Metric that the others are measured against: views, or else the one with most counts."""
        if "views" in self.metrics:
            return self.metrics.index("views")
        totals = np.nansum(np.maximum(self.counts, 0.0), axis=1)
        return int(np.argmax(np.median(totals, axis=0)))

    def repeated(self, times: int) -> Sample:
        """The same accounts several times over: a shape for more simulated accounts."""
        return Sample(np.tile(self.counts, (times, 1, 1)), np.tile(self.starts, times), self.metrics)

    @property
    def hours(self) -> NDArray[np.int64]:
        """``(n_accounts, n_hours)`` hour number of every cell."""
        return self.starts[:, None] + np.arange(self.counts.shape[1])

    @property
    def shares_clock(self) -> bool:
        """Whether all accounts start together."""
        return bool((self.starts == self.starts[0]).all())


def take(panel: Panel) -> Sample:
    """The accounts of `panel` that an estimate can use, evenly thinned out where there are very many.

    Raises
    ------
    ValueError
        If the panel is not hourly, or no account has enough hours.
    """
    if panel.cadence.minutes != 60:
        finer = panel.cadence.minutes is not None and panel.cadence.minutes < 60
        remedy = "read it with resample='1h'" if finer else "give hourly counts, or choose a preset by name"
        raise ValueError(f"data: has steps of {panel.cadence}, but the simulator is hourly; {remedy}")
    if not len(panel):
        raise ValueError("data: holds no account; give a file with at least one series")
    observed = np.array([int((~np.isnan(panel.block(i))).any(axis=0).sum()) for i in range(len(panel))])
    usable = np.flatnonzero((panel.status == "ok") & (observed >= MIN_STEPS))
    if not usable.size:
        raise ValueError(
            f"data: the longest of {len(panel)} accounts has {observed.max()} hours; "
            f"at least one needs {MIN_STEPS}"
        )
    longest = min(int(np.quantile(panel.lengths[usable], 0.98, method="higher")), _MOST_STEPS)
    most = max(1, min(_MOST_ACCOUNTS, MOST_CELLS // longest))
    if usable.size > most:
        usable = usable[np.linspace(0, usable.size - 1, most).astype(np.int64)]
    counts = np.full((usable.size, longest, len(panel.metrics)), np.nan)
    for row, i in enumerate(usable):
        block = panel.block(int(i))[:, :longest]
        counts[row, : block.shape[1]] = block.T
    sample = Sample(counts, panel.starts[usable], panel.metrics)
    if not np.nansum(np.maximum(counts, 0.0)) > 0:
        raise ValueError("data: every count is zero; there is nothing to estimate from")
    return sample


@dataclass(frozen=True)
class _Started(SimulationSpec):
    """A spec that was checked once, at another start: checking it anew would take most of the time."""

    text: str = ""

    def __post_init__(self) -> None:
        pass

    def payload(self) -> str:
        return self.text


def mirror(
    sample: Sample,
    seed: int,
    preset: str = "realistic",
    overrides: dict[str, Any] | None = None,
    *,
    n_worlds: int = 1,
    threads: int | None = None,
    most_starts: int = _WEEK,
) -> Sample:
    """Organic accounts of a preset with the starts, lengths, gaps and metrics of `sample`.

    The hour of the week of each start is kept (for series under a week, or where there are more than
    `most_starts` of them: the hour of the day).
    """
    n, n_hours, _ = sample.counts.shape
    weekly = n_hours >= _WEEK and len(np.unique(sample.starts % _WEEK)) <= most_starts
    # Any Monday will do, but one clock keeps its date.
    begin = sample.starts if sample.shares_clock else _in_january(sample.starts, _WEEK if weekly else _DAY)
    order = np.argsort(begin, kind="stable")
    edges = np.flatnonzero(np.diff(begin[order], prepend=begin.min() - 1))
    kept = [METRICS.index(metric) for metric in sample.metrics]
    made = np.empty_like(sample.counts)
    spec = SimulationSpec(
        preset=preset,
        seed=seed,
        length=max(n_hours, 2),
        fake_ratio=0.0,
        n_worlds=n_worlds,
        overrides=overrides or {},
    )
    tree = json.loads(spec.payload())
    for first, last in zip(edges, [*edges[1:], n], strict=True):
        rows = order[first:last]
        step = int(begin[rows[0]])
        started = _Started(
            **{**spec.to_dict(), "start": str(np.datetime64(step * 3600, "s"))},
            text=json.dumps({**tree, "start": step}),
        )
        part = simulate_range(started, int(first), int(last), threads=threads)
        made[rows] = np.asarray(part.panel.values)[:, :n_hours, kept]
    made[np.isnan(sample.counts)] = np.nan
    return Sample(made, begin, sample.metrics)


def _in_january(starts: NDArray[np.int64], cycle: int) -> NDArray[np.int64]:
    """The same hour of the week or of the day, in the first week of 2024."""
    monday = 19_723 * _DAY  # 2024-01-01, counted from 1970-01-01
    return np.asarray(monday + (starts - monday) % cycle, dtype=np.int64)
