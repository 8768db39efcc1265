"""What attacks do to features: how far each moves those of the accounts it changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fakeengage.attacks import ATTACKS
from fakeengage.features import BATCH_FAMILIES, FAMILIES, extract_features, list_features
from fakeengage.panel import Panel
from fakeengage.plots.canvas import origin_of, wide_figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from fakeengage.dataset import Dataset

SHOWN = (
    "any__rolling_mean__24max",
    "any__rolling_std__24max",
    "any__acf__lag1",
    "any__acf__day",
    "any__pacf__lag2",
    "any__shannon_entropy__bins16",
    "any__spectral_entropy__normalized",
    "any__sample_entropy__m2",
    "any__lempel_ziv_complexity__median",
    "any__scan_up__1",
    "any__scan_up__72",
    "any__scan_down__3",
    "any__step_down__6",
    "any__segments__3",
    "any__bursts__count",
    "any__bursts__duration",
    "any__bursts__relaxation",
    "joint__joint_up__24",
    "any__cusum__range",
    "any__change_points__count",
    "any__quiet_residual__max",
    "any__seasonal_strength__day",
    "any__half_shift__phase",
    "any__profile_shift__divergence",
    "any__day_level__sd",
    "any__period_power__max",
    "any_ratio__ratio_up__1",
    "any_ratio__ratio_up__24",
    "any_ratio__ratio_down__24",
    "any_ratio__residual_correlation__0",
    "coordination__coincidence__top3",
    "coordination__correlation__top3",
)
"""One or two of each kind of measure, chosen so that every attack moves some of them."""

FULL_COLOUR = 5.0
"""Beyond so many standard deviations a colour does not deepen; one attack would pale all others."""
ROW_INCHES = 0.235
# Of a normal law: the standard deviation over the median and over the mean absolute deviation.
MAD_SCALE = 1.4826
MEAN_SCALE = 1.2533


def feature_gallery(
    dataset: Dataset, features: Sequence[str] | None = None, *, threads: int | None = None
) -> Axes:
    """Heat map of attacks and features: by how much an attack moves a feature.

    The features of every attacked account are compared with those of the same account before the
    attack. A cell is the median over the accounts of one attack of the difference, in robust standard
    deviations of the feature over all accounts before the attacks.

    Parameters
    ----------
    dataset
        Simulated accounts with `clean`.
    features
        Columns of :func:`fakeengage.extract_features`, drawn by family; by default some thirty of the
        summaries over metrics, and those that compare accounts. With the latter, accounts are compared
        within the data set as it is, and before the attacks.
    threads
        Threads; all cores by default. The figure does not depend on them.

    Returns
    -------
    matplotlib.axes.Axes
        On a figure of its own.

    Raises
    ------
    ValueError
        If the data set does not hold the counts before the attacks, or has no such feature.

    Notes
    -----
    The robust standard deviation is 1.4826 times the median absolute deviation or, where more than half
    of the values are equal, 1.2533 times the mean absolute deviation from the median. A cell is empty
    where no account of the attack has the feature before and after, and a row where before the attacks
    all accounts have the same value.

    Examples
    --------
    >>> from fakeengage import simulate
    >>> ax = feature_gallery(simulate(100, length=168, keep_clean=True), ["any__scan_up__1"])
    >>> ax.get_yticklabels()[0].get_text()
    'any__scan_up__1'
    """
    if dataset.clean is None:
        raise ValueError(
            "dataset: does not hold the counts before the attacks; simulate with keep_clean=True"
        )
    chosen, families = _by_family(dataset.panel.metrics, SHOWN if features is None else features)
    moved, counts = _moved(dataset, chosen, families, threads)
    n_fakes = int(dataset.accounts["is_fake"].sum())
    about = f"{len(dataset):,} accounts, {n_fakes:,} attacked{origin_of(dataset)}"
    figure = wide_figure(f"How far attacks move features: {about}", 2.6 + ROW_INCHES * len(chosen))
    ax = figure.add_subplot()
    _draw(ax, moved, chosen, [f"{attack} ({n})" for attack, n in zip(ATTACKS, counts, strict=True)])
    _name_families(ax, families)
    return ax


def _by_family(metrics: Sequence[str], names: Sequence[str]) -> tuple[list[str], list[str]]:
    """The features in the order of the registry's families, and the family of each."""
    known = {feature.name: feature.family for feature in list_features(metrics, (*FAMILIES, *BATCH_FAMILIES))}
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        shown = repr(unknown[0]) if unknown else "an empty list"
        raise ValueError(f"features: {shown} is not allowed; list_features gives the names of this data set")
    order = list(dict.fromkeys((*FAMILIES, *BATCH_FAMILIES)))
    chosen = sorted(dict.fromkeys(names), key=lambda name: order.index(known[name]))
    return chosen, [known[name] for name in chosen]


