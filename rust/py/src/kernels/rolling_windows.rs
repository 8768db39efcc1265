//! Bindings of `kernels/rolling`.

use fakeengage_core::kernels::{Rolling, Statistic};
use numpy::PyArray2;
use pyo3::prelude::*;

use super::{Series, run};
use crate::convert::Threads;

/// Names of the statistics of a rolling window.
#[pyfunction]
pub(crate) fn rolling_statistics() -> Vec<&'static str> {
    Statistic::NAMES.to_vec()
}

#[pyfunction]
#[pyo3(signature = (x, window, statistic, q, *, threads))]
pub(crate) fn rolling<'py>(
    py: Python<'py>,
    x: Series<'py>,
    window: usize,
    statistic: &str,
    q: Option<f64>,
    threads: Threads,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let kernel = Statistic::named(statistic, q).and_then(|chosen| Rolling::new(window, chosen));
    run(py, x, kernel, threads)
}
