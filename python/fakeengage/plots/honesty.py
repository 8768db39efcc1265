"""Whether probabilities and false discovery rates are what they say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fakeengage.calibration import flag
from fakeengage.plots.canvas import COLOURS, new_axes
from fakeengage.plots.curves import checked_labels, checked_scores
from fakeengage.resampling import LEVEL, account_weights

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

RATES = np.concatenate([np.linspace(0.01, 0.1, 10), np.linspace(0.12, 0.3, 10)])
"""False discovery rates asked for, at which the realised ones are drawn."""


def calibration(curve: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Reliability of probabilities: the share of fakes among accounts given about the same probability.

    Parameters
    ----------
    curve
        ``predicted, observed, low, high, accounts`` per bin, such as the rows of one detector in
        ``Evaluation.calibration``.
    ax
        Axes to draw on; new ones when left out.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If there is no bin.
    """
    if not len(curve):
        raise ValueError("curve: has no bin; the detector gave no probability")
    ax = ax if ax is not None else new_axes(size=(5.2, 4.8))[0]
    x, y = curve["predicted"].to_numpy(dtype=float), curve["observed"].to_numpy(dtype=float)
    low, high = curve["low"].to_numpy(dtype=float), curve["high"].to_numpy(dtype=float)
    top = min(1.05 * float(np.nanmax([x.max(), y.max(), np.nanmax(high, initial=0.0)])), 1.02)
    ax.plot([0, 1], [0, 1], color="0.4", lw=1, ls="--", label="honest")
    bars = np.nan_to_num(np.maximum([y - low, high - y], 0.0))
    ax.errorbar(
        x,
        y,
        yerr=bars,
        color=COLOURS[0],
        marker="o",
        ms=5,
        lw=1.6,
        capsize=3,
        label="observed, 95 % interval",
    )
    ax.set(
        xlim=(0, top),
        ylim=(-0.02 * top, top),
        xlabel="mean score of the bin (probability of fraud)",
        ylabel="share of fakes in the bin",
        title=f"Calibration at 10 % prevalence, {int(curve['accounts'].sum()):,} accounts",
    )
    ax.grid(alpha=0.3)
    ax.legend(fontsize="small", loc="lower right")
    return ax


def fdr_reliability(
    labels: ArrayLike,
    p_values: ArrayLike,
    *,
    n_resamples: int = 200,
    seed: int = 0,
    ax: Axes | None = None,
) -> Axes:
    """False discovery rate asked for and realised, and the share of fakes found, on one data set.

    Parameters
    ----------
    labels
        ``(n,)``, true for fake accounts.
    p_values
        ``(n,)``; NaN = not judged.
    n_resamples, seed
        Bootstrap over accounts behind the band.
    ax
        Axes to draw on; new ones when left out.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If all labels are the same or there is another number of p-values.
    """
    fake = checked_labels(labels)
    p = checked_scores("p_values", p_values, len(fake))
    ax = ax if ax is not None else new_axes(size=(5.6, 4.8))[0]
    wrong, found = np.transpose([_flags(fake, p, rate) for rate in RATES])
    draws = []
    for weights in account_weights(fake, n_resamples, seed):
        for mine in weights:
            drawn = np.repeat(np.arange(len(fake)), mine.astype(np.int64))
            draws.append([_flags(fake[drawn], p[drawn], rate)[0] for rate in RATES])
    if draws:
        low, high = np.percentile(draws, [100 * (1 - LEVEL) / 2, 100 * (1 + LEVEL) / 2], axis=0)
        ax.fill_between(RATES, low, high, color=COLOURS[5], alpha=0.2, lw=0, label="95 % interval")
    ax.plot(RATES, RATES, color="0.4", lw=1, ls="--", label="as asked for")
    ax.plot(RATES, wrong, color=COLOURS[5], lw=2, marker="o", ms=4, label="share of flags that are wrong")
    ax.plot(RATES, found, color=COLOURS[0], lw=1.6, ls="-.", label="share of fakes flagged")
    ax.set(
        xlim=(0, RATES[-1]),
        ylim=(-0.02, 1.02),
        xlabel="false discovery rate asked for",
        ylabel="share realised",
        title=f"Flags on {len(fake):,} accounts, {100 * fake.mean():.0f} % fake",
    )
    ax.grid(alpha=0.3)
    ax.legend(fontsize="small", loc="best")
    return ax


def _flags(fake: NDArray[np.bool_], p: NDArray[np.float64], rate: float) -> tuple[float, float]:
    """Share of the flags that are wrong, 0 without flags, and of the fakes that are flagged."""
    flagged = flag(p, rate)
    n = int(flagged.sum())
    wrong = float((flagged & ~fake).sum() / n) if n else 0.0
    return wrong, float((flagged & fake).sum() / max(int(fake.sum()), 1))


def discovery_rates(
    table: pd.DataFrame, fdr: float = 0.05, *, axes: Sequence[Axes] | None = None
) -> list[Axes]:
    """Realised false discovery rate and recall on many data sets, by preset and share of fakes.

    Parameters
    ----------
    table
        What :func:`fakeengage.evaluation.discovery_table` gives.
    fdr
        Rate that was asked for.
    axes
        Two axes to draw on; new ones when left out.

    Returns
    -------
    list of matplotlib.axes.Axes
    """
    left, right = axes if axes is not None else new_axes(1, 2, size=(10, 4.2))
    for number, (preset, mine) in enumerate(table.groupby("preset", sort=False)):
        place = np.arange(len(mine)) + 0.14 * (number - 1)
        for ax, value, low, high in (
            (left, "false_discovery_rate", "low", "high"),
            (right, "recall", "recall_low", "recall_high"),
        ):
            y = mine[value].to_numpy(dtype=float)
            bars = np.nan_to_num(np.maximum([y - mine[low], mine[high] - y], 0.0))
            ax.errorbar(
                place,
                y,
                yerr=bars,
                ls="none",
                marker="osD^v"[number % 5],
                color=COLOURS[number % len(COLOURS)],
                capsize=3,
                label=str(preset),
            )
    shares = [f"{100 * share:g} %" for share in table["prevalence"].unique()]
    for ax in (left, right):
        ax.set_xticks(np.arange(len(shares)), shares)
        ax.set(xlabel="share of fakes", xlim=(-0.5, len(shares) - 0.5))
        ax.grid(alpha=0.3, axis="y")
    left.axhline(fdr, color="0.3", ls="--", lw=1, label=f"asked for: {fdr:g}")
    left.set(ylabel="share of flags that are wrong", title="Realised false discovery rate")
    left.set_ylim(bottom=0)
    right.set(ylabel="share of fakes flagged", title="Recall", ylim=(0, 1.02))
    left.legend(fontsize="small")
    return [left, right]
