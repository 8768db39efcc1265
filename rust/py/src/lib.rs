//! Python bindings: arrays in, arrays out, errors mapped. No arithmetic lives here.

// Extraction from Python needs owned arguments; that is pyo3's calling convention, not a choice.
#![allow(clippy::needless_pass_by_value)]

mod attack;
mod convert;
mod coordination;
mod expectation;
mod features;
mod ids;
mod kernels;
mod models;
mod net;
mod shapley;
mod simulate;
mod store;

use pyo3::prelude::*;

/// Native engine of fakeengage.
#[pymodule(gil_used = false)]
mod _native {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::attack::{
        attack_names, changed_windows, cohort_attack_names, default_attack_law, inject_attack,
    };
    #[pymodule_export]
    use super::coordination::{coordination_columns, coordination_features};
    #[pymodule_export]
    use super::features::{extract_features, feature_columns, feature_families};
    #[pymodule_export]
    use super::ids::{id_buffers, ids};
    #[pymodule_export]
    use super::kernels::{
        approximate_entropy, autocorrelation, bursts, change_points, correlation, cusum,
        daily_profile, detrended_fluctuation, exact_repeats, fano_factor, hurst, kernel_names,
        lead_lag, lempel_ziv_complexity, linear_trend, mann_kendall, partial_autocorrelation,
        periodicity, permutation_entropy, profile_shift, rolling, rolling_statistics, round_totals,
        sample_entropy, seasonal_strength, shannon_entropy, spectral_entropy, theil_sen, zero_runs,
    };
    #[pymodule_export]
    use super::models::{Forest, dense_forward, prepare_features};
    #[pymodule_export]
    use super::net::{net_channels, net_forward, net_score};
    #[pymodule_export]
    use super::shapley::forest_contributions;
    #[pymodule_export]
    use super::simulate::{
        check_simulation, expand_preset, simd_path, simulate_accounts, simulation_names,
    };
    #[pymodule_export]
    use super::store::{PartWriter, write_part};
    /// The instruction set can be forced from outside, once per process.
    #[pymodule_init]
    #[expect(clippy::unnecessary_wraps, reason = "the calling convention of pyo3")]
    fn init(_module: &Bound<'_, PyModule>) -> PyResult<()> {
        if let Ok(name) = std::env::var("FAKEENGAGE_SIMD") {
            fakeengage_core::lanes::choose_path(&name);
        }
        Ok(())
    }

    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");

    #[pymodule_export]
    use crate::expectation::{fit_expectation, platform_median, platform_sketch, predict_steps};
}
