"""Forests summed in Rust beside scikit-learn, one thread each.

Three questions. The walk alone: the same trees on rows that are prepared already, the same answers.
The isolation forest as used: the detector with its defaults beside what the same takes with scikit-learn,
features prepared by NumPy, then the published forest of 200 trees on 256 accounts each; both rank alike.
One account: what a service asks for, where a call costs more than the walk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

import fakeengage as fe
from fakeengage.models.base import evidence_matrix
from fakeengage.models.columns import align
from fakeengage.models.preparation import Preparation
from fakeengage.ranking import auroc
from measure import Case, main

Matrix = NDArray[np.float64]

N_TAUGHT = 500
N_JUDGED = 10_000
# One call is too short to time.
CALLS = 200


def fitted(kind: type, name: str, settings: dict[str, Any], *given: Any) -> tuple[Any, Any]:
    """A detector, and the forest of scikit-learn that its trees were taken from."""
    kept: list[Any] = []
    original = kind.fit

    def fit(self: Any, *arguments: Any) -> Any:
        kept.append(self)
        return original(self, *arguments)

    kind.fit = fit
    try:
        detector = getattr(fe.models, name)(**settings).fit_features(*given)
    finally:
        kind.fit = original
    kept[0].n_jobs = 1
    return detector, kept[0]


def judged(forest: Any, rows: NDArray[np.float32]) -> Matrix:
    """Scores of scikit-learn's forest."""
    if hasattr(forest, "score_samples"):
        return np.asarray(-forest.score_samples(rows))
    return np.asarray(forest.predict_proba(rows)[:, 1])


def prepared_by_numpy(preparation: Preparation, rows: Matrix) -> NDArray[np.float32]:
    """What Preparation.apply does, array by array."""
    deviation = np.where(np.isfinite(rows), rows - preparation.center, 0.0) / preparation.scale
    u = np.copysign(np.log1p(np.abs(deviation)), deviation)
    if len(preparation.context):
        kind = u[:, preparation.context]
        expected = preparation.location[0] + kind @ preparation.location[1:]
        u = (u - expected) / np.exp(preparation.log_spread[0] + kind @ preparation.log_spread[1:])
    return np.where(preparation.one_sided, np.maximum(u, 0.0), u).astype(np.float32)


def again(answer: Callable[[], Matrix], times: int) -> Callable[[], Matrix]:
    """The same question `times` times."""

    def ask() -> Matrix:
        for _ in range(times - 1):
            answer()
        return answer()

    return ask


def same(ours: Matrix, theirs: Matrix) -> None:
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


def of_forest(detector: Any, forest: Any, known: Matrix, check: bool) -> Iterator[Case]:
    """The walk alone, and one account at a time."""
    rows = detector.preparation_.apply(known)
    single = rows.astype(np.float32)
    n_trees = detector.forest_.n_trees
    title = f"{detector.kind.replace('_', ' ')}, {n_trees} trees"

    def walk() -> Matrix:
        means = detector.forest_.sum(rows, threads=1) / n_trees
        return means if detector.kind == "random_forest" else 2.0 ** (-means / detector.typical_path_)

    yield Case(f"{title}: walk, {len(rows):,} accounts", walk, lambda: judged(forest, single), same)
    calls, few = (2, 1) if check else (CALLS, CALLS // 20)
    yield Case(
        f"{title}: one account",
        again(lambda: detector._judge(known[:1], 1), calls),
        again(lambda: judged(forest, single[:1]), few),
        same,
        units=(calls, few),
    )


def cases(check: bool) -> Iterator[Case]:
    from sklearn.ensemble import IsolationForest, RandomForestClassifier

    taught = fe.simulate(n_users=60 if check else N_TAUGHT, seed=1)
    given = (taught.panel, evidence_matrix(taught.panel))
    fresh = fe.simulate(n_users=60 if check else N_JUDGED, seed=2)
    fake = fresh.accounts.is_fake.to_numpy(dtype=bool)
    features = evidence_matrix(fresh.panel)

    def rows_of(detector: Any) -> Matrix:
        return align(fresh.panel.metrics, features, detector.columns_)

    detector, forest = fitted(
        RandomForestClassifier,
        "RandomForestDetector",
        {"splits": "best", "max_features": "sqrt", "threads": 1},
        *given,
        taught.accounts.is_fake,
    )
    yield from of_forest(detector, forest, rows_of(detector), check)
    published = {"n_estimators": 200, "max_samples": 256}
    large, peer = fitted(IsolationForest, "IsolationForestDetector", published, *given)
    known = rows_of(large)
    yield from of_forest(large, peer, known, check)
    detector = fe.models.IsolationForestDetector().fit_features(*given)
    for n in sorted({N_TAUGHT, len(known)} if not check else {len(known)}):
        # Two forests rank the same few accounts a little differently.
        limit = 0.005 if n == N_JUDGED else 0.05

        def alike(ours: Matrix, theirs: Matrix, n: int = n, limit: float = limit) -> None:
            assert abs(auroc(fake[:n], ours) - auroc(fake[:n], theirs)) < limit

        yield Case(
            f"isolation forest as used, {n:,} accounts",
            lambda n=n: detector._judge(known[:n], 1),
            lambda n=n: judged(peer, prepared_by_numpy(large.preparation_, known[:n])),
            alike,
        )


if __name__ == "__main__":
    main("forest", cases)
