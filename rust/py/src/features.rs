//! Features and forest scores.

use fakeengage_core::features;
use fakeengage_core::forest::{self, Forest};
use fakeengage_core::rows::Layout;
use numpy::{PyArray1, PyArray2, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;

use crate::convert::{Threads, into_matrix, to_offsets, value_error};

/// Registry rows for the metrics given: (name, family, unit, meaning, smallest length, suspicious
/// end: 1 = high, 0 = neither).
#[pyfunction]
pub(crate) fn feature_columns(
    metrics: Vec<String>,
) -> Vec<(String, &'static str, &'static str, &'static str, usize, u8)> {
    let names: Vec<&str> = metrics.iter().map(String::as_str).collect();
    features::columns(&names)
        .into_iter()
        .map(|column| {
            let row = column.feature;
            let high = u8::from(row.direction == features::Direction::High);
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

/// Feature matrix of a panel.
#[pyfunction]
#[pyo3(signature = (data, expected, offsets, starts, n_metrics, steps_per_day, *, threads))]
#[expect(
    clippy::too_many_arguments,
    reason = "one argument per array of the panel"
)]
pub(crate) fn extract_features<'py>(
    py: Python<'py>,
    data: PyReadonlyArray1<'py, f32>,
    expected: PyReadonlyArray1<'py, f32>,
    offsets: PyReadonlyArray1<'py, i64>,
    starts: PyReadonlyArray1<'py, i64>,
    n_metrics: usize,
    steps_per_day: usize,
    threads: Threads,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let offsets = to_offsets(&offsets)?;
    let (data, expected, starts) = (data.as_slice()?, expected.as_slice()?, starts.as_slice()?);
    let values = py
        .detach(|| {
            let layout = Layout::new(&offsets, n_metrics, data.len())?;
            features::extract(data, expected, layout, starts, steps_per_day, threads.0)
        })
        .map_err(value_error)?;
    into_matrix(
        py,
        values,
        offsets.len() - 1,
        features::n_columns(n_metrics),
    )
}

/// Sum of the leaves for the rows of a feature matrix.
#[pyfunction]
#[pyo3(signature = (
    features, roots, feature, threshold, left, right, value, center, scale, one_sided, *, threads
))]
#[expect(
    clippy::too_many_arguments,
    reason = "one argument per array of the forest"
)]
pub(crate) fn sum_forest<'py>(
    py: Python<'py>,
    features: PyReadonlyArray2<'py, f64>,
    roots: PyReadonlyArray1<'py, i64>,
    feature: PyReadonlyArray1<'py, i32>,
    threshold: PyReadonlyArray1<'py, f64>,
    left: PyReadonlyArray1<'py, i32>,
    right: PyReadonlyArray1<'py, i32>,
    value: PyReadonlyArray1<'py, f64>,
    center: PyReadonlyArray1<'py, f64>,
    scale: PyReadonlyArray1<'py, f64>,
    one_sided: PyReadonlyArray1<'py, bool>,
    threads: Threads,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let forest = Forest {
        roots: roots.as_slice()?,
        feature: feature.as_slice()?,
        threshold: threshold.as_slice()?,
        left: left.as_slice()?,
        right: right.as_slice()?,
        value: value.as_slice()?,
        center: center.as_slice()?,
        scale: scale.as_slice()?,
        one_sided: one_sided.as_slice()?,
    };
    let features = features.as_slice()?;
    let sums = py
        .detach(|| forest::sum(features, forest, threads.0))
        .map_err(value_error)?;
    Ok(PyArray1::from_vec(py, sums))
}
