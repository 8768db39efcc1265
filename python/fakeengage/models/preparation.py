"""What models see of features: deviations from the ordinary, on a logarithmic scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fakeengage import _native
from fakeengage.models.store import Arrays

# Pull of the ridge towards one mean and spread for all accounts, in accounts.
_RIDGE = 30.0
# Deviations below this are as good as none; the logarithm needs a floor.
_LEAST_DEVIATION = 0.1
_NONE = np.empty(0, dtype=np.int64)
_NO_TERMS = np.empty((0, 0))
_CONTEXT_PARTS = ("context", "location", "log_spread")


@dataclass(frozen=True)
class Preparation:
    """The logarithm of each feature's deviation from the ordinary.

    Attributes
    ----------
    center
        Median of each column over the accounts fitted on; stands in for missing values.
    scale
        Median deviation from it; negative turns a column whose small values are suspicious.
    one_sided
        Whether values below the ordinary count as ordinary: a calm account is not thereby fake.
    context
        Columns that say what kind of account it is. With them, what is ordinary depends on the kind.
    location, log_spread
        Intercepts of all columns, then their slopes on each context column; one row each.

    Notes
    -----
    ``u = sign(d) ln(1 + |d|)`` with ``d = (x - center) / scale``; with context
    ``(u - location(c)) / exp(log_spread(c))`` with ``c`` the context's own ``u``. Both are ridge
    regressions on the context: of ``u``, and of ``ln(|residual| + 0.1)``. Accounts with a handful of
    counts a day deviate more in almost every feature than busy ones.
    """

    center: NDArray[np.float64]
    scale: NDArray[np.float64]
    one_sided: NDArray[np.bool_]
    context: NDArray[np.int64] = field(default_factory=lambda: _NONE)
    location: NDArray[np.float64] = field(default_factory=lambda: _NO_TERMS)
    log_spread: NDArray[np.float64] = field(default_factory=lambda: _NO_TERMS)

    @classmethod
    def of(
        cls,
        features: NDArray[np.float64],
        one_sided: NDArray[np.bool_] | None = None,
        *,
        turned: NDArray[np.bool_] | None = None,
        context: Sequence[int] = (),
    ) -> Preparation:
        """Measures the columns of `features` (NaN = missing).

        Raises
        ------
        ValueError
            If not a single value is known.
        """
        known = np.isfinite(features)
        n_columns = features.shape[1]
        if not known.any():
            raise ValueError(
                "features: no account has a single usable feature; at least 14 observed steps are needed"
            )
        center, scale = np.zeros(n_columns), np.ones(n_columns)
        for k in range(n_columns):
            column = features[known[:, k], k]
            if len(column):
                center[k] = np.median(column)
                deviation = np.abs(column - center[k])
                # A share that is zero for most accounts has no median deviation; the mean is then the unit.
                scale[k] = float(np.median(deviation)) or float(np.mean(deviation)) or 1.0
        scale = np.where(np.isfinite(scale), scale, 1.0)
        if turned is not None:
            scale = np.where(turned, -scale, scale)
        sides = np.zeros(n_columns, dtype=bool) if one_sided is None else one_sided.copy()
        if not len(context):
            return cls(center, scale, sides)
        return cls(center, scale, sides)._with_context(features, np.array(context, dtype=np.int64))

    def _with_context(self, features: NDArray[np.float64], context: NDArray[np.int64]) -> Preparation:
        both_sided = Preparation(self.center, self.scale, np.zeros_like(self.one_sided))
        rows = both_sided.apply(features)
        kind = rows[:, context]
        location = ridge(kind, rows)
        left = rows - location[0] - kind @ location[1:]
        log_spread = ridge(kind, np.log(np.abs(left) + _LEAST_DEVIATION))
        # An account of the average kind keeps the unit it has without context.
        log_spread[0] = -(kind.mean(axis=0) @ log_spread[1:])
        # What says the kind stays as it is.
        location[:, context] = 0.0
        log_spread[:, context] = 0.0
        return Preparation(self.center, self.scale, self.one_sided, context, location, log_spread)

    def apply(self, features: NDArray[np.float64], *, threads: int | None = None) -> NDArray[np.float64]:
        """Prepared rows; each depends on its own account alone, to the bit."""
        return _native.prepare_features(
            np.ascontiguousarray(features, dtype=np.float64),
            self.center,
            self.scale,
            self.one_sided,
            self.context,
            self.location,
            self.log_spread,
            threads=threads or 0,
        )

    def to_arrays(self) -> Arrays:
        """Parts for a saved model."""
        arrays: Arrays = {name: getattr(self, name) for name in ("center", "scale", "one_sided")}
        if len(self.context):
            arrays |= {name: getattr(self, name) for name in _CONTEXT_PARTS}
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Arrays, n_columns: int) -> Preparation:
        """A preparation out of a saved model; a ValueError where its parts do not fit."""
        parts = {name: arrays[name] for name in ("center", "scale", "one_sided")}
        if "context" in arrays:
            parts |= {name: arrays[name] for name in _CONTEXT_PARTS}
        preparation = cls(**parts)
        if len(preparation.center) != n_columns:
            raise ValueError("model: its preparation does not fit its features; retrain it")
        # The engine checks the rest.
        preparation.apply(np.zeros((1, n_columns)))
        return preparation


def ridge(kind: NDArray[np.float64], targets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intercepts of all targets, then their slopes on each column of the kind; one row each."""
    mean, spread = kind.mean(axis=0), kind.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    z = (kind - mean) / spread
    middle = targets.mean(axis=0)
    slopes = np.linalg.solve(z.T @ z + _RIDGE * np.eye(z.shape[1]), z.T @ (targets - middle))
    slopes = slopes / spread[:, None]
    return np.vstack([middle - mean @ slopes, slopes])


def standard_units(rows: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation of each column; 1 where it is flat."""
    spread = rows.std(axis=0)
    return rows.mean(axis=0), np.where(spread > 1e-9, spread, 1.0)
