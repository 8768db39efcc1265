//! Simulated accounts as flat arrays, account after account.

use engine::attack::{Attack, Window};
use engine::simulate::{
    Label, Labels, Profile, Scenario, Series, Simulation, SimulationSpec, world,
};
use fakeengage_core as engine;
use numpy::{PyArray1, PyReadwriteArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::convert::{Threads, value_error};

/// A spec (JSON), checked.
pub(crate) fn parse(spec: &str) -> PyResult<Simulation> {
    let spec: SimulationSpec =
        serde_json::from_str(spec).map_err(|e| PyValueError::new_err(format!("spec: {e}")))?;
    Simulation::new(spec).map_err(value_error)
}

/// Refuses a spec (JSON) that cannot be simulated.
#[pyfunction]
pub(crate) fn check_simulation(spec: &str) -> PyResult<()> {
    parse(spec).map(|_| ())
}

/// Instruction set in use: `avx512`, `avx2`, `neon` or `plain`; `FAKEENGAGE_SIMD` forces one.
#[pyfunction]
pub(crate) fn simd_path() -> &'static str {
    engine::lanes::path_name()
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

/// Makes the accounts from `start` on of a spec (JSON) in the buffers given, laid out as in a panel;
/// returns one array per label. How many accounts is how many fit into `changed`, which has one byte
/// per account and step: bit `m` is set where an attack changed metric `m`.
#[pyfunction]
#[pyo3(signature = (spec, start, values, clean, changed, *, threads))]
pub(crate) fn simulate_accounts<'py>(
    py: Python<'py>,
    spec: &str,
    start: u64,
    mut values: PyReadwriteArray1<'py, f32>,
    mut clean: Option<PyReadwriteArray1<'py, f32>>,
    mut changed: PyReadwriteArray1<'py, u8>,
    threads: Threads,
) -> PyResult<Bound<'py, PyDict>> {
    let simulation = parse(spec)?;
    let series = Series {
        values: values.as_slice_mut()?,
        clean: match &mut clean {
            Some(clean) => Some(clean.as_slice_mut()?),
            None => None,
        },
        changed: changed.as_slice_mut()?,
    };
    let n = (series.changed.len() / simulation.spec().length) as u64;
    let labels = py.detach(|| simulation.fill(start..start.saturating_add(n), threads.0, series));
    label_arrays(py, &labels.map_err(value_error)?)
}

/// One array per label: numbers of names in the lists of [`simulation_names`], -1 for none.
pub(crate) fn label_arrays<'py>(py: Python<'py>, labels: &Labels) -> PyResult<Bound<'py, PyDict>> {
    let out = PyDict::new(py);
    let accounts = &labels.accounts;
    let whole = |value: &dyn Fn(&Label) -> i64| {
        PyArray1::from_vec(py, accounts.iter().map(value).collect::<Vec<_>>())
    };
    let id = |number: u64| number as i64;
    for (name, array) in [
        ("world", whole(&|a| id(a.placement.world))),
        (
            "profile",
            whole(&|a| number(&Profile::ALL, Some(a.profile))),
        ),
        (
            "scenario",
            whole(&|a| number(&Scenario::ALL, a.placement.scenario)),
        ),
        (
            "attack",
            whole(&|a| number(&Attack::ALL, a.placement.attack)),
        ),
        (
            "cohort",
            whole(&|a| a.placement.cohort.map_or(-1, |c| id(c.id))),
        ),
        (
            "cohort_size",
            whole(&|a| a.placement.cohort.map_or(0, |c| c.size as i64)),
        ),
        ("owner", whole(&|a| a.placement.owner.map_or(-1, id))),
    ] {
        out.set_item(name, array)?;
    }
    let intensity: Vec<f64> = accounts.iter().map(|a| a.intensity).collect();
    out.set_item("intensity", PyArray1::from_vec(py, intensity))?;
    let column = |value: &dyn Fn(&(u64, Window)) -> i64| {
        PyArray1::from_vec(py, labels.windows.iter().map(value).collect::<Vec<_>>())
    };
    out.set_item("window_account", column(&|(index, _)| id(*index)))?;
    out.set_item("window_metric", column(&|(_, w)| w.metric as i64))?;
    out.set_item("window_start", column(&|(_, w)| w.start as i64))?;
    out.set_item("window_end", column(&|(_, w)| w.end as i64))?;
    let injected: Vec<f64> = labels.windows.iter().map(|(_, w)| w.injected).collect();
    out.set_item("window_injected", PyArray1::from_vec(py, injected))?;
    Ok(out)
}
