//! Features.

use fakeengage_core::expectation::Clock;
use fakeengage_core::features::{self, Accounts};
use fakeengage_core::rows::Layout;
use numpy::{PyArray2, PyReadonlyArray1};
use pyo3::prelude::*;

use crate::convert::{Threads, into_matrix, to_offsets, value_error};

/// A registry row: name, family, version, unit, meaning, smallest length, what else it needs, suspicious
/// end (1 = high, 0 = neither).
pub(crate) type Row = (
    String,
    &'static str,
    u16,
    &'static str,
    &'static str,
    usize,
    &'static str,
    u8,
);

/// The row of a column.
pub(crate) fn row_of(column: features::Column) -> Row {
    let row = column.feature;
    (
        column.name,
        row.family,
        row.version,
        row.unit,
        row.meaning,
        row.min_steps,
        row.needs.words(),
        u8::from(row.direction == features::Direction::High),
    )
}

/// Registry rows for the metrics given, of all families.
#[pyfunction]
pub(crate) fn feature_columns(metrics: Vec<String>) -> Vec<Row> {
    let names: Vec<&str> = metrics.iter().map(String::as_str).collect();
    features::columns(&names).into_iter().map(row_of).collect()
}

/// Families of features, in the order of the documentation.
#[pyfunction]
pub(crate) fn feature_families() -> Vec<&'static str> {
    features::FAMILIES.to_vec()
}

/// Feature matrix of a panel: the columns of the families given, in the order of `feature_columns`.
#[pyfunction]
#[pyo3(signature = (
    data, expected, offsets, starts, n_metrics, steps_per_day, steps_per_week, families, *, threads
))]
#[expect(
    clippy::too_many_arguments,
    reason = "one argument per array of the panel"
)]
pub(crate) fn extract_features<'py>(
    py: Python<'py>,
    data: PyReadonlyArray1<'py, f32>,
    expected: Option<PyReadonlyArray1<'py, f32>>,
    offsets: PyReadonlyArray1<'py, i64>,
    starts: PyReadonlyArray1<'py, i64>,
    n_metrics: usize,
    steps_per_day: usize,
    steps_per_week: usize,
    families: Vec<String>,
    threads: Threads,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let offsets = to_offsets(&offsets)?;
    let (data, starts) = (data.as_slice()?, starts.as_slice()?);
    let expected = expected.as_ref().map(|e| e.as_slice()).transpose()?;
    let families: Vec<&str> = families.iter().map(String::as_str).collect();
    let n_accounts = offsets.len().saturating_sub(1);
    let (width, values) = py
        .detach(|| {
            let layout = Layout::new(&offsets, n_metrics, data.len())?;
            let accounts = Accounts {
                data,
                layout,
                starts,
                clock: Clock {
                    steps_per_day,
                    steps_per_week,
                },
            };
            features::extract(accounts, expected, &families, threads.0)
        })
        .map_err(value_error)?;
    into_matrix(py, values, n_accounts, width)
}
