"""Commands around the whole path: run, config."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fakeengage.cli import options
from fakeengage.cli.console import Stages, print_table, say
from fakeengage.cli.options import settings_from


def run(
    out: options.Out = Path("outputs"),
    n_users: Annotated[int | None, typer.Option(min=1, help="Accounts to judge.  [default: 500]")] = None,
    length: Annotated[int | None, typer.Option(min=48, help="Hours per account.  [default: 336]")] = None,
    fake_ratio: Annotated[
        float | None, typer.Option(min=0, max=1, help="Share of fakes.  [default: 0.35]")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Same seed, same results.  [default: 0]")] = None,
    preset: Annotated[str | None, typer.Option(help="World to simulate.  [default: published]")] = None,
    fdr: Annotated[float | None, typer.Option(help="False discovery rate of flags.  [default: 0.05]")] = None,
    threads: options.Threads = None,
    config: options.ConfigFile = None,
    set_: options.Set = None,
) -> None:
    """Simulate, validate, train, evaluate, draw, score and report: the whole path in one go.

    \b
    Examples:
      fakeengage run
      fakeengage run --n-users 2000 --preset realistic --out outputs/realistic
      fakeengage run --config outputs/fakeengage.yaml --out again      the same run once more
    """
    from fakeengage.pipeline import run_pipeline

    settings = settings_from(
        config,
        set_,
        simulate__n_users=n_users,
        simulate__length=length,
        simulate__fake_ratio=fake_ratio,
        simulate__seed=seed,
        simulate__preset=preset,
        score__fdr=fdr,
        score__threads=threads,
    )
    outcome = run_pipeline(settings, out, Stages())
    say("")
    print_table(outcome.table)
    for line in outcome.lines:
        say(line)
    print(outcome.report)


def config(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Check a file and print what is in effect.")
    ] = None,
    set_: options.Set = None,
) -> None:
    """Print the full configuration with a comment per field.

    \b
    Examples:
      fakeengage config > fakeengage.yaml
      fakeengage config fakeengage.yaml --set score.fdr=0.1
    """
    from fakeengage.config import to_yaml

    print(to_yaml(settings_from(file, set_)), end="")
