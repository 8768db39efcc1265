"""The whole path in one command, small."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest

from fakeengage.cli import main
from fakeengage.pipeline import summary_table

pytest.importorskip("fakeengage.scoring")

SMALL = ["--n-users", "40", "--set", "train.n_users=600", "--set", "train.fake_ratio=0.02"]
FIGURES = {
    "01_exploration_01_histograms.png",
    "01_exploration_04_correlation_heatmaps.png",
    "01_exploration_05_series_with_anomalies.png",
    "04_evaluation_01_roc_pr_curves.png",
    "04_evaluation_02_score_distributions.png",
    "04_evaluation_03_calibration.png",
    "04_evaluation_04_fdr_reliability.png",
}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished small run."""
    out = tmp_path_factory.mktemp("run") / "outputs"
    assert main(["run", "--out", str(out), *SMALL]) == 0
    return out


def test_a_run_leaves_everything_it_promises(outputs: Path) -> None:
    names = {path.name for path in outputs.iterdir()}
    assert {"accounts.csv", "windows.csv", "summary.json", "report.html", "fakeengage.yaml"} <= names
    assert {"evaluation.csv", "evaluation.json", "validation.csv", "features.parquet"} <= names
    assert {path.name for path in (outputs / "figures").iterdir()} == FIGURES
    assert (outputs / "data" / "dataset.json").exists()
    assert (outputs / "models" / "auditor" / "model.json").exists()
    assert len(pd.read_csv(outputs / "accounts.csv")) == 40


def test_a_run_can_be_made_again_from_its_folder(
    outputs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "--config", str(outputs / "fakeengage.yaml"), "--out", str(tmp_path / "again")]) == 0
    for name in ("accounts.csv", "windows.csv", "evaluation.csv", "report.html"):
        assert (outputs / name).read_bytes() == (tmp_path / "again" / name).read_bytes(), name
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == str(tmp_path / "again" / "report.html")
    stages = [line.split()[0] for line in lines[:9]]
    assert stages == [
        *("simulate", "validate", "features", "train", "autoencoder"),
        *("evaluate", "score", "figures", "report"),
    ]
    skipped = any("skipped" in line for line in lines if line.startswith("autoencoder"))
    assert skipped == (find_spec("torch") is None)


def test_saved_model_and_data_serve_the_other_commands(outputs: Path, tmp_path: Path) -> None:
    model = str(outputs / "models" / "auditor")
    assert (
        main(["score", str(outputs / "data"), "--model", model, "--out", str(tmp_path / "s"), "--quiet"]) == 0
    )
    assert (tmp_path / "s" / "accounts.csv").read_bytes() == (outputs / "accounts.csv").read_bytes()
    assert main(["evaluate", str(outputs / "data"), "--model", model, "--out", str(tmp_path / "e")]) == 0
    for name in ("evaluation.csv", "evaluation_groups.csv", "evaluation.md"):
        assert (tmp_path / "e" / name).exists()
    drawn = {path.name for path in (tmp_path / "e" / "figures").iterdir()}
    assert drawn == FIGURES - {"01_exploration_05_series_with_anomalies.png"}


def test_the_summary_has_a_row_per_detector() -> None:
    long = pd.DataFrame(
        [
            ("a", "AUROC", 0.8123, 0.7, 0.9),
            ("a", "AUPRC", 0.5, 0.4, 0.6),
            ("b", "AUROC", 0.5, float("nan"), 0.6),
        ],
        columns=["detector", "figure", "value", "low", "high"],
    )
    table = summary_table(long)
    assert list(table.columns) == ["detector", "AUROC", "AUPRC"]
    assert table.iloc[0, 1] == "0.81 (0.70–0.90)"
    assert list(table.iloc[1, 1:]) == ["0.50", ""]
