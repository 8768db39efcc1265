"""What all figures share: colours, axes outside pyplot, dates, plain text, files."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fakeengage.tables import write_atomically

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from fakeengage.dataset import Dataset
    from fakeengage.panel import Panel

# Okabe & Ito (2008): told apart with every common kind of colour vision; in grey, the line style does it.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#000000")
STYLES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)))
RED = "#D62728"

WIDTH = 12.4
"""Width of figures with many panels in inches: 1,612 pixels as :func:`save` writes them."""


def new_axes(n_rows: int = 1, n_columns: int = 1, *, size: tuple[float, float] = (9, 3)) -> list[Axes]:
    """Axes on a figure of their own, row by row, outside pyplot: no window opens, nothing is to be closed.

    Parameters
    ----------
    n_rows, n_columns
        How the axes are arranged.
    size
        Width and height of the figure in inches.

    Returns
    -------
    list of matplotlib.axes.Axes
    """
    from matplotlib.figure import Figure

    return list(Figure(figsize=size, layout="constrained").subplots(n_rows, n_columns, squeeze=False).flat)


def save(ax: Axes, path: str | os.PathLike[str], *, dpi: int = 130, n_colours: int | None = None) -> Path:
    """Write the figure that `ax` is on as PNG, SVG or PDF, by the ending; the same figure gives the same PNG.

    Parameters
    ----------
    ax
        Any axes of the figure.
    path
        Where to; PNG where the name has no ending.
    dpi
        Pixels per inch.
    n_colours
        Writes a PNG with so many colours, 2 to 256: a third of the size for figures of lines.

    Returns
    -------
    Path
        Where it was written.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    target = Path(path)
    figure = ax.get_figure(root=True)
    if figure is None:
        raise ValueError("ax: is not on a figure")
    target = target if target.suffix else target.with_suffix(".png")
    # matplotlib would write its version into a PNG, so that an upgrade alone changes every figure.
    about = {"Software": None} if target.suffix == ".png" else None
    page = BytesIO()
    with warnings.catch_warnings():
        # An id in a script that the font lacks is drawn as boxes; nobody can do anything about it here.
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from")
        figure.savefig(page, format=target.suffix[1:], dpi=dpi, metadata=about)
    content = page.getvalue()
    if n_colours is not None and target.suffix == ".png":
        content = _with_colours(content, n_colours)
    write_atomically(target, content)
    return target


def _with_colours(png: bytes, n: int) -> bytes:
    # matplotlib cannot write a picture without Pillow, so it is always there.
    from PIL import Image

    page = BytesIO()
    picture = Image.open(BytesIO(png)).convert("RGB")
    # Without the refinement rare colours, such as that of a window, would move to their neighbours.
    picture.quantize(n, kmeans=3, dither=Image.Dither.NONE).save(page, "PNG", optimize=True)
    return page.getvalue()


def wide_figure(title: str, height: float) -> Figure:
    """A figure of full width with a title at its left end."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    figure.suptitle(title, x=0.01, ha="left", fontsize="large")
    return figure


def shared_legend(figure: Figure, axes: Sequence[Axes], order: Sequence[str] = ()) -> None:
    """One legend for all panels beside the title: the names in `order`, then the others as they come."""
    found: dict[str, Any] = {}
    for ax in axes:
        for handle, name in zip(*ax.get_legend_handles_labels(), strict=True):
            found.setdefault(name, handle)
    names = sorted(found, key=lambda name: list(order).index(name) if name in order else len(order))
    if names:
        figure.legend(
            [found[name] for name in names],
            names,
            loc="outside upper right",
            ncols=len(names),
            fontsize="small",
            frameon=False,
        )


def say_nothing(ax: Axes, why: str) -> None:
    """Why a panel is empty, in its middle."""
    ax.text(0.5, 0.5, why, transform=ax.transAxes, ha="center", va="center", color="0.4")


def moments_of(panel: Panel, account: int) -> NDArray[np.datetime64]:
    """Start of each step of one account."""
    steps = int(panel.starts[account]) + np.arange(int(panel.lengths[account]))
    return np.asarray(panel.cadence.timestamps(steps), dtype="datetime64[s]")


def origin_of(dataset: Dataset) -> str:
    """What made a data set, as the end of a title."""
    if dataset.spec is None:
        return ""
    return f", preset {plain_text(Path(dataset.spec.preset).stem)}, seed {dataset.spec.seed}"


def short_counts() -> Any:
    """Labels such as 500, 20k, 1.5M: of about one width, which keeps panels in line."""
    from matplotlib.ticker import EngFormatter

    return EngFormatter(sep="")


def unit(panel: Panel) -> str:
    """One step of the panel, as an axis names it: ``hour``, ``15 minutes``."""
    return str(panel.cadence).removeprefix("1 ")


def plain_text(value: Any) -> str:
    """An id as matplotlib may print it: no mathematics, one line."""
    text = "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(value))
    return (text if len(text) <= 60 else text[:59] + "…").replace("$", r"\$")


def date_axis(ax: Axes) -> None:
    """As few dates as say where a step is."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator()  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
