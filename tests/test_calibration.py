"""p-values, flags and strata."""

import numpy as np
import pytest

from fakeengage.cadence import Cadence
from fakeengage.calibration import N_STRATA, Reference, flag, majority_p_values, sigmoid, strata
from fakeengage.panel import Panel


def reference(n: int = 999) -> Reference:
    return Reference.of(np.arange(1.0, n + 1), np.full(n, 5))


def test_p_value_is_the_rank_with_the_account_itself_counted() -> None:
    p = reference().p_values(np.array([2000.0, 999.0, 0.0, 500.0]), np.full(4, 5))
    assert p.tolist() == [0.001, 0.002, 1.0, 0.501]


def test_exchangeable_accounts_get_uniform_p_values() -> None:
    rng = np.random.default_rng(0)
    table = Reference.of(rng.normal(size=3000), np.full(3000, 0))
    p = table.p_values(rng.normal(size=20_000), np.zeros(20_000, np.int64))
    for level in (0.01, 0.05, 0.5):
        assert abs((p <= level).mean() - level) < 4 * np.sqrt(level / 3000) + 0.002


def test_a_thin_stratum_borrows_from_its_nearest_neighbour() -> None:
    scores = np.concatenate([np.zeros(300), np.ones(300), [7.0]])
    table = Reference.of(scores, np.concatenate([np.zeros(300), np.full(300, 30), [1]]).astype(np.int64))
    assert table.origin[1] == 0
    assert table.origin[29] == 30
    assert len(table.origin) == N_STRATA


def test_too_few_organic_accounts_are_refused() -> None:
    with pytest.raises(ValueError, match="too few; at least 200 alike"):
        Reference.of(np.arange(10.0), np.zeros(10, np.int64))


def test_an_unjudged_account_has_no_p_value() -> None:
    assert np.isnan(reference().p_values(np.array([3.0]), np.array([-1]))[0])


def test_benjamini_hochberg_by_hand() -> None:
    p = np.array([0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216] + [0.9] * 10)
    assert flag(p, 0.05).nonzero()[0].tolist() == [0]
    assert flag(p, 0.1).nonzero()[0].tolist() == [0, 1]


def test_small_batches_are_stricter_and_missing_p_values_never_flag() -> None:
    p = np.array([0.009, 0.011, np.nan])
    assert flag(p, 0.05).tolist() == [True, False, False]


@pytest.mark.parametrize("fdr", [0.0, 1.0, -1.0, float("nan")])
def test_an_impossible_rate_is_refused(fdr: float) -> None:
    with pytest.raises(ValueError, match="fdr"):
        flag(np.array([0.1]), fdr)


def test_false_discoveries_stay_below_the_rate_on_average() -> None:
    rng = np.random.default_rng(1)
    shares = []
    for _ in range(200):
        p = rng.uniform(size=200)
        p[:40] = rng.uniform(size=40) * 1e-4
        found = flag(p, 0.1)
        shares.append(found[40:].sum() / max(found.sum(), 1))
    assert 0.05 < np.mean(shares) < 0.1


def test_strata_tell_clock_metrics_length_and_volume_apart() -> None:
    def one(values: np.ndarray, cadence: Cadence | None = None) -> int:
        names = ["views", "likes"][: values.shape[2]]
        return int(strata(Panel.from_arrays(values, metrics=names, cadence=cadence))[0])

    base = one(np.full((1, 200, 2), 50.0))
    others = {
        one(np.full((1, 200, 2), 50.0), Cadence(minutes=None)),
        one(np.full((1, 200, 1), 50.0)),
        one(np.full((1, 60, 2), 50.0)),
        one(np.full((1, 900, 2), 50.0)),
        one(np.full((1, 200, 2), 5000.0)),
    }
    assert base not in others
    assert len(others) == 5
    assert one(np.full((1, 13, 2), 50.0)) == -1


def test_sigmoid_is_the_same_wherever_a_value_stands() -> None:
    values = np.linspace(-800, 800, 1001)
    alone = np.array([sigmoid(values[i : i + 1])[0] for i in range(len(values))])
    assert np.array_equal(alone, sigmoid(values))
    assert sigmoid(np.array([0.0]))[0] == 0.5


@pytest.mark.parametrize("n_fakes", [0, 10_000])
def test_the_majority_is_a_fair_null_even_beside_a_third_of_fakes(n_fakes: int) -> None:
    rng = np.random.default_rng(2)
    organic = rng.normal(3.0, 2.0, size=20_000)
    p = majority_p_values(np.concatenate([organic, rng.normal(12.0, 2.0, size=n_fakes)]))
    assert 0.035 < (p[:20_000] <= 0.05).mean() < 0.065
    if n_fakes:
        assert (p[20_000:] <= 0.01).mean() > 0.9
