"""Labelled engagement data: organic accounts, hard negatives and twelve kinds of fraud.

The module is not called ``simulate``, because the package's function of that name would be hidden
by it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from fakeengage import _native
from fakeengage.cadence import Cadence
from fakeengage.dataset import Dataset
from fakeengage.dataset.folder import Progress, Written, about_spec, is_finished, write_folder
from fakeengage.dataset.labels import SimulatedLabels, account_ids
from fakeengage.lending import Lender
from fakeengage.panel import METRICS, Panel
from fakeengage.simulation_spec import SimulationSpec

_BYTES_PER_ACCOUNT = 500
"""Labels, windows and id of one account, beside its counts."""

_LEAST_BYTES_PER_COUNT = 0.5
"""A count takes 0.8 to 1.4 bytes on disk; half a byte is never too pessimistic."""


def simulate(
    n_users: int = 500,
    length: int = 336,
    fake_ratio: float = 0.35,
    seed: int = 0,
    preset: str = "published",
    start: str = "2024-01-01",
    n_worlds: int = 1,
    threads: int | None = None,
    keep_clean: bool = False,
    missing: float | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Dataset:
    """Labelled accounts with views, likes, comments and shares per hour.

    Parameters
    ----------
    n_users
        Number of accounts.
    length, fake_ratio, seed, preset, start, n_worlds, missing, overrides
        As in :class:`SimulationSpec`. Exactly ``round(n_users * fake_ratio)`` accounts are fake
        whenever `n_users` is a multiple of 100.
    threads
        Threads to use; all cores when left out. The bytes do not depend on it.
    keep_clean
        Keep the counts before the attacks as :attr:`Dataset.clean`.

    Returns
    -------
    Dataset
        ``panel``, ``accounts``, ``windows``, ``mask``, ``clean`` and ``spec``.

    Raises
    ------
    ValueError, TypeError
        Naming the argument, its value and what is allowed.

    Examples
    --------
    >>> data = simulate(n_users=100, length=48, seed=3)
    >>> data.panel.values.shape, int(data.accounts.is_fake.sum())
    ((100, 48, 4), 35)
    """
    spec = SimulationSpec(
        preset=preset,
        seed=seed,
        length=length,
        fake_ratio=fake_ratio,
        start=start,
        n_worlds=n_worlds,
        overrides=overrides or {},
        missing=missing,
    )
    return simulate_range(spec, 0, _count("n_users", n_users), threads=threads, keep_clean=keep_clean)


def simulate_range(
    spec: SimulationSpec,
    start: int,
    stop: int,
    *,
    threads: int | None = None,
    keep_clean: bool = False,
) -> Dataset:
    """Accounts `start` to `stop` (exclusive) of a spec, without making the others.

    Raises
    ------
    ValueError
        For a range that runs backwards, or below 0.
    """
    start, stop = _count("start", start), _count("stop", stop)
    if stop < start:
        raise ValueError(f"stop: {stop} is not allowed; at least start, which is {start}")
    _check_memory(stop - start, spec.length, keep_clean)
    return _simulate(spec, spec.payload(), start, stop, threads or 0, keep_clean, np.empty)


def _simulate(
    spec: SimulationSpec,
    payload: str,
    start: int,
    stop: int,
    threads: int,
    keep_clean: bool,
    empty: Callable[[int, type[np.generic]], np.ndarray],
) -> Dataset:
    """A range of accounts in memory from `empty`, which is :func:`numpy.empty` or like it."""
    n, length = stop - start, spec.length
    cells = n * length * len(METRICS)
    values, changed = empty(cells, np.float32), empty(n * length, np.uint8)
    clean = empty(cells, np.float32) if keep_clean else None
    made = _native.simulate_accounts(payload, start, values, clean, changed, threads=threads)
    labels = SimulatedLabels(start, spec.start_step, made)
    panel = Panel(
        values,
        np.arange(n + 1, dtype=np.int64) * length,
        np.full(n, spec.start_step, dtype=np.int64),
        METRICS,
        account_ids(start, stop),
        Cadence(),
        owner_ids=labels.owner_ids,
    )
    if clean is not None:
        clean = clean.reshape(n, len(METRICS), length).transpose(0, 2, 1)
    return Dataset.from_simulation(panel, labels, changed.reshape(n, length), clean, spec)


def simulate_batches(
    spec: SimulationSpec,
    n_users: int,
    batch: int = 16_384,
    *,
    threads: int | None = None,
    keep_clean: bool = False,
) -> Iterator[Dataset]:
    """The first `n_users` accounts of a spec in data sets of at most `batch` accounts.

    Memory is bounded by two batches, the one given and the one being made; the accounts are the
    same bytes for any `batch`.

    Notes
    -----
    A batch's counts, mask and clean counts lie in memory that later batches use again once no array
    of the batch is left, views and panels included. Keeping batches is safe: they keep their memory.
    """
    n_users, batch = _count("n_users", n_users), _count("batch", batch)
    if batch < 1:
        raise ValueError(f"batch: {batch} is not allowed; at least 1 account")

    _check_memory(min(batch, n_users), spec.length, keep_clean)

    def batches() -> Iterator[Dataset]:
        payload, lender = spec.payload(), Lender()
        for start in range(0, n_users, batch):
            stop = min(start + batch, n_users)
            yield _simulate(spec, payload, start, stop, threads or 0, keep_clean, lender.empty)

    return batches()


def simulate_to_folder(
    spec: SimulationSpec,
    n_users: int,
    folder: str | Path,
    *,
    threads: int | None = None,
    keep_clean: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Simulate straight into a folder, part by part; the same files as :meth:`Dataset.save`.

    Memory is bounded by one part per thread. A killed run leaves no half part that looks whole; the
    same call again makes only what is missing, and nothing where the folder is complete.

    Parameters
    ----------
    spec, n_users
        What to simulate.
    folder
        Made if it does not exist.
    threads
        Parts made at the same time; one per core when left out. The bytes do not depend on it.
    keep_clean
        Store the counts before the attacks, too.
    overwrite
        Replace another data set in that folder.
    progress
        Called with (accounts written, accounts in all).

    Raises
    ------
    ValueError
        If the folder holds another data set and `overwrite` is not set, or the disk is too small.
    """
    n_users, root = _count("n_users", n_users), Path(folder)
    about = about_spec(spec.to_dict(), spec.start_step, 0, n_users, spec.length, keep_clean)
    if is_finished(root, about):
        if progress is not None:
            progress(n_users, n_users)
        return root
    _check_disk(n_users, spec.length, root)
    moments = Cadence().timestamps(np.arange(spec.length) + spec.start_step).astype("datetime64[ms]")
    writer = _native.PartWriter(spec.payload(), moments.astype(np.int64), keep_clean=keep_clean)

    def write(path: Path, start: int, stop: int) -> Written:
        digest, numbers = writer.write(path, start, stop)
        labels = SimulatedLabels(start, spec.start_step, numbers)
        return Written(digest, labels.accounts_table(), labels.windows_table())

    return write_folder(
        root, about, write, overwrite=overwrite, progress=progress, threads=threads or _cores()
    )


