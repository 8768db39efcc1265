"""The verdicts: same bits alone or in a batch, honest columns, statuses that explain themselves."""

import numpy as np
import pandas as pd
import pytest

import fakeengage as fe

METRICS = ["views", "likes", "comments", "shares"]


@pytest.fixture(scope="module")
def dataset() -> fe.Dataset:
    return fe.simulate(n_users=80, preset="blatant", seed=21)


@pytest.fixture(scope="module")
def result(dataset: fe.Dataset) -> "fe.Result":
    return fe.score(dataset.panel, fdr=0.1)


def test_an_account_alone_scores_the_same_bits_as_in_a_batch(
    dataset: fe.Dataset, result: "fe.Result"
) -> None:
    for i in (0, 17, 79):
        alone = fe.score(dataset.panel.select([i]))
        assert alone.accounts.score.iloc[0] == result.accounts.score.iloc[i]


def test_order_and_threads_do_not_change_a_verdict(dataset: fe.Dataset, result: "fe.Result") -> None:
    order = np.random.default_rng(0).permutation(80)
    turned = fe.score(dataset.panel.select(order), fdr=0.1, threads=3).accounts
    expected = result.accounts.iloc[order].reset_index(drop=True)
    pd.testing.assert_frame_equal(turned, expected)


def test_fakes_score_higher_and_flags_are_mostly_right(dataset: fe.Dataset, result: "fe.Result") -> None:
    fake = dataset.accounts.is_fake.to_numpy(dtype=bool)
    # An account that is idle throughout is not judged.
    scores = result.accounts.score.to_numpy()
    assert np.nanmean(scores[fake]) > np.nanmean(scores[~fake]) + 0.1
    flagged = result.accounts.flagged.to_numpy(dtype=bool)
    assert flagged.any()
    assert fake[flagged].mean() >= 0.7


def test_flagged_accounts_carry_reasons_and_windows_inside_the_series(result: "fe.Result") -> None:
    flagged = result.accounts[result.accounts.flagged]
    assert (flagged.reasons.str.len() > 10).all()
    stamps = result.panel.timestamps
    first = pd.Timestamp(stamps[0]).tz_localize("UTC")
    last = pd.Timestamp(stamps[-1]).tz_localize("UTC") + pd.Timedelta(hours=1)
    assert (result.windows.start >= first).all()
    assert (result.windows.end <= last).all()
    assert (result.windows.start < result.windows.end).all()


def test_inflation_is_the_net_excess_inside_windows(result: "fe.Result") -> None:
    by_window = result.windows[result.windows.metric == "likes"].groupby("account_id").excess.sum()
    judged = result.accounts[result.accounts.status == "ok"]
    assert len(judged) > 70
    for row in judged.itertuples():
        assert row.inflated_likes == pytest.approx(by_window.get(row.account_id, 0.0), abs=1e-6)
        assert row.inflated_likes_low <= row.inflated_likes_high
        assert 0.0 <= row.inflated_share <= 1.0


def test_accounts_that_cannot_be_judged_say_why() -> None:
    rng = np.random.default_rng(3)
    hours = pd.date_range("2024-05-01", periods=100, freq="h")
    frames = [
        pd.DataFrame({"account_id": "short", "timestamp": hours[:9], "likes": rng.poisson(5, 9)}),
        pd.DataFrame({"account_id": "silent", "timestamp": hours, "likes": 0}),
        pd.DataFrame({"account_id": "fine", "timestamp": hours, "likes": rng.poisson(50, 100)}),
    ]
    accounts = fe.score(pd.concat(frames)).accounts.set_index("account_id")
    assert accounts.status.to_dict() == {"short": "too_short", "silent": "no_activity", "fine": "ok"}
    unjudged = accounts.loc[["short", "silent"]]
    assert unjudged.score.isna().all()
    assert unjudged.p_value.isna().all()
    assert not unjudged.flagged.any()
    assert accounts.hours_observed.to_dict() == {"short": 9, "silent": 100, "fine": 100}


def test_an_obvious_attack_is_located() -> None:
    rng = np.random.default_rng(8)
    counts = rng.poisson(200, size=(1, 336, 2)).astype(float)
    counts[0, 200:212, :] *= 8
    found = fe.score(fe.Panel.from_arrays(counts, metrics=["views", "likes"]))
    start = found.accounts.window_start.iloc[0]
    assert abs((start - pd.Timestamp("2024-01-09T08:00Z")) / pd.Timedelta(hours=1)) <= 2
    assert np.nanargmax(found.hours[0]) in range(199, 213)
    assert "rose" in found.accounts.reasons.iloc[0]
    share = found.accounts.inflated_share.iloc[0]
    assert share == pytest.approx(12 * 7 / (12 * 7 + 336), abs=0.05)


@pytest.mark.parametrize("fdr", [0, 1, 2.5])
def test_an_impossible_rate_is_refused(dataset: fe.Dataset, fdr: float) -> None:
    with pytest.raises(ValueError, match="fdr"):
        fe.score(dataset.panel, fdr=fdr)


def test_a_wrong_model_is_refused_with_the_remedy(dataset: fe.Dataset, tmp_path: object) -> None:
    with pytest.raises(ValueError, match="fakeengage train"):
        fe.score(dataset.panel, model=str(tmp_path))
    with pytest.raises(TypeError, match="Auditor"):
        fe.score(dataset.panel, model=3)  # type: ignore[arg-type]


@pytest.mark.parametrize("format", ["csv", "parquet", "json"])
def test_a_real_result_is_saved_in_every_format(result: "fe.Result", tmp_path, format: str) -> None:
    result.save(tmp_path, format)
    assert {"accounts", "windows", "cohorts", "rejected"} <= {p.stem for p in tmp_path.glob(f"*.{format}")}


def test_months_are_named_as_months() -> None:
    rng = np.random.default_rng(0)
    months = np.arange("2019-01", "2024-01", dtype="datetime64[M]").astype("datetime64[ns]")
    likes = rng.poisson(200, len(months))
    likes[20:23] *= 30
    frame = pd.DataFrame({"account_id": "a", "timestamp": months, "likes": likes})
    why = fe.score(frame).accounts.reasons.iloc[0]
    assert "Sep 2020 – Nov 2020" in why
    assert "2020-" not in why


def test_only_metrics_that_were_seen_and_calm_are_said_to_have_stayed_as_usual() -> None:
    rng = np.random.default_rng(5)
    counts = rng.poisson(400, size=(1, 336, 4)).astype(float)
    counts[0, 200:212, 1] *= 8
    counts[0, 200:212, 2] *= 1.4
    counts[0, :, 3] = np.nan
    why = fe.score(fe.Panel.from_arrays(counts)).accounts.reasons.iloc[0].split("; ")[0]
    assert why.startswith("likes rose 7.")
    assert "x above expectation while views stayed as usual, 9 Jan" in why
