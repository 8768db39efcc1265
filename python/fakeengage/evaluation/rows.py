"""Tidy rows of figures, ``detector, figure, value, low, high``, and how their intervals are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fakeengage.ranking import Figure, bootstrap_intervals
from fakeengage.resampling import mean_interval, median_interval

Row = dict[str, Any]
Value = tuple[float, float, float]
COLUMNS = ("detector", "figure", "value", "low", "high")


@dataclass(frozen=True)
class Bootstrap:
    """How intervals are made."""

    n_resamples: int
    seed: int

    def mean(self, values: Any) -> Value:
        """Mean over accounts with its interval."""
        return mean_interval(values, n_resamples=self.n_resamples, seed=self.seed)

    def median(self, values: Any) -> Value:
        """Median over accounts with its interval."""
        return median_interval(values, n_resamples=self.n_resamples, seed=self.seed)


def row(detector: str, figure: str, value: Value) -> Row:
    """One row of a table: value and interval of a figure."""
    return dict(zip(COLUMNS, (detector, figure, *value), strict=True))


# Flags are a score of two values, of which the higher is the first threshold.
FLAG_FIGURES = {
    "precision of flags": Figure(lambda ranking: ranking.precision()[..., 0]),
    "recall of flags": Figure(lambda ranking: ranking.recall()[..., 0]),
    "normals flagged": Figure(lambda ranking: ranking.false_rate()[..., 0]),
}


def flag_intervals(
    fake: NDArray[np.bool_], flagged: NDArray[np.bool_], bootstrap: Bootstrap
) -> dict[str, Value]:
    """Share of the flags that are right, of the fakes flagged and of the normals flagged."""
    if not flagged.any():
        nothing = (float("nan"), float("nan"), float("nan"))
        return dict(zip(FLAG_FIGURES, (nothing, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)), strict=True))
    return bootstrap_intervals(
        FLAG_FIGURES, fake, flagged, n_resamples=bootstrap.n_resamples, seed=bootstrap.seed
    )
