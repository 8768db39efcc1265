"""Files as users really send them: broken, odd and hostile ones, and what has to come of each.

Each case says how a command that reads the file must end (0 or 2), a part of its message (standard error when
it ends with 2), and the accounts that must survive with a usable series.
"""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

HOURS = 60


@dataclass(frozen=True)
class BrokenFile:
    """One file and its expected end."""

    name: str
    content: bytes
    exit_code: int
    message: str = ""
    survivors: tuple[Any, ...] = ()
    rejected: int | None = None
    reason: str = ""
    suffix: str = ".csv"
    options: dict[str, Any] = field(default_factory=dict)


def moment(hour: int) -> str:
    """ISO text of the hour after 2024-03-01."""
    return f"2024-03-{1 + hour // 24:02d}T{hour % 24:02d}:00:00Z"


def count(hour: int, scale: int = 1) -> int:
    """A count that varies, rises and falls."""
    return scale * (20 + (hour * 7) % 13 + 5 * (hour % 24 > 12))


def rows(account: str, hours: Iterable[int] = range(HOURS), comma: str = ",") -> list[str]:
    """Rows of one healthy account: id, timestamp, views, likes."""
    return [comma.join([account, moment(h), str(count(h, 10)), str(count(h))]) for h in hours]


HEADER = "account_id,timestamp,views,likes"


def table(*parts: list[str], header: str = HEADER, end: str = "\n") -> bytes:
    """Text of a file from its rows."""
    return (end.join([header, *(row for part in parts for row in part)]) + end).encode()


def _parquet() -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(pa.table({"account_id": ["a"], "timestamp": [moment(0)], "likes": [1]}), buffer)
    return buffer.getvalue()


def _replace(lines: list[str], hour: int, row: str) -> list[str]:
    return [*lines[:hour], row, *lines[hour + 1 :]]


_GOOD = rows("good")
_ALL = table(_GOOD, rows("fine"))
_PACKED = gzip.compress(_ALL)
_STRANGE = {
    "quote": ('"say ""hi"""', 'say "hi"'),
    "comma": ('"Smith, John"', "Smith, John"),
    "newline": ('"two\nlines"', "two\nlines"),
    "emoji": ("🦊🔥", "🦊🔥"),
    "script": ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    "formula": ("=HYPERLINK(A1)", "=HYPERLINK(A1)"),
    "dde": ("+cmd|' /C calc'!A0", "+cmd|' /C calc'!A0"),
    "handle": ("@handle", "@handle"),
    "dash": ("-id", "-id"),
    "path": ("../path", "../path"),
    "long": ("x" * 3000, "x" * 3000),
    "zeros": ("007", "007"),
    "rtl": ("abc\u202etxt", "abc\u202etxt"),
    "null_word": ("null", "null"),
}


def _hostile() -> list[BrokenFile]:
    return [
        BrokenFile(f"id_{name}", table(rows(written), _GOOD), 0, survivors=(meant, "good"), rejected=0)
        for name, (written, meant) in _STRANGE.items()
    ]


def _cumulative() -> bytes:
    total, lines = 0, []
    for account in ("a", "b"):
        for hour in range(HOURS):
            total += count(hour)
            lines.append(f"{account},{moment(hour)},{total}")
    return table(lines, header="account_id,timestamp,likes")


def _irregular() -> list[str]:
    minute, lines = 0, []
    for i in range(HOURS):
        minute += 17 + (i * i * 7919) % 101
        lines.append(
            f"odd,2024-03-{1 + minute // 1440:02d}T{minute // 60 % 24:02d}:{minute % 60:02d}:00Z,10,{i}"
        )
    return lines


def _zoned() -> list[str]:
    lines = [f"good,2024-03-{1 + h // 24:02d}T{h % 24:02d}:00:00+02:00,1,{count(h)}" for h in range(2, HOURS)]
    return lines + [f"good,{moment(h)},1,{count(h)}" for h in range(HOURS - 2, HOURS)]


