"""Statistical coherence: do the series vary the way engagement does?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fakeengage.panel import Panel
from fakeengage.validation.aligned import align
from fakeengage.validation.findings import Finding, plain
from fakeengage.validation.quality import sample_of
from fakeengage.validation.ratios import ratio_findings
from fakeengage.validation.rhythm import rhythm_findings

_MIN_STEPS = 48
_GRID_CELLS = 6_000_000
_MIN_MEAN = 5.0  # counts per step below which dispersion says nothing but the size of the counts


def statistic_findings(panel: Panel, fake: Sequence[Any] | None = None) -> list[Finding]:
    """Findings on dispersion, tails, cycles, ratios and the ties between metrics.

    Parameters
    ----------
    panel
        Any panel.
    fake
        Labels, one per account: accounts called fake are left out.
    """
    sample = sample_of(panel)
    if fake is not None:
        organic = np.array([label is None or not label for label in fake], dtype=bool)
        sample = sample[organic[sample]]
    found: list[Finding] = []
    for metric in panel.metrics:
        k = panel.metrics.index(metric)
        series = [s for i in sample if (s := _known(panel, int(i), k)).size >= _MIN_STEPS]
        if series:
            found += _of_metric(metric, series)
    found += _cycle(panel, sample)
    found += _ties(panel, sample)
    if len(sample):
        grid = align(panel, sample, _GRID_CELLS)
        found += [*rhythm_findings(grid), *ratio_findings(grid)]
    return found


def _known(panel: Panel, i: int, k: int) -> NDArray[np.float64]:
    series: NDArray[np.float64] = panel.block(i)[k].astype(np.float64)
    return series[~np.isnan(series)]


def _of_metric(metric: str, series: list[NDArray[np.float64]]) -> Iterator[Finding]:
    busy = [s for s in series if s.mean() >= _MIN_MEAN]
    if busy:
        # Differences of neighbours, so that trend and cycle do not count as dispersion; Poisson gives 1.
        index = float(np.median([np.diff(s).var() / (2 * s.mean()) for s in busy]))
        thin = index < 0.5
        yield Finding(
            f"dispersion_{metric}",
            "warning" if thin else "note",
            index,
            f"{metric} vary {plain(index)} times as much between neighbours as chance (median account)",
            "less than chance allows: are these smoothed, predicted or generated numbers?" if thin else "",
        )
        tail = float(np.median([s.max() / max(np.median(s), 1.0) for s in busy]))
        yield Finding(
            f"tail_{metric}",
            "note",
            tail,
            f"the largest step of {metric} is {plain(tail)} times the usual one (median account)",
        )
        memory = float(np.median([_lag_one(s) for s in busy]))
        repeated = memory > 0.995
        yield Finding(
            f"memory_{metric}",
            "warning" if repeated else "note",
            memory,
            f"neighbouring steps of {metric} correlate by {memory:.2f} (median account)",
            "so smooth a series is interpolated or a running total" if repeated else "",
        )


def _lag_one(series: NDArray[np.float64]) -> float:
    centred = np.log1p(np.maximum(series, 0.0))
    centred = centred - centred.mean()
    power = float(centred @ centred)
    return float(centred[1:] @ centred[:-1]) / power if power > 0 else 0.0


def _cycle(panel: Panel, sample: NDArray[np.int64]) -> Iterator[Finding]:
    day = panel.cadence.steps_per_day
    if day < 4:
        return
    strengths = []
    for i in sample:
        block = panel.block(int(i))
        if block.shape[1] < 7 * day:
            continue
        logs = np.log1p(np.maximum(block, 0.0)).astype(np.float64)
        hour = (panel.starts[i] + np.arange(block.shape[1])) % day
        for row in logs:
            seen = ~np.isnan(row)
            if seen.sum() < 5 * day or not row[seen].any():
                continue
            n = np.bincount(hour[seen], minlength=day)
            means = np.bincount(hour[seen], row[seen], minlength=day) / np.maximum(n, 1)
            total = row[seen].var()
            if total > 0:
                explained = float((n * (means - row[seen].mean()) ** 2).sum() / n.sum() / total)
                expected = (day - 1) / seen.sum()  # what pure chance explains
                strengths.append(max(0.0, (explained - expected) / (1 - expected)))
    if not strengths:
        return
    strength = float(np.median(strengths))
    yield Finding(
        "daily_cycle",
        "note",
        strength,
        f"the hour of the day explains {100 * strength:.0f} % of the variation (median series)",
        "no daily rhythm: are the timestamps real, in one time zone?" if strength < 0.01 else "",
    )


def _ties(panel: Panel, sample: NDArray[np.int64]) -> Iterator[Finding]:
    m = len(panel.metrics)
    for a in range(m):
        for b in range(a + 1, m):
            found = []
            for i in sample:
                x, y = panel.block(int(i))[[a, b]].astype(np.float64)
                seen = ~np.isnan(x) & ~np.isnan(y)
                x, y = x[seen], y[seen]
                if x.size >= _MIN_STEPS and (x != x[0]).any() and (y != y[0]).any():
                    found.append(float(np.corrcoef(x, y)[0, 1]))
            if not found:
                continue
            names = f"{panel.metrics[a]}_{panel.metrics[b]}"
            mean = float(np.mean(found))
            copied = float(np.mean(np.abs(found) > 0.9999))
            yield Finding(
                f"correlation_{names}",
                "warning" if copied > 0.05 else "note",
                mean,
                f"{panel.metrics[a]} and {panel.metrics[b]} correlate by {mean:.2f} (mean over accounts)",
                f"proportional in {100 * copied:.0f} % of the accounts: is one computed from the other?"
                if copied > 0.05
                else "",
            )
