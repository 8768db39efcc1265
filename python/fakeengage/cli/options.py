"""Options and arguments that several commands share, and what their words mean."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from fakeengage.config import Config

Data = Annotated[
    str,
    typer.Argument(
        metavar="DATA", help="CSV, CSV.gz, Parquet file or folder, simulated folder, or - for stdin."
    ),
]
Model = Annotated[
    str | None, typer.Option(metavar="DIR", help="Folder of a trained model.  [default: the one shipped]")
]
Out = Annotated[Path, typer.Option(metavar="DIR", help="Folder to write to; made where it does not exist.")]
Threads = Annotated[
    int | None, typer.Option(min=1, help="Threads; results do not depend on it.  [default: all cores]")
]
ConfigFile = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="Settings as `fakeengage config` prints them.")
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="SECTION.KEY=VALUE", help="Any setting of the config; repeatable."),
]
Columns = Annotated[
    str | None,
    typer.Option(metavar="OURS=YOURS,...", help="Columns named otherwise: account_id=user,views=play_count"),
]
Timezone = Annotated[str | None, typer.Option(help="Zone of timestamps without one.  [default: UTC]")]
Counts = Annotated[
    str | None,
    typer.Option(help="increments (new per step), cumulative (running totals) or auto.  [default: auto]"),
]
Gaps = Annotated[
    str | None, typer.Option(help="A step without a row is missing or zero.  [default: missing]")
]
Resample = Annotated[
    str | None, typer.Option(metavar="STEP", help="Gather irregular snapshots into steps, such as 1h.")
]
FromEvents = Annotated[bool, typer.Option("--from-events", help="Each row is one action, not a count.")]


def settings_from(path: Path | None, changes: list[str] | None = None, **values: Any) -> Config:
    """Settings of a file, changed by ``--set``, changed by options; `values` are ``section__key=value``."""
    from fakeengage.config import load_config, parse_setting

    overrides = dict(parse_setting(text) for text in changes or [])
    overrides |= {key.replace("__", "."): value for key, value in values.items() if value is not None}
    return load_config(path, overrides)


def pairs(text: str | None) -> dict[str, str] | None:
    """``a=b,c=d`` as a mapping.

    Raises
    ------
    ValueError
        If a part has no ``=``.
    """
    if text is None:
        return None
    parts = [part.partition("=") for part in text.split(",") if part.strip()]
    if not all(sign and key.strip() and value.strip() for key, sign, value in parts):
        raise ValueError(
            f"--columns: {text!r} is not of the form ours=yours, such as account_id=user,views=play_count"
        )
    return {key.strip(): value.strip() for key, _, value in parts}
