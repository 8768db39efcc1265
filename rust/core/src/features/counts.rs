//! Count features: zeros, repeated stretches and round totals, which people seldom make.

use super::kernel_set::{Kernels, Workspaces};
use super::registry::{Direction, Feature, Needs};
use crate::kernels::Kernel;

const F: &str = "burst";
const RUN: &str = "share of steps";

/// What this group measures, in output order.
pub(crate) const FEATURES: [Feature; 8] = [
    Feature::neutral(
        F,
        "zero_run",
        "longest",
        RUN,
        28,
        "longest run of zero counts",
    ),
    Feature::neutral(
        F,
        "zero_run",
        "count",
        "per 100 steps",
        28,
        "runs of zero counts",
    ),
    Feature::neutral(F, "zero_run", "share", RUN, 28, "steps without any count"),
    Feature::neutral(
        F,
        "zero_run",
        "woken",
        RUN,
        28,
        "longest run of zero counts that ends in activity: a sleeper",
    ),
    Feature::neutral(
        F,
        "fano_factor",
        "day",
        "log ratio",
        48,
        "variance over mean of daily totals: 0 for Poisson counts",
    )
    .needing(Needs::Activity),
    Feature::neutral(
        F,
        "exact_repeats",
        "6",
        "share of windows",
        28,
        "stretches of six steps that occur again, count for count",
    )
    .needing(Needs::Variation),
    Feature {
        direction: Direction::High,
        ..Feature::neutral(
            F,
            "round_total",
            "zeros",
            "log10 of the chance",
            28,
            "of a random total to end in as many zeros, sign turned",
        )
        .needing(Needs::Activity)
    },
    Feature {
        direction: Direction::High,
        ..Feature::neutral(
            F,
            "round_total",
            "1000",
            "log10 of the chance",
            28,
            "of a random total to lie as near to a multiple of 1,000, sign turned",
        )
        .needing(Needs::Activity)
    },
];

/// Measures the counts of one metric, NaN where a step is missing.
pub(crate) fn measure(x: &[f64], kernels: &Kernels, work: &mut Workspaces, out: &mut [f64]) {
    let known = x.iter().filter(|v| v.is_finite()).count().max(1) as f64;
    kernels
        .zero_runs
        .measure(x, &mut work.zero_runs, &mut out[..4]);
    out[0] /= known;
    out[1] *= 100.0 / known;
    out[3] /= known;
    kernels
        .fano_day
        .measure(x, &mut work.fano_day, &mut out[4..5]);
    // Equal totals have no variance, and no logarithm of it; without any count there is no factor.
    if !out[4].is_nan() {
        out[4] = libm::log(out[4].max(1e-3));
    }
    kernels
        .repeats
        .measure(x, &mut work.repeats, &mut out[5..6]);
    let mut chances = [0.0; 3];
    kernels
        .round_totals
        .measure(x, &mut work.round_totals, &mut chances);
    out[6] = -libm::log10(chances[0]);
    out[7] = -libm::log10(chances[2]);
}
