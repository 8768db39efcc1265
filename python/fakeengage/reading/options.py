"""Options of reading, checked once at the door."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from fakeengage.cadence import Cadence
from fakeengage.panel import METRICS

MAX_MINUTES = 40_320
"""Longest step that is not a calendar month: four weeks."""

_UNIT_MINUTES = {
    "min": 1, "minute": 1, "minutes": 1, "m": 1, "h": 60, "hour": 60, "hours": 60,
    "d": 1440, "day": 1440, "days": 1440, "w": 10_080, "week": 10_080, "weeks": 10_080,
}  # fmt: skip
_MONTHS = {"mo", "month", "months"}


def parse_cadence(text: str | Cadence, argument: str = "cadence") -> Cadence:
    """Cadence from text such as ``"15min"``, ``"1h"``, ``"1d"``, ``"1w"``, ``"1 month"``.

    Raises
    ------
    ValueError
        If the text is no length from 1 minute to 1 month.

    Examples
    --------
    >>> str(parse_cadence("90 min"))
    '90 minutes'
    """
    if isinstance(text, Cadence):
        return text
    if not isinstance(text, str):
        raise TypeError(f"{argument}: {type(text).__name__} is not allowed; give text such as '1h'")
    found = re.fullmatch(r"\s*(\d{0,6})\s*([a-zA-Z]+)\s*", text)
    unit = found[2].lower() if found else ""
    n = int(found[1] or 1) if found else 0
    if unit in _MONTHS and n == 1:
        return Cadence(None)
    minutes = n * _UNIT_MINUTES.get(unit, 0)
    if not 1 <= minutes <= MAX_MINUTES:
        raise ValueError(
            f"{argument}: {text!r} is not a length from 1 minute to 1 month; write 15min, 1h, 1d, 1w or 1mo"
        )
    return Cadence(minutes)


@dataclass(frozen=True)
class Options:
    """How to read: see :func:`fakeengage.read_panel`."""

    columns: dict[str, str]
    timezone: str | None
    counts: dict[str, str]
    gaps: str
    resample: Cadence | None
    from_events: bool
    cadence: Cadence | None

    @property
    def sums_rows(self) -> bool:
        """Whether several rows may fall into one step and add up."""
        return self.from_events or self.resample is not None


def check_options(
    columns: Mapping[str, str] | str | None = None,
    timezone: str | None = None,
    counts: str | Mapping[str, str] = "auto",
    gaps: str = "missing",
    resample: str | Cadence | None = None,
    from_events: bool = False,
    cadence: str | Cadence | None = None,
) -> Options:
    """Options with every value checked.

    Raises
    ------
    ValueError, TypeError
        Naming the argument and what is allowed.
    """
    if isinstance(columns, str):
        pairs = [part.partition("=") for part in columns.split(",") if part.strip()]
        if any(not eq or not name.strip() or not source.strip() for name, eq, source in pairs):
            raise ValueError(f"columns: {columns!r} is not allowed; write account_id=user,views=play_count")
        columns = {name.strip(): source.strip() for name, _, source in pairs}
    if timezone is not None:
        from zoneinfo import ZoneInfo

        try:
            ZoneInfo(timezone)
        except Exception as error:
            raise ValueError(
                f"timezone: {timezone!r} is not known; give a name such as Europe/Berlin or UTC"
            ) from error
    if isinstance(counts, str):
        counts = dict.fromkeys(METRICS, counts)
    for metric, kind in counts.items():
        if metric not in METRICS or kind not in ("auto", "cumulative", "increments"):
            raise ValueError(
                f"counts: {metric}={kind!r} is not allowed; "
                f"auto, cumulative or increments for any of {list(METRICS)}"
            )
    if gaps not in ("missing", "zero"):
        raise ValueError(f"gaps: {gaps!r} is not allowed; missing or zero")
    if resample is not None and cadence is not None:
        raise ValueError("resample: cannot be combined with cadence; resample alone sets the step")
    if resample is not None and from_events:
        raise ValueError("resample: cannot be combined with from_events; set the step of events by cadence")
    return Options(
        columns=dict(columns or {}),
        timezone=timezone,
        counts={metric: counts.get(metric, "auto") for metric in METRICS},
        gaps=gaps,
        resample=None if resample is None else parse_cadence(resample, "resample"),
        from_events=bool(from_events),
        cadence=None if cadence is None else parse_cadence(cadence, "cadence"),
    )
