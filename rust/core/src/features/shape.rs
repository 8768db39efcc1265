//! Burst shapes: how the strongest burst begins, lasts and ends. Orders have edges and flat tops, attention
//! relaxes.

use super::kernel_set::{Kernels, Workspaces};
use super::registry::{Feature, Needs};
use super::residual::Residual;
use crate::kernels::Kernel;

const F: &str = "burst";
const BURST: Needs = Needs::Burst;

/// What this group measures, in output order.
pub(crate) const FEATURES: [Feature; 8] = [
    Feature::neutral(F, "bursts", "count", "per 100 steps", 28, "runs of steps beyond three robust deviations of the standardised excess"),
    Feature::neutral(F, "bursts", "height", "robust deviations", 28, "largest standardised excess"),
    Feature::neutral(F, "bursts", "duration", "steps", 28, "length of the strongest burst").needing(BURST),
    Feature::neutral(F, "bursts", "peakedness", "ratio", 28, "largest over mean excess of the strongest burst: 1 for a flat top").needing(BURST),
    Feature::neutral(F, "bursts", "onset", "ratio", 28, "rise into the first step of the strongest burst over its mean excess").needing(BURST),
    Feature::neutral(F, "bursts", "cutoff", "ratio", 28, "fall within two steps after the strongest burst over its mean excess: 1 where it is cut off").needing(BURST),
    Feature::neutral(F, "bursts", "relaxation", "log ratio", 28, "fall from the peak to the six steps after it").needing(BURST),
    Feature::neutral(F, "bursts", "left_over", "ratio", 28, "mean excess of the six steps after the strongest burst over its own").needing(BURST),
];

/// Standardised excess of the counts: on their own scale, not on the logarithm's, which would round off
/// every peak. NaN where a step is missing.
#[inline(always)]
fn excess(counts: &[f32], expected: &[f32], r: &Residual, out: &mut Vec<f64>) {
    let n = counts.len();
    out.resize(n, 0.0);
    let (expected, known, out) = (&expected[..n], &r.known[..n], &mut out[..n]);
    for t in 0..n {
        let usual = expected[t].max(0.0) + 0.5;
        let spread = (usual + r.variance * usual * usual).sqrt();
        let z = f64::from((counts[t].max(0.0) + 0.5 - usual) / spread);
        out[t] = if known[t] > 0.0 { z } else { f64::NAN };
    }
}

/// Measures one metric; `scratch` is memory.
#[inline(always)]
pub(crate) fn measure(
    metric: &super::Metric<'_>,
    kernels: &Kernels,
    work: &mut Workspaces,
    scratch: &mut Vec<f64>,
    out: &mut [f64],
) {
    excess(metric.counts, metric.expected, metric.residual, scratch);
    // Its last value is the share of a total, which an excess has not.
    let mut values = [0.0; 9];
    kernels
        .bursts
        .measure(scratch, &mut work.bursts, &mut values);
    out.copy_from_slice(&values[..8]);
    out[0] *= 100.0 / metric.residual.n_known.max(1) as f64;
}
