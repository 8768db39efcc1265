"""The twelve attacks, and how to put one into series that exist."""

from fakeengage.attacks.injection import (
    ATTACKS,
    COHORT_ATTACKS,
    LEVEL_ATTACKS,
    PAUSE_HOURS,
    Injection,
    inject,
)

__all__ = ["ATTACKS", "COHORT_ATTACKS", "LEVEL_ATTACKS", "PAUSE_HOURS", "Injection", "inject"]
