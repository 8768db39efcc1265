"""Splits of accounts: folds of connected accounts, one world out, one attack out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fakeengage.splits.components import TOGETHER, connected_accounts, keys_of, length_of, table_of

Indices = NDArray[np.int64]
Fold = tuple[Indices, Indices]


class AccountSplit:
    """Folds of accounts that leave cohorts, owners and copies whole, stratified on the label.

    Parameters
    ----------
    n_splits
        Number of folds.
    whole_worlds
        Keep the accounts of one simulated world together as well (column ``world``).
    seed
        Which of the equally good assignments is taken.

    Notes
    -----
    Connected accounts (:func:`connected_accounts`) are dealt to the fold that has least of their labels
    so far, largest component first: the greedy rule of scikit-learn's ``StratifiedGroupKFold``.

    Examples
    --------
    >>> import fakeengage as fe
    >>> data = fe.simulate(100, length=48)
    >>> for train, test in fe.splits.AccountSplit(4).split(data):
    ...     cohorts = data.accounts["cohort_id"]
    ...     assert not set(cohorts[train].dropna()) & set(cohorts[test].dropna())
    """

    def __init__(self, n_splits: int = 5, *, whole_worlds: bool = False, seed: int = 0) -> None:
        if n_splits < 2:
            raise ValueError(f"n_splits: {n_splits} is not allowed; at least 2")
        self.n_splits = n_splits
        self.whole_worlds = whole_worlds
        self.seed = seed

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Number of folds."""
        del X, y, groups
        return self.n_splits

    def split(self, X: Any, y: ArrayLike | None = None, groups: Any = None) -> Iterator[Fold]:
        """Positions of the training and of the test accounts, fold by fold.

        Parameters
        ----------
        X
            A panel, a data set, or anything with one sample per account.
        y
            Labels to stratify on; those of the data set when left out.
        groups
            Who belongs together beside what `X` says: one entry per account, or an accounts table.

        Yields
        ------
        tuple of ndarray
            Positions of train and test.

        Raises
        ------
        ValueError
            If there are fewer components than folds.
        """
        fold = self.fold_of(X, y, groups)
        for k in range(self.n_splits):
            yield np.flatnonzero(fold != k), np.flatnonzero(fold == k)

    def fold_of(self, X: Any, y: ArrayLike | None = None, groups: Any = None) -> Indices:
        """Number of the fold in which each account is tested: see :meth:`split`."""
        columns = (*TOGETHER, "world") if self.whole_worlds else TOGETHER
        component = connected_accounts(X, groups, columns)
        n_components = int(component.max(initial=-1)) + 1
        if n_components < self.n_splits:
            raise ValueError(
                f"n_splits: {self.n_splits} folds cannot be made of {n_components} groups of connected "
                "accounts; use fewer folds, or leave worlds divided"
            )
        strata = _strata(X, y, len(component))
        counts = np.zeros((n_components, int(strata.max(initial=0)) + 1))
        np.add.at(counts, (component, strata), 1)
        return _deal(counts, self.n_splits, self.seed)[component]


