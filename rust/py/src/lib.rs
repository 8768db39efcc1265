//! Python bindings: arrays in, arrays out, errors mapped. No arithmetic lives here.

mod convert;

use pyo3::prelude::*;

/// Native engine of fakeengage.
#[pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");
}
