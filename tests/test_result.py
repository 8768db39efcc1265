"""Result tables in memory and on disk."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from fakeengage.panel import Panel
from fakeengage.result import account_columns
from fakeengage.tables import plain, spreadsheet_safe, to_bytes
from standin import HOSTILE, make_result


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("@handle", "@handle"),
        ("-id", "-id"),
        ("+49 30 1234", "+49 30 1234"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-cmd|' /c calc", "'-cmd|' /c calc"),
        ("+Sheet!A1", "'+Sheet!A1"),
        ("a=(b)", "a=(b)"),
        ("", ""),
        (-3, -3),
    ],
)
def test_spreadsheets_run_no_cell(cell: object, written: object) -> None:
    assert spreadsheet_safe(cell) == written


def test_csv_has_every_account_once_in_order_and_no_formula(tmp_path) -> None:
    result = make_result(40)
    result.save(tmp_path)
    back = pd.read_csv(tmp_path / "accounts.csv", dtype={"account_id": str})
    assert list(back.columns) == account_columns(result.panel.metrics)
    written = [str(i) for i in result.accounts["account_id"]]
    assert list(back["account_id"]) == [spreadsheet_safe(i) for i in written]
    assert back["account_id"].iloc[2].startswith("'=")
    assert list(back["account_id"].iloc[3:5]) == ["@handle", "-id"]
    # pandas 2 reads the last bit of a decimal wrongly.
    np.testing.assert_allclose(back["score"], result.accounts["score"], rtol=1e-13)
    assert back["window_start"].dropna().str.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ").all()
    assert not back["window_start"].iloc[:8].isna().any()


@pytest.mark.parametrize("kind", ["json", "parquet"])
def test_json_and_parquet_are_exact(tmp_path, kind: str) -> None:
    result = make_result(30)
    result.save(tmp_path, kind)
    path = tmp_path / f"accounts.{kind}"
    if kind == "json":
        rows = json.loads(path.read_text())
        ids, scores = [r["account_id"] for r in rows], [r["score"] for r in rows]
        assert rows[0]["window_start"].endswith("Z")
        assert rows[-1]["window_start"] is None
        assert scores[-1] is None
    else:
        table = pd.read_parquet(path)
        ids, scores = list(table["account_id"]), list(table["score"])
        assert str(table["window_start"].dtype).endswith("UTC]")
    assert ids == list(result.accounts["account_id"])
    judged = result.accounts["score"].notna().to_numpy()
    assert [s for s, j in zip(scores, judged, strict=True) if j] == list(result.accounts["score"][judged])


def test_the_type_of_ids_is_kept(tmp_path) -> None:
    result = make_result(20)
    result.accounts["account_id"] = np.arange(20)
    assert to_bytes(result.accounts, "csv").splitlines()[1].startswith(b"0,")
    result.save(tmp_path, "parquet")
    assert pd.read_parquet(tmp_path / "accounts.parquet")["account_id"].dtype == np.int64
    assert json.loads(to_bytes(result.accounts, "json"))[3]["account_id"] == 3


def test_mixed_ids_are_written_as_text(tmp_path) -> None:
    result = make_result(20)
    result.accounts["account_id"] = pd.Series([1, "a"] * 10, dtype=object)
    result.save(tmp_path, "parquet")
    assert list(pd.read_parquet(tmp_path / "accounts.parquet")["account_id"][:2]) == ["1", "a"]


def test_columns_without_a_value_in_some_rows_are_written_to_parquet(tmp_path) -> None:
    result = make_result(20)
    result.accounts["attack"] = pd.Series([pd.NA, "drip_feed", None, float("nan")] * 5, dtype=object)
    result.save(tmp_path, "parquet")
    back = pd.read_parquet(tmp_path / "accounts.parquet")["attack"]
    assert list(back.isna()[:4]) == [True, False, True, True]
    assert back[1] == "drip_feed"


def test_summary_is_strict_json(tmp_path) -> None:
    result = make_result(20)
    result.summary |= {
        "nan": float("nan"),
        "scalar": np.float32(0.5),
        "array": np.array([1, 2]),
        "when": pd.Timestamp("2024-03-01", tz="UTC"),
        "never": pd.NaT,
        "frame": pd.DataFrame({"a": [1.5, np.nan]}),
        5: {"nested": (np.int64(3), None, pd.NA)},
    }
    result.save(tmp_path)
    back = json.loads((tmp_path / "summary.json").read_text(), parse_constant=lambda c: pytest.fail(c))
    assert back["nan"] is None
    assert back["scalar"] == 0.5
    assert back["when"] == "2024-03-01T00:00:00Z"
    assert back["never"] is None
    assert back["frame"] == [{"a": 1.5}, {"a": None}]
    assert back["5"] == {"nested": [3, None, None]}
    assert plain({1, 2}) == [1, 2]


def test_saving_twice_replaces_and_leaves_no_temporary_file(tmp_path) -> None:
    make_result(20, 2).save(tmp_path / "deep" / "folder")
    make_result(20, 0).save(tmp_path / "deep" / "folder")
    names = {p.name for p in (tmp_path / "deep" / "folder").iterdir()}
    assert names == {"accounts.csv", "windows.csv", "cohorts.csv", "rejected.csv", "summary.json"}
    assert not pd.read_csv(tmp_path / "deep" / "folder" / "accounts.csv")["flagged"].any()


def test_a_killed_write_leaves_the_old_file(tmp_path, monkeypatch) -> None:
    make_result(20, 2).save(tmp_path)
    before = (tmp_path / "accounts.csv").read_bytes()

    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("fakeengage.tables.os.replace", full_disk)
    with pytest.raises(OSError, match=r"accounts.csv: cannot be written \(No space left"):
        make_result(20, 0).save(tmp_path)
    assert (tmp_path / "accounts.csv").read_bytes() == before
    assert not list(tmp_path.glob(".*tmp"))


def test_out_that_is_a_file_and_unknown_format(tmp_path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(NotADirectoryError, match="is a file"):
        make_result(20).save(tmp_path / "file")
    with pytest.raises(NotADirectoryError, match="is a file or lies below one"):
        make_result(20).save(tmp_path / "file" / "below")
    with pytest.raises(ValueError, match="format: 'xml' is not known; one of csv, parquet, json"):
        make_result(20).save(tmp_path, "xml")


def test_hours() -> None:
    result = make_result(20)
    assert result.hours.shape == (20, 336)
    frame = result.hours_frame()
    assert list(frame.columns) == ["account_id", "timestamp", "score"]
    np.testing.assert_array_equal(frame["score"].to_numpy().reshape(20, 336), result.hours)
    panel = result.panel
    result.panel = Panel(
        panel.data, panel.offsets, panel.starts + np.arange(20), panel.metrics, panel.account_ids
    )
    with pytest.raises(ValueError, match="hours_frame"):
        _ = result.hours
    assert len(result.hours_frame()) == 20 * 336


def test_empty_tables_keep_their_header(tmp_path) -> None:
    make_result(12, 0, unjudged=12).save(tmp_path)
    assert (tmp_path / "windows.csv").read_text().startswith("account_id,start,end,metric,score")
    assert len(pd.read_csv(tmp_path / "accounts.csv")) == len(HOSTILE)