def _moved(
    dataset: Dataset, names: list[str], families: list[str], threads: int | None
) -> tuple[NDArray[np.float64], list[int]]:
    """Median change of each feature by each attack, ``(n_features, n_attacks)``, and accounts per attack."""
    panel = dataset.panel
    assert dataset.clean is not None
    flat = np.ascontiguousarray(dataset.clean.transpose(0, 2, 1), dtype=np.float32).reshape(-1)
    clean = Panel(flat, panel.offsets, panel.starts, panel.metrics, panel.account_ids, panel.cadence)
    wanted = list(dict.fromkeys(families))
    after, before = (
        _finite(extract_features(accounts, wanted, threads), names) for accounts in (panel, clean)
    )
    with np.errstate(invalid="ignore"):
        change = (after - before) / _spread(before)
    attacks = dataset.accounts["attack"].to_numpy(dtype=object)
    moved = np.full((len(names), len(ATTACKS)), np.nan)
    for column, attack in enumerate(ATTACKS):
        here = change[attacks == attack]
        for row in range(len(names)):
            known = here[~np.isnan(here[:, row]), row]
            if len(known):
                moved[row, column] = np.median(known)
    return moved, [int((attacks == attack).sum()) for attack in ATTACKS]


def _finite(frame: pd.DataFrame, names: list[str]) -> NDArray[np.float64]:
    values = frame[names].to_numpy(dtype=np.float64)
    return np.where(np.isfinite(values), values, np.nan)


def _spread(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Robust standard deviation of each column; NaN where all values are equal."""
    spread = np.full(values.shape[1], np.nan)
    for column in range(values.shape[1]):
        known = values[~np.isnan(values[:, column]), column]
        if not len(known) or known.min() == known.max():
            continue
        away = np.abs(known - np.median(known))
        middle = float(np.median(away))
        spread[column] = MAD_SCALE * middle if middle > 0 else MEAN_SCALE * float(away.mean())
    return spread


def _draw(ax: Axes, moved: NDArray[np.float64], names: list[str], attacks: list[str]) -> None:
    drawn = np.ma.masked_invalid(moved)
    image = ax.imshow(drawn, cmap="RdBu_r", vmin=-FULL_COLOUR, vmax=FULL_COLOUR, aspect="auto")
    for row, column in np.argwhere(~np.isnan(moved)):
        value = moved[row, column]
        ax.text(
            column,
            row,
            _short(float(value)),
            ha="center",
            va="center",
            fontsize="x-small",
            color="white" if abs(value) > 0.7 * FULL_COLOUR else "black",
        )
    ax.set_xticks(range(len(attacks)), attacks, rotation=30, ha="left", rotation_mode="anchor")
    ax.set_yticks(range(len(names)), names)
    ax.tick_params(length=0, labelsize="small", labeltop=True, labelbottom=False)
    ax.set_xticks(np.arange(len(attacks) - 1) + 0.5, minor=True)
    ax.grid(which="minor", axis="x", color="white", lw=1.5)
    ax.tick_params(which="minor", length=0)
    ax.spines[:].set_visible(False)
    figure = ax.get_figure(root=True)
    assert figure is not None
    bar = figure.colorbar(image, ax=ax, location="bottom", extend="both", shrink=0.5, aspect=45, pad=0.015)
    bar.set_label(
        "median change of an attacked account, in robust standard deviations of accounts before attacks",
        fontsize="small",
    )
    bar.ax.tick_params(labelsize="small")


def _name_families(ax: Axes, families: list[str]) -> None:
    """A white line between families, and their names at the right end."""
    for family in dict.fromkeys(families):
        first = families.index(family)
        last = first + families.count(family) - 1
        if first:
            ax.axhline(first - 0.5, color="white", lw=5)
        ax.annotate(
            family,
            (1.0, (first + last) / 2),
            xycoords=("axes fraction", "data"),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize="small",
            fontweight="bold",
        )


def _short(value: float) -> str:
    """One digit after the point below ten; no sign before what rounds to 0."""
    text = f"{value:.0f}" if abs(value) >= 9.95 else f"{value:.1f}"
    return "0" if float(text) == 0 else text.replace("-", "−")
