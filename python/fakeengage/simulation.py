"""Labelled engagement data: organic accounts, hard negatives and twelve kinds of fraud.

The module is not called ``simulate``, because the package's function of that name would be hidden
by it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from fakeengage import _native
from fakeengage.cadence import Cadence
from fakeengage.dataset import Dataset
from fakeengage.dataset.folder import Progress, about_spec, write_folder
from fakeengage.panel import METRICS, Panel
from fakeengage.simulation_spec import SimulationSpec

_BYTES_PER_ACCOUNT = 500
"""Labels, windows and id of one account, beside its counts."""


@lru_cache(maxsize=1)
def _names() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Names by number; the last entry of scenarios and attacks stands for none (number -1)."""
    profiles, scenarios, attacks = _native.simulation_names()
    return (
        np.array(profiles, dtype=object),
        np.array([*scenarios, "none"], dtype=object),
        np.array([*attacks, None], dtype=object),
    )


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
    made = _native.simulate_accounts(spec.payload(), start, stop, threads=threads or 0, keep_clean=keep_clean)
    n = stop - start
    shape = (n, len(METRICS), spec.length)
    owners = _texts("owner", made["owner"])
    panel = Panel(
        made["values"],
        np.arange(n + 1, dtype=np.int64) * spec.length,
        np.full(n, spec.start_step, dtype=np.int64),
        METRICS,
        account_ids(start, stop),
        Cadence(),
        owner_ids=owners if (made["owner"] >= 0).any() else None,
    )
    return Dataset(
        panel=panel,
        accounts=_accounts(panel, made, owners),
        windows=_windows(panel, made, start, spec),
        mask=made["mask"].reshape(shape).transpose(0, 2, 1),
        clean=made["clean"].reshape(shape).transpose(0, 2, 1) if keep_clean else None,
        spec=spec,
        first=start,
    )


def simulate_batches(
    spec: SimulationSpec,
    n_users: int,
    batch: int = 16_384,
    *,
    threads: int | None = None,
    keep_clean: bool = False,
) -> Iterator[Dataset]:
    """The first `n_users` accounts of a spec in data sets of at most `batch` accounts.

    Memory is bounded by the batch; the accounts are the same bytes for any `batch`.
    """
    n_users, batch = _count("n_users", n_users), _count("batch", batch)
    if batch < 1:
        raise ValueError(f"batch: {batch} is not allowed; at least 1 account")

    def batches() -> Iterator[Dataset]:
        for start in range(0, n_users, batch):
            stop = min(start + batch, n_users)
            yield simulate_range(spec, start, stop, threads=threads, keep_clean=keep_clean)

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

    Memory is bounded by one part. A killed run leaves no half part that looks whole; the same call
    again makes only what is missing.
    """

    def make(start: int, stop: int) -> Dataset:
        return simulate_range(spec, start, stop, threads=threads, keep_clean=keep_clean)

    n_users = _count("n_users", n_users)
    about = about_spec(spec.to_dict(), spec.start_step, 0, n_users, spec.length, keep_clean)
    return write_folder(Path(folder), about, make, overwrite, progress)


def account_ids(start: int, stop: int) -> np.ndarray:
    """Ids of accounts by number, the same whatever the number of accounts."""
    return np.array([f"acc_{i:06d}" for i in range(start, stop)], dtype=object)


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


def _texts(kind: str, numbers: np.ndarray) -> np.ndarray:
    """Readable ids of groups; None where there is no group (number -1)."""
    return np.array([f"{kind}_{k:x}" if k >= 0 else None for k in numbers.tolist()], dtype=object)


def _accounts(panel: Panel, made: dict[str, np.ndarray], owners: np.ndarray) -> Any:
    import pandas as pd

    profiles, scenarios, attacks = _names()
    return pd.DataFrame(
        {
            "account_id": panel.account_ids,
            "profile": profiles[made["profile"]],
            "scenario": scenarios[made["scenario"]],
            "is_fake": made["attack"] >= 0,
            "attack": attacks[made["attack"]],
            "cohort_id": _texts("cohort", made["cohort"]),
            "cohort_size": made["cohort_size"],
            "intensity": made["intensity"],
            "world": made["world"],
            "owner_id": owners,
        }
    )


def _windows(panel: Panel, made: dict[str, np.ndarray], first: int, spec: SimulationSpec) -> Any:
    import pandas as pd

    attacks = _names()[2]
    account = made["window_account"] - first
    clock = {
        name: pd.DatetimeIndex(Cadence().timestamps(made[column] + spec.start_step)).tz_localize("UTC")
        for name, column in (("start_time", "window_start"), ("end_time", "window_end"))
    }
    return pd.DataFrame(
        {
            "account_id": panel.account_ids[account],
            "attack": attacks[made["attack"][account]],
            "metric": np.array(METRICS, dtype=object)[made["window_metric"]],
            "start": made["window_start"],
            "end": made["window_end"],
            "injected": made["window_injected"],
            **clock,
        }
    )
