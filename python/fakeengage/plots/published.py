"""The figures of a run under the names that readers of the project know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from fakeengage.plots.curves import roc_pr, score_distributions
from fakeengage.plots.exploration import histograms
from fakeengage.plots.heat import attack_heatmap, correlation_heatmaps
from fakeengage.plots.honesty import calibration, fdr_reliability

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from fakeengage.panel import Panel


def exploration_figures(panel: Panel, labels: ArrayLike) -> dict[str, Axes]:
    """Histograms and correlations of normal and fake accounts, by file name."""
    return {
        "01_exploration_01_histograms.png": histograms(panel, labels)[0],
        "01_exploration_04_correlation_heatmaps.png": correlation_heatmaps(panel, labels)[0],
    }


def evaluation_figures(evaluation: Any) -> dict[str, Axes]:
    """Curves, score distributions, calibration, flags and attacks of an evaluation, by file name.

    Parameters
    ----------
    evaluation
        A :class:`fakeengage.Evaluation`; figures of what it lacks (probabilities, p-values, attacks) are
        left out. The first detector is the one whose scores are spread out.
    """
    scores = evaluation.scores
    first = next(iter(scores))
    finite = np.where(np.isfinite(scores[first]), scores[first], np.nan)
    drawn = {
        "04_evaluation_01_roc_pr_curves.png": roc_pr(evaluation.fake, scores)[0],
        "04_evaluation_02_score_distributions.png": score_distributions(evaluation.fake, finite),
    }
    curve = evaluation.calibration[evaluation.calibration["detector"] == first]
    if len(curve):
        drawn["04_evaluation_03_calibration.png"] = calibration(curve)
    if first in evaluation.p_values:
        drawn["04_evaluation_04_fdr_reliability.png"] = fdr_reliability(
            evaluation.fake, evaluation.p_values[first]
        )
    if (evaluation.groups["group"] == "attack").any():
        drawn["04_evaluation_05_attack_heatmap.png"] = attack_heatmap(evaluation.groups)
    return drawn
