"""A simulated data set against its own labels: agreement, and no way to cheat in the exam."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from fakeengage.panel import Panel
from fakeengage.validation.findings import Finding, Severity

if TYPE_CHECKING:
    import pandas as pd

MAX_ACCOUNTS = 20_000
"""Accounts used for the statistical checks."""

LEAK = 0.55
"""AUROC that no classifier without the windows may exceed."""

TRIVIAL = 0.9
"""AUROC that no one-line rule may exceed, but on preset ``blatant``."""

_PAUSE_HOURS = 24
_FOLDS = 5


@runtime_checkable
class Labelled(Protocol):
    """Panel with its truth, as :class:`fakeengage.Dataset` holds it."""

    panel: Panel
    accounts: pd.DataFrame
    windows: pd.DataFrame
    mask: NDArray[np.bool_]
    clean: NDArray[np.float32] | None
    spec: Any


def label_findings(dataset: Labelled) -> list[Finding]:
    """Findings on a data set whose truth is known."""
    fake = dataset.accounts["is_fake"].to_numpy().astype(bool)
    found = [*_agreement(dataset, fake), *_windows(dataset)]
    some = np.arange(min(len(fake), MAX_ACCOUNTS))
    values = np.asarray(dataset.panel.select(some).values, dtype=np.float64)
    mask = np.asarray(dataset.mask)[some]
    fake = fake[some]
    if 20 <= fake.sum() <= len(fake) - 20:
        found += [
            _lattice(values, fake),
            _row_order(fake),
            _outside(values, mask, fake, dataset),
            *_trivial(values, fake, dataset),
        ]
    return found


def _verdict(check: str, wrong: int, of: int, message: str, remedy: str) -> Finding:
    severity: Severity = "error" if wrong else "ok"
    return Finding(
        check, severity, wrong / max(of, 1), f"{message}: {wrong:,} of {of:,}", remedy if wrong else ""
    )


def _agreement(dataset: Labelled, fake: NDArray[np.bool_]) -> Iterator[Finding]:
    mask = np.asarray(dataset.mask)
    changed = mask.any(axis=(1, 2))
    remedy = "the labels are wrong: simulate again, and report it if it stays"
    yield _verdict(
        "labels_match_changes",
        int((changed != fake).sum()),
        len(fake),
        "fakes without a change, or normals with one",
        remedy,
    )
    if dataset.clean is None:
        return
    values, clean = np.asarray(dataset.panel.values), np.asarray(dataset.clean)
    seen = ~np.isnan(values)
    wrong = seen & ((values != clean) != mask)
    yield _verdict(
        "mask_is_change", int(wrong.sum()), int(seen.sum()), "cells whose mask is not their change", remedy
    )
    windows = dataset.windows
    if len(windows) and not np.isnan(values).any():
        at = _positions(dataset, windows["account_id"].to_numpy())
        k = [dataset.panel.metrics.index(m) for m in windows["metric"]]
        sums = np.zeros((len(fake), values.shape[1] + 1, values.shape[2]))
        sums[:, 1:] = np.cumsum(values.astype(np.float64) - clean, axis=1)
        start, end = windows["start"].to_numpy().astype(np.int64), windows["end"].to_numpy().astype(np.int64)
        injected = sums[at, end, k] - sums[at, start, k]
        stated = windows["injected"].to_numpy().astype(np.float64)
        off = int((np.abs(injected - stated) > 0.5).sum())
        yield _verdict(
            "injected_is_difference",
            off,
            len(windows),
            "windows whose injected volume is not attacked - clean",
            remedy,
        )


def _positions(dataset: Labelled, ids: NDArray[Any]) -> NDArray[np.int64]:
    position = {account: i for i, account in enumerate(dataset.panel.account_ids)}
    return np.array([position[account] for account in ids], dtype=np.int64)


def _windows(dataset: Labelled) -> Iterator[Finding]:
    """Each window starts and ends with a changed cell, and all changed cells lie in windows."""
    windows, mask = dataset.windows, np.asarray(dataset.mask)
    # A change that was then lost to a gap is in no mask, yet its window stays.
    changed = mask | np.isnan(np.asarray(dataset.panel.values))
    covered = np.zeros_like(mask)
    wrong = 0
    if len(windows):
        at = _positions(dataset, windows["account_id"].to_numpy())
        rows = zip(at, windows["metric"], windows["start"], windows["end"], strict=True)
        for i, metric, start, end in rows:
            k = dataset.panel.metrics.index(metric)
            begin, stop = int(start), int(end)
            inside = changed[i, begin:stop, k]
            pauses = np.diff(np.flatnonzero(inside))
            fits = inside.size > 0 and inside[0] and inside[-1] and pauses.max(initial=1) <= _PAUSE_HOURS + 1
            wrong += not fits
            covered[i, begin:stop, k] = True
    remedy = "the windows are wrong: simulate again, and report it if it stays"
    yield _verdict(
        "windows_join_changes", wrong, len(windows), "windows that do not span their changed cells", remedy
    )
    outside = int((mask & ~covered).sum())
    yield _verdict(
        "changes_lie_in_windows", outside, int(mask.sum()), "changed cells outside every window", remedy
    )


def _lattice(values: NDArray[np.float64], fake: NDArray[np.bool_]) -> Finding:
    """Integer multiplication leaves counts divisible by its factor; drawn counts leave no trace."""
    worst, worst_z, at = 0.0, 0.0, ""
    seen = values >= 30  # small counts are divisible by chance of size, not by arithmetic
    n = seen.sum(axis=(1, 2))
    use = n >= 10
    for divisor in (2, 3, 5, 10):
        hits = (seen & (values % divisor == 0)).sum(axis=(1, 2))[use] / n[use]
        a, b = hits[fake[use]], hits[~fake[use]]
        if len(a) < 20 or len(b) < 20:
            continue
        gap = float(a.mean() - b.mean())
        z = abs(gap) / max(float(np.sqrt(a.var() / len(a) + b.var() / len(b))), 1e-9)
        if z > worst_z:
            worst, worst_z, at = gap, z, f" (divisor {divisor})"
    severity: Severity = "error" if abs(worst) > 0.02 and worst_z > 5 else "ok"
    return Finding(
        "no_lattice",
        severity,
        worst,
        f"shares of counts divisible by 2, 3, 5, 10 differ by {100 * worst:+.2f} points, fakes - normals{at}",
        "attacked counts must be drawn, not multiplied" if severity == "error" else "",
    )


def _row_order(fake: NDArray[np.bool_]) -> Finding:
    return _leak(
        "no_row_order",
        auroc(np.arange(len(fake), dtype=float), fake),
        fake,
        "the row number tells fakes from normals",
    )


def _leak(check: str, area: float, fake: NDArray[np.bool_], what: str) -> Finding:
    """Verdict on an AUROC that should be one half; small samples get three standard errors of grace."""
    area = max(area, 1 - area)
    error = 0.29 * np.sqrt(1 / fake.sum() + 1 / (~fake).sum())
    severity: Severity = "error" if area > LEAK + 3 * error else "warning" if area > LEAK + error else "ok"
    return Finding(
        check,
        severity,
        area,
        f"{what} with AUROC {area:.3f} (chance 0.5, allowed {LEAK})",
        "the exam can be passed without looking at the windows" if severity != "ok" else "",
    )


def _outside(
    values: NDArray[np.float64], mask: NDArray[np.bool_], fake: NDArray[np.bool_], dataset: Labelled
) -> Finding:
    """A linear classifier that sees only hours outside the windows, cross-validated over accounts.

    Each normal account borrows the windows of a fake one, shifted into its own daily phase: otherwise the
    hours that are left would differ between the two by the windows alone.
    """
    day = dataset.panel.cadence.steps_per_day
    hidden = _joined(np.asarray(mask.any(axis=2)))
    rng = np.random.default_rng(0)
    fakes, normals = np.flatnonzero(fake), np.flatnonzero(~fake)
    lent = rng.choice(fakes, len(normals))
    total = np.log1p(np.maximum(np.nan_to_num(values), 0.0)).sum(axis=2)
    if day:
        phase = _phase(total, hidden, day)
        shift = np.rint(phase[normals] - phase[lent]).astype(np.int64)
        columns = np.arange(hidden.shape[1])
        hidden[normals] = hidden[lent[:, None], (columns - shift[:, None]) % hidden.shape[1]]
    else:
        hidden[normals] = hidden[lent]
    enough = (~hidden).sum(axis=1) >= 48
    if min(fake[enough].sum(), (~fake[enough]).sum()) < 20:
        return Finding(
            "no_leak_outside", "note", float("nan"), "too few hours outside the windows to look for leaks"
        )
    features = _features(values[enough], hidden[enough], day)
    return _leak(
        "no_leak_outside",
        auroc(_cross_scores(features, fake[enough], rng), fake[enough]),
        fake[enough],
        "hours outside the windows tell fakes from normals",
    )


def _joined(hidden: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Hidden hours joined across pauses, as windows are."""
    steps = np.arange(hidden.shape[1])
    before = np.maximum.accumulate(np.where(hidden, steps, -(10**6)), axis=1)
    after = np.minimum.accumulate(np.where(hidden, steps, 10**6)[:, ::-1], axis=1)[:, ::-1]
    return np.asarray(hidden | (after - before <= _PAUSE_HOURS + 1))


