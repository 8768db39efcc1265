//! Coordination: a batch in, one row per account out.

use fakeengage_core::coordination as engine;
use fakeengage_core::features::Direction;
use fakeengage_core::rows::Layout;
use numpy::{PyArray2, PyReadonlyArray1};
use pyo3::prelude::*;

use crate::convert::{Threads, into_matrix, to_offsets, value_error};

/// Registry rows of the family, in the shape of `feature_columns`.
#[pyfunction]
pub(crate) fn coordination_columns()
-> Vec<(String, &'static str, &'static str, &'static str, usize, u8)> {
    engine::columns()
        .into_iter()
        .map(|column| {
            let row = column.feature;
            let high = u8::from(row.direction == Direction::High);
            (
                column.name,
                row.family,
                row.unit,
                row.meaning,
                row.min_steps,
                high,
            )
        })
        .collect()
}

/// Feature matrix of a batch.
#[pyfunction]
#[pyo3(signature = (data, expected, log_sd, offsets, starts, n_metrics, steps_per_day, *, threads))]
#[expect(
    clippy::too_many_arguments,
    reason = "one argument per array of the panel"
)]
pub(crate) fn coordination_features<'py>(
    py: Python<'py>,
    data: PyReadonlyArray1<'py, f32>,
    expected: PyReadonlyArray1<'py, f32>,
    log_sd: PyReadonlyArray1<'py, f32>,
    offsets: PyReadonlyArray1<'py, i64>,
    starts: PyReadonlyArray1<'py, i64>,
    n_metrics: usize,
    steps_per_day: usize,
    threads: Threads,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let offsets = to_offsets(&offsets)?;
    let (data, starts) = (data.as_slice()?, starts.as_slice()?);
    let (expected, log_sd) = (expected.as_slice()?, log_sd.as_slice()?);
    let values = py
        .detach(|| {
            let layout = Layout::new(&offsets, n_metrics, data.len())?;
            engine::extract(
                data,
                expected,
                log_sd,
                layout,
                starts,
                steps_per_day,
                threads.0,
            )
        })
        .map_err(value_error)?;
    into_matrix(py, values, offsets.len() - 1, engine::FEATURES.len())
}