def _count(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name}: {value!r} is not allowed; a whole number")
    if value < 0:
        raise ValueError(f"{name}: {value} is not allowed; 0 or more")
    return int(value)


def _check_memory(n: int, length: int, keep_clean: bool) -> None:
    """Refuses what cannot fit: running out of memory in native code would end the process."""
    per_step = len(METRICS) * (9 if keep_clean else 5)
    needed = n * (_BYTES_PER_ACCOUNT + length * per_step)
    if needed > physical_memory():
        raise ValueError(
            f"n_users: {n} accounts of {length} hours at once need about {needed / 2**30:,.0f} GiB "
            "of memory; ask for fewer, or take them in parts with fe.simulate_batches"
        )


def physical_memory() -> int:
    """Bytes of memory in this machine; 64 GiB where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return 64 << 30


def _check_disk(n: int, length: int, folder: Path) -> None:
    """Refuses what cannot fit, before hours of work fill the disk."""
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    needed = n * length * len(METRICS) * _LEAST_BYTES_PER_COUNT
    free = shutil.disk_usage(place).free
    if needed > free:
        raise ValueError(
            f"n_users: {n} accounts of {length} hours need at least {needed / 1e9:,.0f} GB, {place} has "
            f"{free / 1e9:,.0f} GB left; ask for fewer, or choose another folder"
        )


def _cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
