//! Parts of the long table, from a spec or from arrays, straight into files.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use engine::simulate::account::METRICS;
use engine::simulate::{Batch, Simulation, account_id};
use fakeengage_core as engine;
use fakeengage_store as store;
use numpy::PyReadonlyArray1;
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::convert::value_error;
use crate::simulate::{label_arrays, parse};

#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that map_err wants"
)]
fn store_error(error: store::Error) -> PyErr {
    match error {
        store::Error::File { .. } => PyOSError::new_err(error.to_string()),
        _ => PyValueError::new_err(error.to_string()),
    }
}

/// What one thread works in; kept from part to part.
#[derive(Default)]
struct Scratch {
    batch: Batch,
    file: Vec<u8>,
}

/// Simulates ranges of accounts of a spec (JSON) into files; may be used by several threads at once.
#[pyclass(frozen, module = "fakeengage._native")]
pub(crate) struct PartWriter {
    simulation: Simulation,
    keep_clean: bool,
    parts: store::PartWriter,
    idle: Mutex<Vec<Scratch>>,
}

#[pymethods]
impl PartWriter {
    #[new]
    #[pyo3(signature = (spec, moments, *, keep_clean))]
    fn new(spec: &str, moments: PyReadonlyArray1<'_, i64>, keep_clean: bool) -> PyResult<Self> {
        let moments = moments.as_slice()?.to_vec();
        Ok(Self {
            simulation: parse(spec)?,
            keep_clean,
            parts: store::PartWriter::new(&METRICS, moments, keep_clean).map_err(store_error)?,
            idle: Mutex::default(),
        })
    }

    /// Accounts `start..stop` into the file `path`: its SHA-256 and one array per label.
    fn write<'py>(
        &self,
        py: Python<'py>,
        path: PathBuf,
        start: u64,
        stop: u64,
    ) -> PyResult<(String, Bound<'py, PyDict>)> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let (digest, labels) = py.detach(|| {
            let mut scratch = idle().pop().unwrap_or_default();
            let Scratch { batch, file } = &mut scratch;
            let made = self
                .simulation
                .fill_batch(start..stop, 1, self.keep_clean, batch);
            made.map_err(value_error)?;
            let account_ids: Vec<String> = (start..stop).map(account_id).collect();
            let part = store::Part {
                account_ids: &account_ids,
                values: &batch.values,
                clean: self.keep_clean.then_some(&batch.clean),
                changed: &batch.changed,
            };
            let digest = self.parts.write(&path, &part, file).map_err(store_error)?;
            let labels = std::mem::take(&mut batch.labels);
            idle().push(scratch);
            PyResult::Ok((digest, labels))
        })?;
        Ok((digest, label_arrays(py, &labels)?))
    }
}

/// Accounts given as arrays (see [`store::Part`]) into the file `path`: its SHA-256.
#[pyfunction]
#[pyo3(signature = (path, account_ids, moments, values, clean, changed))]
pub(crate) fn write_part(
    py: Python<'_>,
    path: PathBuf,
    account_ids: Vec<String>,
    moments: PyReadonlyArray1<'_, i64>,
    values: PyReadonlyArray1<'_, f32>,
    clean: Option<PyReadonlyArray1<'_, f32>>,
    changed: PyReadonlyArray1<'_, u8>,
) -> PyResult<String> {
    let part = store::Part {
        account_ids: &account_ids,
        values: values.as_slice()?,
        clean: match &clean {
            Some(clean) => Some(clean.as_slice()?),
            None => None,
        },
        changed: changed.as_slice()?,
    };
    let moments = moments.as_slice()?;
    py.detach(|| {
        let parts = store::PartWriter::new(&METRICS, moments.to_vec(), part.clean.is_some())?;
        parts.write(&path, &part, &mut Vec::new())
    })
    .map_err(store_error)
}
