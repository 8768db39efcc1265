"""The heat map of what attacks do to features shows what the data set holds."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.transforms import Bbox

import fakeengage as fe
from fakeengage.features import BATCH_FAMILIES, FAMILIES, list_features
from fakeengage.plots import feature_gallery, save
from fakeengage.plots.feature_panels import SHOWN


@pytest.fixture(scope="module")
def dataset() -> fe.Dataset:
    return fe.simulate(300, length=200, seed=5, keep_clean=True)


@pytest.fixture(scope="module")
def ax(dataset: fe.Dataset) -> Axes:
    return feature_gallery(dataset)


def rows(ax: Axes) -> list[str]:
    return [label.get_text() for label in ax.get_yticklabels()]


def cells(ax: Axes) -> np.ndarray:
    return np.ma.filled(ax.images[0].get_array().astype(float), np.nan)


def test_features_shown_exist_and_stand_by_family(ax: Axes) -> None:
    families = {f.name: f.family for f in list_features(families=(*FAMILIES, *BATCH_FAMILIES))}
    assert set(SHOWN) <= set(families)
    assert sorted(rows(ax)) == sorted(SHOWN)
    order = [(*FAMILIES, *BATCH_FAMILIES).index(families[name]) for name in rows(ax)]
    assert order == sorted(order)
    named = [text.get_text() for text in ax.texts if text.get_fontweight() == "bold"]
    assert named == list(dict.fromkeys(families[name] for name in rows(ax)))


def test_cells_are_median_changes_of_the_same_accounts(dataset: fe.Dataset, ax: Axes) -> None:
    assert dataset.clean is not None
    panel = dataset.panel
    clean = fe.Panel.from_arrays(
        dataset.clean, metrics=panel.metrics, start=panel.timestamps[0], account_ids=panel.account_ids
    )
    after, before = fe.extract_features(panel), fe.extract_features(clean)
    for name in ("any__scan_up__1", "any__acf__lag1", "any_ratio__ratio_up__24"):
        usual = before[name].median()
        scale = 1.4826 * (before[name] - usual).abs().median()
        change = ((after[name] - before[name]) / scale).to_numpy()
        for column, attack in enumerate(fe.ATTACKS):
            here = (dataset.accounts["attack"] == attack).to_numpy()
            expected = np.nanmedian(change[here])
            assert cells(ax)[rows(ax).index(name), column] == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_attacks_are_named_with_their_accounts(dataset: fe.Dataset, ax: Axes) -> None:
    names = [label.get_text() for label in ax.get_xticklabels()]
    assert names == [f"{a} ({int((dataset.accounts['attack'] == a).sum())})" for a in fe.ATTACKS]
    title = ax.get_figure().get_suptitle()
    n_fakes = int(dataset.accounts["is_fake"].sum())
    assert title.endswith(f"300 accounts, {n_fakes} attacked, preset published, seed 5")


def test_chosen_features_of_other_owners_are_drawn(dataset: fe.Dataset) -> None:
    ax = feature_gallery(dataset, ["views__round_total__zeros", "likes__acf__day", "likes__acf__day"])
    assert rows(ax) == ["likes__acf__day", "views__round_total__zeros"]
    ax.get_figure().draw_without_rendering()


def test_no_text_lies_on_another(ax: Axes) -> None:
    figure = ax.get_figure()
    figure.draw_without_rendering()
    texts = [figure._suptitle, *ax.texts, *ax.get_xticklabels(), *ax.get_yticklabels()]
    # Names of attacks stand at a slant, so that their boxes overlap where they do not.
    upright = [t for t in texts if t.get_text() and t.get_rotation() == 0]
    boxes = [(t.get_text(), t.get_window_extent()) for t in upright]
    for text, box in boxes:
        assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1 + 1, text
    overlaps = [
        (a, b)
        for (a, box), (b, other) in combinations(boxes, 2)
        if (common := Bbox.intersection(box, other)) is not None and min(common.width, common.height) > 1
    ]
    assert overlaps == []


def test_an_attack_without_accounts_leaves_its_column_empty() -> None:
    honest = fe.simulate(40, length=96, fake_ratio=0, keep_clean=True)
    ax = feature_gallery(honest, ["any__scan_up__1"])
    assert np.isnan(cells(ax)).all()
    ax.get_figure().draw_without_rendering()


def test_gaps_and_a_single_metric_can_be_drawn() -> None:
    gapped = fe.simulate(100, length=96, missing=0.4, keep_clean=True)
    feature_gallery(gapped).get_figure().draw_without_rendering()


def test_what_cannot_be_drawn_is_said(dataset: fe.Dataset) -> None:
    with pytest.raises(ValueError, match="dataset: does not hold the counts before the attacks"):
        feature_gallery(fe.simulate(20, length=48))
    with pytest.raises(ValueError, match="features: 'any__scan_up' is not allowed"):
        feature_gallery(dataset, ["any__scan_up"])
    with pytest.raises(ValueError, match="features: an empty list is not allowed"):
        feature_gallery(dataset, [])


def test_the_figure_does_not_depend_on_threads(dataset: fe.Dataset, tmp_path) -> None:
    chosen = ["any__scan_up__1", "coordination__coincidence__top3"]
    pages = []
    for threads in (1, 2):
        path = save(feature_gallery(dataset, chosen, threads=threads), tmp_path / f"{threads}.png")
        pages.append(path.read_bytes())
    assert pages[0] == pages[1]
