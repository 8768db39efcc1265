"""Studies: training never sees what is tested, and flags are counted as they fall."""

from __future__ import annotations

from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

import fakeengage as fe
from fakeengage.evaluation import (
    Results,
    cross_preset,
    cross_validation,
    discovery_table,
    flag_runs,
    learning_curve,
    leave_one_attack_out,
    leave_one_world_out,
    over_seeds,
    studies,
)
from fakeengage.evaluation.results import attack_summary, wide
from fakeengage.evaluation.seeds import seed_interval
from fakeengage.ranking import FIGURES

TRIVIAL = {"random", "total volume", "largest z", "likes-per-view z", "naive Isolation Forest"}


class Memory:
    """Scores an account by the label of its copy in training, and knows nothing of others."""

    fitted: ClassVar[list[Memory]] = []

    def fit(self, panel: fe.Panel, labels: np.ndarray | None = None) -> Memory:
        self.labels = None if labels is None else np.asarray(labels, dtype=bool)
        given = np.zeros(len(panel)) if labels is None else self.labels
        self.seen = {panel.block(i).tobytes(): float(given[i]) for i in range(len(panel))}
        Memory.fitted.append(self)
        return self

    def score(self, panel: fe.Panel) -> np.ndarray:
        return np.array([self.seen.get(panel.block(i).tobytes(), 0.5) for i in range(len(panel))])


