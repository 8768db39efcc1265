"""Data sets on disk: nothing half-written is read, nothing changed goes unnoticed."""

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

import fakeengage as fe
from fakeengage.dataset import folder as dataset_folder
from fakeengage.presets import PRESETS
from fakeengage.simulation import simulate_to_folder


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of 10 accounts of 60 hours."""
    monkeypatch.setattr(dataset_folder, "ROWS_PER_PART", 600)


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.parametrize(("missing", "keep_clean"), [(None, False), (0.3, True)])
def test_saved_and_loaded_data_are_the_same(tmp_path: Path, missing: float | None, keep_clean: bool) -> None:
    data = fe.simulate(n_users=60, length=100, seed=3, missing=missing, keep_clean=keep_clean)
    data.save(tmp_path / "d")
    again = fe.load_dataset(tmp_path / "d")
    assert np.array_equal(again.panel.values, data.panel.values, equal_nan=True)
    assert np.array_equal(again.mask, data.mask)
    assert list(again.panel.account_ids) == list(data.panel.account_ids)
    assert np.array_equal(again.panel.timestamps, data.panel.timestamps)
    assert again.spec == data.spec
    if keep_clean:
        assert np.array_equal(again.clean, data.clean, equal_nan=True)
    else:
        assert again.clean is None
    for name in ("accounts", "windows"):
        left, right = getattr(again, name), getattr(data, name)
        assert list(left.columns) == list(right.columns)
        for column in left.columns:
            same = (left[column] == right[column]) | (left[column].isna() & right[column].isna())
            assert same.all(), column
    about = json.loads((tmp_path / "d" / "dataset.json").read_text())
    assert about["spec"]["seed"] == 3
    assert set(about["sha256"]) == {"accounts.parquet", "windows.parquet", "series/part-00000.parquet"}
    assert sorted(p.name for p in (tmp_path / "d").iterdir()) == [
        "accounts.parquet", "dataset.json", "series", "windows.parquet"
    ]  # fmt: skip


@pytest.mark.usefixtures("small_parts")
def test_streamed_and_saved_folders_are_the_same_files(tmp_path: Path) -> None:
    spec = fe.SimulationSpec(seed=2, length=60)
    seen: list[tuple[int, int]] = []
    simulate_to_folder(spec, 35, tmp_path / "a", progress=lambda done, n: seen.append((done, n)))
    assert seen == [(10, 35), (20, 35), (30, 35), (35, 35)]
    fe.simulate_range(spec, 0, 35).save(tmp_path / "b")
    assert files(tmp_path / "a") == files(tmp_path / "b")
    assert len(fe.load_dataset(tmp_path / "a")) == 35


@pytest.mark.usefixtures("small_parts")
def test_a_stopped_run_is_not_read_and_resumes_to_the_same_bytes(tmp_path: Path) -> None:
    spec = fe.SimulationSpec(seed=2, length=60)
    simulate_to_folder(spec, 40, tmp_path / "whole")

    class StoppedError(Exception):
        pass

    def stop(done: int, _: int) -> None:
        if done == 20:
            raise StoppedError

    broken = tmp_path / "broken"
    with pytest.raises(StoppedError):
        simulate_to_folder(spec, 40, broken, progress=stop)
    # A part that was being written when the power failed.
    (broken / "series" / ".part-00002.parquet.99.tmp").write_bytes(b"PAR1 half")
    with pytest.raises(ValueError, match="no finished data set"):
        fe.load_dataset(broken)
    kept = (broken / "series" / "part-00000.parquet").stat().st_mtime_ns
    simulate_to_folder(spec, 40, broken)
    assert (broken / "series" / "part-00000.parquet").stat().st_mtime_ns == kept
    assert {k: v for k, v in files(broken).items() if not k.endswith(".tmp")} == files(tmp_path / "whole")
    assert len(fe.load_dataset(broken)) == 40


def test_another_data_set_is_not_overwritten_unasked(tmp_path: Path) -> None:
    first, second = (fe.simulate(n_users=10, length=48, seed=seed) for seed in (1, 2))
    first.save(tmp_path)
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(ValueError, match="holds another data set"):
        second.save(tmp_path)
    assert fe.load_dataset(tmp_path).spec == first.spec
    second.save(tmp_path, overwrite=True)
    assert fe.load_dataset(tmp_path).spec == second.spec
    second.save(tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "keep"


def test_changed_missing_and_newer_parts_are_refused(tmp_path: Path) -> None:
    fe.simulate(n_users=10, length=48).save(tmp_path)
    part = tmp_path / "series" / "part-00000.parquet"
    whole = part.read_bytes()
    part.write_bytes(whole[:-1] + b"X")
    with pytest.raises(ValueError, match="was changed after it was written"):
        fe.load_dataset(tmp_path)
    part.unlink()
    with pytest.raises(ValueError, match="is missing"):
        fe.load_dataset(tmp_path)
    part.write_bytes(whole)
    about = json.loads((tmp_path / "dataset.json").read_text())
    (tmp_path / "dataset.json").write_text(json.dumps({**about, "schema": 99}))
    with pytest.raises(ValueError, match="upgrade fakeengage"):
        fe.load_dataset(tmp_path)
    (tmp_path / "dataset.json").write_text("{")
    with pytest.raises(ValueError, match="is not JSON"):
        fe.load_dataset(tmp_path)


def test_the_long_table_on_disk_is_one_that_anybody_can_read(tmp_path: Path) -> None:
    data = fe.simulate(n_users=5, length=48)
    data.save(tmp_path)
    table = pq.read_table(tmp_path / "series" / "part-00000.parquet")
    assert table.column_names == [
        "account_id",
        "timestamp",
        "views",
        "likes",
        "comments",
        "shares",
        "changed",
    ]
    frame = table.to_pandas()
    expected = data.to_frame()
    assert np.array_equal(frame.views.to_numpy(), expected.views.to_numpy())
    assert (frame.timestamp == expected.timestamp).all()


def test_frames_carry_labels_only_when_asked() -> None:
    data = fe.simulate(n_users=100, length=72, seed=1)
    assert list(data.to_frame().columns) == [
        "account_id",
        "timestamp",
        "views",
        "likes",
        "comments",
        "shares",
    ]
    frame = data.to_frame(labels=True)
    per_account = frame.groupby("account_id", sort=False).first()
    assert list(per_account.label == "fake") == list(data.accounts.is_fake)
    assert per_account.window_start.notna().sum() == data.accounts.is_fake.sum()
    assert (per_account.window_end > per_account.window_start)[per_account.window_start.notna()].all()


def test_an_empty_data_set_survives_saving(tmp_path: Path) -> None:
    fe.simulate(n_users=0).save(tmp_path)
    assert len(fe.load_dataset(tmp_path)) == 0


def test_the_package_ships_its_presets() -> None:
    folder = Path(fe.__file__).parent / "presets"
    assert {p.stem for p in folder.glob("*.yaml")} == set(PRESETS)
