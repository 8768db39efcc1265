"""Data that no detector of this project was made for: other authors' generators, attacked real series.

Nothing here reads the project's own simulator or attacks; that is the point.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class World:
    """Accounts of one foreign platform, all on one clock.

    Attributes
    ----------
    counts
        float32 ``(n_accounts, n_hours, 4)``: views, likes, comments, shares.
    clean
        The same before attacks.
    is_fake
        bool ``(n_accounts,)``.
    attack
        Kind of attack, None for normal accounts.
    cohort
        Name of the group that one operator runs, None where there is none.
    """

    counts: NDArray[np.float32]
    clean: NDArray[np.float32]
    is_fake: NDArray[np.bool_]
    attack: NDArray[Any]
    cohort: NDArray[Any]

    @property
    def mask(self) -> NDArray[np.bool_]:
        """Cells that an attack changed."""
        return np.asarray(self.counts != self.clean, dtype=bool)
