//! Which values of a series are known, and sums over them.

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
    buffer.clear();
    buffer.extend(x.iter().copied().filter(|v| v.is_finite()));
    buffer
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
    let mut width = LANES / 2;
    while width > 0 {
        for k in 0..width {
            lanes[k] += lanes[k + width];
        }
        width /= 2;
    }
    lanes[0]
}

/// Smallest and largest value; infinite, and the wrong way round, where there is none.
#[inline(always)]
pub(super) fn range_of(x: &[f64]) -> (f64, f64) {
    let mut low = [f64::INFINITY; LANES];
    let mut high = [f64::NEG_INFINITY; LANES];
    let (chunks, rest) = x.as_chunks::<LANES>();
    for chunk in chunks {
        for k in 0..LANES {
            low[k] = if chunk[k] < low[k] { chunk[k] } else { low[k] };
            high[k] = if chunk[k] > high[k] {
                chunk[k]
            } else {
                high[k]
            };
        }
    }
    for (k, &v) in rest.iter().enumerate() {
        low[k] = if v < low[k] { v } else { low[k] };
        high[k] = if v > high[k] { v } else { high[k] };
    }
    let mut width = LANES / 2;
    while width > 0 {
        for k in 0..width {
            low[k] = if low[k + width] < low[k] {
                low[k + width]
            } else {
                low[k]
            };
            high[k] = if high[k + width] > high[k] {
                high[k + width]
            } else {
                high[k]
            };
        }
        width /= 2;
    }
    (low[0], high[0])
}

/// Whole number that orders as the float64 of these bits does; its own inverse.
#[inline(always)]
pub(super) fn ordered(bits: i64) -> i64 {
    bits ^ ((bits >> 63) as u64 >> 1) as i64
}
