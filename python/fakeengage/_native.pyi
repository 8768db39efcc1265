from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Self

VERSION: str

def kernel_names() -> list[str]: ...
def autocorrelation(x: NDArray[Any], lags: list[int], *, threads: int) -> NDArray[np.float64]: ...
def approximate_entropy(x: NDArray[Any], m: int, r: float, *, threads: int) -> NDArray[np.float64]: ...
def bursts(x: NDArray[Any], threshold: float, *, threads: int) -> NDArray[np.float64]: ...
def change_points(
    x: NDArray[Any], min_size: int, penalty: float | None, *, threads: int
) -> NDArray[np.float64]: ...
def correlation(x: NDArray[Any], y: NDArray[Any], *, threads: int) -> NDArray[np.float64]: ...
def cusum(x: NDArray[Any], *, threads: int) -> NDArray[np.float64]: ...
def daily_profile(x: NDArray[Any], period: int, *, threads: int) -> NDArray[np.float64]: ...
def detrended_fluctuation(x: NDArray[Any], *, threads: int) -> NDArray[np.float64]: ...
def exact_repeats(x: NDArray[Any], length: int, *, threads: int) -> NDArray[np.float64]: ...
def fano_factor(x: NDArray[Any], window: int, *, threads: int) -> NDArray[np.float64]: ...
def hurst(x: NDArray[Any], *, threads: int) -> NDArray[np.float64]: ...
def lead_lag(x: NDArray[Any], y: NDArray[Any], max_lag: int, *, threads: int) -> NDArray[np.float64]: ...
def lempel_ziv_complexity(x: NDArray[Any], normalize: bool, *, threads: int) -> NDArray[np.float64]: ...
def linear_trend(x: NDArray[Any], *, threads: int) -> NDArray[np.float64]: ...
def mann_kendall(x: NDArray[Any], *, threads: int) -> NDArray[np.float64]: ...
def partial_autocorrelation(x: NDArray[Any], lags: list[int], *, threads: int) -> NDArray[np.float64]: ...
def periodicity(x: NDArray[Any], periods: list[float], *, threads: int) -> NDArray[np.float64]: ...
def permutation_entropy(
    x: NDArray[Any], order: int, delay: int, normalize: bool, *, threads: int
) -> NDArray[np.float64]: ...
def profile_shift(x: NDArray[Any], period: int, *, threads: int) -> NDArray[np.float64]: ...
def rolling(
    x: NDArray[Any], window: int, statistic: str, q: float | None, *, threads: int
) -> NDArray[np.float64]: ...
def rolling_statistics() -> list[str]: ...
def round_totals(x: NDArray[Any], *, threads: int) -> NDArray[np.float64]: ...
def sample_entropy(x: NDArray[Any], m: int, r: float, *, threads: int) -> NDArray[np.float64]: ...
def seasonal_strength(x: NDArray[Any], period: int, *, threads: int) -> NDArray[np.float64]: ...
def shannon_entropy(x: NDArray[Any], bins: int, *, threads: int) -> NDArray[np.float64]: ...
def spectral_entropy(x: NDArray[Any], normalize: bool, *, threads: int) -> NDArray[np.float64]: ...
def theil_sen(x: NDArray[Any], *, threads: int) -> NDArray[np.float64]: ...
def zero_runs(x: NDArray[Any], *, threads: int) -> NDArray[np.float64]: ...
def feature_columns(
    metrics: list[str],
) -> list[tuple[str, str, int, str, str, int, str, int]]: ...
def feature_families() -> list[str]: ...
def extract_features(
    data: NDArray[np.float32],
    expected: NDArray[np.float32] | None,
    offsets: NDArray[np.int64],
    starts: NDArray[np.int64],
    n_metrics: int,
    steps_per_day: int,
    steps_per_week: int,
    families: list[str],
    *,
    threads: int,
) -> NDArray[np.float64]: ...
def coordination_columns() -> list[tuple[str, str, int, str, str, int, str, int]]: ...
def coordination_features(
    data: NDArray[np.float32],
    expected: NDArray[np.float32] | None,
    offsets: NDArray[np.int64],
    starts: NDArray[np.int64],
    n_metrics: int,
    steps_per_day: int,
    steps_per_week: int,
    *,
    threads: int,
) -> NDArray[np.float64]: ...
def prepare_features(
    features: NDArray[np.float64],
    center: NDArray[np.float64],
    scale: NDArray[np.float64],
    one_sided: NDArray[np.bool_],
    context: NDArray[np.int64],
    location: NDArray[np.float64],
    log_spread: NDArray[np.float64],
    *,
    threads: int,
) -> NDArray[np.float64]: ...
def net_channels(
    data: NDArray[np.float32],
    offsets: NDArray[np.int64],
    starts: NDArray[np.int64],
    metric_slots: list[int],
    steps_per_day: int,
    steps_per_week: int,
    *,
    threads: int,
) -> NDArray[np.float32]: ...
def net_forward(
    channels: NDArray[np.float32],
    offsets: NDArray[np.int64],
    weights: dict[str, NDArray[np.float32]],
    dilations: NDArray[np.int64],
    *,
    threads: int,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]: ...
