"""scikit-learn's protocol of estimators, spoken without importing scikit-learn.

Scoring with a saved model must not wait for scikit-learn to load: 0.8 s of processor time, more than all
the rest. So detectors are whole without it, and become its descendants when one is asked for by name.
"""

from __future__ import annotations

from inspect import signature
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from typing_extensions import Self


class _Alone:
    """Stands where scikit-learn's ``BaseEstimator`` will: Python lets no class leave ``object`` itself."""


class Estimator(_Alone):
    """Parameters by name, tags, and the one door for plain matrices."""

    @classmethod
    def parameter_names(cls) -> list[str]:
        """Arguments of the constructor."""
        return [name for name in signature(cls.__init__).parameters if name != "self"]

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002 - scikit-learn's contract
        """Arguments of the constructor with their values."""
        return {name: getattr(self, name) for name in self.parameter_names()}

    def set_params(self, **params: Any) -> Self:
        """Sets arguments of the constructor.

        Raises
        ------
        ValueError
            If there is no such argument.
        """
        known = self.parameter_names()
        for name, value in params.items():
            if name not in known:
                raise ValueError(
                    f"{name}: {type(self).__name__} has no such parameter; choose from {', '.join(known)}"
                )
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        defaults = signature(type(self).__init__).parameters
        changed = [
            f"{name}={value!r}"
            for name, value in self.get_params().items()
            if not _same(value, defaults[name].default)
        ]
        return f"{type(self).__name__}({', '.join(changed)})"

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "columns_")

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import InputTags, Tags, TargetTags

        return Tags(
            estimator_type=None,
            target_tags=TargetTags(required=False),
            input_tags=InputTags(allow_nan=True),
        )

    def _need_fit(self) -> None:
        if not self.__sklearn_is_fitted__():
            from sklearn.exceptions import NotFittedError

            raise NotFittedError("detector: is not fitted; call fit(panel) first")

    def _check_matrix(self, X: Any) -> NDArray[np.float64]:
        """A plain matrix or frame of features, after scikit-learn's checks against what was fitted."""
        from sklearn.utils.validation import validate_data

        self._need_fit()
        checked = validate_data(
            self, X, reset=False, dtype=np.float64, order="C", ensure_all_finite="allow-nan"
        )
        return np.asarray(checked)


def join_scikit_learn() -> None:
    """Makes detectors descendants of ``BaseEstimator``; from then on its tools know them as their own."""
    from sklearn.base import BaseEstimator

    if not issubclass(Estimator, BaseEstimator):
        Estimator.__bases__ = (BaseEstimator,)


def _same(value: Any, default: Any) -> bool:
    return value is default or (type(value) is type(default) and bool(np.all(value == default)))
