"""Statistical coherence: figures equal what was put in, and implausible ones are said to be unusual."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fakeengage.cadence import Cadence
from fakeengage.panel import METRICS, Panel
from fakeengage.validation import validate
from fakeengage.validation.aligned import align
from fakeengage.validation.ratios import ratio_findings
from fakeengage.validation.rhythm import fold, rhythm_findings
from fakeengage.validation.statistics import statistic_findings

STEPS = 504  # three weeks from a Monday
Array = np.ndarray[Any, Any]


def _views(
    n: int, rng: np.random.Generator, *, depth: float = 0.7, weekend: float = 1.0, noise: float = 0.2
) -> Array:
    """Poisson counts of accounts with a daily curve exp(depth cos), a weekend factor and log-normal noise."""
    hour = np.arange(STEPS)
    size = np.exp(rng.normal(6, 1.0, (n, 1)))
    rate = size * np.exp(depth * np.cos((hour - rng.integers(0, 24, (n, 1))) / 24 * 2 * np.pi))
    rate = np.where(hour // 24 % 7 >= 5, weekend, 1.0) * rate
    return rng.poisson(rate * rng.lognormal(0, noise, (n, STEPS)))


def _panel(views: Array, *others: Array) -> Panel:
    values = np.stack([views, *others], axis=2).astype(np.float32)
    return Panel.from_arrays(values, metrics=METRICS[: values.shape[2]], start="2024-01-01")


def _figures(panel: Panel) -> dict[str, float]:
    grid = align(panel, np.arange(len(panel)))
    return {found.check: found.figure for found in [*rhythm_findings(grid), *ratio_findings(grid)]}


def test_rhythm_finds_what_was_put_in() -> None:
    figures = _figures(_panel(_views(80, np.random.default_rng(0), weekend=1.3, noise=0.25)))
    curve = np.exp(0.7 * np.cos(np.arange(24) / 24 * 2 * np.pi))
    assert figures["daily_peak_views"] == pytest.approx(curve.max() / curve.mean(), rel=0.08)
    assert figures["daily_trough_views"] == pytest.approx(curve.min() / curve.mean(), rel=0.12)
    assert figures["weekend_views"] == pytest.approx(0.3, abs=0.05)
    # The curve is fitted to the same days, which takes a little of the noise with it.
    assert figures["noise_views"] == pytest.approx(0.25, abs=0.04)
    assert figures["residual_memory_views"] == pytest.approx(0.0, abs=0.08)
    assert figures["loud_hours_views"] < 0.001


def test_ratio_laws_find_what_was_put_in() -> None:
    rng = np.random.default_rng(1)
    views = _views(400, rng)
    mean = views.mean(axis=1, keepdims=True)
    common = rng.normal(size=(400, 1))
    days = np.repeat(rng.normal(0, 0.15, (400, STEPS // 24)), 24, axis=1)
    tie = np.sqrt(0.5)
    likes = 0.05 * (mean / 400) ** 0.1 * np.exp(0.6 * (tie * common + tie * rng.normal(size=(400, 1))) + days)
    comments = 0.01 * np.exp(0.9 * (tie * common + tie * rng.normal(size=(400, 1))))
    panel = _panel(views, rng.poisson(views * likes), rng.poisson(views * comments))
    figures = _figures(panel)
    assert figures["likes_per_view"] == pytest.approx(0.05, rel=0.1)
    assert figures["comments_per_view"] == pytest.approx(0.01, rel=0.15)
    assert figures["likes_per_view_spread"] == pytest.approx(0.6, abs=0.1)
    assert figures["likes_elasticity"] == pytest.approx(1.1, abs=0.1)
    assert figures["likes_per_view_within"] == pytest.approx(0.15, abs=0.02)
    assert figures["comments_per_view_within"] < 0.05
    assert figures["ratio_correlation_likes_comments"] == pytest.approx(0.5, abs=0.12)
    assert figures["size_spread"] == pytest.approx(1.0, abs=0.15)


def _smooth(rng: np.random.Generator) -> Panel:
    return _panel(np.repeat(np.rint(_views(60, rng).mean(axis=1, keepdims=True)), STEPS, axis=1))


def _bursting(rng: np.random.Generator) -> Panel:
    return _panel(_views(60, rng) * np.where(rng.uniform(size=(60, STEPS)) < 0.15, 9, 1))


@pytest.mark.parametrize(
    ("check", "panel"),
    [
        ("daily_peak_views", lambda rng: _panel(_views(60, rng, depth=0.0))),
        ("noise_views", _smooth),
        ("weekend_views", lambda rng: _panel(_views(60, rng, weekend=3.0))),
        ("loud_hours_views", _bursting),
        ("likes_per_view", lambda rng: _panel(*[_views(60, rng)] * 2)),
        ("size_spread", lambda rng: _panel(*[rng.poisson(300, (60, STEPS))] * 2)),
    ],
)
def test_implausible_statistics_are_warnings_and_no_errors(check: str, panel: Any) -> None:
    result = validate(panel(np.random.default_rng(2)))
    row = result.findings[result.findings["check"] == check].iloc[0]
    assert row["severity"] == "warning", row["message"]
    assert "plausible" in row["message"]
    assert row["remedy"]
    assert result.ok


def test_statistics_are_those_of_the_organic_accounts() -> None:
    rng = np.random.default_rng(3)
    views = _views(60, rng)
    fake = np.arange(60) < 20
    views[fake] *= np.where(rng.uniform(size=(20, STEPS)) < 0.3, 9, 1)
    panel = _panel(views)
    both, organic = (
        {f.check: f.figure for f in statistic_findings(panel, labels)}["loud_hours_views"]
        for labels in (None, fake.tolist())
    )
    assert organic < 0.001 < 0.02 < both


def test_series_are_aligned_by_the_hour_of_the_week() -> None:
    """Ragged series: each starts in the column of its own hour, and what is cut is the end."""
    lengths, starts = np.array([30, 200, 50]), 24 * 19_723 + np.array([5, 0, 170])
    data = np.arange(lengths.sum(), dtype=np.float32)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    panel = Panel(data, offsets, starts, ["likes"], ["a", "b", "c"], Cadence())
    grid = align(panel, np.arange(3))
    assert grid.day == 24
    for i in range(3):
        row = grid.values[i, :, 0]
        np.testing.assert_array_equal(row[~np.isnan(row)], panel.block(i)[0])
        assert grid.hours[grid.shifts[i]] == starts[i] % 24
        # 2024-01-01, the day of the second account's first step, was a Monday.
        assert grid.weekdays[grid.shifts[i]] == (starts[i] // 24 - 19_723) % 7
    small = align(panel, np.arange(3), max_cells=60)
    assert len(small.accounts) < 3
    assert not np.isnan(small.values[0, small.shifts[0], 0])


def test_cadences_without_a_day_have_no_rhythm() -> None:
    values = np.random.default_rng(0).poisson(50, (5, 60, 1))
    panel = Panel.from_arrays(values, metrics=["likes"], cadence=Cadence(None))
    assert fold(align(panel, np.arange(5)), "likes") is None
    assert list(rhythm_findings(align(panel, np.arange(5)))) == []
