//! Mann-Kendall test.

use crate::kernels::Kernel;
use crate::kernels::robust::keep_known;
use crate::lanes;

/// Values that are compared with one earlier value at once.
const BLOCK: usize = 32;

/// Mann-Kendall test of a monotone trend: the score `S = sum over i < j of sign(x[j] - x[i])`, its
/// deviate `z` with the variance corrected for ties and a step of one towards 0, the two-sided normal
/// probability `p`, and Kendall's `tau = S / (n (n - 1) / 2)`.
///
/// Missing steps are left out. A flat series has `S = z = tau = 0` and `p = 1`; fewer than two known
/// steps give NaN.
///
/// Source: Mann (1945), *Econometrica* 13; Kendall (1975), *Rank Correlation Methods*.
#[derive(Debug, Clone, Copy, Default)]
pub struct MannKendall;

/// Known values, in the narrowest type that holds them all.
#[derive(Debug, Default)]
pub struct Known {
    values: Vec<f64>,
    narrow: Vec<f32>,
}

/// What the pairs of a series say together.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    /// Pairs that rise, less pairs that fall.
    pub(super) score: i64,
    /// `sum of t (t - 1) (2 t + 5)` over the groups of `t` equal values.
    ties: i64,
}

impl Kernel for MannKendall {
    type Workspace = Known;

    fn width(&self, _n_steps: usize) -> usize {
        4
    }

    fn measure(&self, x: &[f64], known: &mut Known, out: &mut [f64]) {
        keep_known(x, &mut known.values);
        let n = known.values.len() as f64;
        if n < 2.0 {
            out.fill(f64::NAN);
            return;
        }
        let mut pairs = Pairs::default();
        known.narrow.clear();
        known.narrow.extend(known.values.iter().map(|&v| v as f32));
        let same = known.values.iter().zip(&known.narrow);
        if same.fold(true, |all, (&v, &w)| all & (f64::from(w) == v)) {
            pad(&mut known.narrow);
            compare_narrow(&known.narrow, known.values.len(), &mut pairs);
        } else {
            let n = known.values.len();
            pad(&mut known.values);
            compare_wide(&known.values, n, &mut pairs);
        }
        let score = pairs.score as f64;
        let variance = (n * (n - 1.0) * (2.0 * n + 5.0) - pairs.ties as f64) / 18.0;
        let z = if pairs.score == 0 {
            0.0
        } else {
            (score - score.signum()) / variance.sqrt()
        };
        out[0] = score;
        out[1] = z;
        out[2] = libm::erfc(z.abs() * std::f64::consts::FRAC_1_SQRT_2);
        out[3] = score / (0.5 * n * (n - 1.0));
    }
}

/// Fills up the last block.
fn pad<T: Lane>(values: &mut Vec<T>) {
    values.resize(values.len().next_multiple_of(BLOCK), T::NOTHING);
}

/// A value to compare and a counter as wide, so that both fill a register alike.
trait Lane: Copy + PartialOrd + Default {
    /// Neither above nor below anything.
    const NOTHING: Self;
    type Count: Copy + Default + Into<i64>;
    fn count(count: Self::Count, one_more: bool) -> Self::Count;
}

impl Lane for f32 {
    const NOTHING: f32 = f32::NAN;
    type Count = i32;
    #[inline(always)]
    fn count(count: i32, one_more: bool) -> i32 {
        count.wrapping_add(i32::from(one_more))
    }
}

impl Lane for f64 {
    const NOTHING: f64 = f64::NAN;
    type Count = i64;
    #[inline(always)]
    fn count(count: i64, one_more: bool) -> i64 {
        count.wrapping_add(i64::from(one_more))
    }
}

lanes::dispatch! {
    fn compare_narrow<'a>(x: &'a [f32], n: usize, pairs: &'a mut Pairs) {
        compare(x, n, pairs);
    }
}

lanes::dispatch! {
    fn compare_wide<'a>(x: &'a [f64], n: usize, pairs: &'a mut Pairs) {
        compare(x, n, pairs);
    }
}

/// Compares each block with all values before it. The value at place `j` equals `e` earlier ones; over a
/// group of `t` equal values, `e` runs from 0 to `t - 1` and `6 e^2 + 12 e` sums to
/// `t (t - 1) (2 t + 5)`, so that ties need no sorting.
#[inline(always)]
fn compare<T: Lane>(x: &[T], n: usize, pairs: &mut Pairs) {
    let (blocks, _) = x.as_chunks::<BLOCK>();
    for (b, block) in blocks.iter().enumerate() {
        let mut above = [T::Count::default(); BLOCK];
        let mut below = [T::Count::default(); BLOCK];
        for &earlier in &x[..b * BLOCK] {
            for k in 0..BLOCK {
                above[k] = T::count(above[k], block[k] > earlier);
                below[k] = T::count(below[k], block[k] < earlier);
            }
        }
        for i in 0..BLOCK {
            let earlier = block[i];
            for k in 0..BLOCK {
                // Earlier places take part as what is neither above nor below anything.
                let value = if k > i { block[k] } else { T::NOTHING };
                above[k] = T::count(above[k], value > earlier);
                below[k] = T::count(below[k], value < earlier);
            }
        }
        for (j, (&above, &below)) in (b * BLOCK..n).zip(above.iter().zip(&below)) {
            let (above, below): (i64, i64) = (above.into(), below.into());
            let equal = j as i64 - above - below;
            pairs.score += above - below;
            pairs.ties += 6 * equal * equal + 12 * equal;
        }
    }
}
