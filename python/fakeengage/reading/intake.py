"""First pass over a source: cells become numbers, ids become positions, rows go to their buckets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fakeengage.panel import METRICS
from fakeengage.reading import values as cells
from fakeengage.reading.blocks import Block, Source
from fakeengage.reading.errors import InputError
from fakeengage.reading.options import Options
from fakeengage.reading.report import Rejections
from fakeengage.reading.spill import Buckets, Rows

SAMPLE_ACCOUNTS = 1024
"""Accounts (the first of the file) on which cadence and kind of counts are found."""

SAMPLE_ROWS = 500_000
"""Rows of these accounts, in the order of the file, at which the sample ends."""

_FAKE = {"fake", "1", "true", "yes", "fraud"}
_NORMAL = {"normal", "0", "false", "no", "organic", "genuine", "real"}
_ACTIONS = {metric: {metric, metric.rstrip("s")} for metric in METRICS}


@dataclass
class Intake:
    """All that the first pass learns; memory grows with accounts, not with rows."""

    metrics: tuple[str, ...]
    buckets: Buckets
    index: dict[Any, int] = field(default_factory=dict)
    rejections: Rejections = field(default_factory=Rejections)
    sample: list[Rows] = field(default_factory=list)
    sampled: int = 0
    n_rows: int = 0
    blank: int = 0
    usable_cells: NDArray[np.int64] = field(default_factory=lambda: np.zeros(len(METRICS), np.int64))
    rows_per_account: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    label: NDArray[np.int8] = field(default_factory=lambda: np.zeros(0, np.int8))
    owner: NDArray[np.object_] = field(default_factory=lambda: np.zeros(0, object))
    windows: list[tuple[NDArray[np.int64], ...]] = field(default_factory=list)
    labels_seen: list[str] = field(default_factory=list)
    unread_actions: set[str] = field(default_factory=set)


def metrics_of(source: Source) -> tuple[str, ...]:
    """Metrics that the panel will have."""
    if "action" in source.columns:
        return METRICS
    return tuple(m for m in METRICS if m in source.columns)


def take_in(source: Source, options: Options, buckets: Buckets) -> Intake:
    """Read the whole source once.

    Raises
    ------
    InputError
        If it holds no usable row.
    """
    intake = Intake(metrics_of(source), buckets)
    intake.usable_cells = np.zeros(len(intake.metrics), np.int64)
    for block in source.blocks():
        _take_block(intake, source, options, block)
    if intake.n_rows == 0:
        raise InputError(source.where, "has a header but no rows", "give one row per account and hour")
    if not intake.usable_cells.any():
        first = intake.rejections.arrays()
        if len(first["line"]) == 0:
            raise InputError(
                source.where, "holds no counts, all cells are empty", "fill at least one metric column"
            )
        line, column, reason = first["line"][0], str(first["column"][0]), first["reason"][0]
        quoted = repr(str(first["value"][0])[:60])
        raise InputError(
            source.where,
            f"no row can be used (line {line}: {column + ' ' if column else ''}{quoted}, {reason})",
            _remedy(column),
        )
    return intake


def _remedy(column: str) -> str:
    if column == "timestamp":
        return "write moments as 2024-01-31T13:00:00Z or epoch seconds"
    if column in METRICS:
        return "write counts as plain whole numbers"
    return "give every row the fields of the header"


def _take_block(intake: Intake, source: Source, options: Options, block: Block) -> None:
    table, n = block.table, len(block.lines)
    if n == 0:
        return
    column = {name: table.column(name) for name in table.column_names}
    names, local = cells.text_codes(column["account_id"], "account_id")
    filled = np.array([name != "" for name in names] + [False], dtype=bool)  # the last entry answers for -1
    codes = np.full(len(names) + 1, -1, np.int64)
    for i in np.flatnonzero(filled):
        codes[i] = intake.index.setdefault(names[i], len(intake.index))
    account = codes[local]
    open_rows = np.ones(n, dtype=bool)
    broken = np.zeros(n, dtype=bool)
    broken[block.broken] = True
    seconds, when = cells.to_seconds(column["timestamp"], options.timezone, "timestamp")
    rows, counts = _counts(intake.metrics, column, n)
    if source.text:
        blank = (account < 0) & (when == cells.MISSING) & ~broken & (rows == cells.MISSING).all(axis=1)
        open_rows &= ~blank
        intake.blank += int(blank.sum())
    intake.n_rows += int(open_rows.sum())
    _grow(intake)
    np.add.at(intake.rows_per_account, account[open_rows & (account >= 0)], 1)

    def reject(mask: Any, name: str, values: Any, reason: str | NDArray[np.object_]) -> None:
        at = np.flatnonzero(mask & open_rows)
        quoted = values if isinstance(values, list) else cells.cell_texts(values, at)
        intake.rejections.add(block.lines[at], account[at], name, quoted, reason)
        open_rows[at] = False

    if len(block.broken):
        reasons = np.array(block.broken_reasons, dtype=object)
        reject(broken, "", block.broken_texts, reasons)
    reject(account < 0, "account_id", column["account_id"], "no account_id")
    reject(when == cells.MISSING, "timestamp", column["timestamp"], "no timestamp")
    reject(when == cells.UNREADABLE, "timestamp", column["timestamp"], "not an ISO 8601 or epoch time")
    reject(when == cells.OUTSIDE, "timestamp", column["timestamp"], "outside the years 1970 to 2199")
    _reject_cells(intake, block, column, account, rows, open_rows)
    if "action" in column:
        reject(
            np.isnan(counts).all(axis=1), "action", column["action"], "not one of view, like, comment, share"
        )
    intake.usable_cells += (~np.isnan(counts[open_rows])).sum(axis=0)
    at = np.flatnonzero(open_rows)
    _annotate(intake, options, column, account, at)
    good = Rows(account[at], block.lines[at], seconds[at], counts[at])
    intake.buckets.put(good)
    _sample(intake, good)


def _counts(
    metrics: tuple[str, ...], column: dict[str, Any], n: int
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Verdict and value per row and metric."""
    verdict = np.full((n, len(metrics)), cells.OK, np.uint8)
    counts = np.full((n, len(metrics)), np.nan)
    if "action" in column:
        texts, codes = cells.text_codes(column["action"], "action")
        for k, metric in enumerate(metrics):
            is_metric = [str(text).strip().lower() in _ACTIONS[metric] for text in texts]
            counts[np.array([*is_metric, False], dtype=bool)[codes], k] = 1.0
        verdict[codes < 0] = cells.MISSING
        return verdict, counts
    for k, metric in enumerate(metrics):
        counts[:, k], verdict[:, k] = cells.to_counts(column[metric], metric)
    return verdict, counts


