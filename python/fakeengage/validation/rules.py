"""Rules of one line: if one of them finds the fakes, the data test no detector."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from fakeengage.ranking import auroc
from fakeengage.validation.exam import Exam
from fakeengage.validation.findings import Finding, Severity

Array = NDArray[np.float64]

TRIVIAL = 0.9
"""AUROC that no one-line rule may exceed, but on preset ``blatant``."""


def triviality(exam: Exam) -> Finding:
    """The best one-line rule, in whichever direction it points."""
    areas = {name: auroc(exam.fake, score) for name, score in one_line_rules(exam)}
    name = max(areas, key=lambda rule: max(areas[rule], 1 - areas[rule]))
    area = max(areas[name], 1 - areas[name])
    severity: Severity = "ok" if area <= TRIVIAL else "note" if exam.blatant else "error"
    return Finding(
        "no_triviality",
        severity,
        area,
        f"the best of {len(areas)} one-line rules ({name}) reaches AUROC {area:.2f} (allowed {TRIVIAL})",
        "the attacks are too blatant to test a detector on" if area > TRIVIAL else "",
    )


def one_line_rules(exam: Exam) -> Iterator[tuple[str, Array]]:
    """Name and score of each rule: each metric alone, the largest over metrics, and ties of two metrics."""
    grid = exam.grid
    per_rule: dict[str, list[Array]] = {}
    for metric in grid.metrics:
        for rule, score in _of_metric(grid.metric(metric), grid.day, grid.first):
            per_rule.setdefault(rule, []).append(score)
            yield f"{rule} of {metric}", score
    for rule, scores in per_rule.items():
        if len(scores) > 1:
            yield f"{rule}, largest over metrics", np.max(scores, axis=0)
            yield f"{rule}, smallest over metrics", np.min(scores, axis=0)
    counts = np.nan_to_num(grid.values)
    yield "total volume", counts.sum(axis=(1, 2))
    if "views" not in grid.metrics:
        return
    views = np.nan_to_num(grid.metric("views"))
    for metric in grid.metrics[1:]:
        other = np.nan_to_num(grid.metric(metric))
        yield f"{metric} per view", other.sum(axis=1) / np.maximum(views.sum(axis=1), 1.0)
        yield f"hours with more {metric} than views", (other > views).sum(axis=1).astype(np.float64)
        yield f"correlation of views and {metric}", _correlation(views, other)
        yield (
            f"largest hourly {metric} per view",
            ((other + 0.5) / (np.maximum(views, 0.0) + 0.5)).max(axis=1),
        )


def _of_metric(series: Array, day: int, first: int) -> Iterator[tuple[str, Array]]:
    seen = ~np.isnan(series)
    counts = np.nan_to_num(series)
    n = np.maximum(seen.sum(axis=1), 1)
    mean, largest, total = counts.sum(axis=1) / n, counts.max(axis=1), counts.sum(axis=1)
    centred = np.where(seen, counts - mean[:, None], 0.0)
    sd = np.sqrt((centred**2).sum(axis=1) / n)
    unit = np.maximum(sd, 1e-9)
    # Missing steps sort behind everything and are cut off by the number of seen ones.
    ranked = np.sort(np.where(seen, counts, np.inf), axis=1)
    middle = np.take_along_axis(ranked, ((n - 1) // 2)[:, None], axis=1)[:, 0]
    middle = np.where(np.isfinite(middle), middle, 0.0)
    yield "largest z", (largest - mean) / unit
    yield "largest count over median", largest / np.maximum(middle, 1.0)
    yield "largest count", largest
    yield "sd over mean", sd / np.maximum(np.abs(mean), 1e-9)
    yield "kurtosis", (centred**4).sum(axis=1) / n / unit**4
    yield "skewness", (centred**3).sum(axis=1) / n / unit**3
    yield "volume", total
    yield "largest hour's share", largest / np.maximum(total, 1.0)
    yield "hours above three medians", (counts > 3 * np.maximum(middle, 1.0)[:, None]).sum(axis=1) / n
    yield "hours without a count", (seen & (counts == 0)).sum(axis=1) / n
    yield "longest run of zeros", _longest_run(seen & (counts == 0))
    yield "negative hours", (counts < 0).sum(axis=1).astype(np.float64)
    yield "largest rise", np.diff(counts, axis=1).max(axis=1, initial=0.0) / np.maximum(mean, 1.0)
    yield (
        "memory",
        (centred[:, 1:] * centred[:, :-1]).sum(axis=1) / np.maximum((centred**2).sum(axis=1), 1e-9),
    )
    if day >= 4:
        night = (np.arange(counts.shape[1]) + first) % day < day // 4
        yield "night share", counts[:, night].sum(axis=1) / np.maximum(total, 1.0)
        days = counts[:, : counts.shape[1] // day * day].reshape(len(counts), -1, day).sum(axis=2)
        if days.shape[1]:
            yield "largest day's share", days.max(axis=1) / np.maximum(total, 1.0)


def _longest_run(zero: NDArray[np.bool_]) -> Array:
    run = np.zeros(len(zero))
    longest = np.zeros(len(zero))
    for column in zero.T:
        run = np.where(column, run + 1, 0.0)
        longest = np.maximum(longest, run)
    return longest


def _correlation(x: Array, y: Array) -> Array:
    u, v = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
    power = np.sqrt((u * u).sum(axis=1) * (v * v).sum(axis=1))
    return np.where(power > 0, (u * v).sum(axis=1) / np.maximum(power, 1e-9), 0.0)
