"""How much: inflated share and counts against what attacks added."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from fakeengage.evaluation.answers import Answers
from fakeengage.evaluation.rows import Bootstrap, Row, row
from fakeengage.evaluation.truth import Truth

Floats = NDArray[np.float64]


def volume_rows(truth: Truth, answers: Mapping[str, Answers], bootstrap: Bootstrap) -> list[Row]:
    """How much: the share of counts that is inflated, and whether the intervals hold it."""
    if truth.injected is None:
        return []
    panel, fake = truth.panel, truth.fake
    share = np.zeros(len(panel))
    for metric, injected in truth.injected.items():
        total = np.array([np.nansum(np.maximum(s, 0.0), dtype=np.float64) for s in panel.series(metric)])
        with np.errstate(invalid="ignore", divide="ignore"):
            mine = np.where(total > 0, np.clip(injected / total, 0.0, 1.0), 0.0)
        share = np.maximum(share, mine)
    rows: list[Row] = []
    for name, answer in answers.items():
        if answer.volume is None:
            continue
        error = np.abs(answer.volume.share - share)
        rows.append(row(name, "error of inflated share, median over fakes", bootstrap.median(error[fake])))
        rows.append(row(name, "error of inflated share, mean over fakes", bootstrap.mean(error[fake])))
        if answer.among is not None:
            rows.append(
                row(
                    name,
                    "error of inflated share, median over flagged fakes",
                    bootstrap.median(error[fake & answer.among]),
                )
            )
        rows.append(row(name, "inflated share claimed of normals, mean", bootstrap.mean(error[~fake])))
        rows += _coverage_rows(name, truth, answer, bootstrap)
    return rows


def _coverage_rows(name: str, truth: Truth, answer: Answers, bootstrap: Bootstrap) -> list[Row]:
    """How often the 90 % interval holds the injected counts, where an attack changed the metric.

    Accounts are resampled, so the metrics of one account stay together: its mean over them counts.
    """
    assert truth.injected is not None
    assert answer.volume is not None
    held, found = {}, {}
    for metric, counts in answer.volume.counts.items():
        injected = truth.injected[metric]
        hit = (counts[:, 1] <= injected) & (injected <= counts[:, 2])
        held[metric] = np.where(injected != 0, hit.astype(float), np.nan)
        found[metric] = np.where((injected != 0) & (counts[:, 0] != 0), hit.astype(float), np.nan)
    if not held:
        return []
    rows = [row(name, "coverage of the 90 % interval", bootstrap.mean(_mean_known(held)))]
    rows.append(row(name, "coverage where a window was found", bootstrap.mean(_mean_known(found))))
    rows += [row(name, f"coverage, {metric}", bootstrap.mean(values)) for metric, values in held.items()]
    return rows


def _mean_known(columns: Mapping[str, Floats]) -> Floats:
    stacked = np.stack(list(columns.values()))
    n = (~np.isnan(stacked)).sum(axis=0)
    return np.where(n > 0, np.nansum(stacked, axis=0) / np.maximum(n, 1), np.nan)
