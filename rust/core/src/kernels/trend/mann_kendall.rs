//! Mann-Kendall test.

use crate::kernels::Kernel;
use crate::kernels::known::keep_known;
use crate::kernels::lane_sums::{LANES, smaller};
use crate::lanes;

/// Values that are compared with one earlier value at once.
const BLOCK: usize = 32;
/// Steps up to which a counter of 16 bits holds.
const MOST_COUNTED: usize = i16::MAX as usize;
/// Odd, with bits as in random numbers: the highest bits of a product depend on all bits of the other factor.
const MIX: u64 = 0x9E37_79B9_7F4A_7C15;
/// Added to a value below 2^51, this rounds it to a whole number and puts that into the lowest bits.
const ROUNDING: f64 = 6_755_399_441_055_744.0;

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

/// Known values, in the narrowest type that orders them all.
#[derive(Debug, Default)]
pub struct Known {
    values: Vec<f64>,
    whole: Vec<i16>,
    narrow: Vec<f32>,
    /// Places of different values, one more each; 0 where there is none.
    table: Vec<u32>,
}

/// What the pairs of a series say together. Whole numbers, exact up to 2^53.
#[derive(Debug, Default)]
struct Pairs {
    /// Pairs that rise, less pairs that fall.
    score: f64,
    /// `sum of t (t - 1) (2 t + 5)` over the groups of `t` equal values.
    ties: f64,
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
        let pairs = known.compare();
        let score = pairs.score;
        let variance = (n * (n - 1.0) * (2.0 * n + 5.0) - pairs.ties) / 18.0;
        let z = if score == 0.0 {
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

impl Known {
    /// Compares the values in the narrowest type, of which most fit into a register.
    fn compare(&mut self) -> Pairs {
        let n = self.values.len();
        let mut pairs = Pairs::default();
        if self.number_whole() {
            pad(&mut self.whole, 0);
            compare_whole(&self.whole, n, &mut pairs);
            return pairs;
        }
        self.narrow.clear();
        self.narrow.extend(self.values.iter().map(|&v| v as f32));
        pad(&mut self.narrow, f32::NAN);
        compare_narrow(&self.narrow, n, &mut pairs);
        // Rounding keeps the order, but may make different values equal.
        if pairs.ties > 0.0 && !self.ties_are_real() {
            pairs = Pairs::default();
            pad(&mut self.values, f64::NAN);
            compare_wide(&self.values, n, &mut pairs);
        }
        pairs
    }

    /// Numbers whole values from the least one on; false where there are others or they reach too far.
    fn number_whole(&mut self) -> bool {
        let n = self.values.len();
        if n > MOST_COUNTED {
            return false;
        }
        self.whole.clear();
        self.whole.resize(n, 0);
        let mut fits = [false];
        number_from_least(&self.values, &mut self.whole, &mut fits);
        fits[0]
    }

    /// Whether values that are equal when rounded are equal.
    fn ties_are_real(&mut self) -> bool {
        let rounded = self.values.iter().zip(&self.narrow);
        if rounded.fold(true, |all, (&v, &w)| all & (f64::from(w) == v)) {
            return true;
        }
        let size = (2 * self.values.len()).next_power_of_two();
        self.table.clear();
        self.table.resize(size, 0);
        for (i, &value) in self.values.iter().enumerate() {
            // Adding 0 makes -0 the same as 0.
            let rounded = value as f32 + 0.0;
            let hash = u64::from(rounded.to_bits()).wrapping_mul(MIX);
            let mut slot = (hash >> (64 - size.trailing_zeros())) as usize;
            loop {
                let Some(first) = self.table[slot].checked_sub(1) else {
                    self.table[slot] = i as u32 + 1;
                    break;
                };
                let other = self.values[first as usize];
                if other == value {
                    break;
                }
                if other as f32 == rounded {
                    return false;
                }
                slot = (slot + 1) & (size - 1);
            }
        }
        true
    }
}

/// Fills up the last block with what is neither above nor below anything.
fn pad<T: Copy>(values: &mut Vec<T>, nothing: T) {
    values.resize(values.len().next_multiple_of(BLOCK), nothing);
}

/// A value to compare and a counter as wide, so that both fill a register alike.
trait Lane: Copy + PartialOrd {
    type Count: Copy + Default + Into<f64>;
    /// No counts for so many values, then one for each.
    const STEP: [Self::Count; 2 * BLOCK];
    fn add(count: Self::Count, more: Self::Count, counts: bool) -> Self::Count;
}

impl Lane for i16 {
    type Count = i16;
    const STEP: [i16; 2 * BLOCK] = step(0, 1);
    #[inline(always)]
    fn add(count: i16, more: i16, counts: bool) -> i16 {
        // A mask: a choice between two numbers may become a branch.
        count.wrapping_add(more & i16::from(counts).wrapping_neg())
    }
}

impl Lane for f32 {
    type Count = i32;
    const STEP: [i32; 2 * BLOCK] = step(0, 1);
    #[inline(always)]
    fn add(count: i32, more: i32, counts: bool) -> i32 {
        // A mask: a choice between two numbers may become a branch.
        count.wrapping_add(more & i32::from(counts).wrapping_neg())
    }
}

impl Lane for f64 {
    type Count = f64;
    const STEP: [f64; 2 * BLOCK] = step(0.0, 1.0);
    #[inline(always)]
    fn add(count: f64, more: f64, counts: bool) -> f64 {
        count + if counts { more } else { 0.0 }
    }
}

const fn step<T: Copy>(zero: T, one: T) -> [T; 2 * BLOCK] {
    let mut step = [zero; 2 * BLOCK];
    let mut k = BLOCK;
    while k < 2 * BLOCK {
        step[k] = one;
        k += 1;
    }
    step
}

lanes::dispatch! {
    fn number_from_least<'a>(values: &'a [f64], whole: &'a mut [i16], fits: &'a mut [bool; 1]) {
        let (blocks, rest) = values.as_chunks::<LANES>();
        let mut lanes = [f64::INFINITY; LANES];
        for block in blocks {
            for k in 0..LANES {
                lanes[k] = smaller(block[k], lanes[k]);
            }
        }
        let least = rest.iter().chain(&lanes).fold(f64::INFINITY, |a, &b| smaller(b, a));
        let mut others = 0_u64;
        for (value, number) in values.iter().zip(whole) {
            let above = value - least;
            others |= u64::from((value + ROUNDING) - ROUNDING != *value) | u64::from(above > 65_535.0);
            *number = ((above + ROUNDING).to_bits() as u16 ^ 0x8000) as i16;
        }
        fits[0] = others == 0;
    }
}

lanes::dispatch! {
    fn compare_whole<'a>(x: &'a [i16], n: usize, pairs: &'a mut Pairs) {
        compare(x, n, pairs);
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

/// Earlier values that each of a block is above and below.
struct Counts<T: Lane> {
    above: [T::Count; BLOCK],
    below: [T::Count; BLOCK],
}

impl<T: Lane> Counts<T> {
    /// Compares a block with an earlier value; `weight` is 0 for those that do not come later.
    #[inline(always)]
    fn look(&mut self, block: &[T; BLOCK], earlier: T, weight: &[T::Count]) {
        for k in 0..BLOCK {
            self.above[k] = T::add(self.above[k], weight[k], block[k] > earlier);
            self.below[k] = T::add(self.below[k], weight[k], block[k] < earlier);
        }
    }
}

/// Compares each block with all values before it. The value at place `j` equals `e` earlier ones; over a
/// group of `t` equal values, `e` runs from 0 to `t - 1` and `6 e^2 + 12 e` sums to
/// `t (t - 1) (2 t + 5)`, so that ties need no sorting.
#[inline(always)]
fn compare<T: Lane>(x: &[T], n: usize, pairs: &mut Pairs) {
    let (blocks, _) = x.as_chunks::<BLOCK>();
    let mut score = [0.0; BLOCK];
    let mut ties = [0.0; BLOCK];
    for (b, block) in blocks.iter().enumerate() {
        let start = b * BLOCK;
        let mut counts = Counts::<T> {
            above: [T::Count::default(); BLOCK],
            below: [T::Count::default(); BLOCK],
        };
        for &earlier in &x[..start] {
            counts.look(block, earlier, &T::STEP[BLOCK..]);
        }
        for i in 0..BLOCK {
            counts.look(block, block[i], &T::STEP[BLOCK - 1 - i..][..BLOCK]);
        }
        for k in 0..BLOCK {
            let (above, below): (f64, f64) = (counts.above[k].into(), counts.below[k].into());
            let equal = (start + k) as f64 - above - below;
            // What fills up the last block counts for nothing.
            let counted = if start + k < n { 1.0 } else { 0.0 };
            score[k] += counted * (above - below);
            ties[k] += counted * (6.0 * equal + 12.0) * equal;
        }
    }
    pairs.score = score.iter().sum();
    pairs.ties = ties.iter().sum();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::measure;

    fn score(x: &[f64]) -> f64 {
        measure(&MannKendall, x).unwrap()[0]
    }

    #[test]
    fn values_that_rounding_makes_equal_are_told_apart() {
        let near: Vec<f64> = (0..100).map(|k| 1.0 + f64::from(k) * 1e-12).collect();
        assert_eq!(score(&near), 4950.0);
        let huge: Vec<f64> = (0..100).map(|k| f64::from(k) * 1e100).collect();
        assert_eq!(score(&huge), 4950.0);
        // Equal values stay equal beside them: pairs of 50 different ones.
        let pairs: Vec<f64> = (0..100).map(|k| 1.0 + f64::from(k / 2) * 1e-12).collect();
        assert_eq!(score(&pairs), 4900.0);
    }

    #[test]
    fn whole_numbers_reach_as_far_as_their_keys() {
        for most in [65_535.0, 65_536.0] {
            assert_eq!(score(&[0.0, most, 1.0, most - 1.0]), 2.0);
            assert_eq!(score(&[-1e9, most - 1e9]), 1.0);
        }
        // Differences from the least value are whole, the values are not.
        assert_eq!(score(&[-3.0, 1e-20, 2e-20]), 3.0);
    }
}
