"""Labels against what really changed: mask, windows and injected volume agree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fakeengage.validation.exam import PAUSE_STEPS, Labelled
from fakeengage.validation.findings import Finding, Severity


def label_findings(dataset: Labelled) -> list[Finding]:
    """Findings on the agreement of a data set with its own labels."""
    fake = dataset.accounts["is_fake"].to_numpy().astype(bool)
    return [*_agreement(dataset, fake), *_windows(dataset)]


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
            fits = inside.size > 0 and inside[0] and inside[-1] and pauses.max(initial=1) <= PAUSE_STEPS + 1
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
