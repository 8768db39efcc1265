"""Reading: every container of the long table, columns, labels and batches."""

from __future__ import annotations

import gzip
import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import fakeengage as fe
from broken_files import rows, table
from fakeengage.reading import InputError, read_batches, read_panel
from long_tables import assert_same_panel, healthy_frame, likes_frame, write_csv


def test_every_container_gives_the_same_panel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = healthy_frame()
    expected = read_panel(frame)
    assert expected.metrics == ("views", "likes")
    np.testing.assert_array_equal(expected.series("likes")[1], frame["likes"].to_numpy()[30:60])
    plain = write_csv(tmp_path / "a.csv", frame)
    packed = tmp_path / "b.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    bom = tmp_path / "c.csv"
    bom.write_bytes(b"\xef\xbb\xbf" + plain.read_bytes())
    frame.to_parquet(tmp_path / "d.parquet")
    folder = tmp_path / "parts"
    folder.mkdir()
    frame.iloc[:40].to_parquet(folder / "1.parquet")
    frame.iloc[40:].to_parquet(folder / "2.parquet")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(plain.read_bytes())))
    arrow = pa.Table.from_pandas(frame, preserve_index=False)
    sources = [
        plain,
        str(plain),
        packed,
        bom,
        write_csv(tmp_path / "e.csv", frame, sep=";"),
        write_csv(tmp_path / "f.tsv", frame, sep="\t"),
        tmp_path / "d.parquet",
        folder,
        "-",
        arrow,
        arrow.to_batches()[0],
        pl.from_pandas(frame),
        pl.from_pandas(frame).lazy(),
        frame.set_index(["account_id", "timestamp"]),
        frame.assign(account_id=frame["account_id"].astype("category")),
        frame.sample(frac=1, random_state=0).sort_values("account_id", kind="stable"),
    ]
    for source in sources:
        assert_same_panel(read_panel(source), expected)
    assert_same_panel(fe.Panel.from_frame(frame), expected)


def test_ids_keep_their_type_and_order(tmp_path: Path) -> None:
    path = tmp_path / "ids.csv"
    path.write_bytes(table(rows("12"), rows("7"), rows("-3")))
    ids = read_panel(path).account_ids
    assert ids.dtype == np.int64
    assert list(ids) == [12, 7, -3]
    path.write_bytes(table(rows("12"), rows("007"), rows("3")))
    assert list(read_panel(path).account_ids) == ["12", "007", "3"]
    frame = healthy_frame().assign(account_id=np.repeat([5, 3, 4], 30))
    assert list(read_panel(frame).account_ids) == [5, 3, 4]
    assert list(read_panel(frame.assign(account_id=frame["account_id"].astype(str))).account_ids) == [
        "5",
        "3",
        "4",
    ]
    holed = frame.assign(account_id=frame["account_id"].astype(float).mask(frame.index == 1))
    panel = read_panel(holed)
    assert panel.account_ids.dtype == np.int64
    assert list(panel.reading.rejected["line"]) == [2]


def test_labels_windows_and_owners_come_along() -> None:
    frame = healthy_frame().assign(
        label=["normal"] * 30 + ["normal"] * 10 + ["fake"] * 5 + ["normal"] * 15 + [None] * 30,
        window_start=[None] * 40 + ["2024-03-01T10:00:00Z"] * 5 + [None] * 45,
        window_end=[None] * 40 + ["2024-03-01T15:00:00Z"] * 5 + [None] * 45,
        owner_id=["x"] * 30 + [None] * 5 + ["y"] * 25 + [None] * 30,
    )
    panel = read_panel(frame)
    assert list(panel.is_fake) == [False, True, None]
    assert list(panel.owner_ids) == ["x", "y", None]
    assert panel.label_windows.astype(str).to_numpy().tolist() == [
        ["a1", "2024-03-01 10:00:00+00:00", "2024-03-01 15:00:00+00:00", "fake"]
    ]
    assert read_panel(healthy_frame()).is_fake is None


