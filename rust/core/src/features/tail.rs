//! Tail features: how heavy the upper and lower ends of the residual are, given its own middle.

use super::Metric;
use super::registry::Feature;

/// What this group measures, in output order.
pub(crate) const FEATURES: [Feature; 7] = [
    Feature::high(
        "burst",
        "exceedance",
        "3",
        "share of steps",
        14,
        "steps more than 3 standard errors above",
    ),
    Feature::high(
        "burst",
        "shortfall",
        "3",
        "share of steps",
        14,
        "steps more than 3 standard errors below",
    ),
    Feature::high(
        "burst",
        "quantile",
        "95",
        "standard errors",
        14,
        "95 % point of the residual",
    ),
    Feature::high(
        "burst",
        "quantile",
        "99",
        "standard errors",
        14,
        "99 % point of the residual",
    ),
    Feature::high(
        "burst",
        "spread_ratio",
        "sd_mad",
        "ratio of logs",
        14,
        "log of the standard deviation over that implied by the median: weight of both tails",
    ),
    Feature::high(
        "burst",
        "asymmetry",
        "95",
        "ratio",
        14,
        "(95 % point + 5 % point) / (95 % point − 5 % point)",
    ),
    Feature::high(
        "burst",
        "negative_share",
        "all",
        "share of counts",
        14,
        "taken back by negative steps, over all counts given",
    ),
];

/// Measures one metric.
#[inline(always)]
pub(crate) fn measure(metric: &Metric<'_>, kept: &mut Vec<f32>, out: &mut [f64]) {
    let r = metric.residual;
    let n = r.len();
    let (u, known) = (&r.u[..n], &r.known[..n]);
    let (mut above, mut below) = (0_u32, 0_u32);
    for t in 0..n {
        above = above.wrapping_add(u32::from(u[t] > 3.0));
        below = below.wrapping_add(u32::from(u[t] < -3.0));
    }
    let count = r.n_known.max(1) as f64;
    out[0] = f64::from(above) / count;
    out[1] = f64::from(below) / count;
    kept.clear();
    if r.is_complete() {
        kept.extend_from_slice(u);
    } else {
        kept.extend(u.iter().zip(known).filter(|p| *p.1 > 0.0).map(|p| *p.0));
    }
    let square: f64 = u.iter().map(|u| f64::from(*u) * f64::from(*u)).sum::<f64>() / count;
    // Each selection leaves the values below and above it on their sides: the next one looks at less.
    let rank = |q: f64| ((kept.len().max(1) - 1) as f64 * q) as usize;
    let (low, high, top) = (rank(0.05), rank(0.95), rank(0.99));
    let at = |values: &mut [f32], rank: usize| {
        if rank < values.len() {
            f64::from(*values.select_nth_unstable_by(rank, f32::total_cmp).1)
        } else {
            f64::NAN
        }
    };
    let high_value = at(kept, high);
    let low_value = at(&mut kept[..=high.min(n.max(1) - 1)], low);
    let top_value = at(&mut kept[high..], top - high);
    out[2] = high_value;
    out[3] = top_value;
    // The middle of a metric that is almost always zero says nothing about its spread.
    out[4] = 0.5 * libm::log(square + 0.05);
    out[5] = if high_value > low_value {
        (high_value + low_value) / (high_value - low_value)
    } else {
        0.0
    };
    out[6] = taken_back(metric.counts);
}

/// Counts taken back over counts given.
#[inline(always)]
fn taken_back(counts: &[f32]) -> f64 {
    let mut negative = 0_u32;
    for &x in counts {
        negative = negative.wrapping_add(u32::from(x < 0.0));
    }
    if negative == 0 {
        return 0.0;
    }
    let (mut given, mut taken) = (0.0_f64, 0.0_f64);
    for &x in counts.iter().filter(|x| !x.is_nan()) {
        given += f64::from(x.max(0.0));
        taken -= f64::from(x.min(0.0));
    }
    taken / (given + 1.0)
}
