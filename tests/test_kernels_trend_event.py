"""Kernels of trends and events: parameters that make no sense, precision, and what the shapes say."""

import numpy as np
import pytest
from scipy import stats

from fakeengage import kernels


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("change_points", {"min_size": 0}, "min_size: 0 .*at least 1"),
        ("change_points", {"penalty": -1}, "penalty: -1 .*at least 0"),
        ("change_points", {"penalty": np.nan}, "penalty: NaN .*finite"),
        ("bursts", {"threshold": 0}, "threshold: 0 .*above 0"),
        ("bursts", {"threshold": np.inf}, "threshold: inf .*finite"),
        ("fano_factor", {"window": 0}, "window: 0 .*at least 1"),
        ("exact_repeats", {"length": 1}, "length: 1 .*at least 2"),
    ],
)
def test_senseless_parameters_are_refused(name: str, parameters: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        getattr(kernels, name)(np.arange(10.0), **parameters)


@pytest.mark.parametrize("level", [0, 1e3, 1e6, 1e9])
def test_a_line_is_exact_at_any_level(level: float) -> None:
    noise = np.random.default_rng(0).normal(size=336)
    t = np.arange(336) - 167.5
    x = noise + level
    d = (x - level) - (x - level).mean()
    slope, _, error, r = kernels.linear_trend(x)
    np.testing.assert_allclose(slope, d @ t / (t @ t), rtol=1e-9)
    np.testing.assert_allclose(r, slope * np.sqrt(t @ t / (d @ d)), rtol=1e-9)
    np.testing.assert_allclose(error, np.std(d - slope * t) * np.sqrt(336 / 334 / (t @ t)), rtol=1e-9)


@pytest.mark.parametrize("n_steps", [60, 336, 600])
def test_theil_sen_is_the_median_slope_to_the_last_bit(n_steps: int) -> None:
    rng = np.random.default_rng(n_steps)
    t = np.arange(n_steps)
    for x in [
        rng.poisson(0.2, n_steps),
        t * 0.1,
        t // 7,
        np.where(rng.random(n_steps) < 0.02, 1e7, rng.poisson(50, n_steps)),
        np.exp(rng.normal(0, 5, n_steps)),
        rng.poisson(5, n_steps) * 1e300,
        rng.normal(size=n_steps) * 1e-305,
        rng.normal(size=n_steps) + 1e9,
    ]:
        line = stats.theilslopes(np.asarray(x, dtype=float))
        assert kernels.theil_sen(x)[0] == line.slope


def test_flat_tops_and_hard_edges_differ_from_relaxing_peaks() -> None:
    quiet = np.random.default_rng(1).poisson(20, 200).astype(float)
    bought, organic = quiet.copy(), quiet.copy()
    bought[80:90] += 200
    organic[80:120] += 400 / (1 + np.arange(40))
    shapes = kernels.bursts([bought, organic])
    assert (shapes[:, 0] >= 1).all()
    _, _, duration, peak_over_size, _, cut_off, relaxation, left, _ = shapes.T
    assert duration[0] == 10
    assert peak_over_size[0] < 1.2 < 2 < peak_over_size[1]
    assert cut_off[0] > 0.9 > 0.5 > cut_off[1]
    assert relaxation[0] < 0.2 < 0.8 < relaxation[1]
    assert abs(left[0]) < 0.1


def test_a_copied_day_repeats_and_a_flat_stretch_does_not() -> None:
    x = np.random.default_rng(2).poisson(1000, 240).astype(float)
    assert kernels.exact_repeats(x) == 0
    x[48:72] = x[24:48]
    assert kernels.exact_repeats(x) == 2 / (240 - 23)
    x[150:200] = 7
    assert kernels.exact_repeats(x, length=30) == 0