def net_score(
    data: NDArray[np.float32],
    offsets: NDArray[np.int64],
    starts: NDArray[np.int64],
    metric_slots: list[int],
    steps_per_day: int,
    steps_per_week: int,
    weights: dict[str, NDArray[np.float32]],
    dilations: NDArray[np.int64],
    *,
    threads: int,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]: ...
def forest_contributions(
    rows: NDArray[np.float64],
    roots: NDArray[np.int64],
    feature: NDArray[np.int32],
    threshold: NDArray[np.float64],
    left: NDArray[np.int32],
    right: NDArray[np.int32],
    value: NDArray[np.float64],
    cover: NDArray[np.float64] | None,
    *,
    threads: int,
) -> tuple[NDArray[np.float64], float]: ...
def dense_forward(
    rows: NDArray[np.float64],
    weights: list[NDArray[np.float64]],
    biases: list[NDArray[np.float64]],
    activations: list[str],
    *,
    threads: int,
) -> NDArray[np.float64]: ...

@final
class Forest:
    def __new__(
        cls,
        roots: NDArray[np.int64],
        feature: NDArray[np.int32],
        threshold: NDArray[np.float64],
        left: NDArray[np.int32],
        right: NDArray[np.int32],
        value: NDArray[np.float64],
        *,
        n_columns: int,
    ) -> Self: ...
    def sum(self, rows: NDArray[np.float64], *, threads: int) -> NDArray[np.float64]: ...

def fit_expectation(
    data: NDArray[np.float32],
    offsets: NDArray[np.int64],
    starts: NDArray[np.int64],
    n_metrics: int,
    steps_per_day: int,
    steps_per_week: int,
    platform_origin: int,
    platform_factor: NDArray[np.float64] | None,
    seed: int,
    threads: int,
) -> dict[str, NDArray[np.float32] | NDArray[np.int64] | NDArray[np.float64]]: ...
def predict_steps(
    data: NDArray[np.float32],
    offsets: NDArray[np.int64],
    starts: NDArray[np.int64],
    n_metrics: int,
    steps_per_day: int,
    steps_per_week: int,
    level: bool,
    threads: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...
def platform_sketch(
    data: NDArray[np.float32],
    expected: NDArray[np.float32],
    log_sd: NDArray[np.float32],
    offsets: NDArray[np.int64],
    starts: NDArray[np.int64],
    n_metrics: int,
    origin: int,
    n_steps: int,
    threads: int,
) -> NDArray[np.int64]: ...
def platform_median(
    counts: NDArray[np.int64], least: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]: ...
def attack_names() -> list[str]: ...
def cohort_attack_names() -> list[str]: ...
def default_attack_law() -> str: ...
def inject_attack(
    data: NDArray[np.float32],
    expected: NDArray[np.float32],
    offsets: NDArray[np.int64],
    accounts: NDArray[np.int64],
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    start_hours: NDArray[np.int64],
    weekdays: NDArray[np.int64],
    request: dict[str, Any],
) -> dict[str, Any]: ...
def changed_windows(
    clean: NDArray[np.float32],
    attacked: NDArray[np.float32],
    offsets: NDArray[np.int64],
    n_metrics: int,
    pause_steps: int,
) -> dict[str, Any]: ...
def check_simulation(spec: str) -> None: ...
def expand_preset(preset: str) -> str: ...
def simd_path() -> str: ...
def simulation_names() -> tuple[list[str], list[str], list[str]]: ...
def simulate_accounts(
    spec: str,
    start: int,
    values: NDArray[np.float32],
    clean: NDArray[np.float32] | None,
    changed: NDArray[np.uint8],
    *,
    threads: int,
) -> dict[str, NDArray[Any]]: ...
def ids(kind: str, numbers: NDArray[np.int64]) -> NDArray[Any]: ...
def id_buffers(kind: str, numbers: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.uint8]]: ...

@final
class PartWriter:
    def __new__(cls, spec: str, moments: NDArray[np.int64], *, keep_clean: bool) -> Self: ...
    def write(self, path: Path, start: int, stop: int) -> tuple[str, dict[str, NDArray[Any]]]: ...

def write_part(
    path: Path,
    account_ids: list[str],
    moments: NDArray[np.int64],
    values: NDArray[np.float32],
    clean: NDArray[np.float32] | None,
    changed: NDArray[np.uint8],
) -> str: ...
