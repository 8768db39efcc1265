"""The transformer: scikit-learn's contract, the same columns for every panel, panels split by account."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline

import fakeengage as fe
from fakeengage import FeatureExtractor
from fakeengage.features import FAMILIES


@pytest.fixture(scope="module")
def data() -> fe.Dataset:
    return fe.simulate(n_users=48, length=120, seed=3)


@pytest.fixture(scope="module")
def panel(data: fe.Dataset) -> fe.Panel:
    return data.panel


def only(panel: fe.Panel, *metrics: str) -> fe.Panel:
    """The panel without its other metrics."""
    places = [panel.metrics.index(name) for name in metrics]
    dense = panel.values[:, :, places]
    return fe.Panel.from_arrays(dense, panel.account_ids, metrics, start=panel.timestamps[0])


def test_parameters_and_clone() -> None:
    extractor = FeatureExtractor(families=["ratio"], metrics=["likes"], threads=2)
    assert extractor.get_params() == {"families": ["ratio"], "metrics": ["likes"], "threads": 2}
    extractor.set_output(transform="pandas")
    copy = clone(extractor).set_params(families="trend")
    assert copy.families == "trend"
    assert extractor.families == ["ratio"]
    assert not hasattr(copy, "metrics_")
    with pytest.raises(NotFittedError):
        copy.get_feature_names_out()
    assert "FeatureExtractor(" in repr(extractor)


@pytest.mark.parametrize("families", [None, ["ratio", "trend"], "burst", ("coordination", "ratio")])
def test_values_and_names_are_those_of_extract_features(panel: fe.Panel, families: Any) -> None:
    extractor = FeatureExtractor(families).fit(panel)
    frame = fe.extract_features(panel, families)
    assert list(extractor.get_feature_names_out()) == list(frame.columns)
    values = extractor.transform(panel)
    assert isinstance(values, np.ndarray)
    np.testing.assert_array_equal(values, frame.to_numpy())


def test_output_as_frames(panel: fe.Panel) -> None:
    plain = FeatureExtractor("ratio").fit(panel).transform(panel)
    for kind in ("pandas", "polars"):
        extractor = FeatureExtractor("ratio").set_output(transform=kind)
        frames = [extractor.fit(panel).transform(panel), extractor.fit_transform(panel.to_frame())]
        for frame in frames:
            assert type(frame).__module__.partition(".")[0] == kind
            assert list(frame.columns) == list(extractor.get_feature_names_out())
            np.testing.assert_array_equal(frame.to_numpy(), plain)
        if kind == "pandas":
            assert frames[0].index.name == "account_id"
            assert all(frame.index.tolist() == panel.account_ids.tolist() for frame in frames)
    extractor.set_output(transform="default")
    assert isinstance(extractor.transform(panel), np.ndarray)


@pytest.mark.parametrize("kind", ["pandas", "polars", "polars lazy", "arrow", "arrow batch"])
def test_long_tables_of_every_kind(panel: fe.Panel, kind: str) -> None:
    frame = panel.to_frame()
    table: Any = {
        "pandas": lambda: frame,
        "polars": lambda: pl.from_pandas(frame),
        "polars lazy": lambda: pl.from_pandas(frame).lazy(),
        "arrow": lambda: pa.Table.from_pandas(frame),
        "arrow batch": lambda: pa.RecordBatch.from_pandas(frame),
    }[kind]()
    extractor = FeatureExtractor("ratio")
    expected = extractor.fit(panel).transform(panel)
    np.testing.assert_array_equal(extractor.fit_transform(table), expected)
    assert extractor.metrics_ == panel.metrics


def test_columns_are_those_of_fit_whatever_comes_later(panel: fe.Panel) -> None:
    extractor = FeatureExtractor().fit(panel).set_output(transform="pandas")
    whole = extractor.transform(panel)
    fewer = extractor.transform(only(panel, "likes", "shares"))
    assert list(fewer.columns) == list(whole.columns)
    for name in fewer.columns:
        owner = name.split("__")[0]
        if owner in ("likes", "shares"):
            np.testing.assert_array_equal(fewer[name], whole[name])
        elif "views" in owner or "comments" in owner:
            assert fewer[name].isna().all(), name
    narrow = FeatureExtractor().fit(only(panel, "likes", "shares")).set_output(transform="pandas")
    extra = narrow.transform(panel)
    alone = fe.extract_features(only(panel, "likes", "shares"))
    np.testing.assert_array_equal(extra.to_numpy(), alone.to_numpy())
    assert list(extra.columns) == list(alone.columns)


def test_metrics_can_be_named(panel: fe.Panel) -> None:
    extractor = FeatureExtractor(metrics=["likes", "views"]).fit(only(panel, "views"))
    assert extractor.metrics_ == ("views", "likes")
    named = FeatureExtractor(metrics="likes").fit(panel)
    assert named.metrics_ == ("likes",)
    assert extractor.transform(panel).shape == (len(panel), len(extractor.get_feature_names_out()))


def test_ragged_panels_lose_and_gain_metrics(panel: fe.Panel) -> None:
    frame = panel.to_frame()
    frame = frame[frame.index % 120 < 60 + frame.index // 120]
    ragged = fe.Panel.from_frame(frame)
    assert len(set(ragged.lengths.tolist())) > 10
    extractor = FeatureExtractor(metrics=["likes"])
    few = extractor.fit_transform(ragged)
    np.testing.assert_array_equal(few, extractor.fit_transform(frame[["account_id", "timestamp", "likes"]]))


def test_neither_threads_nor_order_nor_company_matter(panel: fe.Panel) -> None:
    alone = FeatureExtractor().fit(panel)
    values = alone.transform(panel)
    every = FeatureExtractor([*FAMILIES, "coordination"], threads=1).fit(panel)
    whole = every.transform(panel)
    order = np.random.default_rng(0).permutation(len(panel))
    for threads in (2, 5, None):
        moved = every.set_params(threads=threads).transform(panel[order])
        np.testing.assert_array_equal(moved, whole[order])
    np.testing.assert_array_equal(whole[:, : values.shape[1]], values)
    np.testing.assert_array_equal(alone.transform(panel[7]), values[7:8])
    assert alone.transform(panel[:0]).shape == (0, values.shape[1])


def test_pickled_and_refitted(panel: fe.Panel) -> None:
    extractor = FeatureExtractor("trend").fit(panel)
    copy = pickle.loads(pickle.dumps(extractor))
    np.testing.assert_array_equal(copy.transform(panel), extractor.transform(panel))
    assert copy.set_params(families="ratio").fit(panel).families_ == ("ratio",)


def test_pipeline_and_grid_search(data: fe.Dataset) -> None:
    labels = data.accounts["is_fake"].to_numpy()
    forest = RandomForestClassifier(n_estimators=10, random_state=0)
    pipeline = make_pipeline(FeatureExtractor(), forest)
    search = GridSearchCV(
        pipeline,
        {"featureextractor__families": ["ratio", ["burst", "ratio"], ["ratio", "coordination"]]},
        cv=StratifiedKFold(3),
        error_score="raise",
    )
    search.fit(data.panel, labels)
    assert search.predict(data.panel).shape == (len(data.panel),)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    pipeline.set_output(transform="pandas").fit(data.panel, labels)
    assert list(pipeline[-1].feature_names_in_) == list(pipeline[0].get_feature_names_out())
    scores = cross_val_score(pipeline, data.panel, labels, cv=2, error_score="raise")
    assert len(scores) == 2


def test_panels_are_split_by_account(data: fe.Dataset) -> None:
    labels = data.accounts["is_fake"].to_numpy()
    train, test, y_train, y_test = train_test_split(data.panel, labels, random_state=0)
    assert isinstance(train, fe.Panel)
    assert {*train.account_ids, *test.account_ids} == {*data.panel.account_ids}
    known = dict(zip(data.panel.account_ids, labels, strict=True))
    assert [known[i] for i in test.account_ids] == y_test.tolist()
    assert len(train) == len(y_train)


def test_coordination_never_looks_across_calls(panel: fe.Panel) -> None:
    extractor = FeatureExtractor("coordination").fit(panel)
    parts = [extractor.transform(panel[:24]), extractor.transform(panel[24:])]
    alone = [fe.extract_features(part, "coordination") for part in (panel[:24], panel[24:])]
    np.testing.assert_array_equal(np.vstack(parts), np.vstack([part.to_numpy() for part in alone]))
    assert np.isnan(extractor.transform(panel[3])).all()
    refitted = FeatureExtractor("coordination").fit(panel[:24])
    np.testing.assert_array_equal(refitted.transform(panel[24:]), parts[1])


def test_wrong_arguments_are_named(panel: fe.Panel, data: fe.Dataset) -> None:
    with pytest.raises(ValueError, match="families: 'bursts' is unknown; did you mean 'burst'"):
        FeatureExtractor(["bursts"]).fit(panel)
    with pytest.raises(TypeError, match="families: 3 is not allowed"):
        FeatureExtractor(3).fit(panel)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="metrics: 'like' is not allowed; choose from views"):
        FeatureExtractor(metrics=["like"]).fit(panel)
    with pytest.raises(ValueError, match="metrics: none at all"):
        FeatureExtractor(metrics=[]).fit(panel)
    with pytest.raises(NotFittedError):
        FeatureExtractor().transform(panel)
    for wrong in (np.ones((3, 4)), [[1.0]], "posts.csv", None, fe.Panel):
        with pytest.raises(TypeError, match=r"X: \w+ is not allowed; give a Panel, or a long"):
            FeatureExtractor().fit(wrong)
    with pytest.raises(TypeError, match=r"X: Dataset is not allowed \(its .panel is\)"):
        FeatureExtractor(metrics="likes").fit(data)
    with pytest.raises(TypeError, match="put FeatureExtractor before the estimator"):
        LogisticRegression().fit(panel, data.accounts["is_fake"])
