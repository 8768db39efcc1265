"""Figures of hours, volume, probabilities and cohorts: published vectors, peers, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, jaccard_score

from fakeengage.evaluation.cohort_pairs import pair_figures
from fakeengage.evaluation.localisation import best_overlap, overlap, vus_pr
from fakeengage.evaluation.probabilities import at_prevalence, brier, reliability
from fakeengage.resampling import account_weights, mean_interval, median_interval


def published_series() -> tuple[np.ndarray, np.ndarray]:
    """The series on which TSB-UAD and aeon publish their values."""
    truth = np.zeros(200)
    truth[10:20] = truth[28:33] = truth[110:120] = 1
    scores = np.random.default_rng(41).random(200) * 0.5
    scores[16:22] = scores[33:38] = scores[160:170] = 1
    return truth, scores


def random_series(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(30, 400))
    truth = np.repeat(rng.random(n // 6 + 1) < 0.3, 6)[:n].astype(float)
    truth[3] = 1 - truth[3]
    # Every second series with ties.
    return truth, np.round(rng.random(n) + truth * rng.random(), 2 if seed % 2 else 8)


def test_vus_is_the_published_value() -> None:
    # aeon 1.6, tests of anomaly detection metrics ("compat": values of TSB-UAD, the authors' code).
    assert vus_pr(*published_series(), max_buffer=200) == pytest.approx(0.7493254559, abs=1e-10)


def test_vus_equals_aeon() -> None:
    peer = pytest.importorskip("aeon.benchmarking.metrics.anomaly_detection").range_pr_vus_score
    for seed in range(20):
        truth, scores = random_series(seed)
        assert vus_pr(truth, scores) == pytest.approx(peer(truth, scores, max_buffer_size=24), abs=1e-12)


@pytest.mark.parametrize("seed", range(8))
def test_vus_equals_its_definition_written_out(seed: int) -> None:
    truth, scores = random_series(seed)
    truth, scores = truth[:60], scores[:60]
    areas = []
    for length in range(9):
        weight = truth.copy()
        runs = np.flatnonzero(np.diff(np.r_[0, truth, 0])).reshape(-1, 2)
        for start, end in runs:
            for step in range(60):
                distance = max(start - step, step - (end - 1), 0)
                inside = distance <= length // 2 if step < start else distance < length // 2
                if length > 1 and distance and inside:
                    weight[step] = min(1.0, weight[step] + np.sqrt(1 - distance / length))
        ranges = np.flatnonzero(np.diff(np.r_[0, (weight > 0).astype(int), 0])).reshape(-1, 2)
        positives = (truth.sum() + weight.sum()) / 2
        area, before = 0.0, (0.0, 1.0)
        for threshold in sorted(set(scores), reverse=True):
            flagged = scores >= threshold
            exists = np.mean([flagged[a:b].any() for a, b in ranges])
            recall = min(float(weight[flagged].sum() / positives), 1.0) * exists
            precision = float(weight[flagged].mean())
            area += (recall - before[0]) * (precision + before[1]) / 2
            before = (recall, precision)
        areas.append(area)
    assert vus_pr(truth, scores, max_buffer=8, n_thresholds=None) == pytest.approx(np.mean(areas))


def test_random_hours_do_not_win_under_vus() -> None:
    rng = np.random.default_rng(0)
    truth = np.zeros(400)
    truth[100:140] = 1
    good = truth + 0.3 * rng.normal(size=400)
    noise = [vus_pr(truth, rng.random(400)) for _ in range(20)]
    assert np.mean(noise) < 0.25
    assert vus_pr(truth, good) > 0.75
    # Point-adjusted, one lucky hour would count as forty: F1 near 1 for noise.
    assert np.isnan(vus_pr(np.zeros(50), rng.random(50)))
    assert vus_pr(truth, np.ones(400)) == 0.0


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_overlap_is_the_jaccard_index(pairs: list[tuple[bool, bool]]) -> None:
    a, b = np.array(pairs).T
    if (a | b).any():
        assert overlap(a, b) == pytest.approx(jaccard_score(b, a))
    else:
        assert np.isnan(overlap(a, b))


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=1, max_size=40))
def test_best_overlap_tries_every_threshold(pairs: list[tuple[bool, int]]) -> None:
    truth = np.array([y for y, _ in pairs])
    scores = np.array([float(s) for _, s in pairs])
    if truth.any():
        assert best_overlap(truth, scores) == pytest.approx(
            max(overlap(scores >= threshold, truth) for threshold in scores)
        )
    else:
        assert np.isnan(best_overlap(truth, scores))


def test_brier_weights_accounts_to_the_stated_prevalence() -> None:
    rng = np.random.default_rng(1)
    fake, chance = rng.random(500) < 0.35, rng.random(500)
    weights = np.where(fake, 0.1 / fake.mean(), 0.9 / (1 - fake.mean()))
    expected = brier_score_loss(fake, chance, sample_weight=weights)
    assert brier(fake, chance, 0.1) == pytest.approx(expected)
    assert brier(fake, chance, fake.mean()) == pytest.approx(brier_score_loss(fake, chance))


def test_probabilities_move_with_the_prevalence_as_bayes_says() -> None:
    # Unit normals one apart: the posterior at any prevalence is known.
    x = np.linspace(-3, 3, 13)
    ratio = np.exp(x - 0.5)

    def posterior(prevalence: float) -> np.ndarray:
        odds = ratio * prevalence / (1 - prevalence)
        return odds / (1 + odds)

    np.testing.assert_allclose(at_prevalence(posterior(0.1), 0.1, 0.02), posterior(0.02))


def test_true_probabilities_lie_on_the_diagonal_and_boasted_ones_do_not() -> None:
    rng = np.random.default_rng(2)
    fake = np.arange(6000) < 2100
    x = rng.normal(size=6000) + fake
    odds = np.exp(x - 0.5) / 9
    honest = odds / (1 + odds)
    curve = reliability(fake, honest, 0.1, n_resamples=200)
    assert curve.accounts.sum() == 6000
    held = ((curve.low <= curve.predicted) & (curve.predicted <= curve.high)).mean()
    assert held >= 0.8
    boasted = reliability(fake, np.sqrt(honest), 0.1, n_resamples=50)
    assert (boasted.predicted > boasted.high).mean() >= 0.8


names = st.lists(st.tuples(st.integers(-1, 3), st.integers(-1, 3)), min_size=2, max_size=25)


@given(names)
def test_pairs_of_cohorts_are_counted_one_by_one(codes: list[tuple[int, int]]) -> None:
    true = np.array([None if a < 0 else f"t{a}" for a, _ in codes], dtype=object)
    found = np.array([None if b < 0 else b for _, b in codes], dtype=object)
    pairs = [(i, j) for i in range(len(codes)) for j in range(i)]
    same = {(i, j) for i, j in pairs if true[i] is not None and true[i] == true[j]}
    said = {(i, j) for i, j in pairs if found[i] is not None and found[i] == found[j]}
    figures = {name: value[0] for name, value in pair_figures(true, found).items()}
    if said:
        assert figures["pair precision"] == pytest.approx(len(same & said) / len(said))
    if same:
        assert figures["pair recall"] == pytest.approx(len(same & said) / len(same))
    if same | said:
        assert figures["pair F1"] == pytest.approx(2 * len(same & said) / (len(same) + len(said)))
    else:
        assert all(np.isnan(value) for value in figures.values())


def test_an_account_drawn_twice_is_no_pair_with_itself() -> None:
    true = np.array(["a", "a", None], dtype=object)
    weights = np.array([[3.0, 0.0, 0.0], [2.0, 1.0, 0.0]])
    found = pair_figures(true, true, weights)
    assert np.isnan(found["pair F1"][0])
    assert found["pair F1"][1] == 1.0


def test_resamples_are_drawn_within_strata_and_without_favour() -> None:
    strata = np.array([0] * 30 + [1] * 10)
    weights = np.concatenate(list(account_weights(strata, 4000, seed=3)))
    assert (weights[:, :30].sum(axis=1) == 30).all()
    assert (weights[:, 30:].sum(axis=1) == 10).all()
    np.testing.assert_allclose(weights.mean(axis=0), 1.0, atol=0.08)
    # Counts of a draw with replacement: variance 1 - 1 / n.
    np.testing.assert_allclose(weights[:, :30].var(axis=0).mean(), 1 - 1 / 30, atol=0.03)


def test_intervals_of_means_and_medians_cover() -> None:
    rng = np.random.default_rng(4)
    covered = np.zeros(2)
    for trial in range(80):
        values = np.append(rng.exponential(size=80), np.nan)
        _, low, high = mean_interval(values, n_resamples=200, seed=trial)
        covered[0] += low <= 1.0 <= high
        middle, low, high = median_interval(values, n_resamples=200, seed=trial)
        covered[1] += low <= np.log(2) <= high
        assert middle == np.median(values[:-1])
    assert (covered >= 68).all()
