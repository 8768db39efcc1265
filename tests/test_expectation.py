"""The expectation of a series, what stands out of it, and what a platform has in common."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import fakeengage as fe
from fakeengage.cadence import Cadence
from fakeengage.expectation import WINDOW_Z, platform_sketch, predict_steps


def counts(n_accounts: int, n_steps: int = 336, mean: float = 40.0, seed: int = 0) -> np.ndarray:
    """Over-dispersed counts with a daily cycle, ``(n_accounts, n_steps, 1)``."""
    rng = np.random.default_rng(seed)
    rate = mean * (1 + 0.5 * np.sin(2 * np.pi * np.arange(n_steps) / 24))
    return rng.poisson(rate * rng.gamma(30, 1 / 30, (n_accounts, n_steps)))[..., None].astype(float)


def panel(values: np.ndarray, **options) -> fe.Panel:
    return fe.Panel.from_arrays(values, metrics=["views", "likes"][: values.shape[2]], **options)


def test_columns_and_shapes_are_those_documented():
    found = fe.fit_expectation(panel(np.concatenate([counts(3), counts(3, seed=1)], axis=2)))
    assert found.expected.shape == found.log_sd.shape == found.hour_z.shape == (3 * 2 * 336,)
    assert found.expected.dtype == np.float32
    assert " ".join(found.windows) == (
        "account metric start end z observed expected excess excess_low excess_high"
    )
    assert " ".join(found.summary) == (
        "account metric n_observed max_z joint_z p_block p_peak slow_start slow_end slow_score "
        "detectable_share level_sd level_hours noise_sd"
    )
    assert found.summary["metric"].tolist() == ["views", "likes"] * 3


def test_a_window_is_found_on_the_clock_with_its_volume():
    values = counts(2)
    added = np.round(values[1, 100:112, 0] * 3)
    values[1, 100:112, 0] += added
    found = fe.fit_expectation(panel(values, start="2024-01-01"))
    windows = found.windows[found.windows["account"] == 1]
    best = windows.loc[windows["z"].idxmax()]
    first = Cadence().step_of("2024-01-01")
    assert abs(best["start"] - first - 100) <= 2
    assert abs(best["end"] - first - 112) <= 2
    assert best["z"] >= WINDOW_Z
    assert best["excess"] == pytest.approx(added.sum(), rel=0.2)
    assert best["excess"] == pytest.approx(best["observed"] - best["expected"])
    hours = found.hour_z.reshape(2, 336)
    assert hours[1, 100:112].min() > np.quantile(hours[1], 0.9) - 0.5


def test_ninety_percent_intervals_hold_the_volume():
    values = counts(100)
    added = np.random.default_rng(1).poisson(120, (100, 12))
    values[:, 150:162, 0] += added
    found = fe.fit_expectation(panel(values)).windows
    best = found.loc[found.groupby("account")["z"].idxmax()]
    assert len(best) == 100
    truth = added.sum(axis=1)[best["account"]]
    assert ((best["excess_low"] <= truth) & (truth <= best["excess_high"])).mean() >= 0.85
    assert np.median(best["excess"] / truth) == pytest.approx(1, abs=0.05)


def test_a_slow_feed_is_placed_though_no_bridge_sees_it():
    values = counts(20, mean=60)
    added = np.random.default_rng(5).poisson(60, (20, 72))
    organic = fe.fit_expectation(panel(values)).summary["slow_score"]
    values[:, 150:222, 0] += added
    start = Cadence().step_of("2024-01-01")
    slow = fe.fit_expectation(panel(values, start="2024-01-01")).summary
    assert slow["slow_score"].median() > 1.2 > 0.8 > organic.abs().median()
    assert (slow["slow_start"] - start - 150).abs().median() <= 12
    assert (slow["slow_end"] - start - 222).abs().median() <= 12


def test_a_purge_is_an_outlier_among_the_accounts_own_peaks():
    values = counts(40)
    calm = fe.fit_expectation(panel(values)).summary["p_peak"]
    assert (calm < 0.05).mean() <= 0.1
    values[:, 200:206, 0] -= 150
    purged = fe.fit_expectation(panel(values)).summary["p_peak"]
    assert (purged < 0.05).mean() >= 0.8


def test_missing_short_and_monthly_series():
    values = counts(4, 60)
    values[0, 20:40] = np.nan
    values[1, 10:] = np.nan
    found = fe.fit_expectation(panel(values, cadence=Cadence(None)))
    expected = found.expected.reshape(4, 60)
    assert np.isfinite(expected[[0, 2, 3]]).all()
    assert np.isnan(expected[1]).all()
    assert np.isnan(found.hour_z.reshape(4, 60)[0, 20:40]).all()
    assert found.summary["max_z"].isna().tolist() == [False, True, False, False]
    assert found.summary["joint_z"].isna().all()
    assert found.summary["level_hours"].dropna().min() > 730


def test_an_account_alone_has_the_bits_of_any_batch_and_thread_count():
    batch = panel(counts(7))
    whole = fe.fit_expectation(batch, threads=3)
    for i in (0, 6):
        alone = fe.fit_expectation(batch.select([i]), threads=1)
        assert alone.hour_z.tobytes() == whole.hour_z.reshape(7, -1)[i].tobytes()
        mine = whole.summary[whole.summary["account"] == i].drop(columns="account").reset_index(drop=True)
        pd.testing.assert_frame_equal(alone.summary.drop(columns="account"), mine, check_exact=True)
    assert fe.fit_expectation(batch.select([])).windows.empty


def test_platform_factor_adds_up_in_any_order_and_calms_the_batch():
    values = counts(30)
    values[:, 200:208] *= 3
    batch = panel(values)
    own = fe.fit_expectation(batch)
    factor = fe.platform_factor(batch, own)
    assert factor is not None
    assert factor.log_factor[200:208].mean() == pytest.approx(np.log(3), abs=0.15)
    assert np.median(np.abs(np.delete(factor.log_factor, np.s_[195:215]))) < 0.1
    assert (factor.n_partners == 30).all()
    parts = []
    for accounts in (range(10), range(10, 30)):
        part = batch.select(list(accounts))
        parts.append(platform_sketch(part, fe.fit_expectation(part)))
    for merged in (parts[0].merge(parts[1]), parts[1].merge(parts[0])):
        assert (merged.counts == factor.counts).all()
    together = fe.fit_expectation(batch, platform=factor)
    assert together.summary["max_z"].median() < 0.5 * own.summary["max_z"].median()
    few = batch.select([0, 1, 2, 3])
    assert fe.platform_factor(few, fe.fit_expectation(few)) is None
    far = fe.Panel(
        batch.data, batch.offsets, batch.starts * np.arange(1, 31), batch.metrics, batch.account_ids
    )
    assert fe.platform_factor(far, own) is None


def test_left_out_steps_are_predicted_from_the_rest():
    values = counts(20)
    truth = values[:, 150:174, 0].copy()
    values[:, 150:174] = np.nan
    mean, variance = predict_steps(panel(values))
    mean, variance = (a.reshape(20, 336)[:, 150:174] for a in (mean, variance))
    z = np.log((truth + 0.5) / (mean + 0.5)) / np.sqrt(1 / (mean + 0.5) + variance)
    assert abs(z.mean()) < 0.2
    assert 0.8 < z.std() < 1.2


def test_bands_hold_on_left_out_days_of_real_videos(real_data: Callable[[str], Path]) -> None:
    folder = real_data("youtube_sakamichi.csv.gz").parent
    path = Path(__file__).resolve().parent.parent / "benches" / "expectation_coverage.py"
    spec = importlib.util.spec_from_file_location("expectation_coverage", path)
    assert spec is not None
    assert spec.loader is not None
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)
    found = bench.measure(bench.load(folder, "sakamichi"), 24)
    score, inside_90, inside_99 = found["full"].mean(axis=0)
    assert 0.84 <= inside_90 <= 0.96
    assert 0.95 <= inside_99 <= 1
    assert score > found["median"][:, 0].mean() + 0.2
