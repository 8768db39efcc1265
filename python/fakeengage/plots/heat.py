"""Heat maps: detectors by attack, metrics by metrics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fakeengage.plots.canvas import new_axes

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from fakeengage.panel import Panel

# From dark to light with every kind of colour vision, and in grey; the diverging one is blue to red.
SEQUENTIAL, DIVERGING = "cividis", "RdBu_r"


def attack_heatmap(groups: pd.DataFrame, figure: str = "AUROC", *, ax: Axes | None = None) -> Axes:
    """A figure of each detector by attack, attacks ordered by the first detector, weakest left.

    Parameters
    ----------
    groups
        ``detector, group, name, figure, value``, such as ``Evaluation.groups``.
    figure
        Which figure.
    ax
        Axes to draw on; new ones when left out.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If there is no such figure by attack.
    """
    mine = groups[(groups["group"] == "attack") & (groups["figure"] == figure)]
    if not len(mine):
        raise ValueError(f"groups: no {figure} by attack; the data set needs fakes of named attacks")
    detectors, attacks = list(mine["detector"].unique()), list(mine["name"].unique())
    values = np.full((len(detectors), len(attacks)), np.nan)
    for detector, name, value in zip(mine["detector"], mine["name"], mine["value"], strict=True):
        values[detectors.index(detector), attacks.index(name)] = value
    order = np.argsort(values[0], kind="stable")
    size = (2.6 + 0.72 * len(attacks), 2.3 + 0.42 * len(detectors))
    ax = ax if ax is not None else new_axes(size=size)[0]
    columns = [attacks[k].replace("_", " ") for k in order]
    _heat(ax, values[:, order], detectors, columns, SEQUENTIAL, (0.5, 1.0), ".2f")
    ax.set_xticks(ax.get_xticks(), columns, rotation=40, ha="right", rotation_mode="anchor")
    ax.set_title(f"{figure} of the fakes of each attack against all normals", loc="left", fontsize="medium")
    return ax


def correlation_heatmaps(panel: Panel, labels: ArrayLike, axes: Sequence[Axes] | None = None) -> list[Axes]:
    """Pearson correlation of the metrics' counts, mean over accounts: normal, fake, and the difference.

    Parameters
    ----------
    panel
        The accounts.
    labels
        ``(n,)``, true for fake accounts.
    axes
        Three axes to draw on; new ones when left out.

    Returns
    -------
    list of matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If all labels are the same or do not fit the panel.

    Notes
    -----
    Pairs of which a metric is flat have no correlation and are left out.
    """
    fake = np.asarray(labels, dtype=bool)
    if fake.shape != (len(panel),) or fake.all() or not fake.any():
        raise ValueError(f"labels: fake and normal are both needed, one for each of {len(panel)} accounts")
    axes = list(axes) if axes is not None else new_axes(1, 3, size=(12, 3.9))
    each = np.array([_correlations(panel.block(i).astype(np.float64)) for i in range(len(panel))])
    normal, attacked = (_mean_known(each[members]) for members in (~fake, fake))
    names = list(panel.metrics)
    least = float(np.nanmin([normal, attacked], initial=1.0))
    limits = (np.floor(10 * min(least, 0.9)) / 10, 1.0)
    for ax, values, title in (
        (axes[0], normal, f"normal: mean Pearson r of {int((~fake).sum()):,} accounts"),
        (axes[1], attacked, f"fake: mean Pearson r of {int(fake.sum()):,} accounts"),
    ):
        _heat(ax, values, names, names, SEQUENTIAL, limits, ".2f")
        ax.set_title(title, loc="left", fontsize="medium")
    difference = attacked - normal
    reach = max(float(np.nanmax(np.abs(difference), initial=0.0)), 0.01)
    _heat(axes[2], difference, names, names, DIVERGING, (-reach, reach), "+.3f")
    axes[2].set_title("fake minus normal", loc="left", fontsize="medium")
    return axes


def _correlations(block: NDArray[np.float64]) -> NDArray[np.float64]:
    out = np.full((len(block), len(block)), np.nan)
    for a in range(len(block)):
        for b in range(len(block)):
            seen = ~np.isnan(block[a]) & ~np.isnan(block[b])
            x, y = block[a][seen], block[b][seen]
            if len(x) > 1 and (x != x[0]).any() and (y != y[0]).any():
                out[a, b] = np.corrcoef(x, y)[0, 1]
    return out


def _mean_known(values: NDArray[np.float64]) -> NDArray[np.float64]:
    n = (~np.isnan(values)).sum(axis=0)
    return np.where(n > 0, np.nansum(values, axis=0) / np.maximum(n, 1), np.nan)


def _heat(
    ax: Axes,
    values: NDArray[np.float64],
    rows: Sequence[str],
    columns: Sequence[str],
    colours: str,
    limits: tuple[float, float],
    form: str,
) -> None:
    """Squares with their value in black or white, whichever is read better."""
    image: Any = ax.imshow(values, cmap=colours, vmin=limits[0], vmax=limits[1], aspect="auto")
    ax.set_xticks(np.arange(len(columns)), columns)
    ax.set_yticks(np.arange(len(rows)), rows)
    for (i, j), value in np.ndenumerate(values):
        text = "–" if np.isnan(value) else format(value, form)
        red, green, blue, _ = image.cmap(image.norm(value)) if not np.isnan(value) else (1.0, 1.0, 1.0, 1.0)
        # Relative luminance of sRGB: from here on black is read better than white.
        bright = 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.45
        ax.text(j, i, text, ha="center", va="center", fontsize="small", color="black" if bright else "white")
    ax.tick_params(length=0)
    for side in ax.spines.values():
        side.set_visible(False)
