"""Reading: every form of the long table, and every row accounted for."""

from __future__ import annotations

import gzip
import io
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import fakeengage as fe
from broken_files import BROKEN_FILES, BrokenFile, moment, rows, table
from fakeengage.panel import METRICS
from fakeengage.reading import InputError, read_batches, read_panel

HOUR = 3600
START = 1_709_251_200  # 2024-03-01T00:00:00Z


def _frame(n_accounts: int = 3, n_hours: int = 30, seed: int = 0) -> pd.DataFrame:
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


def _same(left: fe.Panel, right: fe.Panel) -> None:
    assert list(left.account_ids) == list(right.account_ids)
    assert left.metrics == right.metrics
    assert left.cadence == right.cadence
    np.testing.assert_array_equal(left.starts, right.starts)
    np.testing.assert_array_equal(left.offsets, right.offsets)
    np.testing.assert_array_equal(left.data, right.data)
    assert list(left.status) == list(right.status)


def _write(path: Path, frame: pd.DataFrame, **options: Any) -> Path:
    frame = frame.assign(timestamp=frame["timestamp"].dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
    frame.to_csv(path, index=False, **options)
    return path


def _series(account: str, likes: Iterable[float], seconds: Iterable[int] | None = None) -> pd.DataFrame:
    values = list(likes)
    when = list(seconds) if seconds is not None else [START + HOUR * h for h in range(len(values))]
    return pd.DataFrame({"account_id": account, "timestamp": when, "likes": values})


def _wave(n: int) -> list[float]:
    """Counts that rise and fall, so that nobody takes them for a running total."""
    return [float(10 + (7 * i) % 13) for i in range(n)]


def test_every_container_gives_the_same_panel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = _frame()
    expected = read_panel(frame)
    assert expected.metrics == ("views", "likes")
    np.testing.assert_array_equal(expected.series("likes")[1], frame["likes"].to_numpy()[30:60])
    plain = _write(tmp_path / "a.csv", frame)
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
        _write(tmp_path / "e.csv", frame, sep=";"),
        _write(tmp_path / "f.tsv", frame, sep="\t"),
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
        _same(read_panel(source), expected)
    _same(fe.Panel.from_frame(frame), expected)


def test_ids_keep_their_type_and_order(tmp_path: Path) -> None:
    path = tmp_path / "ids.csv"
    path.write_bytes(table(rows("12"), rows("7"), rows("-3")))
    ids = read_panel(path).account_ids
    assert ids.dtype == np.int64
    assert list(ids) == [12, 7, -3]
    path.write_bytes(table(rows("12"), rows("007"), rows("3")))
    assert list(read_panel(path).account_ids) == ["12", "007", "3"]
    frame = _frame().assign(account_id=np.repeat([5, 3, 4], 30))
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


@pytest.mark.parametrize("case", BROKEN_FILES, ids=lambda case: case.name)
def test_broken_files(case: BrokenFile, tmp_path: Path) -> None:
    path = tmp_path / f"input{case.suffix}"
    path.write_bytes(case.content)
    if case.exit_code == 2:
        with pytest.raises(InputError) as caught:
            read_panel(path, **case.options)
        text = str(caught.value)
        assert case.message in text
        assert "\n" not in text
        assert text.count(";") >= 1  # the remedy
        return
    panel = read_panel(path, **case.options)
    status = dict(zip(panel.account_ids, panel.status, strict=True))
    for account in case.survivors:
        assert status[account] == "ok"
    assert panel.reading is not None
    if case.rejected is not None:
        assert panel.reading.n_rejected == case.rejected, panel.reading.rejected
    if case.reason:
        assert panel.reading.rejected["reason"].str.contains(case.reason).any()


def _case(name: str) -> bytes:
    return next(case.content for case in BROKEN_FILES if case.name == name)


def test_broken_files_are_many() -> None:
    assert len(BROKEN_FILES) >= 25
    assert len({case.name for case in BROKEN_FILES}) == len(BROKEN_FILES)


def test_rejected_rows_name_line_account_column_value_reason(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(_case("ragged"))
    rejected = read_panel(path).reading.rejected
    assert list(rejected.columns) == ["line", "account_id", "column", "value", "reason"]
    assert list(rejected["line"]) == [32, 33]
    assert list(rejected["account_id"]) == ["good", "good"]
    assert rejected["value"].iloc[0] == "good,short"
    path.write_bytes(_case("text_in_count"))
    panel = read_panel(path)
    assert panel.reading.rejected.iloc[0].tolist() == [11, "good", "views", "lots", "not a number"]
    assert np.isnan(panel.series("views")[0][9])
    assert panel.series("likes")[0][9] == 5
    path.write_bytes(_case("open_quote"))
    panel = read_panel(path)
    assert list(panel.reading.rejected["line"]) == [32]
    assert list(panel.account_ids) == ["good", "fine"]
    assert np.isnan(panel.series("likes")[0][30])
    assert np.isfinite(panel.series("likes")[0][31:]).all()


def test_lines_count_on_behind_a_swallowed_quote(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    lines = rows("a", range(10))
    path.write_bytes(table([*lines[:3], '"a,oops', lines[3], 'b",more', *lines[4:], "a,bad,1,2"]))
    panel = read_panel(path)
    by_line = panel.reading.rejected.set_index("line")["reason"]
    assert set(by_line.index) == {5, 7, 14}
    assert by_line[14].startswith("not an ISO")


def test_an_account_seen_only_in_bad_rows_is_kept_as_unusable(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(table(rows("good"), ["lost,never,1,2", "gone,x"], rows("last")))
    panel = read_panel(path)
    assert list(panel.account_ids) == ["good", "lost", "gone", "last"]
    assert list(panel.status) == ["ok", "unusable", "unusable", "ok"]
    assert list(panel.lengths) == [60, 0, 0, 60]
    assert panel.reading.unusable_accounts == 2


def test_every_row_is_used_or_rejected_once(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(
        _case("one_irregular") + b"good,zzz,1,1\ngood,1\n" + b"\n".join(r.encode() for r in rows("good")[:5])
    )
    panel = read_panel(path)
    used = int((~np.isnan(np.concatenate(panel.series("views")))).sum())
    assert panel.reading.n_rows == used + panel.reading.n_rejected
    assert panel.reading.rejected["line"].is_unique
    assert dict(zip(panel.account_ids, panel.status, strict=True))["odd"] == "irregular_cadence"


def test_zones_and_epochs_meet_on_one_clock() -> None:
    utc = _series("a", _wave(30))
    stamps = pd.to_datetime(utc["timestamp"], unit="s")
    expected = read_panel(utc)
    forms = [
        stamps.dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
        stamps.dt.strftime("%Y-%m-%d %H:%M"),
        stamps.dt.strftime("%Y%m%dT%H%M%S"),
        stamps.dt.strftime("%Y-%m-%dT%H:%M:%S.000+00:00"),
        (stamps + pd.Timedelta("5h30min")).dt.strftime("%Y-%m-%dT%H:%M:%S+05:30"),
        stamps.dt.strftime("%Y-%m-%d %H:%M:%S UTC"),
        utc["timestamp"] * 1000,
        (utc["timestamp"] * 1000).astype(str),
        utc["timestamp"] * 1_000_000_000,
        utc["timestamp"] + 0.25,
        stamps,
        stamps.dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo"),
    ]
    for form in forms:
        _same(read_panel(utc.assign(timestamp=form)), expected)
    local = stamps.dt.tz_localize("UTC").dt.tz_convert("America/New_York")
    for form in (local.dt.tz_localize(None), local.dt.strftime("%Y-%m-%d %H:%M:%S")):
        _same(read_panel(utc.assign(timestamp=form), timezone="America/New_York"), expected)


def test_an_hour_that_summer_time_skips_is_rejected() -> None:
    frame = _series("a", _wave(30)).assign(
        timestamp=pd.date_range("2024-03-30T12:00", periods=30, freq="h").strftime("%Y-%m-%d %H:%M")
    )
    panel = read_panel(frame, timezone="Europe/Berlin")
    assert list(panel.reading.rejected["value"]) == ["2024-03-31 02:00"]
    assert panel.lengths[0] == 29


@pytest.mark.parametrize(
    ("step", "text"),
    [
        (60, "1 minute"),
        (300, "5 minutes"),
        (5400, "90 minutes"),
        (3600, "1 hour"),
        (86_400, "1 day"),
        (604_800, "1 week"),
    ],
)
def test_cadence_is_found(step: int, text: str) -> None:
    panel = read_panel(
        _series(
            "a", _wave(40), [START + 120 + step * i for i in range(40) if i != 7] + [START + 120 + step * 40]
        )
    )
    assert str(panel.cadence) == text
    assert panel.lengths[0] == 41
    assert np.isnan(panel.series("likes")[0][7])
    assert panel.timestamps[0] == np.datetime64(START + 120, "s")


@pytest.mark.parametrize(
    "moments",
    [
        pd.date_range("2020-01-01", periods=40, freq="MS"),
        pd.date_range("2020-01-31", periods=40, freq="ME"),
        pd.date_range("2020-01-15", periods=40, freq="MS") + pd.Timedelta(days=14),
        pd.date_range("2020-01-01", periods=40, freq="MS", tz="Europe/Berlin"),
        pd.date_range("2020-01-01", periods=40, freq="MS", tz="America/New_York"),
    ],
)
def test_months_are_calendar_months(moments: pd.DatetimeIndex) -> None:
    panel = read_panel(pd.DataFrame({"account_id": 1, "timestamp": moments, "likes": _wave(40)}))
    assert str(panel.cadence) == "1 month"
    assert panel.lengths[0] == 40
    np.testing.assert_array_equal(panel.series("likes")[0], _wave(40))
    assert panel.timestamps[0] == np.datetime64(moments[0].strftime("%Y-%m"), "s")


def test_four_weeks_are_not_a_month() -> None:
    moments = pd.date_range("2020-01-01", periods=30, freq="28D")
    panel = read_panel(pd.DataFrame({"account_id": 1, "timestamp": moments, "likes": _wave(30)}))
    assert panel.cadence.minutes == 40_320


def test_jitter_is_rounded_and_told() -> None:
    rng = np.random.default_rng(1)
    seconds = START + 5 * 60 + HOUR * np.arange(200) + rng.integers(-40, 40, 200)
    panel = read_panel(_series("a", _wave(200), seconds))
    assert str(panel.cadence) == "1 hour"
    assert panel.lengths[0] == 200
    assert any("seconds beside the clock" in note for note in panel.reading.notes)


def test_a_stray_reading_is_rejected_and_its_account_stays() -> None:
    frame = pd.concat(
        [_series("a", _wave(100)), _series("a", [5], [START + 50 * HOUR + 1020]), _series("b", _wave(100))]
    )
    panel = read_panel(frame)
    assert list(panel.status) == ["ok", "ok"]
    assert list(panel.reading.rejected["reason"]) == ["off the cadence of 1 hour"]


def test_accounts_off_the_cadence_are_named() -> None:
    daily = _series("daily", range(20), [START + 86_400 * d for d in range(20)])
    fine = _series("fine", _wave(400), [START + 300 * i for i in range(400)])
    hourly = [_series(f"h{i}", _wave(100)) for i in range(20)]
    late = _series("late", _wave(100), [START + 1020 + HOUR * h for h in range(100)])
    panel = read_panel(pd.concat([daily, fine, late, *hourly]))
    assert str(panel.cadence) == "1 hour"
    assert list(panel.status[:3]) == ["irregular_cadence", "irregular_cadence", "ok"]
    assert panel.reading.irregular_accounts == 2
    assert list(panel.lengths[:4]) == [0, 0, 100, 100]
    assert panel.reading.n_rejected == 420
    assert any("another minute" in note for note in panel.reading.notes)


def test_gaps_are_missing_or_zero() -> None:
    frame = _series("a", [5, 6, 7, 8], [START, START + HOUR, START + 2 * HOUR, START + 6 * HOUR])
    missing = read_panel(frame)
    np.testing.assert_array_equal(missing.series("likes")[0], [5, 6, 7, np.nan, np.nan, np.nan, 8])
    assert missing.reading.missing_steps == 3
    zero = read_panel(frame, gaps="zero")
    np.testing.assert_array_equal(zero.series("likes")[0], [5, 6, 7, 0, 0, 0, 8])
    assert zero.reading.filled_steps == 3


def test_of_duplicates_the_last_line_stays() -> None:
    frame = pd.concat([_series("a", _wave(30)), _series("a", [99], [START + 3 * HOUR])])
    panel = read_panel(frame)
    assert panel.series("likes")[0][3] == 99
    assert panel.reading.duplicates == 1
    assert panel.reading.rejected[["line", "reason"]].to_numpy().tolist() == [
        [4, "replaced by line 31 (same account and step)"]
    ]


def test_running_totals_become_increments() -> None:
    rng = np.random.default_rng(3)
    parts, truth = [], []
    for i in range(5):
        hourly = rng.poisson(30, 60)
        truth.append(hourly[1:])
        parts.append(_series(f"a{i}", 2**40 + np.cumsum(hourly)).assign(comments=rng.poisson(5, 60)))
    frame = pd.concat(parts)
    panel = read_panel(frame)
    assert panel.reading.counts == {"likes": "cumulative", "comments": "increments"}
    for i in range(5):
        series = panel.series("likes")[i]
        assert np.isnan(series[0])  # the comments of that hour are known, the likes are not
        np.testing.assert_array_equal(series[1:], truth[i])
    alone = read_panel(frame[["account_id", "timestamp", "likes"]])
    assert list(alone.lengths) == [59] * 5
    assert read_panel(frame, counts="increments").reading.rounded == 300
    assert read_panel(frame, counts={"comments": "cumulative"}).reading.counts["likes"] == "cumulative"


def test_an_increment_over_a_gap_is_nobodys() -> None:
    seconds = [START + HOUR * h for h in range(40) if h not in (10, 11)]
    frame = _series("a", [10.0 * h for h in range(40) if h not in (10, 11)], seconds)
    panel = read_panel(frame, counts="cumulative")
    assert np.isnan(panel.series("likes")[0][9:12]).all()
    assert panel.reading.increments_over_gaps == 1
    zero = read_panel(frame, counts="cumulative", gaps="zero")
    np.testing.assert_array_equal(zero.series("likes")[0][8:13], [10, 0, 0, 30, 10])


def test_few_readings_are_taken_as_increments() -> None:
    panel = read_panel(_series("a", np.cumsum(np.arange(20))))
    assert panel.reading.counts == {"likes": "increments"}
    assert any("too little to tell" in note for note in panel.reading.notes)


def test_resample_adds_up_or_interpolates() -> None:
    rng = np.random.default_rng(5)
    seconds = START + np.sort(rng.choice(48 * 60, 150, replace=False)) * 60
    increments = read_panel(_series("a", np.full(150, 2.0), seconds), resample="1h")
    assert np.nansum(increments.series("likes")[0]) == 300
    steady = read_panel(_series("a", (seconds - START) / 60, seconds), resample="1h")
    assert steady.reading.counts == {"likes": "cumulative"}
    series = steady.series("likes")[0]
    np.testing.assert_allclose(series[np.isfinite(series)], 60)
    assert steady.reading.interpolated == np.isfinite(series).sum() > 40


def test_events_are_counted_per_step() -> None:
    frame = pd.DataFrame(
        {
            "account_id": ["a"] * 6 + ["b"],
            "timestamp": [START + s for s in (5, 900, 3599, 3600, 10_900, 10_901, 70)],
            "action": ["like", "likes", "View", "like", "like", "poke", "comment"],
        }
    )
    panel = read_panel(frame, from_events=True)
    assert panel.metrics == ("views", "likes", "comments")
    np.testing.assert_array_equal(panel.block(0), [[1, 0, 0, 0], [2, 1, 0, 1], [0, 0, 0, 0]])
    np.testing.assert_array_equal(panel.block(1), [[0], [0], [1]])
    assert list(panel.reading.rejected["value"]) == ["poke"]
    likes = read_panel(frame.assign(likes=1).drop(columns="action"), from_events=True, cadence="2h")
    np.testing.assert_array_equal(likes.series("likes")[0], [4, 2])
    with pytest.raises(InputError, match="action=event_type"):
        read_panel(frame.rename(columns={"action": "event_type"}), from_events=True)


def test_labels_windows_and_owners_come_along() -> None:
    frame = _frame().assign(
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
    assert read_panel(_frame()).is_fake is None


def test_columns_can_be_mapped() -> None:
    frame = _frame().rename(columns={"account_id": "user", "views": "play count"})
    expected = read_panel(_frame())
    for columns in ({"account_id": "user", "views": "play count"}, "account_id=user,views=play count"):
        _same(read_panel(frame, columns=columns), expected)
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
        read_panel(_frame(), **options)


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
    frame = _frame().assign(comments=np.nan)
    panel = read_panel(frame)
    assert panel.metrics == ("views", "likes")
    _same(panel, read_panel(_frame()))
    assert any("comments" in note for note in panel.reading.notes)
    assert read_panel(_series("a", [2.0**24 + 2, 1e15, 3])).reading.rounded == 2


@pytest.mark.parametrize("order", ["account", "time", "shuffled"])
@pytest.mark.parametrize("spill", [False, True])
def test_batches_hold_the_same_accounts_in_any_order(
    order: str, spill: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if spill:
        monkeypatch.setattr("fakeengage.reading.spill.MEMORY_BYTES", 1000)
        monkeypatch.setattr("fakeengage.reading.delimited.BLOCK_BYTES", 4096)
    frame = _frame(23, 30)
    if order == "time":
        frame = frame.sort_values("timestamp", kind="stable")
    elif order == "shuffled":
        frame = frame.sample(frac=1, random_state=1)
    path = _write(tmp_path / "x.csv", frame)
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
        read_batches(_frame(), batch=0)


def test_the_report_is_plain_data() -> None:
    import json

    told = read_panel(_frame()).reading.to_dict()
    assert json.loads(json.dumps(told)) == told
    assert told["cadence"] == "1 hour"


def test_frames_survive_the_round_trip() -> None:
    panel = read_panel(_frame())
    _same(read_panel(panel.to_frame()), panel)


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


_CELL = st.one_of(
    st.integers(-(10**17), 10**17).map(str),
    st.floats().map(str),
    st.text(max_size=6),
    st.sampled_from(["", "NA", "inf", "5", "=1+1", '"', "1,5"]),
)
_MOMENT = st.one_of(
    st.integers(0, 200).map(moment),
    st.integers(-(10**13), 10**13).map(str),
    st.sampled_from(["", "now", "2024-02-30", "2024-03-01 05:00+02:00", "10000-01-01"]),
    st.text(max_size=8),
)
_ID = st.one_of(st.sampled_from(["a", "b", "7", "007", ""]), st.text(max_size=5))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    bad=st.lists(st.tuples(_ID, _MOMENT, _CELL, _CELL), max_size=8),
    glue=st.lists(st.text(max_size=30), max_size=3),
    quoted=st.booleans(),
)
def test_random_rows_never_cost_a_valid_account(
    tmp_path: Path, bad: list[tuple[str, str, str, str]], glue: list[str], quoted: bool
) -> None:
    lines = [
        ",".join('"' + c.replace('"', '""') + '"' for c in row) if quoted else ",".join(row) for row in bad
    ]
    text = table(rows("valid one"), lines, [g for g in glue if '"' not in g], rows("valid two"))
    path = tmp_path / "x.csv"
    try:
        path.write_bytes(text)
    except UnicodeEncodeError:
        return
    if b"\0" in text:
        with pytest.raises(InputError):
            read_panel(path)
        return
    panel = read_panel(path)
    status = dict(zip(map(str, panel.account_ids), panel.status, strict=True))
    assert status["valid one"] == "ok"
    assert all(m in METRICS for m in panel.metrics)


_FRAME_ID = st.one_of(st.none(), st.integers(-3, 3), st.text(max_size=3), st.floats())
_FRAME_MOMENT = st.one_of(
    st.none(), st.integers(-(2**62), 2**62), st.text(max_size=6), st.datetimes(), st.booleans()
)
_FRAME_COUNT = st.one_of(
    st.none(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=4),
    st.lists(st.integers(), max_size=1),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(_FRAME_ID, _FRAME_MOMENT, _FRAME_COUNT), max_size=6))
def test_random_frames_raise_only_explained_errors(records: list[tuple[Any, Any, Any]]) -> None:
    names = ("account_id", "timestamp", "likes")
    frame = pd.DataFrame(
        {name: pd.Series([record[i] for record in records], dtype=object) for i, name in enumerate(names)}
    )
    try:
        panel = read_panel(frame)
    except (InputError, TypeError):
        return
    assert panel.reading is not None
    assert panel.reading.n_rows == len(frame)
