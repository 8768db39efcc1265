"""Which accounts belong together: those that share a cohort, an owner, an id or the very series."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fakeengage.panel import Panel

TOGETHER = ("account_id", "cohort_id", "owner_id")
"""Columns of an accounts table whose equal entries bind accounts together."""

_FEWEST_VALUES = 3
"""A series with fewer different values is too plain to tell a copy from a coincidence."""


def connected_accounts(X: Any, groups: Any = None, columns: tuple[str, ...] = TOGETHER) -> NDArray[np.int64]:
    """Number of the component of each account: the union of all ways in which accounts belong together.

    Parameters
    ----------
    X
        What is split: a :class:`~fakeengage.Panel` (owners, ids and copied series are looked at), a
        :class:`~fakeengage.Dataset` (its accounts table too), or anything with a length.
    groups
        One entry per account, or a table with one column per way of belonging together, of which those in
        `columns` are used. Missing entries bind nobody.
    columns
        Columns that bind, where there is a table.

    Returns
    -------
    ndarray
        ``(n,)`` whole numbers from 0, equal for accounts that may not be divided.

    Raises
    ------
    ValueError
        If `groups` has another number of entries than `X`.

    Notes
    -----
    Transitive: if A shares a cohort with B and B an owner with C, the three stay together. Copies of a
    series under another id are found by the digest of their counts.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"cohort_id": ["a", "a", None, None], "owner_id": [None, "o", "o", None]})
    >>> connected_accounts(range(4), table).tolist()
    [0, 0, 0, 1]
    """
    n = length_of(X)
    parent = np.arange(n)

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = int(parent[i])
        return i

    for keys in _ways(X, groups, columns, n):
        first: dict[Any, int] = {}
        for i, key in enumerate(keys):
            if key is None:
                continue
            a, b = root(first.setdefault(key, i)), root(i)
            # The smaller number becomes the root, so that the outcome does not depend on the order of ways.
            parent[max(a, b)] = min(a, b)
    roots = [root(i) for i in range(n)]
    return np.unique(roots, return_inverse=True)[1].astype(np.int64) if n else np.empty(0, np.int64)


def length_of(X: Any) -> int:
    """Number of samples in anything that scikit-learn takes."""
    shape = getattr(X, "shape", None)
    return int(shape[0]) if shape else len(X)


def table_of(X: Any, groups: Any) -> Any:
    """The accounts table among `groups` and `X`, or None."""
    if hasattr(groups, "columns"):
        return groups
    return getattr(X, "accounts", None) if groups is None else None


def keys_of(column: Any) -> list[Any]:
    """Entries of a column; None where missing."""
    import pandas as pd

    values = np.asarray(column, dtype=object)
    missing = pd.isna(values)
    return [None if gone else value for value, gone in zip(values.tolist(), missing, strict=True)]


def _ways(X: Any, groups: Any, columns: tuple[str, ...], n: int) -> Iterator[list[Any]]:
    """One list of keys per way of belonging together."""
    panel = X if isinstance(X, Panel) else getattr(X, "panel", None)
    table = table_of(X, groups)
    if table is not None:
        if len(table) != n:
            raise ValueError(f"groups: has {len(table)} rows, there are {n} accounts")
        for name in columns:
            if name in table.columns:
                yield keys_of(table[name])
    elif groups is not None:
        if length_of(groups) != n:
            raise ValueError(f"groups: has {length_of(groups)} entries, there are {n} accounts")
        yield keys_of(groups)
    if isinstance(panel, Panel):
        yield panel.account_ids.tolist()
        if panel.owner_ids is not None:
            yield keys_of(panel.owner_ids)
        yield [_digest(panel.block(i)) for i in range(n)]


def _digest(block: NDArray[np.float32]) -> bytes | None:
    """What two accounts have in common only if one is a copy of the other."""
    known = block[~np.isnan(block)]
    if len(np.unique(known[:256])) < _FEWEST_VALUES and len(np.unique(known)) < _FEWEST_VALUES:
        return None
    return blake2b(np.ascontiguousarray(block).tobytes(), digest_size=16).digest()
