"""Feature frames: registry names, families, and independence of the batch. The laws are in Rust."""

import numpy as np
import pytest

import fakeengage as fe
from fakeengage.features import FAMILIES, list_features


@pytest.fixture(scope="module")
def panel() -> fe.Panel:
    return fe.simulate(n_users=8, length=200, seed=5).panel


def test_columns_are_the_registry(panel: fe.Panel) -> None:
    frame = fe.extract_features(panel)
    assert list(frame.columns) == [f.name for f in list_features(panel.metrics)]
    assert frame.index.tolist() == panel.account_ids.tolist()
    assert frame.columns.is_unique
    assert all(name.count("__") == 2 for name in frame.columns)


def test_families_partition_the_columns(panel: fe.Panel) -> None:
    parts = [fe.extract_features(panel, families=[family]) for family in FAMILIES]
    assert sum(part.shape[1] for part in parts) == len(list_features(panel.metrics))
    with pytest.raises(ValueError, match="families"):
        fe.extract_features(panel, families=["bursts"])


def test_values_do_not_depend_on_batch_or_threads(panel: fe.Panel) -> None:
    whole = fe.extract_features(panel, threads=1).to_numpy()
    part = fe.extract_features(panel.select([6, 2]), threads=2).to_numpy()
    assert np.array_equal(whole[[6, 2]], part, equal_nan=True)


def test_scale_hardly_matters_to_large_accounts() -> None:
    rng = np.random.default_rng(0)
    base = rng.gamma(20, size=(1, 300, 2)) * 500
    small = fe.extract_features(fe.Panel.from_arrays(np.rint(base), metrics=["views", "likes"]))
    large = fe.extract_features(fe.Panel.from_arrays(np.rint(base * 50), metrics=["views", "likes"]))
    ours = [c for c in small.columns if "scan_up" in c or "ratio_up" in c]
    np.testing.assert_allclose(small[ours], large[ours], rtol=0.15, atol=0.3)
