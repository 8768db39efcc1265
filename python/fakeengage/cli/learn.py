"""Commands on models: train, calibrate, evaluate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fakeengage.cli.console import later, note, print_table, say, working
from fakeengage.cli.options import Columns, ConfigFile, Data, Model, Out, Threads, pairs, settings_from
from fakeengage.cli.sources import load


def train(
    data: Data,
    out: Out,
    seed: Annotated[int, typer.Option(min=0, help="Of the trees.")] = 0,
    threads: Threads = None,
    columns: Columns = None,
    config: ConfigFile = None,
) -> None:
    """Train a detector on labelled accounts and save it.

    \b
    DATA is a folder of `fakeengage simulate`, or a table with a column `label` (fake or normal).

    \b
    Examples:
      fakeengage simulate --n-users 5000 --preset realistic --seed 1 --out data/train
      fakeengage train data/train --out models/auditor
      fakeengage score posts.csv --model models/auditor --out results
    """
    import fakeengage as fe
    from fakeengage.config import write_config

    settings = settings_from(config, score__threads=threads, reading__columns=pairs(columns))
    source = load(data, settings.reading_options())
    with working("training"):
        model = fe.train(source, seed=seed, threads=settings.score.threads)
        model.save(out)
    write_config(settings, out)
    say(f"trained on {len(getattr(source, 'panel', source))} accounts\n{out}")


def calibrate(
    organic: Annotated[
        str, typer.Option(metavar="DATA", help="Accounts of yours that you presume organic.")
    ] = "",
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the calibrated model.")] = Path(
        "models/mine"
    ),
) -> None:
    """Calibrate p-values on organic accounts of your own, so that the false discovery rate holds for them.

    \b
    Will also take an allow-list and feedback of analysts.
    Not available in this version: rates are nominal, and the report says so.
    """
    del organic, out
    later("calibration on your own accounts", "until then `fakeengage score` shows a nominal rate")


def evaluate(
    data: Data,
    out: Out,
    model: Model = None,
    fdr: Annotated[float, typer.Option(help="False discovery rate of the flags.")] = 0.05,
    seed: Annotated[int, typer.Option(min=0, help="Of the bootstrap over accounts.")] = 0,
    threads: Threads = None,
    full: Annotated[
        bool,
        typer.Option("--full", help="Also all results over many simulated platforms: hours of work."),
    ] = False,
    n_seeds: Annotated[int, typer.Option(min=1, help="Platforms per preset with --full.")] = 6,
) -> None:
    """Measure a model on labelled accounts, question by question, beside trivial baselines, with intervals.

    \b
    DATA is a folder of `fakeengage simulate`, or a table with a column `label` (fake or normal).

    \b
    Examples:
      fakeengage simulate --seed 9 --out data/test
      fakeengage evaluate data/test --model models/auditor --out outputs

    \b
    Writes evaluation.csv, evaluation_groups.csv, evaluation.json, evaluation.md and figures/; with --full
    also results.md, results.json and a table per study: other seeds, false discovery rates, attacks, worlds
    and presets that training did not see, learning curves.
    """
    import fakeengage as fe
    from fakeengage.pipeline import draw_evaluation, full_evaluation, summary_table

    source = load(data)
    judge = None if model is None else fe.load_model(model)
    with working("evaluating"):
        measured = fe.evaluate(judge, source, seed=seed, fdr=fdr, threads=threads)
    folder = measured.save(out)
    draw_evaluation(source, measured, folder / "figures")
    print_table(summary_table(measured.table))
    if full:
        full_evaluation(judge, folder, n_seeds=n_seeds, threads=threads, say=note)
        say(str(folder / "results.md"))
    say(str(folder / "evaluation.md"))
