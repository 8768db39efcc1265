"""Labelled data as an exam: each planted way to cheat fails its own check, clean data passes all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import fakeengage as fe
from fakeengage.cli.app import app
from fakeengage.panel import Panel
from fakeengage.ranking import auroc
from fakeengage.validation import exam_findings
from fakeengage.validation.exam import exam_of_dataset, exam_of_panel, joined
from fakeengage.validation.leaks import divisibility
from fakeengage.validation.outside import lend_windows, outside_features
from fakeengage.validation.probes import probe
from fakeengage.validation.rules import one_line_rules

CHECKS = ("no_lattice", "no_decimals", "no_row_order", "no_leak_outside", "no_triviality")
Array = np.ndarray[Any, Any]


@cache
def _clean() -> fe.Dataset:
    return fe.simulate(n_users=900, seed=11, keep_clean=True)


def _severities(dataset: fe.Dataset) -> dict[str, str]:
    return {found.check: found.severity for found in exam_findings(exam_of_dataset(dataset))}


def _with_values(data: fe.Dataset, values: Array) -> fe.Dataset:
    return replace(data, panel=Panel.from_arrays(values, account_ids=data.panel.account_ids), clean=None)


def _ordered(data: fe.Dataset, order: Array) -> fe.Dataset:
    return replace(
        data,
        panel=data.panel.select(order),
        accounts=data.accounts.iloc[order],
        mask=data.mask[order],
        clean=None,
    )


def _multiplied(data: fe.Dataset) -> fe.Dataset:
    """The organic count times three instead of a draw."""
    return _with_values(data, np.where(data.mask, 3 * np.asarray(data.clean), data.panel.values))


def _half(data: fe.Dataset) -> fe.Dataset:
    return _with_values(data, data.panel.values + 0.5 * data.mask)


def _sorted(data: fe.Dataset) -> fe.Dataset:
    return _ordered(data, np.argsort(data.accounts["is_fake"].to_numpy(), kind="stable"))


def _every_third(data: fe.Dataset) -> fe.Dataset:
    """Every third account is fake as long as there are fakes."""
    fake = data.accounts["is_fake"].to_numpy()
    fakes, normals = np.flatnonzero(fake), np.flatnonzero(~fake)
    n = min(len(fakes), len(normals) // 2)
    mixed = np.stack([fakes[:n], normals[:n], normals[n : 2 * n]], axis=1)
    return _ordered(data, mixed.ravel())


def _redrawn(data: fe.Dataset) -> fe.Dataset:
    """Likes and comments of a fake drawn anew from its views, in all hours: the ratio forgets its wander."""
    rng = np.random.default_rng(0)
    values = data.panel.values.copy()
    fake = data.accounts["is_fake"].to_numpy()
    views = np.maximum(values[fake, :, 0], 0)
    for metric in (1, 2):
        ratio = values[fake, :, metric].sum(axis=1) / np.maximum(views.sum(axis=1), 1)
        values[fake, :, metric] = rng.poisson(np.maximum(ratio, 0)[:, None] * views)
    return _with_values(data, values)


def _tell(data: fe.Dataset) -> fe.Dataset:
    """One hour of every fake, inside a window, has more likes than any hour should."""
    rng = np.random.default_rng(0)
    values = data.panel.values.copy()
    for i in np.flatnonzero(data.mask.any(axis=(1, 2))):
        step = np.flatnonzero(data.mask[i].any(axis=1))[0]
        values[i, step, 1] = rng.poisson(40 * values[i, :, 1].max() + 100)
    return _with_values(data, values)


@pytest.mark.parametrize(
    ("check", "plant"),
    [
        ("no_lattice", _multiplied),
        ("no_decimals", _half),
        ("no_row_order", _sorted),
        ("no_row_order", _every_third),
        ("no_leak_outside", _redrawn),
        ("no_triviality", _tell),
    ],
)
def test_a_planted_leak_fails_its_own_check(check: str, plant: Callable[[fe.Dataset], fe.Dataset]) -> None:
    found = _severities(plant(_clean()))
    assert [name for name, severity in found.items() if severity == "error"] == [check]


def test_clean_data_pass_every_check() -> None:
    found = _severities(_clean())
    assert set(found) == set(CHECKS)
    assert set(found.values()) <= {"ok", "warning"}


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["published", "realistic", "evasive", "blatant"])
def test_presets_leak_nothing_at_four_thousand_accounts(preset: str) -> None:
    data = fe.simulate(n_users=4000, seed=5, preset=preset, n_worlds=40 if preset == "realistic" else 1)
    result = fe.validate(data)
    figures = result.findings.set_index("check")["figure"]
    assert result.ok, str(result)
    assert (figures[list(CHECKS[:4])] <= 0.55).all()
    assert preset == "blatant" or figures["no_triviality"] < 0.9


def test_statistics_of_presets_are_plausible() -> None:
    """No band may call a shipped preset unusual; bands are those of organic accounts."""
    for preset in ("published", "evasive", "blatant"):
        found = fe.validate(fe.simulate(n_users=600, seed=2, preset=preset)).findings
        statistics = found[found["message"].str.contains("measured elsewhere")]
        assert len(statistics) > 20
        assert set(statistics["severity"]) == {"note"}, statistics[
            statistics["severity"] != "note"
        ].to_string()


def _csv(data: fe.Dataset, path: Path) -> Path:
    data.to_frame(labels=True).to_csv(path, index=False)
    return path


def test_a_users_labels_are_an_exam_too(tmp_path: Path) -> None:
    data = fe.simulate(n_users=200, seed=4)
    good = fe.read_panel(_csv(data, tmp_path / "good.csv"))
    exam = exam_of_panel(good)
    assert exam is not None
    assert exam.hidden is not None
    assert exam.comparable
    # One span per account in the table: what was attacked lies inside it.
    attacked = data.mask.any(axis=2)
    np.testing.assert_array_equal(exam.hidden[attacked], True)
    assert not exam.hidden[~data.accounts["is_fake"].to_numpy()].any()
    assert set(CHECKS) <= set(fe.validate(good).findings["check"])
    bad = _csv(_half(data), tmp_path / "bad.csv")
    runner = CliRunner()
    assert runner.invoke(app, ["validate", str(tmp_path / "good.csv")]).exit_code == 0
    broken = runner.invoke(app, ["validate", str(bad)])
    assert broken.exit_code == 1
    assert "no_decimals" in broken.output


def test_labels_without_windows_are_said_to_lack_them() -> None:
    frame = (
        fe.simulate(n_users=100, seed=4).to_frame(labels=True).drop(columns=["window_start", "window_end"])
    )
    found = fe.validate(frame).findings.set_index("check")
    assert found.loc["no_leak_outside", "severity"] == "note"
    assert "window_start" in found.loc["no_leak_outside", "remedy"]


def test_few_labels_are_no_exam() -> None:
    found = fe.validate(fe.simulate(n_users=40, seed=4)).findings
    assert "exam" in set(found["check"])
    assert not set(CHECKS) & set(found["check"])


def test_accounts_of_other_kinds_are_no_fault_of_the_data() -> None:
    """Fakes that are younger and louder than normals: a warning where lengths differ, an error where not."""
    data = _redrawn(_clean())
    exam = exam_of_dataset(data)
    assert {f.check: f.severity for f in exam_findings(exam)}["no_leak_outside"] == "error"
    ragged = replace(exam, comparable=False)
    assert {f.check: f.severity for f in exam_findings(ragged)}["no_leak_outside"] == "warning"


def test_divisibility_does_not_tell_how_large_an_account_is() -> None:
    rng = np.random.default_rng(3)
    size = np.repeat([40.0, 300.0, 4000.0], 700)
    values = rng.negative_binomial(4, 4 / (4 + size[:, None, None]), (len(size), 200, 1)).astype(float)
    places = divisibility(values, rng)
    assert places.min() >= 0
    assert places.max() <= 1
    large = size > 1000
    for column in places.T:
        assert abs(auroc(large, column) - 0.5) < 0.06
        assert abs(auroc(large, np.abs(column - 0.5)) - 0.5) < 0.06


def test_normals_borrow_windows_at_their_own_time_of_day() -> None:
    """Attacks at the account's own trough: borrowed windows lie at the borrower's trough."""
    rng = np.random.default_rng(0)
    hours = np.arange(336)
    phase = rng.integers(0, 24, 300)
    rate = 60 * np.exp(np.cos((hours - phase[:, None]) / 24 * 2 * np.pi))
    data = fe.simulate(n_users=300, seed=1)
    values = np.repeat(rng.poisson(rate)[:, :, None], 4, axis=2).astype(np.float32)
    mask = np.zeros_like(data.mask)
    fake = data.accounts["is_fake"].to_numpy()
    for i in np.flatnonzero(fake):
        mask[i, (phase[i] + 12) % 24 + 96 : (phase[i] + 12) % 24 + 98] = True
    exam = exam_of_dataset(replace(_with_values(data, values), mask=mask))
    hidden = lend_windows(exam, rng)
    assert (hidden.sum(axis=1) == 2).all()
    at = np.argmax(hidden, axis=1) - 96
    off = (at - (phase + 12) + 12) % 24 - 12
    assert np.abs(off[~fake]).max() <= 2


def test_windows_join_over_a_day_and_not_over_more() -> None:
    hidden = np.zeros((1, 100), dtype=bool)
    hidden[0, [10, 35, 70]] = True
    assert joined(hidden)[0].nonzero()[0].tolist() == [*range(10, 36), 70]


def test_probe_finds_what_only_one_of_the_two_can_see() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(800, 2))
    assert probe(x, x[:, 0] * x[:, 1] > 0).name == "boosted trees"
    chance = probe(x, rng.permutation(800) < 300)
    assert abs(chance.area - 0.5) < 4 * chance.error
    assert probe(np.ones((800, 2)), np.arange(800) < 400).area == 0.5


def test_features_outside_are_finite_and_blind_to_hidden_hours() -> None:
    exam = exam_of_dataset(fe.simulate(n_users=100, seed=2, missing=0.05))
    assert exam.hidden is not None
    features = outside_features(exam.grid.values, exam.hidden, exam.grid.day)
    assert np.isfinite(features).all()
    spoilt = np.where(exam.hidden[:, :, None], 1e6, exam.grid.values)
    np.testing.assert_allclose(outside_features(spoilt, exam.hidden, exam.grid.day), features)


def test_rules_have_names_of_their_own_and_finite_scores() -> None:
    rules = list(one_line_rules(exam_of_dataset(fe.simulate(n_users=60, seed=2, missing=0.02))))
    assert len({name for name, _ in rules}) == len(rules) > 60
    assert all(np.isfinite(score).all() for _, score in rules)
