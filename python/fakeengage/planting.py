"""Generic windows planted into series: fraud by no particular author.

Two uses. Training shows a detector windows that none of the twelve attacks makes, so that it learns
what an addition looks like and not who made it. And a batch from an unknown platform is judged by a
quick model that tells its own calm accounts from the same accounts with windows planted into them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fakeengage.panel import Panel

DAY = 24
_SHAPES = ("flat", "swell", "ramp", "spells", "fading")
_SHORT, _LONG = 12, 60
_LEAST_MEAN = 0.15
"""Counts per step below which an order would be nothing at all."""
_MOST_RATE = 1e6
_LEAST_STEPS = 2


def plant_windows(counts: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Adds one generic window to each account.

    Parameters
    ----------
    counts
        ``(n_accounts, n_steps, n_metrics)``; NaN stays NaN.
    rng
        Source of shapes, lengths, sizes and counts.

    Returns
    -------
    numpy.ndarray
        New counts of the same shape, nowhere below the old ones.

    Notes
    -----
    A window has one of five shapes (flat, swell, ramp, several spells, fading), a log-uniform length of 2
    steps to 60 % of the series, hard or smoothed edges, the account's own day curve in three of ten, and
    metrics alone (30 %), without the first (15 %), unevenly (35 %) or evenly weighted. Added counts are
    Poisson around ``shape x weight x size x mean of the metric``, with a log-normal hour noise.

    Examples
    --------
    >>> import numpy as np
    >>> planted = plant_windows(np.full((3, 100, 2), 50, np.float32), np.random.default_rng(0))
    >>> bool((planted >= 50).all()), (planted > 50).any(axis=(1, 2)).tolist()
    (True, [True, True, True])
    """
    out = np.array(counts, dtype=np.float32)
    n_steps, n_metrics = counts.shape[1:]
    for i in range(len(out)):
        if n_steps < _LEAST_STEPS:
            continue
        known = np.maximum(np.nan_to_num(out[i]), 0.0)
        mean = known.sum(axis=0) / np.maximum((~np.isnan(out[i])).sum(axis=0), 1)
        shape = _shape(rng, n_steps)
        length = float((shape > 0).sum())
        if rng.random() < 0.3:
            shape *= _day_curve(out[i, :, 0])
        size = np.exp(rng.normal(0.6, 0.8)) * (1.5 if length < _SHORT else 1.0)
        size /= 1.8 if length > _LONG else 1.0
        noise = np.exp(rng.normal(0.0, rng.uniform(0.0, 0.4), (n_steps, n_metrics)))
        rate = shape[:, None] * _weights(rng, n_metrics) * size * np.maximum(mean, _LEAST_MEAN) * noise
        out[i] += rng.poisson(np.minimum(rate, _MOST_RATE))
    return out


def plant_panel(panel: Panel, seed: int) -> Panel:
    """A panel with a generic window in each account, of any lengths; the same for the same accounts.

    The draws of an account depend on `seed` and its place in the panel.
    """
    blocks = [
        plant_windows(panel.block(i).T[None], np.random.default_rng([seed, i]))[0].T.reshape(-1)
        for i in range(len(panel))
    ]
    data = np.concatenate(blocks) if blocks else np.empty(0, np.float32)
    return Panel(data, panel.offsets, panel.starts, panel.metrics, panel.account_ids, panel.cadence)


def _shape(rng: np.random.Generator, n_steps: int) -> NDArray[np.float64]:
    """Height of the window at each step, at most about 1."""
    longest = max(0.6 * n_steps, 2.0)
    length = min(int(np.exp(rng.uniform(np.log(2.0), np.log(longest)))), n_steps)
    begin = int(rng.integers(0, max(n_steps - length, 0) + 1))
    shape = np.zeros(n_steps)
    inside = shape[begin : begin + length]
    kind = _SHAPES[rng.integers(len(_SHAPES))]
    if kind == "flat":
        inside[:] = 1.0
    elif kind == "swell":
        inside[:] = np.sin(np.pi * (np.arange(length) + 0.5) / length)
    elif kind == "ramp":
        inside[:] = (np.arange(length) + 1.0) / length
    elif kind == "spells":
        for _ in range(rng.integers(2, 9)):
            spell = max(1, length // int(rng.integers(3, 12)))
            at = int(rng.integers(0, max(n_steps - spell, 0) + 1))
            shape[at : at + spell] = 1.0
    else:
        tail = shape[begin:]
        tail[:] = np.exp(-np.arange(len(tail)) / max(length / 2.0, 1.0))
        tail[tail < 0.03] = 0.0
    reach = int(rng.choice([0, 0, 1, 2, 4]))
    if reach and n_steps > 2 * reach:
        shape = np.convolve(shape, np.full(2 * reach + 1, 1.0 / (2 * reach + 1)), mode="same")
    return shape


def _day_curve(series: NDArray[np.float32]) -> NDArray[np.float64]:
    """The account's own day as factors around 1, one per step."""
    hour = np.arange(len(series)) % DAY
    known = ~np.isnan(series)
    sums = np.bincount(hour[known], np.maximum(series[known], 0.0), minlength=DAY)
    seen = np.bincount(hour[known], minlength=DAY)
    curve = sums / np.maximum(seen, 1)
    mean = curve[seen > 0].mean() if seen.any() else 0.0
    return np.asarray(curve / mean if mean > 0 else np.ones(DAY))[hour]


def _weights(rng: np.random.Generator, n_metrics: int) -> NDArray[np.float64]:
    weights = np.ones(n_metrics)
    chance = rng.random()
    if chance < 0.3:
        weights[:] = 0.0
        weights[rng.integers(n_metrics)] = 1.0
    elif chance < 0.45 and n_metrics > 1:
        weights[0] = 0.0
    elif chance < 0.8:
        weights = np.exp(rng.normal(0.0, 0.6, n_metrics))
    return weights
