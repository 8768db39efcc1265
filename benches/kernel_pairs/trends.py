"""Pairs of the kernels in `kernels/trends.py`."""

import numpy as np

from fakeengage import kernels
from kernel_pairs import Matrix, Pair, each


def numpy_score(x: Matrix) -> Matrix:
    """The score of Mann and Kendall by the signs of all pairs, a lag at a time for the whole batch."""
    score = np.zeros(len(x))
    for lag in range(1, x.shape[1]):
        score += np.sign(x[:, lag:] - x[:, :-lag]).sum(axis=1)
    return score


def pymannkendall_test(x: Matrix) -> Matrix:
    import pymannkendall

    def test(row: Matrix) -> tuple[float, float, float, float]:
        found = pymannkendall.original_test(row)
        return found.s, found.z, found.p, found.Tau

    return each(test)(x)


def numpy_slopes(x: Matrix) -> Matrix:
    """Medians of all pairwise slopes."""
    i, j = np.triu_indices(x.shape[1], 1)
    slope = np.median((x[:, j] - x[:, i]) / (j - i), axis=1)
    return np.column_stack([slope, np.median(x, axis=1) - slope * (x.shape[1] - 1) / 2])


def scipy_slopes(x: Matrix) -> Matrix:
    from scipy.stats import theilslopes

    return each(lambda row: theilslopes(row)[:2])(x)


def numpy_slope(x: Matrix) -> Matrix:
    """Least-squares slope as one matrix product: less than the kernel tells, and as fast as it gets."""
    t = np.arange(x.shape[1]) - (x.shape[1] - 1) / 2
    return x @ (t / (t @ t))


def scipy_line(x: Matrix) -> Matrix:
    from scipy.stats import linregress

    t = np.arange(x.shape[1])

    def line(row: Matrix) -> tuple[float, float, float, float]:
        found = linregress(t, row)
        return found.slope, found.intercept, found.stderr, found.rvalue

    return each(line)(x)


def tsfresh_slope(x: Matrix) -> Matrix:
    from tsfresh.feature_extraction.feature_calculators import linear_trend

    return each(lambda row: dict(linear_trend(row, [{"attr": "slope"}]))['attr_"slope"'])(x)


def robust_z(x: Matrix) -> Matrix:
    """Values over the robust standard deviation of their series."""
    deviation = x - np.median(x, axis=1, keepdims=True)
    sd = np.median(np.abs(deviation), axis=1, keepdims=True) / 0.6744897501960817
    mean = np.sqrt(np.pi / 2) * np.abs(deviation).mean(axis=1, keepdims=True)
    return deviation / np.where(sd > 0, sd, mean)


def numpy_cusum(x: Matrix) -> Matrix:
    z = robust_z(x)
    n = x.shape[1]
    path = np.cumsum(z - z.mean(axis=1, keepdims=True), axis=1)
    size = np.abs(path)
    place = (size >= size.max(axis=1, keepdims=True) * (1 - 1e-9)).argmax(axis=1)
    sums = []
    for sign in (1, -1):
        total = np.pad(np.cumsum(sign * z - 0.5, axis=1), ((0, 0), (1, 0)))
        sums.append((total - np.minimum.accumulate(total, axis=1)).max(axis=1))
    top, bottom = np.maximum(path.max(axis=1), 0), np.minimum(path.min(axis=1), 0)
    return np.column_stack([(top - bottom) / np.sqrt(n), (place + 1) / n, *sums])


def numpy_changes(x: Matrix) -> Matrix:
    """Number of changes by optimal partitioning of the whole batch, an end at a time."""
    z = robust_z(x)
    m, n = z.shape
    sums, squares = (np.pad(np.cumsum(v, axis=1), ((0, 0), (1, 0))) for v in (z, z * z))
    penalty, least = 3 * np.log(n), np.full((m, n + 1), np.inf)
    least[:, 0] = -penalty
    before = np.zeros((m, n + 1), dtype=int)
    for end in range(2, n + 1):
        starts = np.arange(end - 1)
        apart = sums[:, [end]] - sums[:, starts]
        total = (
            least[:, starts] + squares[:, [end]] - squares[:, starts] - apart**2 / (end - starts) + penalty
        )
        before[:, end] = total.argmin(axis=1)
        least[:, end] = total.min(axis=1)
    count, at = np.full(m, -1.0), np.full(m, n)
    while at.any():
        count += at > 0
        at = before[np.arange(m), at]
    return count


def ruptures_changes(x: Matrix) -> Matrix:
    import ruptures

    def count(row: Matrix) -> float:
        search = ruptures.Pelt(model="l2", jump=1, min_size=2).fit(row)
        return len(search.predict(pen=3 * np.log(len(row)))) - 1

    return each(count)(robust_z(x))


PAIRS = [
    Pair(
        "mann_kendall",
        "NumPy, signs of all pairs",
        lambda x: kernels.mann_kendall(x, threads=1)[:, 0],
        numpy_score,
        rtol=0,
    ),
    Pair(
        "mann_kendall",
        "pymannkendall.original_test",
        lambda x: kernels.mann_kendall(x, threads=1),
        pymannkendall_test,
        n_series=30,
    ),
    Pair(
        "theil_sen", "NumPy, all slopes", lambda x: kernels.theil_sen(x, threads=1), numpy_slopes, n_series=30
    ),
    Pair(
        "theil_sen",
        "scipy.stats.theilslopes",
        lambda x: kernels.theil_sen(x, threads=1),
        scipy_slopes,
        n_series=30,
    ),
    Pair(
        "linear_trend",
        "NumPy, matrix product (slope only)",
        lambda x: kernels.linear_trend(x, threads=1)[:, 0],
        numpy_slope,
        n_series=2000,
    ),
    Pair(
        "linear_trend",
        "scipy.stats.linregress",
        lambda x: kernels.linear_trend(x, threads=1),
        scipy_line,
        n_series=100,
        rtol=1e-7,
    ),
    Pair(
        "linear_trend",
        "tsfresh.linear_trend (slope only)",
        lambda x: kernels.linear_trend(x, threads=1)[:, 0],
        tsfresh_slope,
        n_series=100,
    ),
    Pair("cusum", "NumPy, sums of the batch", lambda x: kernels.cusum(x, threads=1), numpy_cusum),
    Pair(
        "change_points",
        "NumPy, optimal partitioning (number)",
        lambda x: kernels.change_points(x, threads=1)[:, 0],
        numpy_changes,
        n_series=100,
        rtol=0,
    ),
    Pair(
        "change_points",
        "ruptures.Pelt (number)",
        lambda x: kernels.change_points(x, threads=1)[:, 0],
        ruptures_changes,
        n_series=3,
        rtol=0,
    ),
]
