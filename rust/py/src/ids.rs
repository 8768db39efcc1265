//! Numbers of accounts and groups as readable ids, without a Python object on the way where possible.

use engine::simulate::account_id;
use fakeengage_core as engine;
use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyString;

/// Texts as Arrow knows them: where each begins and ends, and their bytes.
type Buffers<'py> = (Bound<'py, PyArray1<i32>>, Bound<'py, PyArray1<u8>>);

/// The id of number `number` of some kind; `None` for a negative one, which stands for no group.
fn id(kind: &str, number: i64) -> Option<String> {
    let number = u64::try_from(number).ok()?;
    Some(if kind == "account" {
        account_id(number)
    } else {
        format!("{kind}_{number:x}")
    })
}

/// Ids as Python texts, None for negative numbers.
#[pyfunction]
pub(crate) fn ids<'py>(
    py: Python<'py>,
    kind: &str,
    numbers: PyReadonlyArray1<'py, i64>,
) -> PyResult<Bound<'py, PyArray1<Py<PyAny>>>> {
    let text = |number: &i64| match id(kind, *number) {
        Some(id) => PyString::new(py, &id).into_any().unbind(),
        None => py.None(),
    };
    let texts: Vec<Py<PyAny>> = numbers.as_slice()?.iter().map(text).collect();
    Ok(PyArray1::from_vec(py, texts))
}

/// Ids as the buffers of an Arrow array of texts; negative numbers give empty ones.
#[pyfunction]
pub(crate) fn id_buffers<'py>(
    py: Python<'py>,
    kind: &str,
    numbers: PyReadonlyArray1<'py, i64>,
) -> PyResult<Buffers<'py>> {
    let numbers = numbers.as_slice()?;
    let (ends, bytes) = py.detach(|| {
        let mut ends = vec![0_i32];
        let mut bytes = Vec::new();
        for number in numbers {
            bytes.extend(id(kind, *number).unwrap_or_default().into_bytes());
            ends.push(i32::try_from(bytes.len()).unwrap_or(-1));
        }
        (ends, bytes)
    });
    if ends.contains(&-1) {
        return Err(PyValueError::new_err(format!(
            "numbers: {} ids are too many for one array; take them in parts",
            numbers.len()
        )));
    }
    Ok((PyArray1::from_vec(py, ends), PyArray1::from_vec(py, bytes)))
}
