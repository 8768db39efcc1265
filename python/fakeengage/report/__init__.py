"""The verdicts as one HTML file: opens offline, needs no script to be read, runs none of the input."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fakeengage.tables import make_folder, write_atomically

if TYPE_CHECKING:
    from fakeengage.result import Result

__all__ = ["render", "write_report"]


def render(
    result: Result, *, title: str = "Is this engagement real?", accounts: Sequence[int] | None = None
) -> str:
    """HTML of the report.

    Parameters
    ----------
    result
        What :func:`fakeengage.score` gave.
    title
        Heading of the page.
    accounts
        Positions of the accounts to draw; left out, flagged ones and those ranked first.

    Returns
    -------
    str
        A whole document of at most about 2 MB, whatever the number of accounts.
    """
    import jinja2

    from fakeengage.report.content import build

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("fakeengage.report", "page"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html").render(page=build(result, title, accounts))


def write_report(
    result: Result,
    path: str | os.PathLike[str],
    *,
    title: str = "Is this engagement real?",
    accounts: Sequence[int] | None = None,
) -> Path:
    """Write :func:`render` to `path` and return it.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    target = Path(path)
    make_folder(target.parent)
    write_atomically(target, render(result, title=title, accounts=accounts).encode("utf-8", errors="replace"))
    return target
