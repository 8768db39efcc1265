"""The strongest pieces of evidence of an account, in plain words with figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fakeengage.features.sources import column_sources, named_columns
from fakeengage.models.contributions import contributions_of
from fakeengage.panel import Panel
from fakeengage.reasons.evidence import (
    FLOOR,
    MOST_REASONS,
    STRONG,
    CohortEvidence,
    FeatureEvidence,
    feature_evidence,
    sentences,
)
from fakeengage.reasons.windows import WindowEvidence, joined, span_words, window_evidence, window_sentence

if TYPE_CHECKING:
    import pandas as pd

    from fakeengage.expectation import Expectation
    from fakeengage.models.auditor import Auditor

__all__ = [
    "BATCH_NOTE",
    "FLOOR",
    "MOST_REASONS",
    "STRONG",
    "CohortEvidence",
    "FeatureEvidence",
    "WindowEvidence",
    "feature_evidence",
    "joined",
    "reasons",
    "sentences",
    "span_words",
    "step_word",
    "window_evidence",
    "window_sentence",
]

_TOLD_WINDOWS = 12
"""Windows looked at for sentences: three at most are told, and those of several metrics are one event."""

BATCH_NOTE = " (platform-wide movements removed)"
"""Ends the reasons of a batch whose common movements were removed first."""


def reasons(
    panel: Panel,
    windows: pd.DataFrame,
    expectation: Expectation,
    features: NDArray[np.float64],
    auditor: Auditor,
    judged: NDArray[np.bool_],
    batch: bool,
    *,
    cohorts: Mapping[int, CohortEvidence] | None = None,
    batch_p: NDArray[np.float64] | None = None,
    threads: int | None = None,
) -> list[str]:
    """Evidence per account, strongest first, joined by ``; `` – empty where nothing stands out.

    Parameters
    ----------
    panel
        The accounts.
    windows
        Detected windows with the column ``position``.
    expectation
        Expectation that the windows stand out from.
    features
        Feature matrix of the panel.
    auditor
        Fitted model: what it holds against an account is told.
    judged
        Whether each account is judged; the others get their reasons from their status.
    batch
        Whether the platform-wide factor was removed: said in words, as it is evidence of the batch.
    cohorts
        By position of the account, with whom it rises.
    batch_p
        Share of the batch's majority that looks as odd as each account; NaN where that is not told.
    threads
        Threads to use; all cores by default.
    """
    rows = np.flatnonzero(judged)
    out = [""] * len(panel)
    if not len(rows):
        return out
    mine = features[rows]
    found = contributions_of(auditor, panel, mine, threads=threads)
    codes, sources = column_sources(panel.metrics, mine, found.names)
    values = named_columns(panel.metrics, mine, found.names)
    high_of = dict(zip(auditor.boosting.columns_, auditor.usual_high_.tolist(), strict=True))
    high = [high_of.get(name, np.nan) for name in found.names]
    by_account = dict(list(windows.groupby("position", sort=False)))
    step = step_word(panel)
    for row, i in enumerate(rows.tolist()):
        here = by_account.get(i)
        p = np.nan if batch_p is None else float(batch_p[i])
        said = sentences(
            found.values[row],
            found.names,
            values[row],
            found.usual,
            usual_high=high,
            sources=[sources[code] for code in codes[row].tolist()],
            windows=() if here is None else window_evidence(panel, expectation, i, _strongest(here)),
            cohort=None if cohorts is None else cohorts.get(i),
            batch_p=None if np.isnan(p) else p,
            step=step,
        )
        out[i] = "; ".join(said) + BATCH_NOTE * (batch and bool(said))
    return out


def _strongest(windows: pd.DataFrame) -> pd.DataFrame:
    """The windows that may be told: those of the highest scores, largest excess first among equals."""
    size = windows["excess"].abs()
    return windows.assign(size=size).nlargest(_TOLD_WINDOWS, ["score", "size"]).drop(columns="size")


def step_word(panel: Panel) -> str:
    """What one step of a panel is called: ``hour``, ``day``, ``month``, or ``step`` for odd lengths."""
    number, _, unit = str(panel.cadence).partition(" ")
    return unit if number == "1" else "step"
