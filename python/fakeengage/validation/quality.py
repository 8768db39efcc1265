"""Quality of the input: what is missing, doubled, frozen, too short or impossible."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from fakeengage.panel import Panel
from fakeengage.validation.findings import Finding, graded, share

MIN_STEPS = 14
"""Observed steps below which no expectation is fitted."""

SAMPLE = 2000
"""Accounts looked at one by one, evenly spread over the panel."""

_FROZEN_STEPS = 3  # silent steps in a row ...
_BUSY = 20.0  # ... of an account whose usual step has at least so many counts
_ROUND_FROM = 1000.0


def sample_of(panel: Panel) -> NDArray[np.int64]:
    """Positions of the accounts looked at one by one."""
    usable = np.flatnonzero((panel.status == "ok") & (panel.lengths > 0))
    if len(usable) <= SAMPLE:
        return usable
    return usable[np.linspace(0, len(usable) - 1, SAMPLE).astype(np.int64)]


def quality_findings(panel: Panel) -> list[Finding]:
    """Findings on the quality of a panel and on how it was read."""
    return [*_reading(panel), *_extent(panel), *_values(panel)]


def _reading(panel: Panel) -> Iterator[Finding]:
    report = panel.reading
    if report is None:
        return
    rejected = report.n_rejected / max(report.n_rows, 1)
    common = report.rejected["reason"].value_counts()
    why = f", mostly: {common.index[0]}" if len(common) else ""
    yield Finding(
        "rejected_rows",
        graded(rejected, 0.0, 0.01, 0.5),
        rejected,
        f"{report.n_rejected:,} of {report.n_rows:,} rows cannot be used in full ({share(rejected)}){why}",
        "see rejected.csv; mend the source or name its columns" if rejected else "",
    )
    doubled = report.duplicates / max(report.n_rows, 1)
    yield Finding(
        "duplicates",
        graded(doubled, 0.0, 0.01),
        doubled,
        f"{report.duplicates:,} rows repeat an account and step; the last one counts",
        "for one row per action use --from-events, for snapshots --resample 1h" if doubled > 0.01 else "",
    )
    irregular = report.irregular_accounts / max(len(panel), 1)
    yield Finding(
        "cadence",
        graded(irregular, 0.0, 0.05, 0.5),
        irregular,
        f"one step is {report.cadence}; {report.irregular_accounts:,} accounts do not keep it",
        "--resample 1h turns irregular readings into steps" if irregular else "",
    )
    for metric, kind in report.counts.items():
        if kind == "cumulative":
            yield Finding(
                "counts",
                "note",
                1.0,
                f"{metric} is a running total, read as differences",
                f"--counts increments if {metric} holds counts per step",
            )
    if report.increments_over_gaps:
        yield Finding(
            "increments_over_gaps",
            "note",
            float(report.increments_over_gaps),
            f"{report.increments_over_gaps:,} increments span several steps and are missing",
            "--resample 1h interpolates short pauses; --gaps zero puts all into the last step",
        )
    if report.rounded:
        yield Finding(
            "rounded",
            "note",
            float(report.rounded),
            f"{report.rounded:,} counts above 16,777,216 are rounded",
            "--counts cumulative if these are running totals",
        )


def _extent(panel: Panel) -> Iterator[Finding]:
    n = max(len(panel), 1)
    unusable = float((panel.status == "unusable").mean()) if len(panel) else 1.0
    yield Finding(
        "unusable_accounts",
        graded(unusable, 0.0, 0.05, 0.5),
        unusable,
        f"{round(unusable * n):,} of {len(panel):,} accounts have no usable reading",
        "see rejected.csv" if unusable else "",
    )
    m = len(panel.metrics)
    observed = np.zeros(len(panel), np.int64)
    holes = 0
    for i in np.flatnonzero(panel.lengths > 0):
        seen = ~np.isnan(panel.block(int(i)))
        observed[i] = int(seen.sum(axis=1).max())
        holes += seen.size - int(seen.sum())
    missing = holes / max(int(panel.lengths.sum()) * m, 1)
    yield Finding(
        "gaps",
        graded(missing, 0.0, 0.2),
        missing,
        f"{share(missing)} of the cells between first and last reading are missing",
        "--gaps zero if a missing row means that nothing happened" if missing > 0.01 else "",
    )
    week = 7 * panel.cadence.steps_per_day or MIN_STEPS
    judged = observed[panel.status == "ok"]
    hopeless = float((judged < MIN_STEPS).mean()) if len(judged) else 1.0
    yield Finding(
        "too_short",
        "error" if hopeless == 1.0 else graded(hopeless, 0.0, 0.2),
        hopeless,
        f"{share(hopeless)} of the accounts have fewer than {MIN_STEPS} observed steps and cannot be judged",
        "give longer series" if hopeless else "",
    )
    short = float((judged < week).mean()) if len(judged) else 1.0
    if week > MIN_STEPS:
        yield Finding(
            "under_a_week",
            graded(short, 0.0, 0.5),
            short,
            f"{share(short)} of the accounts have less than 7 days, too little for a weekly cycle",
            "give at least 14 days for firm verdicts" if short else "",
        )


def _values(panel: Panel) -> Iterator[Finding]:
    sample = sample_of(panel)
    if len(sample) == 0:
        return
    flat = np.zeros(len(sample), dtype=bool)
    idle = np.zeros(len(sample), dtype=bool)
    frozen = np.zeros(len(sample), dtype=bool)
    rises: dict[str, list[bool]] = {metric: [] for metric in panel.metrics}
    cells = negative = broken = large = rounded = 0
    for row, i in enumerate(sample):
        block = panel.block(int(i))
        known = block[~np.isnan(block)]
        cells += known.size
        negative += int((known < 0).sum())
        broken += int((known != np.rint(known)).sum())
        big = known[known >= _ROUND_FROM]
        large += big.size
        rounded += int((big % 100 == 0).sum())
        idle[row] = not known.any()
        # Flat means all values of each metric equal, and not all of them zero.
        flat[row] = not idle[row] and all(_is_flat(series) for series in block)
        frozen[row] = any(_freezes(series) for series in block)
        for metric, series in zip(panel.metrics, block, strict=True):
            change = np.diff(series[~np.isnan(series)])
            if (change != 0).sum() >= 12:
                rises[metric].append(bool((change >= 0).all()))
    yield Finding(
        "no_activity",
        graded(float(idle.mean()), 0.0, 0.3),
        float(idle.mean()),
        f"{share(float(idle.mean()))} of the accounts never have a count above zero",
        "leave them out, or check the column mapping" if idle.any() else "",
    )
    yield Finding(
        "flat",
        graded(float(flat.mean()), 0.0, 0.05),
        float(flat.mean()),
        f"{share(float(flat.mean()))} of the accounts show the same count in every step",
        "check whether the source fills gaps with the last value" if flat.any() else "",
    )
    yield Finding(
        "frozen_counters",
        graded(float(frozen.mean()), 0.0, 0.1),
        float(frozen.mean()),
        f"{share(float(frozen.mean()))} of the accounts go silent for {_FROZEN_STEPS} steps, then catch up",
        "counters that freeze look like bursts: mark outages, or drop those hours" if frozen.any() else "",
    )
    falling = negative / max(cells, 1)
    yield Finding(
        "negative",
        graded(falling, 0.0, 0.05, 0.4),
        falling,
        f"{share(falling)} of the counts are negative (corrections by the platform)",
        "so often they are no counts per step: check the column" if falling > 0.05 else "",
    )
    fractional = broken / max(cells, 1)
    yield Finding(
        "fractional",
        graded(fractional, 0.0, 0.01),
        fractional,
        f"{share(fractional)} of the counts are no whole numbers",
        "give counts, not averages, shares or thousands" if fractional else "",
    )
    coarse = rounded / large if large >= 100 else 0.0
    yield Finding(
        "rounded_by_source",
        graded(coarse, 0.2, 0.5),
        coarse,
        f"{share(coarse)} of the counts from 1,000 on are multiples of 100",
        "the source rounds its counters; small changes cannot be seen" if coarse > 0.2 else "",
    )
    for metric, never_falls in rises.items():
        kind = panel.reading.counts.get(metric) if panel.reading else None
        if kind != "cumulative" and len(never_falls) >= 1 and np.mean(never_falls) > 0.5:
            yield Finding(
                "counts",
                "warning",
                float(np.mean(never_falls)),
                f"{metric} never falls in {share(float(np.mean(never_falls)))} of the varying accounts",
                "--counts cumulative if it is a running total",
            )
    yield from _likes_over_views(panel, sample)


def _is_flat(series: NDArray[np.float32]) -> bool:
    known = series[~np.isnan(series)]
    return known.size >= 2 and bool((known == known[0]).all())


def _freezes(series: NDArray[np.float32]) -> bool:
    known = series[~np.isnan(series)]
    if known.size < MIN_STEPS or np.median(known) < _BUSY:
        return False
    silent = np.convolve(known == 0, np.ones(_FROZEN_STEPS), mode="valid") == _FROZEN_STEPS
    ends = np.flatnonzero(silent[:-1] & ~silent[1:]) + _FROZEN_STEPS
    return bool((known[ends] > 2 * np.median(known)).any())


def _likes_over_views(panel: Panel, sample: NDArray[np.int64]) -> Iterator[Finding]:
    if not {"views", "likes"} <= set(panel.metrics):
        return
    v, k = panel.metrics.index("views"), panel.metrics.index("likes")
    above = both = whole = 0
    for i in sample:
        views, likes = panel.block(int(i))[v], panel.block(int(i))[k]
        seen = ~np.isnan(views) & ~np.isnan(likes)
        above += int((likes[seen] > views[seen]).sum())
        both += int(seen.sum())
        whole += bool(likes[seen].sum(dtype=float) > views[seen].sum(dtype=float))
    steps, accounts = above / max(both, 1), whole / len(sample)
    yield Finding(
        "likes_above_views",
        graded(accounts, 0.0, 0.02) if accounts else graded(steps, 0.0, 0.05),
        steps,
        f"likes exceed views in {share(steps)} of the steps, in total for {share(accounts)} of the accounts",
        "view counters lag, or likes of other places are counted: check both columns" if steps > 0.01 else "",
    )
