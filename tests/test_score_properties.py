"""Whatever the panel holds, `score` gives every account its row and judges none without evidence."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import fakeengage as fe
from fakeengage.cadence import Cadence
from fakeengage.panel import METRICS
from fakeengage.result import STATUSES, WINDOW_COLUMNS, account_columns

CADENCES = (None, 1, 7, 60, 360, 1440, 10_080, 40_320)
LENGTHS = st.one_of(st.sampled_from([0, 1, 13, 14, 15, 47]), st.integers(0, 400))


def _series(rng: np.random.Generator, kind: str, n: int) -> np.ndarray:
    counts = rng.poisson(np.exp(rng.uniform(-3, 12)), size=n).astype(np.float32)
    some = rng.random(n) < 0.1
    if kind == "missing":
        counts[:] = np.nan
    elif kind == "silent":
        counts[:] = 0
    elif kind == "gaps":
        counts[rng.random(n) < 0.5] = np.nan
    elif kind == "huge":
        counts[some] = 1e9
    elif kind == "corrected":
        counts[some] *= -1
    elif kind == "negative":
        counts *= -1
    elif kind == "endless":
        counts[some] = rng.choice([np.inf, -np.inf, 3e38])
    elif kind == "ends":
        counts[:3] *= 50
        counts[-3:] *= 50
    return counts


KINDS = ("ordinary", "missing", "silent", "gaps", "huge", "corrected", "negative", "endless", "ends")


@st.composite
def panels(draw: st.DrawFn) -> fe.Panel:
    metrics = sorted(draw(st.sets(st.sampled_from(METRICS), min_size=1)), key=METRICS.index)
    lengths = draw(st.lists(LENGTHS, max_size=6)) * draw(st.sampled_from([1, 1, 1, 8]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=9))
    series = [
        _series(rng, kinds[(i * len(metrics) + k) % len(kinds)], n)
        for i, n in enumerate(lengths)
        for k in range(len(metrics))
    ]
    return fe.Panel(
        np.concatenate([np.empty(0, np.float32), *series]),
        np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]),
        rng.integers(-50, 600, size=len(lengths)),
        metrics,
        np.arange(len(lengths)),
        Cadence(draw(st.sampled_from(CADENCES))),
    )


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(panels(), st.integers(0, 1000))
def test_any_panel_gets_a_whole_and_honest_table(panel: fe.Panel, pick: int) -> None:
    result = fe.score(panel, fdr=0.5)
    accounts = result.accounts
    assert list(accounts.columns) == account_columns(panel.metrics)
    assert list(result.windows.columns) == list(WINDOW_COLUMNS)
    assert accounts.account_id.tolist() == panel.account_ids.tolist()
    assert set(accounts.status) <= set(STATUSES)
    judged = accounts.status == "ok"
    assert accounts.score[judged].between(0, 1).all()
    assert ((accounts.p_value[judged] > 0) & (accounts.p_value[judged] <= 1)).all()
    assert accounts.loc[~judged, ["score", "p_value"]].isna().all(axis=None)
    assert not accounts.flagged[~judged].any()
    assert accounts.inflated_share[judged].between(0, 1).all()
    if len(panel):
        i = pick % len(panel)
        alone = fe.score(panel.select([i])).accounts.score.iloc[0]
        assert alone == pytest.approx(accounts.score.iloc[i], abs=0, rel=0, nan_ok=True)
