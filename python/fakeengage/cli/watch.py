"""Commands for a running system: monitor, serve."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fakeengage.cli.console import later


def monitor(
    reference: Annotated[str, typer.Argument(metavar="REFERENCE", help="Data or results of before.")],
    current: Annotated[str, typer.Argument(metavar="CURRENT", help="Data or results of now.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder to write to.")] = Path("drift"),
) -> None:
    """Compare two periods: drift of inputs, scores, flag rate and data quality.

    \b
    Will write drift.html and drift.json and end with exit code 3 on drift.
    Not available in this version.
    """
    del reference, current, out
    later(
        "drift between two periods", "until then compare the summary.json of two runs of `fakeengage score`"
    )


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on.")] = 8000,
) -> None:
    """Answer scoring requests over HTTP.

    \b
    Will need `pip install fakeengage[serve]`.
    Not available in this version.
    """
    del host, port
    later("the HTTP service", "until then call `fakeengage score - --out -` or fakeengage.score() in Python")
