"""Labels of a saved data set, which lie beside its series."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fakeengage.panel import Panel
from fakeengage.reading.errors import InputError


def attach_labels(panel: Panel, folder: Path) -> None:
    """Give the panel the truth and the owners of the data set in `folder`, and its windows.

    Raises
    ------
    InputError
        If the tables of the data set are missing or damaged.
    """
    import pandas as pd

    try:
        accounts = pd.read_parquet(folder / "accounts.parquet").set_index("account_id")
        windows = pd.read_parquet(folder / "windows.parquet")
        accounts = accounts.reindex(panel.account_ids)
        panel.is_fake = _objects(accounts["is_fake"])
        if "owner_id" in accounts and accounts["owner_id"].notna().any():
            panel.owner_ids = _objects(accounts["owner_id"])
        windows = windows[windows["account_id"].isin(set(panel.account_ids.tolist()))]
        panel.label_windows = pd.DataFrame(
            {
                "account_id": windows["account_id"].to_numpy(),
                "start": pd.DatetimeIndex(pd.to_datetime(windows["start_time"], utc=True)),
                "end": pd.DatetimeIndex(pd.to_datetime(windows["end_time"], utc=True)),
                "label": "fake",
            }
        )
    except (OSError, KeyError, ValueError) as error:
        raise InputError(
            str(folder),
            f"the labels cannot be read ({error})",
            "simulate or download it again",
        ) from None


def _objects(column: object) -> NDArray[np.object_]:
    import pandas as pd

    series = pd.Series(column)
    out = series.to_numpy(dtype=object, copy=True)
    out[series.isna().to_numpy()] = None
    return out
