"""Second pass: the rows of some accounts become a panel."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from fakeengage.cadence import Cadence
from fakeengage.reading import counters
from fakeengage.reading.clock import place, runs
from fakeengage.reading.errors import InputError
from fakeengage.reading.options import Options
from fakeengage.reading.report import Rejections
from fakeengage.reading.spill import Rows

MAX_SPAN = 1_000_000
"""Longest series in steps: 114 years of hours, 2 years of minutes."""

MAX_PANEL_VALUES = 4_000_000_000
"""Values of one panel (16 GB of float32) beyond which reading in batches is asked for."""

EXACT_FLOAT32 = float(2**24)


@dataclass
class Assembled:
    """Buffers of a panel and what was counted on the way."""

    data: NDArray[np.float32]
    offsets: NDArray[np.int64]
    starts: NDArray[np.int64]
    status: NDArray[np.object_]
    rejections: Rejections = field(default_factory=Rejections)
    figures: dict[str, int] = field(default_factory=dict)
    beside: int = 0
    worst_seconds: int = 0

    def count(self, name: str, n: int) -> None:
        self.figures[name] = self.figures.get(name, 0) + int(n)


def assemble(
    where: str,
    rows: Rows,
    first: int,
    n_accounts: int,
    n_metrics: int,
    cadence: Cadence,
    kinds: list[str],
    options: Options,
) -> Assembled:
    """Panel buffers of accounts ``first … first + n_accounts - 1`` from their rows, in any order.

    Parameters
    ----------
    kinds
        ``increments`` or ``cumulative`` per metric.
    """
    out = Assembled(
        np.empty(0, np.float32),
        np.zeros(n_accounts + 1, np.int64),
        np.zeros(n_accounts, np.int64),
        np.full(n_accounts, "ok", dtype=object),
    )
    account = rows.account - first
    rows = _sorted(rows, account)
    account = rows.account - first
    if options.resample is not None and "cumulative" in kinds:
        account, step, values = _interpolated(out, account, rows, cadence, kinds)
    elif options.sums_rows:
        account, step, values = _summed(account, rows, cadence)
    else:
        account, step, values = _placed(out, account, rows, cadence)
        for k, kind in enumerate(kinds):
            if kind == "cumulative":
                values[:, k], skipped = counters.increments(
                    account, step, values[:, k], options.gaps == "zero"
                )
                out.count("increments_over_gaps", skipped)
        if "cumulative" in kinds:
            account, step, values = _without_baseline(account, step, values)
    _fill(where, out, account, step, values, n_accounts, n_metrics, options)
    return out


def _sorted(rows: Rows, account: NDArray[np.int64]) -> Rows:
    """Rows by account and time; of equal moments the later line comes last."""
    if len(rows) < 2:
        return rows
    apart = np.diff(account)
    if (apart >= 0).all() and (np.diff(rows.seconds)[apart == 0] >= 0).all():
        return rows
    span = int(rows.seconds.max()) + 1
    return rows.take(np.argsort(account * span + rows.seconds, kind="stable"))


Steps = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]


def _placed(out: Assembled, account: NDArray[np.int64], rows: Rows, cadence: Cadence) -> Steps:
    """One row per account and step: strays and repeated steps rejected."""
    edges = runs(account)
    placed = place(edges, rows.seconds, cadence)
    out.beside, out.worst_seconds = placed.beside, placed.worst_seconds
    n = np.diff(edges)
    irregular = np.repeat(placed.irregular, n)
    out.status[account[edges[:-1]][placed.irregular]] = "irregular_cadence"
    out.count("irregular_accounts", int(placed.irregular.sum()))
    seconds = rows.seconds.astype("datetime64[s]")

    def reject(mask: NDArray[np.bool_], reason: str | NDArray[np.object_]) -> None:
        texts = (
            np.datetime_as_string(seconds[mask]).astype(object) + "Z" if mask.any() else np.empty(0, object)
        )
        out.rejections.add(rows.line[mask], rows.account[mask], "timestamp", texts, reason)

    reject(irregular, f"the account does not keep the file's cadence of {cadence}")
    reject(placed.stray & ~irregular, f"off the cadence of {cadence}")
    kept = np.flatnonzero(~placed.stray & ~irregular)
    if len(kept) == 0:
        return account[kept], placed.step[kept], rows.values[kept]
    if (np.diff(account[kept]) == 0)[
        np.diff(placed.step[kept]) < 0
    ].any():  # jitter across the edge of a step
        kept = kept[np.lexsort((placed.step[kept], account[kept]))]
    who, step, line = account[kept], placed.step[kept], rows.line[kept]
    if len(kept) > 1 and ((np.diff(who) == 0) & (np.diff(step) == 0)).any():
        order = np.lexsort((line, step, who))
        kept, who, step, line = kept[order], who[order], step[order], line[order]
        last = np.append((np.diff(who) != 0) | (np.diff(step) != 0), True)
        winner = line[last][np.searchsorted(np.flatnonzero(last), np.flatnonzero(~last))]
        mask = np.zeros(len(rows), dtype=bool)
        mask[kept[~last]] = True
        by_row = np.empty(len(rows), dtype=object)
        by_row[kept[~last]] = [f"replaced by line {w} (same account and step)" for w in winner]
        reject(mask, by_row[mask])
        out.count("duplicates", int((~last).sum()))
        kept, who, step = kept[last], who[last], step[last]
    return who, step, rows.values[kept].copy()


def _summed(account: NDArray[np.int64], rows: Rows, cadence: Cadence) -> Steps:
    """Rows added up per step (events, and increments read at irregular moments)."""
    if cadence.minutes is None:
        step = rows.seconds.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)
    else:
        step = (rows.seconds - cadence.offset_seconds) // (cadence.minutes * 60)
    if len(step) == 0:
        return account, step, rows.values
    begin = np.flatnonzero(np.append(True, (np.diff(account) != 0) | (np.diff(step) != 0)))
    seen = np.add.reduceat(~np.isnan(rows.values), begin, axis=0, dtype=np.int64)
    sums = np.add.reduceat(np.nan_to_num(rows.values, nan=0.0), begin, axis=0)
    return account[begin], step[begin], np.where(seen > 0, sums, np.nan)


def _interpolated(
    out: Assembled, account: NDArray[np.int64], rows: Rows, cadence: Cadence, kinds: list[str]
) -> Steps:
    """Cumulative counters read at the clock's own moments; other metrics are added up."""
    if cadence.minutes is None:
        raise InputError("resample", "1 month does not suit cumulative counters", "resample to 1d or 1w")
    size = cadence.minutes * 60
    summed_account, summed_step, summed = _summed(account, rows, cadence)
    cumulative = [k for k, kind in enumerate(kinds) if kind == "cumulative"]
    summed[:, cumulative] = np.nan
    pieces: list[Steps] = []
    plain = ~np.isnan(summed).all(axis=1)
    pieces.append((summed_account[plain], summed_step[plain], summed[plain]))
    edges = runs(account)
    for begin, end in pairwise(edges):
        for k in cumulative:
            start, values = counters.interpolate(rows.seconds[begin:end], rows.values[begin:end, k], size)
            block = np.full((len(values), len(kinds)), np.nan)
            block[:, k] = values
            out.count("interpolated", int((~np.isnan(values)).sum()))
            pieces.append((np.full(len(values), account[begin]), start + np.arange(len(values)), block))
    who, step, values = (np.concatenate([p[i] for p in pieces]) for i in range(3))
    order = np.lexsort((step, who))
    who, step, values = who[order], step[order], values[order]
    if len(who) == 0:
        return who, step, values
    begin_rows = np.flatnonzero(np.append(True, (np.diff(who) != 0) | (np.diff(step) != 0)))
    merged = np.fmax.reduceat(values, begin_rows, axis=0)  # each metric sits in one of the pieces
    return who[begin_rows], step[begin_rows], merged


