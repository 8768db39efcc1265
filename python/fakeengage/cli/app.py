"""The application: which commands there are, and what they share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

import fakeengage
from fakeengage.cli import data, judge, learn, watch, whole

# The base of all of Typer's usage errors, wherever the installed version keeps it.
CliError: Any = typer.BadParameter.__mro__[2]

HELP = """Is this engagement real? Finds fake views, likes, comments and shares in series of counts.

\b
Start here:
  fakeengage run --out outputs               the whole path on simulated accounts
  fakeengage score posts.csv --out results   a verdict per account of your own data
  fakeengage score --help                    what your data must look like

\b
A flag is a reason to look, not proof.
Exit codes: 0 done, 1 a check failed, 2 bad input or usage, 3 drift.
"""

app = typer.Typer(
    help=HELP,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "token_normalize_func": lambda token: token.replace("_", "-"),
        "max_content_width": 100,
    },
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"fakeengage {fakeengage.__version__}")
        raise typer.Exit


@app.callback()
def _everywhere(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show where an error comes from; works with any command.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Print nothing but errors; works with any command.")
    ] = False,
) -> None:
    # Both flags are taken from the line before it is parsed, so that they may stand anywhere.
    del version, debug, quiet


# In the order of the help, with the line that stands there.
COMMANDS: dict[Callable[..., None], str] = {
    whole.run: "The whole path on simulated accounts: simulate to report.",
    data.simulate: "Simulate accounts with known fakes.",
    data.inject: "Put an attack into series of your own.",
    data.features: "Write the features of every account, or list them.",
    learn.train: "Train a detector, on labelled accounts or on simulated platforms.",
    learn.calibrate: "Calibrate on organic accounts of your own.",
    learn.evaluate: "Measure a model beside trivial baselines.",
    judge.score: "Judge every account of a file: tables and report.html.",
    judge.explain: "Explain the verdict on an account.",
    data.validate: "Check data before it is judged.",
    watch.monitor: "Compare two periods (later version).",
    watch.serve: "Answer scoring requests over HTTP (later version).",
    whole.config: "Print every setting with a comment.",
}
for _command, _line in COMMANDS.items():
    app.command(short_help=_line)(_command)
