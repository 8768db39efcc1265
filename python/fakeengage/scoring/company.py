"""With whom: cohorts of a batch, and what they add to p-values and reasons."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fakeengage.cohorts import Cohorts, find_cohorts
from fakeengage.panel import Panel
from fakeengage.reasons import CohortEvidence
from fakeengage.scoring.looks import BATCH_ACCOUNTS, Look


def cohorts_of(panel: Panel, look: Look, judged: NDArray[np.bool_], threads: int | None) -> Cohorts:
    """Cohorts of a batch; none where fewer than :data:`BATCH_ACCOUNTS` accounts share a platform's clock."""
    import pandas as pd

    from fakeengage.result import COHORT_COLUMNS

    if look.platform is not None and judged.sum() >= BATCH_ACCOUNTS:
        return find_cohorts(panel, threads=threads)
    n = len(panel)
    return Cohorts(
        pd.DataFrame(columns=list(COHORT_COLUMNS)), np.ones(n), np.zeros(n), np.full(n, None, dtype=object)
    )


def with_cohorts(p_value: NDArray[np.float64], cohorts: Cohorts) -> NDArray[np.float64]:
    """``min(1, 2 min(p, p_cohort))`` where cohorts were searched and found: two looks, one correction."""
    if not len(cohorts.table):
        return p_value
    return np.where(np.isnan(p_value), np.nan, np.minimum(1.0, 2.0 * np.fmin(p_value, cohorts.p_value)))


def cohort_evidence(panel: Panel, cohorts: Cohorts) -> dict[int, CohortEvidence]:
    """What to tell of each member, by position."""
    if not len(cohorts.table):
        return {}
    position = {str(account): i for i, account in enumerate(panel.account_ids.tolist())}
    sizes = cohorts.table["cohort_id"].value_counts()
    return {
        position[str(account)]: CohortEvidence(int(sizes[cohort]) - 1, int(shared))
        for cohort, account, shared in zip(
            cohorts.table["cohort_id"],
            cohorts.table["account_id"],
            cohorts.table["shared_hours"],
            strict=True,
        )
    }
