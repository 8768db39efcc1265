//! Drift features: trends of the counts and changes of the residual's level.

use super::Series;
use super::kernel_set::{Kernels, Workspaces};
use super::registry::{Feature, Needs};
use crate::kernels::Kernel;

const F: &str = "trend";
const VARY: Needs = Needs::Variation;

/// What this group measures, in output order.
pub(crate) const FEATURES: [Feature; 8] = [
    Feature::neutral(
        F,
        "linear_trend",
        "slope",
        "log per 100 steps",
        28,
        "least-squares slope of the log counts",
    ),
    Feature::neutral(
        F,
        "linear_trend",
        "r",
        "correlation",
        28,
        "of the log counts with time",
    )
    .needing(VARY),
    Feature::neutral(
        F,
        "mann_kendall",
        "tau",
        "Kendall's tau",
        28,
        "of the counts with time",
    ),
    Feature::neutral(
        F,
        "mann_kendall",
        "z",
        "standard errors",
        28,
        "the same as a test of no trend among independent counts",
    ),
    Feature::neutral(
        F,
        "tabular_cusum",
        "up",
        "robust deviations",
        28,
        "largest tabular sum of residuals upward, slack one half",
    )
    .needing(VARY),
    Feature::neutral(
        F,
        "tabular_cusum",
        "down",
        "robust deviations",
        28,
        "the same downward",
    )
    .needing(VARY),
    Feature::neutral(
        F,
        "change_points",
        "count",
        "per 100 steps",
        28,
        "changes of the residual's mean",
    ),
    Feature::neutral(
        F,
        "change_points",
        "size",
        "robust deviations",
        28,
        "the strongest of them, after less before",
    ),
];

/// Measures one metric.
pub(crate) fn measure(
    Series { x, logs, u }: Series<'_>,
    n_known: usize,
    kernels: &Kernels,
    work: &mut Workspaces,
    out: &mut [f64],
) {
    let mut line = [0.0; 4];
    kernels
        .linear_trend
        .measure(logs, &mut work.linear_trend, &mut line);
    out[0] = 100.0 * line[0];
    out[1] = line[3];
    let mut test = [0.0; 4];
    kernels
        .mann_kendall
        .measure(x, &mut work.mann_kendall, &mut test);
    out[2] = test[3];
    out[3] = test[1];
    let mut sums = [0.0; 4];
    kernels.cusum.measure(u, &mut work.cusum, &mut sums);
    out[4] = sums[2];
    out[5] = sums[3];
    let mut changes = [0.0; 3];
    kernels
        .change_points
        .measure(u, &mut work.change_points, &mut changes);
    out[6] = changes[0] * 100.0 / n_known.max(1) as f64;
    out[7] = changes[2];
}
