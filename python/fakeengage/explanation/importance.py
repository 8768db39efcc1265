"""What a detector lives on: how much worse it ranks without a group of features."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fakeengage.features import list_features
from fakeengage.features.sources import column_sources, families_by_measure, with_summaries
from fakeengage.models.base import evidence_matrix, known_labels
from fakeengage.models.contributions import contributions_of
from fakeengage.panel import Panel

if TYPE_CHECKING:
    import pandas as pd

GROUPINGS = ("feature", "family", "metric")

_TOGETHER = "all metrics"
"""What several metrics do together, and means over them: no single metric stands behind it."""

_VALUES_AT_A_TIME = 2_000_000

Rows = NDArray[np.float64]
Scorer = Callable[[Rows], Rows]


def importances(
    model: Any,
    panel: Panel,
    labels: ArrayLike,
    *,
    seed: int,
    by: str = "family",
    n_repeats: int = 5,
    n_resamples: int = 500,
    level: float = 0.95,
    features: NDArray[np.float64] | None = None,
    threads: int | None = None,
) -> pd.DataFrame:
    """How much of its ranking a detector owes to each feature, family or metric.

    Parameters
    ----------
    model
        A fitted detector on features, or an auditor, whose trees are measured: its net reads the series.
    panel
        Accounts that it was *not* fitted on: on others the figures say what it memorised.
    labels
        ``(n,)``, true for fakes; accounts with None are left out.
    seed
        Seed of permutations and resamples.
    by
        ``family``; ``feature``; or ``metric``: all that comes from one metric, its ratios to the first
        metric and its part in the summaries included.
    n_repeats
        Permutations per group.
    n_resamples
        Bootstrap resamples of accounts.
    level
        Share of the resamples inside an interval.
    features
        Feature matrix of `panel`; extracted when left out.
    threads
        Threads to use; all cores by default. The figures do not depend on it.

    Returns
    -------
    pandas.DataFrame
        `by`, ``importance``, ``low``, ``high``, ``method``; within a method the largest first.

        ``AUROC loss``: AUROC less that after the group's columns were dealt out anew among the accounts,
        all by one permutation (Breiman 2001, doi:10.1023/A:1010933404324). Groups that say the same
        as another one lose little. ``mean |contribution|``: mean size of what the group adds to a score,
        in its unit, where the model says (:func:`contributions`).

    Raises
    ------
    ValueError
        If an argument is out of range, or fakes or normals are missing.
    TypeError
        If the model does not score features.

    Notes
    -----
    Intervals are percentiles over resampled accounts, fakes and normals apart, the same resamples
    before and after a permutation.

    Examples
    --------
    >>> import fakeengage as fe
    >>> data = fe.simulate(n_users=60, length=168, seed=3)
    >>> detector = fe.models.IsolationForestDetector(n_estimators=20).fit(data.panel)
    >>> other = fe.simulate(n_users=60, length=168, seed=4)
    >>> frame = fe.importances(detector, other.panel, other.accounts.is_fake, seed=0, n_resamples=20)
    >>> list(frame.columns)
    ['family', 'importance', 'low', 'high', 'method']
    """
    import pandas as pd

    _check(by, n_repeats, n_resamples, level)
    known, fake = known_labels(labels, len(panel))
    matrix = evidence_matrix(panel, threads=threads) if features is None else features
    panel, matrix = panel.select(known), matrix[known]
    score = _scorer(model, panel, threads)
    before = score(matrix)
    judged = np.isfinite(before)
    if not (fake & judged).any() or not (~fake & judged).any():
        raise ValueError("labels: fakes and normals with a score are both needed to measure a ranking")
    panel, matrix, fake, before = panel.select(judged), matrix[judged], fake[judged], before[judged]
    rng = np.random.default_rng(seed)
    weights = _resamples(fake, n_resamples, rng)
    orders = [rng.permutation(len(matrix)) for _ in range(n_repeats)]
    ranked = _weighted_auroc(fake, before, weights)
    tail = 100 * (1 - level) / 2
    rows: list[dict[str, Any]] = []

    def tell(group: str, method: str, draws: NDArray[np.float64]) -> None:
        # The first draw is the sample itself.
        low, high = np.percentile(draws[1:], [tail, 100 - tail])
        rows.append({by: group, "importance": draws[0], "low": low, "high": high, "method": method})

    for group, dealt in _permuted(by, panel, matrix, _used(model, panel), orders):
        after = [_weighted_auroc(fake, score(part), weights) for part in dealt]
        tell(group, "AUROC loss", ranked - np.mean(after, axis=0))
    for group, size in _sizes(model, by, panel, matrix, threads):
        tell(group, "mean |contribution|", weights @ size / weights.sum(axis=1))
    frame = pd.DataFrame(rows, columns=[by, "importance", "low", "high", "method"])
    return frame.sort_values(["method", "importance"], ascending=[True, False], ignore_index=True)


def _check(by: str, n_repeats: int, n_resamples: int, level: float) -> None:
    if by not in GROUPINGS:
        raise ValueError(f"by: {by!r} is not allowed; one of {', '.join(GROUPINGS)}")
    for name, value in (("n_repeats", n_repeats), ("n_resamples", n_resamples)):
        if value < 1:
            raise ValueError(f"{name}: {value} is not allowed; at least 1")
    if not 0 < level < 1:
        raise ValueError(f"level: {level} is not allowed; a share between 0 and 1, such as 0.95")


def _scorer(model: Any, panel: Panel, threads: int | None) -> Scorer:
    score = getattr(model, "score_features", None)
    if score is None:
        raise TypeError(
            f"model: {type(model).__name__} does not score features; "
            "give an Auditor or a detector on features"
        )
    return lambda matrix: np.asarray(score(panel, matrix, threads=threads), dtype=np.float64)


def _used(model: Any, panel: Panel) -> list[str]:
    """Columns that the model looks at; all of the panel where it does not say."""
    model = getattr(model, "boosting", model)
    return list(getattr(model, "columns_", None) or [f.name for f in list_features(panel.metrics)])


def _permuted(
    by: str, panel: Panel, matrix: Rows, used: list[str], orders: list[NDArray[np.int64]]
) -> Iterator[tuple[str, list[Rows]]]:
    """Per group the feature matrix with its columns dealt out anew, once per order."""
    registry = list_features(panel.metrics)
    groups: dict[str, list[int]] = {}
    for k, feature in enumerate(registry):
        owner = feature.name.partition("__")[0]
        if by != "metric":
            if feature.name in used:
                groups.setdefault(feature.name if by == "feature" else feature.family, []).append(k)
        elif owner == "joint":
            if feature.name in used:
                groups.setdefault(_TOGETHER, []).append(k)
        elif owner.partition("_per_")[0] in panel.metrics:
            groups.setdefault(owner.partition("_per_")[0], []).append(k)
    for group, columns in groups.items():
        dealt = []
        for order in orders:
            part = matrix.copy()
            part[:, columns] = matrix[order][:, columns]
            dealt.append(with_summaries(panel.metrics, part) if by == "metric" else part)
        yield group, dealt


def _sizes(
    model: Any, by: str, panel: Panel, matrix: Rows, threads: int | None
) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Per group the size of its contribution to each account; nothing where the model does not say."""
    try:
        found = contributions_of(model, panel, matrix, threads=threads)
    except TypeError:
        return
    family = families_by_measure()
    codes, sources = column_sources(panel.metrics, matrix, found.names)
    # A ratio belongs to the metric that rises or falls against the first one.
    owners = [source.partition("_per_")[0] for source in sources]
    owners = [owner if owner in panel.metrics else _TOGETHER for owner in owners]
    if by == "metric":
        labels = np.array(owners, dtype=object)[codes]
    else:
        names = found.names if by == "feature" else [family[name.partition("__")[2]] for name in found.names]
        labels = np.broadcast_to(np.array(names, dtype=object), found.values.shape)
    for group in dict.fromkeys(labels.ravel().tolist()):
        yield group, np.abs(np.where(labels == group, found.values, 0.0).sum(axis=1))


