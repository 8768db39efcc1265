//! Means by phase of a cycle.

use pulp::Simd;

use crate::kernels::eight_sums::is_known;
use crate::lanes::{Eight, LANES};

/// Writes the mean of the known steps of every phase, NaN for a phase without any. `means` has one slot per
/// phase; phase 0 is the first step.
#[inline(always)]
pub(super) fn phase_means<S: Simd>(simd: S, x: &[f64], means: &mut [f64]) {
    let period = means.len();
    let mut phase = 0;
    // Eight phases at a time stay in registers while the cycles go by.
    while phase + LANES <= period {
        let zero = Eight::splat(simd, 0.0);
        let (mut sum, mut count) = (zero, zero);
        let mut at = phase;
        while let Some(values) = x.get(at..).and_then(|rest| rest.first_chunk()) {
            let v = Eight::load(simd, values);
            sum = sum + v.if_finite(v, zero);
            count = count + v.if_finite(Eight::splat(simd, 1.0), zero);
            at += period;
        }
        let (mut sums, mut counts) = (sum.to_array(), count.to_array());
        for (j, &v) in x.get(at..).unwrap_or_default().iter().enumerate() {
            if is_known(v) {
                sums[j % LANES] += v;
                counts[j % LANES] += 1.0;
            }
        }
        let slots = &mut means[phase..phase + LANES];
        for j in 0..LANES {
            slots[j] = sums[j] / counts[j];
        }
        phase += LANES;
    }
    for (slot, phase) in means[phase..].iter_mut().zip(phase..) {
        let (mut sum, mut count) = (0.0, 0.0);
        for &v in x.iter().skip(phase).step_by(period) {
            sum += if is_known(v) { v } else { 0.0 };
            count += if is_known(v) { 1.0 } else { 0.0 };
        }
        *slot = sum / count;
    }
}

/// Turns means by phase into shares of their sum over the known phases; all NaN where a mean is negative or
/// none is positive: shares are of volumes.
#[inline(always)]
pub(super) fn shares(means: &mut [f64]) {
    let mut least = f64::INFINITY;
    let mut total = 0.0;
    for mean in &*means {
        if !mean.is_nan() {
            least = least.min(*mean);
            total += *mean;
        }
    }
    let total = if least >= 0.0 && total > 0.0 {
        total
    } else {
        f64::NAN
    };
    for mean in means {
        *mean /= total;
    }
}
