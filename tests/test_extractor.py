"""FeatureExtractor: the same columns for every panel, and at home in scikit-learn."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline

import fakeengage as fe
from fakeengage.features import FAMILIES, list_features

CHEAP = ["burst", "ratio"]


@pytest.fixture(scope="module")
def data() -> Any:
    return fe.simulate(preset="blatant", n_users=30, length=120, seed=5)


@pytest.fixture(scope="module")
def panel(data: Any) -> fe.Panel:
    return data.panel


def only(panel: fe.Panel, metrics: list[str]) -> fe.Panel:
    at = [panel.metrics.index(name) for name in metrics]
    return fe.Panel.from_arrays(panel.values[:, :, at], panel.account_ids, metrics)


def test_columns_and_values_are_those_of_extract_features(panel: fe.Panel) -> None:
    for families in (None, "trend", (*CHEAP, "coordination")):
        extractor = fe.FeatureExtractor(families)
        found = extractor.fit_transform(panel)
        frame = fe.extract_features(panel, families)
        assert list(extractor.get_feature_names_out()) == list(frame.columns)
        np.testing.assert_array_equal(found, frame.to_numpy())
    assert fe.FeatureExtractor().fit(panel).families_ == FAMILIES


def test_parameters_are_taken_as_given_and_cloned(panel: fe.Panel) -> None:
    extractor = fe.FeatureExtractor(families=CHEAP, metrics=["likes"], threads=2)
    twin = clone(extractor.fit(panel))
    assert twin.get_params() == {"families": CHEAP, "metrics": ["likes"], "threads": 2}
    assert not hasattr(twin, "metrics_")
    twin.set_params(families="trend", metrics=None)
    assert twin.fit(panel).families_ == ("trend",)
    assert twin.metrics_ == panel.metrics


def test_threads_and_order_change_nothing(panel: fe.Panel) -> None:
    families = [*CHEAP, "coordination"]
    one = fe.FeatureExtractor(families, threads=1).fit_transform(panel)
    np.testing.assert_array_equal(fe.FeatureExtractor(families, threads=3).fit_transform(panel), one)
    order = np.random.default_rng(0).permutation(len(panel))
    np.testing.assert_array_equal(fe.FeatureExtractor(families).fit_transform(panel[order]), one[order])


def test_an_account_alone_has_the_values_it_has_in_company(panel: fe.Panel) -> None:
    extractor = fe.FeatureExtractor().fit(panel)
    np.testing.assert_array_equal(extractor.transform(panel[7]), extractor.transform(panel)[7:8])
    assert extractor.transform(panel[:0]).shape == (0, len(extractor.get_feature_names_out()))


def test_a_missing_metric_gives_nan_and_another_one_is_left_out(panel: fe.Panel) -> None:
    wide = fe.FeatureExtractor(CHEAP).fit(panel).set_output(transform="pandas")
    likes = only(panel, ["likes"])
    found = wide.transform(likes)
    assert list(found.columns) == list(wide.get_feature_names_out())
    assert found.filter(regex="^(views|comments|shares)__|_per_").isna().all(axis=None)
    alone = fe.extract_features(likes, CHEAP)
    own = [name for name in alone if name.startswith("likes__")]
    pd.testing.assert_frame_equal(found[own], alone[own])

    narrow = fe.FeatureExtractor(CHEAP).fit(likes).set_output(transform="pandas")
    pd.testing.assert_frame_equal(narrow.transform(panel), alone)
    named = fe.FeatureExtractor(CHEAP, metrics=["shares", "likes"]).fit(panel)
    assert named.metrics_ == ("likes", "shares")
    expected = fe.extract_features(only(panel, ["likes", "shares"]), CHEAP)
    np.testing.assert_array_equal(named.transform(panel), expected)


@pytest.mark.parametrize("kind", ["pandas", "polars", "polars lazy", "arrow"])
def test_long_tables_of_every_kind(panel: fe.Panel, kind: str) -> None:
    table: Any = panel.to_frame()
    if kind == "arrow":
        table = pytest.importorskip("pyarrow").Table.from_pandas(table)
    elif kind.startswith("polars"):
        table = pytest.importorskip("polars").from_pandas(table)
        table = table.lazy() if kind.endswith("lazy") else table
    extractor = fe.FeatureExtractor(CHEAP)
    wanted = fe.extract_features(panel, CHEAP)
    np.testing.assert_array_equal(extractor.fit_transform(table), wanted)
    np.testing.assert_array_equal(extractor.fit(table).transform(table), wanted)
    framed = extractor.set_output(transform="pandas").transform(table)
    assert framed.index.tolist() == panel.account_ids.tolist()


def test_output_of_either_kind_of_frame(panel: fe.Panel) -> None:
    polars = pytest.importorskip("polars")
    extractor = fe.FeatureExtractor(CHEAP)
    wanted = fe.extract_features(panel, CHEAP)
    for call in (extractor.fit_transform, extractor.fit(panel).transform):
        extractor.set_output(transform="pandas")
        pd.testing.assert_frame_equal(call(panel), wanted)
        extractor.set_output(transform="polars")
        found = call(panel)
        assert isinstance(found, polars.DataFrame)
        assert found.columns == list(wanted.columns)
        np.testing.assert_array_equal(found.to_numpy(), wanted)
        extractor.set_output(transform="default")
        assert isinstance(call(panel), np.ndarray)


def test_pipeline_and_search_split_the_panel_by_account(data: Any) -> None:
    fake = data.accounts["is_fake"].to_numpy(bool)
    pipeline = make_pipeline(fe.FeatureExtractor(threads=1), RandomForestClassifier(5, random_state=0))
    folds = StratifiedKFold(2)
    search = GridSearchCV(
        pipeline,
        {"featureextractor__families": [["ratio"], ["burst"], ["burst", "coordination"]]},
        cv=folds,
        scoring="roc_auc",
        error_score="raise",
    ).fit(data.panel, fake)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.predict(data.panel).shape == fake.shape
    # A fold scores as when its accounts are chosen by hand.
    pipeline.set_params(featureextractor__families=["burst"])
    by_hand = []
    for train, test in folds.split(np.zeros(len(fake)), fake):
        fitted = clone(pipeline).fit(data.panel[train], fake[train])
        by_hand.append(fitted.score(data.panel[test], fake[test]))
    assert list(cross_val_score(pipeline, data.panel, fake, cv=folds)) == by_hand


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"families": ["bursts"]}, ValueError, "families: 'bursts' is unknown; did you mean 'burst'?"),
        ({"families": 3}, TypeError, "families: 3 is not allowed"),
        ({"metrics": ["like"]}, ValueError, "metrics: 'like' is not allowed; choose from views"),
        ({"metrics": []}, ValueError, "metrics: none at all is not allowed"),
    ],
)
def test_wrong_options_are_named_by_fit(
    panel: fe.Panel, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message.replace("?", r"\?")):
        fe.FeatureExtractor(**options).fit(panel)


def test_other_inputs_are_refused(data: Any, panel: fe.Panel) -> None:
    extractor = fe.FeatureExtractor(CHEAP)
    with pytest.raises(NotFittedError):
        extractor.transform(panel)
    with pytest.raises(NotFittedError):
        extractor.get_feature_names_out()
    wrong: list[object] = [np.zeros((3, 4)), [[1.0]], None, "posts.csv", pd.DataFrame]
    for value in wrong:
        with pytest.raises(TypeError, match="give a Panel, or a long"):
            extractor.fit(value)
        with pytest.raises(TypeError, match="give a Panel, or a long"):
            fe.FeatureExtractor(CHEAP, metrics=["likes"]).fit(value)
    with pytest.raises(TypeError, match=r"its \.panel is"):
        extractor.fit(data)
    with pytest.raises(TypeError, match="put FeatureExtractor before"):
        RandomForestClassifier().fit(panel, data.accounts["is_fake"])


def test_no_family_gives_no_column(panel: fe.Panel) -> None:
    assert fe.extract_features(panel, []).shape == (len(panel), 0)
    assert list_features(families=[]) == []


def test_registry_rows_of_both_kinds_are_alike() -> None:
    rows = list_features(families=[*FAMILIES, "coordination"])
    assert all(row.version >= 1 and row.min_steps > 0 and row.meaning and row.unit for row in rows)
    assert [row.family for row in rows][-4:] == ["coordination"] * 4
    names: NDArray[Any] = np.array([row.name for row in rows])
    assert len(set(names)) == len(names)
