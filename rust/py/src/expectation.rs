//! Expectation: panel in, arrays per step, per window and per metric out.

use crate::convert::value_error;
use fakeengage_core::expectation::{self as engine, Clock, Platform, platform};
use fakeengage_core::rows::Layout;
use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Offsets as the core counts them; a negative one wraps to a size that `Layout` refuses.
fn sizes(offsets: &[i64]) -> Vec<usize> {
    offsets.iter().map(|&o| o as usize).collect()
}

fn clock(steps_per_day: usize, steps_per_week: usize) -> Clock {
    Clock {
        steps_per_day,
        steps_per_week,
    }
}

/// Fits every account; returns step arrays, the window table and the summary table by column.
#[pyfunction]
#[pyo3(signature = (data, offsets, starts, n_metrics, steps_per_day, steps_per_week, platform_origin, platform_factor, seed, threads))]
#[allow(clippy::too_many_arguments)] // the panel's buffers arrive one by one
pub(crate) fn fit_expectation<'py>(
    py: Python<'py>,
    data: PyReadonlyArray1<'py, f32>,
    offsets: PyReadonlyArray1<'py, i64>,
    starts: PyReadonlyArray1<'py, i64>,
    n_metrics: usize,
    steps_per_day: usize,
    steps_per_week: usize,
    platform_origin: i64,
    platform_factor: Option<PyReadonlyArray1<'py, f64>>,
    seed: u64,
    threads: usize,
) -> PyResult<Bound<'py, PyDict>> {
    let (data, starts) = (data.as_slice()?, starts.as_slice()?);
    let offsets = sizes(offsets.as_slice()?);
    let factor = platform_factor.as_ref().map(|f| f.as_slice()).transpose()?;
    let accounts = py
        .detach(|| {
            let layout = Layout::new(&offsets, n_metrics, data.len())?;
            let shared = factor.map(|log_factor| Platform {
                origin: platform_origin,
                log_factor,
            });
            let clock = clock(steps_per_day, steps_per_week);
            engine::fit_panel(layout, data, starts, clock, shared, seed, threads)
        })
        .map_err(value_error)?;
    let mut steps: [Vec<f32>; 3] = std::array::from_fn(|_| Vec::with_capacity(data.len()));
    let mut whole: [Vec<i64>; 4] = Default::default();
    let mut real: [Vec<f64>; 6] = Default::default();
    let mut n_observed = Vec::new();
    let mut summary: [Vec<f64>; 7] = Default::default();
    for (i, account) in accounts.iter().enumerate() {
        steps[0].extend(&account.expected);
        steps[1].extend(&account.log_sd);
        steps[2].extend(&account.hour_z);
        for w in &account.windows {
            let v = &w.volume;
            let row = [
                i as i64,
                w.metric as i64,
                starts[i] + w.start as i64,
                starts[i] + w.end as i64,
            ];
            whole
                .iter_mut()
                .zip(row)
                .for_each(|(column, value)| column.push(value));
            let row = [w.z, v.observed, v.expected, v.excess, v.low, v.high];
            real.iter_mut()
                .zip(row)
                .for_each(|(column, value)| column.push(value));
        }
        for s in &account.summary {
            n_observed.push(s.n_observed as i64);
            let row = [
                s.max_z,
                s.joint_z,
                s.p_block,
                s.detectable_share,
                s.level_sd,
                s.level_steps,
                s.noise_sd,
            ];
            summary
                .iter_mut()
                .zip(row)
                .for_each(|(column, value)| column.push(value));
        }
    }
    let out = PyDict::new(py);
    for (name, column) in ["expected", "log_sd", "hour_z"].into_iter().zip(steps) {
        out.set_item(name, column.into_pyarray(py))?;
    }
    for (name, column) in ["account", "metric", "start", "end"].into_iter().zip(whole) {
        out.set_item(name, column.into_pyarray(py))?;
    }
    let names = [
        "z",
        "observed",
        "expected_sum",
        "excess",
        "excess_low",
        "excess_high",
    ];
    for (name, column) in names.into_iter().zip(real) {
        out.set_item(name, column.into_pyarray(py))?;
    }
    out.set_item("n_observed", n_observed.into_pyarray(py))?;
    let names = [
        "max_z",
        "joint_z",
        "p_block",
        "detectable_share",
        "level_sd",
        "level_steps",
        "noise_sd",
    ];
    for (name, column) in names.into_iter().zip(summary) {
        out.set_item(name, column.into_pyarray(py))?;
    }
    Ok(out)
}

