//! Rolling features: what the statistics of a trailing day of residuals reach.

use super::kernel_set::{Kernels, Workspaces};
use super::registry::Feature;
use crate::kernels::Kernel;
use crate::kernels::known::range_of;

const F: &str = "rolling";
const SD: &str = "standard deviations";

/// What this group measures, in output order.
pub(crate) const FEATURES: [Feature; 8] = [
    Feature::neutral(
        F,
        "rolling_mean",
        "24max",
        SD,
        48,
        "largest mean of 24 residuals in a row",
    ),
    Feature::neutral(
        F,
        "rolling_mean",
        "24min",
        SD,
        48,
        "smallest mean of 24 residuals in a row",
    ),
    Feature::neutral(
        F,
        "rolling_std",
        "24max",
        SD,
        48,
        "largest standard deviation of 24 residuals in a row",
    ),
    Feature::neutral(
        F,
        "rolling_std",
        "24min",
        SD,
        48,
        "smallest standard deviation of 24 residuals in a row: a feed steadier than people",
    ),
    Feature::neutral(
        F,
        "rolling_median",
        "24max",
        SD,
        48,
        "largest median of 24 residuals in a row: a rise that is not a burst",
    ),
    Feature::neutral(
        F,
        "rolling_median",
        "24min",
        SD,
        48,
        "smallest median of 24 residuals in a row",
    ),
    Feature::neutral(
        F,
        "rolling_zscore",
        "24max",
        SD,
        48,
        "largest deviation from the mean of the trailing 24 residuals, in their standard deviations",
    ),
    Feature::neutral(
        F,
        "rolling_skew",
        "24max",
        "ratio",
        48,
        "largest skewness of 24 residuals in a row: one step among ordinary ones",
    ),
];

/// Measures one residual, NaN where a step is missing; `scratch` is memory.
#[inline(always)]
pub(crate) fn measure(
    u: &[f64],
    kernels: &Kernels,
    work: &mut Workspaces,
    scratch: &mut Vec<f64>,
    out: &mut [f64],
) {
    scratch.resize(u.len(), 0.0);
    let windows = &mut scratch[..u.len()];
    kernels
        .rolling_mean
        .measure(u, &mut work.rolling_mean, windows);
    (out[0], out[1]) = extremes(windows);
    kernels
        .rolling_std
        .measure(u, &mut work.rolling_std, windows);
    (out[2], out[3]) = extremes(windows);
    kernels
        .rolling_median
        .measure(u, &mut work.rolling_median, windows);
    (out[4], out[5]) = extremes(windows);
    kernels
        .rolling_zscore
        .measure(u, &mut work.rolling_zscore, windows);
    (out[6], _) = extremes(windows);
    kernels
        .rolling_skew
        .measure(u, &mut work.rolling_skew, windows);
    (out[7], _) = extremes(windows);
}

/// Largest and smallest of the values that are not NaN; NaN where there are none.
#[inline(always)]
fn extremes(values: &[f64]) -> (f64, f64) {
    let (low, high) = range_of(values);
    if high < low {
        (f64::NAN, f64::NAN)
    } else {
        (high, low)
    }
}
