"""Figures: what is drawn is what was given, labelled, outside pyplot."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from sklearn.metrics import average_precision_score, roc_auc_score

from fakeengage import plots
from standin import make_result


def test_series_shows_counts_expectation_and_red_windows() -> None:
    result = make_result(20, 2)
    window = result.windows.iloc[0]
    ax = plots.series(
        result.panel, 0, "likes", expectation=result.expectation, windows=[(window["start"], window["end"])]
    )
    observed = next(line for line in ax.lines if line.get_label() == "observed")
    np.testing.assert_array_equal(observed.get_ydata(), result.panel.series("likes")[0])
    red = [patch for patch in ax.patches if to_hex(patch.get_facecolor()) == plots.RED.lower()]
    assert len(red) == 1
    assert isinstance(red[0], Rectangle)
    hours = (window["end"] - window["start"]) / pd.Timedelta("1D")
    assert red[0].get_width() == pytest.approx(hours)
    assert ax.get_ylabel() == "likes per hour"
    assert ax.get_xlabel() == "time (UTC)"
    ax.figure.draw_without_rendering()


def test_windows_may_be_step_numbers() -> None:
    result = make_result(20, 1)
    first = int(result.panel.starts[0])
    ax = plots.series(result.panel, 0, windows=[(first + 24, first + 48)])
    (patch,) = ax.patches
    assert patch.get_width() == pytest.approx(1.0)


@pytest.mark.parametrize("account", range(12))
def test_hostile_ids_can_be_drawn(account: int, tmp_path: Path) -> None:
    result = make_result(20, 1)
    result.panel.account_ids[0] = "$\\frac{1}"
    plots.save(plots.series(result.panel, account, metric="views"), tmp_path / "page.png")


def test_series_names_what_it_does_not_find() -> None:
    panel = make_result(20).panel
    with pytest.raises(ValueError, match="metric: 'plays' is not in this panel"):
        plots.series(panel, 0, "plays")
    with pytest.raises(ValueError, match="account: 20 is not a position"):
        plots.series(panel, 20)


def test_curves_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    fake = rng.random(300) < 0.3
    scores = np.round(fake + rng.normal(0, 1, 300), 1)  # with ties
    left, right = plots.roc_pr(fake, {"ours": scores, "random": rng.random(300)})
    texts = [text.get_text() for text in left.get_legend().get_texts()]
    assert texts[0] == f"ours ({roc_auc_score(fake, scores):.2f})"
    texts = [text.get_text() for text in right.get_legend().get_texts()]
    assert texts[0] == f"ours ({average_precision_score(fake, scores):.2f})"
    styles = {(line.get_color(), str(line.get_linestyle())) for line in left.lines[:2]}
    assert len(styles) == 2


def test_accounts_without_score_rank_last() -> None:
    fake = np.array([True, False, True, False])
    left, _ = plots.roc_pr(fake, {"d": [0.9, 0.1, np.nan, np.nan]})
    assert left.get_legend().get_texts()[0].get_text() == "d (0.62)"


def test_distributions_count_everybody() -> None:
    fake = np.array([True] * 30 + [False] * 70)
    scores = np.r_[np.linspace(0.5, 1, 30), np.linspace(0, 0.6, 69), np.nan]
    ax = plots.score_distributions(fake, scores, threshold=0.5)
    texts = [text.get_text() for text in ax.get_legend().get_texts()]
    assert "normal (n = 69), 1 without score" in texts
    assert "fake (n = 30)" in texts
    plots.score_distributions([True, False], [0.5, 0.5]).figure.draw_without_rendering()


def test_bad_labels_and_shapes() -> None:
    with pytest.raises(ValueError, match="both needed"):
        plots.roc_pr([True, True], {"d": [1, 2]})
    with pytest.raises(ValueError, match=r"d: has shape \(3,\), labels describe 2"):
        plots.roc_pr([True, False], {"d": [1, 2, 3]})
    with pytest.raises(ValueError, match="no account has a score"):
        plots.score_distributions([True, False], [np.nan, np.nan])


def test_given_axes_are_used() -> None:
    axes = Figure().subplots(1, 2)
    assert plots.roc_pr([True, False], {"d": [1, 0]}, axes)[0] is axes[0]
    assert plots.score_distributions([True, False], [1, 0], ax=axes[1]) is axes[1]


def test_the_same_figure_is_the_same_file(tmp_path) -> None:
    for name in ("a", "b"):
        plots.save(plots.score_distributions([True, False], [0.9, 0.2]), tmp_path / f"{name}.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert b"Software" not in (tmp_path / "a.png").read_bytes()


def test_pyplot_is_never_loaded() -> None:
    drawing = "import sys, fakeengage.plots as p; p.score_distributions([1, 0], [1, 0])"
    code = f"{drawing}; print('matplotlib.pyplot' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
