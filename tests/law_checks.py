"""Counts held against SciPy's laws, with limits that suit any stream of random numbers.

A test of a right law fails once in a million streams; how wrong a law must be to fail depends on the
number of draws.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float64]

LEAST_P = 1e-6
WIDEST = 5.0
"""Standard errors by which a figure may miss its law; 5 are passed once in 1.7 million."""
DRAWS = int(float(os.environ.get("FAKEENGAGE_LAW_DRAWS", "2e5")))
"""Counts per tested law. A total variation of 5 / sqrt(draws) is seen: 1 % here, 2e-4 with 6e8 draws."""
LEAST_EXPECTED = 10.0
"""Bins of a chi-square test hold at least this many expected counts."""
MEANS = (0.05, 0.5, 3, 9, 10, 12, 16, 40, 1000, 1e5)


def chi_square(times: NDArray[np.int64], law: Any) -> float:
    """p-value of counts against a discrete law, in bins of like probability."""
    n = int(times.sum())
    n_bins = int(np.clip(n / (2 * LEAST_EXPECTED), 4, 200))
    edges = np.unique(law.ppf(np.linspace(0, 1, n_bins + 1)[1:-1]))
    share = np.diff(np.r_[0.0, law.cdf(edges), 1.0])
    seen = np.cumsum(times)
    at = np.r_[0, seen[np.minimum(edges, len(seen) - 1).astype(int)], n]
    observed, expected = np.diff(at).astype(float), n * share
    while len(expected) > 1 and expected.min() < LEAST_EXPECTED:
        # A bin too thin joins its smaller neighbour.
        k = int(expected.argmin())
        j = k + 1 if k == 0 or (k + 1 < len(expected) and expected[k + 1] < expected[k - 1]) else k - 1
        low = min(j, k)
        expected = np.r_[expected[:low], expected[low] + expected[low + 1], expected[low + 2 :]]
        observed = np.r_[observed[:low], observed[low] + observed[low + 1], observed[low + 2 :]]
    assert len(expected) > 1, "too few counts to tell anything"
    return float(stats.chisquare(observed, expected * observed.sum() / expected.sum()).pvalue)


def uniform_places(law: Any, seen: Array, seed: int = 0) -> Array:
    """Where each count lies in its own law, 0 to 1, ties broken at random: uniform if the law is right."""
    below, at = law.cdf(seen - 1), law.pmf(seen)
    return np.clip(below + np.random.default_rng(seed).random(seen.shape) * at, 0, 1)


def is_standard_normal(z: Array) -> bool:
    """Whether mean, spread and shape of a sample are those of the standard normal law."""
    n = len(z)
    return bool(
        abs(z.mean()) < WIDEST / np.sqrt(n)
        and abs(z.std() - 1) < WIDEST / np.sqrt(2 * n)
        and stats.kstest(z, "norm").pvalue > LEAST_P
    )
