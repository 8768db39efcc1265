"""What attacks look like: a panel per attack, before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fakeengage.attacks import ATTACKS, LEVEL_ATTACKS
from fakeengage.plots import typical
from fakeengage.plots.canvas import (
    COLOURS,
    RED,
    date_axis,
    moments_of,
    origin_of,
    plain_text,
    say_nothing,
    shared_legend,
    short_counts,
    unit,
    wide_figure,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from fakeengage.dataset import Dataset

PANEL_INCHES = 2.55
MEMBERS = 12
"""Other accounts of a cohort that are drawn."""
RATIO_STEPS = 6
"""Likes per view are taken over so many steps: one step of a small account has too few."""
RATIO_MOVED = 1.5
"""Likes per view are drawn where the attack moved them by this factor."""
ENOUGH_LIKES = 20.0
"""Clean likes among the changed steps from which their rate means something."""
TOWERING = 40.0
"""A peak so many times the usual count is drawn on a root scale, or the usual would be a flat line."""


def plot_attacks(dataset: Dataset) -> list[Axes]:
    """One panel per attack: a typical account before and after, with its windows in red.

    The metric is the one that the attack is about. Below, where it says more: likes per view that
    the attack moved, the volume that a purge took back, the other members of a cohort.

    Parameters
    ----------
    dataset
        Simulated accounts with `clean`.

    Returns
    -------
    list of matplotlib.axes.Axes
        One per attack, titled with its name, all on one figure.

    Raises
    ------
    ValueError
        If the data set does not hold the counts before the attacks.

    Examples
    --------
    >>> from fakeengage import simulate
    >>> axes = plot_attacks(simulate(200, length=168, keep_clean=True))
    >>> len(axes), axes[-1].get_title(loc="left")
    (12, 'organic_mimicry')
    """
    if dataset.clean is None:
        raise ValueError(
            "dataset: does not hold the counts before the attacks; simulate with keep_clean=True"
        )
    n_rows = (len(ATTACKS) + 1) // 2
    figure = wide_figure(f"Attacks{origin_of(dataset)}", PANEL_INCHES * n_rows)
    # Two rows of the grid for each row of panels: the lower one is for what stands below a panel.
    grid = figure.add_gridspec(2 * n_rows, 2, height_ratios=[2.6, 1] * n_rows)
    axes: list[Axes] = []
    for number, attack in enumerate(ATTACKS):
        row, column = 2 * (number // 2), number % 2
        account = typical.typical_fake(dataset, attack)
        draw_below = None if account is None else _what_says_more(dataset, account)
        place = grid[row, column] if draw_below else grid[row : row + 2, column]
        ax = lowest = figure.add_subplot(place, sharex=axes[0] if axes else None)
        ax.set_title(attack, loc="left", fontsize="medium", fontweight="bold")
        if account is None:
            say_nothing(ax, "no account with this attack")
        else:
            _draw_attack(ax, dataset, account)
        if draw_below is not None and account is not None:
            lowest = figure.add_subplot(grid[row + 1, column], sharex=ax)
            draw_below(lowest, dataset, account)
            ax.tick_params(labelbottom=False)
        last = number >= len(ATTACKS) - 2
        lowest.tick_params(labelbottom=last)
        if last:
            lowest.set_xlabel("time (UTC)")
        axes.append(ax)
    shared_legend(figure, axes, ("clean", "attacked", "window", "changed steps"))
    return axes


def _draw_attack(ax: Axes, dataset: Dataset, account: int) -> None:
    from matplotlib.dates import date2num

    panel = dataset.panel
    metric = typical.concerned_metric(dataset, account)
    moments, step = moments_of(panel, account), _step(dataset, account)
    before, after = _both(dataset, account, metric)
    for number, (start, end) in enumerate(typical.windows_of(dataset, account, metric)):
        name = "window" if number == 0 else None
        ax.axvspan(moments[start], moments[end - 1] + step, fc=(RED, 0.13), ec=(RED, 0.3), lw=0.6, label=name)
    # The clean curve lies on the other, so that what the attack added stands out in black.
    ax.plot(moments, after, color=COLOURS[6], lw=1.0, label="attacked")
    ax.plot(moments, before, color=COLOURS[4], lw=1.0, label="clean")
    days = step / np.timedelta64(1, "D")
    changed = moments[dataset.mask[account, :, metric]]
    bars = [(float(date2num(moment)), float(days)) for moment in changed]  # type: ignore[no-untyped-call]
    low_end = ax.get_xaxis_transform()
    ax.broken_barh(bars, (0, 0.035), transform=low_end, color=RED, lw=0.4, label="changed steps")
    ax.set_ylabel(f"{panel.metrics[metric]} per {unit(panel)}")
    if dataset.accounts["attack"].iat[account] not in LEVEL_ATTACKS and _towers(before, after):
        ax.set_yscale("function", functions=(_signed_root, _signed_square))
        ax.set_ylabel(f"{ax.get_ylabel()}\n(root scale)")
        ax.set_ylim(*_signed_square(np.array(_limits(_signed_root(after)))))
    else:
        ax.set_ylim(*_limits(after))
    ax.yaxis.set_major_formatter(short_counts())
    ax.set_xlim(moments[0], moments[-1] + step)
    ax.set_title(_about(dataset, account), loc="right", fontsize="small", color="0.3")
    date_axis(ax)


def _about(dataset: Dataset, account: int) -> str:
    row = dataset.accounts.iloc[account]
    strength = f"{row['intensity']:.2g}"
    strength = f"+{strength} means" if row["attack"] in LEVEL_ATTACKS else f"x {strength}"
    return f"{plain_text(row['account_id'])}, {row['profile']}, {strength}"


def _what_says_more(dataset: Dataset, account: int) -> Any:
    """What to draw below an attack, or None."""
    metric = typical.concerned_metric(dataset, account)
    before, after = _both(dataset, account, metric)
    if np.nanmin(after - before, initial=0) < 0:
        return _draw_running_total
    if typical.cohort_members(dataset, account, 1):
        return _draw_members
    return _draw_likes_per_view if _likes_per_view_moved(dataset, account) else None


def _draw_running_total(ax: Axes, dataset: Dataset, account: int) -> None:
    """What the attack has added so far: orders lift it, purges lower it."""
    before, after = _both(dataset, account, typical.concerned_metric(dataset, account))
    total = np.cumsum(np.nan_to_num(after - before))
    ax.step(moments_of(dataset.panel, account), total, color=RED, lw=1.0, where="post")
    ax.axhline(0, color="0.7", lw=0.7)
    ax.set_ylabel("added\nso far", fontsize="small")
    ax.set_ylim(*_limits(total))
    ax.yaxis.set_major_formatter(short_counts())


def _draw_members(ax: Axes, dataset: Dataset, account: int) -> None:
    """Other members of the cohort, a row each: the darker a step, the higher over its hour of the day."""
    metric = typical.concerned_metric(dataset, account)
    moments, step = moments_of(dataset.panel, account), _step(dataset, account)
    members = typical.cohort_members(dataset, account, MEMBERS)
    rows = np.stack([_over_usual(dataset, member, metric) for member in members])
    edges = np.append(moments, moments[-1] + step)
    shades = np.ma.masked_invalid(rows)
    ax.pcolormesh(edges, np.arange(len(rows) + 1), shades, cmap="Greys", vmin=0, vmax=2, rasterized=True)
    ax.set_ylabel(f"{len(rows)} others\nof cohort", fontsize="small")
    ax.set_yticks([])


def _over_usual(dataset: Dataset, account: int, metric: int) -> NDArray[np.float64]:
    """Powers of two over the median of the hour of the day; a quarter of the mean where that is less."""
    values = typical.counts(dataset, account, metric)
    hour = moments_of(dataset.panel, account).astype("datetime64[h]").astype(np.int64) % 24
    known = ~np.isnan(values)
    usual = np.full(len(values), 0.25 * float(values[known].mean()) if known.any() else 0.0)
    for h in np.unique(hour[known]):
        usual[hour == h] = np.maximum(usual[hour == h], np.median(values[known & (hour == h)]))
    ratio = np.divide(values, usual, out=np.ones(len(values)), where=usual > 0)
    over: NDArray[np.float64] = np.log2(np.maximum(ratio, 1.0), out=np.full(len(values), np.nan), where=known)
    return over


def _draw_likes_per_view(ax: Axes, dataset: Dataset, account: int) -> None:
    likes, views = (_both(dataset, account, dataset.panel.metrics.index(name)) for name in ("likes", "views"))
    moments = moments_of(dataset.panel, account)
    for k, colour in ((1, COLOURS[6]), (0, COLOURS[4])):
        ax.plot(moments, 100 * _likes_per_view(likes[k], views[k]), color=colour, lw=1.0)
    ax.set_ylabel("likes per\n100 views", fontsize="small")
    ax.set_ylim(bottom=0)


def _likes_per_view(likes: NDArray[np.float64], views: NDArray[np.float64]) -> Any:
    """Likes over views of the last steps; NaN where corrections leave none."""
    window = np.ones(min(RATIO_STEPS, len(views)))
    above, below = (np.convolve(np.nan_to_num(x), window)[: len(views)] for x in (likes, views))
    return np.divide(above, below, out=np.full(len(views), np.nan), where=(below > 0) & (above >= 0))


def _likes_per_view_moved(dataset: Dataset, account: int) -> bool:
    if not {"views", "likes"} <= set(dataset.panel.metrics):
        return False
    here = dataset.mask[account].any(axis=1)
    sums = [
        float(np.nansum(values[here]))
        for name in ("likes", "views")
        for values in _both(dataset, account, dataset.panel.metrics.index(name))
    ]
    if sums[0] < ENOUGH_LIKES or min(sums) <= 0:
        return False
    clean_likes, likes, clean_views, views = sums
    return bool(abs(np.log(likes / views * clean_views / clean_likes)) > np.log(RATIO_MOVED))


def _both(dataset: Dataset, account: int, metric: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Counts of one metric before and after the attack."""
    assert dataset.clean is not None
    return dataset.clean[account, :, metric].astype(np.float64), typical.counts(dataset, account, metric)


def _step(dataset: Dataset, account: int) -> np.timedelta64:
    moments = moments_of(dataset.panel, account)
    return moments[1] - moments[0] if len(moments) > 1 else np.timedelta64(1, "h")


def _towers(before: NDArray[np.float64], after: NDArray[np.float64]) -> bool:
    usual = float(np.nanmedian(before)) if not np.isnan(before).all() else 0.0
    return usual > 0 and float(np.nanmax(after)) > TOWERING * usual


def _limits(values: NDArray[np.float64]) -> tuple[float, float]:
    """Room below for the changed steps and a little above."""
    known = values[~np.isnan(values)]
    low, high = float(known.min(initial=0.0)), float(known.max(initial=1.0))
    return low - 0.08 * (high - low), high + 0.12 * (high - low)


def _signed_root(values: Any) -> Any:
    return np.sign(values) * np.sqrt(np.abs(values))


def _signed_square(values: Any) -> Any:
    return np.sign(values) * np.square(values)
