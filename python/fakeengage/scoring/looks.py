"""What is found in the accounts of a panel, alone and among the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fakeengage.expectation import Expectation, PlatformFactor, fit_expectation, platform_factor
from fakeengage.models.auditor import Auditor, Evidence
from fakeengage.models.localiser import HourEvidence
from fakeengage.panel import Panel

BATCH_ACCOUNTS = 30
"""Accounts that make a batch: for its majority to be a null, and, where they share
:data:`BATCH_STEPS` steps, for the platform factor to be removed."""

BATCH_STEPS = 24


@dataclass(frozen=True)
class Look:
    """What two passes over a panel give.

    Attributes
    ----------
    found
        Evidence of each account from its own series.
    judgement
        The score that p-values rank: from the account's own series and the model alone.
    own
        Expectation of each account from its own series.
    batch
        The same with the platform's ups and downs removed; `own` where there is no batch.
    platform
        What was removed, or None.
    hours, batch_hours
        Evidence per step against `own` and against `batch`.
    """

    found: Evidence
    judgement: NDArray[np.float64]
    own: Expectation
    batch: Expectation
    platform: PlatformFactor | None
    hours: HourEvidence
    batch_hours: HourEvidence


def look_at(panel: Panel, auditor: Auditor, threads: int | None) -> Look:
    """Both passes."""
    found = auditor.evidence(panel, threads=threads)
    own = fit_expectation(panel, threads=threads)
    platform = platform_of(panel, own)
    hours = auditor.localiser.evidence(panel, found.answers, own)
    batch, batch_hours = own, hours
    if platform is not None:
        batch = fit_expectation(panel, platform=platform, threads=threads)
        batch_hours = auditor.localiser.evidence(panel, found.answers, batch)
    return Look(found, auditor.judgement(found), own, batch, platform, hours, batch_hours)


def platform_of(panel: Panel, expectation: Expectation) -> PlatformFactor | None:
    """The platform-wide factor, where enough accounts share enough of the clock."""
    if len(panel) < BATCH_ACCOUNTS or panel.n_steps < BATCH_STEPS:
        return None
    factor = platform_factor(panel, expectation)
    if factor is None or int((factor.n_partners >= BATCH_ACCOUNTS).sum()) < BATCH_STEPS:
        return None
    return factor
