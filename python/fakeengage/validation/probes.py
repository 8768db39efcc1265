"""Two classifiers that look for a way to cheat: how well do features tell fakes from normals?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fakeengage.ranking import auroc

FOLDS = 5
_TREES = 60
_LEAVES = 12
_FARTHEST = 6.0  # standardised features are cut here, or one account rules a linear fit


@dataclass(frozen=True)
class Probe:
    """How well one classifier did on accounts that it had not seen.

    Parameters
    ----------
    area
        AUROC of the held-out scores.
    error
        Its standard error (Hanley & McNeil 1982, doi:10.1148/radiology.143.1.7063747).
    name
        The classifier.
    """

    area: float
    error: float
    name: str


def probe(features: NDArray[np.float64], fake: NDArray[np.bool_], seed: int = 0) -> Probe:
    """The better of boosted trees and a linear model, cross-validated over accounts.

    Parameters
    ----------
    features
        ``(n_accounts, n_features)``; values that are not finite count as missing.
    fake
        Labels; at least :data:`FOLDS` accounts of either kind.
    seed
        Seed of the folds.

    Returns
    -------
    Probe
        The one with the larger area. An area below one half is no leak: with folds of a fixed share of
        fakes, what was learnt on the others may point the wrong way.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> fake = np.arange(400) % 2 == 0
    >>> bool(probe(rng.normal(size=(400, 3)) + fake[:, None], fake).area > 0.8)
    True
    """
    from sklearn.model_selection import StratifiedKFold

    x = np.where(np.isfinite(features), features, np.nan)
    x = x[:, (np.nanmax(x, axis=0, initial=-np.inf) > np.nanmin(x, axis=0, initial=np.inf))]
    if not x.shape[1]:
        return Probe(0.5, _error(0.5, fake), "nothing varies")
    scores = {"boosted trees": np.zeros(len(x)), "linear model": np.zeros(len(x))}
    for train, test in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(x, fake):
        scores["boosted trees"][test] = _trees(x[train], fake[train], x[test], seed)
        scores["linear model"][test] = _linear(x[train], fake[train], x[test])
    areas = {name: auroc(fake, score) for name, score in scores.items()}
    best = max(areas, key=lambda name: areas[name])
    return Probe(areas[best], _error(areas[best], fake), best)


def _trees(
    x: NDArray[np.float64], fake: NDArray[np.bool_], unseen: NDArray[np.float64], seed: int
) -> NDArray[np.float64]:
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    model = HistGradientBoostingClassifier(
        max_iter=_TREES,
        max_leaf_nodes=_LEAVES,
        learning_rate=0.1,
        l2_regularization=5.0,
        max_features=0.5,
        early_stopping=False,
        random_state=seed,
    )
    with threadpool_limits(1):  # many short loops: waiting threads cost more than they bring
        model.fit(x, fake)
        return np.asarray(model.predict_proba(unseen)[:, 1], dtype=np.float64)


def _linear(
    x: NDArray[np.float64], fake: NDArray[np.bool_], unseen: NDArray[np.float64]
) -> NDArray[np.float64]:
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    centre = np.nanmean(x, axis=0)
    scale = np.maximum(np.nanstd(x, axis=0), 1e-12)

    def shaped(rows: NDArray[np.float64]) -> NDArray[np.float64]:
        z = np.clip(np.nan_to_num((rows - centre) / scale), -_FARTHEST, _FARTHEST)
        # Squares: a spread that differs is a leak as much as a mean that does.
        return np.hstack([z, z * z - 1.0])

    with threadpool_limits(1):
        model = LogisticRegression(C=0.03, max_iter=200, tol=1e-3).fit(shaped(x), fake)
        return np.asarray(model.decision_function(shaped(unseen)), dtype=np.float64)


def _error(area: float, fake: NDArray[np.bool_]) -> float:
    n, m = int(fake.sum()), int((~fake).sum())
    pairs = area / (2 - area), 2 * area * area / (1 + area)
    spread = area * (1 - area) + (n - 1) * (pairs[0] - area**2) + (m - 1) * (pairs[1] - area**2)
    return float(np.sqrt(max(spread, 0.0) / max(n * m, 1)))
