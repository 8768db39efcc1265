"""Presets estimated from data: planted numbers come back, files are read again, errors say what to do."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fakeengage as fe
from fakeengage.cadence import Cadence
from fakeengage.cli import main
from fakeengage.presets import load_preset

PROFILES = ("regular", "impulsive", "dormant", "influencer", "new", "casual", "power")
PLANTED: dict[str, Any] = {
    **{f"profiles.{name}.views_median": 400.0 for name in PROFILES},
    **{f"profiles.{name}.views_log_sd": 0.8 for name in PROFILES},
    **{f"profiles.{name}.shape_{end}": 12.0 for name in PROFILES for end in ("low", "high")},
    **{f"profiles.{name}.idle_share_{end}": 0.15 for name in PROFILES for end in ("low", "high")},
    **{f"profiles.{name}.idle_run_hours": 6.0 for name in PROFILES},
    **{f"profiles.{name}.memory_sd": 0.35 for name in PROFILES},
    **{f"profiles.{name}.memory_rho": 0.7 for name in PROFILES},
    **{f"profiles.{name}.growth_{end}": 0.0 for name in PROFILES for end in ("low", "high")},
    **{f"profiles.{name}.bursts_per_week": 1.0 for name in PROFILES},
    **{f"profiles.{name}.burst_size": 3.0 for name in PROFILES},
    **{f"profiles.{name}.live_per_week": 0.0 for name in PROFILES},
    "organic.size": 1.0,
    "organic.burst_rate": 1.0,
    "organic.peak_hour": 9.0,
    "organic.day_depth": 0.8,
    "ratios.likes_median": 0.2,
    "ratios.comments_median": 0.03,
    "ratios.likes_log_sd": 0.5,
    "ratios.comments_log_sd": 0.4,
    "scenarios.share": 0.0,
}


def planted(n_users: int = 160, length: int = 288, **changes: Any) -> fe.Panel:
    return fe.simulate(n_users, length, fake_ratio=0, seed=5, overrides={**PLANTED, **changes}).panel


def only(panel: fe.Panel, *metrics: str) -> fe.Panel:
    kept = [panel.metrics.index(metric) for metric in metrics]
    start = panel.timestamps[0]
    return fe.Panel.from_arrays(panel.values[:, :, kept], metrics=metrics, start=start)


def mean_field(estimate: fe.PresetEstimate, name: str) -> float:
    """Geometric mean of a profile's field over the profiles in use."""
    laws = [law for law in estimate.fields["profiles"].values() if law["share"] > 0]
    return float(np.exp(np.mean([np.log(law[name]) for law in laws])))


@pytest.fixture(scope="module")
def estimate() -> fe.PresetEstimate:
    return fe.estimate_preset(planted(), rounds=5)


def test_planted_numbers_come_back(estimate: fe.PresetEstimate) -> None:
    fields = estimate.fields
    assert mean_field(estimate, "views_median") == pytest.approx(400, rel=0.3)
    shape = np.sqrt(mean_field(estimate, "shape_low") * mean_field(estimate, "shape_high"))
    assert shape == pytest.approx(12, rel=0.5)
    idle = (mean_field(estimate, "idle_share_low") + mean_field(estimate, "idle_share_high")) / 2
    assert idle == pytest.approx(0.15, abs=0.05)
    assert mean_field(estimate, "idle_run_hours") == pytest.approx(6, rel=0.4)
    assert mean_field(estimate, "memory_sd") == pytest.approx(0.35, abs=0.12)
    assert mean_field(estimate, "memory_rho") == pytest.approx(0.7, abs=0.15)
    assert mean_field(estimate, "day_depth") == pytest.approx(0.8, abs=0.15)
    assert fields["organic"]["peak_hour"] == pytest.approx(9, abs=1)
    assert fields["ratios"]["likes_median"] == pytest.approx(0.2, rel=0.15)
    assert fields["ratios"]["comments_median"] == pytest.approx(0.03, rel=0.15)
    assert fields["ratios"]["likes_log_sd"] == pytest.approx(0.5, abs=0.12)
    assert fields["single_posts"]["share"] == 0
    assert fields["scenarios"]["share"] < 0.1
    assert (estimate.length, estimate.start, estimate.missing) == (288, "2024-01-01T00:00", 0)


