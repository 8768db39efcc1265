"""The features as a scikit-learn transformer, on panels and on long tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import get_config
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from fakeengage.features.extraction import extract_features
from fakeengage.features.registry import check_families, list_features
from fakeengage.panel import METRICS, Panel


class FeatureExtractor(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """Transformer from accounts to features, with the same columns for every panel after `fit`.

    Parameters
    ----------
    families
        Names out of :data:`~fakeengage.features.FAMILIES`, all of them by default, and
        ``"coordination"``.
    metrics
        Metrics to measure; by default those that the panel given to `fit` has.
    threads
        Threads to use; all cores by default. The values do not depend on it.

    Attributes
    ----------
    metrics_
        Metrics measured, in the order of :data:`~fakeengage.panel.METRICS`.
    families_
        Families measured, in the order of the registry.

    Notes
    -----
    ``X`` is a :class:`~fakeengage.Panel`, one row per account in the panel's order, or a long table that
    :meth:`Panel.from_frame <fakeengage.Panel.from_frame>` reads. Only a panel can be split by account,
    so cross-validation needs one: labels then follow ``panel.account_ids``. Nothing is learnt from the
    counts. In `transform` a metric that `fit` did not see is left out, as if the panel never had it,
    and one that is missing gives NaN, which forests and boosting of scikit-learn take.

    The family ``coordination`` compares the accounts of one call of `transform` with one another: inside
    cross-validation those of the training part, then those of the test part, and never both together.
    It is the only one whose values depend on which accounts are given together.

    ``set_output(transform="pandas")`` indexes the rows by ``account_id``.

    Examples
    --------
    >>> import fakeengage as fe
    >>> data = fe.simulate(n_users=40, length=96, seed=1)
    >>> extractor = FeatureExtractor(families=["ratio"]).set_output(transform="pandas")
    >>> extractor.fit_transform(data.panel).index.name
    'account_id'
    """

    def __init__(
        self,
        families: str | Iterable[str] | None = None,
        metrics: Sequence[str] | None = None,
        threads: int | None = None,
    ) -> None:
        self.families = families
        self.metrics = metrics
        self.threads = threads

    def fit(
        self,
        X: Any,
        y: object = None,  # noqa: ARG002 - scikit-learn's contract
    ) -> FeatureExtractor:
        """Learn which metrics and columns there are.

        Parameters
        ----------
        X
            Panel or long table.
        y
            Not used.

        Raises
        ------
        ValueError
            If a family or a metric is unknown.
        TypeError
            If `X` is neither a panel nor a table.
        """
        families = check_families(self.families)
        if self.metrics is None:
            metrics = _as_panel(X).metrics
        else:
            metrics = _check_metrics(self.metrics)
            _check_type(X)
        self.families_ = families
        self.metrics_ = metrics
        return self

    def transform(self, X: Any) -> Any:
        """Features of every account of `X`.

        Returns
        -------
        numpy.ndarray or DataFrame
            ``(n_accounts, n_features)``, of the kind that `set_output` asks for.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If `fit` was not called.
        TypeError
            If `X` is neither a panel nor a table.
        """
        check_is_fitted(self, "metrics_")
        panel = _with_metrics(_as_panel(X), self.metrics_)
        frame = extract_features(panel, self.families_, self.threads)
        # An array would take over the index of X, which has a row per account and step.
        asked = (
            getattr(self, "_sklearn_output_config", {}).get("transform") or get_config()["transform_output"]
        )
        return frame if asked == "pandas" else frame.to_numpy()

    def fit_transform(self, X: Any, y: object = None) -> Any:
        """`fit`, then `transform`, reading `X` once."""
        panel = _as_panel(X)
        return self.fit(panel, y).transform(panel)

    def get_feature_names_out(
        self,
        input_features: object = None,  # noqa: ARG002 - scikit-learn's contract
    ) -> NDArray[Any]:
        """Names of the columns; `input_features` is not used.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If `fit` was not called.
        """
        check_is_fitted(self, "metrics_")
        features = list_features(self.metrics_, self.families_)
        return np.asarray([feature.name for feature in features], dtype=object)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.no_validation = True
        tags.input_tags.two_d_array = False
        tags.input_tags.allow_nan = True
        return tags


def _check_type(X: Any) -> None:
    if isinstance(X, Panel):
        return
    streams = hasattr(X, "__arrow_c_stream__") or hasattr(X, "__arrow_c_array__") or hasattr(X, "collect")
    if isinstance(X, type) or not streams:
        held = " (its .panel is)" if isinstance(getattr(X, "panel", None), Panel) else ""
        raise TypeError(
            f"X: {type(X).__name__} is not allowed{held}; "
            "give a Panel, or a long pandas, polars or Arrow table as read_panel takes"
        )


def _as_panel(X: Any) -> Panel:
    _check_type(X)
    return X if isinstance(X, Panel) else Panel.from_frame(X)


def _check_metrics(metrics: Sequence[str]) -> tuple[str, ...]:
    given = [metrics] if isinstance(metrics, str) else list(metrics)
    unknown = [name for name in given if name not in METRICS]
    if unknown or not given:
        shown = repr(unknown[0]) if unknown else "none at all"
        raise ValueError(f"metrics: {shown} is not allowed; choose from {', '.join(METRICS)}")
    return tuple(name for name in METRICS if name in given)


def _with_metrics(panel: Panel, metrics: tuple[str, ...]) -> Panel:
    """`panel` with exactly these metrics: others left out, missing ones all NaN."""
    if panel.metrics == metrics:
        return panel
    data = np.full(len(metrics) * panel.offsets[-1], np.nan, dtype=np.float32)
    shared = [name for name in metrics if name in panel.metrics]
    to = [metrics.index(name) for name in shared]
    source = [panel.metrics.index(name) for name in shared]
    for i, (begin, end) in enumerate(zip(panel.offsets[:-1], panel.offsets[1:], strict=True)):
        own = data[len(metrics) * begin : len(metrics) * end].reshape(len(metrics), end - begin)
        own[to] = panel.block(i)[source]
    return Panel(data, panel.offsets, panel.starts, metrics, panel.account_ids, panel.cadence)
