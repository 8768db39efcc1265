"""Distance from ordinary accounts in a whitened space: one-class Mahalanobis, with directions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fakeengage.models.dense import Layers
from fakeengage.models.standardised import StandardisedDetector
from fakeengage.models.store import Arrays

# Without labels, rounds of refitting on the most ordinary accounts; later ones change nothing.
_ROUNDS = 5
_FOLDS = 5
_FEWEST_FOR_FOLDS = 25


class OneClassDetector(StandardisedDetector):
    """Scores accounts by how far they lie from ordinary ones, correlations taken into account.

    Parameters
    ----------
    oriented
        Whether features with a suspicious end count at that end only. False is the Mahalanobis distance.
    core
        Share of the accounts, the most ordinary ones, that a fit without labels is repeated on; fakes
        among all accounts would make themselves ordinary. 1 for all. Not used with labels, which leave
        fakes out.
    context
        Whether features, and the distance itself, are measured beside accounts as active: how many
        hours pass without any count. Without effect where those columns are not given.
    feature_set
        Features of a panel to look at, one of :data:`~fakeengage.models.columns.FEATURE_SETS`.
    contamination
        Share of the fitted accounts that ``predict`` calls outliers.

    Attributes
    ----------
    shrinkage_
        Weight of the identity in the covariance (Ledoit–Wolf).
    columns_
        Names of the features fitted on; also ``n_features_in_`` of them, and ``feature_names_in_``
        where they have names.
    offset_
        Value of ``score_samples`` below which ``predict`` says outlier.

    Notes
    -----
    Features in standard units, cut at 4, are whitened by the inverse square root of their shrunk
    covariance, which keeps each axis as near to its own feature as can be (ZCA; Kessy, Lewin & Strimmer
    2018, doi:10.1080/00031305.2016.1277159). ``distance = sum_k max(w_k, 0)`` over features with a
    suspicious end, ``|w_k|`` for the others; with ``oriented=False`` the sum of squares. The score is the
    logarithm of the distance over what ordinary accounts of the kind have, which is
    measured on accounts left out of the covariance.

    References
    ----------
    Ledoit & Wolf (2004), doi:10.1016/S0047-259X(03)00096-4.

    Examples
    --------
    >>> import fakeengage as fe
    >>> data = fe.simulate(n_users=100, length=168, seed=3)
    >>> detector = fe.models.OneClassDetector().fit(data.panel, data.accounts.is_fake)
    >>> detector.score(data.panel).shape
    (100,)
    """

    kind = "one_class"

    def __init__(
        self,
        oriented: bool = True,
        core: float = 0.55,
        *,
        context: bool = True,
        feature_set: str = "summary",
        contamination: float = 0.1,
    ) -> None:
        self.oriented = oriented
        self.core = core
        self.context = context
        self.feature_set = feature_set
        self.contamination = contamination

    def _check_settings(self) -> None:
        if not 0 < self.core <= 1:
            raise ValueError(f"core: {self.core!r} is not allowed; a share above 0, at most 1")

    def _learn(self, rows: NDArray[np.float64], fake: NDArray[np.bool_] | None) -> None:
        normal = rows if fake is None else rows[~fake]
        self._measure(normal)
        n_core = max(2, round(self.core * len(normal)))
        if fake is not None or n_core == len(normal):
            return
        for _ in range(_ROUNDS):
            order = np.argsort(self._judge(normal, None), kind="stable")
            self._measure(normal[np.sort(order[:n_core])])

    def _measure(self, normal: NDArray[np.float64]) -> None:
        prepared, z = self._standardise(normal)
        self._layers, self.shrinkage_ = self._whitening(z)
        left_out = self._distances(z, None)
        if len(z) >= _FEWEST_FOR_FOLDS:
            for fold in range(_FOLDS):
                out = np.arange(len(z)) % _FOLDS == fold
                layers, _ = self._whitening(z[~out])
                left_out[out] = layers.forward(z[out])[:, 0]
        self._measure_usual(prepared, left_out)

    def _whitening(self, z: NDArray[np.float64]) -> tuple[Layers, float]:
        """Layers from standard units to the distance."""
        from sklearn.covariance import ledoit_wolf

        center = z.mean(axis=0)
        # Shrinks towards the identity as far as the sample is too small; 1e-3 keeps flat columns apart.
        covariance, shrinkage = ledoit_wolf(z - center, assume_centered=True)
        values, vectors = np.linalg.eigh(covariance + 1e-3 * np.eye(len(covariance)))
        whitening = (vectors / np.sqrt(values)) @ vectors.T
        if not self.oriented:
            n = len(whitening)
            sum_of_squares = Layers(
                [whitening, np.ones((1, n))], [-whitening @ center, np.zeros(1)], ["square", "identity"]
            )
            return sum_of_squares, float(shrinkage)
        # |w| = max(w, 0) + max(-w, 0): features without direction have a second unit.
        both = np.vstack([whitening, -whitening[self._directions() == 0]])
        one_sided = Layers(
            [np.ascontiguousarray(both), np.ones((1, len(both)))],
            [-both @ center, np.zeros(1)],
            ["relu", "identity"],
        )
        return one_sided, float(shrinkage)

    def _distances(self, z: NDArray[np.float64], threads: int | None) -> NDArray[np.float64]:
        return self._layers.forward(z, threads=threads)[:, 0]

    def _to_parts(self) -> tuple[dict[str, Any], Arrays]:
        return {"shrinkage": self.shrinkage_}, self._to_arrays()

    def _from_parts(self, state: dict[str, Any], arrays: Arrays) -> None:
        self.shrinkage_ = float(state["shrinkage"])
        self._restore(arrays, ["relu" if self.oriented else "square", "identity"], 1)
