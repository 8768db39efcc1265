"""p-values: two nulls must find an account odd before it can be flagged."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fakeengage.calibration import majority_p_values
from fakeengage.expectation import WINDOW_Z, Expectation
from fakeengage.models.auditor import Auditor
from fakeengage.panel import Panel
from fakeengage.scoring.looks import BATCH_ACCOUNTS, Look


def by_metric(panel: Panel, expectation: Expectation, column: str) -> NDArray[np.float64]:
    """A column of the expectation's summary as ``(n_accounts, n_metrics)``."""
    values: NDArray[np.float64] = expectation.summary[column].to_numpy(dtype=np.float64)
    return values.reshape(len(panel), len(panel.metrics))


def _block_p(panel: Panel, expectation: Expectation) -> NDArray[np.float64]:
    """Smallest bootstrap p-value over the metrics, corrected for their number (Bonferroni)."""
    p = by_metric(panel, expectation, "p_block")
    judged = (~np.isnan(p)).sum(axis=1)
    smallest = np.min(np.where(np.isnan(p), 1.0, p), axis=1, initial=1.0)
    return np.where(judged > 0, np.minimum(smallest * judged, 1.0), np.nan)


def _corroborated(panel: Panel, auditor: Auditor, look: Look) -> NDArray[np.bool_]:
    """Whether more than one metric speaks: two of them in one window, or one against the others.

    One metric's rise alone is as large in organic series as in bought ones, whatever the detector.
    """
    if len(panel.metrics) < 2:
        return np.zeros(len(panel), dtype=bool)
    joint = np.abs(np.nan_to_num(by_metric(panel, look.expectation, "joint_z"))).max(axis=1)
    positions, names = auditor.evidence_columns(panel)
    ratios = [
        k for k, name in enumerate(names) if name.startswith(("any_ratio__ratio_up", "any_ratio__ratio_down"))
    ]
    values = np.nan_to_num(look.features[:, positions])[:, ratios]
    against_others: NDArray[np.bool_] = np.any(values > auditor.usual_high_[ratios], axis=1)
    return np.asarray(against_others | (joint >= WINDOW_Z), dtype=bool)


def p_values(panel: Panel, auditor: Auditor, look: Look, stratum: NDArray[np.int64]) -> NDArray[np.float64]:
    """The larger of two nulls: both must find the account odd.

    One is its rank among organic accounts of other platforms. The other is the batch's own
    majority – data from an unknown platform looks unlike all references, and what is odd there
    still shows – or, in small batches and where no other metric agrees, a bootstrap of the
    account's own residuals.
    """
    judged = stratum >= 0
    own = _block_p(panel, look.expectation)
    second = own
    if judged.sum() >= BATCH_ACCOUNTS:
        majority = np.full(len(panel), np.nan)
        majority[judged] = majority_p_values(look.raw[judged])
        second = np.where(_corroborated(panel, auditor, look), majority, np.fmax(majority, own))
    return np.where(judged, np.fmax(auditor.reference.p_values(look.raw, stratum), second), np.nan)
