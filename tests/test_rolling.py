"""Rolling windows: pandas' answers, what pandas gets wrong, and what is refused."""

import os
import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from fakeengage import _native, kernels

STATISTICS = [name for name in _native.rolling_statistics() if name != "quantile"]


def by_pandas(x: np.ndarray, window: int, statistic: str) -> np.ndarray:
    windows = pd.DataFrame(x.T).rolling(window)
    if statistic == "zscore":
        std = windows.std()
        return ((pd.DataFrame(x.T) - windows.mean()) / std.where(std > 0)).to_numpy().T
    return getattr(windows, {"kurtosis": "kurt"}.get(statistic, statistic))().to_numpy().T


@pytest.mark.parametrize("window", [1, 2, 3, 4, 24])
@pytest.mark.parametrize("statistic", STATISTICS)
def test_equal_to_pandas(statistic: str, window: int) -> None:
    rng = np.random.default_rng(window)
    x = rng.poisson(20, (5, 200)).astype(float)
    x[1] = rng.normal(size=200)
    x[2] = 0.1
    x[3, rng.random(200) < 0.02] = np.nan
    x[4, [0, 60, 199]] = np.inf, -np.inf, np.nan
    want = by_pandas(np.where(np.isinf(x), np.nan, x), window, statistic)
    np.testing.assert_allclose(kernels.rolling(x, window, statistic), want, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("statistic", STATISTICS)
def test_a_huge_value_leaves_nothing_behind(statistic: str) -> None:
    """Running sums lose everything below the 16th digit of what has passed through them."""
    tail = np.random.default_rng(0).normal(size=50)
    after = kernels.rolling(np.concatenate([[1e17, -3e17], tail]), 6, statistic)[7:]
    np.testing.assert_array_equal(after, kernels.rolling(tail, 6, statistic)[5:])


@pytest.mark.parametrize("level", [2.0**20, -(2.0**20)])
@pytest.mark.parametrize("window", [3, 4, 24])
def test_small_differences_of_large_values_are_kept(level: float, window: int) -> None:
    """Three values in a row may differ by a thousandth of what the series does."""
    noise = np.random.default_rng(0).integers(0, 2**32, (20, 2000)) / 2.0**32
    for statistic in ("std", "var", "skew", "kurtosis", "zscore"):
        want = kernels.rolling(noise, window, statistic)
        got = kernels.rolling(noise + level, window, statistic)
        np.testing.assert_allclose(got, want, rtol=1e-11, atol=1e-11, err_msg=statistic)


def test_flat_windows_are_known_by_equality() -> None:
    x = [5.0, *[0.1] * 10, 0.1 + 2**-56]
    for statistic in ("std", "var"):
        values = kernels.rolling(x, 3, statistic)
        np.testing.assert_array_equal(values[3:-1], 0)
        assert values[-1] > 0
    for statistic in ("skew", "kurtosis", "zscore"):
        values = kernels.rolling(x, 5, statistic)
        assert np.isnan(values[5:-1]).all()
        assert np.isfinite(values[-1])


# Long windows are ranked, short ones sorted at once or kept in order, each in the narrowest exact type.
@pytest.mark.parametrize("window", [2, 7, 24, 25, 64, 200, 257, 700, 1100])
@pytest.mark.parametrize("kind", ["whole", "large", "single", "real"])
def test_quantiles_of_any_type_and_length(kind: str, window: int) -> None:
    rng = np.random.default_rng(window)
    x = {
        "whole": rng.integers(-(2**15), 2**15, (2, 3700)),
        "large": rng.integers(0, 50, (2, 3700)) * 10**5,
        "single": rng.normal(size=(2, 3700)).astype(np.float32),
        "real": rng.normal(size=(2, 3700)).round(1),
    }[kind].astype(float)
    x[1, :40] = [-(2.0**15), 2.0**15 - 1] * 20
    windows = sliding_window_view(x, window, axis=1)[:, ::7]
    for q in (0, 0.31, 0.5, 1):
        got = kernels.rolling(x, window, "quantile", q=q)[:, window - 1 :: 7]
        np.testing.assert_allclose(got, np.quantile(windows, q, axis=-1), rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(
        kernels.rolling(x, window, "median"), kernels.rolling(x, window, "quantile", q=0.5)
    )


@pytest.mark.parametrize("window", [1, 5, 168, 700])
@pytest.mark.parametrize("statistic", STATISTICS)
def test_a_long_series_is_as_good_as_its_parts(statistic: str, window: int) -> None:
    """Long series are computed tile by tile; what lies outside a window changes no bit of its value."""
    x = np.random.default_rng(window).normal(size=5003)
    x[[900, 4321]] = np.nan
    values = kernels.rolling(x, window, statistic)
    for begin in range(0, 5003 - window, 411):
        part = kernels.rolling(x[begin : begin + window + 410], window, statistic)
        np.testing.assert_array_equal(values[begin:][: len(part)][window - 1 :], part[window - 1 :])


def test_a_window_longer_than_the_series_has_no_value() -> None:
    for statistic in STATISTICS:
        assert np.isnan(kernels.rolling(np.ones((2, 5)), 6, statistic)).all()
        assert np.isnan(kernels.rolling(np.ones((2, 5)), 2**61, statistic)).all()
    assert kernels.rolling([], 3, "mean").shape == (0,)


@pytest.mark.parametrize(
    ("window", "statistic", "q", "error", "words"),
    [
        (0, "mean", None, ValueError, "window: 0"),
        (-3, "mean", None, ValueError, "window: -3"),
        (2.5, "mean", None, TypeError, "window: 2.5"),
        (3, "avg", None, ValueError, "statistic: 'avg' is unknown; known: mean"),
        (3, "kurt", None, ValueError, "did you mean kurtosis?"),
        (3, "meen", None, ValueError, "did you mean mean?"),
        (3, len, None, TypeError, "statistic"),
        (3, "quantile", None, ValueError, "q: None"),
        (3, "quantile", 1.5, ValueError, "q: 1.5"),
        (3, "quantile", float("nan"), ValueError, "q: NaN"),
        (3, "quantile", "half", TypeError, "q: 'half'"),
        (3, "median", 0.5, ValueError, "q: 0.5 .* median takes none"),
    ],
)
def test_refused(window: Any, statistic: Any, q: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words.replace("?", r"\?")):
        kernels.rolling(np.ones((2, 9)), window, statistic, q=q)


DIGEST = """
import hashlib
import numpy as np
from fakeengage import _native, kernels

rng = np.random.default_rng(0)
x = np.concatenate([rng.normal(size=(9, 337)), rng.poisson(9, (9, 337)), 1e5 * rng.poisson(9, (9, 337))])
x[::4, ::50] = np.nan
print(_native.simd_path())
for statistic in _native.rolling_statistics():
    q = 0.37 if statistic == "quantile" else None
    for window in (2, 7, 24, 168, 300):
        values = kernels.rolling(x, window, statistic, q=q)
        print(statistic, window, hashlib.sha256(values.tobytes()).hexdigest())
"""


def test_every_instruction_set_gives_the_same_bits() -> None:
    def said(path: str) -> list[str]:
        environment = {**os.environ, "FAKEENGAGE_SIMD": path}
        done = subprocess.run(
            [sys.executable, "-c", DIGEST], env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout.splitlines()[1:]

    best = said("")
    assert len(set(best)) == len(best) == 5 * len(_native.rolling_statistics())
    for path in ("plain", "avx2"):
        assert said(path) == best
