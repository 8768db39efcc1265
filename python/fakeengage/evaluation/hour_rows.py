"""When: scores of hours and listed windows against the hours that attacks changed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from fakeengage.evaluation.answers import Answers
from fakeengage.evaluation.localisation import BufferedLabels, overlap, per_account
from fakeengage.evaluation.rows import Bootstrap, Row, Value, row
from fakeengage.evaluation.truth import Truth
from fakeengage.ranking import Ranking, auprc, auroc
from fakeengage.resampling import account_weights, percentile_interval

Floats = NDArray[np.float64]

BUFFER_HOURS = 24
"""Longest buffer of VUS-PR: an attack noticed within a day is noticed."""

HOUR_CLASSES = 1000
"""Classes of about equal size that resamples of pooled hours are ranked in."""

POOLED = {"AUROC": auroc, "AP": auprc}


def hour_rows(truth: Truth, answers: Mapping[str, Answers], bootstrap: Bootstrap) -> list[Row]:
    """When, by the score of each hour: means over fakes, and hours of all fakes, or all accounts, pooled."""
    if truth.changed is None:
        return []
    panel, seen = truth.panel, truth.observed
    accounts = _attacked(truth)
    if not len(accounts):
        return []
    spans = [
        np.arange(panel.offsets[i], panel.offsets[i + 1])[seen[panel.offsets[i] : panel.offsets[i + 1]]]
        for i in accounts
    ]
    changed = [truth.changed[span] for span in spans]
    buffer = round(BUFFER_HOURS / panel.cadence.hours)
    labels = [BufferedLabels.of(mine, buffer) for mine in changed]
    rows: list[Row] = []
    for name, mine in answers.items():
        if mine.hours is None:
            continue
        hours = np.where(np.isnan(mine.hours), -np.inf, mine.hours)
        scores = [hours[span] for span in spans]
        for figure, values in per_account(changed, scores, buffer, labels):
            rows.append(row(name, figure, bootstrap.mean(values)))
        owner = np.repeat(np.arange(len(spans)), [len(span) for span in spans])
        pooled = _pooled(np.concatenate(changed), np.concatenate(scores), owner, bootstrap)
        rows += [row(name, f"pooled hour {figure}", value) for figure, value in pooled.items()]
        every = _pooled(truth.changed[seen], hours[seen], truth.account_of_step[seen], bootstrap)
        rows += [row(name, f"pooled hour {figure}, all accounts", value) for figure, value in every.items()]
    return rows


def _attacked(truth: Truth) -> NDArray[np.int64]:
    """Accounts of which an attack changed some observed steps, but not all."""
    assert truth.changed is not None
    panel, seen = truth.panel, truth.observed
    share = [
        truth.changed[a:b][seen[a:b]].mean() if seen[a:b].any() else 0.0
        for a, b in zip(panel.offsets[:-1], panel.offsets[1:], strict=True)
    ]
    return np.flatnonzero((np.array(share) > 0) & (np.array(share) < 1))


def _pooled(
    changed: NDArray[np.bool_], hours: Floats, owner: NDArray[np.int64], bootstrap: Bootstrap
) -> dict[str, Value]:
    """AUROC and AP of hours of many accounts in one ranking; whole accounts are resampled.

    The values rank every hour. Their resamples rank classes of hours, of which each account holds so many,
    which takes one product of matrices instead of a thousand sorts of all hours; what the classes change
    of the value itself is taken off again.
    """
    _, place = np.unique(owner, return_inverse=True)
    n = int(place.max(initial=-1)) + 1
    edges = np.unique(np.quantile(hours, np.linspace(0, 1, HOUR_CLASSES + 1)[1:-1], method="lower"))
    rank = len(edges) - np.searchsorted(edges, hours, side="right")
    held = np.zeros((2, n, len(edges) + 1))
    np.add.at(held, (changed.astype(int), place, rank), 1)
    plain = Ranking(held[1].sum(axis=0).cumsum(), held[0].sum(axis=0).cumsum())
    draws: dict[str, list[Floats]] = {name: [] for name in POOLED}
    for weights in account_weights(np.zeros(n, np.int64), bootstrap.n_resamples, bootstrap.seed):
        ranking = Ranking((weights @ held[1]).cumsum(axis=1), (weights @ held[0]).cumsum(axis=1))
        for name, figure in POOLED.items():
            draws[name].append(figure.of(ranking))
    out = {}
    for name, figure in POOLED.items():
        value = figure(changed, hours)
        low, high = percentile_interval(np.concatenate(draws[name]) if draws[name] else [])
        shift = value - float(figure.of(plain))
        out[name] = (value, low + shift, high + shift)
    return out


def window_rows(truth: Truth, answers: Mapping[str, Answers], bootstrap: Bootstrap) -> list[Row]:
    """When, by the windows listed: their union over the metrics against the hours changed."""
    if truth.changed is None:
        return []
    panel, seen = truth.panel, truth.observed
    attacked = np.zeros(len(panel), dtype=bool)
    attacked[_attacked(truth)] = True
    rows: list[Row] = []
    for name, mine in answers.items():
        if mine.covered is None:
            continue
        shared, spread = np.full(len(panel), np.nan), np.full(len(panel), np.nan)
        for i in range(len(panel)):
            here = slice(int(panel.offsets[i]), int(panel.offsets[i + 1]))
            covered, changed = mine.covered[here][seen[here]], truth.changed[here][seen[here]]
            if attacked[i]:
                shared[i] = overlap(covered, changed)
            elif not truth.fake[i] and covered.size:
                spread[i] = covered.mean()
        rows.append(row(name, "IoU of windows", bootstrap.mean(shared)))
        if mine.among is not None:
            rows.append(row(name, "IoU of windows, flagged fakes", bootstrap.mean(shared[mine.among])))
        rows.append(row(name, "hours of normals inside a window", bootstrap.mean(spread)))
    return rows
