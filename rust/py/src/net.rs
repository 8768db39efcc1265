//! The convolution net: input channels of a panel's accounts.

use crate::convert::{Threads, to_offsets, value_error};
use fakeengage_core::expectation::Clock;
use fakeengage_core::features::Accounts;
use fakeengage_core::net::channels;
use fakeengage_core::rows::Layout;
use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;

/// Input channels of every account, account after account, inside an account channel after channel.
#[pyfunction]
#[pyo3(signature = (data, offsets, starts, metric_slots, steps_per_day, steps_per_week, *, threads))]
#[expect(
    clippy::too_many_arguments,
    reason = "one argument per array of the panel"
)]
pub(crate) fn net_channels<'py>(
    py: Python<'py>,
    data: PyReadonlyArray1<'py, f32>,
    offsets: PyReadonlyArray1<'py, i64>,
    starts: PyReadonlyArray1<'py, i64>,
    metric_slots: Vec<usize>,
    steps_per_day: usize,
    steps_per_week: usize,
    threads: Threads,
) -> PyResult<Bound<'py, PyArray1<f32>>> {
    let offsets = to_offsets(&offsets)?;
    let (data, starts) = (data.as_slice()?, starts.as_slice()?);
    let values = py
        .detach(|| {
            let accounts = Accounts {
                data,
                layout: Layout::new(&offsets, metric_slots.len(), data.len())?,
                starts,
                clock: Clock {
                    steps_per_day,
                    steps_per_week,
                },
            };
            channels::channels(accounts, &metric_slots, threads.0)
        })
        .map_err(value_error)?;
    Ok(PyArray1::from_vec(py, values))
}
