"""What can be seen of an account outside the windows of attacks: features for the leak check."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from fakeengage.validation.exam import Exam

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

LEAST_SEEN = 48
"""Visible steps below which an account says nothing."""

_NIGHT = 0.25  # share of the day around the trough
_HALF = 0.5  # added to counts before a ratio is taken


def lend_windows(exam: Exam, rng: np.random.Generator) -> Mask:
    """Hidden columns of every account: fakes' own, and for each normal those of a fake.

    A normal borrows from a fake of the same rank by volume (a quiet order leaves gaps in a small account),
    and the windows are moved by the difference of the two daily phases (attacks know day and night).
    Otherwise the hours that are left would tell fakes from normals by the windows alone.
    """
    hidden = np.array(exam.hidden)
    fakes, normals = np.flatnonzero(exam.fake), np.flatnonzero(~exam.fake)
    day = exam.grid.day
    total = np.log1p(np.maximum(np.nan_to_num(exam.grid.values), 0.0)).sum(axis=2)
    seen = ~np.isnan(exam.grid.values).all(axis=2) & ~hidden
    volume = _mean(total, seen)
    place = np.empty(len(normals))
    place[np.argsort(volume[normals])] = np.arange(len(normals))
    rank = (place + rng.uniform(size=len(normals))) / len(normals)
    lent = fakes[np.argsort(volume[fakes])][(rank * len(fakes)).astype(np.int64)]
    shift = np.zeros(len(normals), np.int64)
    if day:
        phase = _phase(total, seen, day)
        turn = (phase[normals] - phase[lent] + day / 2) % day - day / 2
        shift = np.rint(turn).astype(np.int64)
    columns = np.arange(hidden.shape[1])
    hidden[normals] = hidden[lent[:, None], (columns - shift[:, None]) % hidden.shape[1]]
    return hidden


def _phase(total: Array, seen: Mask, day: int) -> Array:
    wave = np.exp(2j * np.pi * np.arange(total.shape[1]) / day)
    centred = (total - _mean(total, seen)[:, None]) * seen
    return np.asarray(np.angle(centred @ wave) / (2 * np.pi) * day)


def outside_features(values: Array, hidden: Mask, day: int) -> Array:
    """``(n_accounts, n_features)``: level, shape, memory, dispersion, day and ratios of the visible steps."""
    logs, seens = [], []
    columns: list[Array] = []
    for k in range(values.shape[2]):
        counts = values[:, :, k]
        seen = ~hidden & ~np.isnan(counts)
        logged = np.where(seen, np.log1p(np.maximum(np.nan_to_num(counts), 0.0)), 0.0)
        logs.append(logged)
        seens.append(seen)
        columns += _of_metric(np.where(seen, counts, 0.0), logged, seen, day)
    columns += _of_pairs(values, logs, seens)
    return np.stack(columns, axis=1)


def _mean(x: Array, seen: Mask) -> Array:
    return np.asarray((x * seen).sum(axis=1) / np.maximum(seen.sum(axis=1), 1))


def _of_metric(counts: Array, logged: Array, seen: Mask, day: int) -> Iterator[Array]:
    mean = _mean(logged, seen)
    centred = (logged - mean[:, None]) * seen
    spread = np.sqrt(_mean(centred**2, seen))
    z = centred / np.maximum(spread, 1e-9)[:, None]
    yield mean
    yield np.log1p(spread)
    yield _mean(z**3, seen)
    yield np.log1p(_mean(z**4, seen))
    yield z.max(axis=1)
    yield -z.min(axis=1)
    yield _mean((counts == 0).astype(np.float64), seen)
    yield _mean((counts < 0).astype(np.float64), seen)
    for lag in {1, 2, day} - {0}:
        both = seen[:, lag:] & seen[:, :-lag]
        yield _mean(z[:, lag:] * z[:, :-lag], both)
    step = np.diff(counts, axis=1)
    together = seen[:, 1:] & seen[:, :-1]
    level = np.maximum(_mean(np.abs(counts), seen), 1e-9)
    # Poisson counts have 1 here whatever their size; daily cycle and trend hardly count.
    yield np.log((_mean(step**2, together) / 2 + 0.1) / (level + 0.1))
    yield np.sqrt(_mean(np.diff(logged, axis=1) ** 2, together))
    half = seen.shape[1] // 2
    yield _mean(logged[:, half:], seen[:, half:]) - _mean(logged[:, :half], seen[:, :half])
    if day >= 4:
        yield from _of_day(centred, seen, day)


def _of_day(centred: Array, seen: Mask, day: int) -> Iterator[Array]:
    """Depth, phase and form of the daily curve, and how the days differ."""
    turn = 2j * np.pi * np.arange(seen.shape[1]) / day
    n = np.maximum(seen.sum(axis=1), 1)
    first, second = (2 * (centred @ np.exp(k * turn)) / n for k in (1, 2))
    phase = np.angle(first)
    yield np.abs(first)
    yield np.abs(second)
    yield np.cos(phase)
    yield np.sin(phase)
    yield np.cos(np.angle(second) - 2 * phase)
    yield np.sin(np.angle(second) - 2 * phase)
    from_trough = (np.arange(seen.shape[1]) / day - phase[:, None] / (2 * np.pi) + 0.5) % 1.0
    night = seen & (np.minimum(from_trough, 1 - from_trough) < _NIGHT / 2)
    yield _mean(centred, night)
    left = np.where(night, 0.0, centred) - _mean(centred, seen & ~night)[:, None]
    yield _mean(left**2, seen & ~night)
    days = seen.shape[1] // day
    folded = centred[:, : days * day].reshape(len(seen), days, day)
    there = seen[:, : days * day].reshape(folded.shape)
    whole = there.sum(axis=2) >= day / 2
    daily = folded.sum(axis=2) / np.maximum(there.sum(axis=2), 1)
    yield np.sqrt(_mean((daily - _mean(daily, whole)[:, None]) ** 2, whole))


def _of_pairs(values: Array, logs: list[Array], seens: list[Mask]) -> Iterator[Array]:
    """Ratio, its spread from step to step and its memory, and the correlation of two metrics."""
    for b in range(1, len(logs)):
        for a in range(b):
            seen = seens[a] & seens[b]
            x, y = (np.maximum(np.nan_to_num(values[:, :, k]), 0.0) for k in (a, b))
            yield np.log((_mean(y, seen) + 1e-3) / (_mean(x, seen) + 1e-3))
            ratio = np.log((y + _HALF) / (x + _HALF))
            apart = (ratio - _mean(ratio, seen)[:, None]) * seen
            spread = np.sqrt(_mean(apart**2, seen))
            yield np.log(spread + 1e-3)
            yield _mean(apart[:, 1:] * apart[:, :-1], seen[:, 1:] & seen[:, :-1]) / (spread**2 + 1e-9)
            yield np.log1p(_mean(apart**4, seen) / (spread**4 + 1e-9))
            u, v = ((log - _mean(log, seen)[:, None]) * seen for log in (logs[a], logs[b]))
            yield (u * v).sum(axis=1) / np.sqrt((u * u).sum(axis=1) * (v * v).sum(axis=1) + 1e-9)
            # How the ratio follows the size of the hour: likes per view of big and of small hours.
            yield (apart * u).sum(axis=1) / ((u * u).sum(axis=1) + 1e-9)
