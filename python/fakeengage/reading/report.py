"""What happened while a table was read: counts, notes, and every row that could not be used."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fakeengage.cadence import Cadence

if TYPE_CHECKING:
    import pandas as pd

MAX_VALUE_TEXT = 100
"""Characters of a rejected cell that are quoted."""

REJECTED_COLUMNS = ("line", "account_id", "column", "value", "reason")


@dataclass
class ReadReport:
    """How a panel came out of its source.

    Parameters
    ----------
    source
        Name of the file, ``<stdin>``, or ``<table>`` for a frame in memory.
    n_rows
        Data rows seen (blank lines are not rows).
    rejected
        One line per input row that was not used, or not in full: ``line`` (the header is 1; for frames and
        Parquet the first row is 1; a line break inside quotes does not start a new line), ``account_id``,
        ``column``, ``value``, ``reason``.
    cadence
        Length of a step.
    counts
        Per metric ``increments`` or ``cumulative``.
    duplicates
        Rows replaced by a later row of the same account and step.
    missing_steps
        Steps between an account's first and last reading without a row.
    filled_steps
        Steps without a row that were set to zero (``gaps="zero"``, events).
    increments_over_gaps
        Increments of cumulative counters that span more than one step and are therefore missing.
    interpolated
        Steps whose cumulative counter was interpolated between two readings (``resample``).
    rounded
        Counts above 2^24, which float32 rounds.
    negative
        Negative increments (corrections by the platform), kept.
    irregular_accounts, unusable_accounts
        Accounts off the cadence, and accounts without any usable reading.
    notes
        What the user should know, in plain words.
    columns
        Name used for each column of the long table, as the source spells it.
    """

    source: str
    n_rows: int
    rejected: pd.DataFrame
    cadence: Cadence
    counts: dict[str, str]
    duplicates: int = 0
    missing_steps: int = 0
    filled_steps: int = 0
    increments_over_gaps: int = 0
    interpolated: int = 0
    rounded: int = 0
    negative: int = 0
    irregular_accounts: int = 0
    unusable_accounts: int = 0
    notes: list[str] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)

    @property
    def n_rejected(self) -> int:
        """Rows in `rejected`."""
        return len(self.rejected)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for ``summary.json`` (the rejected rows as a count per reason)."""
        reasons = self.rejected["reason"].value_counts()
        return {
            "source": self.source,
            "n_rows": self.n_rows,
            "n_rejected": self.n_rejected,
            "rejected_reasons": {str(reason): int(n) for reason, n in reasons.items()},
            "cadence": str(self.cadence),
            "counts": dict(self.counts),
            "duplicates": self.duplicates,
            "missing_steps": self.missing_steps,
            "filled_steps": self.filled_steps,
            "increments_over_gaps": self.increments_over_gaps,
            "interpolated": self.interpolated,
            "rounded": self.rounded,
            "negative": self.negative,
            "irregular_accounts": self.irregular_accounts,
            "unusable_accounts": self.unusable_accounts,
            "notes": list(self.notes),
            "columns": dict(self.columns),
        }


@dataclass
class Rejections:
    """Rejected rows, collected in pieces. `accounts` are positions, -1 where the row names none."""

    lines: list[NDArray[np.int64]] = field(default_factory=list)
    accounts: list[NDArray[np.int64]] = field(default_factory=list)
    columns: list[NDArray[np.object_]] = field(default_factory=list)
    values: list[NDArray[np.object_]] = field(default_factory=list)
    reasons: list[NDArray[np.object_]] = field(default_factory=list)

    def add(
        self,
        lines: NDArray[np.int64],
        accounts: NDArray[np.int64],
        column: str | NDArray[Any],
        values: list[Any] | NDArray[Any] | str,
        reason: str | NDArray[Any],
    ) -> None:
        """Add rows; `column`, `values` and `reason` may be one text for all."""
        n = len(lines)
        if n == 0:
            return
        self.lines.append(lines)
        self.accounts.append(accounts)
        for store, what in ((self.columns, column), (self.values, values), (self.reasons, reason)):
            cell = np.empty(n, dtype=object)
            cell[:] = what
            store.append(cell)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All rows, in the order of their lines."""
        if not self.lines:
            empty = np.empty(0, dtype=object)
            return {"line": np.empty(0, np.int64), "account": np.empty(0, np.int64)} | dict.fromkeys(
                ("column", "value", "reason"), empty
            )
        joined = {
            "line": np.concatenate(self.lines),
            "account": np.concatenate(self.accounts),
            "column": np.concatenate(self.columns),
            "value": np.concatenate(self.values),
            "reason": np.concatenate(self.reasons),
        }
        order = np.argsort(joined["line"], kind="stable")
        return {name: values[order] for name, values in joined.items()}


def rejected_frame(
    arrays: dict[str, NDArray[Any]], account_ids: NDArray[Any], first: int = 0
) -> pd.DataFrame:
    """The ``rejected`` table from collected arrays; `first` is the position of ``account_ids[0]``."""
    import pandas as pd

    ids = np.empty(len(arrays["account"]), dtype=object)
    named = arrays["account"] >= 0
    ids[named] = account_ids[arrays["account"][named] - first]
    texts = [None if v is None else str(v)[:MAX_VALUE_TEXT] for v in arrays["value"]]
    return pd.DataFrame(
        {
            "line": arrays["line"],
            "account_id": pd.Series(ids, dtype=object),
            "column": pd.Series(arrays["column"], dtype=object),
            "value": pd.Series(texts, dtype=object),
            "reason": pd.Series(arrays["reason"], dtype=object),
        },
        columns=list(REJECTED_COLUMNS),
    )
