//! Kernels: a matrix of any numeric type and any strides in, a matrix of float64 out.

mod cycle;
mod entropy;
mod event;
mod memory;
mod pair;
mod paired;
mod rolling_windows;
mod series;
mod trend;

pub(crate) use cycle::{daily_profile, periodicity, profile_shift, seasonal_strength};
pub(crate) use entropy::{
    approximate_entropy, lempel_ziv_complexity, permutation_entropy, sample_entropy,
    shannon_entropy, spectral_entropy,
};
pub(crate) use event::{bursts, exact_repeats, fano_factor, round_totals, zero_runs};
pub(crate) use memory::{autocorrelation, detrended_fluctuation, hurst, partial_autocorrelation};
pub(crate) use pair::{correlation, lead_lag};
pub(crate) use rolling_windows::{rolling, rolling_statistics};
pub(crate) use trend::{change_points, cusum, linear_trend, mann_kendall, theil_sen};

use fakeengage_core::Error;
use fakeengage_core::kernels::{self, Kernel, Rows};
use numpy::PyArray2;
use pyo3::prelude::*;

use crate::convert::{Threads, into_matrix, value_error};
use paired::Paired;
use series::Series;

/// Names of all kernels.
#[pyfunction]
pub(crate) fn kernel_names() -> Vec<&'static str> {
    kernels::NAMES.to_vec()
}

/// Runs a kernel over the rows, the interpreter released.
fn run<'py, K: Kernel>(
    py: Python<'py>,
    x: Series<'py>,
    kernel: Result<K, Error>,
    threads: Threads,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    run_rows(py, Ok(x.rows()), kernel, threads)
}

/// Runs a kernel of two series over the rows of both.
fn run_pair<'py, K: Kernel>(
    py: Python<'py>,
    x: Series<'py>,
    y: Series<'py>,
    kernel: Result<K, Error>,
    threads: Threads,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    run_rows(py, Paired::new(x.rows(), y.rows()), kernel, threads)
}

fn run_rows<K: Kernel>(
    py: Python<'_>,
    rows: Result<impl Rows + Send, Error>,
    kernel: Result<K, Error>,
    threads: Threads,
) -> PyResult<Bound<'_, PyArray2<f64>>> {
    let kernel = kernel.map_err(value_error)?;
    let rows = rows.map_err(value_error)?;
    let (n_rows, n_steps) = (rows.n_rows(), rows.n_steps());
    let values = py
        .detach(|| kernels::measure_rows(&kernel, &rows, threads.0))
        .map_err(value_error)?;
    into_matrix(py, values, n_rows, kernel.width(n_steps))
}
