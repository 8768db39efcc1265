"""Coordination against its definition in NumPy, and what it finds in simulated cohorts."""

import numpy as np
import pytest
from numpy.typing import NDArray

import fakeengage as fe
from fakeengage.expectation import Expectation
from fakeengage.features import feature_matrix

COLUMNS = [
    "coordination__coincidence__top3",
    "coordination__jaccard__best",
    "coordination__crowd__mean",
    "coordination__correlation__top3",
]
Floats = NDArray[np.float64]


def cohort_panel(n_accounts: int = 120, n_members: int = 8, n_steps: int = 300) -> fe.Panel:
    """Noisy accounts on one clock, some of which double at shared steps; gaps and a lagging start."""
    rng = np.random.default_rng(11)
    mean = rng.lognormal(4, 1, (n_accounts, 1, 1)) * np.array([4.0, 1.0])
    noise = rng.gamma(20, 1 / 20, (n_accounts, n_steps, 2))
    noise[:n_members, np.arange(n_steps) % 37 < 2] *= 2.2
    values = rng.poisson(mean * noise).astype(np.float32)
    values[rng.random(values.shape) < 0.02] = np.nan
    values[5, 10:20] = np.nan
    values[-1] = 3
    return fe.Panel.from_arrays(values, metrics=["views", "likes"])


def measure(panel: fe.Panel, expectation: Expectation | None = None, threads: int = 1) -> Floats:
    return feature_matrix(panel, expectation, families="coordination", threads=threads)


