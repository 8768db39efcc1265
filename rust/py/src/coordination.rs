//! Coordination: a batch in, one row per account out.

use fakeengage_core::coordination as engine;
use fakeengage_core::expectation::Clock;
use fakeengage_core::features::Accounts;
use fakeengage_core::rows::Layout;
use numpy::{PyArray2, PyReadonlyArray1};
use pyo3::prelude::*;

use crate::convert::{Threads, into_matrix, to_offsets, value_error};
use crate::features::{Row, row_of};

/// Registry rows of the family.
#[pyfunction]
pub(crate) fn coordination_columns() -> Vec<Row> {
    engine::columns().into_iter().map(row_of).collect()
}

/// Feature matrix of a batch.
#[pyfunction]
#[pyo3(signature = (data, expected, offsets, starts, n_metrics, steps_per_day, steps_per_week, *, threads))]
#[expect(
    clippy::too_many_arguments,
    reason = "one argument per array of the panel"
)]
pub(crate) fn coordination_features<'py>(
    py: Python<'py>,
    data: PyReadonlyArray1<'py, f32>,
    expected: Option<PyReadonlyArray1<'py, f32>>,
    offsets: PyReadonlyArray1<'py, i64>,
    starts: PyReadonlyArray1<'py, i64>,
    n_metrics: usize,
    steps_per_day: usize,
    steps_per_week: usize,
    threads: Threads,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let offsets = to_offsets(&offsets)?;
    let (data, starts) = (data.as_slice()?, starts.as_slice()?);
    let expected = expected.as_ref().map(|e| e.as_slice()).transpose()?;
    let n_accounts = offsets.len().saturating_sub(1);
    let values = py
        .detach(|| {
            let accounts = Accounts {
                data,
                layout: Layout::new(&offsets, n_metrics, data.len())?,
                starts,
                clock: Clock {
                    steps_per_day,
                    steps_per_week,
                },
            };
            engine::extract(accounts, expected, threads.0)
        })
        .map_err(value_error)?;
    into_matrix(py, values, n_accounts, engine::FEATURES.len())
}
