"""From anomaly scores to p-values, probabilities and flags."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fakeengage.panel import Panel

MIN_STEPS = 14
"""Fewest observed steps with which an account is judged (EXPECTATION: below, nothing is testable)."""

SMALL_BATCH = 20
"""Batches with fewer judged accounts flag at ``p <= fdr / 5``: there is no batch to correct over."""

_LENGTHS = (48, 120, 500)
_VOLUMES = (3.0, 100.0)
N_STRATA = 2 * 2 * 4 * 3
_MIN_REFERENCES = 200
_MAX_REFERENCES = 4000


def strata(panel: Panel) -> NDArray[np.int64]:
    """Stratum of each account: with or without a daily clock, one or more metrics, length, volume.

    The law of an anomaly score among organic accounts depends on what there is to see: a long
    series has more chances for an odd window, a small one more counting noise. An account is
    compared with organic accounts of its own stratum only. -1 where too little is observed.
    """
    clock = int(panel.cadence.steps_per_day >= 6)
    out = np.full(len(panel), -1, dtype=np.int64)
    for i in range(len(panel)):
        block = panel.block(i)
        observed = (~np.isnan(block)).sum(axis=1) if block.size else np.zeros(1, np.int64)
        usable = observed >= MIN_STEPS
        if not usable.any():
            continue
        length = int(np.searchsorted(_LENGTHS, observed.max(), side="right"))
        volume = int(np.searchsorted(_VOLUMES, _largest_mean(block[usable]), side="right"))
        out[i] = ((clock * 2 + int(usable.sum() > 1)) * 4 + length) * 3 + volume
    return out


def _largest_mean(block: NDArray[np.float32]) -> float:
    return float(np.nanmean(np.maximum(block.astype(np.float64), 0.0), axis=1).max())


def check_enough(stratum: NDArray[np.int64]) -> None:
    """Whether organic accounts of these strata can set p-values.

    Raises
    ------
    ValueError
        If no stratum holds enough of them.
    """
    judged = stratum[stratum >= 0]
    if np.bincount(judged, minlength=1).max() < _MIN_REFERENCES:
        raise ValueError(
            f"DATA: {len(judged)} normal accounts are too few; at least {_MIN_REFERENCES} alike in length "
            "and volume are needed: add more, or train on `fakeengage simulate --n-users 5000 --out DIR`"
        )


@dataclass(frozen=True)
class Reference:
    """Anomaly scores of organic accounts, by stratum.

    Attributes
    ----------
    scores
        Sorted scores, stratum after stratum.
    offsets
        ``(N_STRATA + 1,)`` where each stratum's scores start.
    origin
        For each stratum the one whose accounts stand in for it: itself, or the nearest that has
        enough of them.
    """

    scores: NDArray[np.float64]
    offsets: NDArray[np.int64]
    origin: NDArray[np.int64]

    @classmethod
    def of(cls, scores: NDArray[np.float64], stratum: NDArray[np.int64]) -> Reference:
        """Builds the table; strata with fewer than 200 accounts borrow from the nearest one that has them."""
        check_enough(stratum)
        kept = [np.sort(scores[stratum == s]) for s in range(N_STRATA)]
        full = [s for s in range(N_STRATA) if len(kept[s]) >= _MIN_REFERENCES]
        origin = np.array([_nearest(s, full) for s in range(N_STRATA)])
        thinned = [_thin(kept[s]) if s in full else np.empty(0) for s in range(N_STRATA)]
        offsets = np.concatenate([[0], np.cumsum([len(part) for part in thinned])]).astype(np.int64)
        return cls(np.concatenate(thinned), offsets, origin)

    @classmethod
    def of_one_kind(cls, scores: NDArray[np.float64]) -> Reference:
        """A table of one platform's organic accounts: one stratum, which all are held against."""
        ordered = np.sort(scores)
        offsets = np.full(N_STRATA + 1, len(ordered), dtype=np.int64)
        offsets[0] = 0
        return cls(ordered, offsets, np.zeros(N_STRATA, dtype=np.int64))

    def _of_stratum(self, s: int) -> NDArray[np.float64]:
        o = int(self.origin[s])
        return self.scores[self.offsets[o] : self.offsets[o + 1]]

    def p_values(self, scores: NDArray[np.float64], stratum: NDArray[np.int64]) -> NDArray[np.float64]:
        """Conformal p-values: share of organic accounts of the stratum that score as high, itself counted.

        ``p = (1 + #{reference >= score}) / (1 + n)``; NaN where the stratum is -1.
        Vovk, Gammerman & Shafer (2005), Algorithmic Learning in a Random World, section 2.2.
        """
        out = np.full(len(scores), np.nan)
        for s in np.unique(stratum[stratum >= 0]):
            reference = self._of_stratum(int(s))
            mine = stratum == s
            above = len(reference) - np.searchsorted(reference, scores[mine], side="left")
            out[mine] = (1.0 + above) / (1.0 + len(reference))
        return out

    def evidence(self, scores: NDArray[np.float64], stratum: NDArray[np.int64]) -> NDArray[np.float64]:
        """Scores relative to the stratum: 0 at its median, asinh(1) at its 90 % point.

        The inverse hyperbolic sine is a logarithm far out, so one wild account does not flatten the
        probability curve for all others, and it has no plateau on which the worst would tie.
        """
        out = np.full(len(scores), np.nan)
        for s in np.unique(stratum[stratum >= 0]):
            middle, high = np.quantile(self._of_stratum(int(s)), [0.5, 0.9])
            for i in np.flatnonzero(stratum == s):
                # One at a time: array code may round a value by its place in the array.
                out[i] = math.asinh((float(scores[i]) - middle) / max(high - middle, 1e-9))
        return out

    @property
    def smallest_p(self) -> float:
        """The smallest p-value that the best-filled stratum can give."""
        return float(1.0 / (1.0 + np.diff(self.offsets).max()))

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """dict[str, NDArray[Any]] of the saved form."""
        return {
            "reference_scores": self.scores,
            "reference_offsets": self.offsets,
            "reference_origin": self.origin,
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]]) -> Reference:
        """The table out of a saved model.

        Raises
        ------
        ValueError
            If the arrays contradict one another.
        """
        try:
            reference = cls(
                arrays["reference_scores"], arrays["reference_offsets"], arrays["reference_origin"]
            )
        except KeyError as error:
            raise ValueError(f"model: lacks the array {error.args[0]!r}; retrain") from None
        offsets, origin = reference.offsets, reference.origin
        fits = (
            offsets.shape == (N_STRATA + 1,)
            and origin.shape == (N_STRATA,)
            and offsets[0] == 0
            and offsets[-1] == len(reference.scores)
            and bool((np.diff(offsets) >= 0).all())
            and bool(((origin >= 0) & (origin < N_STRATA)).all())
        )
        if not fits or (np.diff(offsets)[origin] == 0).any():
            raise ValueError("model: its reference table is inconsistent; retrain")
        return reference