def _phase(total: NDArray[np.float64], hidden: NDArray[np.bool_], day: int) -> NDArray[np.float64]:
    wave = np.exp(2j * np.pi * np.arange(total.shape[1]) / day)
    weight = ~hidden
    centred = (
        total - (total * weight).sum(axis=1, keepdims=True) / np.maximum(weight.sum(axis=1, keepdims=True), 1)
    ) * weight
    return np.asarray(np.angle(centred @ wave) / (2 * np.pi) * day)


def _features(values: NDArray[np.float64], hidden: NDArray[np.bool_], day: int) -> NDArray[np.float64]:
    columns = []
    for k in range(values.shape[2]):
        logs = np.log1p(np.maximum(values[:, :, k], 0.0))
        logs[hidden] = np.nan
        n = np.maximum((~np.isnan(logs)).sum(axis=1), 1)
        mean = np.nansum(logs, axis=1) / n
        centred = logs - mean[:, None]
        spread = np.sqrt(np.nansum(centred**2, axis=1) / n)
        scaled = np.nan_to_num(centred / np.maximum(spread, 1e-9)[:, None])
        columns += [
            mean,
            np.log1p(spread),
            (scaled**3).sum(axis=1) / n,
            np.log1p((scaled**4).sum(axis=1) / n),
        ]
        columns.append(np.nansum(values[:, :, k] == 0, axis=1, where=~hidden) / n)
        for lag in (1, day):
            if 0 < lag < scaled.shape[1]:
                columns.append((scaled[:, lag:] * scaled[:, :-lag]).sum(axis=1) / n)
    base = columns[0]
    per_metric = len(columns) // values.shape[2]
    for k in range(1, values.shape[2]):
        columns.append(columns[k * per_metric] - base)
    return np.stack(columns, axis=1)


