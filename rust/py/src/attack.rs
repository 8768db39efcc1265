//! Attacks into a user's own panel.

use fakeengage_core::attack::{
    Attack, AttackLaw, CohortClock, Order, Place, Placement, Series, inject, metric_windows,
};
use fakeengage_core::rows::{Layout, map_indices};
use fakeengage_core::simulate::account::N_METRICS;
use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::convert::{Threads, to_offsets, value_error};

/// Names of the attacks.
#[pyfunction]
pub(crate) fn attack_names() -> Vec<&'static str> {
    Attack::ALL.iter().map(|attack| attack.name()).collect()
}

/// Names of the attacks whose members always share one clock.
#[pyfunction]
pub(crate) fn cohort_attack_names() -> Vec<&'static str> {
    let cohort = Attack::ALL.iter().filter(|attack| attack.is_cohort());
    cohort.map(|attack| attack.name()).collect()
}

/// The default law of all attacks, as JSON.
#[pyfunction]
pub(crate) fn default_attack_law() -> PyResult<String> {
    serde_json::to_string_pretty(&AttackLaw::default())
        .map_err(|e| PyValueError::new_err(format!("law: {e}")))
}

/// What is the same for every account of one call.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Request {
    attack: String,
    law: String,
    /// Number of each of the panel's metrics among views, likes, comments, shares.
    metrics: Vec<usize>,
    typical: [f64; N_METRICS],
    intensity: Option<f64>,
    cohort: bool,
    fill: bool,
    hours_per_step: f64,
    seed: u64,
    threads: Threads,
}

/// The block of one account as one series per known metric, empty where the panel has none.
fn by_metric<'a>(block: &'a [f32], length: usize, metrics: &[usize]) -> [&'a [f32]; N_METRICS] {
    let mut slots: [&[f32]; N_METRICS] = Default::default();
    if length > 0 {
        for (part, &slot) in block.chunks_exact(length).zip(metrics) {
            slots[slot] = part;
        }
    }
    slots
}

/// Injects one attack into some accounts of a panel.
///
/// `accounts` are positions; `first`, `last`, `start_hours`, `weekdays` have one entry for each of
/// them, `first` is negative where the law places the attack. `expected` is laid out like `data`, or
/// empty. Returns the new `data`, and per account the `intensity` (NaN where nothing was observed).
#[pyfunction]
#[expect(
    clippy::too_many_arguments,
    reason = "one argument per array of the panel"
)]
pub(crate) fn inject_attack<'py>(
    py: Python<'py>,
    data: PyReadonlyArray1<'py, f32>,
    expected: PyReadonlyArray1<'py, f32>,
    offsets: PyReadonlyArray1<'py, i64>,
    accounts: PyReadonlyArray1<'py, i64>,
    first: PyReadonlyArray1<'py, i64>,
    last: PyReadonlyArray1<'py, i64>,
    start_hours: PyReadonlyArray1<'py, i64>,
    weekdays: PyReadonlyArray1<'py, i64>,
    request: Request,
) -> PyResult<Bound<'py, PyDict>> {
    let attack: Attack = request.attack.parse().map_err(value_error)?;
    let law: AttackLaw = serde_json::from_str(&request.law)
        .map_err(|e| PyValueError::new_err(format!("law: {e}")))?;
    law.validate().map_err(value_error)?;
    let offsets = to_offsets(&offsets)?;
    let (data, expected) = (data.as_slice()?, expected.as_slice()?);
    let (accounts, first, last) = (accounts.as_slice()?, first.as_slice()?, last.as_slice()?);
    let (hours, weekdays) = (start_hours.as_slice()?, weekdays.as_slice()?);
    let n_metrics = request.metrics.len();
    let layout = Layout::new(&offsets, n_metrics, data.len()).map_err(value_error)?;
    let valid = |&i: &i64| usize::try_from(i).is_ok_and(|i| i < layout.n_accounts());
    let n = accounts.len();
    if !accounts.iter().all(valid)
        || [first, last, hours, weekdays].iter().any(|a| a.len() != n)
        || request.metrics.iter().any(|&m| m >= N_METRICS)
        || !(expected.is_empty() || expected.len() == data.len())
    {
        return Err(PyValueError::new_err("accounts: do not fit the panel"));
    }
    let one = |k: usize| {
        let i = accounts[k] as usize;
        let length = layout.length(i);
        let counts = by_metric(layout.block(data, i), length, &request.metrics);
        let fitted = if expected.is_empty() {
            Default::default()
        } else {
            by_metric(layout.block(expected, i), length, &request.metrics)
        };
        let place = match (usize::try_from(first[k]), usize::try_from(last[k])) {
            (Ok(start), Ok(end)) if request.fill => Place::Fill(start..end),
            (Ok(start), Ok(end)) => Place::Within(start..end),
            _ => Place::Anywhere,
        };
        let order = Order {
            attack,
            law: &law,
            cohort: request.cohort.then_some(CohortClock {
                seed: request.seed,
                cohort: 0,
                size: n,
            }),
            seed: request.seed,
            index: accounts[k] as u64,
            placement: Placement {
                hours_per_step: request.hours_per_step,
                place,
                intensity: request.intensity,
            },
        };
        let series = Series {
            counts,
            expected: fitted,
            typical: request.typical,
            start_hour: hours[k].rem_euclid(24) as usize,
            start_weekday: weekdays[k].rem_euclid(7) as usize,
        };
        inject(&order, &series)
    };
    let (data, intensity) = py.detach(|| {
        let results = map_indices(n, request.threads.0, one);
        let mut data = data.to_vec();
        let mut intensity = vec![f64::NAN; n];
        for (k, result) in results.into_iter().enumerate() {
            let Some((counts, attacked)) = result else {
                continue;
            };
            intensity[k] = attacked.intensity;
            let i = accounts[k] as usize;
            let block = &mut data[n_metrics * offsets[i]..n_metrics * offsets[i + 1]];
            let length = layout.length(i).max(1);
            for (part, &slot) in block.chunks_exact_mut(length).zip(&request.metrics) {
                part.copy_from_slice(&counts[slot]);
            }
        }
        (data, intensity)
    });
    let columns = PyDict::new(py);
    columns.set_item("data", PyArray1::from_vec(py, data))?;
    columns.set_item("intensity", PyArray1::from_vec(py, intensity))?;
    Ok(columns)
}

