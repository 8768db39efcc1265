"""Small long tables for the tests of reading."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import fakeengage as fe

HOUR = 3600
START = 1_709_251_200  # 2024-03-01T00:00:00Z


def healthy_frame(n_accounts: int = 3, n_hours: int = 30, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    hours = pd.date_range("2024-03-01", periods=n_hours, freq="h", tz="UTC")
    return pd.DataFrame(
        {
            "account_id": np.repeat([f"a{i}" for i in range(n_accounts)], n_hours),
            "timestamp": np.tile(hours, n_accounts),
            "views": rng.poisson(200, n_accounts * n_hours),
            "likes": rng.poisson(20, n_accounts * n_hours),
        }
    )


def assert_same_panel(left: fe.Panel, right: fe.Panel) -> None:
    assert list(left.account_ids) == list(right.account_ids)
    assert left.metrics == right.metrics
    assert left.cadence == right.cadence
    np.testing.assert_array_equal(left.starts, right.starts)
    np.testing.assert_array_equal(left.offsets, right.offsets)
    np.testing.assert_array_equal(left.data, right.data)
    assert list(left.status) == list(right.status)


def write_csv(path: Path, frame: pd.DataFrame, **options: Any) -> Path:
    frame = frame.assign(timestamp=frame["timestamp"].dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
    frame.to_csv(path, index=False, **options)
    return path


def likes_frame(account: str, likes: Iterable[float], seconds: Iterable[int] | None = None) -> pd.DataFrame:
    values = list(likes)
    when = list(seconds) if seconds is not None else [START + HOUR * h for h in range(len(values))]
    return pd.DataFrame({"account_id": account, "timestamp": when, "likes": values})


def wave(n: int) -> list[float]:
    """Counts that rise and fall, so that nobody takes them for a running total."""
    return [float(10 + (7 * i) % 13) for i in range(n)]
