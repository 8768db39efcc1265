//! Bindings of `kernels/pair`.

use fakeengage_core::kernels::{Correlation, LeadLag};
use numpy::PyArray2;
use pyo3::prelude::*;

use super::{Series, run_pair};
use crate::convert::Threads;

#[pyfunction]
#[pyo3(signature = (x, y, *, threads))]
pub(crate) fn correlation<'py>(
    py: Python<'py>,
    x: Series<'py>,
    y: Series<'py>,
    threads: Threads,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    run_pair(py, x, y, Ok(Correlation), threads)
}

#[pyfunction]
#[pyo3(signature = (x, y, max_lag, *, threads))]
pub(crate) fn lead_lag<'py>(
    py: Python<'py>,
    x: Series<'py>,
    y: Series<'py>,
    max_lag: usize,
    threads: Threads,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    run_pair(py, x, y, Ok(LeadLag::new(max_lag)), threads)
}
