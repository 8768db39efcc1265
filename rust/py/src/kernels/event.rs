//! Bindings of `kernels/event`.

use fakeengage_core::kernels::{Bursts, ExactRepeats, FanoFactor, RoundTotals, ZeroRuns};
use numpy::PyArray2;
use pyo3::prelude::*;

use super::{Series, run};
use crate::convert::Threads;

#[pyfunction]
#[pyo3(signature = (x, threshold, *, threads))]
pub(crate) fn bursts<'py>(
    py: Python<'py>,
    x: Series<'py>,
    threshold: f64,
    threads: Threads,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    run(py, x, Bursts::new(threshold), threads)
}

#[pyfunction]
#[pyo3(signature = (x, length, *, threads))]
pub(crate) fn exact_repeats<'py>(
    py: Python<'py>,
    x: Series<'py>,
    length: usize,
    threads: Threads,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    run(py, x, ExactRepeats::new(length), threads)
}

#[pyfunction]
#[pyo3(signature = (x, window, *, threads))]
pub(crate) fn fano_factor<'py>(
    py: Python<'py>,
    x: Series<'py>,
    window: usize,
    threads: Threads,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    run(py, x, FanoFactor::new(window), threads)
}

#[pyfunction]
#[pyo3(signature = (x, *, threads))]
pub(crate) fn round_totals<'py>(
    py: Python<'py>,
    x: Series<'py>,
    threads: Threads,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    run(py, x, Ok(RoundTotals), threads)
}

#[pyfunction]
#[pyo3(signature = (x, *, threads))]
pub(crate) fn zero_runs<'py>(
    py: Python<'py>,
    x: Series<'py>,
    threads: Threads,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    run(py, x, Ok(ZeroRuns), threads)
}
