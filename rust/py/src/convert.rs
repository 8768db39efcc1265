//! Array in, array out, error out: the only file that knows all three.

use fakeengage_core::Error;
use numpy::{PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

const MOST_THREADS: usize = 1024;

/// A refused argument becomes a `ValueError` with the same words.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that map_err wants"
)]
pub(crate) fn value_error(error: Error) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// Number of threads to use; 0, from `None`, means all cores.
pub(crate) struct Threads(pub(crate) usize);

impl<'a, 'py> FromPyObject<'a, 'py> for Threads {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let given: i64 = object.extract()?;
        match usize::try_from(given) {
            Ok(threads) if threads <= MOST_THREADS => Ok(Self(threads)),
            _ => Err(PyValueError::new_err(format!(
                "threads: {given} is not allowed; 1 to {MOST_THREADS}, or None for all cores"
            ))),
        }
    }
}

/// Offsets of a panel as sizes.
pub(crate) fn to_offsets(offsets: &PyReadonlyArray1<'_, i64>) -> PyResult<Vec<usize>> {
    offsets
        .as_slice()?
        .iter()
        .map(|o| {
            usize::try_from(*o)
                .map_err(|_| PyValueError::new_err(format!("offsets: {o} is negative")))
        })
        .collect()
}

/// Hands a row-major buffer over as a matrix, without a copy.
pub(crate) fn into_matrix<T: numpy::Element>(
    py: Python<'_>,
    values: Vec<T>,
    rows: usize,
    columns: usize,
) -> PyResult<Bound<'_, PyArray2<T>>> {
    PyArray1::from_vec(py, values).reshape([rows, columns])
}
