//! Bindings of `kernels/cycle`.

use fakeengage_core::kernels::{DailyProfile, Periodicity, ProfileShift, SeasonalStrength};
use numpy::PyArray2;
use pyo3::prelude::*;

use super::{Series, run};
use crate::convert::Threads;

#[pyfunction]
#[pyo3(signature = (x, periods, *, threads))]
pub(crate) fn periodicity<'py>(
    py: Python<'py>,
    x: Series<'py>,
    periods: Vec<f64>,
    threads: Threads,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    run(py, x, Periodicity::new(&periods), threads)
}

#[pyfunction]
#[pyo3(signature = (x, period, *, threads))]
pub(crate) fn seasonal_strength<'py>(
    py: Python<'py>,
    x: Series<'py>,
    period: usize,
    threads: Threads,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    run(py, x, SeasonalStrength::new(period), threads)
}

#[pyfunction]
#[pyo3(signature = (x, period, *, threads))]
pub(crate) fn daily_profile<'py>(
    py: Python<'py>,
    x: Series<'py>,
    period: usize,
    threads: Threads,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    run(py, x, DailyProfile::new(period), threads)
}

#[pyfunction]
#[pyo3(signature = (x, period, *, threads))]
pub(crate) fn profile_shift<'py>(
    py: Python<'py>,
    x: Series<'py>,
    period: usize,
    threads: Threads,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    run(py, x, ProfileShift::new(period), threads)
}
