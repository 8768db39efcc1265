"""What was judged: series with their expectation and unusual windows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timezone
from typing import TYPE_CHECKING, Any

import numpy as np

from fakeengage.plots.canvas import COLOURS, RED, date_axis, new_axes, plain_text, unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from fakeengage.expectation import Expectation
    from fakeengage.panel import Panel

BAND_Z = 1.645


def series(
    panel: Panel,
    account: int,
    metric: str | None = None,
    *,
    expectation: Expectation | None = None,
    windows: Sequence[tuple[Any, Any]] = (),
    ax: Axes | None = None,
) -> Axes:
    """One metric of one account over time, with unusual windows in red.

    Parameters
    ----------
    panel
        The accounts.
    account
        Position of the account.
    metric
        Name of the metric; the first of the panel when left out.
    expectation
        Adds the expected curve and the band that holds 90 % of ordinary steps.
    windows
        Start and end (excluded) of each window: moments, or numbers of steps of the panel's clock.
    ax
        Axes to draw on; new ones when left out.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If the panel lacks the metric or the account.
    """
    metric = panel.metrics[0] if metric is None else metric
    if metric not in panel.metrics:
        raise ValueError(f"metric: {metric!r} is not in this panel, which has {list(panel.metrics)}")
    if not 0 <= account < len(panel):
        raise ValueError(f"account: {account} is not a position in a panel of {len(panel)} accounts")
    ax = ax if ax is not None else new_axes(size=(9, 2.6))[0]
    k, length = panel.metrics.index(metric), int(panel.lengths[account])
    moments = panel.cadence.timestamps(int(panel.starts[account]) + np.arange(length))
    if expectation is not None and length:
        here = len(panel.metrics) * int(panel.offsets[account]) + k * length
        expected = np.asarray(expectation.expected[here : here + length], dtype=float)
        width = np.exp(
            np.clip(BAND_Z * np.asarray(expectation.log_sd[here : here + length], dtype=float), 0, 20)
        )
        low, high = expected / width, expected * width
        ax.fill_between(moments, low, high, color="0.85", lw=0, label="90 % of ordinary steps")
        ax.plot(moments, expected, color="0.25", lw=1, ls="--", label="expected")
    ax.plot(moments, panel.block(account)[k], color=COLOURS[0], lw=1.2, label="observed")
    for number, window in enumerate(windows):
        start, end = (_moment(panel, edge) for edge in window)
        name = "unusual window" if number == 0 else None
        ax.axvspan(start, end, color=RED, alpha=0.22, lw=0, label=name)
    # The band alone may not stretch the scale; counts below zero are corrections and stay visible.
    counts = np.nan_to_num(panel.block(account)[k])
    ax.set_ylim(1.05 * float(counts.min(initial=0.0)), 1.25 * float(counts.max(initial=1.0)))
    ax.set_ylabel(f"{metric} per {unit(panel)}")
    ax.set_xlabel("time (UTC)")
    ax.set_title(plain_text(panel.account_ids[account]), loc="left", fontsize="medium")
    date_axis(ax)
    return ax


def _moment(panel: Panel, edge: Any) -> Any:
    """Edge of a window, a moment or the number of a step, as matplotlib draws the panel's own clock."""
    if isinstance(edge, (int, np.integer)):
        return panel.cadence.timestamps(int(edge))
    return (
        edge if getattr(edge, "tzinfo", None) is None else edge.astimezone(timezone.utc).replace(tzinfo=None)
    )