def _cross_scores(
    features: NDArray[np.float64], fake: NDArray[np.bool_], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Held-out scores of a ridge discriminant with squares, standardised on the training folds."""
    features = np.hstack([features, (features - features.mean(axis=0)) ** 2])
    fold = rng.permutation(len(fake)) % _FOLDS
    scores = np.zeros(len(fake))
    for f in range(_FOLDS):
        train = fold != f
        centre, scale = features[train].mean(axis=0), features[train].std(axis=0) + 1e-9
        x = np.clip((features - centre) / scale, -5, 5)
        target = fake[train] - fake[train].mean()
        gram = x[train].T @ x[train] + 0.01 * train.sum() * np.eye(x.shape[1])
        scores[~train] = x[~train] @ np.linalg.solve(gram, x[train].T @ target)
    return scores


def _trivial(values: NDArray[np.float64], fake: NDArray[np.bool_], dataset: Labelled) -> Iterator[Finding]:
    counts = np.nan_to_num(values)
    deviation = counts.std(axis=1)
    rules = {
        "total volume": counts.sum(axis=(1, 2)),
        "largest z-score": ((counts.max(axis=1) - counts.mean(axis=1)) / np.maximum(deviation, 1e-9)).max(
            axis=1
        ),
        "sd over mean": (deviation / np.maximum(counts.mean(axis=1), 1e-9)).max(axis=1),
    }
    names = list(dataset.panel.metrics)
    if {"views", "likes"} <= set(names):
        views, likes = counts[:, :, names.index("views")], counts[:, :, names.index("likes")]
        rules["likes per view"] = likes.sum(axis=1) / np.maximum(views.sum(axis=1), 1.0)
        rules["hours with more likes than views"] = (likes > views).sum(axis=1).astype(float)
    areas = {name: auroc(score, fake) for name, score in rules.items()}
    name, area = max(areas.items(), key=lambda item: max(item[1], 1 - item[1]))
    area = max(area, 1 - area)
    blatant = getattr(dataset.spec, "preset", None) == "blatant"
    severity: Severity = "ok" if area <= TRIVIAL else "note" if blatant else "error"
    yield Finding(
        "no_triviality",
        severity,
        area,
        f"the best one-line rule ({name}) reaches AUROC {area:.2f} (allowed {TRIVIAL})",
        "the attacks are too blatant to test a detector on" if area > TRIVIAL else "",
    )


def auroc(score: NDArray[np.float64], fake: NDArray[np.bool_]) -> float:
    """Chance that a fake scores above a normal account, ties counted half."""
    _, inverse, n = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(n) - (n - 1) / 2)[inverse]
    n_fake = int(fake.sum())
    return float((rank[fake].sum() - n_fake * (n_fake + 1) / 2) / (n_fake * (len(fake) - n_fake)))
