//! Bindings of `kernels/trend`.

use fakeengage_core::kernels::{ChangePoints, Cusum, LinearTrend, MannKendall, TheilSen};
use numpy::PyArray2;
use pyo3::prelude::*;

use super::{Series, run};
use crate::convert::Threads;

#[pyfunction]
#[pyo3(signature = (x, min_size, penalty, *, threads))]
pub(crate) fn change_points<'py>(
    py: Python<'py>,
    x: Series<'py>,
    min_size: usize,
    penalty: Option<f64>,
    threads: Threads,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    run(py, x, ChangePoints::new(min_size, penalty), threads)
}

#[pyfunction]
#[pyo3(signature = (x, *, threads))]
pub(crate) fn cusum<'py>(
    py: Python<'py>,
    x: Series<'py>,
    threads: Threads,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    run(py, x, Ok(Cusum), threads)
}

#[pyfunction]
#[pyo3(signature = (x, *, threads))]
pub(crate) fn linear_trend<'py>(
    py: Python<'py>,
    x: Series<'py>,
    threads: Threads,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    run(py, x, Ok(LinearTrend), threads)
}

#[pyfunction]
#[pyo3(signature = (x, *, threads))]
pub(crate) fn mann_kendall<'py>(
    py: Python<'py>,
    x: Series<'py>,
    threads: Threads,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    run(py, x, Ok(MannKendall), threads)
}

#[pyfunction]
#[pyo3(signature = (x, *, threads))]
pub(crate) fn theil_sen<'py>(
    py: Python<'py>,
    x: Series<'py>,
    threads: Threads,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    run(py, x, Ok(TheilSen), threads)
}
