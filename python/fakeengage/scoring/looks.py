"""One pass over a panel: the expectation, the features and what the detector says of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fakeengage.expectation import Expectation, PlatformFactor, fit_expectation, platform_factor
from fakeengage.models.auditor import Auditor
from fakeengage.models.base import evidence_matrix
from fakeengage.panel import Panel

BATCH_ACCOUNTS = 30
"""Accounts that make a batch: for its majority to be a null, and, where they share
:data:`BATCH_STEPS` steps, for the platform factor to be removed."""

BATCH_STEPS = 24


@dataclass(frozen=True)
class Look:
    """What one pass over a panel gives: expectation, features, uncalibrated scores."""

    expectation: Expectation
    features: NDArray[np.float64]
    raw: NDArray[np.float64]


def look_at(panel: Panel, auditor: Auditor, platform: PlatformFactor | None, threads: int | None) -> Look:
    expectation = fit_expectation(panel, platform=platform, threads=threads)
    features = evidence_matrix(panel, expectation, threads=threads)
    return Look(expectation, features, auditor.raw_scores(panel, features, threads=threads))


def platform_of(panel: Panel, expectation: Expectation) -> PlatformFactor | None:
    """The platform-wide factor, where enough accounts share enough of the clock."""
    if len(panel) < BATCH_ACCOUNTS or panel.n_steps < BATCH_STEPS:
        return None
    factor = platform_factor(panel, expectation)
    if factor is None or int((factor.n_partners >= BATCH_ACCOUNTS).sum()) < BATCH_STEPS:
        return None
    return factor
