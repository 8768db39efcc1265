"""From contributions, windows and cohorts to sentences: the strongest evidence of one account."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fakeengage.reasons.windows import WindowEvidence, joined, window_sentence
from fakeengage.reasons.wording import Wording, wording_of

MOST_REASONS = 3

FLOOR = 0.3
"""Smallest contribution that is told, in logits, of features that ordinary accounts rarely have."""

STRONG = 1.0
"""The same of features within the usual range. In every account some features weigh against it and others
for it: of 1,000 accounts of preset `published` (seed 101, shipped model) 56 % of the normal ones and 91 % of
the fakes have something to tell at these two, all of them at .1 whatever is usual."""

# Meanings that windows tell better: with figures, dates and the metrics that stayed calm. A rise ends in
# a step down and a fall in a step up, so that either window tells both.
_TOLD_BY_RISES = frozenset({"rise", "joint rise", "spells", "step"})
_TOLD_BY_FALLS = frozenset({"fall", "taken back", "step"})


@dataclass(frozen=True)
class CohortEvidence:
    """Other accounts that an account rises together with.

    Attributes
    ----------
    n_others
        Accounts of the cohort beside this one.
    shared_steps
        Steps at which they rise together.
    when
        Span of those steps in words; empty to leave it out.
    """

    n_others: int
    shared_steps: int
    when: str = ""


@dataclass(frozen=True)
class FeatureEvidence:
    """What the features of one meaning add to the score of an account.

    Attributes
    ----------
    meaning
        What the features measure, such as ``quiet hours``.
    contribution
        Sum over all of them.
    feature
        The one that speaks for them.
    text
        Its sentence.
    """

    meaning: str
    contribution: float
    feature: str
    text: str


def sentences(
    contributions: ArrayLike,
    names: Sequence[str],
    values: ArrayLike,
    usual: ArrayLike,
    *,
    usual_high: ArrayLike | None = None,
    usual_low: ArrayLike | None = None,
    sources: Sequence[str] | None = None,
    windows: Sequence[WindowEvidence] = (),
    cohort: CohortEvidence | None = None,
    batch_p: float | None = None,
    step: str = "hour",
    most: int = MOST_REASONS,
    floor: float = FLOOR,
    strong: float = STRONG,
) -> list[str]:
    """The strongest evidence against one account in plain words with figures, strongest first.

    Parameters
    ----------
    contributions
        ``(n,)``: what each feature adds to the account's score.
    names
        Their columns, ``owner__measure__parameter``.
    values
        ``(n,)``: the account's features.
    usual
        ``(n,)``: what ordinary accounts have.
    usual_high, usual_low
        ``(n,)``: what ordinary accounts are rarely above and below.
    sources
        The metric, or pair of metrics, that each column speaks of; read off its name when left out,
        which does not say whose value an ``any`` column holds.
    windows
        Windows that stand out of the account's expectation, strongest first.
    cohort
        The accounts that it rises together with.
    batch_p
        Share of the batch's ordinary accounts that would look as odd; None where nobody compared.
    step
        What one step is called.
    most
        Most sentences.
    floor
        Smallest contribution that is told, in the unit of the score.
    strong
        Smallest contribution that is told of a feature that ordinary accounts have as well.

    Returns
    -------
    list of str
        Windows come first, then who else rises, then what the batch says, then features: those of one
        meaning in one sentence, the largest sum first.

    Notes
    -----
    A feature is told only where it adds to the score *and* lies on the side that its sentence speaks
    of; one whose side is not suspicious by itself has a sentence for either. What a window has told
    with dates is not told again from features.

    Examples
    --------
    >>> sentences([0.9], ["likes__half_shift__phase"], [1.36], [0.2], usual_high=[0.5])
    ['the daily peak of likes moved by 5.2 hours between the halves (rarely above 1.9)']
    """
    spoken = [window_sentence(group) for group in joined(windows)]
    pieces = spoken[:1]
    if cohort is not None:
        pieces.append(_cohort_sentence(cohort, step))
    if batch_p is not None:
        pieces.append(f"unlike the other accounts of this batch (p = {batch_p:.2g} among its majority)")
    told = feature_evidence(
        contributions,
        names,
        values,
        usual,
        usual_high=usual_high,
        usual_low=usual_low,
        sources=sources,
        step=step,
        floor=floor,
        strong=strong,
    )
    covered: frozenset[str] = frozenset()
    if any(window.excess >= 0 for window in windows):
        covered |= _TOLD_BY_RISES
    if any(window.excess < 0 for window in windows):
        covered |= _TOLD_BY_FALLS
    fresh = [piece for piece in told if piece.meaning not in covered]
    if any(window.steady for window in windows):
        # The strongest window has said which metric did not follow; what else there is comes first.
        fresh.sort(key=lambda piece: piece.meaning == "ratio")
    pieces += [*spoken[1:2], *(piece.text for piece in fresh), *spoken[2:]]
    return pieces[: max(most, 0)]


def feature_evidence(
    contributions: ArrayLike,
    names: Sequence[str],
    values: ArrayLike,
    usual: ArrayLike,
    *,
    usual_high: ArrayLike | None = None,
    usual_low: ArrayLike | None = None,
    sources: Sequence[str] | None = None,
    step: str = "hour",
    floor: float = FLOOR,
    strong: float = STRONG,
) -> list[FeatureEvidence]:
    """The part of :func:`sentences` that features tell, each with its contribution, largest first.

    Raises
    ------
    ValueError
        If an argument has another length than `names`.
    """
    n = len(names)
    added = _row("contributions", contributions, n)
    seen, middle = _row("values", values, n), _row("usual", usual, n)
    high = np.full(n, np.nan) if usual_high is None else _row("usual_high", usual_high, n)
    low = np.full(n, np.nan) if usual_low is None else _row("usual_low", usual_low, n)
    if sources is not None and len(sources) != n:
        raise ValueError(f"sources: has {len(sources)} entries, expected {n}")
    meanings, of_meaning = _meanings(tuple(names))
    sums = np.zeros(len(meanings))
    known = of_meaning >= 0
    np.add.at(sums, of_meaning[known], np.nan_to_num(added[known]))
    found = []
    for m in np.flatnonzero(sums >= floor):
        speaker = _speaker(np.flatnonzero(of_meaning == m), names, added, seen, middle, high, low)
        if speaker is None or (sums[m] < strong and _within(speaker, seen, middle, high, low)):
            continue
        source = names[speaker].partition("__")[0] if sources is None else sources[speaker]
        figures = (seen[speaker], middle[speaker], high[speaker], low[speaker])
        text = _feature_sentence(names[speaker], source, figures, step)
        found.append(FeatureEvidence(meanings[m], float(sums[m]), names[speaker], text))
    return sorted(found, key=lambda piece: -piece.contribution)


@lru_cache(maxsize=16)
def _meanings(names: tuple[str, ...]) -> tuple[list[str], NDArray[np.int64]]:
    """Meanings among some columns, and which of them each column has; -1 where it is not told."""
    place: dict[str, int] = {}
    codes = np.full(len(names), -1, dtype=np.int64)
    for k, name in enumerate(names):
        wording = wording_of(name)
        if wording is not None:
            codes[k] = place.setdefault(wording.meaning, len(place))
    return list(place), codes


def _within(
    k: int,
    seen: NDArray[np.float64],
    middle: NDArray[np.float64],
    high: NDArray[np.float64],
    low: NDArray[np.float64],
) -> bool:
    """Whether ordinary accounts are known to have such a value of column `k` as well."""
    return bool(seen[k] <= high[k] if seen[k] > middle[k] else seen[k] >= low[k])


def _speaker(
    columns: NDArray[np.int64],
    names: Sequence[str],
    added: NDArray[np.float64],
    seen: NDArray[np.float64],
    middle: NDArray[np.float64],
    high: NDArray[np.float64],
    low: NDArray[np.float64],
) -> int | None:
    """The column that tells a meaning best: out of the ordinary, of one metric, and adding most."""
    best: tuple[tuple[bool, bool, float], int] | None = None
    for k in columns.tolist():
        wording = wording_of(names[k])
        if wording is None or not added[k] > 0:
            continue
        above, below = bool(wording.high) and seen[k] > middle[k], bool(wording.low) and seen[k] < middle[k]
        if not (above or below):
            continue
        rare = bool(seen[k] > high[k] if above else seen[k] < low[k])
        rank = (rare, not names[k].startswith("mean"), float(added[k]))
        if best is None or rank > best[0]:
            best = (rank, k)
    return None if best is None else best[1]


def _feature_sentence(name: str, source: str, figures: tuple[float, float, float, float], step: str) -> str:
    wording = wording_of(name)
    assert wording is not None
    value, middle, high, low = figures
    above = value > middle
    template = wording.high if above else wording.low
    first, _, second = source.partition("_per_")
    steps = re.search(r"\d+", name.partition("__")[2].partition("__")[2])
    n_steps = int(steps.group()) if steps else 1
    text = template.format(
        who=_subject(source),
        first=first if second else "one metric",
        second=second or "another",
        value=_figure(wording, value),
        span=f"{n_steps} {step}" + ("s" if n_steps > 1 else ""),
        each=f"{n_steps}-{step}",
        step=step,
    )
    return _compared(text, wording, value, ("rarely above", high) if above else ("rarely below", low), middle)


def _compared(text: str, wording: Wording, value: float, rare: tuple[str, float], middle: float) -> str:
    """A sentence with what is usual: what ordinary accounts rarely exceed, if this one does."""
    said = _figure(wording, value)
    word, limit = rare
    beyond = value > limit if word == "rarely above" else value < limit
    # A comparison of two figures that read the same says nothing.
    if not beyond or _figure(wording, limit) == said:
        word, limit = "usually", middle
    usual = _figure(wording, limit)
    if usual == said:
        return text
    return f"{text[:-1]}, {word} {usual})" if text.endswith(")") else f"{text} ({word} {usual})"


def _subject(source: str) -> str:
    """A source of a column as the subject of a sentence."""
    if source in ("metrics", "mean"):
        return "all metrics on average"
    return "one metric" if source in ("any", "any_ratio", "ratios") else source


def _figure(wording: Wording, value: float) -> str:
    figure = wording.unit(value)
    return format(0.0 if abs(figure) < 1e-12 else figure, wording.form)


def _cohort_sentence(cohort: CohortEvidence, step: str) -> str:
    others = f"{cohort.n_others:,} other account" + ("s" if cohort.n_others != 1 else "")
    steps = f"{cohort.shared_steps:,} shared {step}" + ("s" if cohort.shared_steps != 1 else "")
    return f"rose together with {others} in {steps}" + (f", {cohort.when}" if cohort.when else "")


def _row(argument: str, values: ArrayLike, n: int) -> NDArray[np.float64]:
    row = np.asarray(values, dtype=np.float64)
    if row.shape != (n,):
        raise ValueError(f"{argument}: has shape {row.shape}, expected ({n},), one value per name")
    return row
