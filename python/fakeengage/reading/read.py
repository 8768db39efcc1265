"""The public functions of reading: one panel, or a panel per batch of accounts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fakeengage.cadence import Cadence
from fakeengage.panel import Panel
from fakeengage.reading.assemble import Assembled, assemble, sample_cadence_rows
from fakeengage.reading.blocks import Source
from fakeengage.reading.clock import common_offset, find_cadence
from fakeengage.reading.counters import looks_cumulative
from fakeengage.reading.intake import Intake, metrics_of, take_in
from fakeengage.reading.options import Options, check_options
from fakeengage.reading.report import ReadReport, rejected_frame
from fakeengage.reading.saved import attach_labels
from fakeengage.reading.sources import open_source
from fakeengage.reading.spill import Buckets, join

_VERDICT = np.array([None, False, True], dtype=object)
_PLAIN_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}")


def read_panel(
    source: Any,
    *,
    columns: Mapping[str, str] | str | None = None,
    timezone: str | None = None,
    counts: str | Mapping[str, str] = "auto",
    gaps: str = "missing",
    resample: str | Cadence | None = None,
    from_events: bool = False,
    cadence: str | Cadence | None = None,
) -> Panel:
    """Panel from a long table: one row per account and step.

    Parameters
    ----------
    source
        CSV (comma, semicolon or tab; UTF-8, with or without BOM; plain or gzip), Parquet file, folder of
        Parquet files, ``"-"`` for standard input, or a pandas, polars or Arrow table. The kind is found from
        the content, not from the name.
    columns
        Known name -> name in the source where they differ: ``{"views": "play_count"}``, or the same as text,
        ``"views=play_count"``. Known are ``account_id, timestamp, views, likes, comments, shares, owner_id,
        label, window_start, window_end`` and, for events, ``action``.
    timezone
        Zone of moments that name none; UTC when left out.
    counts
        ``increments`` per step, ``cumulative`` totals, or ``auto``: a metric counts as cumulative when at
        least 95 % of the accounts with at least 24 changes never fall (found on the first 1,024 accounts).
        A mapping sets it per metric.
    gaps
        Steps without a row are ``missing``, or ``zero``.
    resample
        Step into which irregular readings are turned: increments are added up, cumulative counters are
        interpolated at the clock's moments.
    from_events
        Each row is one action: rows are counted per step, by the column ``action`` (view, like, comment,
        share) or by adding up the metric columns. Steps without an action are zero.
    cadence
        Length of a step (``"1h"``); found from the readings when left out.

    Returns
    -------
    Panel
        Every account id seen, in order of first appearance. ``panel.reading`` tells what was found, and
        lists every row that was not used.

    Raises
    ------
    InputError
        If nothing can be read; one line with the place, the fault and the remedy.
    ValueError, TypeError
        For an option that is not allowed.

    Examples
    --------
    >>> import pandas as pd
    >>> hours = pd.date_range("2024-01-01", periods=48, freq="h")
    >>> frame = pd.DataFrame({"account_id": "a", "timestamp": hours, "likes": range(48)})
    >>> read_panel(frame, counts="increments")
    Panel(1 account x 1 metric, 48 steps of 1 hour)
    """
    options = check_options(columns, timezone, counts, gaps, resample, from_events, cadence)
    return next(_panels(source, None, options))


def read_batches(source: Any, batch: int = 1024, **options: Any) -> Iterator[Panel]:
    """Panels of `batch` accounts each, in order of first appearance; options as in :func:`read_panel`.

    The source is read once, before the first panel comes: cadence, kind of counts and type of the ids hold
    for the whole file. Rows wait in buckets of `batch` accounts, on disk beyond 64 MB, so that memory is
    bounded by the batch (and some bytes per account id) whether the file lists account after account or
    hour after hour.

    Raises
    ------
    InputError, ValueError, TypeError
        As :func:`read_panel`, at the call.
    """
    if batch < 1:
        raise ValueError(f"batch: {batch} is not allowed; at least 1 account")
    return _panels(source, batch, check_options(**options))


def panel_from_table(frame: Any, **options: Any) -> Panel:
    """Panel from a frame: :func:`read_panel` for :meth:`fakeengage.Panel.from_frame`."""
    return read_panel(frame, **options)


def _panels(source: Any, batch: int | None, options: Options) -> Iterator[Panel]:
    opened = open_source(source, options)
    buckets = Buckets(batch, len(metrics_of(opened)))
    try:
        intake = take_in(opened, options, buckets)
        reader = _Reader(opened, intake, options)
    except BaseException:
        buckets.close()
        raise
    finally:
        opened.close()
    return reader.panels(batch)


class _Reader:
    """What holds for the whole source, and the panels made by it."""

    def __init__(self, source: Source, intake: Intake, options: Options) -> None:
        self.source, self.intake, self.options = source, intake, options
        self.notes: list[str] = []
        self.metrics = intake.metrics
        self.kinds = ["increments"] * len(self.metrics)
        sample = sample_cadence_rows(join(intake.sample, len(self.metrics)))
        intake.sample = []
        if not options.from_events:
            self._find_kinds(sample.account, sample.values)
        self.cadence = self._clock(sample.account, sample.seconds)
        empty = [m for m, n in zip(self.metrics, intake.usable_cells, strict=True) if n == 0]
        self.used = [k for k, m in enumerate(self.metrics) if m not in empty]
        if empty and "action" not in source.columns:
            self.notes.append(f"{', '.join(empty)}: no value in any row, treated as absent")
        if intake.blank:
            self.notes.append(f"{intake.blank} blank lines skipped")
        self.ids = self._ids()

    def _clock(self, account: NDArray[np.int64], seconds: NDArray[np.int64]) -> Cadence:
        options = self.options
        if options.resample is not None:
            return options.resample
        if options.from_events:
            return options.cadence or Cadence()
        if options.cadence is None:
            cadence, notes = find_cadence(self.source.where, account, seconds)
            self.notes += notes
            return cadence
        if options.cadence.minutes is None:
            return options.cadence
        return Cadence(options.cadence.minutes, common_offset(seconds, options.cadence.minutes * 60))

    def _find_kinds(self, account: NDArray[np.int64], values: NDArray[np.float64]) -> None:
        for k, metric in enumerate(self.metrics):
            asked = self.options.counts[metric]
            cumulative = looks_cumulative(account, values[:, k]) if asked == "auto" else asked == "cumulative"
            if cumulative is None:
                self.notes.append(
                    f"{metric}: too little to tell running totals from counts; read as increments"
                )
            elif cumulative and asked == "auto":
                self.notes.append(
                    f"{metric}: never falls, read as a running total (counts=increments reads it as it is)"
                )
            self.kinds[k] = "cumulative" if cumulative else "increments"

    def _ids(self) -> NDArray[Any]:
        names = list(self.intake.index)
        if self.source.text:
            # Whole numbers as they are usually written; "007" or "+1" would not come back the same.
            plain = all(_PLAIN_INTEGER.fullmatch(n) for n in names)
            names = [int(n) for n in names] if plain else names
        if names and all(isinstance(n, int) for n in names):
            return np.array(names, dtype=np.int64)
        ids = np.empty(len(names), dtype=object)
        ids[:] = [n if isinstance(n, str) else str(n) for n in names]
        return ids

    def panels(self, batch: int | None) -> Iterator[Panel]:
        n = len(self.ids)
        size = batch or max(n, 1)
        found = self.intake.rejections.arrays()
        bucket_of = np.maximum(found["account"], 0) // size
        try:
            for number, first in enumerate(range(0, n, size)):
                stop = min(first + size, n)
                rows = self.intake.buckets.take(number)
                made = assemble(
                    self.source.where,
                    rows,
                    first,
                    stop - first,
                    len(self.metrics),
                    self.cadence,
                    self.kinds,
                    self.options,
                )
                mine = {name: values[bucket_of == number] for name, values in found.items()}
                yield self._panel(made, mine, first, stop, alone=batch is None)
        finally:
            self.intake.buckets.close()

    def _panel(
        self, made: Assembled, found: dict[str, NDArray[Any]], first: int, stop: int, alone: bool
    ) -> Panel:
        intake = self.intake
        made.rejections.add(found["line"], found["account"], found["column"], found["value"], found["reason"])
        nameless = int((found["account"] < 0).sum())
        figures = dict(made.figures)
        notes = list(self.notes)
        if figures.pop("too_long", 0):
            notes.append("accounts that span more than 1,000,000 steps are unusable: check their timestamps")
        if made.beside:
            notes.append(f"{made.beside} accounts are read at another minute of the step than the others")
        if made.worst_seconds:
            notes.append(f"timestamps lie up to {made.worst_seconds} seconds beside the clock; rounded")
        report = ReadReport(
            source=self.source.where,
            n_rows=intake.n_rows if alone else int(intake.rows_per_account[first:stop].sum()) + nameless,
            rejected=rejected_frame(made.rejections.arrays(), self.ids[first:stop], first),
            cadence=self.cadence,
            counts={self.metrics[k]: self.kinds[k] for k in self.used},
            notes=notes,
            columns=dict(self.source.columns),
            **figures,
        )
        data, offsets = made.data, made.offsets
        if len(self.used) < len(self.metrics):
            data = _only(data, offsets, len(self.metrics), self.used)
        label = intake.label[first:stop]
        panel = Panel(
            data,
            offsets,
            made.starts,
            [self.metrics[k] for k in self.used],
            self.ids[first:stop],
            self.cadence,
            owner_ids=intake.owner[first:stop] if "owner_id" in self.source.columns else None,
            is_fake=_VERDICT[label.astype(np.int64) + 1] if "label" in self.source.columns else None,
            label_windows=self._windows(first, stop) if "window_start" in self.source.columns else None,
            status=made.status,
            reading=report,
        )
        if self.source.folder is not None:
            attach_labels(panel, self.source.folder)
        return panel

    def _windows(self, first: int, stop: int) -> Any:
        import pandas as pd

        parts = [np.stack(part, axis=1) for part in self.intake.windows]
        every = np.unique(np.concatenate(parts), axis=0) if parts else np.empty((0, 4), np.int64)
        every = every[(every[:, 0] >= first) & (every[:, 0] < stop)]
        end = every[:, 2].astype("datetime64[s]")
        end[every[:, 2] < 0] = np.datetime64("NaT")
        labels = np.array([*self.intake.labels_seen, None], dtype=object)
        return pd.DataFrame(
            {
                "account_id": self.ids[every[:, 0]],
                "start": pd.DatetimeIndex(every[:, 1].astype("datetime64[s]")).tz_localize("UTC"),
                "end": pd.DatetimeIndex(end).tz_localize("UTC"),
                "label": labels[every[:, 3]],
            }
        )


def _only(
    data: NDArray[np.float32], offsets: NDArray[np.int64], n_metrics: int, used: list[int]
) -> NDArray[np.float32]:
    """The buffer with some metrics only."""
    length = np.diff(offsets)
    n_metric_steps = np.repeat(length, n_metrics)
    keep = np.tile(np.isin(np.arange(n_metrics), used), len(length))
    return data[np.repeat(keep, n_metric_steps)]
