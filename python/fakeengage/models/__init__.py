"""Detectors: fit, score (higher = more suspicious), save; and loading them back."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fakeengage.models.auditor import Auditor
    from fakeengage.models.autoencoder import AutoencoderDetector
    from fakeengage.models.gradient_boosting import GradientBoostingDetector
    from fakeengage.models.isolation_forest import IsolationForestDetector
    from fakeengage.models.linear import LogisticRegressionDetector
    from fakeengage.models.one_class import OneClassDetector
    from fakeengage.models.random_forest import RandomForestDetector
    from fakeengage.models.sequence import SequenceDetector
    from fakeengage.models.store import ModelError

_DETECTORS = {
    "Auditor": "auditor",
    "AutoencoderDetector": "autoencoder",
    "GradientBoostingDetector": "gradient_boosting",
    "IsolationForestDetector": "isolation_forest",
    "LogisticRegressionDetector": "linear",
    "OneClassDetector": "one_class",
    "RandomForestDetector": "random_forest",
    "SequenceDetector": "sequence",
}
_HOME = {**_DETECTORS, "ModelError": "store"}

__all__ = [
    "Auditor",
    "AutoencoderDetector",
    "GradientBoostingDetector",
    "IsolationForestDetector",
    "LogisticRegressionDetector",
    "ModelError",
    "OneClassDetector",
    "RandomForestDetector",
    "SequenceDetector",
    "load_model",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'fakeengage.models' has no attribute {name!r}")
    if name in _DETECTORS and name != "Auditor":
        from fakeengage.models.protocol import join_scikit_learn

        join_scikit_learn()
    return _named(name)


def _named(name: str) -> Any:
    return getattr(import_module(f"fakeengage.models.{_HOME[name]}"), name)


def load_model(folder: str | os.PathLike[str]) -> Any:
    """Loads a model written by ``save``; nothing in the folder is executed.

    Parameters
    ----------
    folder
        Folder with ``model.json`` and ``arrays.safetensors``.

    Returns
    -------
    A detector of the kind that was saved.

    Raises
    ------
    ValueError
        If the folder is missing, damaged, changed, or of a newer version.
    """
    from fakeengage.models.store import ModelError, load_arrays

    kind, settings, arrays = load_arrays(folder)
    kinds: dict[str, Any] = {cls.kind: cls for cls in map(_named, _DETECTORS)}
    if kind not in kinds:
        raise ModelError(f"model: {folder} is of kind {kind!r}; this version knows {', '.join(kinds)}")
    try:
        return kinds[kind].from_arrays(settings, arrays)
    except (KeyError, TypeError) as error:
        raise ModelError(f"model: {folder} lacks {error}; retrain it with `fakeengage train`") from None