def test_simulated_accounts_have_the_statistics_of_the_data(estimate: fe.PresetEstimate) -> None:
    """Level, spread, silence and memory of accounts that the estimate has not seen."""
    real = planted()
    made = fe.simulate_alike(real, preset=estimate.base, overrides=estimate.overrides, seed=77)
    for look in (
        lambda x: np.median(np.log1p(x.mean(axis=1))),
        lambda x: np.log1p(x.mean(axis=1)).std(),
        lambda x: 2 * (x == 0).mean(),
        lambda x: np.mean([np.corrcoef(row[1:], row[:-1])[0, 1] for row in np.log1p(x)]),
    ):
        a, b = (float(look(np.asarray(panel.values)[:, :, 0])) for panel in (real, made))
        assert b == pytest.approx(a, abs=0.25)
    other = fe.simulate_alike(real, preset="published", seed=77)
    gap = np.log(np.median(other.values[:, :, 0]) / np.median(real.values[:, :, 0]))
    assert abs(gap) > 1  # the presets differ from these data: agreement above is no accident


def test_the_file_is_readable_and_gives_the_same_bytes(estimate: fe.PresetEstimate, tmp_path: Path) -> None:
    path = estimate.save(tmp_path / "mine.yaml")
    text = path.read_text(encoding="utf-8")
    assert "160 accounts\n# of 288 hours, metrics views, likes, comments, shares" in text
    assert all(f"# {sentence}" in text for sentence in estimate.sentences)
    assert "# views per hour of the median account; estimated" in text
    assert max(map(len, text.splitlines())) <= 140
    loaded = load_preset(path)
    assert loaded == estimate.fields
    spec = {"n_users": 40, "length": 72, "seed": 3}
    from_file = fe.simulate(preset=str(path), **spec)
    from_fields = fe.simulate(preset=estimate.base, overrides=estimate.overrides, **spec)
    assert from_file.panel.data.tobytes() == from_fields.panel.data.tobytes()
    with pytest.raises(ValueError, match=r"ends in \.yaml"):
        estimate.save(tmp_path / "mine.txt")


def test_every_field_of_a_preset_is_there_as_a_plain_number(estimate: fe.PresetEstimate) -> None:
    shipped = load_preset("realistic")
    for group in ("profiles", "organic", "ratios", "platform", "scenarios", "single_posts", "cohorts"):
        assert estimate.fields[group].keys() == shipped[group].keys()

    def leaves(tree: Any) -> list[Any]:
        return (
            [leaf for inner in tree.values() for leaf in leaves(inner)] if isinstance(tree, dict) else [tree]
        )

    rest = {name: value for name, value in estimate.fields.items() if name != "description"}
    assert all(isinstance(leaf, float) for leaf in leaves(rest))


@pytest.mark.parametrize(
    "metrics", [("views",), ("likes",), ("shares",), ("likes", "comments"), ("views", "shares")]
)
def test_any_metrics_will_do(metrics: tuple[str, ...]) -> None:
    panel = only(planted(60, 168), *metrics)
    estimate = fe.estimate_preset(panel, rounds=2)
    made = fe.simulate_alike(panel, preset=estimate.base, overrides=estimate.overrides, seed=9)
    assert made.metrics == metrics
    for metric in metrics:
        real, simulated = (np.median([s.mean() for s in side.series(metric)]) for side in (panel, made))
        assert np.log(simulated / real) == pytest.approx(0, abs=0.6)
    absent = [metric for metric in ("likes", "comments", "shares") if metric not in metrics]
    base = load_preset("realistic")["ratios"]
    for metric in absent:
        assert estimate.fields["ratios"][f"{metric}_median"] == base[f"{metric}_median"]["median"]
    words = " ".join(estimate.sentences)
    assert all(metric in words for metric in absent)


