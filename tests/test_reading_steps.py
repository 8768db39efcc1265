"""Reading: moments become steps of one clock, readings become counts per step."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from fakeengage.reading import InputError, read_panel
from long_tables import HOUR, START, assert_same_panel, likes_frame, wave


def test_zones_and_epochs_meet_on_one_clock() -> None:
    utc = likes_frame("a", wave(30))
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
        assert_same_panel(read_panel(utc.assign(timestamp=form)), expected)
    local = stamps.dt.tz_localize("UTC").dt.tz_convert("America/New_York")
    for form in (local.dt.tz_localize(None), local.dt.strftime("%Y-%m-%d %H:%M:%S")):
        assert_same_panel(read_panel(utc.assign(timestamp=form), timezone="America/New_York"), expected)


def test_an_hour_that_summer_time_skips_is_rejected() -> None:
    frame = likes_frame("a", wave(30)).assign(
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
        likes_frame(
            "a", wave(40), [START + 120 + step * i for i in range(40) if i != 7] + [START + 120 + step * 40]
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
    panel = read_panel(pd.DataFrame({"account_id": 1, "timestamp": moments, "likes": wave(40)}))
    assert str(panel.cadence) == "1 month"
    assert panel.lengths[0] == 40
    np.testing.assert_array_equal(panel.series("likes")[0], wave(40))
    assert panel.timestamps[0] == np.datetime64(moments[0].strftime("%Y-%m"), "s")


def test_four_weeks_are_not_a_month() -> None:
    moments = pd.date_range("2020-01-01", periods=30, freq="28D")
    panel = read_panel(pd.DataFrame({"account_id": 1, "timestamp": moments, "likes": wave(30)}))
    assert panel.cadence.minutes == 40_320


@pytest.mark.parametrize(("step", "minutes"), [(HOUR, 0.6), (HOUR, 2.5), (24 * HOUR, 40), (600, 0.3)])
def test_jitter_is_rounded_and_told(step: int, minutes: float) -> None:
    rng = np.random.default_rng(1)
    parts = []
    for i in range(4):
        jitter = np.rint(60 * rng.uniform(-minutes, minutes, 200)).astype(int)
        parts.append(likes_frame(f"a{i}", wave(200), START + 7 * step // 8 + step * np.arange(200) + jitter))
    panel = read_panel(pd.concat(parts))
    assert panel.cadence.minutes == step // 60
    assert list(panel.lengths) == [200] * 4
    assert panel.reading.n_rejected == 0
    assert any("seconds beside the clock" in note for note in panel.reading.notes)


def test_a_stray_reading_is_rejected_and_its_account_stays() -> None:
    frame = pd.concat(
        [
            likes_frame("a", wave(100)),
            likes_frame("a", [5], [START + 50 * HOUR + 1020]),
            likes_frame("b", wave(100)),
        ]
    )
    panel = read_panel(frame)
    assert list(panel.status) == ["ok", "ok"]
    assert list(panel.reading.rejected["reason"]) == ["off the cadence of 1 hour"]


def test_accounts_off_the_cadence_are_named() -> None:
    daily = likes_frame("daily", range(20), [START + 86_400 * d for d in range(20)])
    fine = likes_frame("fine", wave(400), [START + 300 * i for i in range(400)])
    hourly = [likes_frame(f"h{i}", wave(100)) for i in range(20)]
    late = likes_frame("late", wave(100), [START + 1020 + HOUR * h for h in range(100)])
    panel = read_panel(pd.concat([daily, fine, late, *hourly]))
    assert str(panel.cadence) == "1 hour"
    assert list(panel.status[:3]) == ["irregular_cadence", "irregular_cadence", "ok"]
    assert panel.reading.irregular_accounts == 2
    assert list(panel.lengths[:4]) == [0, 0, 100, 100]
    assert panel.reading.n_rejected == 420
    assert any("another minute" in note for note in panel.reading.notes)


def test_gaps_are_missing_or_zero() -> None:
    frame = likes_frame("a", [5, 6, 7, 8], [START, START + HOUR, START + 2 * HOUR, START + 6 * HOUR])
    missing = read_panel(frame)
    np.testing.assert_array_equal(missing.series("likes")[0], [5, 6, 7, np.nan, np.nan, np.nan, 8])
    assert missing.reading.missing_steps == 3
    zero = read_panel(frame, gaps="zero")
    np.testing.assert_array_equal(zero.series("likes")[0], [5, 6, 7, 0, 0, 0, 8])
    assert zero.reading.filled_steps == 3


def test_of_duplicates_the_last_line_stays() -> None:
    frame = pd.concat([likes_frame("a", wave(30)), likes_frame("a", [99], [START + 3 * HOUR])])
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
        parts.append(likes_frame(f"a{i}", 2**40 + np.cumsum(hourly)).assign(comments=rng.poisson(5, 60)))
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
    frame = likes_frame("a", [10.0 * h for h in range(40) if h not in (10, 11)], seconds)
    panel = read_panel(frame, counts="cumulative")
    assert np.isnan(panel.series("likes")[0][9:12]).all()
    assert panel.reading.increments_over_gaps == 1
    zero = read_panel(frame, counts="cumulative", gaps="zero")
    np.testing.assert_array_equal(zero.series("likes")[0][8:13], [10, 0, 0, 30, 10])


def test_few_readings_are_taken_as_increments() -> None:
    panel = read_panel(likes_frame("a", np.cumsum(np.arange(20))))
    assert panel.reading.counts == {"likes": "increments"}
    assert any("too little to tell" in note for note in panel.reading.notes)


def test_resample_adds_up_or_interpolates() -> None:
    rng = np.random.default_rng(5)
    seconds = START + np.sort(rng.choice(48 * 60, 150, replace=False)) * 60
    increments = read_panel(likes_frame("a", np.full(150, 2.0), seconds), resample="1h")
    assert np.nansum(increments.series("likes")[0]) == 300
    steady = read_panel(likes_frame("a", (seconds - START) / 60, seconds), resample="1h")
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