def own_residual(counts: Floats, expected: Floats) -> Floats:
    """Log residual over its spread: counting noise, and what makes the median that of a normal law."""
    log = np.log((counts + 0.5) / (expected + 0.5))
    counting = 1 / (expected + 0.5)
    known = log[~np.isnan(log)]
    low, high = 1e-4, 16.0
    for _ in range(12):
        middle = np.sqrt(low * high)
        spread = np.sqrt((counting + middle)[~np.isnan(log)])
        beyond = np.sort(np.abs(known) / spread)[(len(known) - 1) // 2] > 0.67448975
        low, high = (middle, high) if beyond else (low, middle)
    return log / np.sqrt(counting + np.sqrt(low * high))


def by_definition(values: Floats, expected: Floats) -> Floats:
    """The four columns for ``(n_accounts, n_steps, n_metrics)`` of hours on one clock."""
    n, n_steps, n_metrics = values.shape
    raw = np.full((n, n_steps), np.nan)
    own = raw.copy()
    for i in range(n):
        varying = [k for k in range(n_metrics) if np.ptp(values[i, ~np.isnan(values[i, :, k]), k]) > 0]
        if not varying:
            continue
        parts = np.stack([own_residual(values[i, :, k], expected[i, :, k]) for k in varying])
        seen = ~np.isnan(parts).all(axis=0)
        raw[i, seen] = np.nanmean(parts[:, seen], axis=0)
        for t in np.flatnonzero(seen):
            own[i, t] = raw[i, t] - np.nanmedian(raw[i, max(t - 12, 0) : t + 13])
    judged = ~np.isnan(own).all(axis=1)
    factor = np.nanmedian(own[judged], axis=0)
    series = own - factor
    rises = np.zeros((n, n_steps), bool)
    for i in np.flatnonzero(judged):
        known = np.sort(series[i, ~np.isnan(series[i])])
        high = known[int((len(known) - 1) * 0.9)]
        level = max(high, 1.5 * 1.4826 * np.median(np.abs(known)))
        rises[i] = (series[i] > level) & (own[i] > 0) & (raw[i] > 0)
    present, rising = (~np.isnan(series)).sum(axis=0), rises.sum(axis=0)
    rate = rising.sum() / present.sum()
    chance = (rising + 30 * rate) / (present + 30)
    activity = rises.sum(axis=1) / chance.sum()
    out = np.full((n, 4), np.nan)
    others = judged.sum() - 1
    for i in np.flatnonzero(judged):
        found = []
        for j in np.flatnonzero(judged):
            shared = int((rises[i] & rises[j]).sum())
            by_chance = activity[j] * chance[rises[i]].sum()
            if j != i and shared >= 2 and shared > by_chance:
                evidence = shared * np.log(shared / by_chance) - shared + by_chance
                jaccard = shared / (rises[i] | rises[j]).sum()
                # Between equals the series decide.
                found.append((-evidence, -jaccard, tuple(np.nan_to_num(series[j], nan=np.inf)), j))
        best = [(-evidence, -jaccard, j) for evidence, jaccard, _, j in sorted(found)[:3]]
        out[i, 0] = sum(e for e, _, _ in best) / 3 - np.log(others)
        out[i, 1] = best[0][1] if best else 0
        excess = (rising[rises[i]] - 0.5) / ((present[rises[i]] - 1) * rate + 0.5)
        out[i, 2] = np.log(excess).mean()
        clipped = np.clip(series, -6, 6)
        company = clipped[[j for _, _, j in best]]
        both = ~np.isnan(clipped[i]) & ~np.isnan(company).all(axis=0)
        out[i, 3] = np.corrcoef(clipped[i, both], np.nanmean(company[:, both], axis=0))[0, 1]
    return out


def test_values_are_those_of_the_definition() -> None:
    panel = cohort_panel()
    expectation = fe.fit_expectation(panel)
    m = len(panel.metrics)
    expected = expectation.expected.reshape(len(panel), m, -1).transpose(0, 2, 1).astype(float)
    wanted = by_definition(panel.values.astype(float), expected)
    found = measure(panel, expectation)
    assert np.isnan(wanted[-1]).all()
    # Residuals of the engine are float32.
    np.testing.assert_allclose(found, wanted, rtol=2e-5, atol=2e-5)


def test_a_cohort_stands_out_and_nobody_else() -> None:
    found = measure(cohort_panel())
    assert (found[:8, 0] > 2).all()
    assert (found[8:-1, 0] < 1).all()
    assert np.isnan(found[-1]).all()


def test_values_follow_the_accounts_and_not_the_threads() -> None:
    panel = cohort_panel()
    found = measure(panel)
    order = np.random.default_rng(1).permutation(len(panel))
    np.testing.assert_array_equal(measure(panel[order], threads=3), found[order])


def test_company_matters_only_to_this_family() -> None:
    panel = cohort_panel()
    part = panel[np.arange(0, len(panel), 2)]
    columns = fe.extract_features(panel, families=["ratio", "coordination"])
    parted = fe.extract_features(part, families=["ratio", "coordination"])
    shared = [name for name in columns if name not in COLUMNS]
    assert list(columns)[-4:] == COLUMNS
    assert columns[shared].iloc[::2].equals(parted[shared])
    assert not columns[COLUMNS].iloc[::2].equals(parted[COLUMNS])
    assert not set(COLUMNS) & set(fe.extract_features(panel))


@pytest.mark.parametrize("n_accounts", [0, 1, 2])
def test_hardly_any_company(n_accounts: int) -> None:
    found = measure(cohort_panel()[:n_accounts])
    assert found.shape == (n_accounts, 4)
    assert np.isnan(found).all() == (n_accounts < 2)


def test_simulated_cohorts_are_found() -> None:
    from sklearn.metrics import roc_auc_score

    data = fe.simulate(preset="published", n_users=1200, seed=4)
    found = np.nan_to_num(measure(data.panel)[:, 0], nan=-99)
    fake = data.accounts["is_fake"].to_numpy(bool)
    for attack in ("wave_spam", "lockstep_cohort"):
        chosen = (data.accounts["attack"] == attack).fillna(False).to_numpy(bool)
        either = chosen | ~fake
        # .97 to .995 in three batches of 2,000.
        assert roc_auc_score(chosen[either], found[either]) > 0.93, attack
