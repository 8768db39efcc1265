"""What a detector answers to the questions that it knows, as arrays beside the accounts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fakeengage.evaluation.truth import covered_steps
from fakeengage.panel import Panel

if TYPE_CHECKING:
    from fakeengage.result import Result

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Volume:
    """Inflation of each account.

    Attributes
    ----------
    share
        ``(n,)`` largest share over the metrics, 0 to 1.
    counts
        Per metric ``(n, 3)``: estimate, lower and upper bound; empty where only shares are estimated.
    """

    share: Floats
    counts: dict[str, Floats] = field(default_factory=dict)


@dataclass(frozen=True)
class Answers:
    """Answers of one detector; None where it does not answer.

    Attributes
    ----------
    scores
        ``(n,)``, higher = more suspicious; accounts without a score rank last, at -inf.
    probability
        ``(n,)`` probability of fraud at a prevalence of 10 %.
    p_values
        ``(n,)``; NaN where not judged.
    flagged
        ``(n,)`` flags.
    among
        ``(n,)`` flags on which the figures "of flagged fakes" are taken: a baseline that flags nobody
        itself is compared on the accounts that the detector beside it flags.
    hours
        One score per account and step, account after account.
    covered
        Whether a detected window covers the step, likewise.
    volume
        How much was added.
    attack
        ``(n,)`` kind of attack, ``unknown`` or None.
    cohort
        ``(n,)`` name of the cohort found, None for accounts in none.
    """

    scores: Floats | None = None
    probability: Floats | None = None
    p_values: Floats | None = None
    flagged: NDArray[np.bool_] | None = None
    among: NDArray[np.bool_] | None = None
    hours: Floats | None = None
    covered: NDArray[np.bool_] | None = None
    volume: Volume | None = None
    attack: NDArray[np.object_] | None = None
    cohort: NDArray[np.object_] | None = None


def answers_of_result(result: Result) -> Answers:
    """Every answer of :func:`fakeengage.score`."""
    accounts, panel = result.accounts, result.panel
    score = accounts["score"].to_numpy(dtype=np.float64)
    hours = result.hours.reshape(-1) if panel.shares_clock else result.hours_frame()["score"].to_numpy()
    counts = {
        metric: accounts[[f"inflated_{metric}{end}" for end in ("", "_low", "_high")]].to_numpy(np.float64)
        for metric in panel.metrics
    }
    flagged = accounts["flagged"].fillna(False).to_numpy(dtype=bool)
    return Answers(
        scores=_last(score),
        probability=score,
        p_values=accounts["p_value"].to_numpy(dtype=np.float64),
        flagged=flagged,
        among=flagged,
        hours=np.asarray(hours, dtype=np.float64),
        covered=covered_steps(panel, result.windows),
        volume=Volume(accounts["inflated_share"].to_numpy(dtype=np.float64), counts),
        attack=_objects(accounts["attack"]),
        cohort=_objects(accounts["cohort_id"]),
    )


def answers_of_detector(detector: Any, panel: Panel) -> Answers:
    """Scores of accounts, and of hours where the detector has them.

    Raises
    ------
    ValueError
        If it answers with another number of scores than there are accounts or steps.
    """
    name = type(detector).__name__
    scores = np.asarray(detector.score(panel), dtype=np.float64)
    if scores.shape != (len(panel),):
        raise ValueError(f"{name}.score: gave shape {scores.shape}, expected ({len(panel)},)")
    hours = None
    if hasattr(detector, "score_hours"):
        hours = np.asarray(detector.score_hours(panel), dtype=np.float64).reshape(-1)
        if hours.shape != (int(panel.offsets[-1]),):
            raise ValueError(
                f"{name}.score_hours: gave {hours.size} scores, the panel has {int(panel.offsets[-1])} steps"
            )
    return Answers(scores=_last(scores), hours=hours)


def answers_of(model: Any, panel: Panel, *, fdr: float, threads: int | None) -> Answers:
    """Answers of the calibrated auditor through :func:`fakeengage.score`, of anything else by its scores."""
    from fakeengage.models import Auditor
    from fakeengage.scoring import score

    if model is None or isinstance(model, (Auditor, str)) or hasattr(model, "__fspath__"):
        return answers_of_result(score(panel, model, fdr, threads=threads))
    return answers_of_detector(model, panel)


def _last(scores: Floats) -> Floats:
    """Accounts that cannot be judged rank last: not flagging them is the answer that they get."""
    return np.where(np.isnan(scores), -np.inf, scores)


def _objects(column: Any) -> NDArray[np.object_]:
    return np.asarray(column.astype(object).where(column.notna(), None).to_numpy(dtype=object))
