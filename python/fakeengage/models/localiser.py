"""When and how much: hours, windows and added volume, from what the net says of steps and the excess.

The net has learnt which hours an attack changes; the robust excess knows how far each hour stands
above the account's own rhythm. Their sum points better than either: on preset `published` the mean
hour AUROC was .94 for the net, .93 for the excess and .96 for both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fakeengage.expectation import predict_steps
from fakeengage.models.network import Answers
from fakeengage.models.store import Arrays
from fakeengage.panel import METRICS, Panel

if TYPE_CHECKING:
    from fakeengage.expectation import Expectation

LEAST_PEAK = 0.6
"""Probability that the best hour of an account must have, if it is a fake at all, to give it a window."""

METRIC_FLOOR = -1.0
"""Evidence that a metric must reach somewhere in a window to be part of it."""

JOINED = 2
"""Steps between two windows that are told as one."""

LEAST_CHANGE, LEAST_SIGMA = 0.1, 3.0
"""Share of the expectation, and counting errors, by which a metric must be off to have a window."""

RANKED_EXCESS = 0.8
"""Weight of the excess where hours are ranked. In the log odds it is .3; with more, hours of presets and of
foreign authors alike are ranked better (AP +.005 to +.02), but more organic hours pass even odds."""

END_SHARE = 0.25
"""Share of a window's mean excess that its first and last step must have."""

_SATURATION = 8.0
"""z of an hour beyond which more says little more."""

KNOTS = np.array([0.0, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.85, 1.0])
"""Estimated shares at which the interval of the true one was measured."""

LEAST_TOTAL = 50.0
"""Counts of a metric below which a share of them means little; the interval was measured above."""

_LEVELS = (0.03, 0.97)
"""Quantiles among simulated fakes that make a 90 % interval elsewhere: on preset `published` those at .05 and
.95 held 80 % of the true volumes of metrics with windows (seed 411)."""
_NEAR = 250
"""Estimates around a knot that make its interval."""
_PARTS = ("hours", "low", "high")


@dataclass(frozen=True)
class HourEvidence:
    """Evidence per step of a panel, flat and account after account.

    Attributes
    ----------
    any
        ``(total_steps,)``: log odds that something was changed, if the account is a fake.
    metric
        ``(n_metrics * total_steps,)`` in the panel's layout: the same of each metric.
    ranked
        ``(total_steps,)``: the same as `any` with more trust in the excess, to rank hours by.
    """

    any: NDArray[np.float64]
    metric: NDArray[np.float64]
    ranked: NDArray[np.float64]


@dataclass(frozen=True)
class Found:
    """Windows of a panel.

    Attributes
    ----------
    account, metric, start, end
        Position of the account, number of the metric in the panel, first step and first step outside,
        counted from the account's own first step.
    score
        0–1, the largest hour score inside.
    observed, expected
        Sums over the known steps inside; expected from the account's steps outside its windows.
    """

    account: NDArray[np.int64]
    metric: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    score: NDArray[np.float64]
    observed: NDArray[np.float64]
    expected: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.account)

    def excess(self, n_accounts: int, n_metrics: int) -> NDArray[np.float64]:
        """``(n_accounts, n_metrics)``: observed less expected inside windows, 0 where there is none."""
        out = np.zeros((n_accounts, n_metrics))
        np.add.at(out, (self.account, self.metric), self.observed - self.expected)
        return out


