"""One clock for a file: which cadence its readings keep, and which accounts do not keep it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fakeengage.cadence import Cadence
from fakeengage.reading.errors import InputError
from fakeengage.reading.options import MAX_MINUTES

TOLERANCE = 0.05
"""A reading belongs to its step when it lies within this part of a step of the clock."""

STRAY_SHARE = 0.1
"""Share of an account's readings that may lie off the clock; they are dropped, the account stays."""

_MIN_SHARE_OF_STEPS = 0.05  # at least so many neighbours lie exactly one step apart, else there is no clock
_CLOSE_SUPPORT = 0.9  # among cadences that nearly as many accounts keep, the longest is meant
_ROUND_MINUTES = (1, 2, 5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 480, 720, 1440, 10_080)
_DAY = 86_400

# Months begin at local midnight: between 12 hours after and 14 hours before the UTC month.
_MONTH_SHIFT = 14 * 3600


def runs(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """Start of each run of equal values, and the length at the end."""
    if len(keys) == 0:
        return np.zeros(1, np.int64)
    return np.concatenate([[0], np.flatnonzero(np.diff(keys)) + 1, [len(keys)]]).astype(np.int64)


def month_numbers(seconds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Calendar months since January 1970 of moments that mark a month by its local first or last day."""
    return (seconds + _MONTH_SHIFT).astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)


def find_cadence(
    where: str, account: NDArray[np.int64], seconds: NDArray[np.int64]
) -> tuple[Cadence, list[str]]:
    """Cadence of readings sorted by account and time, and notes on it.

    Raises
    ------
    InputError
        If the readings keep no clock.
    """
    fresh = np.ones(len(seconds), dtype=bool)
    fresh[1:] = (np.diff(account) != 0) | (np.diff(seconds) != 0)
    account, seconds = account[fresh], seconds[fresh]
    gaps = np.diff(seconds)[np.diff(account) == 0]
    if len(gaps) == 0:
        return Cadence(), ["no account has two readings; a step of 1 hour is assumed"]
    if _is_monthly(account, seconds, gaps):
        return Cadence(None), []
    counted = np.unique(np.maximum(np.rint(gaps / 60).astype(np.int64), 0), return_counts=True)
    common = counted[0][np.argsort(-counted[1], kind="stable")[:12]]
    candidates = sorted({int(c) for c in (*common, *_ROUND_MINUTES) if 1 <= c <= MAX_MINUTES}, reverse=True)
    best: list[tuple[int, float]] = []
    edges = runs(account)
    weight = np.minimum(np.diff(edges), 100).astype(float)
    weight[np.diff(edges) < 2] = 0.0
    for minutes in candidates:
        step = minutes * 60
        if (np.abs(gaps - step) <= TOLERANCE * step).mean() < _MIN_SHARE_OF_STEPS:
            continue
        keeps = _share(edges, _own_clock(edges, seconds, step)[0] > 1.0) <= STRAY_SHARE
        best.append((minutes, float(weight[keeps].sum())))
    most = max((support for _, support in best), default=0.0)
    if most == 0.0:
        typical = float(np.median(gaps)) / 60
        raise InputError(
            where,
            f"the readings keep no regular clock (they lie about {typical:.3g} minutes apart)",
            "turn snapshots into steps by --resample 1h, or count single actions by --from-events",
        )
    minutes = next(m for m, support in best if support >= _CLOSE_SUPPORT * most)
    return Cadence(minutes, common_offset(seconds, minutes * 60)), []


def common_offset(seconds: NDArray[np.int64], step: int) -> int:
    """Seconds after a whole step at which most readings lie; their circular mean where they scatter."""
    residues, n = np.unique(seconds % step, return_counts=True)
    if len(residues) == 0:
        return 0
    if 2 * n.max() >= n.sum():
        return int(residues[np.argmax(n)])
    turn = np.exp(2j * np.pi * residues / step)
    return round(float(np.angle((turn * n).sum())) / (2 * np.pi) * step) % step


def _is_monthly(account: NDArray[np.int64], seconds: NDArray[np.int64], gaps: NDArray[np.int64]) -> bool:
    if np.median(gaps) < 27 * _DAY or (gaps < 27 * _DAY).mean() > STRAY_SHARE:
        return False
    months = month_numbers(seconds)
    within = np.diff(account) == 0
    apart = np.diff(months)[within]
    if (apart == 0).any() or (apart == 1).mean() < _MIN_SHARE_OF_STEPS:
        return False
    days = (seconds + _MONTH_SHIFT).astype("datetime64[s]")
    day = (days - days.astype("datetime64[M]")).astype(np.int64) // _DAY + 1
    from_end = ((days.astype("datetime64[M]") + 1).astype("datetime64[s]") - days).astype(np.int64) // _DAY
    # A calendar keeps the day of the month, counted from its start or from its end; four weeks do not.
    same_day = np.diff(day)[within] == 0
    same_end = np.diff(from_end)[within] == 0
    return bool(max(same_day.mean(), same_end.mean()) >= 1 - STRAY_SHARE)


def _own_clock(
    edges: NDArray[np.int64], seconds: NDArray[np.int64], step: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """How far each reading lies off its account's own clock (1 = just tolerated), and its reference."""
    n = np.diff(edges)
    out = np.full(len(seconds), np.inf)
    first = seconds[edges[:-1]]
    chosen = first.copy()
    turn = np.exp(2j * np.pi * ((seconds - np.repeat(first, n)) % step) / step)
    mean = np.rint(np.angle(np.add.reduceat(turn, edges[:-1])) / (2 * np.pi) * step).astype(np.int64)
    # The mean suits readings that scatter. Where many are astray, one of three may not be.
    for reference in (first + mean, first, seconds[edges[:-1] + n // 2], seconds[edges[1:] - 1]):
        worst = _share(edges, out > 1.0)
        if not worst.any():
            break
        off = np.abs((seconds - np.repeat(reference, n) + step // 2) % step - step // 2) / (TOLERANCE * step)
        better = _share(edges, off > 1.0) < worst
        out = np.where(np.repeat(better, n), off, out)
        chosen = np.where(better, reference, chosen)
    return out, chosen


@dataclass
class Placed:
    """Steps of readings (sorted by account and time)."""

    step: NDArray[np.int64]
    stray: NDArray[np.bool_]  # readings off the clock of their account
    irregular: NDArray[np.bool_]  # per account: too many of them
    beside: int  # accounts that keep the cadence at another minute than the file
    worst_seconds: int  # largest deviation that was rounded away


def place(edges: NDArray[np.int64], seconds: NDArray[np.int64], cadence: Cadence) -> Placed:
    """Step of every reading; `edges` delimit the accounts."""
    n = np.diff(edges)
    if cadence.minutes is None:
        step = month_numbers(seconds)
        repeated = np.zeros(len(step), dtype=bool)
        repeated[1:] = (np.diff(step) == 0) & (np.diff(seconds) != 0)
        repeated[edges[:-1][n > 0]] = False
        crowded = _share(edges, repeated) > STRAY_SHARE
        return Placed(step, np.zeros(len(step), dtype=bool), crowded, 0, 0)
    size = cadence.minutes * 60
    at = (seconds - cadence.offset_seconds + size // 2) % size - size // 2
    step = (seconds - cadence.offset_seconds + size // 2) // size
    off = np.abs(at) / (TOLERANCE * size)
    astray = _share(edges, off > 1.0)
    moved = astray > 0
    if moved.any():
        # Accounts read at another minute than the file's: their readings belong to the step that holds them.
        rows = np.flatnonzero(np.repeat(moved, n))
        part = np.concatenate([[0], np.cumsum(n[moved])]).astype(np.int64)
        own, reference = _own_clock(part, seconds[rows], size)
        better = _share(part, own > 1.0) < astray[moved]
        moved[moved] = better
        use = rows[np.repeat(better, np.diff(part))]
        off[use] = own[np.repeat(better, np.diff(part))]
        anchor = np.repeat(reference[better], np.diff(part)[better])
        first = (anchor - cadence.offset_seconds) // size
        step[use] = first + np.rint((seconds[use] - anchor) / size).astype(np.int64)
    stray = off > 1.0
    irregular = (_share(edges, stray) > STRAY_SHARE) | _coarser(edges, step)
    settled = ~stray & ~np.repeat(irregular | moved, n)
    worst = int(np.abs(at[settled]).max(initial=0))
    return Placed(step, stray, irregular, int((moved & ~irregular).sum()), worst)


def _share(edges: NDArray[np.int64], mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.add.reduceat(mask.astype(float), edges[:-1]) / np.diff(edges) if len(edges) > 1 else np.empty(0)


def _coarser(edges: NDArray[np.int64], step: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Accounts that keep a clock of their own, several steps long (daily totals in an hourly file)."""
    apart = np.diff(step, append=step[-1:] if len(step) else 0)
    last = edges[1:] - 1
    inner = np.ones(len(step), dtype=bool)
    inner[last] = False
    inner &= apart > 0
    n = np.add.reduceat(inner.astype(np.int64), edges[:-1]) if len(edges) > 1 else np.empty(0, np.int64)
    far = np.iinfo(np.int64).max
    shortest = np.minimum.reduceat(np.where(inner, apart, far), edges[:-1]) if len(edges) > 1 else n
    equal = inner & (apart == np.repeat(shortest, np.diff(edges)))
    same = np.add.reduceat(equal.astype(np.int64), edges[:-1]) if len(edges) > 1 else n
    return np.asarray((n >= 5) & (shortest > 1) & (same >= 0.9 * n), dtype=bool)
