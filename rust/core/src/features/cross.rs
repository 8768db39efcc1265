//! Cross-metric features: one metric's excess over another's, and what several metrics do together.

use super::level::scan;
use super::memory::{correlation, lane_sum};
use super::registry::{Feature, Needs};
use super::residual::Residual;

const RATIO_STEPS: [usize; 4] = [1, 5, 24, 72];
const SE: &str = "standard errors";
const PAIR: Needs = Needs::TwoMetrics;

/// What is measured of every pair of metrics, in output order.
pub(crate) const PAIR_FEATURES: [Feature; 10] = [
    Feature::high(
        "ratio",
        "ratio_up",
        "1",
        SE,
        14,
        "largest rise of the ratio over its own past, one step",
    )
    .needing(PAIR),
    Feature::high("ratio", "ratio_up", "5", SE, 14, "the same over 5 steps").needing(PAIR),
    Feature::high("ratio", "ratio_up", "24", SE, 48, "the same over 24 steps").needing(PAIR),
    Feature::high("ratio", "ratio_up", "72", SE, 144, "the same over 72 steps").needing(PAIR),
    Feature::high(
        "ratio",
        "ratio_down",
        "1",
        SE,
        14,
        "deepest fall of the ratio below its own past, one step",
    )
    .needing(PAIR),
    Feature::high("ratio", "ratio_down", "5", SE, 14, "the same over 5 steps").needing(PAIR),
    Feature::high(
        "ratio",
        "ratio_down",
        "24",
        SE,
        48,
        "the same over 24 steps",
    )
    .needing(PAIR),
    Feature::high(
        "ratio",
        "ratio_down",
        "72",
        SE,
        144,
        "the same over 72 steps",
    )
    .needing(PAIR),
    Feature::neutral(
        "ratio",
        "residual_correlation",
        "0",
        "correlation",
        14,
        "of the two metrics' residuals in the same step",
    )
    .needing(PAIR),
    Feature::high(
        "ratio",
        "ratio_spread",
        "tail",
        SE,
        14,
        "root mean square of the ratio's standardised residual",
    )
    .needing(PAIR),
];

const JOINT_STEPS: [usize; 4] = [3, 6, 24, 72];
const JOINT_MEANING: &str =
    "largest over all windows of the second-largest metric's scan: two metrics agree";

/// What is measured of all metrics together, in output order.
pub(crate) const JOINT_FEATURES: [Feature; 4] = [
    Feature::high("burst", "joint_up", "3", SE, 14, JOINT_MEANING).needing(PAIR),
    Feature::high("burst", "joint_up", "6", SE, 14, JOINT_MEANING).needing(PAIR),
    Feature::high("burst", "joint_up", "24", SE, 48, JOINT_MEANING).needing(PAIR),
    Feature::high("burst", "joint_up", "72", SE, 144, JOINT_MEANING).needing(PAIR),
];

/// Measures one pair; `ratio` is memory for its residual.
#[inline(always)]
pub(crate) fn measure_pair(
    follower: &Residual,
    leader: &Residual,
    ratio: &mut Residual,
    scratch: &mut Vec<f32>,
    out: &mut [f64],
) {
    ratio.of_ratio(follower, leader, scratch);
    for (k, &length) in RATIO_STEPS.iter().enumerate() {
        let (high, low) = scan(ratio, length);
        out[k] = high;
        out[RATIO_STEPS.len() + k] = -low;
    }
    out[8] = correlation((&follower.u, &follower.known), (&leader.u, &leader.known));
    let u = &ratio.u[..];
    let [square] = lane_sum(u.len(), |t| [u[t] * u[t]]);
    out[9] = if ratio.n_known == 0 {
        f64::NAN
    } else {
        (square / ratio.n_known as f64).sqrt()
    };
}

/// Measures all metrics together; NaN with fewer than two.
#[inline(always)]
pub(crate) fn measure_joint(residuals: &[Residual], usable: &[usize], out: &mut [f64]) {
    let Some(&first) = usable.first() else { return };
    let n = residuals[first].len();
    if usable.len() < 2 {
        return;
    }
    for (slot, &length) in out.iter_mut().zip(&JOINT_STEPS) {
        if n < 2 * length {
            continue;
        }
        let mut best = f64::NEG_INFINITY;
        for start in 0..=n - length {
            let (mut first, mut second) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
            for &k in usable {
                let r = &residuals[k];
                let known = r.seen[start + length] - r.seen[start];
                let sum = r.sums[start + length] - r.sums[start];
                let enough = known > 0.0 && 2.0 * known >= length as f64;
                let mean = if enough {
                    sum / known
                } else {
                    f64::NEG_INFINITY
                };
                second = if mean > first {
                    first
                } else {
                    f64::max(second, mean)
                };
                first = f64::max(first, mean);
            }
            best = f64::max(best, second);
        }
        if best.is_finite() {
            *slot = best * (length as f64).sqrt();
        }
    }
}
