"""Labelled data sets: in memory, and as a folder that can be checked, resumed and shared."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fakeengage import _native
from fakeengage.cadence import Cadence
from fakeengage.dataset.folder import (
    SCHEMA,
    Progress,
    Written,
    about_spec,
    digest,
    read_json,
    write_folder,
)
from fakeengage.dataset.joining import table_of
from fakeengage.dataset.labels import SimulatedLabels
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

    Notes
    -----
    A simulated data set builds ``accounts``, ``windows`` and ``mask`` when they are first asked for:
    who streams millions of accounts for their counts does not pay for tables nobody looks at.
    """

    panel: Panel
    accounts: pd.DataFrame
    windows: pd.DataFrame
    mask: NDArray[np.bool_]
    clean: NDArray[np.float32] | None = None
    spec: SimulationSpec | None = None
    first: int = 0

    if TYPE_CHECKING:
        # Not fields: there only in a data set from a simulation.
        @property
        def _labels(self) -> SimulatedLabels: ...
        @property
        def _changed(self) -> NDArray[np.uint8]: ...

    @classmethod
    def from_simulation(
        cls,
        panel: Panel,
        labels: SimulatedLabels,
        changed: NDArray[np.uint8],
        clean: NDArray[np.float32] | None,
        spec: SimulationSpec,
    ) -> Dataset:
        """A data set whose tables are built when they are first asked for.

        Parameters
        ----------
        panel, clean, spec
            As in :class:`Dataset`.
        labels
            What accounts and windows are built from.
        changed
            ``(n_accounts, n_hours)``: bit ``m`` is set where an attack changed metric ``m``.
        """
        made = cls.__new__(cls)
        made.panel, made.clean, made.spec, made.first = panel, clean, spec, labels.first
        made.__dict__.update(_labels=labels, _changed=changed)
        return made

    def __getattr__(self, name: str) -> Any:
        # Called for what is not there yet; `__dict__`, because asking `self` would end up here again.
        labels: SimulatedLabels | None = self.__dict__.get("_labels")
        if labels is None or name not in ("accounts", "windows", "mask"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        if name == "mask":
            value: Any = mask_from_bits(self._changed)
        else:
            value = labels.accounts_frame() if name == "accounts" else labels.windows_frame()
        setattr(self, name, value)
        return value

    def __len__(self) -> int:
        return len(self.panel)

    def __repr__(self) -> str:
        return f"Dataset({self.panel!r}, {self._n_fakes()} fake)"

    def _is_built(self, name: str) -> bool:
        """Whether a table exists, which the caller may then have changed."""
        return name in self.__dict__

    def _n_fakes(self) -> int:
        return int(self.accounts["is_fake"].sum()) if self._is_built("accounts") else self._labels.n_fakes

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
        panel = self.panel
        if len(self) and not panel.shares_clock:
            raise ValueError("save: the accounts differ in start or length; save the panel's frame instead")
        if panel.metrics != METRICS:
            raise ValueError(
                f"save: the panel has {list(panel.metrics)}, a folder holds {list(METRICS)}; "
                "save the panel's frame instead"
            )
        spec = None if self.spec is None else self.spec.to_dict()
        about = about_spec(spec, panel.origin, self.first, len(self), panel.n_steps, self.clean is not None)
        # A spec says what the values are; without one only the values themselves do.
        if spec is None:
            about["values"] = hashlib.sha256(panel.data.tobytes()).hexdigest()
        return write_folder(Path(folder), about, self._part_writer(), overwrite=overwrite, progress=progress)

    def _part_writer(self) -> Callable[[Path, int, int], Written]:
        """Writes accounts (start, stop) of this data set to a file."""
        n_steps = self.panel.n_steps
        cells = n_steps * len(METRICS)
        moments = self.panel.timestamps.astype("datetime64[ms]").astype(np.int64)
        changed = bits_from_mask(self.mask) if self._is_built("mask") else self._changed
        changed = changed.reshape(-1)
        # Back from (accounts, hours, metrics) to the layout of a panel: a view for simulated data.
        clean = None
        if self.clean is not None:
            clean = np.ascontiguousarray(self.clean.transpose(0, 2, 1), dtype=np.float32).reshape(-1)
        ids = self.panel.account_ids
        owner_of_window = self.windows["account_id"]

        def write(path: Path, start: int, stop: int) -> Written:
            some = slice(start * cells, stop * cells)
            sha256 = _native.write_part(
                path,
                ids[start:stop].tolist(),
                moments,
                self.panel.data[some],
                None if clean is None else clean[some],
                changed[start * n_steps : stop * n_steps],
            )
            windows = self.windows[owner_of_window.isin(set(ids[start:stop].tolist()))]
            accounts = self.accounts.iloc[start:stop]
            return Written(sha256, table_of("accounts", accounts), table_of("windows", windows))

        return write


def mask_from_bits(changed: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """``(…, n_metrics)`` bool from bytes whose bit ``m`` belongs to metric ``m``.

    Examples
    --------
    >>> mask_from_bits(np.array([5], np.uint8)).tolist()
    [[True, False, True, False]]
    """
    bits = np.unpackbits(changed[..., None], axis=-1, count=len(METRICS), bitorder="little")
    return bits.view(np.bool_)


def bits_from_mask(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The opposite of :func:`mask_from_bits`.

    Examples
    --------
    >>> bits_from_mask(np.array([[True, False, True, False]])).tolist()
    [5]
    """
    return np.packbits(mask, axis=-1, bitorder="little")[..., 0]


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
        mask=mask_from_bits(bits),
        clean=counts("clean_") if about["clean"] else None,
        spec=None if about["spec"] is None else SimulationSpec(**about["spec"]),
        first=about["first"],
    )
