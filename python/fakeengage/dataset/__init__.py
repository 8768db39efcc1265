"""Labelled data sets: in memory, and as a folder that can be checked, resumed and shared."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fakeengage.cadence import Cadence
from fakeengage.dataset.folder import SCHEMA, Progress, about_spec, digest, read_json, write_folder
from fakeengage.panel import METRICS, Panel
from fakeengage.simulation_spec import SimulationSpec

if TYPE_CHECKING:
    import pandas as pd


@dataclass
class Dataset:
    """Labelled accounts.

    Parameters
    ----------
    panel
        The counts.
    accounts
        One row per account: ``account_id, profile, scenario, is_fake, attack, cohort_id,
        cohort_size, intensity, world, owner_id``. ``attack`` and ``cohort_id`` are missing for
        normal accounts; ``cohort_size`` counts the members of the whole cohort, simulated or not;
        ``scenario`` is ``none`` for accounts without a special event.
    windows
        One row per attacked metric and window: ``account_id, attack, metric, start, end,
        injected``; ``start`` and ``end`` are steps of the account (``end`` = first step outside),
        ``start_time`` and ``end_time`` the same as timestamps, ``injected`` the attacked minus the
        clean sum.
    mask
        ``(n_accounts, n_hours, n_metrics)`` bool: the observed cells that an attack changed.
    clean
        The counts before the attacks, same shape, or ``None``.
    spec
        What made the data set, or ``None`` for one of other origin.
    first
        Number of the first account within the spec.
    """

    panel: Panel
    accounts: pd.DataFrame
    windows: pd.DataFrame
    mask: NDArray[np.bool_]
    clean: NDArray[np.float32] | None = None
    spec: SimulationSpec | None = None
    first: int = 0

    def __len__(self) -> int:
        return len(self.panel)

    def __repr__(self) -> str:
        fakes = int(self.accounts["is_fake"].sum())
        return f"Dataset({self.panel!r}, {fakes} fake)"

    def to_frame(self, labels: bool = False) -> pd.DataFrame:
        """Long table ``account_id, timestamp, views, likes, comments, shares``.

        Parameters
        ----------
        labels
            Add ``label`` (``fake`` / ``normal``) and the span of the attack as ``window_start``
            and ``window_end``.
        """
        frame = self.panel.to_frame()
        if labels:
            account = np.repeat(np.arange(len(self)), self.panel.lengths)
            frame["label"] = np.where(self.accounts["is_fake"].to_numpy(), "fake", "normal")[account]
            spans = self.windows.groupby("account_id").agg({"start_time": "min", "end_time": "max"})
            spans = spans.reindex(self.panel.account_ids)
            frame["window_start"] = spans["start_time"].array[account]
            frame["window_end"] = spans["end_time"].array[account]
        return frame

    def save(self, folder: str | Path, *, overwrite: bool = False, progress: Progress | None = None) -> Path:
        """Write the data set to a folder, resuming what an earlier call has finished.

        Every part is written to a temporary name and renamed; ``dataset.json`` comes last, so that
        a folder without it is unfinished.

        Parameters
        ----------
        folder
            Made if it does not exist.
        overwrite
            Replace another data set in that folder.
        progress
            Called with (accounts written, accounts in all).

        Raises
        ------
        ValueError
            If the folder holds another data set and `overwrite` is not set, or the accounts differ
            in length.
        """
        if len(self) and not self.panel.shares_clock:
            raise ValueError("save: the accounts differ in start or length; save the panel's frame instead")
        spec = None if self.spec is None else self.spec.to_dict()
        about = about_spec(
            spec, self.panel.origin, self.first, len(self), self.panel.n_steps, self.clean is not None
        )
        # A spec says what the values are; without one only the values themselves do.
        if spec is None:
            about["values"] = hashlib.sha256(self.panel.data.tobytes()).hexdigest()
        return write_folder(Path(folder), about, self._slice, overwrite, progress)

    def _slice(self, start: int, stop: int) -> Dataset:
        ids = self.panel.account_ids[start:stop]
        inside = self.windows["account_id"].isin(set(ids.tolist()))
        return Dataset(
            panel=self.panel.select(np.arange(start, stop)),
            accounts=self.accounts.iloc[start:stop],
            windows=self.windows[inside],
            mask=self.mask[start:stop],
            clean=None if self.clean is None else self.clean[start:stop],
            spec=self.spec,
            first=self.first + start,
        )


def load_dataset(folder: str | Path) -> Dataset:
    """Read a data set that :meth:`Dataset.save` or ``fakeengage simulate`` has written.

    Raises
    ------
    ValueError
        If the folder is no finished data set, a part is missing or was changed, or the layout is
        newer than this version.
    """
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    root = Path(folder)
    about = read_json(root / "dataset.json")
    if about is None:
        raise ValueError(
            f"{root}: holds no finished data set (no dataset.json); simulate into it again to finish it"
        )
    if about.get("schema", 0) > SCHEMA:
        raise ValueError(
            f"{root}: has layout {about['schema']}, this version reads up to {SCHEMA}; upgrade fakeengage"
        )
    for name, wanted in about["sha256"].items():
        path = root / name
        if not path.is_file():
            raise ValueError(f"{path}: is missing; simulate into the folder again to restore it")
        if digest(path) != wanted:
            raise ValueError(f"{path}: was changed after it was written; delete it and simulate again")
    accounts = pd.read_parquet(root / "accounts.parquet")
    windows = pd.read_parquet(root / "windows.parquet")
    parts = [name for name in sorted(about["sha256"]) if name.startswith("series/")]
    n, length = about["n_accounts"], about["n_steps"]
    shape = (n, length, len(METRICS))
    tables = [pq.read_table(root / name, partitioning=None) for name in parts]
    table = pa.concat_tables(tables) if tables else None

    def counts(prefix: str) -> NDArray[np.float32]:
        values = np.empty(shape, np.float32)
        for m, metric in enumerate(METRICS):
            if table is not None:
                column = table[prefix + metric].to_numpy().astype(np.float32)
                values[:, :, m] = column.reshape(n, length)
        return values

    values = counts("")
    bits = (
        np.zeros((n, length), np.uint8) if table is None else table["changed"].to_numpy().reshape(n, length)
    )
    ids = accounts["account_id"].to_numpy(dtype=object)
    owners = accounts["owner_id"].astype(object).where(accounts["owner_id"].notna(), None)
    panel = Panel(
        values.transpose(0, 2, 1).reshape(-1),
        np.arange(n + 1, dtype=np.int64) * length,
        np.full(n, about["start_step"], dtype=np.int64),
        METRICS,
        ids,
        Cadence(),
        owner_ids=owners.to_numpy(dtype=object) if owners.notna().any() else None,
    )
    return Dataset(
        panel=panel,
        accounts=accounts,
        windows=windows,
        mask=(bits[:, :, None] >> np.arange(len(METRICS), dtype=np.uint8) & 1).astype(bool),
        clean=counts("clean_") if about["clean"] else None,
        spec=None if about["spec"] is None else SimulationSpec(**about["spec"]),
        first=about["first"],
    )
