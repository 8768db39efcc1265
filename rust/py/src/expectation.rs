//! Expectation: panel in, arrays per step, per window and per metric out.

use crate::convert::{Threads, to_offsets, value_error};
use fakeengage_core::expectation::{self as engine, Account, Clock, Platform, platform};
use fakeengage_core::rows::Layout;
use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;

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
    threads: Threads,
) -> PyResult<Bound<'py, PyDict>> {
    let (data, starts) = (data.as_slice()?, starts.as_slice()?);
    let offsets = to_offsets(&offsets)?;
    let factor = platform_factor.as_ref().map(|f| f.as_slice()).transpose()?;
    let accounts = py
        .detach(|| {
            let layout = Layout::new(&offsets, n_metrics, data.len())?;
            let shared = factor.map(|log_factor| Platform {
                origin: platform_origin,
                log_factor,
            });
            let clock = clock(steps_per_day, steps_per_week);
            engine::fit_panel(layout, data, starts, clock, shared, seed, threads.0)
        })
        .map_err(value_error)?;
    let out = PyDict::new(py);
    step_columns(&out, &accounts)?;
    window_columns(&out, &accounts, starts)?;
    summary_columns(&out, &accounts, starts)?;
    Ok(out)
}

/// Arrays in the panel's layout.
fn step_columns(out: &Bound<'_, PyDict>, accounts: &[Account]) -> PyResult<()> {
    let mut steps: [Vec<f32>; 3] = Default::default();
    for account in accounts {
        steps[0].extend(&account.expected);
        steps[1].extend(&account.log_sd);
        steps[2].extend(&account.hour_z);
    }
    let names = ["expected", "log_sd", "hour_z"];
    for (name, column) in names.into_iter().zip(steps) {
        out.set_item(name, column.into_pyarray(out.py()))?;
    }
    Ok(())
}

/// One row per detected window.
fn window_columns(out: &Bound<'_, PyDict>, accounts: &[Account], starts: &[i64]) -> PyResult<()> {
    let mut whole: [Vec<i64>; 4] = Default::default();
    let mut real: [Vec<f64>; 6] = Default::default();
    for (i, account) in accounts.iter().enumerate() {
        for w in &account.windows {
            let v = &w.volume;
            let (from, to) = (starts[i] + w.start as i64, starts[i] + w.end as i64);
            let row = [i as i64, w.metric as i64, from, to];
            whole
                .iter_mut()
                .zip(row)
                .for_each(|(column, value)| column.push(value));
            let row = [w.z, v.observed, v.expected, v.excess, v.low, v.high];
            real.iter_mut()
                .zip(row)
                .for_each(|(column, value)| column.push(value));
        }
    }
    for (name, column) in ["account", "metric", "start", "end"].into_iter().zip(whole) {
        out.set_item(name, column.into_pyarray(out.py()))?;
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
        out.set_item(name, column.into_pyarray(out.py()))?;
    }
    Ok(())
}

/// One row per account and metric.
fn summary_columns(out: &Bound<'_, PyDict>, accounts: &[Account], starts: &[i64]) -> PyResult<()> {
    let mut whole: [Vec<i64>; 3] = Default::default();
    let mut real: [Vec<f64>; 9] = Default::default();
    for (i, s) in accounts
        .iter()
        .enumerate()
        .flat_map(|(i, a)| a.summary.iter().map(move |s| (i, s)))
    {
        let (from, to, score) = s.slow.unwrap_or((0, 0, f64::NAN));
        let row = [
            s.n_observed as i64,
            starts[i] + from as i64,
            starts[i] + to as i64,
        ];
        whole
            .iter_mut()
            .zip(row)
            .for_each(|(column, value)| column.push(value));
        let row = [
            s.max_z,
            s.joint_z,
            s.p_block,
            s.p_peak,
            score,
            s.detectable_share,
            s.level_sd,
            s.level_steps,
            s.noise_sd,
        ];
        real.iter_mut()
            .zip(row)
            .for_each(|(column, value)| column.push(value));
    }
    for (name, column) in ["n_observed", "slow_start", "slow_end"]
        .into_iter()
        .zip(whole)
    {
        out.set_item(name, column.into_pyarray(out.py()))?;
    }
    let names = [
        "max_z",
        "joint_z",
        "p_block",
        "p_peak",
        "slow_score",
        "detectable_share",
        "level_sd",
        "level_steps",
        "noise_sd",
    ];
    for (name, column) in names.into_iter().zip(real) {
        out.set_item(name, column.into_pyarray(out.py()))?;
    }
    Ok(())
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
    threads: Threads,
) -> PyResult<(Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<f64>>)> {
    let (data, starts) = (data.as_slice()?, starts.as_slice()?);
    let offsets = to_offsets(&offsets)?;
    let (mean, variance) = py
        .detach(|| {
            let layout = Layout::new(&offsets, n_metrics, data.len())?;
            let clock = clock(steps_per_day, steps_per_week);
            engine::predict_panel(layout, data, starts, clock, level, threads.0)
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
    threads: Threads,
) -> PyResult<Bound<'py, PyArray1<i64>>> {
    let (data, starts) = (data.as_slice()?, starts.as_slice()?);
    let (expected, log_sd) = (expected.as_slice()?, log_sd.as_slice()?);
    let offsets = to_offsets(&offsets)?;
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
                threads.0,
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
