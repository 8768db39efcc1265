"""Labels of simulated accounts as arrays of numbers; frames and tables are made from them when wanted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fakeengage import _native
from fakeengage.cadence import Cadence
from fakeengage.panel import METRICS

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


@lru_cache(maxsize=1)
def _names() -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Names by number; the last entry of scenarios and attacks stands for none (number -1)."""
    profiles, scenarios, attacks = _native.simulation_names()
    return (
        np.array(profiles, dtype=object),
        np.array([*scenarios, "none"], dtype=object),
        np.array([*attacks, None], dtype=object),
    )


def account_ids(start: int, stop: int) -> NDArray[Any]:
    """Ids of accounts by number, the same whatever the number of accounts.

    Examples
    --------
    >>> list(account_ids(7, 9))
    ['acc_000007', 'acc_000008']
    """
    return _native.ids("account", np.arange(start, stop, dtype=np.int64))


@dataclass(frozen=True)
class SimulatedLabels:
    """Labels and windows of neighbouring accounts of a spec.

    Parameters
    ----------
    first
        Number of the first account within the spec.
    start_step
        Number of the first step, counted from 1970-01-01T00:00 UTC.
    numbers
        One array per label, as the native engine gives them; -1 stands for none.
    """

    first: int
    start_step: int
    numbers: Mapping[str, NDArray[Any]]

    def __len__(self) -> int:
        return len(self.numbers["attack"])

    @property
    def n_fakes(self) -> int:
        """Number of fake accounts."""
        return int((self.numbers["attack"] >= 0).sum())

    @property
    def owner_ids(self) -> NDArray[Any] | None:
        """Owner of each account, None where it has none of note; None where no account has one."""
        owner = self.numbers["owner"]
        return _native.ids("owner", owner) if (owner >= 0).any() else None

    def _moments(self, column: str) -> NDArray[np.datetime64]:
        return Cadence().timestamps(self.numbers[column] + self.start_step).astype("datetime64[ms]")

    def accounts_frame(self) -> pd.DataFrame:
        """One row per account (see :class:`fakeengage.Dataset`)."""
        import pandas as pd

        profiles, scenarios, attacks = _names()
        numbers = self.numbers
        return pd.DataFrame(
            {
                "account_id": account_ids(self.first, self.first + len(self)),
                "profile": profiles[numbers["profile"]],
                "scenario": scenarios[numbers["scenario"]],
                "is_fake": numbers["attack"] >= 0,
                "attack": attacks[numbers["attack"]],
                "cohort_id": _native.ids("cohort", numbers["cohort"]),
                "cohort_size": numbers["cohort_size"],
                "intensity": numbers["intensity"],
                "world": numbers["world"],
                "owner_id": _native.ids("owner", numbers["owner"]),
            }
        )

    def windows_frame(self) -> pd.DataFrame:
        """One row per attacked metric and window (see :class:`fakeengage.Dataset`)."""
        import pandas as pd

        numbers = self.numbers
        attack = numbers["attack"][numbers["window_account"] - self.first]
        clock = {
            name: pd.DatetimeIndex(self._moments(column).astype("datetime64[s]")).tz_localize("UTC")
            for name, column in (("start_time", "window_start"), ("end_time", "window_end"))
        }
        return pd.DataFrame(
            {
                "account_id": _native.ids("account", numbers["window_account"]),
                "attack": _names()[2][attack],
                "metric": np.array(METRICS, dtype=object)[numbers["window_metric"]],
                "start": numbers["window_start"],
                "end": numbers["window_end"],
                "injected": numbers["window_injected"],
                **clock,
            }
        )

    def accounts_table(self) -> pa.Table:
        """:meth:`accounts_frame` as an Arrow table, without a Python object per account."""
        import pyarrow as pa

        profiles, scenarios, attacks = _names()
        numbers = self.numbers
        fakes = pa.Array.from_buffers(pa.bool_(), len(self), [None, _bits(numbers["attack"] >= 0)])
        return pa.table(
            {
                "account_id": _ids("account", np.arange(self.first, self.first + len(self))),
                "profile": _named(numbers["profile"], profiles),
                "scenario": _named(numbers["scenario"], scenarios),
                "is_fake": fakes,
                "attack": _named(numbers["attack"], attacks),
                "cohort_id": _ids("cohort", numbers["cohort"]),
                "cohort_size": _column(pa.int64(), numbers["cohort_size"]),
                "intensity": _column(pa.float64(), numbers["intensity"]),
                "world": _column(pa.int64(), numbers["world"]),
                "owner_id": _ids("owner", numbers["owner"]),
            }
        )

    def windows_table(self) -> pa.Table:
        """:meth:`windows_frame` as an Arrow table, without a Python object per window."""
        import pyarrow as pa

        numbers = self.numbers
        attack = numbers["attack"][numbers["window_account"] - self.first]
        whole, moment = pa.int64(), pa.timestamp("ms", tz="UTC")
        return pa.table(
            {
                "account_id": _ids("account", numbers["window_account"]),
                "attack": _named(attack, _names()[2]),
                "metric": _named(numbers["window_metric"], np.array(METRICS, dtype=object)),
                "start": _column(whole, numbers["window_start"]),
                "end": _column(whole, numbers["window_end"]),
                "injected": _column(pa.float64(), numbers["window_injected"]),
                "start_time": _column(moment, self._moments("window_start")),
                "end_time": _column(moment, self._moments("window_end")),
            }
        )


def _column(kind: pa.DataType, values: NDArray[Any], absent: NDArray[np.bool_] | None = None) -> pa.Array:
    """An array of Arrow over the memory of one of NumPy; NaN and `absent` entries are null.

    From buffers, because ``pyarrow.array`` imports pandas for every array of NumPy: half a second and
    40 MB for who only writes a folder.
    """
    import pyarrow as pa

    if absent is None and values.dtype.kind == "f":
        absent = np.isnan(values)
    valid = None if absent is None or not absent.any() else _bits(~absent)
    return pa.Array.from_buffers(kind, len(values), [valid, pa.py_buffer(np.ascontiguousarray(values))])


def _bits(flags: NDArray[np.bool_]) -> pa.Buffer:
    import pyarrow as pa

    return pa.py_buffer(np.packbits(flags, bitorder="little"))


def _ids(kind: str, numbers: NDArray[np.int64]) -> pa.Array:
    import pyarrow as pa

    ends, text = _native.id_buffers(kind, numbers)
    absent = numbers < 0
    valid = _bits(~absent) if absent.any() else None
    return pa.StringArray.from_buffers(len(numbers), pa.py_buffer(ends), pa.py_buffer(text), valid)


def _named(numbers: NDArray[np.int64], names: NDArray[Any]) -> pa.Array:
    """Names by number as dictionary entries; -1 is the last name, or null where that is None."""
    import pyarrow as pa

    place = np.where(numbers < 0, len(names) - 1, numbers).astype(np.int8)
    absent = place == len(names) - 1 if names[-1] is None else None
    known = [name.encode() for name in names.tolist() if name is not None]
    ends = np.cumsum([0, *map(len, known)], dtype=np.int32)
    texts = pa.StringArray.from_buffers(len(known), pa.py_buffer(ends), pa.py_buffer(b"".join(known)))
    return pa.DictionaryArray.from_arrays(_column(pa.int8(), place, absent), texts)