def _without_baseline(
    account: NDArray[np.int64], step: NDArray[np.int64], values: NDArray[np.float64]
) -> Steps:
    """Drop the first reading of an account where it served only to subtract from."""
    if len(account) == 0:
        return account, step, values
    first = np.append(True, np.diff(account) != 0)
    lonely = first & np.append(np.diff(account) != 0, True)  # nothing follows: keep the reading's place
    keep = ~(first & np.isnan(values).all(axis=1)) | lonely
    return account[keep], step[keep], values[keep]


def _fill(
    where: str,
    out: Assembled,
    account: NDArray[np.int64],
    step: NDArray[np.int64],
    values: NDArray[np.float64],
    n_accounts: int,
    n_metrics: int,
    options: Options,
) -> None:
    edges = runs(account)
    who = account[edges[:-1]]
    length = np.zeros(n_accounts, np.int64)
    length[who] = step[edges[1:] - 1] - step[edges[:-1]] + 1 if len(who) else 0
    out.starts[who] = step[edges[:-1]] if len(who) else 0
    too_long = length > MAX_SPAN
    if too_long.any():
        out.status[too_long] = "unusable"
        keep = ~too_long[account]
        account, step, values = account[keep], step[keep], values[keep]
        length[too_long] = 0
        out.count("too_long", int(too_long.sum()))
    out.offsets[1:] = np.cumsum(length)
    total = int(out.offsets[-1])
    if total * n_metrics > MAX_PANEL_VALUES:
        raise InputError(
            where,
            f"spans {total} steps, more than fit into memory",
            "read it in batches, or resample to a longer step",
        )
    filled = options.gaps == "zero" or options.from_events
    absent = total - len(account)
    out.count("missing_steps", 0 if filled else absent)
    out.count("filled_steps", absent if filled else 0)
    data = np.full(total * n_metrics, 0.0 if filled else np.nan, np.float32)
    at = n_metrics * out.offsets[account] + step - out.starts[account]
    for k in range(n_metrics):
        column = values[:, k]
        if options.from_events:
            column = np.nan_to_num(column, nan=0.0)
        out.count("rounded", int((np.abs(column) > EXACT_FLOAT32).sum()))
        out.count("negative", int((column < 0).sum()))
        data[at + k * length[account]] = column
    out.data = data
    judged = np.zeros(n_accounts, dtype=bool)
    if len(account):
        judged[account[~np.isnan(values).all(axis=1)]] = True
    out.status[~judged & (out.status == "ok")] = "unusable"
    out.count("unusable_accounts", int((out.status == "unusable").sum()))


def sample_cadence_rows(rows: Rows) -> Rows:
    """Rows by account and time, the last line of each repeated moment."""
    rows = _sorted(rows, rows.account)
    if len(rows) == 0:
        return rows
    last = np.append((np.diff(rows.account) != 0) | (np.diff(rows.seconds) != 0), True)
    return rows.take(last)