@pytest.fixture(autouse=True)
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short series and no forests: these tests are about who is trained on."""
    from fakeengage.evaluation import seeds

    def simulated(
        preset: str, seed: int, n: int, *, fake_ratio: float = 0.35, n_worlds: int = 1, **_: object
    ):
        return fe.simulate(n, length=48, fake_ratio=fake_ratio, seed=seed, preset=preset, n_worlds=n_worlds)

    for module in (seeds, studies):
        monkeypatch.setattr(module, "simulated", simulated)
    monkeypatch.setattr("fakeengage.evaluation.discovery.simulated", simulated)
    monkeypatch.setattr(studies, "trivial_scores", lambda panel, _: {"random": np.arange(len(panel)) % 7})
    Memory.fitted.clear()


def test_memory_is_worth_nothing_in_any_study() -> None:
    frames = [
        cross_validation(Memory, seeds=[1], n_users=200),
        leave_one_attack_out(Memory, seeds=[1], n_users=200, n_test=200),
        leave_one_world_out(Memory, seeds=[1], n_users=300, n_worlds=3, preset="published"),
        cross_preset(Memory, presets=("published", "evasive"), seeds=[1], n_users=200, n_test=200),
        learning_curve(Memory, sizes=(100, 200), seeds=[1], n_test=200),
    ]
    for frame in frames:
        mine = frame[(frame.detector == "detector") & (frame.figure == "AUROC")]
        assert len(mine)
        # An account without a count equals another; anything remembered would be worth .5 more.
        assert ((mine.value - 0.5).abs() < 0.03).all()
        assert set(frame.detector) == {"detector", "random"}
        assert set(frame.figure) == set(studies.STUDY_FIGURES)
    # Without labels it is fitted on the very accounts: seen, but not their labels.
    unlabelled = cross_validation(Memory, seeds=[1], n_users=100, training="none")
    assert (unlabelled[unlabelled.detector == "detector"].value.round(2) != 1.0).all()


def test_a_figure_on_training_data_would_show() -> None:
    data = fe.simulate(200, length=48, seed=1)
    fake = data.accounts.is_fake.to_numpy()
    assert FIGURES["AUROC"](fake, Memory().fit(data.panel, fake).score(data.panel)) == 1.0


def test_training_on_normals_sees_only_normals() -> None:
    cross_validation(Memory, seeds=[3], n_users=100, training="normals", n_splits=4)
    normal = fe.simulate(100, length=48, seed=3)
    blocks = {normal.panel.block(i).tobytes() for i in np.flatnonzero(~normal.accounts.is_fake.to_numpy())}
    assert len(Memory.fitted) == 4
    for detector in Memory.fitted:
        assert detector.labels is None
        assert set(detector.seen) <= blocks
    with pytest.raises(ValueError, match="training: 'some' is not allowed; one of labels, none, normals"):
        cross_validation(Memory, seeds=[3], training="some")


def test_the_attack_left_out_was_never_trained_on() -> None:
    rows = leave_one_attack_out(Memory, seeds=[2], n_users=200, n_test=200)
    data = fe.simulate(200, length=48, seed=2)
    attacks = sorted(data.accounts.attack.dropna().unique())
    assert len(Memory.fitted) == 1 + len(attacks)
    for detector, held_out in zip(Memory.fitted, [None, *attacks], strict=True):
        for i, attack in enumerate(data.accounts.attack):
            assert (data.panel.block(i).tobytes() in detector.seen) == (
                attack != held_out or held_out is None
            )
    counts = rows[rows.figure == "AUROC"].groupby("training", sort=False).size()
    assert counts.to_dict() == {"none": 12, "all attacks seen": 12, "without it": 12}
    summary = attack_summary(rows)
    assert set(summary.figure) == {
        *(f"{name}, mean of attacks" for name in studies.STUDY_FIGURES),
        "AUROC, worst attack",
    }
    areas = rows[(rows.detector == "random") & (rows.figure == "AUROC")]
    worst = summary[(summary.detector == "random") & (summary.figure == "AUROC, worst attack")]
    assert worst.value.iloc[0] == pytest.approx(areas.value.min())


def test_worlds_left_out_are_tested_whole() -> None:
    rows = leave_one_world_out(Memory, seeds=[4], n_users=300, n_worlds=3, preset="published")
    assert sorted(len(detector.seen) for detector in Memory.fitted[:3]) == [200, 200, 200]
    assert set(rows.world) == {0, 1, 2}
    assert set(rows.training) == {"none", "without it", "worlds seen"}


def test_learning_curves_are_nested() -> None:
    learning_curve({"m": Memory}, sizes=(50, 100), seeds=[5], n_test=100)
    small, large = Memory.fitted
    assert set(small.seen) < set(large.seen)
    assert len(small.seen) == 50


def test_false_flags_are_counted_beside_trivial_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    def score(panel: fe.Panel, model: object, fdr: float, *, threads: object) -> SimpleNamespace:
        # Flags the first ten accounts, whoever they are.
        del model, fdr, threads
        return SimpleNamespace(accounts=pd.DataFrame({"flagged": np.arange(len(panel)) < 10}))

    monkeypatch.setattr("fakeengage.scoring.score", score)
    runs = flag_runs(presets=["published"], prevalences=(0.0, 0.5), seeds=[1, 2], n_users=100)
    for run in runs.to_dict("records"):
        data = fe.simulate(100, length=48, fake_ratio=run["prevalence"], seed=run["seed"])
        assert run["flags"] == 10
        assert run["false_flags"] == (~data.accounts.is_fake[:10]).sum()
        assert 0 <= run["trivial_false_flags"] <= 10
    table = discovery_table(runs).set_index("prevalence")
    assert table.loc[0.0, "false_discovery_rate"] == 1.0
    assert np.isnan(table.loc[0.0, "recall"])
    half = runs[runs.prevalence == 0.5]
    assert table.loc[0.5, "false_discovery_rate"] == pytest.approx((half.false_flags / 10).mean())
    assert table.loc[0.5, "recall"] == pytest.approx(((10 - half.false_flags) / 50).mean())
    assert table.loc[0.5, "random"] == 0.5


def test_no_flags_are_no_false_discoveries() -> None:
    run = {"preset": "p", "prevalence": 0.1, "fakes": 1, "normals": 9, "trivial_false_flags": 0}
    table = discovery_table(pd.DataFrame([run | {"flags": 0, "false_flags": 0}] * 3))
    assert table.false_discovery_rate.tolist() == [0.0]
    assert table.recall.tolist() == [0.0]


def test_means_over_seeds_have_intervals_that_cover() -> None:
    rng = np.random.default_rng(0)
    held = [
        low <= 0.7 <= high for _, low, high in (seed_interval(rng.normal(0.7, 0.02, 6)) for _ in range(300))
    ]
    assert 0.91 <= np.mean(held) <= 0.98
    rows = pd.DataFrame(
        [("a", "x", s, v) for s, v in enumerate((0.5, 0.7, np.nan))], columns=["d", "figure", "seed", "value"]
    )
    mean = over_seeds(rows, ["d", "figure"]).iloc[0]
    assert (mean.value, mean.seeds) == (pytest.approx(0.6), 2)
    assert mean.low < 0.6 < mean.high
    assert np.isnan(over_seeds(rows[:1], ["d", "figure"]).low.iloc[0])


def test_results_are_written_as_text_tables_and_values(tmp_path) -> None:
    frame = pd.DataFrame(
        [("a", "AUROC", 0.9, 0.8, 0.95, 0.01, 6), ("b", "AUROC", np.nan, np.nan, np.nan, np.nan, 0)],
        columns=["detector", "figure", "value", "low", "high", "sd", "seeds"],
    )
    results = Results({"seeds": "1–6"}, {"Is it fake?": frame, "Counts": pd.DataFrame({"flags": [3]})})
    results.save(tmp_path)
    text = (tmp_path / "results.md").read_text(encoding="utf-8")
    assert "seeds 1–6." in text
    assert "| a | 0.900 (0.800–0.950) |" in text
    assert "| b | – |" in text
    assert wide(frame).columns.tolist() == ["detector", "AUROC"]
    assert (tmp_path / "results.json").exists()
    assert len(pd.read_csv(tmp_path / "results_is_it_fake_.csv")) == 2
