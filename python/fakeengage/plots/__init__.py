"""Figures as matplotlib axes: labelled with units, readable without colour, never shown by themselves."""

from fakeengage.plots.attack_panels import plot_attacks
from fakeengage.plots.canvas import COLOURS, RED, STYLES, new_axes, save
from fakeengage.plots.evidence import BAND_Z, roc_pr, score_distributions, series
from fakeengage.plots.feature_panels import feature_gallery
from fakeengage.plots.gallery import save_gallery
from fakeengage.plots.importance_bars import importance
from fakeengage.plots.profile_panels import plot_profiles

__all__ = [
    "BAND_Z",
    "COLOURS",
    "RED",
    "STYLES",
    "feature_gallery",
    "importance",
    "new_axes",
    "plot_attacks",
    "plot_profiles",
    "roc_pr",
    "save",
    "save_gallery",
    "score_distributions",
    "series",
]
