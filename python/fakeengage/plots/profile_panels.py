"""What ordinary accounts look like: a row per organic profile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fakeengage import _native
from fakeengage.plots import typical
from fakeengage.plots.canvas import (
    COLOURS,
    date_axis,
    moments_of,
    origin_of,
    say_nothing,
    shared_legend,
    short_counts,
    unit,
    wide_figure,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from fakeengage.dataset import Dataset

PROFILES: tuple[str, ...] = tuple(_native.simulation_names()[0])
"""Names of the organic profiles."""

ROW_INCHES = 1.7
LEAST_TOP = 10.0
"""Scales reach at least so far, or one view more or less would fill a panel."""
SIZES = (0.2, 0.5, 0.8)
"""Which accounts stand for a profile, as shares of the order by size."""
EXAMPLES = (("a small account", COLOURS[4]), ("a middling one", COLOURS[0]), ("a large one", COLOURS[6]))


def plot_profiles(dataset: Dataset) -> list[Axes]:
    """One panel per organic profile: views of three accounts, beside it the mean daily curve.

    Parameters
    ----------
    dataset
        Simulated accounts; the normal ones are shown.

    Returns
    -------
    list of matplotlib.axes.Axes
        One per profile, titled with its name, all on one figure.

    Examples
    --------
    >>> from fakeengage import simulate
    >>> [ax.get_title(loc="left") for ax in plot_profiles(simulate(200, length=72))][:2]
    ['regular', 'impulsive']
    """
    figure = wide_figure(f"Organic profiles{origin_of(dataset)}", ROW_INCHES * len(PROFILES))
    grid = figure.add_gridspec(len(PROFILES), 2, width_ratios=(4.4, 1))
    axes: list[Axes] = []
    curves: list[Axes] = []
    for row, profile in enumerate(PROFILES):
        ax = figure.add_subplot(grid[row, 0], sharex=axes[0] if axes else None)
        curve = figure.add_subplot(grid[row, 1], sharey=curves[0] if curves else None)
        chosen = typical.normal_accounts(dataset, profile)
        ax.set_title(profile, loc="left", fontsize="medium", fontweight="bold")
        _draw_examples(ax, dataset, typical.at_sizes(dataset, chosen, SIZES))
        _draw_daily_curve(curve, dataset, chosen)
        for panel in (ax, curve):
            panel.tick_params(labelbottom=row == len(PROFILES) - 1)
        axes.append(ax)
        curves.append(curve)
    axes[-1].set_xlabel("time (UTC), weekends shaded")
    curves[-1].set_xlabel("hour of the day (UTC)")
    curves[0].set_title("mean daily curve", loc="left", fontsize="medium")
    curves[0].set_ylim(
        0, 1.05 * max(float(np.nanmax(line.get_ydata())) for ax in curves for line in ax.lines)
    )
    if len(curves[0].lines) > 1:
        curves[0].legend(fontsize="x-small", frameon=False, loc="lower right", handlelength=1.6)
    shared_legend(figure, axes)
    return axes


def _draw_examples(ax: Axes, dataset: Dataset, accounts: list[int]) -> None:
    panel = dataset.panel
    ax.set_ylabel(f"{panel.metrics[0]} per {unit(panel)}")
    if not accounts:
        say_nothing(ax, "no normal account of this profile")
        return
    moments = moments_of(panel, accounts[0])
    for day in np.unique(moments.astype("datetime64[D]")):
        if not np.is_busday(day):
            ax.axvspan(day, day + np.timedelta64(1, "D"), color="0.93", lw=0, zorder=0)
    for account, (name, colour) in zip(accounts, EXAMPLES, strict=False):
        values = typical.counts(dataset, account, 0)
        ax.plot(moments_of(panel, account), values, color=colour, lw=0.9, label=name)
    # Accounts of one profile differ tenfold; zeros and corrections have their place all the same.
    ax.set_yscale("symlog", linthresh=1, linscale=0.4)
    ax.set_ylim(top=max(ax.get_ylim()[1], LEAST_TOP))
    ax.yaxis.set_major_formatter(short_counts())
    ax.set_xlim(moments[0], moments[-1])
    date_axis(ax)


def _draw_daily_curve(ax: Axes, dataset: Dataset, accounts: NDArray[np.int64]) -> None:
    """Each account's mean by hour of the day over its own mean; all accounts weigh the same."""
    rows: dict[str, list[NDArray[np.float64]]] = {"weekdays": [], "weekends": []}
    for account in accounts:
        moments = moments_of(dataset.panel, int(account))
        hour = moments.astype("datetime64[h]").astype(np.int64) % 24
        workday = np.is_busday(moments.astype("datetime64[D]"))
        values = typical.counts(dataset, int(account), 0)
        known = ~np.isnan(values)
        mean = float(values[known].mean()) if known.any() else 0.0
        if mean > 0:
            rows["weekdays"].append(_by_hour(values / mean, hour, known & workday))
            rows["weekends"].append(_by_hour(values / mean, hour, known & ~workday))
    for (name, group), colour, style in zip(rows.items(), (COLOURS[0], COLOURS[5]), ("-", "--"), strict=True):
        if group and not np.isnan(group).all():
            ax.plot(
                np.arange(24), _mean_of_known(np.stack(group)), color=colour, ls=style, lw=1.4, label=name
            )
    ax.axhline(1, color="0.7", lw=0.7)
    ax.set(xlim=(0, 23), xticks=[0, 6, 12, 18], ylabel="share of mean")


def _by_hour(values: NDArray[np.float64], hour: NDArray[np.int64], here: NDArray[np.bool_]) -> Any:
    """Mean by hour of the day over the steps in `here`; NaN for hours without one."""
    sums = np.bincount(hour[here], values[here], minlength=24)
    n = np.bincount(hour[here], minlength=24)
    return np.divide(sums, n, out=np.full(24, np.nan), where=n > 0)


def _mean_of_known(rows: NDArray[np.float64]) -> Any:
    known = ~np.isnan(rows)
    sums, n = np.where(known, rows, 0).sum(axis=0), known.sum(axis=0)
    return np.divide(sums, n, out=np.full(rows.shape[1], np.nan), where=n > 0)
