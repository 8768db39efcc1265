"""Generators written from the domain notes alone, so that detectors meet data our simulator did not make."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class World:
    """Hourly engagement of many accounts, before and after attacks.

    Metrics are in the order views, likes, comments, shares; counts are whole and fall below zero only where a
    platform corrects its counter.
    """

    counts: NDArray[np.float32]  # (n, hours, 4)
    clean: NDArray[np.float32]  # the same accounts before any attack
    is_fake: NDArray[np.bool_]  # (n,)
    attack: NDArray[np.object_]  # (n,), None for normals
    cohort: NDArray[np.object_]  # (n,), None outside a cohort

    @property
    def mask(self) -> NDArray[np.bool_]:
        """Cells that an attack changed, shape (n, hours, 4)."""
        return self.counts != self.clean
