//! Which values of a series are known; sums over them, their range and their order.

use super::lane_sums::{fold, fold_by, larger, smaller};
use crate::lanes::dispatch;

/// Partial sums kept side by side: four of the widest registers, enough to hide the latency of an addition.
const LANES: usize = 32;

dispatch! {
    /// Whether no step is missing.
    fn test_complete<'a>(x: &'a [f64], complete: &'a mut bool) {
        // Not a number where a value is not finite. Sums of numbers become vectors; sums of truth values, which
        // take several instructions to widen, took fifteen times as long.
        let mut missing = [0.0_f64; LANES];
        let (chunks, rest) = x.as_chunks::<LANES>();
        for chunk in chunks {
            for k in 0..LANES {
                missing[k] += chunk[k] * 0.0;
            }
        }
        let some = rest.iter().any(|v| !v.is_finite());
        *complete = !some && missing.iter().all(|&m| m == 0.0);
    }
}

/// Whether no step is missing.
pub(super) fn is_complete(x: &[f64]) -> bool {
    let mut complete = false;
    test_complete(x, &mut complete);
    complete
}

dispatch! {
    /// Whether all values are equal, or there is none.
    pub(super) fn test_flat<'a>(known: &'a [f64], flat: &'a mut bool) {
        let (low, high) = range_of(known);
        *flat = low >= high;
    }
}

/// The known values in order: the series itself where no step is missing, else a copy in `buffer`.
pub(super) fn known_values<'a>(x: &'a [f64], buffer: &'a mut Vec<f64>) -> &'a [f64] {
    if is_complete(x) {
        return x;
    }
    keep_known(x, buffer);
    buffer
}

/// Copies the known values, in order.
pub(super) fn keep_known(x: &[f64], known: &mut Vec<f64>) {
    known.clear();
    if is_complete(x) {
        known.extend_from_slice(x);
    } else {
        known.extend(x.iter().copied().filter(|v| v.is_finite()));
    }
}

/// Step of the known value with this rank in time.
pub(super) fn step_of_known(x: &[f64], rank: usize) -> usize {
    let mut known = x.iter().enumerate().filter(|(_, v)| v.is_finite());
    known.nth(rank).map_or(0, |(t, _)| t)
}

/// Sum of `f` over all values, in an order that depends on their number alone.
#[inline(always)]
pub(super) fn sum_of(x: &[f64], f: impl Fn(f64) -> f64) -> f64 {
    let mut lanes = [0.0_f64; LANES];
    let (chunks, rest) = x.as_chunks::<LANES>();
    for chunk in chunks {
        for k in 0..LANES {
            lanes[k] += f(chunk[k]);
        }
    }
    for (lane, &v) in lanes.iter_mut().zip(rest) {
        *lane += f(v);
    }
    fold(&lanes)
}

/// Smallest and largest of the values that are not NaN; infinite, and the wrong way round, where there is none.
#[inline(always)]
pub(crate) fn range_of(x: &[f64]) -> (f64, f64) {
    let mut low = [f64::INFINITY; LANES];
    let mut high = [f64::NEG_INFINITY; LANES];
    let (chunks, rest) = x.as_chunks::<LANES>();
    for chunk in chunks {
        for k in 0..LANES {
            // The second of the two where the first is NaN.
            low[k] = smaller(chunk[k], low[k]);
            high[k] = larger(chunk[k], high[k]);
        }
    }
    for (k, &v) in rest.iter().enumerate() {
        low[k] = smaller(v, low[k]);
        high[k] = larger(v, high[k]);
    }
    (fold_by(&low, smaller), fold_by(&high, larger))
}

/// Whole number that orders as the float64 of these bits does; its own inverse.
#[inline(always)]
pub(super) fn ordered(bits: i64) -> i64 {
    bits ^ ((bits >> 63) as u64 >> 1) as i64
}