/// Windows in which two versions of a panel differ: `account`, `metric`, `start`, `end` (steps of the
/// account), `injected`; changed steps with at most `pause_steps` unchanged ones between them share
/// a window.
#[pyfunction]
pub(crate) fn changed_windows<'py>(
    py: Python<'py>,
    clean: PyReadonlyArray1<'py, f32>,
    attacked: PyReadonlyArray1<'py, f32>,
    offsets: PyReadonlyArray1<'py, i64>,
    n_metrics: usize,
    pause_steps: usize,
) -> PyResult<Bound<'py, PyDict>> {
    let offsets = to_offsets(&offsets)?;
    let (clean, attacked) = (clean.as_slice()?, attacked.as_slice()?);
    let layout = Layout::new(&offsets, n_metrics, clean.len()).map_err(value_error)?;
    if attacked.len() != clean.len() {
        return Err(PyValueError::new_err(
            "attacked: has another size than clean",
        ));
    }
    let (mut account, mut metric, mut start, mut end) = (vec![], vec![], vec![], vec![]);
    let mut injected = vec![];
    py.detach(|| {
        let mut windows = Vec::new();
        for i in 0..layout.n_accounts() {
            let length = layout.length(i);
            if length == 0 {
                continue;
            }
            let before = layout.block(clean, i).chunks_exact(length);
            let after = layout.block(attacked, i).chunks_exact(length);
            for (m, (before, after)) in before.zip(after).enumerate() {
                windows.clear();
                metric_windows(m, before, after, pause_steps, &mut windows);
                for window in &windows {
                    account.push(i as i64);
                    metric.push(m as i64);
                    start.push(window.start as i64);
                    end.push(window.end as i64);
                    injected.push(window.injected);
                }
            }
        }
    });
    let columns = PyDict::new(py);
    columns.set_item("account", PyArray1::from_vec(py, account))?;
    columns.set_item("metric", PyArray1::from_vec(py, metric))?;
    columns.set_item("start", PyArray1::from_vec(py, start))?;
    columns.set_item("end", PyArray1::from_vec(py, end))?;
    columns.set_item("injected", PyArray1::from_vec(py, injected))?;
    Ok(columns)
}
