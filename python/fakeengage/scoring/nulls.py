"""p-values: two nulls must find an account odd before it can be flagged."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fakeengage.calibration import majority_p_values
from fakeengage.expectation import Expectation
from fakeengage.models.auditor import Auditor
from fakeengage.models.peers import PeerModel
from fakeengage.panel import Panel
from fakeengage.scoring.looks import BATCH_ACCOUNTS, Look

PEER_BATCH = 200
"""Judged accounts from which a batch's calm ones teach what an addition looks like there."""

_CORE_SHARE = 0.65
_MOST_CORE = 1000
"""Calm accounts that teach; more of them take longer and say the same."""


def by_metric(panel: Panel, expectation: Expectation, column: str) -> NDArray[np.float64]:
    """A column of the expectation's summary as ``(n_accounts, n_metrics)``."""
    values: NDArray[np.float64] = expectation.summary[column].to_numpy(dtype=np.float64)
    return values.reshape(len(panel), len(panel.metrics))


def p_values(
    panel: Panel, auditor: Auditor, look: Look, stratum: NDArray[np.int64], threads: int | None = None
) -> NDArray[np.float64]:
    """p-value of each account, NaN where the stratum is -1.

    Calibrated on the user's own organic accounts: its rank among them. Otherwise the larger of two
    nulls, which must both find the account odd. One is its rank among organic accounts of other
    platforms. The other is the batch's own majority – data from an unknown platform looks unlike all
    references, and what is odd there still shows. In small batches, and where only one metric was
    given, a bootstrap of the account's own residuals must agree.
    """
    judged = stratum >= 0
    ranked = auditor.p_values(look.judgement, stratum)
    if auditor.calibrated_on_peers:
        return ranked
    own = _block_p(panel, look.batch)
    second = own
    if judged.sum() >= BATCH_ACCOUNTS:
        majority = np.full(len(panel), np.nan)
        majority[judged] = majority_p_values(batch_scores(panel, auditor, look, judged, threads)[judged])
        # One metric's rise is as large in organic series as in bought ones, whatever the detector.
        second = majority if len(panel.metrics) > 1 else np.fmax(majority, own)
    return np.where(judged, np.fmax(ranked, second), np.nan)


def batch_scores(
    panel: Panel, auditor: Auditor, look: Look, judged: NDArray[np.bool_], threads: int | None = None
) -> NDArray[np.float64]:
    """Scores to rank a batch by: raw ones, or from :data:`PEER_BATCH` accounts those against its calm core.

    The core are the least suspicious accounts in an order that does not depend on the rows', so the same
    accounts get the same scores however they are sorted.
    """
    raw = look.found.raw
    if judged.sum() < PEER_BATCH:
        return raw
    limit = np.quantile(raw[judged], _CORE_SHARE)
    core = np.flatnonzero(judged & (raw <= limit))
    core = core[np.argsort(np.array([str(panel.account_ids[i]) for i in core]), kind="stable")]
    if len(core) > _MOST_CORE:
        core = core[np.linspace(0, len(core) - 1, _MOST_CORE).astype(np.int64)]
    peers, unseen = PeerModel.fit(
        panel.select(core), look.found.hidden[core], raw[core], auditor.network, threads=threads
    )
    scores = peers.score(look.found.hidden, raw)
    scores[core] = unseen
    return scores


def _block_p(panel: Panel, expectation: Expectation) -> NDArray[np.float64]:
    """Smallest bootstrap p-value over the metrics, corrected for their number (Bonferroni)."""
    p = by_metric(panel, expectation, "p_block")
    judged = (~np.isnan(p)).sum(axis=1)
    smallest = np.min(np.where(np.isnan(p), 1.0, p), axis=1, initial=1.0)
    return np.where(judged > 0, np.minimum(smallest * judged, 1.0), np.nan)
