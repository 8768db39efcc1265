"""Pairs of the kernels in `kernels/trends.py`."""

from functools import cache

import numpy as np

from fakeengage import kernels
from kernel_pairs import Matrix, Pair, each


def numpy_mann_kendall(x: Matrix) -> Matrix:
    """S of every row; its ties need a loop."""
    from scipy.special import erfc

    n = x.shape[1]
    i, j = np.triu_indices(n, 1)
    score = np.sign(x[:, j] - x[:, i]).sum(axis=1)
    ties = [np.unique(row, return_counts=True)[1] for row in x]
    tied = np.array([(t * (t - 1) * (2 * t + 5)).sum() for t in ties])
    z = (score - np.sign(score)) / np.sqrt((n * (n - 1) * (2 * n + 5) - tied) / 18)
    return np.stack([score, z, erfc(abs(z) / np.sqrt(2)), score / (n * (n - 1) / 2)], axis=1)


def peer_mann_kendall(x: Matrix) -> Matrix:
    from pymannkendall import original_test

    def of_row(row: Matrix) -> tuple[float, ...]:
        test = original_test(row)
        return test.s, test.z, test.p, test.Tau

    return each(of_row)(x)


def numpy_theil_sen(x: Matrix) -> Matrix:
    i, j = np.triu_indices(x.shape[1], 1)
    slope = np.median((x[:, j] - x[:, i]) / (j - i), axis=1)
    return np.stack([slope, np.median(x, axis=1) - slope * (x.shape[1] - 1) / 2], axis=1)


def scipy_theil_sen(x: Matrix) -> Matrix:
    from scipy.stats import theilslopes

    return each(lambda row: theilslopes(row)[:2])(x)


@cache
def slope_weights(n: int) -> Matrix:
    t = np.arange(n) - (n - 1) / 2
    return t / (t @ t)


def numpy_slope(x: Matrix) -> Matrix:
    return x @ slope_weights(x.shape[1])


def numpy_linear_trend(x: Matrix) -> Matrix:
    n = x.shape[1]
    mean = x.mean(axis=1)
    slope = x @ slope_weights(n)
    d = x - mean[:, np.newaxis]
    square = np.einsum("ij,ij->i", d, d)
    r = slope * np.sqrt(n * (n * n - 1) / 12 / square)
    error = np.sqrt((1 - r * r) * square / (n * (n * n - 1) / 12) / (n - 2))
    return np.stack([slope, mean - slope * (n - 1) / 2, error, r], axis=1)


def scipy_linear_trend(x: Matrix) -> Matrix:
    from scipy.stats import linregress

    t = np.arange(x.shape[1])

    def of_row(row: Matrix) -> tuple[float, ...]:
        line = linregress(t, row)
        return line.slope, line.intercept, line.stderr, line.rvalue

    return each(of_row)(x)


def robust_z(x: Matrix) -> Matrix:
    d = x - np.median(x, axis=1, keepdims=True)
    size = np.abs(d)
    sd = 1.482602218505602 * np.median(size, axis=1, keepdims=True)
    return d / np.where(sd > 0, sd, np.sqrt(np.pi / 2) * size.mean(axis=1, keepdims=True))


def numpy_cusum(x: Matrix) -> Matrix:
    n = x.shape[1]
    z = robust_z(x)
    path = np.cumsum(z - z.mean(axis=1, keepdims=True), axis=1)
    out = np.empty((len(x), 4))
    out[:, 0] = (np.maximum(path.max(axis=1), 0) - np.minimum(path.min(axis=1), 0)) / np.sqrt(n)
    out[:, 1] = (np.abs(path).argmax(axis=1) + 1) / n
    for k, sign in ((2, 1), (3, -1)):
        sums = np.cumsum(np.pad(sign * z - 0.5, ((0, 0), (1, 0))), axis=1)
        out[:, k] = (sums - np.minimum.accumulate(sums, axis=1)).max(axis=1)
    return out


