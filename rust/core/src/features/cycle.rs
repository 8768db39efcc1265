//! Cycle features: memory of the residual at lags and intervals, and the daily curve of the counts.

use super::Series;
use super::kernel_set::{Kernels, Workspaces};
use super::registry::{Direction, Feature, Needs};
use super::tables::Day;
use crate::kernels::Kernel;

const A: &str = "autocorrelation";
const S: &str = "seasonality";
const SHARE: &str = "share of variance";
const CORRELATION: &str = "correlation";
const VARY: Needs = Needs::Variation;

const fn acf(parameter: &'static str, min_steps: usize) -> Feature {
    Feature::neutral(
        A,
        "acf",
        parameter,
        CORRELATION,
        min_steps,
        "of residuals so many steps apart, biased",
    )
    .needing(VARY)
}

const fn interval(parameter: &'static str) -> Feature {
    let mut feature = Feature::neutral(
        S,
        "periodicity",
        parameter,
        SHARE,
        96,
        "of the residual at an interval of so many steps: panels deliver by the clock",
    );
    feature.direction = Direction::High;
    feature.needing(VARY)
}

/// What this group measures, in output order.
pub(crate) const FEATURES: [Feature; 20] = [
    acf("lag2", 28),
    acf("lag3", 28),
    acf("lag6", 28),
    acf("lag12", 28),
    acf("lag24", 48),
    acf("lag48", 96),
    acf("lag168", 336),
    Feature::neutral(A, "pacf", "lag2", CORRELATION, 28, "of residuals two steps apart, given the one between").needing(VARY),
    Feature::neutral(A, "pacf", "lag3", CORRELATION, 28, "of residuals three steps apart, given those between").needing(VARY),
    Feature::neutral(A, "detrended_fluctuation", "alpha", "exponent", 96, "growth of the cumulated residual with the span: 0.5 without memory, above with long memory").needing(VARY),
    interval("2"),
    interval("4"),
    interval("6"),
    interval("8"),
    interval("12"),
    interval("24"),
    Feature::neutral(S, "seasonal_strength", "day", SHARE, 96, "of the log counts less their trend that the daily cycle explains").needing(Needs::DailyClock),
    Feature::neutral(S, "profile_shift", "divergence", "bits", 96, "Jensen-Shannon divergence of the daily curves of the two halves").needing(Needs::DailyClock),
    Feature::neutral(S, "profile_shift", "turn", "days", 96, "absolute turn of the daily wave between the halves").needing(Needs::DailyClock),
    Feature::neutral(S, "day_share", "peak", "share", 48, "of the busiest step of the mean day").needing(Needs::DailyClock),
];

/// Measures one metric; `scratch` is memory.
pub(crate) fn measure(
    Series { x, logs, u }: Series<'_>,
    day: &Day,
    kernels: &Kernels,
    work: &mut Workspaces,
    scratch: &mut Vec<f64>,
    out: &mut [f64],
) {
    let n = u.len();
    if n >= 28 {
        kernels
            .acf_hours
            .measure(u, &mut work.acf_hours, &mut out[..4]);
        kernels.pacf.measure(u, &mut work.pacf, &mut out[7..9]);
    }
    for (longest, kernel, work, slot) in [
        (24, &kernels.acf_24, &mut work.acf_24, 4),
        (48, &kernels.acf_48, &mut work.acf_48, 5),
        (168, &kernels.acf_168, &mut work.acf_168, 6),
    ] {
        if n > longest {
            kernel.measure(u, work, &mut out[slot..=slot]);
        }
    }
    kernels
        .fluctuation
        .measure(u, &mut work.fluctuation, &mut out[9..10]);
    kernels
        .periodicity
        .measure(u, &mut work.periodicity, &mut out[10..16]);
    if day.steps < super::MIN_STEPS_PER_DAY {
        return;
    }
    kernels
        .seasonal
        .measure(logs, &mut work.seasonal, &mut out[16..17]);
    let mut shift = [0.0; 2];
    kernels
        .profile_shift
        .measure(x, &mut work.profile_shift, &mut shift);
    out[17] = shift[0];
    out[18] = shift[1].abs() / day.steps as f64;
    scratch.resize(kernels.profile.width(n), 0.0);
    kernels.profile.measure(x, &mut work.profile, scratch);
    out[19] = scratch.iter().copied().fold(f64::NAN, f64::max);
}
