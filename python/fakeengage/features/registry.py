"""Which features there are: rows of the registry in the Rust core, and choosing among them by family."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fakeengage import _native
from fakeengage.panel import METRICS

SUMMARY_OWNERS = frozenset({"any", "mean", "any_ratio", "mean_ratio", "joint"})
"""Owners of the columns that every panel has, whatever its metrics."""


@dataclass(frozen=True)
class Feature:
    """One row of the feature registry.

    Attributes
    ----------
    name
        ``owner__measure__parameter``: the owner is a metric, a pair of metrics, a summary over the
        metrics present (``any`` the largest, ``mean`` the mean, ``joint`` all together), or
        ``coordination`` for what compares the accounts of a batch.
    family
        One of :data:`FAMILIES` or :data:`BATCH_FAMILIES`.
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


_Row = tuple[str, str, int, str, str, int, str, int]


def _features(rows: Iterable[_Row]) -> list[Feature]:
    return [Feature(*row[:-1], bool(row[-1])) for row in rows]


_BATCH = _features(_native.coordination_columns())

FAMILIES: tuple[str, ...] = tuple(_native.feature_families())
"""Groups of features of an account alone: the same bits in any batch."""

BATCH_FAMILIES = tuple(dict.fromkeys(feature.family for feature in _BATCH))
"""Groups of features that compare the accounts given together; computed on request only."""


def check_families(families: str | Iterable[str] | None) -> tuple[str, ...]:
    """Families as named, each once, in the registry's order; those of an account alone by default.

    Raises
    ------
    ValueError
        If a family is unknown; the nearest one is named.
    TypeError
        If they are not names.
    """
    if families is None:
        return FAMILIES
    known = (*FAMILIES, *BATCH_FAMILIES)
    if not isinstance(families, (str, Iterable)):
        raise TypeError(f"families: {families!r} is not allowed; names out of {', '.join(known)}")
    wanted = [families] if isinstance(families, str) else list(families)
    for name in wanted:
        if name not in known:
            near = difflib.get_close_matches(str(name), known, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise ValueError(f"families: {name!r} is unknown; {hint}choose from {', '.join(known)}")
    return tuple(family for family in known if family in wanted)


def list_features(
    metrics: Sequence[str] = METRICS, families: str | Iterable[str] | None = None
) -> list[Feature]:
    """Registry rows for the metrics given, in the order of :func:`extract_features`.

    Parameters
    ----------
    metrics
        Metrics that a panel has.
    families
        Names out of :data:`FAMILIES` and :data:`BATCH_FAMILIES`; all of :data:`FAMILIES` by default.

    Raises
    ------
    ValueError
        If a family is unknown.

    Examples
    --------
    >>> list_features(["likes"])[0].name
    'likes__scan_up__1'
    >>> list_features(families="coordination")[0].name
    'coordination__coincidence__top3'
    """
    wanted = check_families(families)
    rows = [*_features(_native.feature_columns(list(metrics))), *_BATCH]
    return [feature for feature in rows if feature.family in wanted]
