"""Contributions add up to the score and are Shapley values; importances find what a detector lives on."""

from __future__ import annotations

import math
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier, IsolationForest
from sklearn.metrics import roc_auc_score

import fakeengage as fe
from fakeengage import plots
from fakeengage.explanation import grouped
from fakeengage.explanation.importance import _resamples, _weighted_auroc
from fakeengage.features import feature_matrix, list_features
from fakeengage.features.sources import column_sources, named_columns, with_summaries
from fakeengage.models.contributions import (
    Contributions,
    contributions_of,
    linear_contributions,
    mahalanobis_contributions,
)
from fakeengage.models.forest import ForestArrays

WIDTH = 4


@pytest.fixture(scope="module")
def data() -> fe.Dataset:
    return fe.simulate(n_users=240, length=168, seed=3, preset="blatant")


@pytest.fixture(scope="module")
def features(data: fe.Dataset) -> NDArray[np.float64]:
    # The fast expectation: what is tested here holds for any features.
    return feature_matrix(data.panel)


@pytest.fixture(scope="module")
def fake(data: fe.Dataset) -> NDArray[np.bool_]:
    return data.accounts.is_fake.to_numpy(dtype=bool)


@pytest.fixture(scope="module")
def boosting(data: fe.Dataset, features: NDArray[np.float64], fake: NDArray[np.bool_]) -> Any:
    detector = fe.models.GradientBoostingDetector(n_estimators=25, seed=1)
    return detector.fit_features(data.panel, features, fake)


@pytest.fixture(scope="module")
def isolation(data: fe.Dataset, features: NDArray[np.float64]) -> Any:
    detector = fe.models.IsolationForestDetector(n_estimators=25, seed=1)
    return detector.fit_features(data.panel, features)


@pytest.fixture(scope="module")
def bagging(data: fe.Dataset, features: NDArray[np.float64], fake: NDArray[np.bool_]) -> Any:
    detector = fe.models.RandomForestDetector(n_estimators=8, feature_set="summary", threads=1)
    return detector.fit_features(data.panel, features, fake)


@pytest.fixture(scope="module")
def linear(data: fe.Dataset, features: NDArray[np.float64], fake: NDArray[np.bool_]) -> Any:
    detector = fe.models.LogisticRegressionDetector(feature_set="evidence")
    return detector.fit_features(data.panel, features, fake)


def small_rows(n: int = 300) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(n, WIDTH))
    # Trees are grown on single precision.
    rows = rows.astype(np.float32).astype(np.float64)
    return rows, rows[:, 0] + rows[:, 1] * rows[:, 2] + 0.3 * rng.normal(size=n) > 0


def shapley(game: Any, width: int) -> NDArray[np.float64]:
    """Shapley values by their definition."""
    out = np.zeros(width)
    for j in range(width):
        others = [k for k in range(width) if k != j]
        for size in range(width):
            weight = math.factorial(size) * math.factorial(width - 1 - size) / math.factorial(width)
            for coalition in combinations(others, size):
                out[j] += weight * (game({*coalition, j}) - game(set(coalition)))
    return out


def test_contributions_to_boosting_are_shapley_values_of_scikit_learns_trees() -> None:
    rows, fake = small_rows()
    model = HistGradientBoostingClassifier(max_iter=4, max_leaf_nodes=6, random_state=0)
    model.fit(rows, fake)
    nodes_of = [predictor.nodes for (predictor,) in model._predictors]

    def mean(nodes: Any, k: int, row: NDArray[np.float64], known: set[int]) -> float:
        node = nodes[k]
        if node["is_leaf"]:
            return float(node["value"])
        left, right = int(node["left"]), int(node["right"])
        if node["feature_idx"] in known:
            goes_left = row[node["feature_idx"]] <= node["num_threshold"]
            return mean(nodes, left if goes_left else right, row, known)
        share = nodes[left]["count"] / node["count"]
        return share * mean(nodes, left, row, known) + (1 - share) * mean(nodes, right, row, known)

    forest = ForestArrays.from_boosting(model, WIDTH)
    values, base = forest.contributions(rows[:6])
    for row, found in zip(rows[:6], values, strict=True):
        wanted = shapley(lambda known, row=row: sum(mean(nodes, 0, row, known) for nodes in nodes_of), WIDTH)
        np.testing.assert_allclose(found, wanted, atol=1e-12)
    assert base == pytest.approx(sum(mean(nodes, 0, rows[0], set()) for nodes in nodes_of), abs=1e-12)


