//! Bindings of `kernels/memory`.

use fakeengage_core::kernels::Autocorrelation;
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
