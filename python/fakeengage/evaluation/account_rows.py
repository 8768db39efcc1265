"""Is it fake, and how sure: ranking, flags and probabilities of accounts."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from fakeengage.evaluation.answers import Answers
from fakeengage.evaluation.probabilities import at_prevalence, brier, prevalence_weights
from fakeengage.evaluation.rows import Bootstrap, Row, flag_intervals, row
from fakeengage.evaluation.trivial import PRIOR
from fakeengage.evaluation.truth import Truth
from fakeengage.ranking import FIGURES, RARE, bootstrap_intervals
from fakeengage.resampling import account_weights, percentile_interval

Floats = NDArray[np.float64]


def account_rows(truth: Truth, answers: Mapping[str, Answers], bootstrap: Bootstrap) -> list[Row]:
    """Is it fake, and how sure: ranking, flags and probabilities of accounts."""
    rows: list[Row] = []
    for name, mine in answers.items():
        if mine.scores is not None:
            found = bootstrap_intervals(
                FIGURES, truth.fake, mine.scores, n_resamples=bootstrap.n_resamples, seed=bootstrap.seed
            )
            rows += [row(name, figure, value) for figure, value in found.items()]
        if mine.flagged is not None:
            found = flag_intervals(truth.fake, mine.flagged, bootstrap)
            rows += [row(name, figure, value) for figure, value in found.items()]
        if mine.probability is not None:
            rows += _probability_rows(name, truth.fake, mine.probability, bootstrap)
    return rows


def _probability_rows(name: str, fake: NDArray[np.bool_], stated: Floats, bootstrap: Bootstrap) -> list[Row]:
    judged = ~np.isnan(stated)
    y, p = fake[judged], stated[judged]
    if y.all() or not y.any():
        return []
    rows = []
    for wanted in (PRIOR, RARE):
        error = (at_prevalence(p, PRIOR, wanted) - y) ** 2
        per = prevalence_weights(y, wanted) * error
        draws = [w @ per for w in account_weights(y, bootstrap.n_resamples, bootstrap.seed)]
        bounds = percentile_interval(np.concatenate(draws) if draws else [])
        value = brier(y, at_prevalence(p, PRIOR, wanted), wanted)
        rows.append(row(name, f"Brier score, {100 * wanted:.0f} % prevalence", (value, *bounds)))
    return rows
