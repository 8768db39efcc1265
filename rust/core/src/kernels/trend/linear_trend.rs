//! Least-squares line.

use crate::kernels::Kernel;
use crate::kernels::lane_sums::{self, LANES, fold};
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

/// What the times of the known steps settle; kept from row to row.
#[derive(Debug, Default, Clone, Copy)]
pub struct Times {
    n: f64,
    mean: f64,
    /// Sum of the squares about the mean.
    square: f64,
    inverse_square: f64,
    /// Inverse of the degrees of freedom; 0 where there are none.
    inverse_freedom: f64,
}

impl Times {
    fn new(n: f64, mean: f64, square: f64) -> Self {
        Self {
            n,
            mean,
            square,
            inverse_square: 1.0 / square,
            inverse_freedom: if n > 2.0 { 1.0 / (n - 2.0) } else { 0.0 },
        }
    }

    fn of_all(n_steps: usize) -> Self {
        let n = n_steps as f64;
        Self::new(n, 0.5 * (n - 1.0), n * (n * n - 1.0) / 12.0)
    }
}

/// Sums over the known steps, of values less their mean.
struct Sums {
    mean: f64,
    /// With time.
    product: f64,
    square: f64,
}

impl Kernel for LinearTrend {
    type Workspace = Times;

    fn width(&self, _n_steps: usize) -> usize {
        4
    }

    fn measure(&self, x: &[f64], all: &mut Times, out: &mut [f64]) {
        if all.n != x.len() as f64 {
            *all = Times::of_all(x.len());
        }
        let mut times = *all;
        let mut sums = sum_all(x, &times);
        // A missing step makes every sum missing.
        if !sums.square.is_finite() {
            (times, sums) = sum_known(x);
        }
        if times.n < 2.0 {
            out.fill(f64::NAN);
            return;
        }
        let slope = sums.product * times.inverse_square;
        // Rounding of the mean leaves a little of nothing: only then are the values compared.
        let nothing = sums.square <= 1e-24 * times.n * sums.mean * sums.mean;
        if nothing && is_flat(x) {
            let first = x.iter().copied().find(|v| v.is_finite());
            out.copy_from_slice(&[0.0, first.unwrap_or(f64::NAN), f64::NAN, f64::NAN]);
            return;
        }
        let mut rest = sums.square - slope * sums.product;
        if rest < NEARLY_A_LINE * sums.square {
            rest = residuals(x, &times, sums.mean, slope);
        }
        out[0] = slope;
        out[1] = sums.mean - slope * times.mean;
        out[2] = (rest * (times.inverse_square * times.inverse_freedom)).sqrt();
        out[3] = (sums.product / (times.square * sums.square).sqrt()).clamp(-1.0, 1.0);
    }
}

fn is_flat(x: &[f64]) -> bool {
    let first = x.iter().copied().find(|v| v.is_finite());
    x.iter().all(|&v| !v.is_finite() || Some(v) == first)
}

/// Sum of squares about the line.
fn residuals(x: &[f64], times: &Times, mean: f64, slope: f64) -> f64 {
    let mut sum = 0.0;
    for (t, &v) in x.iter().enumerate() {
        if v.is_finite() {
            let rest = (v - mean) - slope * (t as f64 - times.mean);
            sum += rest * rest;
        }
    }
    sum
}

/// Sums of values not centred, spread over half of the lanes.
#[derive(Debug, Default)]
struct Running {
    total: [f64; LANES / 2],
    product: [f64; LANES / 2],
    square: [f64; LANES / 2],
}

lanes::dispatch! {
    /// One pass with three operations a value. The sum of products with time takes no times: a running sum of
    /// sums counts every block as often as there are blocks from it on. So a block that begins `16 j` steps
    /// before the `end` of all was added `j` times.
    fn run_over<'a>(blocks: &'a [[f64; LANES]], end: f64, running: &'a mut Running) {
        let mut total = [0.0; LANES];
        let mut staircase = [0.0; LANES];
        let mut square = [0.0; LANES];
        for block in blocks {
            for k in 0..LANES {
                total[k] += block[k];
                staircase[k] += total[k];
                square[k] = block[k].mul_add(block[k], square[k]);
            }
        }
        let mut product = [0.0; LANES];
        for k in 0..LANES {
            product[k] = (end + k as f64).mul_add(total[k], staircase[k] * -(LANES as f64));
        }
        let half = |lanes: &[f64; LANES]| std::array::from_fn(|k| lanes[k] + lanes[k + LANES / 2]);
        *running = Running {
            total: half(&total),
            product: half(&product),
            square: half(&square),
        };
    }
}

lanes::dispatch! {
    /// Sum of the products of values less their mean with time.
    fn products<'a>(blocks: &'a [[f64; LANES]], mean: f64, start: f64, out: &'a mut [f64; LANES]) {
        let mut time: [f64; LANES] = std::array::from_fn(|k| start + k as f64);
        let mut product = [0.0; LANES];
        for block in blocks {
            for k in 0..LANES {
                product[k] = time[k].mul_add(block[k] - mean, product[k]);
                time[k] += LANES as f64;
            }
        }
        *out = product;
    }
}

/// Sums over a series without missing steps; not finite where there is one.
fn sum_all(x: &[f64], times: &Times) -> Sums {
    let (blocks, rest) = x.as_chunks::<LANES>();
    let end = (x.len() - rest.len()) as f64 - times.mean;
    let mut running = Running::default();
    run_over(blocks, end, &mut running);
    let mut sum = fold(&running.total);
    let mut product = fold(&running.product);
    let mut square = fold(&running.square);
    for (k, &v) in rest.iter().enumerate() {
        sum += v;
        product += (end + k as f64) * v;
        square += v * v;
    }
    let mean = sum / times.n;
    let mut sums = Sums {
        mean,
        product,
        square: square - mean * sum,
    };
    // A level far above the spread has used up the digits.
    if sums.square <= HIGH_LEVEL * mean * sum {
        let mut lanes = [0.0; LANES];
        products(blocks, mean, -times.mean, &mut lanes);
        let late = rest.iter().enumerate();
        let late = late.map(|(k, v)| (end + k as f64) * (v - mean));
        sums.product = fold(&lanes) + late.sum::<f64>();
        sums.square = lane_sums::square(x, mean);
    }
    sums
}

fn sum_known(x: &[f64]) -> (Times, Sums) {
    let known = || x.iter().enumerate().filter(|(_, v)| v.is_finite());
    let n = known().count() as f64;
    let mean_time = known().map(|(t, _)| t as f64).sum::<f64>() / n;
    let mean = known().map(|(_, v)| v).sum::<f64>() / n;
    let (mut time_square, mut product, mut square) = (0.0, 0.0, 0.0);
    for (t, v) in known() {
        let (t, d) = (t as f64 - mean_time, v - mean);
        time_square += t * t;
        product += t * d;
        square += d * d;
    }
    let sums = Sums {
        mean,
        product,
        square,
    };
    (Times::new(n, mean_time, time_square), sums)
}
