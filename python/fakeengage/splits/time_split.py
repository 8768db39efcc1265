"""Splits forward in time, with an embargo between what is learnt from and what is tested."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fakeengage.panel import Panel
from fakeengage.splits.account_splits import AccountSplit
from fakeengage.splits.components import length_of

Steps = tuple[int, int]


@dataclass(frozen=True)
class TimeFold:
    """One step forward in time.

    Attributes
    ----------
    train, test
        The accounts' series before the border, and after border and embargo. An account without a step
        there is left with none.
    train_steps, test_steps
        First step and first step outside, counted from the start of the panel's common clock.
    train_fake, test_fake
        Labels as far as that part of the series shows: true where an attack changed hours of it, None
        where the answer would leak or mislead (an attack that reaches over the border, purged from
        training); None altogether where `split_panel` was given no labelled data set.
    """

    train: Panel
    test: Panel
    train_steps: Steps
    test_steps: Steps
    train_fake: NDArray[np.object_] | None = None
    test_fake: NDArray[np.object_] | None = None


class TimeSplit:
    """Training on what came before a moment, testing on what came after it and an embargo.

    Parameters
    ----------
    n_splits
        Number of borders; the training part grows from one to the next.
    embargo
        Steps after the border that neither side sees: an attack, a burst or a rolling window that
        reaches over the border would tell the test what training knows.
    test_steps
        Steps of each test part; equal parts of the series when left out.
    accounts
        Test other accounts than those trained on, too: fold k of these is tested at border k.

    Notes
    -----
    Purging and embargo as in López de Prado (2018), Advances in Financial Machine Learning, chapter 7.

    Examples
    --------
    >>> import numpy as np
    >>> [(len(train), int(test[0])) for train, test in TimeSplit(2, embargo=10).split(np.arange(90))]
    [(30, 40), (60, 70)]
    """

    def __init__(
        self,
        n_splits: int = 3,
        *,
        embargo: int = 24,
        test_steps: int | None = None,
        accounts: AccountSplit | None = None,
    ) -> None:
        if n_splits < 1:
            raise ValueError(f"n_splits: {n_splits} is not allowed; at least 1")
        if embargo < 0:
            raise ValueError(f"embargo: {embargo} is not allowed; 0 or more steps")
        if test_steps is not None and test_steps < 1:
            raise ValueError(f"test_steps: {test_steps} is not allowed; at least 1")
        if accounts is not None and accounts.n_splits < n_splits:
            raise ValueError(f"accounts: {accounts.n_splits} folds are too few for {n_splits} borders")
        self.n_splits = n_splits
        self.embargo = embargo
        self.test_steps = test_steps
        self.accounts = accounts

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Number of borders."""
        del X, y, groups
        return self.n_splits

    def ranges(self, n_steps: int) -> list[tuple[Steps, Steps]]:
        """Steps of train and test at each border: first, and first outside.

        Raises
        ------
        ValueError
            If the series is too short.

        Examples
        --------
        >>> TimeSplit(1, embargo=24).ranges(336)
        [((0, 168), (192, 336))]
        """
        part = n_steps // (self.n_splits + 1)
        tested = part - self.embargo if self.test_steps is None else self.test_steps
        needed = self.n_splits * (self.embargo + tested)
        if tested < 1 or part < 1 or n_steps <= needed:
            raise ValueError(
                f"n_splits: {self.n_splits} borders with an embargo of {self.embargo} steps do not fit "
                f"in {n_steps} steps; use fewer, or a shorter embargo"
            )
        out = []
        for k in range(self.n_splits):
            if self.test_steps is None:
                stop = n_steps if k == self.n_splits - 1 else (k + 2) * part
                border = (k + 1) * part
            else:
                stop = n_steps - (self.n_splits - 1 - k) * (self.embargo + tested)
                border = stop - tested - self.embargo
            out.append(((0, border), (border + self.embargo, stop)))
        return out

    def split(
        self, X: Any, y: Any = None, groups: Any = None
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Positions of rows that are moments, such as the rows of a long table: scikit-learn's protocol.

        Parameters
        ----------
        X
            One row per moment.
        y
            Not used.
        groups
            Step number or time of each row; the row's place when left out. Rows of one step stay together.

        Yields
        ------
        tuple of ndarray
            Positions of train and test.
        """
        del y
        times = np.arange(length_of(X)) if groups is None else np.asarray(groups)
        if len(times) != length_of(X):
            raise ValueError(f"groups: has {len(times)} entries, there are {length_of(X)} rows")
        step = times.astype("datetime64[s]").astype(np.int64) if times.dtype.kind == "M" else times
        if step.dtype.kind not in "iu":
            raise TypeError(f"groups: {step.dtype} is not allowed; whole step numbers or moments")
        clock, step = np.unique(step, return_inverse=True)
        for train, test in self.ranges(len(clock)):
            yield (
                np.flatnonzero(step < train[1]),
                np.flatnonzero((step >= test[0]) & (step < test[1])),
            )

    def split_panel(self, X: Any) -> Iterator[TimeFold]:
        """Panels before and after each border.

        Parameters
        ----------
        X
            A panel, or a data set, whose labels are then cut as well.

        Yields
        ------
        TimeFold
            In both parts account i is account i of `X`, unless ``accounts`` chose other ones.
        """
        panel: Panel = X if isinstance(X, Panel) else X.panel
        mask = getattr(X, "mask", None)
        changed = None if mask is None else np.logical_or.reduce(np.asarray(mask, dtype=bool), axis=2)
        folds = None if self.accounts is None else self.accounts.fold_of(X)
        for k, (train, test) in enumerate(self.ranges(panel.n_steps)):
            learnt = np.arange(len(panel)) if folds is None else np.flatnonzero(folds != k)
            tested = np.arange(len(panel)) if folds is None else np.flatnonzero(folds == k)
            before, after = None, None
            if changed is not None:
                before, after = _labels(changed, train, test)
                before, after = before[learnt], after[tested]
            yield TimeFold(cut(panel, *train)[learnt], cut(panel, *test)[tested], train, test, before, after)


def cut(panel: Panel, first: int, stop: int) -> Panel:
    """The steps from `first` to `stop` (excluded) of the common clock, all accounts kept.

    Examples
    --------
    >>> import fakeengage as fe
    >>> cut(fe.simulate(3, length=48).panel, 24, 36)
    Panel(3 accounts x 4 metrics, 12 steps of 1 hour)
    """
    begin = np.clip(panel.origin + first - panel.starts, 0, panel.lengths)
    end = np.clip(panel.origin + stop - panel.starts, begin, panel.lengths)
    blocks = [panel.block(i)[:, begin[i] : end[i]].reshape(-1) for i in range(len(panel))]
    return Panel(
        np.concatenate(blocks) if blocks else np.empty(0, np.float32),
        np.concatenate([[0], np.cumsum(end - begin)]),
        panel.starts + begin,
        panel.metrics,
        panel.account_ids,
        panel.cadence,
        owner_ids=panel.owner_ids,
        status=panel.status,
    )


def _labels(
    changed: NDArray[np.bool_], train: Steps, test: Steps
) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Labels of both parts; an attack that changed hours on both sides is purged from training."""
    here = changed[:, train[0] : train[1]].any(axis=1)
    gap = changed[:, train[1] : test[0]].any(axis=1)
    later = changed[:, test[0] : test[1]].any(axis=1)
    before = here.astype(object)
    before[here & (gap | later)] = None
    return before, later.astype(object)
