//! Cohorts: a batch in, its cohorts and their members out.

use fakeengage_core::cohorts as engine;
use fakeengage_core::expectation::Clock;
use fakeengage_core::features::Accounts;
use fakeengage_core::rows::Layout;
use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::convert::{Threads, to_offsets, value_error};

/// One entry per member.
#[pyfunction]
#[pyo3(signature = (data, expected, offsets, starts, n_metrics, steps_per_day, steps_per_week, owners, order, *, threads))]
#[expect(
    clippy::too_many_arguments,
    reason = "one argument per array of the panel"
)]
pub(crate) fn find_cohorts<'py>(
    py: Python<'py>,
    data: PyReadonlyArray1<'py, f32>,
    expected: Option<PyReadonlyArray1<'py, f32>>,
    offsets: PyReadonlyArray1<'py, i64>,
    starts: PyReadonlyArray1<'py, i64>,
    n_metrics: usize,
    steps_per_day: usize,
    steps_per_week: usize,
    owners: PyReadonlyArray1<'py, u32>,
    order: PyReadonlyArray1<'py, u32>,
    threads: Threads,
) -> PyResult<Bound<'py, PyDict>> {
    let offsets = to_offsets(&offsets)?;
    let (data, starts) = (data.as_slice()?, starts.as_slice()?);
    let expected = expected.as_ref().map(|e| e.as_slice()).transpose()?;
    let identity = engine::Identity {
        owners: owners.as_slice()?,
        order: order.as_slice()?,
    };
    let found = py
        .detach(|| {
            let accounts = Accounts {
                data,
                layout: Layout::new(&offsets, n_metrics, data.len())?,
                starts,
                clock: Clock {
                    steps_per_day,
                    steps_per_week,
                },
            };
            engine::find(accounts, expected, identity, threads.0)
        })
        .map_err(value_error)?;
    let members = || {
        let cohorts = found.iter().enumerate();
        cohorts.flat_map(|(k, members)| members.iter().map(move |member| (k, member)))
    };
    let whole = |value: &dyn Fn(usize, &engine::Member) -> usize| {
        PyArray1::from_iter(py, members().map(|(k, member)| value(k, member) as i64))
    };
    let out = PyDict::new(py);
    out.set_item("cohort", whole(&|k, _| k))?;
    out.set_item("account", whole(&|_, member| member.account))?;
    out.set_item("shared", whole(&|_, member| member.n_shared))?;
    out.set_item("first", whole(&|_, member| member.first))?;
    out.set_item("last", whole(&|_, member| member.last))?;
    let chances = members().map(|(_, member)| member.log_chance);
    out.set_item("log_chance", PyArray1::from_iter(py, chances))?;
    Ok(out)
}
