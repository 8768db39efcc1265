"""Labelled data as an exam: who is fake, and which hours the attacks lie in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from fakeengage.panel import Panel
from fakeengage.validation.aligned import Aligned, align

if TYPE_CHECKING:
    import pandas as pd

MAX_ACCOUNTS = 8000
"""Accounts that the classifiers look at, evenly spread over the data."""

LEAST_ACCOUNTS = 20
"""Fakes, and normals, below which nothing can be said."""

PAUSE_STEPS = 24
"""Changed steps with at most so many unchanged ones between them belong to one window."""

_ALIKE = 0.9  # share of the longest series, and share of accounts that reach it


@runtime_checkable
class Labelled(Protocol):
    """Panel with its truth, as :class:`fakeengage.Dataset` holds it."""

    panel: Panel
    accounts: pd.DataFrame
    windows: pd.DataFrame
    mask: NDArray[np.bool_]
    clean: NDArray[np.float32] | None
    spec: Any


@dataclass(frozen=True)
class Exam:
    """Series, labels and hidden hours of the accounts that are looked at.

    Parameters
    ----------
    grid
        The series.
    fake
        Label of each account of the grid.
    hidden
        Columns inside the windows of fakes; ``None`` where no windows are known.
    every_fake
        Labels of all labelled accounts, in row order.
    comparable
        Whether hours of one account can stand for hours of another: a daily clock, and series of one length.
        Where they cannot, classes that differ outside the windows may be other kinds of accounts, which is
        no fault of the data.
    blatant
        Whether the attacks are meant to be easy to see.
    """

    grid: Aligned
    fake: NDArray[np.bool_]
    hidden: NDArray[np.bool_] | None
    every_fake: NDArray[np.bool_]
    comparable: bool = True
    blatant: bool = False

    @property
    def large_enough(self) -> bool:
        """Whether both classes have enough accounts."""
        return bool(LEAST_ACCOUNTS <= self.fake.sum() <= len(self.fake) - LEAST_ACCOUNTS)


def exam_of_dataset(dataset: Labelled) -> Exam:
    """Exam of a simulated data set."""
    fake = dataset.accounts["is_fake"].to_numpy().astype(bool)
    panel = dataset.panel
    grid = align(panel, _some(np.arange(len(panel))))
    hidden = np.zeros((len(grid.accounts), grid.values.shape[1]), dtype=bool)
    changed = np.asarray(np.asarray(dataset.mask)[grid.accounts].any(axis=2))
    for row, shift in enumerate(grid.shifts):
        seen = changed[row, : hidden.shape[1] - shift]
        hidden[row, shift : shift + len(seen)] = seen
    blatant = getattr(dataset.spec, "preset", None) == "blatant"
    return Exam(grid, fake[grid.accounts], joined(hidden), fake, _comparable(panel, grid), blatant)


def exam_of_panel(panel: Panel) -> Exam | None:
    """Exam of a user's panel with labels; ``None`` without them."""
    if panel.is_fake is None:
        return None
    known = np.flatnonzero([label is not None for label in panel.is_fake])
    usable = known[(panel.lengths[known] > 0) & (panel.status[known] == "ok")]
    if not len(usable):
        return None
    labels = np.array([bool(label) for label in panel.is_fake[known]], dtype=bool)
    grid = align(panel, _some(usable))
    fake = np.array([bool(label) for label in panel.is_fake[grid.accounts]], dtype=bool)
    return Exam(grid, fake, _windows(panel, grid), labels, _comparable(panel, grid))


def _comparable(panel: Panel, grid: Aligned) -> bool:
    lengths = panel.lengths[grid.accounts]
    alike = lengths >= _ALIKE * lengths.max(initial=0)
    return bool(grid.day > 0 and alike.size and alike.mean() >= _ALIKE)


def _some(accounts: NDArray[np.int64]) -> NDArray[np.int64]:
    if len(accounts) <= MAX_ACCOUNTS:
        return accounts
    return accounts[np.linspace(0, len(accounts) - 1, MAX_ACCOUNTS).astype(np.int64)]


def _windows(panel: Panel, grid: Aligned) -> NDArray[np.bool_] | None:
    """Columns inside the windows that the user's table gives."""
    windows = panel.label_windows
    if windows is None or not len(windows):
        return None
    place = {panel.account_ids[i]: row for row, i in enumerate(grid.accounts)}
    hidden = np.zeros((len(grid.accounts), grid.values.shape[1]), dtype=bool)
    given = windows[windows["start"].notna()]
    for account, start, end in zip(given["account_id"], given["start"], given["end"], strict=True):
        row = place.get(account)
        if row is None:
            continue
        origin = int(panel.starts[grid.accounts[row]]) - int(grid.shifts[row])
        begin = max(panel.cadence.step_of(_utc(start)) - origin, 0)
        # The end is the first moment outside; a window without one lasts.
        stop = hidden.shape[1] if end != end else panel.cadence.step_of(_utc(end)) - origin
        hidden[row, begin : max(stop, begin + 1)] = True
    return joined(hidden)


def _utc(moment: Any) -> np.datetime64:
    return np.datetime64(moment.tz_convert("UTC").tz_localize(None).to_datetime64(), "s")


def joined(hidden: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Hidden columns joined across pauses, as windows are."""
    steps: NDArray[np.int64] = np.arange(hidden.shape[1])
    before = np.maximum.accumulate(np.where(hidden, steps, -(10**6)), axis=1)
    after = np.minimum.accumulate(np.where(hidden, steps, 10**6)[:, ::-1], axis=1)[:, ::-1]
    return np.asarray(hidden | (after - before <= PAUSE_STEPS + 1))
