"""Series on one grid whose columns are hours of one week, so that days can be folded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fakeengage.panel import Panel

MAX_CELLS = 24_000_000
"""Largest grid (accounts x steps x metrics): longer series are cut at the end, then accounts are dropped."""

_LEAST_STEPS = 672
_THURSDAY = 3  # step 0 lies in 1970-01-01, a Thursday; Monday = 0


@dataclass(frozen=True)
class Aligned:
    """Accounts side by side; ragged series start in the column of their own hour of the week.

    Parameters
    ----------
    values
        ``(n_accounts, n_columns, n_metrics)``, NaN = missing or outside the series.
    accounts
        Positions of the accounts in the panel.
    first
        Step of the week that column 0 stands for.
    shifts
        Column in which each account's series starts.
    day
        Steps per day; 0 where there is no daily clock.
    metrics
        Names of the metrics.
    """

    values: NDArray[np.float64]
    accounts: NDArray[np.int64]
    first: int
    shifts: NDArray[np.int64]
    day: int
    metrics: tuple[str, ...]

    @property
    def hours(self) -> NDArray[np.int64]:
        """Step of the day of each column."""
        return (self.first + np.arange(self.values.shape[1])) % max(self.day, 1)

    @property
    def weekdays(self) -> NDArray[np.int64]:
        """Day of the week of each column, Monday = 0."""
        return ((self.first + np.arange(self.values.shape[1])) // max(self.day, 1) + _THURSDAY) % 7

    def metric(self, name: str) -> NDArray[np.float64]:
        """``(n_accounts, n_columns)`` view of one metric."""
        return self.values[:, :, self.metrics.index(name)]


def align(panel: Panel, accounts: NDArray[np.int64], max_cells: int = MAX_CELLS) -> Aligned:
    """Put some accounts of a panel side by side.

    Parameters
    ----------
    panel
        Any panel.
    accounts
        Positions of the accounts wanted, in order.
    max_cells
        Largest grid to build.
    """
    day, m = panel.cadence.steps_per_day, len(panel.metrics)
    accounts = np.asarray(accounts, dtype=np.int64)
    longest = int(panel.lengths[accounts].max(initial=1))
    steps = max(min(longest, max_cells // max(len(accounts) * m, 1)), min(longest, _LEAST_STEPS))
    room = max(max_cells // (steps * m), 1)
    if len(accounts) > room:
        accounts = accounts[np.linspace(0, len(accounts) - 1, room).astype(np.int64)]
    week = 7 * day
    of_week = panel.starts[accounts] % week if week else np.zeros(len(accounts), np.int64)
    first = int(of_week.min()) if len(accounts) else 0
    shifts = (of_week - first).astype(np.int64)
    width = steps + int(shifts.max(initial=0))
    values = np.full((len(accounts), width, m), np.nan)
    for row, i in enumerate(accounts):
        block = panel.block(int(i))[:, :steps]
        values[row, shifts[row] : shifts[row] + block.shape[1]] = block.T
    return Aligned(values, accounts, first, shifts, day, panel.metrics)
