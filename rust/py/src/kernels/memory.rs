//! Bindings of `kernels/memory`.

use fakeengage_core::kernels::{
    Autocorrelation, DetrendedFluctuation, Hurst, PartialAutocorrelation,
};
use numpy::PyArray2;
use pyo3::prelude::*;

use super::{Series, run};
use crate::convert::Threads;

#[pyfunction]
#[pyo3(signature = (x, lags, *, threads))]
pub(crate) fn autocorrelation<'py>(
    py: Python<'py>,
    x: Series<'py>,
    lags: Vec<usize>,
    threads: Threads,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    run(py, x, Autocorrelation::new(&lags), threads)
}

#[pyfunction]
#[pyo3(signature = (x, lags, *, threads))]
pub(crate) fn partial_autocorrelation<'py>(
    py: Python<'py>,
    x: Series<'py>,
    lags: Vec<usize>,
    threads: Threads,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    run(py, x, PartialAutocorrelation::new(&lags), threads)
}

#[pyfunction]
#[pyo3(signature = (x, *, threads))]
pub(crate) fn hurst<'py>(
    py: Python<'py>,
    x: Series<'py>,
    threads: Threads,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    run(py, x, Ok(Hurst), threads)
}

#[pyfunction]
#[pyo3(signature = (x, *, threads))]
pub(crate) fn detrended_fluctuation<'py>(
    py: Python<'py>,
    x: Series<'py>,
    threads: Threads,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    run(py, x, Ok(DetrendedFluctuation), threads)
}
