//! Roundness of the total.

use crate::kernels::{Kernel, lane_sums};

/// Whole numbers from here on are not all representable.
const MOST: f64 = 9_007_199_254_740_992.0;

/// How round the total of the known steps is, as the chance of a random whole number to be as round. Three
/// values: the chance `10^-k` that it ends in at least the `k` zeros that this total ends in; the chance
/// `min(1, (2 d + 1) / m)` that it lies at least as near to a positive multiple of `m` as this total, which
/// lies `d` away from one, for `m = 100` and for `m = 1000`.
///
/// Below half of `m` no multiple is near: 1. A total that is not a whole number from 1 to 2^53 gives NaN.
#[derive(Debug, Clone, Copy, Default)]
pub struct RoundTotals;

impl Kernel for RoundTotals {
    type Workspace = ();

    fn width(&self, _n_steps: usize) -> usize {
        3
    }

    fn measure(&self, x: &[f64], (): &mut (), out: &mut [f64]) {
        let mut total = lane_sums::total(x);
        if !total.is_finite() {
            total = x.iter().filter(|v| v.is_finite()).sum();
        }
        if !(1.0..=MOST).contains(&total) || total.fract() != 0.0 {
            out.fill(f64::NAN);
            return;
        }
        let total = total as u64;
        let (mut rest, mut chance) = (total, 1.0);
        while rest % 10 == 0 {
            rest /= 10;
            chance /= 10.0;
        }
        out[0] = chance;
        out[1] = chance_near(total, 100);
        out[2] = chance_near(total, 1000);
    }
}

fn chance_near(total: u64, step: u64) -> f64 {
    let over = total % step;
    let away = if total < step {
        step - over
    } else {
        over.min(step - over)
    };
    ((2 * away + 1) as f64 / step as f64).min(1.0)
}
