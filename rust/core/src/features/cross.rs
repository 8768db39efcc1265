//! Cross-metric features: one metric's excess over another's, and what several metrics do together.

use super::kernel_set::{Kernels, Workspaces};
use super::level::scan;
use super::memory::{correlation, square_sum};
use super::registry::{Feature, Needs};
use super::residual::{Residual, lower_quantile};
use crate::kernels::Kernel;

const RATIO_STEPS: [usize; 4] = [1, 5, 24, 72];
/// Steps over which counts are added up before their ratio is taken.
const LEVEL_STEPS: usize = 24;
const SE: &str = "standard errors";
const PAIR: Needs = Needs::TwoMetrics;

/// What is measured of every pair of metrics, in output order.
pub(crate) const PAIR_FEATURES: [Feature; 14] = [
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
    Feature::neutral(
        "ratio",
        "level",
        "total",
        "log ratio",
        14,
        "of the totals, half a count added to each: likes per view and the like",
    )
    .needing(PAIR),
    Feature::neutral(
        "ratio",
        "median",
        "24",
        "log ratio",
        48,
        "median over 24 steps at a time, half a count added to each",
    )
    .needing(PAIR),
    Feature::neutral(
        "ratio",
        "lead_lag",
        "lag",
        "steps",
        28,
        "by which the follower's residual comes after the leader's, where they agree most",
    )
    .needing(PAIR),
    Feature::neutral(
        "ratio",
        "lead_lag",
        "value",
        "correlation",
        28,
        "of the two at that lag",
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

/// One metric of a pair.
#[derive(Clone, Copy)]
pub(crate) struct Side<'a> {
    pub(crate) counts: &'a [f32],
    pub(crate) residual: &'a Residual,
}

/// Memory for pairs.
#[derive(Default)]
pub(crate) struct Work {
    ratio: Residual,
    both: Vec<f64>,
    one: Vec<f64>,
    days: Vec<f32>,
}

/// Measures one pair.
#[inline(always)]
pub(crate) fn measure_pair(
    follower: Side<'_>,
    leader: Side<'_>,
    kernels: &Kernels,
    workspaces: &mut Workspaces,
    work: &mut Work,
    scratch: &mut Vec<f32>,
    out: &mut [f64],
) {
    let (f, l) = (follower.residual, leader.residual);
    let ratio = &mut work.ratio;
    ratio.of_ratio(f, l, scratch);
    for (k, &length) in RATIO_STEPS.iter().enumerate() {
        let (high, low) = scan(ratio, length);
        out[k] = high;
        out[RATIO_STEPS.len() + k] = -low;
    }
    out[8] = correlation((&f.u, &f.known), (&l.u, &l.known));
    let square = square_sum(&ratio.u);
    out[9] = if ratio.n_known == 0 {
        f64::NAN
    } else {
        (square / ratio.n_known as f64).sqrt()
    };
    levels(
        follower.counts,
        leader.counts,
        &work.ratio.known,
        &mut work.days,
        &mut out[10..12],
    );
    if f.len() >= 28 {
        l.with_gaps(&mut work.both);
        f.with_gaps(&mut work.one);
        work.both.extend_from_slice(&work.one);
        let slot = &mut out[12..14];
        kernels
            .lead_lag
            .measure(&work.both, &mut workspaces.lead_lag, slot);
    }
}

/// Log ratio of the totals, and its median over [`LEVEL_STEPS`] steps at a time, over steps known in both.
#[inline(always)]
fn levels(follower: &[f32], leader: &[f32], known: &[f32], logs: &mut Vec<f32>, out: &mut [f64]) {
    logs.clear();
    let (mut total_f, mut total_l) = (0.0, 0.0);
    let parts = follower.chunks(LEVEL_STEPS).zip(leader.chunks(LEVEL_STEPS));
    for ((f, l), known) in parts.zip(known.chunks(LEVEL_STEPS)) {
        let (mut sum_f, mut sum_l) = (0.0, 0.0);
        for t in 0..known.len() {
            if known[t] > 0.0 {
                sum_f += f64::from(f[t].max(0.0));
                sum_l += f64::from(l[t].max(0.0));
            }
        }
        if known.len() == LEVEL_STEPS {
            logs.push(libm::log((sum_f + 0.5) / (sum_l + 0.5)) as f32);
        }
        total_f += sum_f;
        total_l += sum_l;
    }
    out[0] = libm::log((total_f + 0.5) / (total_l + 0.5));
    out[1] = f64::from(lower_quantile(logs, 0.5));
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