def test_lives_of_single_posts_are_found() -> None:
    posts = {"share": 1.0, "release": 0.3, "rise_hours": 4.0, "decay_hours": 10.0, "exponent_low": 1.2,
             "exponent_high": 1.6, "height": 8.0}  # fmt: skip
    changes = {f"single_posts.{name}": value for name, value in posts.items()}
    panel = planted(100, 120, **changes)
    estimate = fe.estimate_preset(panel, rounds=4)
    found = estimate.fields["single_posts"]
    assert found["share"] == 1
    assert found["release"] == pytest.approx(0.3, abs=0.12)
    assert found["rise_hours"] < 12
    assert 0.7 < (found["exponent_low"] + found["exponent_high"]) / 2 < 2.4
    assert any("single posts: 100 %" in sentence for sentence in estimate.sentences)


def test_frozen_counters_are_counted() -> None:
    weights = {f"scenarios.weights.{name}": 0 for name in load_preset("realistic")["scenarios"]["weights"]}
    lag = {**weights, "scenarios.weights.counter_lag": 1, "scenarios.share": 0.4}
    still = {f"profiles.{name}.idle_share_{end}": 0.0 for name in PROFILES for end in ("low", "high")}
    estimate = fe.estimate_preset(planted(200, 168, **lag, **still), rounds=0)
    # A quarter of the lagging accounts has no lag on views.
    assert estimate.fields["scenarios"]["share"] == pytest.approx(0.3, abs=0.1)
    assert estimate.fields["scenarios"]["weights"]["counter_lag"] > 0


def test_gaps_are_measured_and_kept() -> None:
    data = fe.simulate(60, 168, fake_ratio=0, seed=2, missing=0.2)
    estimate = fe.estimate_preset(data.panel, rounds=0)
    assert estimate.missing == pytest.approx(0.2, abs=0.04)
    made = fe.simulate_alike(data.panel, overrides=estimate.overrides)
    assert np.array_equal(np.isnan(made.data), np.isnan(data.panel.data))


def test_the_same_estimate_for_any_number_of_threads() -> None:
    panel = planted(30, 72)
    one, two = (fe.estimate_preset(panel, rounds=1, threads=threads) for threads in (1, 2))
    assert one.fields == two.fields


def test_alike_means_same_starts_lengths_and_hours() -> None:
    long = planted(30, 96)
    blocks = [long.block(i)[:, : 30 + 2 * i] for i in range(30)]
    lengths = [block.shape[1] for block in blocks]
    ragged = fe.Panel(
        np.concatenate([block.reshape(-1) for block in blocks]),
        np.concatenate([[0], np.cumsum(lengths)]),
        long.starts + 5 * np.arange(30),
        long.metrics,
        long.account_ids,
    )
    outage = {
        "organic.day_depth": 2.0,
        "organic.phase_sd_hours": 0.0,
        "profiles.regular.phase_jitter_hours": 0.0,
    }
    made = fe.simulate_alike(ragged, preset="published", overrides=outage, seed=1)
    assert np.array_equal(made.lengths, ragged.lengths)
    assert np.array_equal(made.starts, ragged.starts)
    # The daily curve stands on the clock, not on the age of the account: peak by day, trough by night.
    totals = np.zeros(24)
    for i in range(30):
        views = made.block(i)[0].astype(float)
        np.add.at(totals, (made.starts[i] + np.arange(len(views))) % 24, views / views.mean())
    assert totals[16:23].sum() > 2 * totals[4:11].sum()


@pytest.mark.parametrize(
    ("panel", "message"),
    [
        (fe.Panel.from_arrays(np.ones((3, 5, 1)), metrics=["likes"]), "5 hours; at least one needs 6"),
        (fe.Panel.from_arrays(np.zeros((3, 50, 1)), metrics=["likes"]), "every count is zero"),
        (fe.Panel.from_arrays(np.ones((0, 50, 1)), metrics=["likes"]), "holds no account"),
        (
            fe.Panel.from_arrays(np.ones((3, 50, 1)), metrics=["likes"], cadence=Cadence(15)),
            "steps of 15 minutes, but the simulator is hourly; read it with resample='1h'",
        ),
        (
            fe.Panel.from_arrays(np.ones((3, 50, 1)), metrics=["likes"], cadence=Cadence(None)),
            "steps of 1 month, but the simulator is hourly; give hourly counts",
        ),
    ],
)
def test_unusable_data_are_refused_in_words(panel: fe.Panel, message: str) -> None:
    with pytest.raises(ValueError) as error:
        fe.estimate_preset(panel)
    assert message in str(error.value)


