"""Folders written while simulating: killed at any moment, resumed to the same bytes, read by anybody."""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest

import fakeengage as fe
from fakeengage.dataset import folder as dataset_folder
from fakeengage.simulation import simulate_to_folder

N_USERS, LENGTH, PER_PART = 20_000, 24, 100
COMMAND = f"""
import sys
from fakeengage.cli import main
from fakeengage.dataset import folder
folder.ROWS_PER_PART = {LENGTH * PER_PART}
words = ["--n-users", "{N_USERS}", "--length", "{LENGTH}", "--seed", "4", "--out", sys.argv[1]]
sys.exit(main(["simulate", *words]))
"""


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def start(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, str(folder)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
    )


def finish(process: subprocess.Popen[str]) -> None:
    _, errors = process.communicate(timeout=200)
    assert (process.returncode, errors) == (0, "")


def wait_for_parts(folder: Path, n: int, process: subprocess.Popen[str]) -> None:
    """Return once `n` series of parts are there, or the process has ended."""
    limit = time.monotonic() + 120
    while process.poll() is None and len(list(folder.glob("series/part-*.parquet"))) < n:
        assert time.monotonic() < limit, f"no {n} parts after two minutes"
        time.sleep(0.001)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that nobody disturbed."""
    folder = tmp_path_factory.mktemp("whole") / "data"
    finish(start(folder))
    return folder


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of 10 accounts of 60 hours."""
    monkeypatch.setattr(dataset_folder, "ROWS_PER_PART", 600)


def test_killed_at_random_moments_it_leaves_no_half_file_and_resumes_to_the_same_bytes(
    tmp_path: Path, whole: Path
) -> None:
    rng = random.Random(8)
    want, folder = files(whole), tmp_path / "data"
    n_parts, stopped_at = N_USERS // PER_PART, []
    for moment in sorted(rng.sample(range(n_parts), 6)):
        process = start(folder)
        wait_for_parts(folder, moment, process)
        time.sleep(rng.random() * 0.01)
        process.kill()
        process.communicate(timeout=60)
        # Whatever has the name of a finished file is one.
        for path in (*folder.glob("series/part-*.parquet"), *folder.glob("*.parquet")):
            assert path.read_bytes() == want[str(path.relative_to(folder))]
        stopped_at.append(len(list(folder.glob("series/part-*.parquet"))))
        if not (folder / "dataset.json").exists():
            with pytest.raises(ValueError, match="no finished data set"):
                fe.load_dataset(folder)
    assert len({n for n in stopped_at if 0 < n < n_parts}) >= 3, stopped_at
    finish(start(folder))
    assert files(folder) == want


@pytest.mark.skipif(os.name == "nt", reason="no SIGINT for one process on Windows")
def test_interrupted_it_says_how_to_go_on(tmp_path: Path, whole: Path) -> None:
    folder = tmp_path / "data"
    process = start(folder)
    wait_for_parts(folder, 3, process)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "keeps what is done; the same command goes on from there" in errors
    assert "Traceback" not in errors
    assert not list(folder.rglob("*.tmp"))
    finish(start(folder))
    assert files(folder) == files(whole)


@pytest.mark.skipif(os.name == "nt", reason="no terminals for tests on Windows")
@pytest.mark.parametrize("quiet", [False, True])
def test_a_terminal_is_shown_a_bar(tmp_path: Path, quiet: bool) -> None:
    terminal, end = os.openpty()
    words = ["simulate", "--n-users", "300", "--length", "48", "--out", str(tmp_path), *["--quiet"] * quiet]
    with subprocess.Popen(
        [sys.executable, "-m", "fakeengage", *words], stdout=subprocess.DEVNULL, stderr=end
    ) as process:
        os.close(end)
        shown = b""
        # Linux reports the other end's closing as an error.
        with contextlib.suppress(OSError):
            while block := os.read(terminal, 1 << 16):
                shown += block
        os.close(terminal)
    assert process.returncode == 0
    assert (b"simulating" in shown, b"100 %" in shown) == (not quiet, not quiet)


def test_killed_and_whole_runs_load(whole: Path) -> None:
    data = fe.load_dataset(whole)
    assert (len(data), int(data.accounts.is_fake.sum())) == (N_USERS, round(N_USERS * 0.35))
    assert data.panel.account_ids[-1] == "acc_019999"
    some = fe.simulate_range(fe.SimulationSpec(seed=4, length=LENGTH), 9_950, 10_050)
    assert np.array_equal(data.panel.values[9_950:10_050], some.panel.values)
    assert np.array_equal(data.mask[9_950:10_050], some.mask)


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"missing": 0.3, "preset": "realistic", "n_worlds": 3},
        # One account has more rows than a part should.
        {"length": 1000, "fake_ratio": 1.0},
        {"fake_ratio": 0.0},
    ],
)
def test_threads_streaming_and_saving_make_the_same_files(tmp_path: Path, options: dict[str, Any]) -> None:
    spec = fe.SimulationSpec(**{"seed": 2, "length": 60, **options})
    for threads in (1, 2, 5):
        simulate_to_folder(spec, 37, tmp_path / f"{threads}", threads=threads, keep_clean=True)
    fe.simulate_range(spec, 0, 37, keep_clean=True).save(tmp_path / "saved")
    want = files(tmp_path / "1")
    assert len(want) == (4 + 3 if spec.length == 60 else 37 + 3)
    for other in ("2", "5", "saved"):
        assert files(tmp_path / other) == want


