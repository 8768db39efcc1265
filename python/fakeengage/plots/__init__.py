"""Figures as matplotlib axes: labelled with units, readable without colour, never shown by themselves."""

from fakeengage.plots.attack_panels import plot_attacks
from fakeengage.plots.canvas import COLOURS, RED, STYLES, new_axes, save
from fakeengage.plots.curves import roc_pr, score_distributions
from fakeengage.plots.evidence import BAND_Z, series
from fakeengage.plots.exploration import histograms
from fakeengage.plots.feature_panels import feature_gallery
from fakeengage.plots.gallery import save_gallery
from fakeengage.plots.heat import attack_heatmap, correlation_heatmaps
from fakeengage.plots.honesty import calibration, discovery_rates, fdr_reliability
from fakeengage.plots.importance_bars import importance
from fakeengage.plots.profile_panels import plot_profiles
from fakeengage.plots.published import evaluation_figures, exploration_figures

__all__ = [
    "BAND_Z",
    "COLOURS",
    "RED",
    "STYLES",
    "attack_heatmap",
    "calibration",
    "correlation_heatmaps",
    "discovery_rates",
    "evaluation_figures",
    "exploration_figures",
    "fdr_reliability",
    "feature_gallery",
    "histograms",
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
