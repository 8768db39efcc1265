//! Bindings of `kernels/entropy`.

use fakeengage_core::kernels::{
    ApproximateEntropy, LempelZivComplexity, PermutationEntropy, SampleEntropy, ShannonEntropy,
    SpectralEntropy,
};
use numpy::PyArray2;
use pyo3::prelude::*;

use super::{Series, run};
use crate::convert::Threads;

#[pyfunction]
#[pyo3(signature = (x, bins, *, threads))]
pub(crate) fn shannon_entropy<'py>(
    py: Python<'py>,
    x: Series<'py>,
    bins: usize,
    threads: Threads,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    run(py, x, ShannonEntropy::new(bins), threads)
}

#[pyfunction]
#[pyo3(signature = (x, normalize, *, threads))]
pub(crate) fn spectral_entropy<'py>(
    py: Python<'py>,
    x: Series<'py>,
    normalize: bool,
    threads: Threads,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    run(py, x, Ok(SpectralEntropy::new(normalize)), threads)
}

#[pyfunction]
#[pyo3(signature = (x, order, delay, normalize, *, threads))]
pub(crate) fn permutation_entropy<'py>(
    py: Python<'py>,
    x: Series<'py>,
    order: usize,
    delay: usize,
    normalize: bool,
    threads: Threads,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let kernel = PermutationEntropy::new(order, delay, normalize);
    run(py, x, kernel, threads)
}

#[pyfunction]
#[pyo3(signature = (x, m, r, *, threads))]
pub(crate) fn sample_entropy<'py>(
    py: Python<'py>,
    x: Series<'py>,
    m: usize,
    r: f64,
    threads: Threads,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    run(py, x, SampleEntropy::new(m, r), threads)
}

#[pyfunction]
#[pyo3(signature = (x, m, r, *, threads))]
pub(crate) fn approximate_entropy<'py>(
    py: Python<'py>,
    x: Series<'py>,
    m: usize,
    r: f64,
    threads: Threads,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    run(py, x, ApproximateEntropy::new(m, r), threads)
}

#[pyfunction]
#[pyo3(signature = (x, normalize, *, threads))]
pub(crate) fn lempel_ziv_complexity<'py>(
    py: Python<'py>,
    x: Series<'py>,
    normalize: bool,
    threads: Threads,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    run(py, x, Ok(LempelZivComplexity::new(normalize)), threads)
}
