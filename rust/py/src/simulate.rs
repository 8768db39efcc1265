//! Simulated accounts as flat arrays, account after account.

use engine::attack::Attack;
use engine::simulate::{Profile, Scenario, Simulated, Simulation, SimulationSpec, world};
use fakeengage_core as engine;
use numpy::PyArray1;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::convert::{Threads, value_error};

fn parse(spec: &str) -> PyResult<Simulation> {
    let spec: SimulationSpec =
        serde_json::from_str(spec).map_err(|e| PyValueError::new_err(format!("spec: {e}")))?;
    Simulation::new(spec).map_err(value_error)
}

/// Refuses a spec (JSON) that cannot be simulated.
#[pyfunction]
pub(crate) fn check_simulation(spec: &str) -> PyResult<()> {
    parse(spec).map(|_| ())
}

/// A preset (JSON) with every field present and every prior at its lowest value, as JSON.
#[pyfunction]
pub(crate) fn expand_preset(preset: &str) -> PyResult<String> {
    let tree =
        serde_json::from_str(preset).map_err(|e| PyValueError::new_err(format!("preset: {e}")))?;
    let full =
        world::preset_at(&tree, engine::simulate::prior::Place::Lowest).map_err(value_error)?;
    serde_json::to_string(&full).map_err(|e| PyValueError::new_err(format!("preset: {e}")))
}

/// Names behind the numbers of [`simulate_accounts`]: profiles, scenarios, attacks.
#[pyfunction]
pub(crate) fn simulation_names() -> (Vec<&'static str>, Vec<&'static str>, Vec<&'static str>) {
    (
        Profile::ALL.iter().map(|p| p.name()).collect(),
        Scenario::ALL.iter().map(|s| s.name()).collect(),
        Attack::ALL.iter().map(|a| a.name()).collect(),
    )
}

/// Number of an optional item in the list of all, -1 for none.
fn number<T: PartialEq>(all: &[T], item: Option<T>) -> i64 {
    let place = item.and_then(|item| all.iter().position(|other| *other == item));
    place.map_or(-1, |i| i as i64)
}

/// Accounts `start..stop` of a spec (JSON): values and mask in panel layout, and one array per label.
#[pyfunction]
#[pyo3(signature = (spec, start, stop, *, threads, keep_clean))]
pub(crate) fn simulate_accounts<'py>(
    py: Python<'py>,
    spec: &str,
    start: u64,
    stop: u64,
    threads: Threads,
    keep_clean: bool,
) -> PyResult<Bound<'py, PyDict>> {
    let made = py.detach(|| {
        let simulation = parse(spec)?;
        let range = simulation.range(start..stop, threads.0, keep_clean);
        range.map_err(value_error)
    })?;
    let out = PyDict::new(py);
    add_labels(py, &out, &made)?;
    add_windows(py, &out, &made)?;
    let (mut values, mut clean, mut mask) = (Vec::new(), Vec::new(), Vec::new());
    for account in made {
        values.extend(account.values);
        clean.extend(account.clean.unwrap_or_default());
        mask.extend(account.mask);
    }
    out.set_item("values", PyArray1::from_vec(py, values))?;
    out.set_item("mask", PyArray1::from_vec(py, mask))?;
    out.set_item("clean", PyArray1::from_vec(py, clean))?;
    Ok(out)
}

fn add_labels(py: Python<'_>, out: &Bound<'_, PyDict>, made: &[Simulated]) -> PyResult<()> {
    let whole = |value: &dyn Fn(&Simulated) -> i64| PyArray1::from_iter(py, made.iter().map(value));
    let id = |number: u64| number as i64;
    out.set_item("world", whole(&|a| id(a.placement.world)))?;
    out.set_item(
        "profile",
        whole(&|a| number(&Profile::ALL, Some(a.profile))),
    )?;
    out.set_item(
        "scenario",
        whole(&|a| number(&Scenario::ALL, a.placement.scenario)),
    )?;
    out.set_item(
        "attack",
        whole(&|a| number(&Attack::ALL, a.placement.attack)),
    )?;
    out.set_item(
        "cohort",
        whole(&|a| a.placement.cohort.map_or(-1, |c| id(c.id))),
    )?;
    out.set_item(
        "cohort_size",
        whole(&|a| a.placement.cohort.map_or(0, |c| c.size as i64)),
    )?;
    out.set_item("owner", whole(&|a| a.placement.owner.map_or(-1, id)))?;
    let intensity = made.iter().map(|a| a.intensity);
    out.set_item("intensity", PyArray1::from_iter(py, intensity))
}

fn add_windows(py: Python<'_>, out: &Bound<'_, PyDict>, made: &[Simulated]) -> PyResult<()> {
    let windows: Vec<_> = made
        .iter()
        .flat_map(|a| a.windows.iter().map(|w| (a.placement.index, *w)))
        .collect();
    let column = |value: &dyn Fn(&(u64, engine::attack::Window)) -> i64| {
        PyArray1::from_iter(py, windows.iter().map(value))
    };
    out.set_item("window_account", column(&|(index, _)| *index as i64))?;
    out.set_item("window_metric", column(&|(_, w)| w.metric as i64))?;
    out.set_item("window_start", column(&|(_, w)| w.start as i64))?;
    out.set_item("window_end", column(&|(_, w)| w.end as i64))?;
    let injected = windows.iter().map(|(_, w)| w.injected);
    out.set_item("window_injected", PyArray1::from_iter(py, injected))
}
