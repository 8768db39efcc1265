//! Cross-metric features: one metric's excess over another's, and what several metrics do together.

use super::daily::correlation;
use super::level::{Sums, scan};
use super::residual::Residual;
use super::{Direction, Feature};

const RATIO_STEPS: [usize; 4] = [1, 5, 24, 72];

const fn ratio(
    measure: &'static str,
    parameter: &'static str,
    meaning: &'static str,
    min_steps: usize,
    direction: Direction,
) -> Feature {
    Feature {
        measure,
        parameter,
        family: "ratio",
        unit: "standard errors",
        meaning,
        min_steps,
        direction,
    }
}

/// What is measured of every pair of metrics, in output order.
pub(crate) const PAIR_FEATURES: [Feature; 10] = [
    ratio(
        "ratio_up",
        "1",
        "largest rise of the ratio over its own past, one step",
        14,
        Direction::High,
    ),
    ratio(
        "ratio_up",
        "5",
        "the same over 5 steps",
        14,
        Direction::High,
    ),
    ratio(
        "ratio_up",
        "24",
        "the same over 24 steps",
        48,
        Direction::High,
    ),
    ratio(
        "ratio_up",
        "72",
        "the same over 72 steps",
        144,
        Direction::High,
    ),
    ratio(
        "ratio_down",
        "1",
        "deepest fall of the ratio below its own past, one step",
        14,
        Direction::High,
    ),
    ratio(
        "ratio_down",
        "5",
        "the same over 5 steps",
        14,
        Direction::High,
    ),
    ratio(
        "ratio_down",
        "24",
        "the same over 24 steps",
        48,
        Direction::High,
    ),
    ratio(
        "ratio_down",
        "72",
        "the same over 72 steps",
        144,
        Direction::High,
    ),
    Feature {
        measure: "residual_correlation",
        parameter: "0",
        family: "ratio",
        unit: "correlation",
        meaning: "of the two metrics' residuals in the same step",
        min_steps: 14,
        direction: Direction::None,
    },
    Feature {
        measure: "ratio_spread",
        parameter: "tail",
        family: "ratio",
        unit: "standard errors",
        meaning: "root mean square of the ratio's standardised residual",
        min_steps: 14,
        direction: Direction::High,
    },
];

const JOINT_STEPS: [usize; 4] = [3, 6, 24, 72];

/// What is measured of all metrics together, in output order.
pub(crate) const JOINT_FEATURES: [Feature; 4] = [
    joint("3", 14),
    joint("6", 14),
    joint("24", 48),
    joint("72", 144),
];

const fn joint(parameter: &'static str, min_steps: usize) -> Feature {
    Feature {
        measure: "joint_up",
        parameter,
        family: "burst",
        unit: "standard errors",
        meaning: "largest over all windows of the second-largest metric's scan: two metrics agree",
        min_steps,
        direction: Direction::High,
    }
}

/// Measures one pair.
pub(crate) fn measure_pair(follower: &Residual, leader: &Residual, out: &mut [f64]) {
    let ratio = Residual::of_ratio(follower, leader);
    let sums = Sums::new(&ratio.u);
    for (k, &length) in RATIO_STEPS.iter().enumerate() {
        let (high, low) = scan(&sums, length);
        out[k] = high;
        out[RATIO_STEPS.len() + k] = -low;
    }
    out[8] = correlation(&follower.u, &leader.u);
    let n = ratio.n_observed();
    let square: f64 = ratio.u.iter().filter(|u| !u.is_nan()).map(|u| u * u).sum();
    out[9] = if n == 0 {
        f64::NAN
    } else {
        libm::sqrt(square / n as f64)
    };
}

/// Measures all metrics together; NaN with fewer than two.
pub(crate) fn measure_joint(residuals: &[&Residual], out: &mut [f64]) {
    if residuals.len() < 2 {
        return;
    }
    let sums: Vec<Sums> = residuals.iter().map(|r| Sums::new(&r.u)).collect();
    let n = sums[0].len();
    for (slot, &length) in out.iter_mut().zip(&JOINT_STEPS) {
        if n < 2 * length {
            continue;
        }
        let root = libm::sqrt(length as f64);
        for start in 0..=n - length {
            let (mut first, mut second) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
            for s in &sums {
                let mean = s.mean(start, start + length);
                if mean > first {
                    second = first;
                    first = mean;
                } else if mean > second {
                    second = mean;
                }
            }
            if second.is_finite() {
                *slot = slot.max(second * root);
            }
        }
    }
}