def test_columns_can_be_mapped() -> None:
    frame = healthy_frame().rename(columns={"account_id": "user", "views": "play count"})
    expected = read_panel(healthy_frame())
    for columns in ({"account_id": "user", "views": "play count"}, "account_id=user,views=play count"):
        assert_same_panel(read_panel(frame, columns=columns), expected)
    with pytest.raises(InputError, match="account_id=user"):
        read_panel(frame)
    with pytest.raises(InputError, match=r"no column 'usr'.*did you mean 'user'"):
        read_panel(frame, columns={"account_id": "usr"})
    with pytest.raises(InputError, match="'view' is not a column"):
        read_panel(frame, columns={"view": "play count"})


@pytest.mark.parametrize(
    "options",
    [
        {"timezone": "Europe/Atlantis"}, {"counts": "total"}, {"counts": {"stars": "auto"}}, {"gaps": "fill"},
        {"resample": "soon"}, {"cadence": "2 months"}, {"cadence": "0h"}, {"resample": "1h", "cadence": "1h"},
        {"resample": "1h", "from_events": True}, {"columns": "views"},
    ],
)  # fmt: skip
def test_options_are_checked(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        read_panel(healthy_frame(), **options)


def test_what_is_no_table_is_a_type_error() -> None:
    for source in (3, None, [1, 2], pd.Series([1])):
        with pytest.raises(TypeError, match="source"):
            read_panel(source)


def test_missing_paths_and_folders_are_explained(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        read_panel(tmp_path / "none.csv")
    with pytest.raises(InputError, match="without a Parquet file"):
        read_panel(tmp_path)


def test_an_empty_metric_is_absent_and_a_huge_count_is_counted() -> None:
    frame = healthy_frame().assign(comments=np.nan)
    panel = read_panel(frame)
    assert panel.metrics == ("views", "likes")
    assert_same_panel(panel, read_panel(healthy_frame()))
    assert any("comments" in note for note in panel.reading.notes)
    assert read_panel(likes_frame("a", [2.0**24 + 2, 1e15, 3])).reading.rounded == 2


@pytest.mark.parametrize("order", ["account", "time", "shuffled"])
@pytest.mark.parametrize("spill", [False, True])
def test_batches_hold_the_same_accounts_in_any_order(
    order: str, spill: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if spill:
        monkeypatch.setattr("fakeengage.reading.spill.MEMORY_BYTES", 1000)
        monkeypatch.setattr("fakeengage.reading.delimited.BLOCK_BYTES", 4096)
    frame = healthy_frame(23, 30)
    if order == "time":
        frame = frame.sort_values("timestamp", kind="stable")
    elif order == "shuffled":
        frame = frame.sample(frac=1, random_state=1)
    path = write_csv(tmp_path / "x.csv", frame)
    with path.open("a") as file:
        file.write("a3,oops,1,2\na3\n")
    whole = read_panel(path)
    parts = list(read_batches(path, batch=5))
    assert [len(p) for p in parts] == [5, 5, 5, 5, 3]
    assert [i for p in parts for i in p.account_ids] == list(whole.account_ids)
    np.testing.assert_array_equal(np.concatenate([p.data for p in parts]), whole.data)
    rejected = pd.concat([p.reading.rejected for p in parts]).sort_values("line")
    assert rejected.to_numpy().tolist() == whole.reading.rejected.to_numpy().tolist()
    assert sum(p.reading.n_rows for p in parts) == whole.reading.n_rows == 692


def test_batches_fail_at_the_call(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        read_batches(tmp_path / "none.csv")
    with pytest.raises(ValueError, match="batch"):
        read_batches(healthy_frame(), batch=0)


def test_the_report_is_plain_data() -> None:
    import json

    told = read_panel(healthy_frame()).reading.to_dict()
    assert json.loads(json.dumps(told)) == told
    assert told["cadence"] == "1 hour"


def test_frames_survive_the_round_trip() -> None:
    panel = read_panel(healthy_frame())
    assert_same_panel(read_panel(panel.to_frame()), panel)


@pytest.mark.parametrize(
    ("name", "n_accounts", "n_rows", "cadence", "metrics"),
    [
        ("nab_tweets.csv.gz", 10, 13_210, "1 hour", ("comments",)),
        ("reddit_top100.csv.gz", 1367, 12_683, "1 hour", ("likes", "comments")),
        ("starscout_fake_events.csv.gz", 189, 17_005, "1 hour", ("likes",)),
        ("starscout_monthly.csv.gz", 2279, 62_668, "1 month", ("likes",)),
        ("uci_news_facebook.csv.gz", 756, 36_288, "1 hour", ("shares",)),
        ("uk_petition_2024.csv.gz", 1, 258, "1 hour", ("likes",)),
        ("youtube_sakamichi.csv.gz", 6, 6553, "1 hour", ("views", "likes", "comments")),
    ],
)
def test_real_series(
    real_data: Callable[[str], Path],
    name: str,
    n_accounts: int,
    n_rows: int,
    cadence: str,
    metrics: tuple[str, ...],
) -> None:
    panel = read_panel(real_data(name))
    assert len(panel) == n_accounts
    assert panel.reading.n_rows == n_rows
    assert panel.reading.n_rejected == 0
    assert str(panel.cadence) == cadence
    assert panel.metrics == metrics
    assert set(panel.status) == {"ok"}
    assert set(panel.reading.counts.values()) == {"increments"}
    frame = pd.read_csv(real_data(name))
    total = frame[list(metrics)].to_numpy(float)
    np.testing.assert_allclose(np.nansum(panel.data, dtype=float), np.nansum(total))
    parts = list(read_batches(real_data(name), batch=100))
    np.testing.assert_array_equal(np.concatenate([p.data for p in parts]), panel.data)


def test_a_saved_data_set_brings_its_labels(tmp_path: Path) -> None:
    frame = healthy_frame(4, 30)
    (tmp_path / "series").mkdir()
    frame.iloc[:60].to_parquet(tmp_path / "series" / "part-00000.parquet")
    frame.iloc[60:].to_parquet(tmp_path / "series" / "part-00001.parquet")
    pd.DataFrame(
        {
            "account_id": ["a0", "a1", "a2", "a3"],
            "is_fake": [False, True, False, True],
            "owner_id": [None, "x", "x", None],
        }
    ).to_parquet(tmp_path / "accounts.parquet")
    moments = pd.to_datetime(["2024-03-01T05:00Z", "2024-03-01T09:00Z"])
    pd.DataFrame(
        {"account_id": ["a1", "a3"], "metric": "views", "start_time": moments, "end_time": moments}
    ).to_parquet(tmp_path / "windows.parquet")
    with pytest.raises(InputError, match="unfinished"):
        read_panel(tmp_path)
    (tmp_path / "dataset.json").write_text("{}")
    panel = read_panel(tmp_path)
    assert list(panel.is_fake) == [False, True, False, True]
    assert list(panel.owner_ids) == [None, "x", "x", None]
    assert panel.label_windows.astype(str).to_numpy().tolist() == [
        ["a1", "2024-03-01 05:00:00+00:00", "2024-03-01 05:00:00+00:00", "fake"],
        ["a3", "2024-03-01 09:00:00+00:00", "2024-03-01 09:00:00+00:00", "fake"],
    ]
    first, second = read_batches(tmp_path, batch=2)
    assert list(second.is_fake) == [False, True]
    assert list(first.label_windows["account_id"]) == ["a1"]
    (tmp_path / "accounts.parquet").unlink()
    with pytest.raises(InputError, match="labels"):
        read_panel(tmp_path)
