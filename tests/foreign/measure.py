"""How well scorers do on targets that they were not made for: one table, with intervals.

A quick call, from a script whose path holds ``tests`` (names are free, a scorer is any function)::

    from foreign.measure import show, transfer_table
    from foreign.targets import foreign_targets, real_targets

    print(show(transfer_table({"mine": model.score}, foreign_targets(500) + real_targets(50))))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import fakeengage as fe
from fakeengage.ranking import auroc, recall_at
from foreign.targets import Target, genuine_panels

Floats = NDArray[np.float64]
Scorer = Callable[[fe.Panel], NDArray[np.floating]]
"""A panel to one value per account; higher = more suspicious, NaN = not judged."""
HourScorer = Callable[[fe.Panel], NDArray[np.floating]]
"""A panel to one value per step, accounts one after another."""
Calibrator = Callable[[fe.Panel], Scorer]
"""A panel of known organic accounts to a scorer."""

SPLITS = 3
FEWEST_NORMALS = 100
"""Normal accounts of a target below which half of them are too few to calibrate on."""

COLUMNS = ("target", "scorer", "figure", "value", "low", "high", "accounts", "fakes")


@dataclass(frozen=True)
class Round:
    """Scores of the accounts of one split.

    `prevalence` is the share of fakes for which average precision is stated.
    """

    fake: NDArray[np.bool_]
    scores: Floats
    source: NDArray[np.int64]
    prevalence: float


def average_precision(fake: NDArray[np.bool_], scores: Floats, prevalence: float) -> float:
    """Average precision as if the share of fakes were `prevalence`; ties taken together."""
    if not fake.any() or fake.all():
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    last = np.append(ordered[1:] != ordered[:-1], True)
    found = np.cumsum(fake[order])[last] / fake.sum()
    alarms = np.cumsum(~fake[order])[last] / (~fake).sum()
    precision = prevalence * found / (prevalence * found + (1 - prevalence) * alarms)
    return float(np.sum(np.diff(found, prepend=0.0) * precision))


FIGURES: Mapping[str, Callable[[Round], float]] = {
    "AUROC": lambda r: auroc(r.fake, r.scores),
    "AUPRC": lambda r: average_precision(r.fake, r.scores, r.prevalence),
    "recall at 1 %": lambda r: recall_at(0.01)(r.fake, r.scores),
}


def transfer_table(
    scorers: Mapping[str, Scorer],
    targets: Iterable[Target],
    *,
    batch: Mapping[str, Scorer] | None = None,
    calibrators: Mapping[str, Calibrator] | None = None,
    hours: Mapping[str, HourScorer] | None = None,
    n_resamples: int = 200,
    seed: int = 0,
) -> pd.DataFrame:
    """Figures of every scorer on every target.

    Parameters
    ----------
    scorers
        Judge each account by itself; asked on every target.
    targets
        From :mod:`foreign.targets`.
    batch
        Judge accounts by comparing those of one panel: asked only where a target is a batch.
    calibrators
        Take half of a target's normal accounts as known; judged on the other half and on the fakes that
        have no source in the first, three splits, average precision weighted back to the true share of
        fakes. Asked where the first part of a target holds all of its normal accounts, and enough of them.
    hours
        Per fake, how well hour scores point at the changed hours (mean over fakes with some changed and
        some unchanged hours), and over all hours of all accounts (pooled).
    n_resamples
        Bootstrap resamples behind each 95 % interval. Sources are resampled, never hours: series cut from
        one account count as one.
    seed
        Seed of splits and bootstrap.

    Returns
    -------
    pandas.DataFrame
        One row per target, scorer and figure, with :data:`COLUMNS`; a figure ``AUROC, KIND`` is that kind
        of attack against all normal accounts, without an interval.
    """
    rows: list[dict[str, Any]] = []
    for target in targets:
        asked = {**scorers, **(batch or {} if target.batch else {})}
        rounds = {name: [_round(target, scorer)] for name, scorer in asked.items()}
        known_apart = all(part.is_fake.all() for part in target.parts[1:])
        if known_apart and (~target.fake).sum() >= FEWEST_NORMALS:
            for name, calibrator in (calibrators or {}).items():
                rounds[name] = _calibrated(target, calibrator, seed)
        attack = np.concatenate([part.attack for part in target.parts])
        for name, found in rounds.items():
            head = {
                "target": target.name,
                "scorer": name,
                "accounts": len(attack),
                "fakes": target.fake.sum(),
            }
            for figure, (value, low, high) in _intervals(found, n_resamples, seed).items():
                rows.append({**head, "figure": figure, "value": value, "low": low, "high": high})
            if name in asked:
                rows += [{**head, **row} for row in _by_attack(found[0], attack)]
        for name, hour_scorer in (hours or {}).items():
            head = {
                "target": target.name,
                "scorer": name,
                "accounts": len(attack),
                "fakes": target.fake.sum(),
            }
            rows += [{**head, **row} for row in _hours(target, hour_scorer, n_resamples, seed)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def alarms_table(
    verdict: Callable[[fe.Panel], tuple[NDArray[np.bool_], NDArray[np.bool_]]], targets: Iterable[Target] = ()
) -> pd.DataFrame:
    """How many flags, and how many of them are right.

    Parameters
    ----------
    verdict
        A panel to which accounts are judged, and which are flagged.
    targets
        Those that are batches are counted, their parts summed.

    Returns
    -------
    pandas.DataFrame
        ``set, accounts, fakes, judged, flagged, right``: the targets, then presumed genuine series: each file
        as users would hand it in, and its long series in chunks of two weeks, the chunks with windows of news
        apart. There every flag is wrong; on monthly stars those that StarScout suspects count as fake.
    """
    rows = []
    batches = ((t.name, [(part.panel, part.is_fake) for part in t.parts]) for t in targets if t.batch)
    genuine = ((name, [(panel, suspect)]) for name, panel, suspect in genuine_panels())
    for name, parts in chain(batches, genuine):
        counts = np.zeros(5, dtype=np.int64)
        for panel, fake in parts:
            judged, flagged = verdict(panel)
            counts += [len(panel), fake.sum(), judged.sum(), flagged.sum(), (flagged & fake).sum()]
        rows.append((name, *counts.tolist()))
    return pd.DataFrame(rows, columns=["set", "accounts", "fakes", "judged", "flagged", "right"])


def show(table: pd.DataFrame, *, attacks: bool = False) -> str:
    """The table as text: one line per target and scorer, intervals of AUROC in brackets."""
    lines = []
    wide = max((len(name) for name in table["scorer"]), default=0)
    for target, rows in table.groupby("target", sort=False):
        head = rows.iloc[0]
        lines.append(f"\n{target}: {head['accounts']} series, {head['fakes']} fake")
        for scorer, figures in rows.groupby("scorer", sort=False):
            cells, kinds = [], []
            for row in figures.itertuples():
                title, _, kind = str(row.figure).partition(", ")
                if kind:
                    kinds.append(f"{kind} {row.value:.2f}")
                else:
                    known = np.isfinite(row.low)
                    cells.append(
                        f"{title} {row.value:.3f}" + (f" ({row.low:.2f}–{row.high:.2f})" if known else "")
                    )
            lines.append(f"  {scorer:{wide}}  " + "  ".join(cells))
            if attacks and kinds:
                lines.append(f"  {'':{wide}}  AUROC " + ", ".join(kinds))
    return "\n".join(lines).lstrip("\n")


def _finite(scores: NDArray[np.floating], n: int) -> Floats:
    """Accounts that are not judged rank last: not flagging them is the answer that they get."""
    values = np.asarray(scores, dtype=np.float64)
    if values.shape != (n,):
        raise ValueError(f"scorer: gave scores of shape {values.shape}, expected ({n},)")
    return np.where(np.isnan(values), -np.inf, values)


def _round(target: Target, scorer: Scorer) -> Round:
    scores = [_finite(scorer(part.panel), len(part.panel)) for part in target.parts]
    return Round(target.fake, np.concatenate(scores), target.source, target.prevalence)


def _calibrated(target: Target, calibrator: Calibrator, seed: int) -> list[Round]:
    rng = np.random.default_rng([seed, 1])
    first = target.parts[0]
    normal = np.flatnonzero(~first.is_fake)
    sources = np.unique(first.source[normal])
    rounds = []
    for _ in range(SPLITS):
        known = rng.permutation(sources)[: len(sources) // 2]
        scorer = calibrator(first.panel.select(normal[np.isin(first.source[normal], known)]))
        scores, fake, source = [], [], []
        for part in target.parts:
            rest = np.flatnonzero(~np.isin(part.source, known))
            if len(rest):
                scores.append(_finite(scorer(part.panel.select(rest)), len(rest)))
                fake.append(part.is_fake[rest])
                source.append(part.source[rest])
        rounds.append(
            Round(np.concatenate(fake), np.concatenate(scores), np.concatenate(source), target.prevalence)
        )
    return rounds


def _intervals(rounds: list[Round], n_resamples: int, seed: int) -> dict[str, tuple[float, float, float]]:
    """Mean over rounds of each figure, with its interval over resampled sources.

    Percentiles of the resampled figures, moved by their mean's distance from the figure: a source that is
    drawn twice meets its own twins four times, which moves all of them to one side.
    """
    rng = np.random.default_rng([seed, 2])
    draws: dict[str, list[float]] = {figure: [] for figure in FIGURES}
    strata = _strata(rounds)
    for _ in range(n_resamples):
        drawn = np.concatenate([rng.choice(stratum, len(stratum)) for stratum in strata])
        again = [_resampled(r, drawn) for r in rounds]
        for figure, function in FIGURES.items():
            draws[figure].append(float(np.mean([function(r) for r in again])))
    out = {}
    for figure, function in FIGURES.items():
        value = float(np.mean([function(r) for r in rounds]))
        low = high = np.nan
        if n_resamples:
            moved = np.array(draws[figure]) - np.mean(draws[figure]) + value
            low, high = np.clip(np.percentile(moved, [2.5, 97.5]), 0.0, 1.0)
        out[figure] = (value, float(low), float(high))
    return out


def _strata(rounds: list[Round]) -> list[NDArray[np.int64]]:
    """Sources by the labels of their series, so that every resample has fakes and normals."""
    source = np.concatenate([r.source for r in rounds])
    fake = np.concatenate([r.fake for r in rounds])
    label = {int(s): 0 for s in source}
    for s in source[fake].tolist():
        label[s] |= 1
    for s in source[~fake].tolist():
        label[s] |= 2
    names, kinds = np.array(list(label)), np.array(list(label.values()))
    return [np.sort(names[kinds == kind]) for kind in np.unique(kinds)]


def _resampled(r: Round, drawn: NDArray[np.int64]) -> Round:
    order = np.argsort(r.source, kind="stable")
    ordered = r.source[order]
    begin, end = (np.searchsorted(ordered, drawn, side=side) for side in ("left", "right"))
    sizes = end - begin
    place = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes) + np.repeat(begin, sizes)
    take = order[place]
    return Round(r.fake[take], r.scores[take], r.source[take], r.prevalence)


def _by_attack(r: Round, attack: NDArray[Any]) -> list[dict[str, Any]]:
    rows = []
    for kind in sorted({str(kind) for kind in attack[r.fake]}):
        compared = ~r.fake | (attack == kind)
        value = auroc(r.fake[compared], r.scores[compared])
        rows.append({"figure": f"AUROC, {kind}", "value": value, "low": np.nan, "high": np.nan})
    return rows


def _hours(target: Target, scorer: HourScorer, n_resamples: int, seed: int) -> list[dict[str, Any]]:
    flat = []
    for part in target.parts:
        values = np.asarray(scorer(part.panel), dtype=np.float64)
        if values.shape != (int(part.panel.offsets[-1]),):
            raise ValueError(f"hours: gave shape {values.shape}, expected ({part.panel.offsets[-1]},)")
        flat += np.split(np.nan_to_num(values), part.panel.offsets[1:-1])
    inside = target.changed()
    mixed = [i for i in np.flatnonzero(target.fake) if inside[i].any() and not inside[i].all()]
    if not mixed:
        return []
    per_fake = np.array(
        [
            (
                auroc(inside[i], flat[i]),
                average_precision(inside[i], flat[i], float(inside[i].mean())),
            )
            for i in mixed
        ]
    )
    rng = np.random.default_rng([seed, 3])
    owner = target.source[mixed]
    members = [np.flatnonzero(owner == s) for s in np.unique(owner)]
    draws = [
        per_fake[np.concatenate([members[k] for k in rng.integers(0, len(members), len(members))])].mean(
            axis=0
        )
        for _ in range(n_resamples)
    ]
    low, high = np.percentile(draws, [2.5, 97.5], axis=0) if draws else np.full((2, 2), np.nan)
    rows = [
        {"figure": figure, "value": per_fake[:, k].mean(), "low": low[k], "high": high[k]}
        for k, figure in enumerate(("hour AUROC", "hour AP"))
    ]
    return rows + _pooled_hours(target, inside, flat, n_resamples, rng)


def _pooled_hours(
    target: Target,
    inside: list[NDArray[np.bool_]],
    flat: list[Floats],
    n_resamples: int,
    rng: np.random.Generator,
) -> list[dict[str, Any]]:
    """All steps of all accounts in one ranking; with intervals where the steps are the question."""

    def figures(accounts: NDArray[np.int64]) -> tuple[float, float]:
        label, scores = (np.concatenate([rows[i] for i in accounts]) for rows in (inside, flat))
        return auroc(label, scores), average_precision(label, scores, float(label.mean()))

    every = np.arange(len(flat))
    draws = [figures(rng.choice(every, len(every))) for _ in range(n_resamples if target.steps else 0)]
    low, high = np.percentile(draws, [2.5, 97.5], axis=0) if draws else np.full((2, 2), np.nan)
    return [
        {"figure": figure, "value": value, "low": low[k], "high": high[k]}
        for k, (figure, value) in enumerate(
            zip(("pooled hour AUROC", "pooled hour AP"), figures(every), strict=True)
        )
    ]
