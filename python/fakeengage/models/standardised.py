"""What detectors of distance in standard units share: the units, the usual distance, and their saved form."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray

from fakeengage.models.dense import Layers, UsualLevel, sizes, standard
from fakeengage.models.kinds import UnsupervisedDetector
from fakeengage.models.preparation import Preparation, standard_units
from fakeengage.models.store import Arrays

# Standard units beyond which a feature counts no more: heavy tails would be all of the spread.
_LIMIT = 4.0


class StandardisedDetector(UnsupervisedDetector):
    """Scores accounts by a distance in standard units, over what ordinary accounts of the kind have."""

    context: bool
    preparation_: Preparation
    _layers: Layers
    _mean: NDArray[np.float64]
    _spread: NDArray[np.float64]
    _usual: UsualLevel

    @abstractmethod
    def _distances(self, z: NDArray[np.float64], threads: int | None) -> NDArray[np.float64]:
        """Distance of rows in standard units."""

    def _standardise(self, normal: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Measures the units of ordinary rows; gives them prepared, and in standard units."""
        directions = self._directions()
        self.preparation_ = Preparation.of(
            normal, turned=directions < 0, context=self._context() if self.context else ()
        )
        prepared = self.preparation_.apply(normal)
        self._mean, self._spread = standard_units(prepared)
        return prepared, standard(prepared, self._mean, self._spread, _LIMIT)

    def _measure_usual(self, prepared: NDArray[np.float64], distances: NDArray[np.float64]) -> None:
        self._usual = UsualLevel.of(prepared[:, self.preparation_.context], distances)

    def _judge(self, rows: NDArray[np.float64], threads: int | None) -> NDArray[np.float64]:
        prepared = self.preparation_.apply(rows, threads=threads)
        distances = self._distances(standard(prepared, self._mean, self._spread, _LIMIT), threads)
        return self._usual.above(prepared[:, self.preparation_.context], distances)

    def _to_arrays(self) -> Arrays:
        arrays = self._layers.to_arrays() | self.preparation_.to_arrays()
        return arrays | {"mean": self._mean, "spread": self._spread, "usual": self._usual.terms}

    def _restore(self, arrays: Arrays, activations: list[str], n_out: int) -> None:
        n = len(self.columns_)
        self.preparation_ = Preparation.from_arrays(arrays, n)
        units = sizes(arrays, ("mean", "spread"), n)
        self._mean, self._spread = units["mean"], units["spread"]
        self._usual = UsualLevel.from_arrays(arrays, len(self.preparation_.context))
        self._layers = Layers.from_arrays(arrays, activations, n, n_out)