def _nearest(s: int, full: list[int]) -> int:
    return min(full, key=lambda other: (_distance(other, s), other))


def _distance(a: int, b: int) -> int:
    """How unlike two strata are; a clock or a second metric matters more than size."""
    volume, length, several, clock = (
        abs((a // d) % m - (b // d) % m) for d, m in ((1, 3), (3, 4), (12, 2), (24, 2))
    )
    return volume + 2 * length + 10 * several + 10 * clock


def _thin(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """At most `_MAX_REFERENCES` of the sorted scores, evenly spaced in rank."""
    if len(scores) <= _MAX_REFERENCES:
        return scores
    return scores[((np.arange(_MAX_REFERENCES) + 0.5) * len(scores) / _MAX_REFERENCES).astype(np.int64)]


def sigmoid(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logistic function, one value at a time: array code may round a value by its place in the array."""
    clipped = np.clip(values, -700.0, 700.0)
    return np.array([1.0 / (1.0 + math.exp(-v)) if v == v else math.nan for v in clipped.tolist()])


def majority_p_values(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """p-values under the batch's own majority: an empirical null.

    A normal law: its middle is that of the shortest half of the scores (the shorth, Andrews et al.
    1972), its spread the root mean square of what lies below. Fakes gather above, so neither moves
    as long as most accounts are organic. The idea of an empirical null is Efron's (2004),
    doi:10.1198/016214504000000089.
    """
    ordered = np.sort(scores)
    half = (len(ordered) + 1) // 2
    begin = int(np.argmin(ordered[half - 1 :] - ordered[: len(ordered) - half + 1]))
    middle = float(np.median(ordered[begin : begin + half]))
    below = ordered[ordered <= middle] - middle
    spread = max(math.sqrt(float(np.mean(below * below))), 1e-9)
    return np.array([0.5 * math.erfc((s - middle) / spread / math.sqrt(2.0)) for s in scores.tolist()])


def flag(p_values: NDArray[np.float64], fdr: float) -> NDArray[np.bool_]:
    """Benjamini–Hochberg flags at false discovery rate `fdr` (doi:10.1111/j.2517-6161.1995.tb02031.x).

    Parameters
    ----------
    p_values
        One per account; NaN = not judged, never flagged.
    fdr
        Expected share of false flags among the flags, between 0 and 1.

    Raises
    ------
    ValueError
        If `fdr` is not between 0 and 1.

    Examples
    --------
    >>> flag(np.array([0.001, 0.5, 0.02, np.nan] + [0.9] * 17), 0.05)[:4].tolist()
    [True, False, False, False]
    """
    if not 0.0 < fdr < 1.0:
        raise ValueError(f"fdr: {fdr} is not allowed; a share between 0 and 1, such as 0.05")
    judged = ~np.isnan(p_values)
    n = int(judged.sum())
    flagged = np.zeros(len(p_values), dtype=bool)
    if n == 0:
        return flagged
    if n < SMALL_BATCH:
        flagged[judged] = p_values[judged] <= fdr / 5
        return flagged
    ordered = np.sort(p_values[judged])
    passing = np.flatnonzero(ordered <= fdr * np.arange(1, n + 1) / n)
    if len(passing):
        flagged[judged] = p_values[judged] <= ordered[passing[-1]]
    return flagged
