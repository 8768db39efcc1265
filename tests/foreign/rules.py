"""One-line rules for single steps: what every hour score stands beside."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import fakeengage as fe

Floats = NDArray[np.float64]

TRAIL = 168


def median_z(panel: fe.Panel) -> Floats:
    """Median + MAD rule, per step: robust z over the account's whole series, largest of the metrics."""
    out = []
    for i in range(len(panel)):
        block = panel.block(i).astype(np.float64)
        middle = _median(block)[:, None]
        spread = 1.4826 * _median(np.abs(block - middle))[:, None]
        out.append(_largest(block - middle, spread))
    return np.concatenate(out) if out else np.empty(0)


def trailing_z(panel: fe.Panel) -> Floats:
    """The same over the up to 168 steps before, and zero until six are known: what a live rule would see."""
    out = []
    for i in range(len(panel)):
        block = panel.block(i).astype(np.float64)
        before = np.concatenate([np.full((len(block), TRAIL), np.nan), block[:, :-1]], axis=1)
        before = np.lib.stride_tricks.sliding_window_view(before, TRAIL, axis=1)
        middle = _median(before)
        spread = 1.4826 * _median(np.abs(before - middle[..., None]))
        ready = (~np.isnan(before)).sum(axis=2) >= 6
        out.append(_largest(np.where(ready, block - middle, 0.0), spread))
    return np.concatenate(out) if out else np.empty(0)


def largest_trailing_z(panel: fe.Panel) -> Floats:
    """The trailing rule per account: its largest step."""
    return np.array([part.max(initial=0.0) for part in np.split(trailing_z(panel), panel.offsets[1:-1])])


def raw_counts(panel: fe.Panel) -> Floats:
    """The first metric itself, per step."""
    return np.concatenate([np.nan_to_num(panel.block(i)[0]) for i in range(len(panel))]).astype(np.float64)


def _median(rows: Floats) -> Floats:
    """Median of the known values along the last axis, 0 where none is known."""
    ordered = np.sort(rows, axis=-1)  # NaN last
    known = (~np.isnan(rows)).sum(axis=-1, keepdims=True)
    middles = (np.maximum(known - 1, 0) // 2, np.minimum(known // 2, rows.shape[-1] - 1))
    low, high = (np.take_along_axis(ordered, middle, axis=-1) for middle in middles)
    return np.where(known[..., 0] > 0, (low + high)[..., 0] / 2, 0.0)


def _largest(excess: Floats, spread: Floats) -> Floats:
    # A metric that hardly moves has no spread; one count is then the unit.
    return np.asarray(np.nan_to_num(excess / np.maximum(spread, 1.0)).max(axis=0))