def test_base_of_an_isolation_forest_is_its_mean_over_the_accounts_of_each_tree() -> None:
    rows, _ = small_rows(64)
    model = IsolationForest(n_estimators=7, max_samples=64, random_state=0).fit(rows)
    forest = ForestArrays.from_isolation(model, WIDTH)
    # Without replacement every tree holds all 64 accounts, so its mean is over them.
    _, base = forest.contributions(rows)
    assert base == pytest.approx(forest.sum(rows).mean(), abs=1e-9)


@pytest.mark.parametrize("name", ["boosting", "isolation", "bagging", "linear"])
def test_contributions_add_up_to_the_score(
    name: str, request: pytest.FixtureRequest, data: fe.Dataset, features: NDArray[np.float64]
) -> None:
    detector = request.getfixturevalue(name)
    found = contributions_of(detector, data.panel, features)
    np.testing.assert_allclose(
        found.totals(), detector.score_features(data.panel, features), rtol=0, atol=1e-9
    )
    assert np.abs(found.values).max() > 0.001


def test_of_an_auditor_the_trees_are_explained(
    boosting: Any, data: fe.Dataset, features: NDArray[np.float64]
) -> None:
    # Its net reads the series and has no part in this.
    auditor = fe.models.Auditor.__new__(fe.models.Auditor)
    auditor.boosting, auditor.weights_ = boosting, np.array([1.0, 0.5, 0.2])
    found = contributions_of(auditor, data.panel, features)
    wanted = auditor.score_features(data.panel, features)
    np.testing.assert_allclose(found.totals(), wanted, rtol=0, atol=1e-9)
    assert np.abs(found.values).max() > 0.001


def test_contributions_do_not_depend_on_threads_or_company(
    boosting: Any, isolation: Any, linear: Any, data: fe.Dataset, features: NDArray[np.float64]
) -> None:
    for detector in (boosting, isolation, linear):
        all_at_once = contributions_of(detector, data.panel, features, threads=3).values
        backwards = contributions_of(detector, data.panel, features[::-1].copy(), threads=1).values
        alone = contributions_of(detector, data.panel, features[7:8], threads=1).values
        assert np.array_equal(all_at_once, backwards[::-1])
        assert np.array_equal(all_at_once[7:8], alone)


def test_a_missing_value_counts_as_the_ordinary_one(
    boosting: Any, data: fe.Dataset, features: NDArray[np.float64]
) -> None:
    position = {feature.name: k for k, feature in enumerate(list_features(data.panel.metrics))}
    own = [position[name] for name in boosting.columns_]
    row = np.repeat(features[data.accounts.is_fake.to_numpy(dtype=bool)][:1], 3, axis=0)
    row[:, own[::2]] = np.array(
        [boosting.preparation_.center[::2], [np.nan] * len(own[::2]), [np.inf] * len(own[::2])]
    )
    ordinary, missing, infinite = contributions_of(boosting, data.panel, row).values
    assert np.abs(ordinary).max() > 0
    np.testing.assert_array_equal(ordinary, missing)
    np.testing.assert_array_equal(ordinary, infinite)


def test_trees_without_covers_still_add_up(
    tmp_path: Any, isolation: Any, data: fe.Dataset, features: NDArray[np.float64]
) -> None:
    loaded = fe.load_model(isolation.save(tmp_path / "model"))
    assert np.array_equal(loaded.forest_.arrays["cover"], isolation.forest_.arrays["cover"])
    old = {name: values for name, values in isolation.forest_.arrays.items() if name != "cover"}
    loaded.forest_ = ForestArrays.from_arrays(old, len(loaded.columns_))
    found = contributions_of(loaded, data.panel, features)
    np.testing.assert_allclose(
        found.totals(), isolation.score_features(data.panel, features), rtol=0, atol=1e-9
    )


