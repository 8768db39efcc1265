"""Answers that need no detector: what stands beside every figure."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from fakeengage.baselines import robust_z, trivial_scores
from fakeengage.evaluation.answers import Answers, Volume
from fakeengage.evaluation.truth import Truth
from fakeengage.panel import Panel

Floats = NDArray[np.float64]

PRIOR = 0.10
"""Share of fakes at which probabilities are stated."""

OUTLIER = 3.5 / 0.6745
"""Median absolute deviations from which Iglewicz & Hoaglin (1993) call a value an outlier."""


def trivial_answers(truth: Truth, flagged: NDArray[np.bool_] | None, seed: int = 0) -> dict[str, Answers]:
    """Baselines by name, each with whatever it can answer without learning anything.

    Parameters
    ----------
    truth
        The accounts; labels are used for nothing but the most frequent attack.
    flagged
        Flags of the detector beside them: each ranking flags as many accounts as it does. None = no flags.
    seed
        Seed of random answers.
    """
    panel = truth.panel
    rng = np.random.default_rng([seed, 1])
    scores = trivial_scores(panel, seed)
    noise = rng.uniform(size=int(panel.offsets[-1]))
    largest = _by_step(panel, _largest_z)
    total = _by_step(panel, lambda block: np.maximum(np.nan_to_num(block), 0.0).sum(axis=0))
    ratio = _by_step(panel, _ratio_z)
    hours: dict[str, tuple[Floats, NDArray[np.bool_]]] = {
        "random": (noise, noise > 0.5),
        "total volume": (total, total > 2.0 * _mean_of_account(panel, total)),
        "largest z": (largest, largest > OUTLIER),
        "likes-per-view z": (ratio, ratio > OUTLIER),
    }
    out = {}
    for name, values in scores.items():
        mine = hours.get(name)
        out[name] = Answers(
            scores=values,
            flagged=None if flagged is None else _top(values, int(flagged.sum())),
            among=flagged,
            hours=None if mine is None else mine[0],
            covered=None if mine is None else mine[1],
        )
    out["constant 10 %"] = Answers(probability=np.full(len(panel), PRIOR))
    out["nothing inflated"] = Answers(volume=Volume(np.zeros(len(panel))), among=flagged)
    out["excess over the median"] = Answers(volume=Volume(excess_over_median(panel)), among=flagged)
    out["peaks in the same hour"] = Answers(cohort=peaks(panel, largest))
    out["no cohorts"] = Answers(cohort=np.full(len(panel), None, dtype=object))
    attacks = truth.column("attack")
    names = [] if attacks is None else sorted({str(a) for a in attacks if a is not None})
    if attacks is not None and names:
        usual = max(names, key=lambda name: (int((attacks == name).sum()), name))
        out["most frequent attack"] = Answers(attack=np.full(len(panel), usual, dtype=object), among=flagged)
        out["random attack"] = Answers(
            attack=rng.choice(np.array(names, dtype=object), len(panel)), among=flagged
        )
    return out


def excess_over_median(panel: Panel) -> Floats:
    """Share of the counts that lie above the account's own median count, largest metric."""
    out = np.zeros(len(panel))
    for i in range(len(panel)):
        for row in panel.block(i).astype(np.float64):
            known = np.maximum(row[~np.isnan(row)], 0.0)
            total = known.sum()
            if total > 0:
                out[i] = max(out[i], float(np.maximum(known - np.median(known), 0.0).sum() / total))
    return out


def peaks(panel: Panel, hours: Floats) -> NDArray[np.object_]:
    """Accounts whose largest hour is the same moment, as cohorts."""
    out = np.full(len(panel), None, dtype=object)
    for i in range(len(panel)):
        mine = hours[panel.offsets[i] : panel.offsets[i + 1]]
        if mine.size and mine.max() > 0:
            out[i] = int(panel.starts[i]) + int(np.argmax(mine))
    values, counts = np.unique([o for o in out if o is not None], return_counts=True)
    alone = set(values[counts < 2].tolist())
    return np.array([None if o in alone else o for o in out.tolist()], dtype=object)


def _top(scores: Floats, n: int) -> NDArray[np.bool_]:
    flagged = np.zeros(len(scores), dtype=bool)
    flagged[np.argsort(-scores, kind="stable")[:n]] = True
    return flagged


def _by_step(panel: Panel, measure: Callable[[Floats], Floats]) -> Floats:
    """A measure of each account's block, account after account."""
    parts = [measure(panel.block(i).astype(np.float64)) for i in range(len(panel))]
    return np.concatenate(parts) if parts else np.empty(0)


def _largest_z(block: Floats) -> Floats:
    """Robust z of each hour against all hours of the account, largest metric; 0 where nothing is known."""
    return np.asarray(np.max([np.nan_to_num(robust_z(row)) for row in block], axis=0))


def _ratio_z(block: Floats) -> Floats:
    """Size of the robust z of the log ratio of the second metric over the first; 0 with one metric."""
    if len(block) < 2:
        return np.zeros(block.shape[1])
    known = np.maximum(block, 0.0)
    return np.abs(np.nan_to_num(robust_z(np.log((known[1] + 0.5) / (known[0] + 0.5)))))


def _mean_of_account(panel: Panel, values: Floats) -> Floats:
    means = [
        values[panel.offsets[i] : panel.offsets[i + 1]].mean() for i in range(len(panel)) if panel.lengths[i]
    ]
    return np.repeat(means, panel.lengths[panel.lengths > 0])
