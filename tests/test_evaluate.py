"""Evaluation: baselines beside every figure, intervals around values, no figure without labels."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

import fakeengage as fe
from fakeengage.baselines import naive_aggregates
from fakeengage.cli import main
from fakeengage.evaluation.evaluating import QUESTIONS
from fakeengage.evaluation.results import Results
from fakeengage.ranking import FIGURES, auroc
from fakeengage.tables import plain

RANKED = {"random", "total volume", "largest z", "likes-per-view z", "naive Isolation Forest"}


@pytest.fixture(scope="module")
def dataset() -> fe.Dataset:
    return fe.simulate(n_users=200, preset="blatant", seed=31)


@pytest.fixture(scope="module")
def evaluation(dataset: fe.Dataset) -> fe.Evaluation:
    return fe.evaluate(None, dataset, n_resamples=50)


class Oracle:
    """Knows the truth of one data set, down to the hour."""

    def __init__(self, dataset: fe.Dataset) -> None:
        self.fake = dataset.accounts["is_fake"].to_numpy(dtype=float)
        self.changed = dataset.mask.any(axis=2).astype(float)

    def score(self, panel: fe.Panel) -> np.ndarray:
        assert len(panel) == len(self.fake)
        return self.fake

    def score_hours(self, panel: fe.Panel) -> np.ndarray:
        del panel
        return self.changed


def value(frame: Any, detector: str, figure: str) -> float:
    return float(frame[(frame.detector == detector) & (frame.figure == figure)]["value"].iloc[0])


def test_every_figure_stands_beside_every_baseline(evaluation: fe.Evaluation) -> None:
    ranked = evaluation.table[evaluation.table.figure.isin(FIGURES)]
    assert set(ranked.detector) == {"Auditor", *RANKED}
    assert len(ranked) == len(FIGURES) * len({"Auditor", *RANKED})
    for name in QUESTIONS:
        frame = getattr(evaluation, name)
        assert list(frame.columns) == ["detector", "figure", "value", "low", "high"]
        for figure, group in frame.groupby("figure"):
            if "coverage" not in str(figure):
                assert len(group) > 1, f"{figure} has no baseline beside it"
    assert not evaluation.table.duplicated(["detector", "figure"]).any()


def test_intervals_hold_their_values(evaluation: fe.Evaluation) -> None:
    for _, frame in evaluation.tables():
        if "value" in frame:
            known = frame[frame.value.notna() & frame.low.notna()]
            assert (known.low <= known.value + 1e-9).mean() > 0.9
            assert (known.high >= known.value - 1e-9).mean() > 0.9
            assert ((known.value >= 0) & (known.value <= 1 + 1e-9)).all()


def test_random_scores_look_random_and_the_auditor_beats_them(evaluation: fe.Evaluation) -> None:
    assert 0.35 < value(evaluation.table, "random", "AUROC") < 0.65
    assert value(evaluation.table, "Auditor", "AUROC") > 0.75
    assert 0.45 < value(evaluation.hours, "random", "hour AUROC") < 0.55
    assert value(evaluation.hours, "Auditor", "hour AUROC") > value(
        evaluation.hours, "total volume", "hour AUROC"
    )


def test_an_oracle_is_perfect_in_every_figure_that_it_answers(dataset: fe.Dataset) -> None:
    found = fe.evaluate({"oracle": Oracle(dataset)}, dataset, n_resamples=5)
    for figure in FIGURES:
        assert value(found.table, "oracle", figure) == pytest.approx(1.0)
    for figure in ("hour AUROC", "hour AP", "IoU at best threshold", "pooled hour AP"):
        assert value(found.hours, "oracle", figure) == pytest.approx(1.0)
    # The buffer around a window is part of the truth of VUS, so even the oracle stays below one.
    assert 0.6 < value(found.hours, "oracle", "VUS-PR") < 1.0
    assert "oracle" not in set(found.volume.detector) | set(found.cohorts.detector)


def test_pooled_hours_are_one_ranking_of_all_fakes(dataset: fe.Dataset) -> None:
    class Views:
        def score(self, panel: fe.Panel) -> np.ndarray:
            return np.zeros(len(panel))

        def score_hours(self, panel: fe.Panel) -> np.ndarray:
            return panel.values[:, :, 0].astype(float)

    found = fe.evaluate({"views": Views()}, dataset, n_resamples=100)
    changed = dataset.mask.any(axis=2)
    some = changed.any(axis=1) & ~changed.all(axis=1)
    hours = dataset.panel.values[:, :, 0]
    pooled = found.hours.set_index(["detector", "figure"]).loc["views"]
    expected = average_precision_score(changed[some].ravel(), hours[some].ravel())
    assert pooled.value["pooled hour AP"] == pytest.approx(expected)
    assert pooled.value["pooled hour AUROC, all accounts"] == pytest.approx(
        roc_auc_score(changed.ravel(), hours.ravel())
    )
    own = [roc_auc_score(y, x) for y, x in zip(changed[some], hours[some], strict=True)]
    assert pooled.value["hour AUROC"] == pytest.approx(np.mean(own))
    # The interval is that of whole accounts drawn again, ranked hour by hour.
    width = pooled.high["pooled hour AP"] - pooled.low["pooled hour AP"]
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(60):
        chosen = rng.choice(np.flatnonzero(some), int(some.sum()))
        drawn.append(average_precision_score(changed[chosen].ravel(), hours[chosen].ravel()))
    low, high = np.percentile(drawn, [2.5, 97.5])
    assert width == pytest.approx(high - low, rel=0.4)


def test_groups_cover_attacks_profiles_scenarios_and_sizes(evaluation: fe.Evaluation) -> None:
    areas = evaluation.groups[
        (evaluation.groups.detector == "Auditor") & (evaluation.groups.figure == "AUROC")
    ]
    counts = areas.group.value_counts()
    assert counts["attack"] == 12
    assert counts["profile"] >= 4
    assert {"scenario", "size"} <= set(counts.index)
    assert set(evaluation.groups.detector) == {"Auditor", *RANKED}
    attack = areas[areas.group == "attack"]
    assert len(set(attack.accounts - attack.fakes)) == 1  # always all normals


def test_group_figures_are_those_of_their_accounts(dataset: fe.Dataset, evaluation: fe.Evaluation) -> None:
    groups, accounts = evaluation.groups, dataset.accounts
    mine = groups[(groups.detector == "largest z") & (groups.figure == "AUROC")].set_index("name").value
    compared = (accounts.attack == "single_spike") | ~accounts.is_fake
    expected = auroc(evaluation.fake[compared], evaluation.scores["largest z"][compared])
    assert mine["single_spike"] == pytest.approx(expected)


def test_volume_is_compared_with_what_was_injected(dataset: fe.Dataset) -> None:
    clean = fe.simulate(n_users=200, preset="blatant", seed=31, keep_clean=True)
    np.testing.assert_array_equal(clean.panel.data, dataset.panel.data)
    assert clean.clean is not None
    added = clean.panel.values.astype(float) - clean.clean
    total = np.maximum(clean.panel.values, 0).sum(axis=1, dtype=float)
    share = np.clip(np.where(total > 0, added.sum(axis=1) / np.maximum(total, 1), 0), 0, 1).max(axis=1)
    found = fe.evaluate({"none": Oracle(dataset)}, dataset, n_resamples=3)
    median = value(found.volume, "nothing inflated", "error of inflated share, median over fakes")
    assert median == pytest.approx(np.median(share[found.fake]), abs=1e-3)


def test_probabilities_are_held_against_their_prevalence(evaluation: fe.Evaluation) -> None:
    prior = value(evaluation.table, "constant 10 %", "Brier score, 10 % prevalence")
    assert prior == pytest.approx(0.09)
    assert value(evaluation.table, "Auditor", "Brier score, 10 % prevalence") < prior
    curve = evaluation.calibration[evaluation.calibration.detector == "Auditor"]
    judged = np.isfinite(evaluation.scores["Auditor"])
    assert curve.accounts.sum() == judged.sum() > 190
    assert (curve.low <= curve.observed).all()
    assert (curve.predicted.diff().dropna() > 0).all()


def test_tables_are_text_and_plain_values(evaluation: fe.Evaluation) -> None:
    text = evaluation.to_markdown()
    assert "200 accounts, 70 fake" in text
    for title in QUESTIONS.values():
        assert f"## {title}" in text
    assert "| naive Isolation Forest |" in text
    again = json.loads(json.dumps(plain(evaluation.to_dict())))
    assert again["fakes"] == 70
    assert set(again) == {"accounts", "fakes", *dict(evaluation.tables())}


def test_labelled_tables_are_evaluated_with_their_windows(dataset: fe.Dataset) -> None:
    frame = dataset.to_frame(labels=True)
    panel = fe.read_panel(frame[frame.account_id.isin(dataset.panel.account_ids[:80])])
    found = fe.evaluate({"d": _Sum()}, panel, n_resamples=3)
    assert found.fake.tolist() == dataset.accounts.is_fake.tolist()[:80]
    assert 0.4 < value(found.hours, "random", "hour AUROC") < 0.6
    assert found.volume.empty
    assert found.cohorts.empty


class _Sum:
    def score(self, panel: fe.Panel) -> np.ndarray:
        return np.array([np.nansum(panel.block(i)) for i in range(len(panel))])


def test_wrong_numbers_of_scores_are_named(dataset: fe.Dataset) -> None:
    class Short(_Sum):
        def score_hours(self, panel: fe.Panel) -> np.ndarray:
            del panel
            return np.zeros(7)

    class Shorter:
        def score(self, panel: fe.Panel) -> np.ndarray:
            del panel
            return np.zeros(3)

    with pytest.raises(ValueError, match=r"Short\.score_hours: gave 7 scores, the panel has"):
        fe.evaluate(Short(), dataset, n_resamples=2)
    with pytest.raises(ValueError, match=r"Shorter\.score: gave shape \(3,\), expected \(200,\)"):
        fe.evaluate(Shorter(), dataset, n_resamples=2)


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
    with pytest.raises(ValueError, match="has no labels"):
        fe.evaluate(None, fe.simulate(n_users=20, seed=1).panel)


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
    mask = data.mask
    for source in (
        SimpleNamespace(panel=panel, accounts=accounts),
        SimpleNamespace(panel=panel, accounts=accounts, mask=mask, windows=data.windows),
    ):
        found = fe.evaluate(None, source, n_resamples=3)
        assert len(found.fake) == 58
        assert found.table[found.table.figure.isin(FIGURES)].value.notna().all()
        assert found.hours.empty == (not hasattr(source, "mask"))


def test_the_command_takes_labelled_tables_and_writes_all_results(
    dataset: fe.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: dict[str, Any] = {}

    def full_results(model: object, **settings: Any) -> Results:
        asked.update(settings, model=model)
        keys = ("false_discovery_rate", "low", "high", "recall", "recall_low", "recall_high")
        row = {"preset": "published", "prevalence": 0.1} | dict.fromkeys(keys, 0.03)
        return Results({"seeds": "101"}, {"Realised false discovery rate": pd.DataFrame([row])})

    monkeypatch.setattr("fakeengage.evaluation.full_results", full_results)
    frame = dataset.to_frame(labels=True)
    few = frame[frame.account_id.isin(dataset.panel.account_ids[:60]) & (frame.timestamp < "2024-01-06")]
    table, out = tmp_path / "labelled.csv", tmp_path / "out"
    few.to_csv(table, index=False)
    assert main(["evaluate", str(table), "--out", str(out), "--full", "--n-seeds", "2"]) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == [str(out / "results.md"), str(out / "evaluation.md")]
    assert list(asked["seeds"]) == [101, 102]
    assert len(asked["discovery_seeds"]) == 20
    figures = pd.read_csv(out / "evaluation.csv")
    assert set(figures.columns) == {"question", "detector", "figure", "value", "low", "high"}
    assert {"Is it fake?", "When? Scores of hours"} <= set(figures.question)
    assert "# Results" in (out / "results.md").read_text(encoding="utf-8")
    assert (out / "figures" / "04_evaluation_04_fdr_reliability.png").exists()
    few.drop(columns=["label", "window_start", "window_end"]).to_csv(table, index=False)
    assert main(["evaluate", str(table), "--out", str(out)]) == 2
    assert "has no labels" in capsys.readouterr().err
