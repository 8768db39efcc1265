"""Broken and hostile files: an explained error, or no valid account lost."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from broken_files import BROKEN_FILES, BrokenFile, moment, rows, table
from fakeengage.panel import METRICS
from fakeengage.reading import InputError, read_panel


@pytest.mark.parametrize("case", BROKEN_FILES, ids=lambda case: case.name)
def test_broken_files(case: BrokenFile, tmp_path: Path) -> None:
    path = tmp_path / f"input{case.suffix}"
    path.write_bytes(case.content)
    if case.exit_code == 2:
        with pytest.raises(InputError) as caught:
            read_panel(path, **case.options)
        text = str(caught.value)
        assert case.message in text
        assert "\n" not in text
        assert text.count(";") >= 1  # the remedy
        return
    panel = read_panel(path, **case.options)
    status = dict(zip(panel.account_ids, panel.status, strict=True))
    for account in case.survivors:
        assert status[account] == "ok"
    assert panel.reading is not None
    if case.rejected is not None:
        assert panel.reading.n_rejected == case.rejected, panel.reading.rejected
    if case.reason:
        assert panel.reading.rejected["reason"].str.contains(case.reason).any()


def _case(name: str) -> bytes:
    return next(case.content for case in BROKEN_FILES if case.name == name)


def test_broken_files_are_many() -> None:
    assert len(BROKEN_FILES) >= 25
    assert len({case.name for case in BROKEN_FILES}) == len(BROKEN_FILES)


def test_rejected_rows_name_line_account_column_value_reason(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(_case("ragged"))
    rejected = read_panel(path).reading.rejected
    assert list(rejected.columns) == ["line", "account_id", "column", "value", "reason"]
    assert list(rejected["line"]) == [32, 33]
    assert list(rejected["account_id"]) == ["good", "good"]
    assert rejected["value"].iloc[0] == "good,short"
    path.write_bytes(_case("text_in_count"))
    panel = read_panel(path)
    assert panel.reading.rejected.iloc[0].tolist() == [11, "good", "views", "lots", "not a number"]
    assert np.isnan(panel.series("views")[0][9])
    assert panel.series("likes")[0][9] == 5
    path.write_bytes(_case("open_quote"))
    panel = read_panel(path)
    assert list(panel.reading.rejected["line"]) == [32]
    assert list(panel.account_ids) == ["good", "fine"]
    assert np.isnan(panel.series("likes")[0][30])
    assert np.isfinite(panel.series("likes")[0][31:]).all()


def test_lines_count_on_behind_a_swallowed_quote(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    lines = rows("a", range(10))
    path.write_bytes(table([*lines[:3], '"a,oops', lines[3], 'b",more', *lines[4:], "a,bad,1,2"]))
    panel = read_panel(path)
    by_line = panel.reading.rejected.set_index("line")["reason"]
    assert set(by_line.index) == {5, 7, 14}
    assert by_line[14].startswith("not an ISO")


def test_an_account_seen_only_in_bad_rows_is_kept_as_unusable(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(table(rows("good"), ["lost,never,1,2", "gone,x"], rows("last")))
    panel = read_panel(path)
    assert list(panel.account_ids) == ["good", "lost", "gone", "last"]
    assert list(panel.status) == ["ok", "unusable", "unusable", "ok"]
    assert list(panel.lengths) == [60, 0, 0, 60]
    assert panel.reading.unusable_accounts == 2


def test_every_row_is_used_or_rejected_once(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(
        _case("one_irregular") + b"good,zzz,1,1\ngood,1\n" + b"\n".join(r.encode() for r in rows("good")[:5])
    )
    panel = read_panel(path)
    used = int((~np.isnan(np.concatenate(panel.series("views")))).sum())
    assert panel.reading.n_rows == used + panel.reading.n_rejected
    assert panel.reading.rejected["line"].is_unique
    assert dict(zip(panel.account_ids, panel.status, strict=True))["odd"] == "irregular_cadence"


_CELL = st.one_of(
    st.integers(-(10**17), 10**17).map(str),
    st.floats().map(str),
    st.text(max_size=6),
    st.sampled_from(["", "NA", "inf", "5", "=1+1", '"', "1,5"]),
)
_MOMENT = st.one_of(
    st.integers(0, 200).map(moment),
    st.integers(-(10**13), 10**13).map(str),
    st.sampled_from(["", "now", "2024-02-30", "2024-03-01 05:00+02:00", "10000-01-01"]),
    st.text(max_size=8),
)
_ID = st.one_of(st.sampled_from(["a", "b", "7", "007", ""]), st.text(max_size=5))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    bad=st.lists(st.tuples(_ID, _MOMENT, _CELL, _CELL), max_size=8),
    glue=st.lists(st.text(max_size=30), max_size=3),
    quoted=st.booleans(),
)
def test_random_rows_never_cost_a_valid_account(
    tmp_path: Path, bad: list[tuple[str, str, str, str]], glue: list[str], quoted: bool
) -> None:
    lines = [
        ",".join('"' + c.replace('"', '""') + '"' for c in row) if quoted else ",".join(row) for row in bad
    ]
    text = table(rows("valid one"), lines, [g for g in glue if '"' not in g], rows("valid two"))
    path = tmp_path / "x.csv"
    try:
        path.write_bytes(text)
    except UnicodeEncodeError:
        return
    if b"\0" in text:
        with pytest.raises(InputError):
            read_panel(path)
        return
    panel = read_panel(path)
    status = dict(zip(map(str, panel.account_ids), panel.status, strict=True))
    assert status["valid one"] == "ok"
    assert all(m in METRICS for m in panel.metrics)


_FRAME_ID = st.one_of(st.none(), st.integers(-3, 3), st.text(max_size=3), st.floats())
_FRAME_MOMENT = st.one_of(
    st.none(), st.integers(-(2**62), 2**62), st.text(max_size=6), st.datetimes(), st.booleans()
)
_FRAME_COUNT = st.one_of(
    st.none(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=4),
    st.lists(st.integers(), max_size=1),
)


@settings(max_examples=150, deadline=None)
@example([("a", 2**62, 1), ("a", datetime(2024, 1, 1), 1)])
@given(st.lists(st.tuples(_FRAME_ID, _FRAME_MOMENT, _FRAME_COUNT), max_size=6))
def test_random_frames_raise_only_explained_errors(records: list[tuple[Any, Any, Any]]) -> None:
    names = ("account_id", "timestamp", "likes")
    frame = pd.DataFrame(
        {name: pd.Series([record[i] for record in records], dtype=object) for i, name in enumerate(names)}
    )
    try:
        panel = read_panel(frame)
    except (InputError, TypeError):
        return
    assert panel.reading is not None
    assert panel.reading.n_rows == len(frame)