def test_covers_that_do_not_fit_are_refused() -> None:
    rows, fake = small_rows()
    model = HistGradientBoostingClassifier(max_iter=2, max_leaf_nodes=4).fit(rows, fake)
    forest = ForestArrays.from_boosting(model, WIDTH)
    for cover, message in ((-np.ones(1), "cover: has 1 values"), (None, "cover: -1 is not allowed")):
        given = -np.ones(len(forest.arrays["feature"])) if cover is None else cover
        broken = ForestArrays(forest.arrays | {"cover": given.astype(np.float32)}, WIDTH)
        with pytest.raises(ValueError, match=message):
            broken.contributions(rows)


def test_sums_of_scores_have_the_sums_of_their_contributions() -> None:
    a = Contributions(("x", "y"), np.array([[1.0, 2.0]]), 0.5, np.array([0.1, 0.2]))
    b = Contributions(("y", "z"), np.array([[10.0, 20.0]]), 1.0, np.array([0.2, 0.3]))
    both = a.plus(b.times(2.0).shifted(-3.0))
    assert both.names == ("x", "y", "z")
    np.testing.assert_array_equal(both.values, [[1.0, 22.0, 40.0]])
    np.testing.assert_array_equal(both.usual, [0.1, 0.2, 0.3])
    assert both.base == 0.5 + 2.0 - 3.0


def test_contributions_through_a_link_keep_shares_and_add_up() -> None:
    found = Contributions(("x", "y"), np.array([[1.0, 2.0], [1.0, -1.0]]), 0.5, np.zeros(2))
    through = found.through(math.exp, math.exp(0.5))
    np.testing.assert_allclose(through.totals(), np.exp(found.totals()))
    assert through.values[0, 1] == pytest.approx(2 * through.values[0, 0])
    # What cancels at the base still shows, at the link's slope there.
    assert through.values[1, 0] == pytest.approx(math.exp(0.5))


def test_linear_and_mahalanobis_parts_add_up() -> None:
    rng = np.random.default_rng(2)
    rows, center, weights = rng.normal(size=(9, 5)), rng.normal(size=5), rng.normal(size=5)
    parts = linear_contributions(rows, weights, center)
    np.testing.assert_allclose(parts.sum(axis=1) + weights @ center, rows @ weights)
    spread = rng.normal(size=(5, 5))
    precision = np.linalg.inv(spread @ spread.T + np.eye(5))
    deviations = rows - center
    wanted = np.einsum("ij,jk,ik->i", deviations, precision, deviations)
    np.testing.assert_allclose(mahalanobis_contributions(deviations, precision).sum(axis=1), wanted)


def test_a_detector_that_cannot_say_is_named(data: fe.Dataset, features: NDArray[np.float64]) -> None:
    with pytest.raises(TypeError, match="model: AutoencoderDetector does not say"):
        contributions_of(fe.models.AutoencoderDetector(), data.panel, features)
    with pytest.raises(ValueError, match="is not fitted"):
        contributions_of(fe.models.IsolationForestDetector(), data.panel, features)


def test_the_table_of_contributions_holds_what_the_detector_saw(
    boosting: Any, data: fe.Dataset, features: NDArray[np.float64]
) -> None:
    frame = fe.contributions(boosting, data.panel, features=features)
    names = {feature.name: k for k, feature in enumerate(list_features(data.panel.metrics))}
    assert list(frame.columns) == [
        *("account_id", "feature", "family", "metric", "value", "usual", "contribution"),
    ]
    sums = frame.groupby("account_id", sort=False)["contribution"].sum()
    scores = boosting.score_features(data.panel, features)
    base = scores[0] - sums.iloc[0]
    np.testing.assert_allclose(sums.to_numpy() + base, scores, rtol=0, atol=1e-9)
    mine = frame[frame.account_id == data.panel.account_ids[5]]
    assert mine.contribution.abs().is_monotonic_decreasing
    for row in mine.head(20).itertuples():
        value = features[5, names[row.feature]]
        assert row.value == value or (np.isnan(row.value) and np.isnan(value))
        if row.feature.startswith("any__") and value == value:
            measured = row.feature.removeprefix("any")
            own = {m: features[5, names[m + measured]] for m in data.panel.metrics}
            assert own[row.metric] == max(own.values())
    top = fe.contributions(boosting, data.panel, features=features, top=2)
    pd.testing.assert_frame_equal(
        top[top.account_id == mine.account_id.iloc[0]].reset_index(drop=True),
        mine.head(2).reset_index(drop=True),
    )
    for by in ("family", "metric"):
        pd.testing.assert_series_equal(
            grouped(frame, by).groupby("account_id", sort=False)["contribution"].sum(), sums
        )
    with pytest.raises(ValueError, match="top: 0 is not allowed"):
        fe.contributions(boosting, data.panel, features=features, top=0)
    with pytest.raises(ValueError, match="by: 'owner' is not allowed"):
        grouped(frame, "owner")


