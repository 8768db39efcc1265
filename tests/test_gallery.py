"""The figures of a simulated platform: every profile, every attack, and what they say is in the data."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.dates import date2num
from matplotlib.image import imread
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.transforms import Bbox

import fakeengage as fe
from fakeengage.cli import main
from fakeengage.plots import RED, plot_attacks, plot_profiles, save, save_gallery, typical
from fakeengage.plots import gallery as gallery_module
from fakeengage.presets import PRESETS
from standin import HOSTILE

HOUR = 1 / 24


@pytest.fixture(scope="module")
def dataset() -> fe.Dataset:
    return fe.simulate(600, seed=5, keep_clean=True)


@pytest.fixture(scope="module")
def attacks(dataset: fe.Dataset) -> list[Axes]:
    return plot_attacks(dataset)


@pytest.fixture(scope="module")
def profiles(dataset: fe.Dataset) -> list[Axes]:
    return plot_profiles(dataset)


def titles(axes: list[Axes]) -> list[str]:
    return [ax.get_title(loc="left") for ax in axes]


def shown(dataset: fe.Dataset, ax: Axes) -> tuple[int, int]:
    """Account and metric that a panel says it shows."""
    name = ax.get_title(loc="right").split(",")[0]
    metric = ax.get_ylabel().split()[0]
    return dataset.panel.account_ids.tolist().index(name), dataset.panel.metrics.index(metric)


def line(ax: Axes, label: str) -> np.ndarray:
    return np.asarray(next(line for line in ax.lines if line.get_label() == label).get_ydata(), dtype=float)


def test_each_profile_has_a_panel_with_three_normal_accounts(
    dataset: fe.Dataset, profiles: list[Axes]
) -> None:
    assert len(profiles) == 7
    assert set(titles(profiles)) == set(dataset.accounts["profile"])
    views = dataset.panel.values[:, :, 0]
    for ax in profiles:
        assert ax.get_ylabel() == "views per hour"
        drawn = [line(ax, name) for name in ("a small account", "a middling one", "a large one")]
        found = [int(np.flatnonzero((views == values).all(axis=1))[0]) for values in drawn]
        assert set(dataset.accounts["profile"].iloc[found]) == {ax.get_title(loc="left")}
        assert not dataset.accounts["is_fake"].iloc[found].any()
        assert np.diff([values.mean() for values in drawn]).min() > 0


def test_daily_curves_are_means_over_accounts(dataset: fe.Dataset, profiles: list[Axes]) -> None:
    figure = profiles[0].get_figure()
    curves = [ax for ax in figure.axes if ax not in profiles]
    chosen = typical.normal_accounts(dataset, titles(profiles)[0])
    days = dataset.panel.values[:, :, 0][chosen].astype(float).reshape(len(chosen), 14, 24)
    share = days / days.mean(axis=(1, 2), keepdims=True)
    # The first of January 2024 is a Monday.
    free = np.isin(np.arange(14) % 7, (5, 6))
    np.testing.assert_allclose(line(curves[0], "weekdays"), share[:, ~free].mean(axis=(0, 1)), rtol=1e-9)
    np.testing.assert_allclose(line(curves[0], "weekends"), share[:, free].mean(axis=(0, 1)), rtol=1e-9)


def test_each_attack_has_a_panel_before_and_after(dataset: fe.Dataset, attacks: list[Axes]) -> None:
    assert titles(attacks) == list(fe.ATTACKS)
    assert dataset.clean is not None
    for ax in attacks:
        account, metric = shown(dataset, ax)
        assert dataset.accounts["attack"].iat[account] == ax.get_title(loc="left")
        np.testing.assert_array_equal(line(ax, "clean"), dataset.clean[account, :, metric])
        np.testing.assert_array_equal(line(ax, "attacked"), dataset.panel.block(account)[metric])
        np.testing.assert_array_less(0, np.abs(line(ax, "clean") - line(ax, "attacked")).sum())


def test_windows_and_changed_steps_are_those_of_the_data(dataset: fe.Dataset, attacks: list[Axes]) -> None:
    for ax in attacks:
        account, metric = shown(dataset, ax)
        table = dataset.windows
        here = table["account_id"] == dataset.panel.account_ids[account]
        here &= table["metric"] == dataset.panel.metrics[metric]
        starts, ends = (table.loc[here, name].dt.tz_localize(None) for name in ("start_time", "end_time"))
        red = [patch for patch in ax.patches if to_rgb(patch.get_facecolor()) == to_rgb(RED)]
        assert all(isinstance(patch, Rectangle) for patch in red)
        assert len(red) == len(starts) > 0
        np.testing.assert_allclose([patch.get_x() for patch in red], date2num(starts))
        np.testing.assert_allclose([patch.get_x() + patch.get_width() for patch in red], date2num(ends))
        (bars,) = ax.collections
        boxes = [path.get_extents() for path in bars.get_paths()]
        changed = np.flatnonzero(dataset.mask[account, :, metric])
        np.testing.assert_allclose([box.x0 for box in boxes], date2num(dataset.panel.timestamps[changed]))
        np.testing.assert_allclose([box.width for box in boxes], HOUR)


def test_likes_are_shown_where_likes_were_bought(attacks: list[Axes]) -> None:
    metrics = {ax.get_title(loc="left"): ax.get_ylabel().split()[0] for ax in attacks}
    assert metrics["like_only_inflation"] == "likes"
    assert {metric for attack, metric in metrics.items() if attack != "like_only_inflation"} == {"views"}


def test_what_stands_below_says_what_happened(dataset: fe.Dataset, attacks: list[Axes]) -> None:
    figure = attacks[0].get_figure()
    below = {ax.get_ylabel(): ax for ax in figure.axes if ax not in attacks}
    by_name = dict(zip(titles(attacks), attacks, strict=True))
    account, metric = shown(dataset, by_name["delivery_purge"])
    total = line(below["added\nso far"], below["added\nso far"].lines[0].get_label())
    injected = dataset.windows[
        (dataset.windows["account_id"] == dataset.panel.account_ids[account])
        & (dataset.windows["metric"] == dataset.panel.metrics[metric])
    ]["injected"].sum()
    assert total[-1] == pytest.approx(injected)
    assert np.diff(total).min() < 0 < np.diff(total).max()
    after, before = (np.asarray(curve.get_ydata()) for curve in below["likes per\n100 views"].lines)
    assert np.nanmax(after) > 1.5 * np.nanmax(before)


def test_members_of_the_cohort_and_nobody_else_are_drawn(dataset: fe.Dataset) -> None:
    cohorts = dataset.accounts["cohort_id"]
    account = typical.typical_fake(dataset, "lockstep_cohort")
    assert account is not None
    members = typical.cohort_members(dataset, account, 100)
    assert members
    assert {*members, account} == set(np.flatnonzero((cohorts == cohorts.iat[account]).to_numpy()))
    alone = typical.typical_fake(dataset, "single_spike")
    assert alone is not None
    assert typical.cohort_members(dataset, alone, 100) == []


@pytest.mark.parametrize("draw", [plot_profiles, plot_attacks])
def test_no_text_lies_on_another(draw, dataset: fe.Dataset) -> None:
    figure = draw(dataset)[0].get_figure()
    figure.draw_without_rendering()
    texts: list[Text] = [figure._suptitle, *figure.legends[0].get_texts()]
    for ax in figure.axes:
        texts += [ax._left_title, ax._right_title, ax.xaxis.label, ax.yaxis.label]
        for axis in (ax.xaxis, ax.yaxis):
            low, high = sorted(axis.get_view_interval())
            texts += [tick.label1 for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
    boxes = [
        (text.get_text(), text.get_window_extent())
        for text in texts
        if text.get_visible() and text.get_text()
    ]
    assert len(boxes) > 60
    for text, box in boxes:
        assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1 + 1, text
    # Letters do not fill their boxes: a pixel of overlap is none.
    overlaps = [
        (a, b)
        for (a, box), (b, other) in combinations(boxes, 2)
        if (common := Bbox.intersection(box, other)) is not None and min(common.width, common.height) > 1
    ]
    assert overlaps == []


@pytest.mark.parametrize("preset", PRESETS)
def test_gallery_of_every_preset(preset: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gallery_module, "N_ACCOUNTS", 300)
    spec = fe.SimulationSpec(preset=preset, length=24, fake_ratio=0, missing=0.5)
    files = save_gallery(spec, tmp_path)
    assert [path.name for path in files] == ["profiles.png", "attacks.png"]
    for path in files:
        height, width = imread(path).shape[:2]
        assert 1500 <= width <= 1700
        assert 1000 <= height <= 2200


def test_figures_do_not_depend_on_threads_or_on_what_is_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gallery_module, "N_ACCOUNTS", 200)
    spec = fe.SimulationSpec(seed=3)
    pages = []
    for name, asked, threads in (("a", spec, 1), ("b", replace(spec, length=48, fake_ratio=1.0), 2)):
        (tmp_path / name).mkdir()
        pages.append([path.read_bytes() for path in save_gallery(asked, tmp_path / name, threads=threads)])
    assert pages[0] == pages[1]


def test_command_writes_both_beside_a_whole_data_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(gallery_module, "N_ACCOUNTS", 200)
    words = ["simulate", "--n-users", "20", "--length", "24", "--fake-ratio", "0", "--out"]
    assert main([*words, str(tmp_path / "bare")]) == 0
    assert not list((tmp_path / "bare").glob("*.png"))
    assert main([*words, str(tmp_path / "drawn"), "--plot"]) == 0
    assert sorted(path.name for path in (tmp_path / "drawn").glob("*.png")) == ["attacks.png", "profiles.png"]
    assert len(fe.load_dataset(tmp_path / "drawn")) == 20
    capsys.readouterr()


def test_data_without_fakes_or_normals_leaves_panels_that_say_so() -> None:
    honest = fe.simulate(100, length=48, fake_ratio=0, keep_clean=True)
    assert all("no account with this attack" in ax.texts[0].get_text() for ax in plot_attacks(honest))
    crooked = fe.simulate(100, length=48, fake_ratio=1, keep_clean=True)
    assert all("no normal account" in ax.texts[0].get_text() for ax in plot_profiles(crooked))
    for axes in (plot_attacks(honest), plot_profiles(crooked)):
        axes[0].get_figure().draw_without_rendering()


def test_missing_readings_leave_gaps() -> None:
    gapped = fe.simulate(200, length=96, missing=0.4, keep_clean=True)
    for axes in (plot_attacks(gapped), plot_profiles(gapped)):
        axes[0].get_figure().draw_without_rendering()
    ax = plot_attacks(gapped)[0]
    account, metric = shown(gapped, ax)
    np.testing.assert_array_equal(line(ax, "attacked"), gapped.panel.block(account)[metric])
    assert np.isnan(line(ax, "attacked")).any()


def test_attacks_need_the_counts_before() -> None:
    with pytest.raises(ValueError, match="dataset: does not hold the counts before the attacks"):
        plot_attacks(fe.simulate(100, length=48))


def test_hostile_names_cannot_break_the_text(tmp_path: Path) -> None:
    preset = tmp_path / "$\\frac{1}$.yaml"
    preset.write_bytes((Path(fe.__file__).parent / "presets" / "published.yaml").read_bytes())
    data = fe.simulate(100, length=48, preset=str(preset), keep_clean=True)
    names = [*HOSTILE, "$\\frac{1}", "$a$ $b", "a\nb"]
    ids = np.array([f"{names[i % len(names)]} {i}" for i in range(100)], dtype=object)
    renamed = dict(zip(data.panel.account_ids, ids, strict=True))
    data.panel.account_ids[:] = ids
    for table in (data.accounts, data.windows):
        table["account_id"] = table["account_id"].map(renamed)
    for axes in (plot_attacks(data), plot_profiles(data)):
        assert all("\n" not in ax.get_title(loc="right") for ax in axes)
        save(axes[0], tmp_path / "page.png")
