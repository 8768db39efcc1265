"""When to flag: four policies that turn p-values and scores into flags, without a new fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fakeengage.calibration import flag

KINDS = ("fdr", "share", "cost_ratio", "budget")


@dataclass(frozen=True)
class Policy:
    """A rule that says which accounts are flagged.

    Parameters
    ----------
    kind
        ``fdr``: false discovery rate, by Benjamini–Hochberg on p-values. ``share``: that share of the judged
        accounts, the most suspicious ones. ``budget``: that many of them. ``cost_ratio``: every account whose
        probability of fraud makes a flag cheaper than none, where missing a fake costs that many times as
        much as flagging a normal account.
    value
        Its number.

    Raises
    ------
    ValueError
        If the kind is unknown or the number out of range.

    Notes
    -----
    ``cost_ratio`` flags at ``score >= 1 / (1 + ratio)``, the Bayes rule (Elkan 2001), with the score's
    reference prevalence of 10 %. ``share`` and ``budget`` go by p-value, then by score; accounts that
    tie for the last place are left out together, so the order of accounts does not matter.

    Examples
    --------
    >>> Policy("budget", 1).flags([0.5, 0.01, float("nan")], [0.2, 0.9, float("nan")]).tolist()
    [False, True, False]
    >>> Policy("cost_ratio", 9).flags([0.5, 0.5], [0.05, 0.4]).tolist()
    [False, True]
    """

    kind: str
    value: float

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"policy: {self.kind!r} is not known; one of {', '.join(KINDS)}")
        allowed = {
            "fdr": (0.0 < self.value < 1.0, "a share between 0 and 1, such as 0.05"),
            "share": (0.0 < self.value < 1.0, "a share of the accounts between 0 and 1, such as 0.02"),
            "cost_ratio": (0.0 < self.value < np.inf, "a number above 0, such as 5"),
            "budget": (self.value >= 0 and self.value == int(self.value), "a whole number of accounts"),
        }
        fine, what = allowed[self.kind]
        if not fine:
            raise ValueError(f"{self.kind}: {self.value} is not allowed; {what}")

    @classmethod
    def of(cls, **given: float | None) -> Policy:
        """The one policy that is given by name; a false discovery rate may be given beside another.

        Raises
        ------
        ValueError
            If two others are given.
        """
        others = {k: v for k, v in given.items() if v is not None and k != "fdr"}
        if len(others) > 1:
            raise ValueError(f"{' and '.join(sorted(others))}: only one policy can decide; choose one")
        for kind, value in others.items():
            return cls(kind, value)
        rate = given.get("fdr")
        return cls("fdr", 0.05 if rate is None else rate)

    def flags(self, p_values: ArrayLike, scores: ArrayLike) -> NDArray[np.bool_]:
        """Which accounts are flagged; NaN = not judged, never flagged.

        Parameters
        ----------
        p_values, scores
            One of each per account, as in the columns of :attr:`Result.accounts`.
        """
        p = np.asarray(p_values, dtype=np.float64)
        score = np.asarray(scores, dtype=np.float64)
        if self.kind == "fdr":
            return flag(p, self.value)
        judged = ~np.isnan(p)
        if self.kind == "cost_ratio":
            return np.asarray(judged & (np.nan_to_num(score) >= 1.0 / (1.0 + self.value)), dtype=bool)
        most = int(self.value) if self.kind == "budget" else int(self.value * judged.sum())
        if most >= judged.sum():
            return judged
        pairs = list(zip(np.where(judged, p, np.inf).tolist(), (-np.nan_to_num(score)).tolist(), strict=True))
        last_out = sorted(pairs)[most]
        return np.array([j and pair < last_out for j, pair in zip(judged, pairs, strict=True)], dtype=bool)

    def __str__(self) -> str:
        return {
            "fdr": f"false discovery rate {self.value:g}",
            "share": f"the most suspicious {self.value:.1%} of the accounts",
            "cost_ratio": f"a missed fake costs {self.value:g} times a wrong flag",
            "budget": f"the {int(self.value)} most suspicious accounts",
        }[self.kind]
