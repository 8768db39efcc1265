"""The whole path in one go: simulate, validate, train, evaluate, draw, score, report."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from fakeengage.config import Config, write_config
from fakeengage.tables import make_folder, to_bytes, write_atomically

if TYPE_CHECKING:
    import pandas as pd

SHOWN_SERIES = 4
"""Accounts in the figure of series with windows."""

SUMMARY = ("AUROC", "AUPRC", "recall at 1 % false positives", "precision at half recall, 2 % prevalence")
"""Figures in the table that a run prints; the others are in the files."""


class Stages(Protocol):
    """Whoever wants to know what the pipeline is doing."""

    def stage(self, name: str) -> AbstractContextManager[list[str]]:
        """Called around each stage; the list takes what is worth saying about it."""
        ...


class Silent:
    """Tells nobody."""

    @contextmanager
    def stage(self, name: str) -> Iterator[list[str]]:
        """Run the block."""
        del name
        yield []


SEVERITIES = ("ok", "note", "warning", "error")


@dataclass(frozen=True)
class Outcome:
    """What a run ends with.

    Parameters
    ----------
    table
        One row per detector, one column per figure, as text with intervals.
    lines
        Sentences about the flags.
    report
        Path of the report.
    """

    table: pd.DataFrame
    lines: list[str]
    report: Path


def run_pipeline(config: Config, out: str | os.PathLike[str], stages: Stages | None = None) -> Outcome:
    """Run every stage and write what it makes below `out`.

    Parameters
    ----------
    config
        Settings; the ones in effect are written to ``fakeengage.yaml`` and make the same run again.
    out
        Folder: ``data/``, ``models/auditor/``, ``figures/``, tables, ``evaluation.json``, ``report.html``.
    stages
        Is told about each stage.

    Returns
    -------
    Outcome

    Raises
    ------
    ValueError
        If a setting is not allowed.
    OSError
        If the folder cannot be written to.
    """
    import fakeengage as fe

    stages = stages or Silent()
    folder = make_folder(out)
    write_config(config, folder)
    with stages.stage("simulate") as said:
        dataset = fe.simulate(**config.simulate.model_dump(), threads=config.score.threads)
        dataset.save(folder / "data", overwrite=True)
        fakes = int(dataset.accounts["is_fake"].sum())
        said.append(f"{len(dataset.accounts)} accounts of {config.simulate.length} hours, {fakes} fake")
    with stages.stage("validate") as said:
        found = fe.validate(dataset)
        write_atomically(folder / "validation.csv", to_bytes(found.findings, "csv"))
        kinds = found.findings["severity"].value_counts()
        said.append(
            ", ".join(f"{kinds[kind]} {kind}" for kind in SEVERITIES if kind in kinds) + ": validation.csv"
        )
    with stages.stage("features") as said:
        features = fe.extract_features(dataset.panel, threads=config.score.threads)
        write_atomically(folder / "features.parquet", to_bytes(features.reset_index(), "parquet"))
        said.append(f"{features.shape[1]} per account")
    with stages.stage("train") as said:
        spec = config.training_spec()
        training = fe.simulate(**spec, threads=config.score.threads)
        model = fe.train(training, threads=config.score.threads)
        model.save(folder / "models" / "auditor")
        said.append(f"on {len(training.accounts)} other accounts of preset {spec['preset']}")
    detectors: dict[str, Any] = {"auditor": model}
    with stages.stage("autoencoder") as said:
        if find_spec("torch") is None:
            said.append("skipped: torch is not installed (pip install 'fakeengage[deep]')")
        else:
            detectors["autoencoder, no labels"] = fe.models.AutoencoderDetector().fit(training.panel)
            said.append("on the same accounts, without their labels")
    del training
    with stages.stage("evaluate") as said:
        measured = fe.evaluate(detectors, dataset)
        measured.save(folder)
        said.append(f"{measured.table['detector'].nunique()} detectors")
    with stages.stage("score") as said:
        chosen = model if config.score.model is None else config.score.model
        result = fe.score(dataset.panel, chosen, config.score.fdr, threads=config.score.threads)
        result.save(folder, config.score.format)
        said.append(f"{int(result.accounts['flagged'].sum())} flagged")
    with stages.stage("figures") as said:
        drawn = draw_figures(dataset, measured, result, folder / "figures")
        said.append(f"{len(drawn)} in {folder / 'figures'}")
    with stages.stage("report"):
        report = result.report(folder / "report.html")
    return Outcome(summary_table(measured.table), _verdict(dataset, result), report)


def summary_table(table: pd.DataFrame) -> pd.DataFrame:
    """The figures that most people ask for, one row per detector: ``0.87 (0.83–0.90)``."""
    from fakeengage.evaluation.markdown import pivot

    return pivot(table[table["figure"].isin(SUMMARY)], digits=2, missing="")


def draw_evaluation(source: Any, measured: Any, folder: Path) -> list[Path]:
    """The counts by label, and how well accounts were judged."""
    from fakeengage import plots

    return _save(_drawn(source, measured, plots), folder)


def full_evaluation(
    model: Any, folder: Path, *, n_seeds: int = 6, threads: int | None = None, say: Any = None
) -> None:
    """All results over many platforms, as tables and the figure of false discovery rates in `folder`.

    Parameters
    ----------
    model
        As :func:`fakeengage.evaluate` takes it; also the architecture trained in the studies.
    folder
        Where to write.
    n_seeds
        Platforms per preset; the false discovery rate takes at least 20.
    threads
        Threads to use.
    say
        Is told what is under way.
    """
    from fakeengage import plots
    from fakeengage.evaluation import full_results

    first = 101
    results = full_results(
        model,
        seeds=range(first, first + n_seeds),
        discovery_seeds=range(first, first + max(n_seeds, 20)),
        study_seeds=range(first, first + max(n_seeds // 2, 1)),
        threads=threads,
        say=say,
    )
    results.save(folder)
    axes = plots.discovery_rates(results.tables["Realised false discovery rate"])
    plots.save(axes[0], make_folder(folder / "figures") / "04_evaluation_04_fdr_reliability.png")


def draw_figures(dataset: Any, measured: Any, result: Any, folder: Path) -> list[Path]:
    """Every figure of a run: the counts, series with red windows, and how well they were judged."""
    from fakeengage import plots

    drawn = _drawn(dataset, measured, plots)
    chosen = _shown(result, dataset)
    examples = plots.new_axes(max(len(chosen), 1), size=(9, 2.5 * max(len(chosen), 1)))
    for ax, i in zip(examples, chosen, strict=False):
        own = result.windows[result.windows["account_id"] == result.accounts["account_id"].iloc[i]]
        risen = own[own["excess"] > 0] if (own["excess"] > 0).any() else own
        metric = str(risen.sort_values("score")["metric"].iloc[-1])
        spans = list(own.loc[own["metric"] == metric, ["start", "end"]].itertuples(index=False, name=None))
        plots.series(result.panel, i, metric, expectation=result.expectation, windows=spans, ax=ax)
        kind = str(dataset.accounts["attack"].iloc[i]).replace("_", " ")
        ax.set_title(f"{ax.get_title(loc='left')}: {kind}", loc="left", fontsize="medium")
    if chosen:
        examples[0].legend(fontsize="small", ncols=4, loc="upper right")
    drawn["01_exploration_05_series_with_anomalies.png"] = examples[0]
    return _save(drawn, folder)


def _drawn(source: Any, measured: Any, plots: Any) -> dict[str, Any]:
    """Axes by file name; accounts without a label are in no figure of the counts."""
    panel = getattr(source, "panel", source)
    accounts = getattr(source, "accounts", None)
    labels = panel.is_fake if accounts is None else accounts["is_fake"].to_numpy()
    known = np.array([label is not None and label == label for label in labels], dtype=bool)
    return {**plots.exploration_figures(panel[known], measured.fake), **plots.evaluation_figures(measured)}


def _save(drawn: dict[str, Any], folder: Path) -> list[Path]:
    from fakeengage import plots

    make_folder(folder)
    return [plots.save(ax, folder / name) for name, ax in sorted(drawn.items())]


def _shown(result: Any, dataset: Any) -> list[int]:
    """Fakes with windows, flagged and best ranked first, each of another attack where there are enough."""
    fake = dataset.accounts["is_fake"].to_numpy(dtype=bool)
    attack = dataset.accounts["attack"].astype(str).to_numpy()
    has_window = result.accounts["account_id"].isin(result.windows["account_id"]).to_numpy() & fake
    flagged = result.accounts["flagged"].fillna(False).to_numpy(dtype=bool)
    score = np.nan_to_num(result.accounts["score"].to_numpy(dtype=float), nan=-1.0)
    order = [int(i) for i in np.lexsort((np.arange(len(score)), -score, ~flagged)) if has_window[i]]
    firsts = {attack[i]: i for i in reversed(order)}.values()
    return sorted(order, key=lambda i: (i not in firsts, order.index(i)))[:SHOWN_SERIES]


def _verdict(dataset: Any, result: Any) -> list[str]:
    """What became of the flags, since here the truth is known."""
    fake = dataset.accounts["is_fake"].to_numpy(dtype=bool)
    flagged = result.accounts["flagged"].fillna(False).to_numpy(dtype=bool)
    right = int((flagged & fake).sum())
    n = int(flagged.sum())
    if not n:
        return [f"0 of {int(fake.sum())} fakes flagged at a false discovery rate of {result.summary['fdr']}"]
    return [
        f"{right} of {int(fake.sum())} fakes flagged, {n - right} of {n} flags wrong, "
        f"at a {result.summary.get('calibration', 'nominal')} false discovery rate of {result.summary['fdr']}"
    ]
