//! Array in, array out, error out: the only file that knows all three.

use fakeengage_core::Error;
use pyo3::PyErr;
use pyo3::exceptions::PyValueError;

/// A refused argument becomes a `ValueError` with the same words.
#[allow(clippy::needless_pass_by_value)] // `map_err` hands the error over
pub(crate) fn value_error(error: Error) -> PyErr {
    PyValueError::new_err(error.to_string())
}
