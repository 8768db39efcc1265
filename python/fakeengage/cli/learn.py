"""Commands on models: train, calibrate, evaluate."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fakeengage.cli.console import note, print_table, say, steps, working
from fakeengage.cli.options import Columns, ConfigFile, Data, Model, Out, Set, Threads, pairs, settings_from
from fakeengage.cli.sources import load

if TYPE_CHECKING:
    from fakeengage.config import Config


def train(
    out: Out,
    data: Annotated[
        str | None,
        typer.Argument(metavar="[DATA]", help="Labelled accounts; left out: simulated platforms."),
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Of the trees and, without DATA, of all.")] = None,
    threads: Threads = None,
    columns: Columns = None,
    config: ConfigFile = None,
    set_: Set = None,
) -> None:
    """Train a detector and save it: on labelled accounts or, without DATA, on simulated platforms.

    \b
    DATA is a folder of `fakeengage simulate`, or a table with a column `label` (fake or normal). The net of
    the shipped model is kept; trees and calibration are fitted to your accounts, in a minute or so.

    \b
    Without DATA a new net is trained too, as the shipped one was: under an hour on two cores, with torch.
    Killed, it goes on where it was. `--set auditor.network_rounds=[20]` makes a small one to try.

    \b
    Examples:
      fakeengage simulate --n-users 5000 --preset realistic --seed 1 --out data/train
      fakeengage train data/train --out models/auditor
      fakeengage train --out models/auditor
      fakeengage score posts.csv --model models/auditor --out results
    """
    import fakeengage as fe
    from fakeengage.config import write_config

    settings = settings_from(
        config,
        set_,
        score__threads=threads,
        reading__columns=pairs(columns),
        auditor__seed=seed if data is None else None,
    )
    if data is None:
        _train_on_simulation(settings, out)
        return
    source = load(data, settings.reading_options())
    with working("training"):
        model = fe.train(source, seed=seed or 0, threads=settings.score.threads)
        model.save(out)
    write_config(settings, out)
    say(f"trained on {len(getattr(source, 'panel', source))} accounts\n{out}")


def _train_on_simulation(settings: Config, out: Path) -> None:
    from fakeengage.config import write_config
    from fakeengage.tables import make_folder
    from fakeengage.training.auditor import TrainingPlan, train_auditor

    folder = make_folder(out)
    progress_folder = folder / "training"
    with steps("training") as tell:
        model = train_auditor(
            TrainingPlan(**settings.auditor.model_dump()),
            folder=progress_folder,
            threads=settings.score.threads,
            progress=tell,
        )
    model.save(folder)
    write_config(settings, folder)
    shutil.rmtree(progress_folder, ignore_errors=True)
    say(f"trained on simulated platforms\n{folder}")


def calibrate(
    organic: Annotated[str, typer.Option(metavar="DATA", help="Accounts of yours that you presume organic.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the calibrated model.")] = Path(
        "models/mine"
    ),
    model: Model = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the windows planted into copies.")] = 0,
    threads: Threads = None,
    columns: Columns = None,
    config: ConfigFile = None,
) -> None:
    """Calibrate on organic accounts of your own, so that scores and the false discovery rate hold for them.

    \b
    Sixty accounts are the least, a few hundred serve well. A fake among them costs power, not validity.

    \b
    Example:
      fakeengage calibrate --organic mine.csv --out models/mine
      fakeengage score posts.csv --model models/mine --out results
    """
    from fakeengage.config import write_config
    from fakeengage.scoring import resolve_model

    settings = settings_from(config, score__threads=threads, reading__columns=pairs(columns))
    source = load(organic, settings.reading_options())
    panel = getattr(source, "panel", source)
    with working("calibrating"):
        calibrated = resolve_model(model).calibrate(panel, seed=seed, threads=settings.score.threads)
        calibrated.save(out)
    write_config(settings, out)
    say(f"calibrated on {calibrated.training['calibrated_on']['organic_accounts']} organic accounts\n{out}")


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