class LeaveOneWorldOut:
    """One simulated world for testing, all others for training.

    `groups` (or the data set that is split) gives the world of each account: a column ``world``, or one
    entry per account. Accounts connected with the tested world are left out of training.

    Examples
    --------
    >>> import fakeengage as fe
    >>> data = fe.simulate(300, length=48, n_worlds=3)
    >>> [len(test) for _, test in fe.splits.LeaveOneWorldOut().split(data)]
    [100, 100, 100]
    """

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Number of worlds."""
        del y
        return len(set(_column(X, groups, "world")) - {None})

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[Fold]:
        """Positions of train and test, world by world: see :meth:`AccountSplit.split`.

        Raises
        ------
        ValueError
            If no worlds are given, or only one.
        """
        del y
        world = _column(X, groups, "world")
        if len(world) != length_of(X):
            raise ValueError(f"groups: has {len(world)} entries, there are {length_of(X)} accounts")
        names = sorted(set(world) - {None}, key=lambda name: (str(type(name)), name))
        if len(names) < 2:
            raise ValueError(f"groups: {len(names)} world cannot be left out; at least two are needed")
        component = connected_accounts(X, groups if hasattr(groups, "columns") else None)
        place = np.array([names.index(name) if name is not None else -1 for name in world])
        for k in range(len(names)):
            test = np.flatnonzero(place == k)
            bound = np.isin(component, component[test])
            yield np.flatnonzero((place != k) & ~bound), test


class LeaveOneAttackOut:
    """Training without one kind of attack; its fakes and held-out normals for testing.

    `groups` (or the data set that is split) gives the attack of each account, missing for normals: a
    column ``attack``, or one entry per account.

    Parameters
    ----------
    n_normal_folds
        Normals are dealt to so many folds; each attack is tested beside one of them, in turn, and
        trained without it.
    seed
        Seed of the folds.

    Examples
    --------
    >>> import fakeengage as fe
    >>> data = fe.simulate(300, length=48)
    >>> split = fe.splits.LeaveOneAttackOut()
    >>> for name, (train, test) in zip(split.attacks(data), split.split(data)):
    ...     assert name not in set(data.accounts["attack"][train])
    """

    def __init__(self, n_normal_folds: int = 3, *, seed: int = 0) -> None:
        self._folds = AccountSplit(n_normal_folds, seed=seed)
        self.n_normal_folds = n_normal_folds
        self.seed = seed

    def attacks(self, X: Any = None, groups: Any = None) -> list[str]:
        """Names of the attacks, in the order in which they are left out."""
        return sorted({str(name) for name in _column(X, groups, "attack") if name is not None})

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Number of attacks."""
        del y
        return len(self.attacks(X, groups))

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[Fold]:
        """Positions of train and test, attack by attack: see :meth:`AccountSplit.split`.

        Raises
        ------
        ValueError
            If no attacks are given, or all accounts are fake.
        """
        del y
        attack = np.array(_column(X, groups, "attack"), dtype=object)
        if len(attack) != length_of(X):
            raise ValueError(f"groups: has {len(attack)} entries, there are {length_of(X)} accounts")
        normal = np.array([name is None for name in attack], dtype=bool)
        names = self.attacks(X, groups)
        if not names or not normal.any():
            raise ValueError("groups: needs the attack of every fake account and missing for normal ones")
        table = groups if hasattr(groups, "columns") else None
        component = connected_accounts(X, table)
        fold = self._folds.fold_of(X, normal, component)
        for k, name in enumerate(names):
            mine = attack == name
            test = mine | (normal & (fold == k % self.n_normal_folds))
            train = ~test & ~np.isin(component, component[test])
            yield np.flatnonzero(train), np.flatnonzero(test)


def _column(X: Any, groups: Any, name: str) -> list[Any]:
    """A column of the accounts table, or the groups themselves."""
    table = table_of(X, groups)
    if table is not None:
        if name not in table.columns:
            raise ValueError(f"groups: the table has no column {name!r}, only {list(table.columns)}")
        return keys_of(table[name])
    if groups is None:
        raise ValueError(f"groups: is needed: the {name} of each account, or a table with a column {name!r}")
    return keys_of(groups)


def _strata(X: Any, y: ArrayLike | None, n: int) -> Indices:
    """Labels as numbers from 0; missing ones are a label of their own."""
    if y is None:
        table = getattr(X, "accounts", None)
        y = None if table is None or "is_fake" not in table else table["is_fake"]
    if y is None:
        return np.zeros(n, np.int64)
    keys = keys_of(y)
    if len(keys) != n:
        raise ValueError(f"y: has {len(keys)} entries, there are {n} accounts")
    names = sorted({str(key) for key in keys})
    return np.array([names.index(str(key)) for key in keys], dtype=np.int64)


def _deal(counts: NDArray[np.float64], n_folds: int, seed: int) -> Indices:
    """Fold of each component, so that every fold gets its share of every label.

    Adding component g to fold f raises the sum of squared shares by ``2 s_f · g + g · g``, of which only
    the first part depends on f.
    """
    totals = np.maximum(counts.sum(axis=0), 1.0)
    shuffled = np.random.default_rng(seed).permutation(len(counts))
    order = shuffled[np.argsort(-counts[shuffled].sum(axis=1), kind="stable")]
    held = np.zeros((n_folds, counts.shape[1]))
    fold = np.empty(len(counts), np.int64)
    for g in order:
        cost = held @ (counts[g] / totals**2)
        best = np.flatnonzero(cost <= cost.min() + 1e-15)
        # Among equals the emptiest, so that rare labels do not empty a fold.
        f = int(best[np.argmin(held[best].sum(axis=1))])
        held[f] += counts[g]
        fold[g] = f
    return fold