/// Predictive mean and extra log variance of every step, missing ones too.
#[pyfunction]
#[pyo3(signature = (data, offsets, starts, n_metrics, steps_per_day, steps_per_week, level, threads))]
#[allow(clippy::too_many_arguments, clippy::type_complexity)] // the panel's buffers arrive one by one
pub(crate) fn predict_steps<'py>(
    py: Python<'py>,
    data: PyReadonlyArray1<'py, f32>,
    offsets: PyReadonlyArray1<'py, i64>,
    starts: PyReadonlyArray1<'py, i64>,
    n_metrics: usize,
    steps_per_day: usize,
    steps_per_week: usize,
    level: bool,
    threads: usize,
) -> PyResult<(Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<f64>>)> {
    let (data, starts) = (data.as_slice()?, starts.as_slice()?);
    let offsets = sizes(offsets.as_slice()?);
    let (mean, variance) = py
        .detach(|| {
            let layout = Layout::new(&offsets, n_metrics, data.len())?;
            let clock = clock(steps_per_day, steps_per_week);
            engine::predict_panel(layout, data, starts, clock, level, threads)
        })
        .map_err(value_error)?;
    Ok((mean.into_pyarray(py), variance.into_pyarray(py)))
}

/// Histogram of log residuals per step of the common clock, flat, `n_steps * 193` counts.
#[pyfunction]
#[pyo3(signature = (data, expected, log_sd, offsets, starts, n_metrics, origin, n_steps, threads))]
#[allow(clippy::too_many_arguments)] // the panel's buffers arrive one by one
pub(crate) fn platform_sketch<'py>(
    py: Python<'py>,
    data: PyReadonlyArray1<'py, f32>,
    expected: PyReadonlyArray1<'py, f32>,
    log_sd: PyReadonlyArray1<'py, f32>,
    offsets: PyReadonlyArray1<'py, i64>,
    starts: PyReadonlyArray1<'py, i64>,
    n_metrics: usize,
    origin: i64,
    n_steps: usize,
    threads: usize,
) -> PyResult<Bound<'py, PyArray1<i64>>> {
    let (data, starts) = (data.as_slice()?, starts.as_slice()?);
    let (expected, log_sd) = (expected.as_slice()?, log_sd.as_slice()?);
    let offsets = sizes(offsets.as_slice()?);
    let counts = py
        .detach(|| {
            let layout = Layout::new(&offsets, n_metrics, data.len())?;
            Layout::new(&offsets, n_metrics, expected.len())?;
            Layout::new(&offsets, n_metrics, log_sd.len())?;
            Ok(platform::sketch(
                layout,
                data,
                expected,
                log_sd,
                starts,
                (origin, n_steps),
                threads,
            ))
        })
        .map_err(value_error)?;
    Ok(counts.into_pyarray(py))
}

/// Median log factor and number of accounts of each step of a sketch.
#[pyfunction]
#[allow(clippy::type_complexity)] // two arrays
pub(crate) fn platform_median<'py>(
    py: Python<'py>,
    counts: PyReadonlyArray1<'py, i64>,
    least: i64,
) -> PyResult<(Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<i64>>)> {
    let (factor, accounts) = platform::factor(counts.as_slice()?, least);
    Ok((factor.into_pyarray(py), accounts.into_pyarray(py)))
}