@cache
def numba_paths():
    from numba import njit

    @njit(fastmath=False)
    def paths(z, out):
        for r in range(len(z)):
            mean = z[r].mean()
            level = low = high = up = down = upward = downward = 0.0
            largest, place = -1.0, 0
            for t in range(z.shape[1]):
                level += z[r, t] - mean
                low, high = min(low, level), max(high, level)
                if abs(level) > largest:
                    largest, place = abs(level), t
                up, down = max(0.0, up + z[r, t] - 0.5), max(0.0, down - z[r, t] - 0.5)
                upward, downward = max(upward, up), max(downward, down)
            n = z.shape[1]
            out[r, 0], out[r, 1] = (high - low) / np.sqrt(n), (place + 1) / n
            out[r, 2], out[r, 3] = upward, downward

    return paths


def numba_cusum(x: Matrix) -> Matrix:
    out = np.empty((len(x), 4))
    numba_paths()(robust_z(x), out)
    return out


def strongest(z: Matrix, ends: list[int]) -> tuple[float, float, float]:
    """The three values of a segmentation, given by the ends of its segments."""
    cuts = [0, *ends]
    if len(cuts) == 2:
        return 0.0, np.nan, 0.0
    sums = np.r_[0, np.cumsum(z)]

    def gain(a: int, b: int) -> float:
        return (sums[b] - sums[a]) ** 2 / (b - a)

    spans = list(zip(cuts, cuts[1:], cuts[2:], strict=False))
    k = int(np.argmax([gain(a, b) + gain(b, c) - gain(a, c) for a, b, c in spans]))
    a, b, c = spans[k]
    size = (sums[c] - sums[b]) / (c - b) - (sums[b] - sums[a]) / (b - a)
    return len(spans), b / len(z), size


def numpy_segments(z: Matrix, min_size: int = 2) -> tuple[float, float, float]:
    """Optimal partitioning, all starts of the last segment at once."""
    n = len(z)
    sums, penalty = np.r_[0, np.cumsum(z)], 3 * np.log(n)
    cost = np.full(n + 1, np.inf)
    cost[0] = penalty
    before = np.zeros(n + 1, dtype=int)
    for end in range(min_size, n + 1):
        starts = np.arange(end - min_size + 1)
        totals = cost[starts] - (sums[end] - sums[starts]) ** 2 / (end - starts)
        before[end] = totals.argmin()
        cost[end] = totals[before[end]] + penalty
    ends = [n]
    while before[ends[0]]:
        ends.insert(0, before[ends[0]])
    return strongest(z, ends)


def ruptures_segments(z: Matrix) -> tuple[float, float, float]:
    from ruptures import Pelt

    search = Pelt(model="l2", jump=1, min_size=2).fit(z)
    return strongest(z, search.predict(pen=3 * np.log(len(z))))


PAIRS = [
    Pair("mann_kendall", "NumPy", lambda x: kernels.mann_kendall(x, threads=1), numpy_mann_kendall, 30),
    Pair(
        "mann_kendall",
        "pymannkendall.original_test",
        lambda x: kernels.mann_kendall(x, threads=1),
        peer_mann_kendall,
        10,
    ),
    Pair("theil_sen", "NumPy", lambda x: kernels.theil_sen(x, threads=1), numpy_theil_sen, 30, rtol=0),
    Pair(
        "theil_sen",
        "scipy.stats.theilslopes",
        lambda x: kernels.theil_sen(x, threads=1),
        scipy_theil_sen,
        30,
        rtol=0,
    ),
    Pair(
        "linear_trend",
        "NumPy, matrix product",
        lambda x: kernels.linear_trend(x, threads=1)[:, 0],
        numpy_slope,
        20_000,
        what="slope of all four",
    ),
    Pair("linear_trend", "NumPy", lambda x: kernels.linear_trend(x, threads=1), numpy_linear_trend),
    Pair(
        "linear_trend",
        "scipy.stats.linregress",
        lambda x: kernels.linear_trend(x, threads=1),
        scipy_linear_trend,
        100,
    ),
    Pair("cusum", "NumPy", lambda x: kernels.cusum(x, threads=1), numpy_cusum),
    Pair("cusum", "NumPy and numba", lambda x: kernels.cusum(x, threads=1), numba_cusum),
    *(
        Pair(
            "change_points",
            name,
            lambda x: kernels.change_points(x, threads=1),
            lambda x, segments=segments: each(segments)(robust_z(x)),
            n_series,
            rtol=1e-8,
        )
        for name, segments, n_series in [
            ("NumPy", numpy_segments, 30),
            ("ruptures.Pelt(l2)", ruptures_segments, 3),
        ]
    ),
]
