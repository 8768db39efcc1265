"""Which metric or pair of metrics stands behind a summary column of an account."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fakeengage.features.registry import BATCH_FAMILIES, FAMILIES, SUMMARY_OWNERS, list_features

_TOGETHER = {"mean": "metrics", "mean_ratio": "ratios", "joint": "metrics"}
"""What the columns of an owner speak of that no single metric stands behind."""


def column_sources(
    metrics: Sequence[str], matrix: NDArray[np.float64], names: Sequence[str]
) -> tuple[NDArray[np.int64], list[str]]:
    """The metric or pair that each column of each account speaks of.

    Parameters
    ----------
    metrics
        Metrics of the panel.
    matrix
        Its feature matrix, all columns of :func:`~fakeengage.features.list_features`.
    names
        Columns that are asked about.

    Returns
    -------
    codes : ndarray of shape (n_accounts, n_names)
        Place in `sources`. An ``any`` column speaks of the metric that has the largest value, so of
        another one for every account.
    sources : list of str
        Metrics, pairs such as ``likes_per_views``, ``metrics`` and ``ratios`` for what is said of all
        together, ``batch`` for the features that compare accounts.

    Examples
    --------
    >>> import fakeengage as fe
    >>> from fakeengage.features import feature_matrix
    >>> panel = fe.simulate(n_users=2, length=96, seed=1).panel
    >>> codes, sources = column_sources(panel.metrics, feature_matrix(panel), ["any__scan_up__6"])
    >>> sources[codes[0, 0]] in panel.metrics
    True
    """
    position = {feature.name: k for k, feature in enumerate(list_features(metrics))}
    pairs = [f"{follower}_per_{metrics[0]}" for follower in metrics[1:]]
    absent = [name.partition("__")[0] for name in names if name not in position]
    absent = [owner for owner in absent if owner not in BATCH_FAMILIES]
    sources = list(dict.fromkeys([*metrics, *pairs, "metrics", "ratios", "batch", *absent]))
    place = {source: k for k, source in enumerate(sources)}
    codes = np.empty((len(matrix), len(names)), dtype=np.int64)
    for j, name in enumerate(names):
        owner, _, measured = name.partition("__")
        owners = {"any": list(metrics), "any_ratio": pairs}.get(owner)
        if owners is None:
            source = _TOGETHER.get(owner, owner)
            codes[:, j] = place.get(source, place["batch"])
        elif not owners:
            codes[:, j] = place["ratios"]
        else:
            values = matrix[:, [position[f"{source}__{measured}"] for source in owners]]
            largest = np.argmax(np.where(np.isnan(values), -np.inf, values), axis=1)
            codes[:, j] = largest + place[owners[0]]
    return codes, sources


def named_columns(
    metrics: Sequence[str], matrix: NDArray[np.float64], names: Sequence[str]
) -> NDArray[np.float64]:
    """Columns of a feature matrix by name; NaN for those that a panel with these metrics does not have."""
    position = {feature.name: k for k, feature in enumerate(list_features(metrics))}
    out = np.full((len(matrix), len(names)), np.nan)
    for k, name in enumerate(names):
        if name in position:
            out[:, k] = matrix[:, position[name]]
    return out


def families_by_measure() -> dict[str, str]:
    """Family of every ``measure__parameter`` of the registry, whatever the metrics of a panel."""
    every = list_features(families=[*FAMILIES, *BATCH_FAMILIES])
    return {feature.name.partition("__")[2]: feature.family for feature in every}


def with_summaries(metrics: Sequence[str], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """A copy of a feature matrix whose ``any`` and ``mean`` columns follow from its other columns.

    What the features of an account would be if those of one of its metrics were others. Columns of
    the owner ``joint`` stay as they are.
    """
    position = {feature.name: k for k, feature in enumerate(list_features(metrics))}
    pairs = [f"{follower}_per_{metrics[0]}" for follower in metrics[1:]]
    out = matrix.copy()
    for name, k in position.items():
        owner, _, measured = name.partition("__")
        if owner not in SUMMARY_OWNERS or owner == "joint":
            continue
        owners = pairs if owner.endswith("_ratio") else list(metrics)
        if not owners:
            continue
        values = matrix[:, [position[f"{source}__{measured}"] for source in owners]]
        known = ~np.isnan(values)
        n_known = known.sum(axis=1)
        if owner.startswith("any"):
            summary = np.max(np.where(known, values, -np.inf), axis=1)
        else:
            summary = np.where(known, values, 0.0).sum(axis=1) / np.maximum(n_known, 1)
        out[:, k] = np.where(n_known > 0, summary, np.nan)
    return out
