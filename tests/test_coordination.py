"""Coordination against its definition in NumPy, every pair at a time, and on simulated cohorts."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

import fakeengage as fe
from fakeengage.expectation import Expectation, fit_expectation
from fakeengage.features import list_features

NAMES = [feature.name for feature in list_features(families="coordination")]


def own_variance(log: NDArray[np.float64], counting: NDArray[np.float64]) -> float:
    """Variance beside the counting one that makes the median residual that of a normal law."""
    low, high = 1e-4, 16.0

    def median(variance: float) -> float:
        ordered = np.sort(np.abs(log) / np.sqrt(counting + variance))
        return float(ordered[(len(ordered) - 1) // 2])

    if median(low) <= 0.67448975:
        return low
    for _ in range(12):
        middle = np.sqrt(low * high)
        low, high = (middle, high) if median(middle) > 0.67448975 else (low, middle)
    return float(np.sqrt(low * high))


def own_days(
    panel: fe.Panel, expected: NDArray[np.float32], half: int = 12
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Residual of each account less its running median, and whether a metric lies above its expectation.

    Rows on the common clock, NaN outside.
    """
    out = np.full((len(panel), panel.n_steps), np.nan)
    above = np.zeros(out.shape, bool)
    m = len(panel.metrics)
    for i in range(len(panel)):
        counts = panel.block(i).astype(float)
        usual = expected[m * panel.offsets[i] : m * panel.offsets[i + 1]].reshape(m, -1) + 0.5
        u = np.full(counts.shape, np.nan)
        for k in range(m):
            known = np.isfinite(counts[k]) & np.isfinite(usual[k])
            if known.sum() < 14 or np.ptp(counts[k][np.isfinite(counts[k])]) == 0:
                continue
            log = np.log(np.maximum(counts[k], 0) + 0.5)[known] - np.log(usual[k][known])
            log -= np.sort(log)[(len(log) - 1) // 2]
            counting = 1 / usual[k][known]
            u[k, known] = np.clip(log / np.sqrt(counting + own_variance(log, counting)), -40, 40)
        seen = np.isfinite(u).any(axis=0)
        mean = np.full(u.shape[1], np.nan)
        mean[seen] = np.nanmean(u[:, seen], axis=0)
        if seen.sum() < 48:
            continue
        begin = panel.starts[i] - panel.origin
        higher = (np.isfinite(u) & (counts > usual - 0.5)).any(axis=0)
        above[i, begin : begin + len(higher)] = higher
        for t in np.flatnonzero(seen):
            out[i, begin + t] = mean[t] - np.nanmedian(mean[max(0, t - half) : t + half + 1])
    return out, above


def reference(panel: fe.Panel, expected: NDArray[np.float32]) -> NDArray[np.float64]:
    v, above = own_days(panel, expected)
    n, n_steps = v.shape
    known = np.isfinite(v)
    factor = np.array(
        [np.median(v[known[:, t], t]) if known[:, t].sum() >= 30 else 0.0 for t in range(n_steps)]
    )
    rise = np.zeros(v.shape, bool)
    raw, v = v, v - factor
    judged = known.any(axis=1)
    for i in np.flatnonzero(judged):
        own = v[i, known[i]]
        high = np.sort(own)[int((len(own) - 1) * 0.9)]
        level = max(high, 1.5 * 1.482602218505602 * np.median(np.abs(own)))
        rise[i, known[i]] = (own > level) & (raw[i, known[i]] > level / 2) & above[i, known[i]]
    present, rising = known.sum(axis=0), rise.sum(axis=0)
    rate = rising.sum() / present.sum()
    chance = (rising + 30 * rate) / (present + 30)
    inside = np.zeros(v.shape, bool)  # between an account's first and last step, known or not
    for i, (start, length) in enumerate(zip(panel.starts - panel.origin, panel.lengths, strict=True)):
        inside[i, start : start + length] = True
    activity = np.divide(rise.sum(axis=1), inside @ chance, out=np.zeros(n), where=inside.any(axis=1))
    out = np.full((n, 4), np.nan)
    n_others = judged.sum() - 1
    for i in np.flatnonzero(judged) if n_others else []:
        found = []
        for j in np.flatnonzero(judged):
            k = int((rise[i] & rise[j]).sum())
            by_chance = activity[j] * chance[rise[i] & inside[j]].sum()
            if j != i and k >= 2 and k > by_chance:
                jaccard = k / (rise[i] | rise[j]).sum()
                found.append((k * np.log(k / by_chance) - k + by_chance, jaccard, j))
        best = sorted(found, reverse=True)[:3]
        out[i, 0] = sum(b[0] for b in best) / min(3, n_others) - np.log(n_others)
        out[i, 1] = best[0][1] if best else 0.0
        others, crowd = present[rise[i]] - 1, rising[rise[i]] - 1
        out[i, 2] = np.mean(np.log((crowd + 0.5) / (others * rate + 0.5))) if len(others) else np.nan
        partners = np.clip(v[[b[2] for b in best]], -6, 6)
        both = known[i] & np.isfinite(partners).any(axis=0)
        if both.sum() >= 24:
            own, mean = np.clip(v[i, both], -6, 6), np.nanmean(partners[:, both], axis=0)
            out[i, 3] = np.corrcoef(own, mean)[0, 1]
    return out


def ragged(n: int, metrics: int, seed: int) -> fe.Panel:
    """Accounts of several lengths, starts and gaps; the first six rise together."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(40, 260, n)
    lengths[: n // 2] = 240
    starts = rng.integers(0, 60, n) + 19_000 * 24
    blocks = []
    for i in range(n):
        rate = rng.lognormal(3, 1.5) * rng.gamma(8, 1 / 8, (metrics, lengths[i]))
        if i < 6:
            rate *= np.where((starts[i] + np.arange(lengths[i])) % 31 < 3, 2.5, 1.0)
        counts = rng.poisson(rate).astype(np.float32)
        counts[rng.random(counts.shape) < 0.03] = np.nan
        blocks.append(counts.reshape(-1))
    return fe.Panel(
        np.concatenate(blocks),
        np.concatenate([[0], np.cumsum(lengths)]),
        starts,
        ("views", "likes", "comments", "shares")[:metrics],
        np.arange(n),
    )


@pytest.mark.parametrize(("n", "metrics"), [(80, 1), (60, 3), (12, 2), (2, 1)])
def test_values_are_those_of_the_definition(n: int, metrics: int) -> None:
    panel = ragged(n, metrics, seed=n)
    expected = np.concatenate(
        [np.repeat(np.nanmean(panel.block(i), axis=1), panel.lengths[i]) for i in range(n)]
    ).astype(np.float32)
    fitted = Expectation(expected, expected, expected, None, None)  # type: ignore[arg-type]
    ours = fe.extract_features(panel, "coordination", expectation=fitted).to_numpy()
    theirs = reference(panel, expected)
    # Residuals are single precision here and double there.
    np.testing.assert_allclose(ours, theirs, rtol=2e-4, atol=2e-4)
    assert np.isfinite(ours[:, 1]).sum() >= min(n, 2)


def test_simulated_cohorts_stand_out() -> None:
    data = fe.simulate(n_users=1000, seed=2)
    frame = fe.extract_features(data.panel, "coordination")
    assert list(frame.columns) == NAMES
    fake, attack = data.accounts["is_fake"].to_numpy(), data.accounts["attack"].to_numpy()
    # Seeds 1 to 5 lie between .967 and 1, .952 and 1, .938 and .999.
    for name, floor in ((NAMES[0], 0.93), (NAMES[1], 0.9), (NAMES[3], 0.9)):
        for kind in ("wave_spam", "lockstep_cohort"):
            among = ~fake | (attack == kind)
            assert roc_auc_score(fake[among], frame[name][among].fillna(-9)) > floor, (name, kind)


def test_the_whole_expectation_can_be_given() -> None:
    panel = fe.simulate(n_users=60, length=120, seed=5).panel
    given = fe.extract_features(panel, "coordination", expectation=fit_expectation(panel))
    assert given.notna().to_numpy()[:, :2].all()


def test_a_bit_of_noise_in_all_accounts_is_no_coordination() -> None:
    rng = np.random.default_rng(0)
    shock = np.where(np.arange(240) % 40 < 3, 3.0, 1.0)  # every account triples at the same steps
    counts = rng.poisson(200 * shock * rng.gamma(20, 1 / 20, (300, 240)))
    frame = fe.extract_features(fe.Panel.from_arrays(counts[:, :, None], metrics=["views"]), "coordination")
    assert frame[NAMES[0]].max() < 5
    assert frame[NAMES[3]].median() < 0.5


def test_too_short_alone_or_flat_is_missing() -> None:
    rng = np.random.default_rng(1)
    counts = rng.poisson(50, (40, 100, 1)).astype(float)
    counts[0, 47:] = np.nan
    counts[1] = 7
    counts[2] = 0
    panel = fe.Panel.from_arrays(counts, metrics=["likes"])
    missing = fe.extract_features(panel, "coordination").isna().all(axis=1)
    assert missing.iloc[:3].all()
    assert not missing.iloc[3:].any()
    assert fe.extract_features(panel[5], "coordination").isna().to_numpy().all()
    assert fe.extract_features(panel[:0], "coordination").shape == (0, 4)
