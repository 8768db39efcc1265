//! The convolution net: input channels of a panel's accounts, and the answers of a trained net.

use crate::convert::{Threads, into_matrix, to_offsets, value_error};
use fakeengage_core::expectation::Clock;
use fakeengage_core::features::Accounts;
use fakeengage_core::net::{self, Answers, Array, Net, channels};
use fakeengage_core::rows::Layout;
use numpy::{PyArray1, PyArray2, PyReadonlyArray1, PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::prelude::*;
use std::collections::BTreeMap;

type Arrays<'py> = BTreeMap<String, PyReadonlyArrayDyn<'py, f32>>;
type Pair<'py> = (Bound<'py, PyArray2<f32>>, Bound<'py, PyArray1<f32>>);

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

/// A net out of arrays by name.
fn to_net(weights: &Arrays<'_>, dilations: &PyReadonlyArray1<'_, i64>) -> PyResult<Net> {
    let mut arrays = BTreeMap::new();
    for (name, array) in weights {
        let (shape, values) = (array.shape(), array.as_slice()?);
        arrays.insert(name.clone(), Array { shape, values });
    }
    Net::new(&arrays, dilations.as_slice()?).map_err(value_error)
}

/// Answers as a matrix with a row per account, and those of the steps in one piece.
fn to_arrays<'py>(py: Python<'py>, net: &Net, answers: Answers) -> PyResult<Pair<'py>> {
    let width = net.n_account_outputs;
    let n_accounts = answers.accounts.len() / width;
    Ok((
        into_matrix(py, answers.accounts, n_accounts, width)?,
        PyArray1::from_vec(py, answers.hours),
    ))
}

/// Answers of a net to channels made by `net_channels`.
#[pyfunction]
#[pyo3(signature = (channels, offsets, weights, dilations, *, threads))]
pub(crate) fn net_forward<'py>(
    py: Python<'py>,
    channels: PyReadonlyArray1<'py, f32>,
    offsets: PyReadonlyArray1<'py, i64>,
    weights: Arrays<'py>,
    dilations: PyReadonlyArray1<'py, i64>,
    threads: Threads,
) -> PyResult<Pair<'py>> {
    let net = to_net(&weights, &dilations)?;
    let offsets = to_offsets(&offsets)?;
    let channels = channels.as_slice()?;
    let answers = py
        .detach(|| net::forward(&net, channels, &offsets, threads.0))
        .map_err(value_error)?;
    to_arrays(py, &net, answers)
}

/// Answers of a net to a panel.
#[pyfunction]
#[pyo3(signature = (
    data, offsets, starts, metric_slots, steps_per_day, steps_per_week, weights, dilations, *, threads
))]
#[expect(
    clippy::too_many_arguments,
    reason = "one argument per array of the panel"
)]
pub(crate) fn net_score<'py>(
    py: Python<'py>,
    data: PyReadonlyArray1<'py, f32>,
    offsets: PyReadonlyArray1<'py, i64>,
    starts: PyReadonlyArray1<'py, i64>,
    metric_slots: Vec<usize>,
    steps_per_day: usize,
    steps_per_week: usize,
    weights: Arrays<'py>,
    dilations: PyReadonlyArray1<'py, i64>,
    threads: Threads,
) -> PyResult<Pair<'py>> {
    let net = to_net(&weights, &dilations)?;
    let offsets = to_offsets(&offsets)?;
    let (data, starts) = (data.as_slice()?, starts.as_slice()?);
    let answers = py
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
            net::score(&net, accounts, &metric_slots, threads.0)
        })
        .map_err(value_error)?;
    to_arrays(py, &net, answers)
}
