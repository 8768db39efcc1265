"""What a command shows while it works: on stderr, and only where somebody is looking."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


@dataclass
class Settings:
    """How much this process shows."""

    command: str = "fakeengage"
    debug: bool = False
    quiet: bool = False


settings = Settings()


def say(text: str) -> None:
    """Print a result line, unless ``--quiet``."""
    if not settings.quiet:
        print(text)


def note(text: str) -> None:
    """Print a line for people to stderr, unless ``--quiet``."""
    if not settings.quiet:
        print(f"{settings.command}: {text}", file=sys.stderr)


@contextmanager
def working(text: str) -> Iterator[None]:
    """Show `text` with a spinner while the block runs, where stderr is a terminal."""
    if settings.quiet or not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(text):
        yield


def _show_nothing(_done: int, _total: int) -> None:
    pass


@contextmanager
def counting(text: str, unit: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar with speed and time left while the block runs, where stderr is a terminal.

    The block gets a function to call with (done, in all).
    """
    if settings.quiet or not sys.stderr.isatty():
        yield _show_nothing
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:3.0f} %  {task.fields[speed]}"),
        TimeRemainingColumn(compact=True),
        TextColumn("left"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(text, total=None, speed="")

        def show(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)
            speed = bar.tasks[0].speed
            bar.update(task, speed=f"{speed:,.0f} {unit}/s" if speed else "")

        yield show


@contextmanager
def steps(text: str) -> Iterator[Callable[[str, int, int, str], None]]:
    """Show the stages of a long job: a bar with time left on a terminal, else a line every tenth of a stage.

    The block gets a function to call with (stage, done, in all, what is worth saying).
    """
    if settings.quiet or not sys.stderr.isatty():

        def line(stage: str, done: int, total: int, said: str) -> None:
            if done == total or done % max(total // 10, 1) == 0:
                note(f"{text}: {stage}, {done} of {total}{'; ' + said if said else ''}")

        yield line
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed} of {task.total}  {task.fields[said]}"),
        TimeRemainingColumn(compact=True),
        TextColumn("left"),
    )
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=Console(stderr=True)) as bar:

        def show(stage: str, done: int, total: int, said: str) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total, said="")
            bar.update(tasks[stage], completed=done, said=said)

        yield show


def later(what: str, instead: str) -> None:
    """Refuse a command that this version only announces.

    Raises
    ------
    ValueError
        Always.
    """
    import fakeengage

    raise ValueError(f"not available in version {fakeengage.__version__}: {what}; {instead}")


def print_table(frame: pd.DataFrame) -> None:
    """Print a small table in columns, numbers to the right."""
    if settings.quiet:
        return
    cells = [[str(name) for name in frame.columns]]
    cells += [[_cell(value) for value in row] for row in frame.itertuples(index=False)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    right = [frame[name].dtype.kind in "if" for name in frame.columns]
    for row in cells:
        padded = [c.rjust(w) if r else c.ljust(w) for c, w, r in zip(row, widths, right, strict=True)]
        print("  ".join(padded).rstrip())


def _cell(value: Any) -> str:
    if value is None or value != value:
        return ""
    return f"{value:.3f}" if isinstance(value, float) else str(value)


class Stages:
    """Tells what a long job is doing: a line per stage, with its time."""

    @contextmanager
    def stage(self, name: str) -> Iterator[list[str]]:
        """Run the block as stage `name`; what it appends to the list is printed behind it."""
        said: list[str] = []
        begin = time.perf_counter()
        with working(name):
            yield said
        say(f"{name:<12} {time.perf_counter() - begin:6.1f} s  {'; '.join(said)}".rstrip())
