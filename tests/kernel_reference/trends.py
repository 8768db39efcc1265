"""References of the kernels in `kernels/trends.py`."""

import numpy as np
from scipy import special, stats

from kernel_reference import Reference, Row, flat


def robust_z(x: Row) -> Row:
    """Known values over their robust standard deviation; not flat."""
    known = x[~np.isnan(x)]
    deviation = np.abs(known - np.median(known))
    sd = np.median(deviation) / stats.norm.ppf(0.75)
    if sd == 0:
        sd = np.sqrt(np.pi / 2) * deviation.mean()
    return (known - np.median(known)) / sd


def mann_kendall(x: Row) -> Row:
    known = x[~np.isnan(x)]
    n = len(known)
    if n < 2:
        return np.full(4, np.nan)
    score = np.triu(np.sign(known[np.newaxis] - known[:, np.newaxis])).sum()
    _, t = np.unique(known, return_counts=True)
    variance = (n * (n - 1) * (2 * n + 5) - (t * (t - 1) * (2 * t + 5)).sum()) / 18
    z = (score - np.sign(score)) / np.sqrt(variance) if score else 0.0
    return np.array([score, z, special.erfc(abs(z) / np.sqrt(2)), score / (n * (n - 1) / 2)])


def theil_sen(x: Row) -> Row:
    t = np.flatnonzero(~np.isnan(x)).astype(float)
    known = x[~np.isnan(x)]
    if len(known) < 2:
        return np.full(2, np.nan)
    i, j = np.triu_indices(len(known), 1)
    slope = np.median((known[j] - known[i]) / (t[j] - t[i]))
    return np.array([slope, np.median(known) - slope * np.median(t)])


def linear_trend(x: Row) -> Row:
    t = np.flatnonzero(~np.isnan(x)).astype(float)
    known = x[~np.isnan(x)]
    if len(known) < 2:
        return np.full(4, np.nan)
    if flat(x):
        return np.array([0, known[0], np.nan, np.nan])
    line = stats.linregress(t, known)
    return np.array([line.slope, line.intercept, line.stderr, line.rvalue])


def cusum(x: Row) -> Row:
    if flat(x):
        return np.full(4, np.nan)
    z = robust_z(x)
    path = np.cumsum(z - z.mean())
    size = np.abs(path)
    place = np.flatnonzero(~np.isnan(x))[(size >= size.max() * (1 - 1e-9)).argmax()]
    up, down = (np.cumsum(np.r_[0, sign * z - 0.5]) for sign in (1, -1))
    return np.array(
        [
            (max(path.max(), 0) - min(path.min(), 0)) / np.sqrt(len(z)),
            (place + 1) / len(x),
            (up - np.minimum.accumulate(up)).max(),
            (down - np.minimum.accumulate(down)).max(),
        ]
    )


def change_points(x: Row, min_size: int = 2, penalty: float | None = None) -> Row:
    places = np.flatnonzero(~np.isnan(x))
    n = len(places)
    if n < 2 * min_size:
        return np.full(3, np.nan)
    if flat(x):
        return np.array([0, np.nan, 0])
    z = robust_z(x)
    sums = np.r_[0, np.cumsum(z)]
    squares = np.r_[0, np.cumsum(z * z)]
    each = 3 * np.log(n) if penalty is None else penalty

    def cost(start: Row, end: int) -> Row:
        return squares[end] - squares[start] - (sums[end] - sums[start]) ** 2 / (end - start)

    least = np.full(n + 1, np.inf)
    least[0] = -each
    before = np.zeros(n + 1, dtype=int)
    for end in range(min_size, n + 1):
        starts = np.arange(end - min_size + 1)
        totals = least[starts] + cost(starts, end) + each
        least[end] = totals.min()
        before[end] = np.flatnonzero(totals <= totals.min() + 1e-12 * (1 + squares[end]))[0]
    cuts = [n]
    while cuts[0] > 0:
        cuts.insert(0, before[cuts[0]])
    if len(cuts) == 2:
        return np.array([0, np.nan, 0])
    cut = np.array(cuts)
    losses = np.array(
        [cost(a, c) - cost(a, b) - cost(b, c) for a, b, c in zip(cut, cut[1:], cut[2:], strict=False)]
    )
    # Changes up and down by as much are as strong: the first of them.
    k = 1 + int((losses >= losses.max() - 1e-12 * (1 + losses.max())).argmax())
    means = np.diff(sums[cut]) / np.diff(cut)
    return np.array([len(cuts) - 2, places[cut[k]] / len(x), means[k] - means[k - 1]])


REFERENCES = [
    Reference("mann_kendall", {}, mann_kendall),
    Reference("theil_sen", {}, theil_sen, rtol=0, atol=0),
    # Where r is nearly 1, the standard error of linregress has few digits.
    Reference("linear_trend", {}, linear_trend, atol=1e-7),
    Reference("cusum", {}, cusum),
    Reference("change_points", {}, change_points, rtol=1e-8),
    Reference("change_points", {"min_size": 5, "penalty": 10}, lambda x: change_points(x, 5, 10), rtol=1e-8),
]
