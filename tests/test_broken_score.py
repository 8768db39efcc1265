"""`fakeengage score` on broken and hostile files: exit code, one line, no account lost, nothing passed on."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from broken_files import BROKEN_FILES, BrokenFile
from fakeengage.cli import main
from fakeengage.tables import spreadsheet_safe

pytest.importorskip("fakeengage.scoring")


def _cells(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("case", BROKEN_FILES, ids=lambda case: case.name)
def test_score_explains_or_judges(
    case: BrokenFile, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / f"input{case.suffix}", tmp_path / "out"
    path.write_bytes(case.content)
    code = main(["score", str(path), "--out", str(out)])
    said = capfd.readouterr().err
    assert code == case.exit_code, said
    assert "Traceback" not in said
    if code == 2:
        lines = said.strip().splitlines()
        assert len(lines) == 1
        assert case.message in lines[0]
        assert "; " in lines[0]  # the remedy
        return
    header, *accounts = _cells(out / "accounts.csv")
    status = {row[0]: row[header.index("status")] for row in accounts}
    for account in case.survivors:
        assert status[str(spreadsheet_safe(account))] in ("ok", "too_short", "no_activity")
    rejected = _cells(out / "rejected.csv")[1:]
    if case.rejected is not None:
        assert len(rejected) == case.rejected
    for name in ("accounts.csv", "windows.csv", "rejected.csv", "cohorts.csv"):
        for row in _cells(out / name):
            assert not any(cell.startswith(("=", "+cmd", "\t", "\r")) for cell in row)
    assert "<script>alert" not in (out / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["empty", "binary", "ragged"])
def test_a_real_process_ends_the_same_way(name: str, tmp_path: Path) -> None:
    case = next(case for case in BROKEN_FILES if case.name == name)
    path = tmp_path / "input.csv"
    path.write_bytes(case.content)
    command = [sys.executable, "-m", "fakeengage", "score", str(path), "--out", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == case.exit_code, done.stderr
    assert "Traceback" not in done.stderr
