//! Least-squares line.

use crate::kernels::Kernel;
use crate::kernels::lane_sums::{LANES, fold, total};
use crate::lanes;

/// Beyond this squared correlation `1 - r^2` has lost digits, and the residuals are summed instead.
const NEARLY_A_LINE: f64 = 0.999;

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

impl Kernel for LinearTrend {
    type Workspace = ();

    fn width(&self, _n_steps: usize) -> usize {
        4
    }

    fn measure(&self, x: &[f64], (): &mut (), out: &mut [f64]) {
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
        let slope = sums.product / sums.time_square;
        out[0] = slope;
        out[1] = sums.mean - slope * sums.mean_time;
        // Rounding of the mean leaves a little of nothing: only then are the values compared.
        let nothing = sums.square <= 1e-24 * sums.n * sums.mean * sums.mean;
        if nothing && is_flat(x) {
            let first = x.iter().copied().find(|v| v.is_finite());
            out.copy_from_slice(&[0.0, first.unwrap_or(f64::NAN), f64::NAN, f64::NAN]);
            return;
        }
        let r = (sums.product / (sums.time_square * sums.square).sqrt()).clamp(-1.0, 1.0);
        let mut rest = (1.0 - r * r) * sums.square;
        if r * r > NEARLY_A_LINE {
            rest = residuals(x, &sums, slope);
        }
        out[2] = if sums.n > 2.0 {
            (rest / sums.time_square / (sums.n - 2.0)).sqrt()
        } else {
            0.0
        };
        out[3] = r;
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

lanes::dispatch! {
    /// Two passes over values that lie in the nearest cache: as fast as one, and exact at any level.
    fn sum_all<'a>(x: &'a [f64], sums: &'a mut Sums) {
        let n = x.len() as f64;
        let (blocks, rest) = x.as_chunks::<LANES>();
        let mean = total(x) / n;
        let mean_time = 0.5 * (n - 1.0);
        let mut time: [f64; LANES] = std::array::from_fn(|k| k as f64 - mean_time);
        let mut product = [0.0; LANES];
        let mut square = [0.0; LANES];
        for block in blocks {
            for k in 0..LANES {
                let d = block[k] - mean;
                product[k] = time[k].mul_add(d, product[k]);
                square[k] = d.mul_add(d, square[k]);
                time[k] += LANES as f64;
            }
        }
        for (k, v) in rest.iter().enumerate() {
            let d = v - mean;
            product[k] = time[k].mul_add(d, product[k]);
            square[k] = d.mul_add(d, square[k]);
        }
        *sums = Sums {
            n,
            mean_time,
            mean,
            time_square: n * (n * n - 1.0) / 12.0,
            product: fold(product),
            square: fold(square),
        };
    }
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
