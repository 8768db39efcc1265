"""Four ways to flag, without a new fit."""

import numpy as np
import pytest

import fakeengage as fe
from fakeengage.calibration import flag

P = np.array([0.001, 0.2, np.nan, 0.04, 0.2, 0.9] + [0.95] * 20)
SCORE = np.array([0.9, 0.3, np.nan, 0.6, 0.5, 0.05] + [0.01] * 20)


def test_the_false_discovery_rate_is_benjamini_and_hochbergs() -> None:
    assert np.array_equal(fe.Policy("fdr", 0.05).flags(P, SCORE), flag(P, 0.05))


def test_a_budget_takes_the_most_suspicious_by_p_value_then_score() -> None:
    assert np.flatnonzero(fe.Policy("budget", 3).flags(P, SCORE)).tolist() == [0, 3, 4]
    assert not fe.Policy("budget", 0).flags(P, SCORE).any()
    assert fe.Policy("budget", 1000).flags(P, SCORE).sum() == (~np.isnan(P)).sum()


def test_accounts_that_tie_for_the_last_place_are_left_out_together() -> None:
    tied = fe.Policy("budget", 2).flags([0.1, 0.2, 0.2], [0.5, 0.4, 0.4])
    assert tied.tolist() == [True, False, False]


def test_a_share_counts_judged_accounts() -> None:
    assert fe.Policy("share", 0.2).flags(P, SCORE).sum() == 5
    order = np.random.default_rng(0).permutation(len(P))
    assert np.array_equal(
        fe.Policy("share", 0.2).flags(P, SCORE)[order], fe.Policy("share", 0.2).flags(P[order], SCORE[order])
    )


def test_costs_set_the_probability_at_which_a_flag_pays() -> None:
    assert np.flatnonzero(fe.Policy("cost_ratio", 1).flags(P, SCORE)).tolist() == [0, 3, 4]
    assert np.flatnonzero(fe.Policy("cost_ratio", 4).flags(P, SCORE)).tolist() == [0, 1, 3, 4]


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        ("fdr", 0.0, "fdr: 0.0 is not allowed"),
        ("share", 1.5, "share: 1.5 is not allowed"),
        ("cost_ratio", -1.0, "cost_ratio: -1.0 is not allowed"),
        ("budget", 2.5, "budget: 2.5 is not allowed"),
        ("mood", 1, "policy: 'mood' is not known"),
    ],
)
def test_a_number_out_of_range_is_named(kind: str, value: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fe.Policy(kind, value)


def test_only_one_rule_can_decide() -> None:
    with pytest.raises(ValueError, match="budget and share: only one policy"):
        fe.Policy.of(share=0.1, budget=3)
    assert fe.Policy.of(fdr=0.1) == fe.Policy("fdr", 0.1)
    assert fe.Policy.of(fdr=0.1, budget=3) == fe.Policy("budget", 3)


def test_score_flags_by_any_policy_without_another_look() -> None:
    panel = fe.simulate(n_users=60, seed=12).panel
    plain = fe.score(panel)
    few = fe.score(panel, policy=fe.Policy("budget", 4))
    assert few.accounts.flagged.sum() <= 4
    assert np.array_equal(plain.accounts.p_value, few.accounts.p_value, equal_nan=True)
    again = fe.Policy("budget", 4).flags(plain.accounts.p_value, plain.accounts.score)
    assert np.array_equal(again, few.accounts.flagged.to_numpy(bool))
    assert few.summary["policy"]["kind"] == "budget"
