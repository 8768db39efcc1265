"""What the counts of normal and fake accounts look like before anything is judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fakeengage.plots.canvas import COLOURS, new_axes, short_counts, unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from fakeengage.panel import Panel

KINDS = (("normal", COLOURS[0], "-"), ("fake", COLOURS[5], "--"))
N_BINS = 40
ZERO = 0.3
"""Where zeros are drawn: a logarithmic axis has no place for them."""


def histograms(panel: Panel, labels: ArrayLike) -> list[Axes]:
    """Counts per step of each metric, and how much they vary within an account, by label.

    Parameters
    ----------
    panel
        The accounts.
    labels
        ``(n,)``, true for fake accounts.

    Returns
    -------
    list of matplotlib.axes.Axes
        Above, one per metric: shares of steps by count, the leftmost bin holding zeros. Below: shares of
        accounts by standard deviation over mean.

    Raises
    ------
    ValueError
        If the labels do not fit the panel.
    """
    fake = np.asarray(labels, dtype=bool)
    if fake.shape != (len(panel),):
        raise ValueError(f"labels: has shape {fake.shape}, the panel has {len(panel)} accounts")
    m = len(panel.metrics)
    axes = new_axes(2, m, size=(3.1 * m, 5.4))
    for k, metric in enumerate(panel.metrics):
        series = panel.series(metric)
        counts = [
            _pooled([s for s, f in zip(series, fake, strict=True) if f == kind]) for kind in (False, True)
        ]
        top = max([float(c.max(initial=1.0)) for c in counts])
        # Whole counts have a bin of their own as long as those are apart on the axis.
        edges = np.unique(np.append([0.18, 0.5], np.floor(np.geomspace(1, max(top, 2.0), N_BINS)) + 0.5))
        _draw(axes[k], [np.maximum(c, ZERO) for c in counts], edges)
        axes[k].set_xscale("log")
        decades = 10.0 ** np.arange(0, int(np.log10(max(top, 2.0))) + 1, 1 if top < 1e4 else 2)
        axes[k].set_xticks([ZERO, *decades], ["0", *map(short_counts(), decades)])
        axes[k].minorticks_off()
        axes[k].set(xlabel=f"{metric} per {unit(panel)}", title=metric)
        spread = [
            np.array([_variation(s) for s, f in zip(series, fake, strict=True) if f == kind])
            for kind in (False, True)
        ]
        known = [values[~np.isnan(values)] for values in spread]
        limit = float(np.quantile(np.concatenate(known), 0.99)) if sum(map(len, known)) else 1.0
        _draw(
            axes[m + k],
            [np.minimum(v, limit) for v in known],
            np.linspace(0, max(limit, 0.1) * 1.001, N_BINS),
        )
        axes[m + k].set(xlabel=f"sd / mean of {metric}")
    axes[0].set_ylabel(f"% of {unit(panel)}s of the kind")
    axes[m].set_ylabel("% of accounts of the kind\n(last bin: and more)")
    axes[0].legend(fontsize="small")
    return axes


def _draw(ax: Axes, values: list[NDArray[np.float64]], edges: NDArray[np.float64]) -> None:
    for mine, (name, colour, style) in zip(values, KINDS, strict=True):
        share = 100 * np.histogram(mine, edges)[0] / max(len(mine), 1)
        ax.stairs(share, edges, color=colour, ls=style, lw=1.6, label=name)
        ax.stairs(share, edges, color=colour, alpha=0.15, fill=True)
    ax.grid(alpha=0.3)


def _pooled(series: list[NDArray[np.float32]]) -> NDArray[np.float64]:
    known = [s[~np.isnan(s)] for s in series]
    return np.concatenate(known).astype(np.float64) if known else np.empty(0)


def _variation(series: NDArray[np.float32]) -> float:
    known = series[~np.isnan(series)].astype(np.float64)
    mean = float(known.mean()) if known.size else 0.0
    return float(known.std() / mean) if mean > 0 else float("nan")
