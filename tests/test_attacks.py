"""Attacks put into existing series."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import fakeengage as fe
from fakeengage.attacks import COHORT_ATTACKS
from fakeengage.cadence import Cadence
from fakeengage.panel import Panel

HOURS = np.arange(336)


def organic(
    n: int = 6,
    scale: float = 300.0,
    metrics: tuple[str, ...] = ("views", "likes", "comments", "shares"),
    seed: int = 0,
) -> Panel:
    """Poisson counts around a daily curve."""
    rng = np.random.default_rng(seed)
    curve = 1 + 0.6 * np.sin(2 * np.pi * (HOURS - 14) / 24)
    ratio = {"views": 1.0, "likes": 0.08, "comments": 0.01, "shares": 0.015}
    rates = np.stack([scale * ratio[m] * curve for m in metrics], axis=1)
    counts = rng.poisson(np.broadcast_to(rates, (n, *rates.shape))).astype(float)
    return Panel.from_arrays(counts, [f"user{i}" for i in range(n)], metrics)


@pytest.mark.parametrize("attack", fe.ATTACKS)
def test_mask_windows_and_counts_agree(attack: str) -> None:
    panel = organic()
    made = fe.inject(panel, attack, seed=4)
    before, after = panel.values, made.panel.values
    assert np.array_equal(made.mask, before != after)
    assert made.mask.any(axis=(1, 2)).all()
    assert np.array_equal(after, np.round(after))
    assert (after >= before).all() or attack == "delivery_purge"
    assert set(made.windows.columns) == {"account_id", "attack", "metric", "start", "end", "injected"}
    stamps = pd.DatetimeIndex(panel.timestamps).tz_localize("UTC")
    covered = np.zeros_like(made.mask)
    for row in made.windows.itertuples():
        i, k = list(panel.account_ids).index(row.account_id), panel.metrics.index(row.metric)
        inside = np.asarray((stamps >= row.start) & (stamps < row.end))
        covered[i, inside, k] = True
        assert after[i, inside, k].sum() - before[i, inside, k].sum() == row.injected
    assert not (made.mask & ~covered).any()
    assert (~made.mask.any(axis=2)).sum(axis=1).min() >= 72
    again = fe.inject(panel, attack, seed=4, threads=3)
    assert np.array_equal(after, again.panel.values)
    assert not np.array_equal(after, fe.inject(panel, attack, seed=5).panel.values)
    assert list(made.panel.is_fake) == [True] * 6
    assert made.intensity.keys() == set(panel.account_ids)


def test_intensity_and_window_are_what_was_asked() -> None:
    panel = organic(scale=5000)
    made = fe.inject(
        panel, "single_spike", ["user2"], ("2024-01-05T06:00", "2024-01-05T12:00"), intensity=10, seed=1
    )
    assert not made.mask[[0, 1, 3, 4, 5]].any()
    steps = np.flatnonzero(made.mask[2, :, 0])
    assert steps.tolist() == list(range(102, 108))
    lift = made.panel.values[2, 102:108, 0].mean() / panel.values[2, 102:108, 0].mean()
    assert 7 < lift < 13
    drip = fe.inject(panel, "drip_feed", "user0", (48, 288), intensity=0.25, seed=2)
    added = drip.windows.loc[drip.windows["metric"] == "views", "injected"].sum()
    assert added / 240 / 5000 == pytest.approx(0.25, rel=0.15)
    assert drip.mask[0, :48].sum() == 0 == drip.mask[0, 288:].sum()


def test_time_zones_and_integers_name_the_same_window() -> None:
    panel = organic(1, scale=5000)
    made = [
        fe.inject(panel, "organic_mimicry", window=window, intensity=2, seed=0).panel.values
        for window in [
            (24, 72),
            ("2024-01-02", "2024-01-03T23:30"),
            (pd.Timestamp("2024-01-02T01:00", tz="Europe/Berlin"), np.datetime64("2024-01-04")),
        ]
    ]
    assert np.array_equal(made[0], made[1])
    assert np.array_equal(made[0], made[2])


@pytest.mark.parametrize("attack", sorted(COHORT_ATTACKS))
def test_cohorts_act_together(attack: str) -> None:
    panel = organic(8)
    masks = fe.inject(panel, attack, seed=3, intensity=3).mask.any(axis=2)
    hours = [np.flatnonzero(mask) for mask in masks]
    assert max(h[0] for h in hours) <= min(h[-1] for h in hours)
    # Accounts that start at different times still share the clock.
    frame = panel.to_frame()
    cut = (frame["account_id"] == "user0") & (frame["timestamp"] < pd.Timestamp("2024-01-04", tz="UTC"))
    ragged = Panel(
        np.concatenate([panel.block(0)[:, 72:].ravel(), panel.block(1).ravel()]),
        np.array([0, 264, 600]),
        np.array([panel.starts[0] + 72, panel.starts[1]]),
        panel.metrics,
        np.array(["user0", "user1"], dtype=object),
    )
    assert cut.sum() == 72
    made = fe.inject(ragged, attack, seed=3, intensity=3)
    hours = [np.flatnonzero(mask) for mask in made.mask.any(axis=2)]
    assert max(h[0] for h in hours) <= min(h[-1] for h in hours)


@pytest.mark.parametrize("metrics", [("likes",), ("views",), ("comments", "shares")])
@pytest.mark.parametrize("attack", fe.ATTACKS)
def test_any_subset_of_metrics(attack: str, metrics: tuple[str, ...]) -> None:
    panel = organic(2, metrics=metrics, scale=3000)
    if attack == "like_only_inflation" and metrics == ("views",):
        with pytest.raises(ValueError, match=r"like_only_inflation.*likes or comments.*only views"):
            fe.inject(panel, attack)
        return
    made = fe.inject(panel, attack, seed=1)
    assert made.mask.any(axis=(1, 2)).all()
    assert made.panel.metrics == metrics


@pytest.mark.parametrize("minutes", [1, 15, 360, 1440, None])
@pytest.mark.parametrize("attack", fe.ATTACKS)
def test_any_cadence(attack: str, minutes: int | None) -> None:
    rng = np.random.default_rng(1)
    panel = Panel.from_arrays(
        rng.poisson(40, (2, 60, 2)), metrics=["views", "likes"], cadence=Cadence(minutes)
    )
    made = fe.inject(panel, attack, seed=2)
    assert made.mask.any(axis=(1, 2)).all()
    assert (made.windows["end"] > made.windows["start"]).all()


def test_missing_readings_stay_missing() -> None:
    panel = organic(3)
    panel.data[::5] = np.nan
    panel.block(2)[:] = np.nan
    made = fe.inject(panel, "organic_mimicry", seed=1)
    assert np.array_equal(np.isnan(panel.data), np.isnan(made.panel.data))
    assert made.untouched == ("user2",)
    assert made.panel.is_fake is not None
    assert list(made.panel.is_fake) == [True, True, None]
    with pytest.raises(ValueError, match="none of the 1 chosen has a reading"):
        fe.inject(panel, "drip_feed", "user2")


def test_the_input_is_left_alone() -> None:
    panel = organic(2)
    before = panel.data.copy()
    made = fe.inject(panel, "wave_spam")
    assert np.array_equal(panel.data, before)
    assert panel.is_fake is None
    assert np.array_equal(made.clean.data, before)


def test_frames_with_labels_carry_the_windows() -> None:
    made = fe.inject(organic(3), "like_only_inflation", "user1", (100, 160), intensity=5, seed=2)
    frame = made.to_frame(labels=True)
    assert list(made.to_frame().columns) == [
        "account_id",
        "timestamp",
        "views",
        "likes",
        "comments",
        "shares",
    ]
    assert set(frame.loc[frame["account_id"] == "user1", "label"]) == {"fake"}
    assert frame.loc[frame["account_id"] != "user1", "label"].isna().all()
    marked = frame[frame["window_start"].notna()]
    assert len(marked) >= made.mask[1].any(axis=1).sum() >= 55
    assert (marked["timestamp"] >= marked["window_start"]).all()
    assert (marked["timestamp"] < marked["window_end"]).all()
    assert made.panel.label_windows is not None
    assert set(made.panel.label_windows["account_id"]) == {"user1"}


def test_tables_are_read_as_everywhere() -> None:
    frame = organic(3).to_frame()[["account_id", "timestamp", "likes", "views"]]
    made = fe.inject(frame.sample(frac=1, random_state=0), "boost_progressive", intensity=4, seed=2)
    assert isinstance(made.panel, Panel)
    assert made.panel.metrics == ("views", "likes")
    again = fe.Panel.from_frame(made.to_frame(labels=True))
    order = [list(again.account_ids).index(account) for account in made.panel.account_ids]
    assert np.array_equal(again.values[order], made.panel.values)
    assert again.is_fake is not None
    assert again.is_fake.tolist() == [True] * 3


def test_real_series_take_an_attack(real_data: Callable[[str], Path]) -> None:
    panel = fe.read_panel(real_data("youtube_sakamichi.csv.gz"))
    panel = panel.select(range(min(len(panel), 20)))
    made = fe.inject(panel, "single_spike", intensity=10, seed=1)
    assert np.array_equal(np.isnan(panel.data), np.isnan(made.panel.data))
    hit = [i for i, account in enumerate(panel.account_ids) if account in made.intensity]
    assert len(hit) >= 0.9 * len(panel)
    lifts = []
    for i in hit:
        steps = made.changed[len(panel.metrics) * panel.offsets[i] :][: panel.lengths[i]]
        if steps.any():
            lifts.append(made.panel.block(i)[0][steps].sum() / max(panel.block(i)[0][steps].sum(), 1))
    assert 4 < np.median(lifts) < 25


def test_laws_reach_the_engine() -> None:
    panel = organic(1, scale=2000)
    clipped = fe.inject(panel, "delivery_purge", seed=0, law={"corrections": "clipped"}).panel.values
    assert (clipped >= 0).all()
    with pytest.raises(ValueError, match="gain"):
        fe.inject(panel, "drip_feed", law={"gain": -1})
    halved = fe.inject(panel, "drip_feed", seed=0, law={"drip_feed": {"weights": [0, 1, 0, 0]}})
    assert {"likes"} == set(halved.windows["metric"])
    with pytest.raises(ValueError, match="law: unknown field"):
        fe.inject(panel, "drip_feed", law={"drip_feed": {"hour": [1, 2]}})
    with pytest.raises(ValueError, match="law: unknown field"):
        fe.inject(panel, "drip_feed", law={"gian": 1})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"attack": "drip"}, "attack: 'drip' is not known; did you mean 'drip_feed'"),
        ({"attack": 3}, "attack: 3 is not known; one of"),
        ({"accounts": "user9"}, "accounts: 'user9' is not in this panel; did you mean"),
        ({"accounts": []}, "accounts: is empty"),
        ({"window": ("2030-01-01", "2030-01-02")}, "window: .* lies outside .* the panel runs from"),
        ({"window": (50, 50)}, "window: 50 to 50 is empty"),
        ({"window": "2024-01-02"}, "a pair"),
        ({"window": ("soon", "later")}, "'soon' is not a moment"),
        ({"intensity": 1.0}, "intensity: 1.0 is not allowed; above 1"),
        ({"attack": "drip_feed", "intensity": 0}, "intensity: 0 is not allowed; above 0"),
        ({"intensity": float("nan")}, "intensity: nan"),
        ({"seed": -1}, "seed: -1"),
    ],
)
def test_errors_name_the_argument_and_the_remedy(options: dict[str, object], message: str) -> None:
    arguments = {"attack": "single_spike", **options}
    with pytest.raises(ValueError, match=message):
        fe.inject(organic(2), **arguments)  # type: ignore[arg-type]


def test_cohorts_need_shared_hours() -> None:
    panel = organic(2)
    apart = Panel(
        panel.data, panel.offsets, panel.starts + np.array([0, 5000]), panel.metrics, panel.account_ids
    )
    with pytest.raises(ValueError, match="share 0 steps"):
        fe.inject(apart, "lockstep_cohort")
    assert len(fe.inject(apart, "lockstep_cohort", "user0").intensity) == 1


def test_a_wrong_seed_type_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="seed"):
        fe.inject(organic(1), "drip_feed", seed=1.5)  # type: ignore[arg-type]