def test_summaries_follow_from_the_columns_they_sum_up(
    data: fe.Dataset, features: NDArray[np.float64]
) -> None:
    np.testing.assert_allclose(with_summaries(data.panel.metrics, features), features, rtol=1e-12)
    changed = features.copy()
    names = [feature.name for feature in list_features(data.panel.metrics)]
    changed[:, names.index("likes__scan_up__6")] = 1e6
    again = with_summaries(data.panel.metrics, changed)
    assert (again[:, names.index("any__scan_up__6")] == 1e6).all()
    assert (again[:, names.index("mean__scan_up__6")] > 1e5).all()
    codes, sources = column_sources(data.panel.metrics, changed, ["any__scan_up__6", "mean__scan_up__6"])
    assert {sources[code] for code in codes[:, 0]} == {"likes"}
    assert {sources[code] for code in codes[:, 1]} == {"metrics"}


def test_columns_of_metrics_that_a_panel_lacks_are_unknown(data: fe.Dataset) -> None:
    likes = fe.Panel.from_arrays(data.panel.values[:3, :, 1:2], metrics=["likes"])
    names = ["shares__scan_up__6", "likes__scan_up__6", "shares_per_views__ratio_up__5"]
    matrix = feature_matrix(likes)
    codes, sources = column_sources(likes.metrics, matrix, names)
    assert [sources[code] for code in codes[0]] == ["shares", "likes", "shares_per_views"]
    assert np.isnan(named_columns(likes.metrics, matrix, names)).tolist() == [[True, False, True]] * 3


def test_one_metric_alone_stands_behind_all_its_summaries(data: fe.Dataset) -> None:
    likes = fe.Panel.from_arrays(data.panel.values[:3, :, 1:2], metrics=["likes"])
    names = [feature.name for feature in list_features(likes.metrics)]
    codes, sources = column_sources(likes.metrics, feature_matrix(likes), names)
    owners = {name.partition("__")[0]: sources[codes[0, k]] for k, name in enumerate(names)}
    assert owners["any"] == owners["likes"] == "likes"
    assert owners["any_ratio"] == "ratios"


def test_weighted_auroc_is_that_of_scikit_learn_ties_included() -> None:
    rng = np.random.default_rng(4)
    fake = rng.random(200) < 0.3
    scores = np.round(rng.normal(size=200) + fake, 1)
    weights = _resamples(fake, 5, rng)
    found = _weighted_auroc(fake, scores, weights)
    for row, value in zip(weights, found, strict=True):
        assert value == pytest.approx(roc_auc_score(fake, scores, sample_weight=row), abs=1e-12)
    assert (weights[0] == 1).all()
    assert (weights[:, fake].sum(axis=1) == fake.sum()).all()


@pytest.fixture(scope="module")
def planted(data: fe.Dataset, features: NDArray[np.float64]) -> tuple[Any, NDArray[np.bool_]]:
    """A detector of a label that is nothing but likes rising against views."""
    names = [feature.name for feature in list_features(data.panel.metrics)]
    column = features[:, names.index("likes_per_views__ratio_up__24")]
    labels = column > np.quantile(column, 0.6)
    half = np.arange(len(labels)) < 140
    shown = np.array([bool(y) if kept else None for y, kept in zip(labels, half, strict=True)], dtype=object)
    detector = fe.models.GradientBoostingDetector(n_estimators=20, min_samples_leaf=5, context=False)
    return detector.fit_features(data.panel, features, shown), np.where(half, None, labels)