BROKEN_FILES: list[BrokenFile] = [
    BrokenFile("empty", b"", 2, "is empty"),
    BrokenFile("blank_lines_only", b"\n\n  \n", 2, "is empty"),
    BrokenFile("bom_only", b"\xef\xbb\xbf", 2, "is empty"),
    BrokenFile("header_only", HEADER.encode() + b"\n", 2, "no rows"),
    BrokenFile("header_without_newline", HEADER.encode(), 2, "no rows"),
    BrokenFile("not_a_table", b"hello\n", 2, "account_id"),
    BrokenFile("prose", b"Dear all,\nplease find the numbers below.\nBest\n", 2, "account_id"),
    BrokenFile("no_timestamp", table(_GOOD, header="account_id,when_it_was,views,likes"), 2, "timestamp"),
    BrokenFile(
        "near_miss_timestamp", table(_GOOD, header="account_id,time,views,likes"), 2, "timestamp=time"
    ),
    BrokenFile(
        "near_miss_account", table(_GOOD, header="user_id,timestamp,views,likes"), 2, "account_id=user_id"
    ),
    BrokenFile("no_metric", table(_GOOD, header="account_id,timestamp,a,b"), 2, "no metric column"),
    BrokenFile(
        "near_miss_metric", table(_GOOD, header="account_id,timestamp,x,like_count"), 2, "likes=like_count"
    ),
    BrokenFile("doubled_column", table(_GOOD, header="account_id,timestamp,likes,likes"), 2, "2 columns"),
    BrokenFile("binary", bytes(range(256)) * 40, 2, "binary"),
    BrokenFile("png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(64), 2, "binary"),
    BrokenFile("zip_or_excel", b"PK\x03\x04" + bytes(200), 2, "Excel"),
    BrokenFile("utf16", _ALL.decode().encode("utf-16"), 2, "UTF-16"),
    BrokenFile("latin1", _ALL + "Jürgen,2024-03-01T00:00:00Z,1,1\n".encode("latin-1"), 2, "UTF-8"),
    BrokenFile("truncated_gzip", _PACKED[: len(_PACKED) // 2], 2, "cut off", suffix=".csv.gz"),
    BrokenFile("damaged_gzip", b"\x1f\x8b" + b"junk" * 20, 2, "damaged", suffix=".csv.gz"),
    BrokenFile("gzip_named_csv", _PACKED, 0, survivors=("good", "fine"), rejected=0),
    BrokenFile("truncated_parquet", _parquet()[:-20], 2, "Parquet", suffix=".parquet"),
    BrokenFile("csv_named_parquet", _ALL, 0, survivors=("good", "fine"), suffix=".parquet"),
    BrokenFile("all_counts_text", table(["a,2024-03-01T00:00:00Z,many,few"]), 2, "not a number"),
    BrokenFile("all_timestamps_bad", table([f"a,{h}/03/2024,1,2" for h in range(1, 20)]), 2, "ISO 8601"),
    BrokenFile("all_cells_empty", table([f"a,{moment(h)},," for h in range(30)]), 2, "no counts"),
    BrokenFile("seconds_apart", table([f"a,{1709251200 + 3 * h},1,2" for h in range(99)]), 2, "--resample"),
    BrokenFile("only_irregular", table(_irregular()), 2, "--resample"),
    BrokenFile(
        "one_irregular", table(_GOOD, _irregular(), rows("fine")), 0, "", ("good", "fine"), HOURS, "cadence"
    ),
    BrokenFile(
        "text_in_count",
        table(_replace(_GOOD, 9, f"good,{moment(9)},lots,5")),
        0,
        "",
        ("good",),
        1,
        "not a number",
    ),
    BrokenFile(
        "text_in_all_counts",
        table(_replace(_GOOD, 9, f"good,{moment(9)},x,y")),
        0,
        "",
        ("good",),
        1,
        "also likes",
    ),
    BrokenFile(
        "infinite",
        table(_replace(_GOOD, 9, f"good,{moment(9)},inf,-Infinity")),
        0,
        "",
        ("good",),
        1,
        "infinite",
    ),
    BrokenFile(
        "too_large", table(_replace(_GOOD, 9, f"good,{moment(9)},5,1e16")), 0, "", ("good",), 1, "1e15"
    ),
    BrokenFile("count_of_1e15", table(_replace(_GOOD, 9, f"good,{moment(9)},5,1e15")), 0, "", ("good",), 0),
    BrokenFile(
        "endless_digits",
        table(_replace(_GOOD, 9, f"good,{moment(9)},5,{'9' * 400}")),
        0,
        "",
        ("good",),
        1,
        "1e15",
    ),
    BrokenFile(
        "bad_timestamp", table(_GOOD, ["good,soon,1,2", "lost,now,1,2"]), 0, "", ("good",), 2, "ISO 8601"
    ),
    BrokenFile("year_9999", table(_GOOD, ["good,9999-01-01T00:00:00Z,1,2"]), 0, "", ("good",), 1, "1970"),
    BrokenFile(
        "no_account_id", table(_GOOD, [",2024-03-01T00:00:00Z,1,2"]), 0, "", ("good",), 1, "account_id"
    ),
    BrokenFile(
        "ragged",
        table(_GOOD[:30], ["good,short", "good,a,b,c,d,e"], _GOOD[30:], rows("fine")),
        0,
        "",
        ("good", "fine"),
        2,
        "fields",
    ),
    BrokenFile(
        "open_quote",
        table(_GOOD[:30], [f'"good,{moment(30)},1,2'], _GOOD[31:], rows("fine")),
        0,
        "",
        ("good", "fine"),
        1,
        "quote",
    ),
    BrokenFile("blank_lines_between", table(_GOOD[:30], ["", ""], _GOOD[30:]), 0, "", ("good",), 0),
    BrokenFile("duplicates", table(_GOOD, _GOOD[10:15]), 0, "", ("good",), 5, "replaced"),
    BrokenFile(
        "unsorted", table(_GOOD[::-1], rows("fine", range(HOURS - 1, -1, -1))), 0, "", ("good", "fine"), 0
    ),
    BrokenFile("mixed_zones", table(_zoned()), 0, "", ("good",), 0),
    BrokenFile(
        "epoch_seconds",
        table([f"7,{1709251200 + 3600 * h},9,{count(h)}" for h in range(HOURS)]),
        0,
        "",
        (7,),
        0,
    ),
    BrokenFile(
        "epoch_milliseconds",
        table([f"7,{1709251200000 + 3600000 * h},9,{count(h)}" for h in range(HOURS)]),
        0,
        "",
        (7,),
        0,
    ),
    BrokenFile("negative", table(_replace(_GOOD, 9, f"good,{moment(9)},-40,-3")), 0, "", ("good",), 0),
    BrokenFile("two_rows", table(rows("pair", range(2))), 0, "", ("pair",), 0),
    BrokenFile("one_row", table(rows("single", range(1))), 0, "", ("single",), 0),
    BrokenFile(
        "all_zero", table([f"zero,{moment(h)},0,0" for h in range(HOURS)], _GOOD), 0, "", ("zero", "good"), 0
    ),
    BrokenFile(
        "flat", table([f"flat,{moment(h)},7,7" for h in range(HOURS)], _GOOD), 0, "", ("flat", "good"), 0
    ),
    BrokenFile("cumulative", _cumulative(), 0, "", ("a", "b"), 0),
    BrokenFile(
        "semicolons_with_bom",
        b"\xef\xbb\xbf" + table(rows("good", comma=";"), header=HEADER.replace(",", ";")),
        0,
        "",
        ("good",),
        0,
    ),
    BrokenFile(
        "tabs",
        table(rows("good", comma="\t"), header=HEADER.replace(",", "\t")),
        0,
        "",
        ("good",),
        0,
        suffix=".tsv",
    ),
    BrokenFile("windows_line_ends", table(_GOOD, end="\r\n"), 0, "", ("good",), 0),
    BrokenFile(
        "excel_sep_line",
        b"sep=;\r\n" + table(rows("good", comma=";"), header=HEADER.replace(",", ";")),
        0,
        "",
        ("good",),
        0,
    ),
    BrokenFile("missing_words", table(_replace(_GOOD, 9, f"good,{moment(9)},NA,NULL")), 0, "", ("good",), 0),
    BrokenFile(
        "upper_case_header", table(_GOOD, header="Account_ID,Timestamp,Views,Likes"), 0, "", ("good",), 0
    ),
    *_hostile(),
]
