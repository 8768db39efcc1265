//! Tail features: how heavy the upper and lower ends of the residual are, given its own middle.

use super::residual::quantile_in_place;
use super::{Direction, Feature, Metric};

const fn feature(
    measure: &'static str,
    parameter: &'static str,
    unit: &'static str,
    meaning: &'static str,
    direction: Direction,
) -> Feature {
    Feature {
        measure,
        parameter,
        family: "burst",
        unit,
        meaning,
        min_steps: 14,
        direction,
    }
}

/// What this family measures, in output order.
pub(crate) const FEATURES: [Feature; 7] = [
    feature(
        "exceedance",
        "3",
        "share of steps",
        "steps more than 3 standard errors above",
        Direction::High,
    ),
    feature(
        "shortfall",
        "3",
        "share of steps",
        "steps more than 3 standard errors below",
        Direction::High,
    ),
    feature(
        "quantile",
        "95",
        "standard errors",
        "95 % point of the residual",
        Direction::High,
    ),
    feature(
        "quantile",
        "99",
        "standard errors",
        "99 % point of the residual",
        Direction::High,
    ),
    feature(
        "spread_ratio",
        "sd_mad",
        "ratio of logs",
        "log of the standard deviation over that implied by the median: weight of both tails",
        Direction::High,
    ),
    feature(
        "asymmetry",
        "95",
        "ratio",
        "(95 % point + 5 % point) / (95 % point − 5 % point)",
        Direction::High,
    ),
    feature(
        "negative_share",
        "all",
        "share of counts",
        "taken back by negative steps, over all counts given",
        Direction::High,
    ),
];

/// Measures one metric.
pub(crate) fn measure(metric: &Metric<'_>, out: &mut [f64]) {
    let mut kept: Vec<f64> = metric
        .residual
        .u
        .iter()
        .copied()
        .filter(|u| !u.is_nan())
        .collect();
    let n = kept.len().max(1) as f64;
    out[0] = kept.iter().filter(|u| **u > 3.0).count() as f64 / n;
    out[1] = kept.iter().filter(|u| **u < -3.0).count() as f64 / n;
    let square = kept.iter().map(|u| u * u).sum::<f64>() / n;
    let high = quantile_in_place(&mut kept, 0.95);
    out[2] = high;
    out[3] = quantile_in_place(&mut kept, 0.99);
    // The middle of a metric that is almost always zero says nothing about its spread.
    out[4] = 0.5 * libm::log(square + 0.05);
    let low = quantile_in_place(&mut kept, 0.05);
    out[5] = if high > low {
        (high + low) / (high - low)
    } else {
        0.0
    };
    let (mut given, mut taken) = (0.0_f64, 0.0_f64);
    for &x in metric.counts.iter().filter(|x| !x.is_nan()) {
        given += f64::from(x.max(0.0));
        taken -= f64::from(x.min(0.0));
    }
    out[6] = taken / (given + 1.0);
}
