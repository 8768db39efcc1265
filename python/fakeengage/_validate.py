"""The one door for arrays and numbers given to kernels, with messages that name the argument."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Read as they are, row by row; other numeric types are converted first.
_READ_DIRECTLY = frozenset(["float64", "float32", "int64", "int32", "uint32", "uint8", "bool"])


@dataclass(frozen=True)
class Series:
    """Series as rows of a matrix, and whether a single one was given without its axis."""

    rows: NDArray[Any]
    single: bool

    def values(self, measured: NDArray[np.float64]) -> NDArray[np.float64]:
        """`(n_series, k)`, or `(k,)` for a single series."""
        return measured[0] if self.single else measured

    def value(self, measured: NDArray[np.float64]) -> NDArray[np.float64]:
        """`(n_series,)`, or one number for a single series."""
        out: NDArray[np.float64] = measured[0, 0] if self.single else measured[:, 0]
        return out


def as_series(x: ArrayLike, argument: str = "x") -> Series:
    """Anything array-like of real numbers, one series or a matrix of them."""
    try:
        array = np.asarray(x)
    except ValueError as error:
        raise ValueError(
            f"{argument}: rows differ in length; pad them with NaN or measure them one by one"
        ) from error
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{argument}: has type {array.dtype}; numbers or booleans are needed")
    if array.ndim not in (1, 2):
        raise ValueError(
            f"{argument}: has {array.ndim} dimensions; "
            "one series (n_steps,) or a matrix (n_series, n_steps) is needed"
        )
    single = array.ndim == 1
    rows = array[np.newaxis] if single else array
    if rows.dtype.name not in _READ_DIRECTLY or not rows.dtype.isnative or not rows.flags.aligned:
        rows = rows.astype(np.float64)
    return Series(rows, single)


def as_whole(value: Any, argument: str, least: int) -> int:
    """A whole number of at least `least`."""
    try:
        whole = operator.index(value)
    except TypeError:
        raise TypeError(f"{argument}: {value!r} is not a whole number") from None
    if not least <= whole < 2**62:
        raise ValueError(f"{argument}: {whole} is not allowed; a whole number of at least {least}")
    return whole


def as_wholes(values: Any, argument: str, least: int) -> list[int]:
    """Whole numbers of at least `least`, or one alone."""
    if not isinstance(values, Iterable):
        values = [values]
    return [as_whole(value, argument, least) for value in values]


def as_number(value: Any, argument: str) -> float:
    """A real number; text is none, though Python would read it as one."""
    try:
        if not isinstance(value, (str, bytes)):
            return float(value)
    except (TypeError, ValueError):
        pass
    raise TypeError(f"{argument}: {value!r} is not a number")