def _naive(column: pd.Series) -> pd.Series:
    return column.dt.tz_convert(None) if isinstance(column.dtype, pd.DatetimeTZDtype) else column


def test_every_reader_sees_the_same_integers(tmp_path: Path) -> None:
    spec = fe.SimulationSpec(seed=6, missing=0.2, preset="realistic")
    data = fe.simulate_range(spec, 0, 150, keep_clean=True)
    # Counts beyond what is packed, and a correction below zero.
    data.panel.values[3, 7, 0], data.panel.values[4, 8, 1] = 2.0**40, -5.0
    data.save(tmp_path)
    path = tmp_path / "series" / "part-00000.parquet"
    readers: dict[str, Callable[[str], np.ndarray]] = {
        "pyarrow": lambda name: pq.read_table(path)[name].to_numpy(),
        "pandas": lambda name: _naive(pd.read_parquet(path)[name]).to_numpy(),
        "polars": lambda name: pl.read_parquet(path)[name].to_numpy(),
    }
    for reader, read in readers.items():
        for m, metric in enumerate(data.panel.metrics):
            assert np.array_equal(read(metric), data.panel.values[:, :, m].ravel(), equal_nan=True), reader
            clean = np.asarray(data.clean)[:, :, m].ravel()
            assert np.array_equal(read(f"clean_{metric}"), clean, equal_nan=True), reader
        bits = (data.mask << np.arange(4)).sum(2)
        assert np.array_equal(read("changed"), bits.ravel()), reader
        assert list(read("account_id")[:: data.panel.n_steps]) == list(data.panel.account_ids), reader
        moments = read("timestamp").astype("datetime64[s]")
        assert np.array_equal(moments, np.tile(data.panel.timestamps, 150)), reader
    schema = pq.read_schema(path)
    assert {str(schema.field(name).type) for name in ("views", "clean_shares")} == {"int64"}
    assert str(schema.field("timestamp").type) == "timestamp[ms, tz=UTC]"
    assert np.array_equal(fe.load_dataset(tmp_path).panel.values, data.panel.values, equal_nan=True)


@pytest.mark.usefixtures("small_parts")
def test_a_part_that_lost_bytes_is_made_again(tmp_path: Path) -> None:
    spec = fe.SimulationSpec(seed=2, length=60)
    simulate_to_folder(spec, 40, tmp_path / "whole")
    broken = tmp_path / "broken"

    def stop(done: int, _: int) -> None:
        if done == 30:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate_to_folder(spec, 40, broken, threads=1, progress=stop)
    series, labels = broken / "series" / "part-00000.parquet", broken / ".labels" / "part-00001"
    # What a power failure leaves of files that never reached the disk.
    series.write_bytes(bytes(series.stat().st_size))
    labels.write_bytes(labels.read_bytes()[:-1])
    kept = (broken / "series" / "part-00002.parquet").stat().st_mtime_ns
    simulate_to_folder(spec, 40, broken)
    assert files(broken) == files(tmp_path / "whole")
    assert (broken / "series" / "part-00002.parquet").stat().st_mtime_ns == kept


def test_a_finished_folder_is_left_alone_unless_it_was_changed(tmp_path: Path) -> None:
    spec = fe.SimulationSpec(seed=2, length=60)
    folder = simulate_to_folder(spec, 40, tmp_path / "d")
    before, part = files(folder), folder / "series" / "part-00000.parquet"
    kept = part.stat().st_mtime_ns
    seen: list[tuple[int, int]] = []
    simulate_to_folder(spec, 40, folder, progress=lambda done, n: seen.append((done, n)))
    assert part.stat().st_mtime_ns == kept
    assert seen == [(40, 40)]
    part.write_bytes(part.read_bytes()[:-1] + b"X")
    simulate_to_folder(spec, 40, folder)
    assert files(folder) == before


def test_what_cannot_fit_on_the_disk_is_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=100_000))
    with pytest.raises(ValueError, match=r"n_users: 1000 accounts of 336 hours need at least .* left"):
        simulate_to_folder(fe.SimulationSpec(), 1000, tmp_path / "d" / "e")
    assert not (tmp_path / "d").exists()
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10_000_000))
    simulate_to_folder(fe.SimulationSpec(length=24), 100, tmp_path / "d" / "e")


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("threads", [1, 3])
def test_progress_is_told_in_order_for_any_number_of_threads(tmp_path: Path, threads: int) -> None:
    spec = fe.SimulationSpec(seed=2, length=60)
    seen: list[tuple[int, int]] = []
    simulate_to_folder(spec, 35, tmp_path, threads=threads, progress=lambda *at: seen.append(at))
    assert seen == [(10, 35), (20, 35), (30, 35), (35, 35)]
