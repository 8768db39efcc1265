"""Ranking figures against scikit-learn, by hand, and on scores that know nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from fakeengage.ranking import (
    FIGURES,
    auprc,
    auprc_at,
    auroc,
    best_precision_at,
    bootstrap_interval,
    recall_at,
)

labelled = st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=2, max_size=60).filter(
    lambda pairs: 0 < sum(y for y, _ in pairs) < len(pairs)
)


@given(labelled)
def test_areas_equal_scikit_learn_with_ties(pairs: list[tuple[bool, int]]) -> None:
    fake = np.array([y for y, _ in pairs])
    scores = np.array([float(s) for _, s in pairs])
    assert auroc(fake, scores) == pytest.approx(roc_auc_score(fake, scores))
    assert auprc(fake, scores) == pytest.approx(average_precision_score(fake, scores))


def test_recall_counts_only_thresholds_within_the_allowance() -> None:
    fake = np.array([True, True, False, True, False] + [False] * 98)
    scores = np.array([9.0, 8.0, 7.0, 6.0, 5.0] + [0.0] * 98)
    assert recall_at(0.0)(fake, scores) == pytest.approx(2 / 3)
    assert recall_at(0.01)(fake, scores) == pytest.approx(1.0)


def test_precision_is_reweighted_to_the_stated_prevalence() -> None:
    fake = np.array([True] * 10 + [False] * 10)
    scores = np.array([5.0] * 5 + [0.0] * 5 + [5.0] * 1 + [0.0] * 9)
    # Half of the fakes are found at a false-alarm rate of one tenth.
    assert best_precision_at(0.02)(fake, scores) == pytest.approx(0.02 * 0.5 / (0.02 * 0.5 + 0.98 * 0.1))


def test_one_label_only_has_no_figure() -> None:
    assert np.isnan(auroc(np.ones(4, bool), np.arange(4.0)))
    assert np.isnan(auprc(np.zeros(4, bool), np.arange(4.0)))


def test_interval_covers_the_truth_about_as_often_as_stated() -> None:
    rng = np.random.default_rng(5)
    truth = 0.7602  # Phi(1 / sqrt(2)): two unit normals one standard deviation apart
    covered = 0
    for trial in range(60):
        fake = np.arange(120) < 50
        scores = rng.normal(size=120) + fake
        _, low, high = bootstrap_interval(auroc, fake, scores, n_resamples=200, seed=trial)
        covered += low <= truth <= high
    assert 51 <= covered <= 60


@given(labelled)
def test_weights_of_whole_numbers_are_accounts_more_than_once(pairs: list[tuple[bool, int]]) -> None:
    fake = np.array([y for y, _ in pairs])
    scores = np.array([float(s) for _, s in pairs])
    times = np.arange(len(pairs)) % 3 + 1
    for name, figure in FIGURES.items():
        repeated = figure(np.repeat(fake, times), np.repeat(scores, times))
        assert figure(fake, scores, times) == pytest.approx(repeated), name


def test_average_precision_moves_with_the_prevalence() -> None:
    rng = np.random.default_rng(6)
    fake = np.arange(400) < 140
    scores = rng.normal(size=400) + fake
    # The same accounts with every normal counted so often that 2 % are fake.
    weights = np.where(fake, 1.0, 140 * 0.98 / 0.02 / 260)
    expected = average_precision_score(fake, scores, sample_weight=weights)
    assert auprc_at(0.02)(fake, scores) == pytest.approx(expected)
    assert auprc_at(0.35)(fake, scores) == pytest.approx(auprc(fake, scores))


def test_nan_has_no_place_in_a_ranking() -> None:
    with pytest.raises(ValueError, match="scores: NaN"):
        auroc([True, False], [np.nan, 1.0])