def _reject_cells(
    intake: Intake,
    block: Block,
    column: dict[str, Any],
    account: NDArray[np.int64],
    verdict: NDArray[np.uint8],
    open_rows: NDArray[np.bool_],
) -> None:
    """One rejection per row with a bad cell; the row stays in use when another cell of it is good."""
    if "action" in column:
        return
    bad = (verdict > cells.MISSING) & open_rows[:, None]
    at = np.flatnonzero(bad.any(axis=1))
    if len(at) == 0:
        return
    first = bad[at].argmax(axis=1)
    several = bad[at].sum(axis=1) > 1
    for k, metric in enumerate(intake.metrics):
        mine = first == k
        rows = at[mine]
        reasons = np.array([cells.REASONS[v] for v in verdict[rows, k]], dtype=object)
        for i in np.flatnonzero(several[mine]):
            others = [m for m, b in zip(intake.metrics[k + 1 :], bad[rows[i], k + 1 :], strict=True) if b]
            reasons[i] += f" (also {', '.join(others)})"
        intake.rejections.add(
            block.lines[rows], account[rows], metric, cells.cell_texts(column[metric], rows), reasons
        )
    used = (verdict[at] == cells.OK).any(axis=1)
    open_rows[at[~used]] = False


def _grow(intake: Intake) -> None:
    missing = len(intake.index) - len(intake.rows_per_account)
    if missing > 0:
        room = max(missing, len(intake.rows_per_account) // 2)  # grown ahead, so that growing stays cheap
        intake.rows_per_account = np.concatenate([intake.rows_per_account, np.zeros(room, np.int64)])
        intake.label = np.concatenate([intake.label, np.full(room, -1, np.int8)])
        intake.owner = np.concatenate([intake.owner, np.full(room, None, object)])


def _annotate(
    intake: Intake,
    options: Options,
    column: dict[str, Any],
    account: NDArray[np.int64],
    at: NDArray[np.int64],
) -> None:
    label = np.full(len(account), -1, np.int64)
    if "label" in column:
        texts, codes = cells.text_codes(column["label"], "label")
        plain = [str(text).strip().lower() for text in texts]
        state = np.array([1 if t in _FAKE else 0 if t in _NORMAL else -1 for t in plain] + [-1], np.int8)[
            codes
        ]
        np.maximum.at(intake.label, account[at], state[at])
        for text in plain:
            if text and text not in intake.labels_seen:
                intake.labels_seen.append(text)
        label = np.array([intake.labels_seen.index(t) if t else -1 for t in plain] + [-1], np.int64)[codes]
    if "owner_id" in column:
        texts, codes = cells.text_codes(column["owner_id"], "owner_id")
        known = at[codes[at] >= 0][::-1]  # reversed: the first row of an account writes last and stays
        owners = np.array([*texts, None], dtype=object)
        fresh = known[intake.owner[account[known]] == None]  # noqa: E711 - elementwise
        fresh = fresh[(owners[codes[fresh]] != "").astype(bool)]
        intake.owner[account[fresh]] = owners[codes[fresh]]
    if "window_start" in column:
        begin, ok_begin = cells.to_seconds(column["window_start"], options.timezone, "window_start")
        end, ok_end = begin, ok_begin
        if "window_end" in column:
            end, ok_end = cells.to_seconds(column["window_end"], options.timezone, "window_end")
        marked = at[ok_begin[at] == cells.OK]
        if len(marked):
            end = np.where(ok_end == cells.OK, end, -1)
            found = np.stack([account[marked], begin[marked], end[marked], label[marked]], axis=1)
            intake.windows.append(tuple(np.unique(found, axis=0).T))


def _sample(intake: Intake, rows: Rows) -> None:
    if intake.sampled >= SAMPLE_ROWS:
        return
    part = rows.account < SAMPLE_ACCOUNTS
    if part.any():
        intake.sample.append(rows if part.all() else rows.take(part))
        intake.sampled += int(part.sum())
