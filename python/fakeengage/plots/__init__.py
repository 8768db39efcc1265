"""Figures as matplotlib axes: labelled with units, readable without colour, never shown by themselves."""

from fakeengage.plots.canvas import COLOURS, RED, STYLES, new_axes, save
from fakeengage.plots.evidence import BAND_Z, roc_pr, score_distributions, series

__all__ = [
    "BAND_Z",
    "COLOURS",
    "RED",
    "STYLES",
    "new_axes",
    "roc_pr",
    "save",
    "score_distributions",
    "series",
]
