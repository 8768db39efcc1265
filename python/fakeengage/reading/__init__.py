"""Reading the long table: any container, any order, batch by batch, with every unused row accounted for."""

from __future__ import annotations

from fakeengage.reading.errors import InputError
from fakeengage.reading.options import Options, check_options, parse_cadence
from fakeengage.reading.read import panel_from_table, read_batches, read_panel
from fakeengage.reading.report import ReadReport

__all__ = [
    "InputError",
    "Options",
    "ReadReport",
    "check_options",
    "panel_from_table",
    "parse_cadence",
    "read_batches",
    "read_panel",
]