@dataclass(frozen=True)
class Localiser:
    """Turns outputs per step into hours, windows and volumes.

    Attributes
    ----------
    hours
        Intercept, and weights of the net's logit and of the excess.
    low, high
        Bounds of the true share added, 90 % of fakes between them, at estimated shares :data:`KNOTS`.
    """

    hours: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    @classmethod
    def unfitted(cls) -> Localiser:
        """Equal trust in the net and the excess, and no knowledge of how far volumes are off."""
        return cls(np.array([0.0, 1.0, 0.8]), np.zeros(len(KNOTS)), np.ones(len(KNOTS)))

    def evidence(self, panel: Panel, answers: Answers, expectation: Expectation) -> HourEvidence:
        """Evidence of every step.

        Falls count only where counts were taken back: quiet hours are as common as busy ones in every
        organic series.
        """
        m, total = len(panel.metrics), int(panel.offsets[-1])
        any_, ranked, metric = np.zeros(total), np.zeros(total), np.zeros(m * total)
        a, b, c = self.hours.tolist()
        for begin, end, said, own in _pieces(panel, answers, expectation):
            largest = own.max(axis=0)
            any_[begin:end] = a + b * said[0] + c * largest
            ranked[begin:end] = a + b * said[0] + max(c, RANKED_EXCESS) * largest
            metric[m * begin : m * end] = (a + b * said[1:] + c * own).reshape(-1)
        return HourEvidence(any_, metric, ranked)

    def windows(
        self, panel: Panel, evidence: HourEvidence, judged: NDArray[np.bool_], *, threads: int | None = None
    ) -> Found:
        """Windows of the judged accounts.

        The steps chosen are those with the best expected overlap (intersection over union) with what was
        changed, by the evidence's own probabilities. Windows of one metric are runs of them.
        """
        m = len(panel.metrics)
        chosen: dict[int, NDArray[np.bool_]] = {}
        for i in np.flatnonzero(judged).tolist():
            own = evidence.any[panel.offsets[i] : panel.offsets[i + 1]]
            steps = _best_overlap(own)
            if steps is not None:
                steps &= ~np.isnan(panel.block(i)).all(axis=0)
                if steps.any():
                    chosen[i] = steps
        if not chosen:
            empty = np.empty(0, dtype=np.int64)
            return Found(empty, empty, empty, empty, *(np.empty(0) for _ in range(3)))
        expected = _expected_inside(panel, chosen, threads)
        rows: list[tuple[int, int, int, int, float, float, float]] = []
        for i, steps in chosen.items():
            block = panel.block(i).astype(np.float64)
            own = evidence.metric[m * panel.offsets[i] : m * panel.offsets[i + 1]].reshape(m, -1)
            scores = squash(evidence.any[panel.offsets[i] : panel.offsets[i + 1]])
            for start, end in _runs(steps):
                peaks = own[:, start:end].max(axis=1)
                known = ~np.isnan(block[:, start:end])
                least = min(METRIC_FLOOR, float(peaks[known.any(axis=1)].max()))
                for k in range(m):
                    if peaks[k] >= least and known[k].any():
                        inner = _trimmed(block[k], expected[i][k], start, end)
                        if inner is not None:
                            rows.append(
                                (
                                    i,
                                    k,
                                    *inner,
                                    float(scores[inner[0] : inner[1]].max()),
                                    *_sums(block[k], expected[i][k], *inner),
                                )
                            )
        table = np.array(rows, dtype=np.float64).reshape(-1, 7)
        whole = table[:, :4].astype(np.int64)
        return Found(*whole.T, *table[:, 4:].T)

    def share_bounds(self, share: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """90 % interval of the true share for estimated ones, if the account is a fake."""
        return np.interp(share, KNOTS, self.low), np.interp(share, KNOTS, self.high)

    def to_arrays(self) -> Arrays:
        """Arrays of the saved form."""
        return {name: getattr(self, name) for name in _PARTS}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Localiser:
        """A localiser out of a saved model.

        Raises
        ------
        ValueError
            If the arrays do not fit together.
        """
        localiser = cls(*(np.asarray(arrays[name], dtype=np.float64) for name in _PARTS))
        if [getattr(localiser, name).shape for name in _PARTS] != [(3,), KNOTS.shape, KNOTS.shape]:
            raise ValueError("model: its localiser does not fit together; retrain")
        return localiser


def fit_localiser(
    panel: Panel,
    answers: Answers,
    expectation: Expectation,
    changed: NDArray[np.bool_],
    clean: NDArray[np.float32],
    *,
    threads: int | None = None,
) -> Localiser:
    """Measures weights and intervals on fakes that the net has not seen.

    Parameters
    ----------
    panel
        Fakes that share a clock.
    answers, expectation
        What the net and the expectation say of them.
    changed, clean
        ``(n, n_steps, n_metrics)``: what was changed, and the counts before.
    """
    from sklearn.linear_model import LogisticRegression

    pieces = _pieces(panel, answers, expectation)
    rows = np.concatenate([np.stack([said[0], own.max(axis=0)], axis=1) for _, _, said, own in pieces])
    model = LogisticRegression(C=1e3).fit(rows, changed.any(axis=2).reshape(-1))
    hours = np.array([float(model.intercept_[0]), *model.coef_[0].tolist()])
    localiser = replace(Localiser.unfitted(), hours=hours)
    judged = np.ones(len(panel), dtype=bool)
    found = localiser.windows(panel, localiser.evidence(panel, answers, expectation), judged, threads=threads)
    total = np.asarray(np.nansum(np.maximum(panel.values, 0.0), axis=1, dtype=np.float64))
    added = np.asarray(np.nansum(panel.values.astype(np.float64) - clean, axis=1))
    some = total >= LEAST_TOTAL
    estimate = np.clip(found.excess(len(panel), len(panel.metrics))[some] / total[some], 0.0, 1.0)
    truth = np.clip(added[some] / total[some], 0.0, 1.0)
    return Localiser(hours, *_bounds(estimate, truth))


def _pieces(
    panel: Panel, answers: Answers, expectation: Expectation
) -> Iterator[tuple[int, int, NDArray[np.float64], NDArray[np.float64]]]:
    """Of each account with steps: where they begin and end, what the net says of them and the excess.

    The net's logits are those of a step and then of each metric that the panel has; the excess has a row
    per metric.
    """
    m = len(panel.metrics)
    rows = [0, *(1 + METRICS.index(metric) for metric in panel.metrics)]
    z = np.nan_to_num(expectation.hour_z.astype(np.float64))
    height = np.where(panel.data < 0, np.abs(z), np.maximum(z, 0.0))
    # One step per operation: the same bits for a step wherever it stands.
    excess = height / (1.0 + height / _SATURATION)
    for i in np.flatnonzero(panel.lengths).tolist():
        begin, end = int(panel.offsets[i]), int(panel.offsets[i + 1])
        said = answers.of_account(panel, i)[rows].astype(np.float64)
        yield begin, end, said, excess[m * begin : m * end].reshape(m, -1)


def _bounds(
    estimate: NDArray[np.float64], truth: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Quantiles of the true share among the estimates nearest to each knot; never falling."""
    order = np.argsort(estimate, kind="stable")
    near = max(min(_NEAR, len(order) // 4), 1)
    bounds = np.empty((2, len(KNOTS)))
    for k, knot in enumerate(KNOTS):
        at = int(np.searchsorted(estimate[order], knot))
        first = min(max(at - near // 2, 0), max(len(order) - near, 0))
        bounds[:, k] = np.quantile(truth[order[first : first + near]], _LEVELS)
    low = np.minimum(np.maximum.accumulate(bounds[0]), KNOTS)
    return low, np.maximum(np.maximum.accumulate(bounds[1]), KNOTS)


def squash(evidence: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log odds as a score 0–1: one half at even odds; not a probability, but the same bits at any place."""
    return np.asarray(0.5 * (1.0 + evidence / (1.0 + np.abs(evidence))))


def _best_overlap(evidence: NDArray[np.float64]) -> NDArray[np.bool_] | None:
    """Steps whose choice has the best expected intersection over union, or None where no step stands out."""
    if not len(evidence):
        return None
    p = 1.0 / (1.0 + np.exp(-np.clip(evidence, -30.0, 30.0)))
    if p.max() < LEAST_PEAK:
        return None
    ordered = np.sort(p)[::-1]
    inside = np.cumsum(ordered)
    overlap = inside / (np.arange(1, len(p) + 1) + inside[-1] - inside)
    return np.asarray(p >= ordered[int(np.argmax(overlap))])


def _expected_inside(
    panel: Panel, chosen: dict[int, NDArray[np.bool_]], threads: int | None
) -> dict[int, NDArray[np.float64]]:
    """Trend and cycles of each account, fitted to the steps outside its windows.

    The flexible level stays out: next to a long window it has already half become the attack.
    """
    positions = np.array(sorted(chosen), dtype=np.int64)
    part = panel.select(positions)
    m = len(panel.metrics)
    for row, i in enumerate(positions.tolist()):
        part.block(row)[:, chosen[i]] = np.nan
    predicted, _ = predict_steps(part, level=False, threads=threads)
    whole = predicted
    if np.isnan(predicted).any():
        whole, _ = predict_steps(panel.select(positions), level=False, threads=threads)
    out: dict[int, NDArray[np.float64]] = {}
    for row, i in enumerate(positions.tolist()):
        begin, end = m * part.offsets[row], m * part.offsets[row + 1]
        own = predicted[begin:end].reshape(m, -1)
        # Too little is left outside: the account as a whole has to do.
        out[i] = np.nan_to_num(np.where(np.isnan(own), whole[begin:end].reshape(m, -1), own))
    return out


def _sums(
    counts: NDArray[np.float64], expected: NDArray[np.float64], start: int, end: int
) -> tuple[float, float]:
    """Observed and expected counts of the known steps of a window."""
    known = ~np.isnan(counts[start:end])
    return (
        float(np.sum(counts[start:end], where=known)),
        float(np.sum(expected[start:end], where=known)),
    )


def _trimmed(
    counts: NDArray[np.float64], expected: NDArray[np.float64], start: int, end: int
) -> tuple[int, int] | None:
    """A window without the steps at its ends at which this metric did next to nothing; None if it never did.

    The net points at hours with a margin, and at all metrics at once.
    """
    observed, usual = _sums(counts, expected, start, end)
    excess = observed - usual
    small = abs(excess) < LEAST_CHANGE * (usual + 1.0) or abs(excess) < LEAST_SIGMA * np.sqrt(usual + 1.0)
    # Counts near the largest float leave no mean to compare with.
    if small or not np.isfinite(excess):
        return None
    own = np.nan_to_num(counts[start:end] - expected[start:end]) * np.sign(excess)
    busy = np.flatnonzero(own >= END_SHARE * abs(excess) / (end - start))
    return (start + int(busy[0]), start + int(busy[-1]) + 1) if len(busy) else None


def _runs(steps: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First step and first step outside of each run; runs at most :data:`JOINED` steps apart are one."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], steps, [False]]).astype(np.int8)))
    runs: list[tuple[int, int]] = []
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if runs and start - runs[-1][1] <= JOINED:
            runs[-1] = (runs[-1][0], end)
        else:
            runs.append((start, end))
    return runs
