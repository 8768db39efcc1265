//! What each column adds to the sum of a forest.

use fakeengage_core::shapley::{self, Trees};
use numpy::{PyArray2, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::prelude::*;

use crate::convert::{Threads, into_matrix, value_error};

/// Contributions `(n_rows, n_columns)` of the columns to the sums of a forest, and its mean.
#[pyfunction]
#[pyo3(signature = (rows, roots, feature, threshold, left, right, value, cover, *, threads))]
#[expect(
    clippy::too_many_arguments,
    reason = "one argument per array of the forest"
)]
pub(crate) fn forest_contributions<'py>(
    py: Python<'py>,
    rows: PyReadonlyArray2<'py, f64>,
    roots: PyReadonlyArray1<'py, i64>,
    feature: PyReadonlyArray1<'py, i32>,
    threshold: PyReadonlyArray1<'py, f64>,
    left: PyReadonlyArray1<'py, i32>,
    right: PyReadonlyArray1<'py, i32>,
    value: PyReadonlyArray1<'py, f64>,
    cover: Option<PyReadonlyArray1<'py, f64>>,
    threads: Threads,
) -> PyResult<(Bound<'py, PyArray2<f64>>, f64)> {
    let [n_rows, n_columns] = [rows.shape()[0], rows.shape()[1]];
    let trees = Trees {
        roots: roots.as_slice()?,
        feature: feature.as_slice()?,
        threshold: threshold.as_slice()?,
        left: left.as_slice()?,
        right: right.as_slice()?,
        value: value.as_slice()?,
        cover: cover.as_ref().map(|c| c.as_slice()).transpose()?,
        n_columns,
    };
    let rows = rows.as_slice()?;
    let found = py
        .detach(|| shapley::contributions(rows, trees, threads.0))
        .map_err(value_error)?;
    Ok((
        into_matrix(py, found.values, n_rows, n_columns)?,
        found.base,
    ))
}
