"""What :func:`fakeengage.score` answers: one row per account, windows, cohorts, rejects, and why."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fakeengage.tables import check_format, make_folder, plain, to_bytes, write_atomically

if TYPE_CHECKING:
    import pandas as pd

    from fakeengage.expectation import Expectation
    from fakeengage.panel import Panel

WINDOW_COLUMNS = ("account_id", "start", "end", "metric", "score", "observed", "expected", "excess")
COHORT_COLUMNS = ("cohort_id", "account_id", "p_value", "shared_hours", "first", "last")
REJECTED_COLUMNS = ("line", "account_id", "column", "value", "reason")
STATUSES = ("ok", "too_short", "no_activity", "irregular_cadence", "unusable")

REASON_SEPARATOR = "; "
"""What stands between two reasons of one account."""

TABLES = ("accounts", "windows", "cohorts", "rejected")


def account_columns(metrics: Sequence[str]) -> list[str]:
    """Columns of :attr:`Result.accounts` for a panel of these metrics, in order."""
    inflated = [f"inflated_{metric}{end}" for metric in metrics for end in ("", "_low", "_high")]
    shares = [f"inflated_share_{metric}" for metric in metrics]
    return [
        *("account_id", "score", "p_value", "flagged", "attack", "attack_probability"),
        *("window_start", "window_end", *inflated, *shares, "inflated_share"),
        *("cohort_id", "cohort_score", "detectable_share", "reasons", "hours_observed", "status"),
    ]


@dataclass
class Result:
    """Verdicts on the accounts of one panel.

    Parameters
    ----------
    accounts
        One row per account seen, in input order, with :func:`account_columns`.
    windows
        Stretches above or below the expectation, with :data:`WINDOW_COLUMNS`.
    cohorts
        Accounts that move together, with :data:`COHORT_COLUMNS`.
    rejected
        Input rows not used, with :data:`REJECTED_COLUMNS`.
    summary
        Counts, threshold, model, notes and the reading report, as JSON can hold them.
    panel
        The series that were judged.
    expectation
        What each account's own rhythm predicts.
    hour_scores
        float32, one value per account and step, accounts one after another; NaN = not judged.
    """

    accounts: pd.DataFrame
    windows: pd.DataFrame
    cohorts: pd.DataFrame
    rejected: pd.DataFrame
    summary: dict[str, Any]
    panel: Panel
    expectation: Expectation
    hour_scores: NDArray[np.float32]

    def __repr__(self) -> str:
        flagged = int(self.accounts["flagged"].sum())
        judged = int(self.accounts["score"].notna().sum())
        n, windows = len(self.accounts), len(self.windows)
        return f"Result({n} accounts, {judged} judged, {flagged} flagged, {windows} windows)"

    @property
    def hours(self) -> NDArray[np.float32]:
        """Score of each hour, ``(n_accounts, n_hours)`` in the panel's order of accounts.

        Raises
        ------
        ValueError
            If the accounts do not share one clock: use :meth:`hours_frame`.
        """
        if len(self.panel) and not self.panel.shares_clock:
            raise ValueError(
                "hours: the accounts start or end at different times and make no matrix; use hours_frame()"
            )
        return np.asarray(self.hour_scores, dtype=np.float32).reshape(len(self.panel), self.panel.n_steps)

    def hours_frame(self) -> pd.DataFrame:
        """Score of each hour as a long table: ``account_id, timestamp`` (UTC), ``score``."""
        frame = self.panel.to_frame()[["account_id", "timestamp"]]
        frame["score"] = np.asarray(self.hour_scores, dtype=np.float32)
        return frame

    def save(self, folder: str | os.PathLike[str], format: str = "csv") -> Path:
        """Write the four tables and ``summary.json`` into `folder`.

        Parameters
        ----------
        folder
            Made where it does not exist; files of an earlier run are replaced.
        format
            ``csv`` (safe to open in a spreadsheet), ``parquet`` or ``json`` (both exact).

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        ValueError
            If the format is unknown.
        OSError
            If the folder cannot be written to.
        """
        kind = check_format(format)
        path = make_folder(folder)
        for name in TABLES:
            write_atomically(path / f"{name}.{kind}", to_bytes(getattr(self, name), kind))
        summary = json.dumps(plain(self.summary), indent=2, ensure_ascii=False, allow_nan=False)
        write_atomically(path / "summary.json", (summary + "\n").encode("utf-8", errors="backslashreplace"))
        return path

    def report(self, path: str | os.PathLike[str]) -> Path:
        """Write the verdicts as one HTML file that opens offline (see :mod:`fakeengage.report`)."""
        from fakeengage.report import write_report

        return write_report(self, path)
