"""The regular clock of a panel: how long a step is, and which step a moment belongs to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MINUTES_PER_DAY = 1440
_LONGEST_MINUTES = 40_320


@dataclass(frozen=True)
class Cadence:
    """Length of one step.

    Parameters
    ----------
    minutes
        Minutes per step, 1 to 40,320; ``None`` means one calendar month.
    offset_seconds
        Seconds by which every timestamp lies after a whole step of the clock
        (readings taken at five past the hour have 300). Zero for months.

    Notes
    -----
    Steps are numbered from 1970-01-01T00:00 UTC, months from January 1970, so a step number says
    the hour of day (``step % steps_per_day``) without a look at the calendar.
    """

    minutes: int | None = 60
    offset_seconds: int = 0

    def __post_init__(self) -> None:
        if self.minutes is not None and not 1 <= self.minutes <= _LONGEST_MINUTES:
            raise ValueError(
                f"minutes: {self.minutes} is not allowed; 1 to {_LONGEST_MINUTES}, or None for a month"
            )

    @property
    def steps_per_day(self) -> int:
        """Whole steps per day, or 0 where a day is not a whole number of at least two steps."""
        if self.minutes is None or MINUTES_PER_DAY % self.minutes or self.minutes > MINUTES_PER_DAY // 2:
            return 0
        return MINUTES_PER_DAY // self.minutes

    @property
    def steps_per_week(self) -> int:
        """Whole steps per week, or 0 where a week is not a whole number of steps."""
        if self.minutes is None or 7 * MINUTES_PER_DAY % self.minutes:
            return 0
        return 7 * MINUTES_PER_DAY // self.minutes

    @property
    def hours(self) -> float:
        """Hours per step; a month counts as 730.5."""
        return 730.5 if self.minutes is None else self.minutes / 60

    def __str__(self) -> str:
        if self.minutes is None:
            return "1 month"
        for unit, size in (("week", 10_080), ("day", 1440), ("hour", 60)):
            if self.minutes % size == 0:
                n = self.minutes // size
                return f"{n} {unit}" + ("s" if n > 1 else "")
        return f"{self.minutes} minute" + ("s" if self.minutes > 1 else "")

    def timestamps(self, steps: NDArray[np.int64] | int) -> NDArray[np.datetime64]:
        """Moments (UTC, ``datetime64[s]``) at which the numbered steps start."""
        steps = np.asarray(steps, dtype=np.int64)
        if self.minutes is None:
            return steps.astype("datetime64[M]").astype("datetime64[s]")
        return (steps * (self.minutes * 60) + self.offset_seconds).astype("datetime64[s]")

    def step_of(self, moment: str | np.datetime64) -> int:
        """Number of the step that holds `moment` (UTC)."""
        when = np.datetime64(moment)
        if self.minutes is None:
            return int(when.astype("datetime64[M]").astype(np.int64))
        return int(
            (when.astype("datetime64[s]").astype(np.int64) - self.offset_seconds) // (self.minutes * 60)
        )
