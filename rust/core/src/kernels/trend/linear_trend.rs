//! Least-squares line.

use crate::kernels::Kernel;
use crate::kernels::lane_sums::{LANES, filled, fold, square};
use crate::lanes;

/// Where less than this share of the squares is left by the line, the difference that says so has lost digits,
/// and the residuals are summed instead.
const NEARLY_A_LINE: f64 = 1e-3;
/// Below this share of the sum of squares that is due to the level, the squares about the mean have lost four
/// of sixteen digits, and the values are centred first.
const HIGH_LEVEL: f64 = 1e-4;

/// Least-squares line through the known steps at the times `t = 0, 1, ...`: slope per step, intercept at
/// `t = 0`, standard error of the slope, and the correlation `r` with time.
///
/// Missing steps are left out; the times of the others stay. A flat series has slope 0 and neither
/// standard error nor correlation: NaN; two known steps have the standard error 0. Fewer give NaN.
///
/// Source: Draper & Smith (1998), *Applied Regression Analysis*, chapter 1.
#[derive(Debug, Clone, Copy, Default)]
pub struct LinearTrend;

/// Sums over the known steps, of times and values less their means.
#[derive(Debug, Default, Clone, Copy)]
struct Sums {
    n: f64,
    mean_time: f64,
    mean: f64,
    time_square: f64,
    product: f64,
    square: f64,
}

/// Inverses that the number and the times of the known steps settle.
#[derive(Debug, Default)]
pub struct Inverse {
    of: (f64, f64),
    time_square: f64,
    freedom: f64,
}

impl Kernel for LinearTrend {
    type Workspace = Inverse;

    fn width(&self, _n_steps: usize) -> usize {
        4
    }

    fn measure(&self, x: &[f64], inverse: &mut Inverse, out: &mut [f64]) {
        let mut sums = Sums::default();
        sum_all(x, &mut sums);
        // A missing step makes every sum missing.
        if !sums.square.is_finite() {
            sums = sum_known(x);
        }
        if sums.n < 2.0 {
            out.fill(f64::NAN);
            return;
        }
        inverse.prepare(&sums);
        let slope = sums.product * inverse.time_square;
        out[0] = slope;
        out[1] = slope.mul_add(-sums.mean_time, sums.mean);
        // Rounding of the mean leaves a little of nothing: only then are the values compared.
        let nothing = sums.square <= 1e-24 * sums.n * sums.mean * sums.mean;
        if nothing && is_flat(x) {
            let first = x.iter().copied().find(|v| v.is_finite());
            out.copy_from_slice(&[0.0, first.unwrap_or(f64::NAN), f64::NAN, f64::NAN]);
            return;
        }
        let mut rest = slope.mul_add(-sums.product, sums.square);
        if rest < NEARLY_A_LINE * sums.square {
            rest = residuals(x, &sums, slope);
        }
        // Without degrees of freedom, 0.
        out[2] = (rest * inverse.time_square * inverse.freedom).sqrt();
        let r = sums.product / (sums.time_square * sums.square).sqrt();
        out[3] = r.clamp(-1.0, 1.0);
    }
}

impl Inverse {
    /// Series of one length without missing steps share them, and save three divisions each.
    fn prepare(&mut self, sums: &Sums) {
        if self.of != (sums.n, sums.time_square) {
            self.of = (sums.n, sums.time_square);
            self.time_square = 1.0 / sums.time_square;
            self.freedom = if sums.n > 2.0 {
                1.0 / (sums.n - 2.0)
            } else {
                0.0
            };
        }
    }
}

fn is_flat(x: &[f64]) -> bool {
    let first = x.iter().copied().find(|v| v.is_finite());
    x.iter().all(|&v| !v.is_finite() || Some(v) == first)
}

/// Sum of squares about the line.
fn residuals(x: &[f64], sums: &Sums, slope: f64) -> f64 {
    let mut sum = 0.0;
    for (t, &v) in x.iter().enumerate() {
        if v.is_finite() {
            let rest = (v - sums.mean) - slope * (t as f64 - sums.mean_time);
            sum += rest * rest;
        }
    }
    sum
}

/// Running sums of every lane.
#[derive(Default)]
struct Lanes {
    total: [f64; LANES],
    staircase: [f64; LANES],
    square: [f64; LANES],
}

impl Lanes {
    #[inline(always)]
    fn add(&mut self, block: &[f64; LANES]) {
        for k in 0..LANES {
            self.total[k] += block[k];
            self.staircase[k] += self.total[k];
            self.square[k] = block[k].mul_add(block[k], self.square[k]);
        }
    }
}

lanes::dispatch! {
    /// One pass with three operations a value. The sum of products with time takes no times: a running sum of
    /// sums counts every block as often as there are blocks from it on.
    fn sum_all<'a>(x: &'a [f64], sums: &'a mut Sums) {
        let (blocks, rest) = x.as_chunks::<LANES>();
        let mut lanes = Lanes::default();
        for block in blocks {
            lanes.add(block);
        }
        if !rest.is_empty() {
            lanes.add(&filled(rest, 0.0));
        }
        let n = x.len() as f64;
        let mean_time = 0.5 * (n - 1.0);
        let end = x.len().next_multiple_of(LANES) as f64 - mean_time;
        // What stands `j` blocks from the end, the last one with `j = 1`, was added `j` times.
        let mut product = [0.0; LANES];
        for k in 0..LANES {
            let time = end + k as f64;
            product[k] = time.mul_add(lanes.total[k], lanes.staircase[k] * -(LANES as f64));
        }
        let sum = fold(lanes.total);
        let mean = sum / n;
        *sums = Sums {
            n,
            mean_time,
            mean,
            time_square: n * (n * n - 1.0) / 12.0,
            product: fold(product),
            square: mean.mul_add(-sum, fold(lanes.square)),
        };
        // A level far above the spread has used up the digits.
        if sums.square <= HIGH_LEVEL * mean * sum {
            sums.product = centered_product(x, sums);
            sums.square = square(x, mean);
        }
    }
}

/// Sum of the products of time and value, both less their means.
#[inline(always)]
fn centered_product(x: &[f64], sums: &Sums) -> f64 {
    let (blocks, rest) = x.as_chunks::<LANES>();
    let mut time: [f64; LANES] = std::array::from_fn(|k| k as f64 - sums.mean_time);
    let mut product = [0.0; LANES];
    for block in blocks {
        for k in 0..LANES {
            product[k] = time[k].mul_add(block[k] - sums.mean, product[k]);
            time[k] += LANES as f64;
        }
    }
    let last = filled(rest, sums.mean);
    for k in 0..LANES {
        product[k] = time[k].mul_add(last[k] - sums.mean, product[k]);
    }
    fold(product)
}

fn sum_known(x: &[f64]) -> Sums {
    let known = || x.iter().enumerate().filter(|(_, v)| v.is_finite());
    let n = known().count() as f64;
    let mean_time = known().map(|(t, _)| t as f64).sum::<f64>() / n;
    let mean = known().map(|(_, v)| v).sum::<f64>() / n;
    let mut sums = Sums {
        n,
        mean_time,
        mean,
        ..Sums::default()
    };
    for (t, v) in known() {
        let (t, d) = (t as f64 - mean_time, v - mean);
        sums.time_square += t * t;
        sums.product += t * d;
        sums.square += d * d;
    }
    sums
}
