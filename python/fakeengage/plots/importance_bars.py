"""What a detector lives on, as bars with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fakeengage.plots.canvas import COLOURS, new_axes, plain_text

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_UNITS = {
    "AUROC loss": "loss of AUROC when permuted",
    "mean |contribution|": "mean size, in the unit of the score",
}
_COLUMNS = ("importance", "low", "high", "method")


def importance(frame: pd.DataFrame, *, top: int = 20, axes: Sequence[Axes] | None = None) -> list[Axes]:
    """Importances of features, families or metrics with their intervals, one panel per method.

    Parameters
    ----------
    frame
        What :func:`fakeengage.importances` gave.
    top
        Most bars per panel, the largest.
    axes
        Axes to draw on, one per method; new ones when left out.

    Returns
    -------
    list of matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If the frame is empty or lacks a column, `top` is not positive, or the axes are too few.
    """
    missing = [column for column in _COLUMNS if column not in frame]
    if missing or frame.empty or frame.columns[0] in _COLUMNS:
        what = f"lacks the column {missing[0]!r}" if missing else "holds no importances"
        raise ValueError(f"frame: {what}; give the result of fakeengage.importances")
    if top < 1:
        raise ValueError(f"top: {top} is not allowed; at least 1")
    by = str(frame.columns[0])
    parts = {str(method): part for method, part in frame.groupby("method", sort=True)}
    most = min(top, max(len(part) for part in parts.values()))
    drawn = (
        list(axes)
        if axes is not None
        else new_axes(1, len(parts), size=(1.0 + 5.8 * len(parts), 1.1 + 0.28 * most))
    )
    if len(drawn) < len(parts):
        raise ValueError(f"axes: {len(drawn)} are too few; the frame holds {len(parts)} methods")
    for number, (ax, (method, part)) in enumerate(zip(drawn, parts.items(), strict=False)):
        best = part.nlargest(top, "importance")
        places = range(len(best))
        ax.barh(places, best["importance"], color=COLOURS[number % len(COLOURS)], alpha=0.75, height=0.7)
        ax.hlines(places, best["low"], best["high"], color="0.15", lw=1.4)
        ax.set_yticks(list(places), [plain_text(name) for name in best[by]])
        ax.invert_yaxis()
        ax.axvline(0, color="0.3", lw=0.8)
        ax.grid(axis="x", alpha=0.3)
        left_out = f", {len(best)} of {len(part)}" if len(best) < len(part) else ""
        ax.set_xlabel(_UNITS.get(method, method))
        ax.set_title(f"{method} by {by}{left_out}", loc="left", fontsize="medium")
    return drawn[: len(parts)]
