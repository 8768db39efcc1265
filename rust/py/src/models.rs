//! Arithmetic of fitted models: preparation of features, forests, dense layers.

use fakeengage_core::dense::{self, Activation, Layer};
use fakeengage_core::forest::{self, ForestArrays};
use fakeengage_core::preparation::{self, Preparation};
use numpy::{PyArray1, PyArray2, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::convert::{Threads, into_matrix, value_error};

/// Deviation of each feature from the ordinary, on a logarithmic scale.
#[pyfunction]
#[pyo3(signature = (features, center, scale, one_sided, context, location, log_spread, *, threads))]
#[expect(
    clippy::too_many_arguments,
    reason = "one argument per array of the preparation"
)]
pub(crate) fn prepare_features<'py>(
    py: Python<'py>,
    features: PyReadonlyArray2<'py, f64>,
    center: PyReadonlyArray1<'py, f64>,
    scale: PyReadonlyArray1<'py, f64>,
    one_sided: PyReadonlyArray1<'py, bool>,
    context: PyReadonlyArray1<'py, i64>,
    location: PyReadonlyArray2<'py, f64>,
    log_spread: PyReadonlyArray2<'py, f64>,
    threads: Threads,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let preparation = Preparation {
        center: center.as_slice()?,
        scale: scale.as_slice()?,
        one_sided: one_sided.as_slice()?,
        context: context.as_slice()?,
        location: location.as_slice()?,
        log_spread: log_spread.as_slice()?,
    };
    let [rows, columns] = [features.shape()[0], features.shape()[1]];
    same_width(columns, preparation.center.len())?;
    let features = features.as_slice()?;
    let prepared = py
        .detach(|| preparation::prepare(features, &preparation, threads.0))
        .map_err(value_error)?;
    into_matrix(py, prepared, rows, columns)
}

/// A forest, checked and packed once.
#[pyclass(frozen, module = "fakeengage._native")]
pub(crate) struct Forest(forest::Forest);

#[pymethods]
impl Forest {
    #[new]
    #[pyo3(signature = (roots, feature, threshold, left, right, value, *, n_columns))]
    fn new(
        roots: PyReadonlyArray1<'_, i64>,
        feature: PyReadonlyArray1<'_, i32>,
        threshold: PyReadonlyArray1<'_, f64>,
        left: PyReadonlyArray1<'_, i32>,
        right: PyReadonlyArray1<'_, i32>,
        value: PyReadonlyArray1<'_, f64>,
        n_columns: usize,
    ) -> PyResult<Self> {
        let arrays = ForestArrays {
            roots: roots.as_slice()?,
            feature: feature.as_slice()?,
            threshold: threshold.as_slice()?,
            left: left.as_slice()?,
            right: right.as_slice()?,
            value: value.as_slice()?,
            n_columns,
        };
        forest::Forest::new(&arrays).map(Self).map_err(value_error)
    }

    /// Sum of the leaves for the rows of a prepared matrix.
    #[pyo3(signature = (rows, *, threads))]
    fn sum<'py>(
        &self,
        py: Python<'py>,
        rows: PyReadonlyArray2<'py, f64>,
        threads: Threads,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        same_width(rows.shape()[1], self.0.n_columns())?;
        let rows = rows.as_slice()?;
        let sums = py
            .detach(|| self.0.sum(rows, threads.0))
            .map_err(value_error)?;
        Ok(PyArray1::from_vec(py, sums))
    }
}

/// Outputs of a chain of dense layers for the rows of a matrix.
#[pyfunction]
#[pyo3(signature = (rows, weights, biases, activations, *, threads))]
pub(crate) fn dense_forward<'py>(
    py: Python<'py>,
    rows: PyReadonlyArray2<'py, f64>,
    weights: Vec<PyReadonlyArray2<'py, f64>>,
    biases: Vec<PyReadonlyArray1<'py, f64>>,
    activations: Vec<String>,
    threads: Threads,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    if biases.len() != weights.len() || activations.len() != weights.len() {
        return Err(PyValueError::new_err(format!(
            "layers: {} weights, {} biases and {} activations; one of each per layer",
            weights.len(),
            biases.len(),
            activations.len()
        )));
    }
    let mut layers = Vec::with_capacity(weights.len());
    for ((weight, bias), name) in weights.iter().zip(&biases).zip(&activations) {
        layers.push(Layer {
            weight: weight.as_slice()?,
            bias: bias.as_slice()?,
            activation: Activation::named(name).map_err(value_error)?,
        });
    }
    let [n_rows, n_columns] = [rows.shape()[0], rows.shape()[1]];
    let rows = rows.as_slice()?;
    let width = layers.last().map_or(0, |layer| layer.bias.len());
    let out = py
        .detach(|| dense::forward(rows, n_columns, &layers, threads.0))
        .map_err(value_error)?;
    into_matrix(py, out, n_rows, width)
}

fn same_width(given: usize, expected: usize) -> PyResult<()> {
    if given == expected {
        return Ok(());
    }
    Err(PyValueError::new_err(format!(
        "rows: have {given} columns, expected {expected}"
    )))
}
