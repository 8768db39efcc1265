"""Chains of dense layers, and a distance beside what accounts of a kind have: summed in Rust."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fakeengage import _native
from fakeengage.models.preparation import ridge
from fakeengage.models.store import Arrays

_LEAST = 1e-12


@dataclass(frozen=True)
class Layers:
    """Layers ``y = f(W x + b)`` one after the other; each row's sums run in one fixed order.

    Attributes
    ----------
    weights, biases
        ``(n_out, n_in)`` and ``(n_out,)`` of each layer.
    activations
        ``identity``, ``tanh``, ``relu`` or ``square`` after each.
    """

    weights: list[NDArray[np.float64]]
    biases: list[NDArray[np.float64]]
    activations: list[str]

    def forward(self, rows: NDArray[np.float64], *, threads: int | None = None) -> NDArray[np.float64]:
        """Outputs of the last layer for each row."""
        return _native.dense_forward(
            np.ascontiguousarray(rows), self.weights, self.biases, self.activations, threads=threads or 0
        )

    def to_arrays(self) -> Arrays:
        """Parts for a saved model."""
        weights = {f"w{k}": values for k, values in enumerate(self.weights)}
        return weights | {f"b{k}": values for k, values in enumerate(self.biases)}

    @classmethod
    def from_arrays(cls, arrays: Arrays, activations: list[str], n_in: int, n_out: int) -> Layers:
        """Layers out of a saved model; a ValueError where they do not fit one another."""
        n = len(activations)
        layers = cls([arrays[f"w{k}"] for k in range(n)], [arrays[f"b{k}"] for k in range(n)], activations)
        if layers.forward(np.zeros((1, n_in))).shape != (1, n_out):
            raise ValueError("model: its layers do not fit its features; retrain it")
        return layers


@dataclass(frozen=True)
class UsualLevel:
    """What the logarithm of a distance is among ordinary accounts of a kind.

    Attributes
    ----------
    terms
        Intercept and slopes on the context columns.
    """

    terms: NDArray[np.float64]

    @classmethod
    def of(cls, kind: NDArray[np.float64], distances: NDArray[np.float64]) -> UsualLevel:
        """Ridge regression of the logarithms on the kind, ``(n, n_context)``."""
        logs = np.log(np.maximum(distances, _LEAST))
        if kind.shape[1] == 0:
            return cls(np.array([logs.mean()]))
        return cls(ridge(kind, logs[:, None])[:, 0].copy())

    @classmethod
    def from_arrays(cls, arrays: Arrays, n_context: int) -> UsualLevel:
        """Out of a saved model; a ValueError where it does not fit the context."""
        if arrays["usual"].shape != (1 + n_context,):
            raise ValueError("model: its array 'usual' does not fit its features; retrain it")
        return cls(arrays["usual"])

    def above(self, kind: NDArray[np.float64], distances: NDArray[np.float64]) -> NDArray[np.float64]:
        """Logarithm of each distance over the usual one."""
        # One value at a time: array code may round a logarithm by its place in the array.
        logs = np.array([math.log(max(value, _LEAST)) for value in distances.tolist()])
        if len(self.terms) == 1:
            return np.asarray(logs - self.terms[0])
        usual = _native.dense_forward(
            np.ascontiguousarray(kind),
            [np.ascontiguousarray(self.terms[None, 1:])],
            [self.terms[:1]],
            ["identity"],
            threads=1,
        )
        return np.asarray(logs - usual[:, 0])


def standard(
    rows: NDArray[np.float64], mean: NDArray[np.float64], spread: NDArray[np.float64], limit: float
) -> NDArray[np.float64]:
    """Rows in standard units, cut at `limit` either way."""
    return np.clip((rows - mean) / spread, -limit, limit)


def sizes(arrays: Arrays, names: tuple[str, ...], n: int) -> dict[str, Any]:
    """Arrays of a saved model that have one entry per column; a ValueError where one has not."""
    for name in names:
        if arrays[name].shape != (n,):
            raise ValueError(f"model: its array {name!r} does not fit its features; retrain it")
    return {name: arrays[name] for name in names}
