//! Sums in a fixed order that fill registers, with the same bits for any width of them.

use crate::lanes;

/// Running sums of a series at once: two registers of the widest kind. They leave each pass through memory and
/// are added up outside of it: where the compiler sees both, it takes the pairs of the last additions for the
/// shape of the whole loop, which then fills an eighth of a register.
pub(super) const LANES: usize = 16;

/// Sum of the lanes.
#[inline]
pub(super) fn fold<const N: usize>(lanes: &[f64; N]) -> f64 {
    fold_by(lanes, |a, b| a + b)
}

/// What two lanes make, halves onto halves until one is left; their number is a power of two.
#[inline(always)]
pub(super) fn fold_by<T: Copy, const N: usize>(lanes: &[T; N], both: impl Fn(T, T) -> T) -> T {
    let mut lanes = *lanes;
    let mut half = N / 2;
    while half > 0 {
        for k in 0..half {
            lanes[k] = both(lanes[k], lanes[k + half]);
        }
        half /= 2;
    }
    lanes[0]
}

/// The smaller of two numbers, the second where one is NaN, in one instruction.
#[inline(always)]
pub(super) fn smaller(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}

/// The larger of two numbers, the second where one is NaN, in one instruction.
#[inline(always)]
pub(super) fn larger(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

/// Sum of all values.
pub(super) fn total(x: &[f64]) -> f64 {
    let mut sums = [0.0; LANES];
    add(x, &mut sums);
    fold(&sums)
}

/// Sum of the squares of all values less their mean.
pub(super) fn square(x: &[f64], mean: f64) -> f64 {
    let mut sums = [0.0; LANES];
    add_squares(x, mean, &mut sums);
    fold(&sums)
}

lanes::dispatch! {
    fn add<'a>(x: &'a [f64], out: &'a mut [f64; LANES]) {
        let (blocks, rest) = x.as_chunks::<LANES>();
        let mut sums = [0.0; LANES];
        for block in blocks {
            for k in 0..LANES {
                sums[k] += block[k];
            }
        }
        *out = sums;
        for (sum, v) in out.iter_mut().zip(rest) {
            *sum += v;
        }
    }
}

lanes::dispatch! {
    fn add_squares<'a>(x: &'a [f64], mean: f64, out: &'a mut [f64; LANES]) {
        let (blocks, rest) = x.as_chunks::<LANES>();
        let mut sums = [0.0; LANES];
        for block in blocks {
            for k in 0..LANES {
                let d = block[k] - mean;
                sums[k] = d.mul_add(d, sums[k]);
            }
        }
        *out = sums;
        for (sum, v) in out.iter_mut().zip(rest) {
            let d = v - mean;
            *sum = d.mul_add(d, *sum);
        }
    }
}