@pytest.mark.parametrize(("rounds", "kind"), [(-1, ValueError), (2.5, TypeError), (True, TypeError)])
def test_bad_rounds_are_refused(rounds: Any, kind: type[Exception]) -> None:
    with pytest.raises(kind, match="rounds: "):
        fe.estimate_preset(planted(5, 24), rounds=rounds)


@pytest.mark.parametrize("count", [1.0, 1e6])
def test_flat_series_give_a_valid_preset(count: float) -> None:
    panel = fe.Panel.from_arrays(np.full((4, 80, 2), count), metrics=["views", "likes"])
    estimate = fe.estimate_preset(panel, rounds=1)
    assert len(fe.simulate(10, 30, overrides=estimate.overrides)) == 10


def test_command_writes_preset_and_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    only(planted(30, 72), "views", "likes").to_frame().to_csv(tmp_path / "mine.csv", index=False)
    out = tmp_path / "out"
    words = ["simulate", "--like", str(tmp_path / "mine.csv"), "--n-users", "40", "--out", str(out)]
    assert main([*words, "--seed", "4"]) == 0
    said = capsys.readouterr().out
    assert "likes per view: 0." in said
    assert "not in the data, so from the base preset: comments, shares" in said
    assert re.search(r"40 accounts of 72 hours, \d+ of them fake, estimated from \S+mine\.csv", said)
    made = fe.load_dataset(out)
    assert made.spec is not None
    assert (made.spec.preset, made.spec.start) == ("realistic", "2024-01-01")
    again = fe.simulate(40, 72, seed=4, preset=str(out / "preset.yaml"), start=made.spec.start)
    assert again.panel.data.tobytes() == made.panel.data.tobytes()
    # The folder stands alone: neither the preset file nor its old place is needed to load it.
    (out / "preset.yaml").unlink()
    moved = out.rename(tmp_path / "elsewhere")
    assert fe.load_dataset(moved).panel.data.tobytes() == made.panel.data.tobytes()
    assert main([*words, "--length", "48", "--start", "2023-05-01"]) == 0
    assert fe.load_dataset(out).spec.length == 48  # type: ignore[union-attr]


def test_command_refuses_other_cadences(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f"repo{k},2023-{month:02d}-01,{10 + month}" for k in range(3) for month in range(1, 13)]
    table = tmp_path / "monthly.csv"
    table.write_text("account_id,timestamp,likes\n" + "\n".join(rows) + "\n")
    assert main(["simulate", "--like", str(table), "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert "steps of 1 month, but the simulator is hourly" in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("name", "sign"),
    [
        ("youtube_sakamichi", "daily rhythm: depth"),
        ("reddit_top100", "growth: -"),
        ("uci_news_facebook", "single posts: 100 %"),
        ("uk_petition_2024", "hours without a reading"),
    ],
)
def test_real_series_give_a_preset(name: str, sign: str, real_data: Callable[[str], Path]) -> None:
    panel = fe.read_panel(real_data(f"{name}.csv.gz"))
    estimate = fe.estimate_preset(panel, rounds=0)
    assert any(sentence.startswith(sign) for sentence in estimate.sentences)
    # Where there are few accounts, each of them is imitated many times.
    many = panel.select(np.arange(60) % len(panel)) if len(panel) < 60 else panel
    made = fe.simulate_alike(many, preset=estimate.base, overrides=estimate.overrides, seed=1)
    means = ([np.nanmean(s) for s in side.series(panel.metrics[0])] for side in (many, made))
    real, simulated = (np.log1p(np.median(mean)) for mean in means)
    # Moments alone: calibration would be nearer, and take a minute.
    assert simulated == pytest.approx(real, abs=1.8)
    assert made.metrics == panel.metrics


@pytest.mark.parametrize("name", ["starscout_monthly"])
def test_other_cadences_name_the_remedy(name: str, real_data: Callable[[str], Path]) -> None:
    with pytest.raises(ValueError, match="the simulator is hourly; give hourly counts"):
        fe.estimate_preset(real_data(f"{name}.csv.gz"))
