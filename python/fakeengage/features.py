"""Self-normalised features of engagement series, from the registry in the Rust core."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fakeengage import _native
from fakeengage.panel import METRICS, Panel

if TYPE_CHECKING:
    import pandas as pd

    from fakeengage.expectation import Expectation

FAMILIES: tuple[str, ...] = tuple(_native.feature_families())
"""Groups of features that :func:`extract_features` can be limited to."""

SUMMARY_OWNERS = frozenset({"any", "mean", "any_ratio", "mean_ratio", "joint"})
"""Owners of the columns that every panel has, whatever its metrics."""


@dataclass(frozen=True)
class Feature:
    """One row of the feature registry.

    Attributes
    ----------
    name
        ``owner__measure__parameter``: the owner is a metric, a pair of metrics, or a summary over
        the metrics present (``any`` the largest, ``mean`` the mean, ``joint`` all together).
    family
        One of :data:`FAMILIES`.
    version
        Raised whenever the value of the same series changes.
    unit
        Unit of the value.
    meaning
        What it measures, in a few words.
    min_steps
        Fewest known steps for which it is computed; NaN below.
    needs
        What else it needs, empty for nothing; NaN without.
    high_is_suspicious
        Whether large values speak for fraud; ``False`` where neither end does.
    """

    name: str
    family: str
    version: int
    unit: str
    meaning: str
    min_steps: int
    needs: str
    high_is_suspicious: bool


def list_features(metrics: Sequence[str] = METRICS) -> list[Feature]:
    """Registry rows for the metrics given, in the order of :func:`extract_features`.

    Examples
    --------
    >>> list_features(["likes"])[0].name
    'likes__scan_up__1'
    """
    return [Feature(*row[:-1], bool(row[-1])) for row in _native.feature_columns(list(metrics))]


def feature_matrix(
    panel: Panel,
    expectation: Expectation | None = None,
    *,
    families: Sequence[str] = FAMILIES,
    threads: int | None = None,
) -> NDArray[np.float64]:
    """Features as a plain ``(n_accounts, n_features)`` array: :func:`extract_features` without names."""
    day, week = panel.cadence.steps_per_day, panel.cadence.steps_per_week
    return _native.extract_features(
        panel.data,
        None if expectation is None else expectation.expected,
        panel.offsets,
        panel.starts,
        len(panel.metrics),
        day,
        week,
        list(families),
        threads=threads or 0,
    )


def extract_features(
    panel: Panel,
    families: Iterable[str] | None = None,
    threads: int | None = None,
    *,
    expectation: Expectation | None = None,
) -> pd.DataFrame:
    """Features of every account, relative to its own expectation.

    Parameters
    ----------
    panel
        Accounts with any metrics, cadence and lengths.
    families
        Names out of :data:`FAMILIES`; all of them by default.
    threads
        Threads to use; all cores by default. The values do not depend on it.
    expectation
        What to measure against. Left out, trend and daily and weekly cycles are fitted robustly on
        the way, in a hundredth of the time of :func:`fit_expectation`; give its result to measure
        against the expectation that ``score`` uses.

    Returns
    -------
    pandas.DataFrame
        One row per account, indexed by ``account_id``; NaN where a series is shorter than the
        feature's ``min_steps`` or the metric is missing.

    Raises
    ------
    ValueError
        If a family is unknown.

    Examples
    --------
    >>> import fakeengage as fe
    >>> panel = fe.simulate(n_users=3, length=96, seed=1).panel
    >>> frame = fe.extract_features(panel, families=["ratio"])
    >>> frame.shape[0]
    3
    """
    import pandas as pd

    registry = list_features(panel.metrics)
    wanted = set(FAMILIES) if families is None else set(families)
    unknown = sorted(wanted - set(FAMILIES))
    if unknown:
        raise ValueError(f"families: {unknown[0]!r} is unknown; choose from {', '.join(FAMILIES)}")
    return pd.DataFrame(
        feature_matrix(panel, expectation, families=sorted(wanted), threads=threads),
        index=pd.Index(panel.account_ids, name="account_id"),
        columns=[feature.name for feature in registry if feature.family in wanted],
    )
