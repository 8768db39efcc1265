"""Evaluation: baselines in every table, intervals around values, no figure without labels."""

from types import SimpleNamespace

import numpy as np
import pytest

import fakeengage as fe
from fakeengage.baselines import naive_aggregates
from fakeengage.ranking import FIGURES


@pytest.fixture(scope="module")
def evaluation() -> "fe.Evaluation":
    return fe.evaluate(None, fe.simulate(n_users=200, preset="blatant", seed=31), n_resamples=50)


def test_every_figure_stands_beside_every_baseline(evaluation: "fe.Evaluation") -> None:
    names = {
        "Auditor",
        "random",
        "total volume",
        "largest z",
        "likes-per-view z",
        "naive Isolation Forest",
    }
    assert set(evaluation.table.detector) == names
    assert len(evaluation.table) == len(names) * len(FIGURES)
    assert (evaluation.table.low <= evaluation.table.value + 1e-9).mean() > 0.9
    assert (evaluation.table.high >= evaluation.table.value - 1e-9).mean() > 0.9


def test_random_scores_look_random_and_the_auditor_beats_them(evaluation: "fe.Evaluation") -> None:
    areas = evaluation.table[evaluation.table.figure == "AUROC"].set_index("detector").value
    assert 0.35 < areas["random"] < 0.65
    assert areas["Auditor"] > 0.75


def test_groups_cover_every_attack_and_profile(evaluation: "fe.Evaluation") -> None:
    groups = evaluation.groups[evaluation.groups.detector == "Auditor"]
    assert (groups.group == "attack").sum() == 12
    assert (groups.group == "profile").sum() == 7


def test_hour_scores_point_at_changed_hours_better_than_raw_counts(evaluation: "fe.Evaluation") -> None:
    excess, raw = evaluation.windows.value
    assert excess > 0.7
    assert excess > raw


def test_naive_aggregates_are_the_published_29() -> None:
    panel = fe.simulate(n_users=5, length=100, seed=1).panel
    values = naive_aggregates(panel)
    assert values.shape == (5, 29)
    block = panel.block(2).astype(float)
    assert values[2, 0] == pytest.approx(block[0].mean())
    assert values[2, 4] == pytest.approx(block[0].std())
    assert values[2, 20] == pytest.approx(np.corrcoef(block[0], block[1])[0, 1])
    assert values[2, 26] == pytest.approx(block[1].mean() / block[0].mean())


def test_labels_are_needed_on_both_sides() -> None:
    with pytest.raises(ValueError, match="one label"):
        fe.evaluate(None, fe.simulate(n_users=20, fake_ratio=0, seed=1))


def test_accounts_without_hours_or_label_are_no_obstacle() -> None:
    data = fe.simulate(n_users=60, length=72, seed=4)
    lengths = np.array([0, 0, 1, 2, *[72] * 56])
    panel = fe.Panel(
        np.concatenate([data.panel.block(i)[:, :n].reshape(-1) for i, n in enumerate(lengths)]),
        np.concatenate([[0], np.cumsum(lengths)]),
        data.panel.starts,
        data.panel.metrics,
        data.panel.account_ids,
    )
    accounts = data.accounts.astype({"is_fake": object})
    accounts.loc[[1, 40], "is_fake"] = None
    found = fe.evaluate(None, SimpleNamespace(panel=panel, accounts=accounts), n_resamples=3)  # type: ignore[arg-type]
    assert len(found.fake) == 58
    assert found.table.value.notna().all()
    assert found.windows.empty
