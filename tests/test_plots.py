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

from fakeengage import Panel, plots
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
    assert texts[0].startswith(f"ours {roc_auc_score(fake, scores):.2f} (")
    texts = [text.get_text() for text in right.get_legend().get_texts()]
    assert texts[0].startswith(f"ours {average_precision_score(fake, scores):.2f} (")
    styles = {(line.get_color(), str(line.get_linestyle())) for line in left.lines[:2]}
    assert len(styles) == 2


def test_accounts_without_score_rank_last() -> None:
    fake = np.array([True, False, True, False])
    left, _ = plots.roc_pr(fake, {"d": [0.9, 0.1, np.nan, np.nan]}, n_resamples=0)
    assert left.get_legend().get_texts()[0].get_text() == "d 0.62"


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


def test_the_band_of_a_curve_holds_it_and_narrows_with_accounts() -> None:
    rng = np.random.default_rng(1)
    widths = []
    for n in (100, 1600):
        fake = np.arange(n) < n // 3
        left, _ = plots.roc_pr(fake, {"d": rng.normal(size=n) + fake})
        (band,) = left.collections
        low_high = band.get_datalim(left.transData)
        assert low_high.x0 == 0.0
        path = band.get_paths()[0].vertices
        middle = path[np.isclose(path[:, 0], 0.5), 1]
        widths.append(middle.max() - middle.min())
    assert widths[1] < 0.6 * widths[0]


def test_calibration_draws_the_bins_that_it_is_given() -> None:
    curve = pd.DataFrame(
        {
            "predicted": [0.05, 0.2, 0.6],
            "observed": [0.04, 0.3, 0.5],
            "low": [0.0, 0.2, 0.3],
            "high": [0.1, 0.4, 0.7],
            "accounts": [50, 50, 20],
        }
    )
    ax = plots.calibration(curve)
    np.testing.assert_array_equal(ax.lines[1].get_xdata(), curve.predicted)
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), curve.observed)
    assert "120 accounts" in ax.get_title()
    ax.figure.draw_without_rendering()
    with pytest.raises(ValueError, match="no bin"):
        plots.calibration(curve[:0])


def test_reliability_of_flags_is_counted_on_the_labels() -> None:
    rng = np.random.default_rng(2)
    fake = np.arange(200) < 60
    p = np.where(fake, rng.random(200) * 1e-4, rng.random(200))
    ax = plots.fdr_reliability(fake, p, n_resamples=20)
    wrong, found = (line for line in ax.lines[1:])
    assert np.asarray(found.get_ydata()).min() == 1.0
    # Benjamini and Hochberg hold the rate times the share of normals.
    asked = np.asarray(wrong.get_xdata())
    assert np.asarray(wrong.get_ydata())[-1] < asked[-1]
    assert (
        np.asarray(
            plots.fdr_reliability(fake, np.full(200, np.nan), n_resamples=0).lines[1].get_ydata()
        ).max()
        == 0
    )
    with pytest.raises(ValueError, match=r"p_values: has shape \(3,\)"):
        plots.fdr_reliability(fake, [1, 2, 3])


def test_heat_maps_show_every_value() -> None:
    rows = [
        ("d", "attack", name, "AUROC", value) for name, value in (("drip_feed", 0.9), ("wave_spam", 0.55))
    ] + [("random", "attack", "drip_feed", "AUROC", 0.5)]
    groups = pd.DataFrame(rows, columns=["detector", "group", "name", "figure", "value"])
    ax = plots.attack_heatmap(groups)
    assert [text.get_text() for text in ax.texts] == ["0.55", "0.90", "–", "0.50"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["wave spam", "drip feed"]
    with pytest.raises(ValueError, match="no AUROC by attack"):
        plots.attack_heatmap(groups[:0])


def test_correlations_are_means_over_accounts() -> None:
    rng = np.random.default_rng(3)
    values = rng.poisson(50, (6, 60, 2)).astype(float)
    values[3:, :, 1] = values[3:, :, 0]
    values[0] = 7.0  # flat: has no correlation
    panel = Panel.from_arrays(values, metrics=["views", "likes"])
    fake = np.arange(6) >= 3
    axes = plots.correlation_heatmaps(panel, fake)
    expected = np.mean([np.corrcoef(values[i].T)[0, 1] for i in (1, 2)])
    assert axes[0].texts[1].get_text() == f"{expected:.2f}"
    assert axes[1].texts[1].get_text() == "1.00"
    assert axes[2].texts[1].get_text() == f"{1 - expected:+.3f}"
    with pytest.raises(ValueError, match="labels: fake and normal are both needed"):
        plots.correlation_heatmaps(panel, fake[:2])


def test_histograms_hold_all_hours_and_accounts() -> None:
    rng = np.random.default_rng(4)
    values = rng.poisson(rng.choice([0.5, 40], (30, 1, 1)), (30, 48, 2)).astype(float)
    panel = Panel.from_arrays(values, metrics=["views", "likes"])
    axes = plots.histograms(panel, np.arange(30) < 10)
    assert len(axes) == 4
    for ax in axes:
        for patch in ax.patches:
            assert np.sum(patch.get_data().values) == pytest.approx(100.0)
    axes[0].figure.draw_without_rendering()
    empty = Panel.from_arrays(np.full((3, 5, 1), np.nan), metrics=["likes"])
    plots.histograms(empty, [True, False, False])[0].figure.draw_without_rendering()


def test_discovery_rates_show_each_preset_and_prevalence() -> None:
    keys = ["false_discovery_rate", "low", "high", "recall", "recall_low", "recall_high"]
    table = pd.DataFrame(
        [
            {"preset": preset, "prevalence": share}
            | dict(zip(keys, (0.04, 0.01, 0.07, 0.5, 0.4, 0.6), strict=True))
            for preset in ("published", "evasive")
            for share in (0.02, 0.35)
        ]
    )
    left, right = plots.discovery_rates(table)
    assert [label.get_text() for label in left.get_xticklabels()] == ["2 %", "35 %"]
    assert len(left.containers) == len(right.containers) == 2
    left.figure.draw_without_rendering()
