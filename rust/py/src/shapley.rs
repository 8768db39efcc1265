//! What each column adds to the sum of a forest.

use fakeengage_core::forest::Forest;
use fakeengage_core::shapley;
use numpy::{PyArray2, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::prelude::*;

use crate::convert::{Threads, into_matrix, value_error};

/// Contributions `(n_rows, n_columns)` of the columns to the sums of a forest, and its mean.
#[pyfunction]
#[pyo3(signature = (
    features, roots, feature, threshold, left, right, value, center, scale, one_sided, cover, *, threads
))]
#[expect(
    clippy::too_many_arguments,
    reason = "one argument per array of the forest"
)]
pub(crate) fn forest_contributions<'py>(
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
    cover: Option<PyReadonlyArray1<'py, f64>>,
    threads: Threads,
) -> PyResult<(Bound<'py, PyArray2<f64>>, f64)> {
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
    let [n_rows, width] = [features.shape()[0], features.shape()[1]];
    let features = features.as_slice()?;
    let cover = cover.as_ref().map(|c| c.as_slice()).transpose()?;
    let found = py
        .detach(|| shapley::contributions(features, forest, cover, threads.0))
        .map_err(value_error)?;
    Ok((into_matrix(py, found.values, n_rows, width)?, found.base))
}
