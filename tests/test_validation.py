"""Validation: every planted fault is found, healthy data passes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import fakeengage as fe
from fakeengage.panel import METRICS, Panel
from long_tables import START, healthy_frame, likes_frame, wave

STEPS = 336
Array = np.ndarray[Any, Any]


def _severity(result: Any, check: str) -> str:
    rows = result.findings[result.findings["check"] == check]
    assert len(rows) == 1, result.findings
    return str(rows["severity"].iloc[0])


def _organic(n: int, seed: int = 0) -> Array:
    rng = np.random.default_rng(seed)
    hour = np.arange(STEPS) % 24
    phase = rng.uniform(0, 24, (n, 1))
    rate = np.exp(rng.normal(5, 0.7, (n, 1)) + 0.8 * np.cos((hour - phase) / 24 * 2 * np.pi))
    days = np.repeat(rng.normal(0, 0.5, (n, STEPS // 24)), 24, axis=1)
    rate = rate * np.exp(days + rng.normal(0, 0.25, (n, STEPS)))
    views = rng.poisson(rate)
    likes = rng.binomial(views, rng.uniform(0.02, 0.2, (n, 1)))
    return np.stack([views, likes], axis=2).astype(np.float32)


@dataclass
class Truth:
    """A data set with its truth, small and made by hand."""

    panel: Panel
    accounts: pd.DataFrame
    windows: pd.DataFrame
    mask: Any
    clean: Any
    spec: Any = None


def _truth(n: int = 300, boost: float = 0.6, seed: int = 0) -> Truth:
    rng = np.random.default_rng(seed)
    clean = _organic(n, seed)
    values = clean.copy()
    fake = rng.permutation(n) < n // 3
    rows = []
    for i in np.flatnonzero(fake):
        start = int(rng.integers(100, 200))
        added = 1 + rng.poisson(boost * clean[i, start : start + 30, 0])
        values[i, start : start + 30, 0] += added
        rows.append((i, "single_spike", "views", start, start + 30, float(added.sum())))
    panel = Panel.from_arrays(values, metrics=METRICS[:2])
    accounts = pd.DataFrame({"account_id": np.arange(n), "is_fake": fake})
    windows = pd.DataFrame(rows, columns=["account_id", "attack", "metric", "start", "end", "injected"])
    return Truth(panel, accounts, windows, values != clean, clean)


def test_healthy_tables_pass() -> None:
    result = fe.validate(Panel.from_arrays(_organic(60), metrics=METRICS[:2]).to_frame())
    assert result.ok
    assert list(result.findings.columns) == ["check", "severity", "figure", "message", "remedy"]
    assert set(result.findings["severity"]) <= {"ok", "note"}
    order = result.findings["severity"].map({"error": 0, "warning": 1, "note": 2, "ok": 3})
    assert order.is_monotonic_increasing
    assert str(result).endswith("ok")


def test_a_healthy_data_set_passes_every_check() -> None:
    result = fe.validate(_truth())
    assert result.ok, str(result)
    checks = set(result.findings["check"])
    assert {
        "labels_match_changes",
        "mask_is_change",
        "injected_is_difference",
        "windows_join_changes",
    } <= checks
    assert {"no_lattice", "no_row_order", "no_leak_outside", "no_triviality"} <= checks


@pytest.mark.parametrize(
    ("check", "severity", "spoil"),
    [
        ("gaps", "warning", lambda f: f[(f.index % 30 < 10) | (f.index % 30 > 28)]),
        ("too_short", "error", lambda f: f.groupby("account_id").head(10)),
        ("too_short", "warning", lambda f: f[(f["account_id"] == "a0") | (f.index % STEPS < 10)]),
        ("under_a_week", "warning", lambda f: f.groupby("account_id").head(100)),
        ("duplicates", "warning", lambda f: pd.concat([f, f.iloc[:200]])),
        ("rejected_rows", "warning", lambda f: f.assign(views=np.where(f.index % 20, f["views"], np.inf))),
        ("no_activity", "warning", lambda f: f.assign(views=0, likes=0)),
        ("flat", "warning", lambda f: f.assign(views=7, likes=7)),
        ("fractional", "warning", lambda f: f.assign(views=f["views"] / 7)),
        ("negative", "warning", lambda f: f.assign(views=f["views"].where(f.index % 4 > 0, -1))),
        ("rounded_by_source", "warning", lambda f: f.assign(views=(f["views"] * 20) // 100 * 100)),
        ("likes_above_views", "warning", lambda f: f.assign(likes=f["views"] + 1)),
        ("dispersion_views", "warning", lambda f: f.assign(views=1000 + f.index % 10)),
        ("correlation_views_likes", "warning", lambda f: f.assign(likes=f["views"])),
        ("frozen_counters", "warning", lambda f: f.assign(
            views=f["views"].where(~(f.index % 40).isin([1, 2, 3]), 0).where(f.index % 40 != 4, 900))),
    ],
)  # fmt: skip
def test_faults_of_the_input_are_found(
    check: str, severity: str, spoil: Callable[[pd.DataFrame], pd.DataFrame]
) -> None:
    good = healthy_frame(20, STEPS)
    assert _severity(fe.validate(good), check) in ("ok", "note")
    spoilt = fe.validate(spoil(good), counts="increments")
    assert _severity(spoilt, check) == severity
    row = spoilt.findings[spoilt.findings["check"] == check].iloc[0]
    assert row["remedy"]
    assert spoilt.ok == (severity != "error")


def test_running_totals_are_suspected_and_cadences_told() -> None:
    frame = likes_frame("a", np.cumsum(wave(20)))
    assert _severity(fe.validate(frame, counts="increments"), "counts") == "warning"
    regular = pd.concat([likes_frame(f"h{i}", wave(STEPS)) for i in range(5)])
    minutes = np.cumsum(1 + np.arange(200) * 7919 % 97)
    odd = pd.concat([regular, likes_frame("odd", wave(200), START + 60 * minutes)])
    assert _severity(fe.validate(odd), "cadence") == "warning"


@pytest.mark.parametrize(
    ("check", "spoil"),
    [
        ("labels_match_changes", lambda t: replace(t, accounts=t.accounts.assign(is_fake=False))),
        ("mask_is_change", lambda t: replace(t, mask=np.roll(t.mask, 1, axis=1))),
        ("injected_is_difference", lambda t: replace(t, windows=t.windows.assign(injected=1.0))),
        ("windows_join_changes", lambda t: replace(t, windows=t.windows.assign(end=t.windows["end"] + 5))),
        ("changes_lie_in_windows", lambda t: replace(t, windows=t.windows.iloc[1:])),
        ("no_triviality", lambda _: _truth(boost=30.0)),
    ],
)  # fmt: skip
def test_wrong_labels_are_errors(check: str, spoil: Callable[[Truth], Truth]) -> None:
    result = fe.validate(spoil(_truth()))
    assert _severity(result, check) == "error"
    assert not result.ok


def _spoil_values(truth: Truth, change: Callable[[Array, Array], None]) -> Truth:
    panel, fake = truth.panel, truth.accounts["is_fake"].to_numpy()
    values = np.stack([panel.series("views"), panel.series("likes")], axis=2)
    change(values, fake)
    return replace(truth, panel=Panel.from_arrays(values, metrics=METRICS[:2]), clean=None)


def test_a_lattice_is_an_error() -> None:
    def even(values: Array, fake: Array) -> None:
        values[fake, 100:230, 0] = np.floor(values[fake, 100:230, 0] / 2) * 2

    assert _severity(fe.validate(_spoil_values(_truth(), even)), "no_lattice") == "error"


def test_a_leak_outside_the_windows_is_an_error() -> None:
    def louder(values: Array, fake: Array) -> None:
        values[fake, :90] = np.rint(
            values[fake, :90] * np.random.default_rng(1).lognormal(0, 0.7, (fake.sum(), 90, 1))
        )

    assert _severity(fe.validate(_spoil_values(_truth(), louder)), "no_leak_outside") == "error"


def test_row_order_is_a_leak() -> None:
    truth = _truth()
    order = np.argsort(~truth.accounts["is_fake"].to_numpy(), kind="stable")
    new = np.empty(len(order), dtype=int)
    new[order] = np.arange(len(order))
    windows = truth.windows.assign(account_id=new[truth.windows["account_id"]])
    views, likes = (np.array(truth.panel.series(metric))[order] for metric in ("views", "likes"))
    panel = Panel.from_arrays(np.stack([views, likes], axis=2), metrics=METRICS[:2])
    accounts = truth.accounts.iloc[order].assign(account_id=np.arange(len(order)))
    result = fe.validate(Truth(panel, accounts, windows, truth.mask[order], truth.clean[order]))
    assert _severity(result, "no_row_order") == "error"
    assert not {"windows_join_changes", "mask_is_change"} & set(
        result.findings["check"][result.findings["severity"] == "error"]
    )


@pytest.mark.parametrize(
    "name",
    ["nab_tweets", "reddit_top100", "starscout_fake_events", "starscout_monthly", "uci_news_facebook",
     "uk_petition_2024", "youtube_sakamichi"],
)  # fmt: skip
def test_real_series_have_no_errors(real_data: Callable[[str], Path], name: str) -> None:
    assert fe.validate(real_data(f"{name}.csv.gz")).ok


@pytest.mark.parametrize("preset", ["published", "realistic", "evasive"])
def test_simulated_data_agrees_with_its_labels(preset: str) -> None:
    result = fe.validate(fe.simulate(n_users=400, seed=3, preset=preset, keep_clean=True, missing=0.01))
    errors = result.findings[result.findings["severity"] == "error"]
    assert result.ok, errors.to_string()


def test_a_saved_data_set_is_validated_with_its_labels(tmp_path: Path) -> None:
    data = fe.simulate(n_users=60, seed=4)
    data.save(tmp_path / "data")
    result = fe.validate(tmp_path / "data")
    assert result.ok
    assert "windows_join_changes" in set(result.findings["check"])
    panel = fe.read_panel(tmp_path / "data")
    np.testing.assert_array_equal(panel.data, data.panel.data)
    assert list(panel.is_fake) == list(data.accounts["is_fake"])
    assert len(panel.label_windows) == len(data.windows)
