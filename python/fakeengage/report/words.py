"""Numbers and moments as people read them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any


def missing(value: Any) -> bool:
    """Whether a table cell holds nothing."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return bool(value != value)


def count(value: float, *, sign: bool = False) -> str:
    """A count: ``842``, ``12.4k``, ``3.1M``; a true minus sign."""
    size = abs(float(value))
    for limit, divisor, unit in ((999_950, 1e3, "k"), (999_950_000, 1e6, "M"), (float("inf"), 1e9, "bn")):
        if size < 1000:
            text = f"{size:.0f}" if size >= 10 or size == int(size) else f"{size:.1f}"
            break
        if size < limit:
            text = f"{size / divisor:.3g}{unit}"
            break
    prefix = "−" if value < 0 and text.strip("0.") else "+" if sign and value > 0 else ""
    return prefix + text


def percent(share: float) -> str:
    """A share in per cent, two digits that mean something: ``34 %``, ``3.2 %``, ``0.41 %``, ``< 0.01 %``."""
    value = 100 * float(share)
    size = abs(value)
    if 0 < size < 0.01:
        return (
            "<\N{NO-BREAK SPACE}0.01\N{NO-BREAK SPACE}%"
            if value > 0
            else ">\N{NO-BREAK SPACE}−0.01\N{NO-BREAK SPACE}%"
        )
    text = f"{size:.0f}" if size >= 10 else f"{size:.1f}" if size >= 1 else f"{size:.2g}"
    return f"{'−' if value < 0 else ''}{text.removesuffix('.0')}\N{NO-BREAK SPACE}%"


def probability(value: float) -> str:
    """A p-value: two significant digits, at most four decimals."""
    value = float(value)
    if 0 < value < 0.0001:
        return "< 0.0001"
    return (
        f"{value:.2f}" if value >= 0.1 or value == 0 else f"{value:.3f}" if value >= 0.01 else f"{value:.4f}"
    )


def number(value: int) -> str:
    """A whole number with thin separators: ``12 400``."""
    return f"{int(value):,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def plural(n: int, word: str) -> str:
    """``1 account``, ``12 accounts``."""
    return f"{number(n)} {word}{'' if n == 1 else 's'}"


def span(start: Any, end: Any, *, year: bool = False, months: bool = False) -> str:
    """A stretch of time (UTC), end excluded: ``12 Mar 08:00 – 14 Mar 02:00``, with the year where asked.

    Whole days are named from the first to the last one, ``12 Mar – 13 Mar``, and whole months where
    the cadence is one month: ``Oct 2024 – Dec 2024``.
    """
    if missing(start) or missing(end):
        return ""
    same_day = start.date() == end.date()
    if (start.hour, start.minute, end.hour, end.minute) == (0, 0, 0, 0) and not same_day:
        last = end - timedelta(days=1)
        names = [f"{d:%b %Y}" if months else _day(d, year) for d in (start, last)]
        return names[0] if names[0] == names[1] else " – ".join(names)
    return f"{_day(start, year)} {start:%H:%M} – {'' if same_day else _day(end, year) + ' '}{end:%H:%M}"


def _day(moment: Any, year: bool) -> str:
    return f"{moment.day} {moment:%b}" + (f" {moment.year}" if year else "")


def identifier(value: Any, longest: int = 60) -> str:
    """An account id on one line, cut where it is very long; control characters made visible."""
    text = str(value)
    text = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
    return text if len(text) <= longest else text[: longest - 1] + "…"