@pytest.mark.parametrize(("by", "best"), [("family", "ratio"), ("metric", "likes")])
def test_importances_name_what_decides(
    by: str, best: str, planted: tuple[Any, Any], data: fe.Dataset, features: NDArray[np.float64]
) -> None:
    detector, held_out = planted
    frame = fe.importances(
        detector, data.panel, held_out, seed=0, by=by, n_resamples=200, n_repeats=3, features=features
    )
    loss = frame[frame.method == "AUROC loss"]
    assert loss[by].iloc[0] == best
    assert loss.low.iloc[0] > max(0.05, loss.importance.iloc[1])
    assert (frame.low <= frame.importance).all()
    assert (frame.importance <= frame.high).all()
    size = frame[frame.method == "mean |contribution|"]
    if by == "family":
        assert size[by].iloc[0] == best
    again = fe.importances(
        detector,
        data.panel,
        held_out,
        seed=0,
        by=by,
        n_resamples=200,
        n_repeats=3,
        features=features,
        threads=1,
    )
    pd.testing.assert_frame_equal(frame, again)


def test_a_group_that_is_not_looked_at_loses_nothing(
    planted: tuple[Any, Any], data: fe.Dataset, features: NDArray[np.float64]
) -> None:
    detector, held_out = planted
    frame = fe.importances(
        detector, data.panel, held_out, seed=1, by="feature", n_repeats=1, n_resamples=20, features=features
    )
    split_on = {detector.columns_[k] for k in set(detector.forest_.arrays["feature"].tolist()) if k >= 0}
    idle = frame[~frame.feature.isin(split_on)]
    assert len(idle) > 10
    assert (idle[["importance", "low", "high"]].to_numpy() == 0).all()
    assert frame[frame.method == "AUROC loss"].feature.iloc[0] in split_on


def test_importances_refuse_what_they_cannot_measure(
    isolation: Any, data: fe.Dataset, features: NDArray[np.float64], fake: NDArray[np.bool_]
) -> None:
    def measure(labels: Any = fake, **options: Any) -> None:
        fe.importances(isolation, data.panel, labels, seed=0, features=features, **options)

    with pytest.raises(ValueError, match="by: 'owner' is not allowed; one of feature, family, metric"):
        measure(by="owner")
    with pytest.raises(ValueError, match="n_repeats: 0 is not allowed"):
        measure(n_repeats=0)
    with pytest.raises(ValueError, match="level: 95 is not allowed"):
        measure(level=95)
    with pytest.raises(ValueError, match="labels: fakes and normals with a score are both needed"):
        measure(np.ones(len(fake), dtype=bool))
    with pytest.raises(TypeError, match="model: int does not score features"):
        fe.importances(3, data.panel, fake, seed=0, features=features)


def test_importances_are_drawn_with_their_intervals() -> None:
    frame = pd.DataFrame(
        {
            "family": ["burst", "ratio", "trend", "burst"],
            "importance": [0.1, 0.3, 0.01, 1.2],
            "low": [0.05, 0.2, -0.01, 1.0],
            "high": [0.15, 0.4, 0.02, 1.4],
            "method": ["AUROC loss"] * 3 + ["mean |contribution|"],
        }
    )
    left, right = plots.importance(frame, top=2)
    assert [label.get_text() for label in left.get_yticklabels()] == ["ratio", "burst"]
    assert [bar.get_width() for bar in left.patches] == [0.3, 0.1]
    (intervals,) = left.collections
    np.testing.assert_allclose([path[:, 0] for path in intervals.get_segments()], [[0.2, 0.4], [0.05, 0.15]])
    assert left.get_title("left") == "AUROC loss by family, 2 of 3"
    assert right.get_title("left") == "mean |contribution| by family"
    left.figure.draw_without_rendering()
    with pytest.raises(ValueError, match="frame: lacks the column 'low'"):
        plots.importance(frame.drop(columns="low"))
    with pytest.raises(ValueError, match="axes: 1 are too few"):
        plots.importance(frame, axes=[left])