def _resamples(fake: NDArray[np.bool_], n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """How often each account is in each resample, fakes and normals drawn apart; first the sample itself."""
    weights = np.ones((n + 1, len(fake)))
    for group in (np.flatnonzero(fake), np.flatnonzero(~fake)):
        weights[1:, group] = rng.multinomial(len(group), np.full(len(group), 1 / len(group)), size=n)
    return weights


def _weighted_auroc(
    fake: NDArray[np.bool_], scores: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """AUROC of each row of weights: probability that a fake scores above a normal, ties half."""
    order = np.argsort(scores, kind="stable")
    ranked = scores[order]
    starts = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1]))
    mine = fake[order]
    out = np.empty(len(weights))
    at_a_time = max(1, _VALUES_AT_A_TIME // len(scores))
    for first in range(0, len(weights), at_a_time):
        part = weights[first : first + at_a_time, order]
        hits = np.add.reduceat(np.where(mine, part, 0.0), starts, axis=1)
        others = np.add.reduceat(np.where(mine, 0.0, part), starts, axis=1)
        below = np.cumsum(others, axis=1) - others / 2
        pairs = hits.sum(axis=1) * others.sum(axis=1)
        out[first : first + at_a_time] = (hits * below).sum(axis=1) / pairs
    return out
