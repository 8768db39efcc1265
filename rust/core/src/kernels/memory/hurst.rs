//! Hurst exponent by the rescaled range.

use std::f64::consts::PI;

use pulp::Simd;

use super::windows::{Windows, covered, is_flat, lay_out, slope};
use crate::kernels::Kernel;
use crate::kernels::eight_sums::Lanes;
use crate::lanes::{Eight, LANES, dispatch_eight};

/// Hurst exponent: half more than the slope of `log(R/S)`, less its expectation for white noise, over
/// `log(n)`, where R/S is the rescaled range of windows of `n` steps, averaged over the windows that lie
/// one after another. White noise has 0.5.
///
/// Up to 15 window lengths `round(N^(3/8 + k/60))`, `k = 0..14`, for `N` steps. R is the range of the sums
/// of deviations from the window's mean, S its standard deviation (ddof 1). Windows of equal values are
/// skipped; missing steps count as the mean of the known ones. NaN for a flat series and where fewer than
/// two window lengths remain.
///
/// Source: Hurst (1951); the expectation of Anis & Lloyd (1976), corrected by Peters (1994).
#[derive(Debug, Clone, Copy, Default)]
pub struct Hurst;

/// One length of windows.
#[derive(Debug, Clone, Copy)]
struct Scale {
    n: usize,
    log_n: f64,
    log_expected: f64,
}

/// Window lengths for one length of series, and memory for its windows.
#[derive(Debug, Default)]
pub struct RescaledRange {
    n_steps: usize,
    scales: Vec<Scale>,
    windows: Windows,
    points: Vec<(f64, f64)>,
}

/// Number of window lengths looked for.
const LENGTHS: u8 = 15;
/// Beyond, the gamma functions of Anis and Lloyd overflow, and their limit is used.
const LONGEST_EXACT: usize = 340;

/// Rescaled range that white noise has in windows of `n` steps.
fn expected(n: usize) -> f64 {
    let steps = n as f64;
    let ratio = if n <= LONGEST_EXACT {
        libm::tgamma((steps - 1.0) / 2.0) / PI.sqrt() / libm::tgamma(steps / 2.0)
    } else {
        1.0 / (steps * PI / 2.0).sqrt()
    };
    let sum: f64 = (1..n).map(|i| ((n - i) as f64 / i as f64).sqrt()).sum();
    (steps - 0.5) / steps * ratio * sum
}

fn scales(n_steps: usize) -> Vec<Scale> {
    let log = libm::log(n_steps.max(1) as f64);
    let mut lengths: Vec<usize> = (0..LENGTHS)
        .map(|k| {
            let share = 0.375 + f64::from(k) / f64::from(LENGTHS) / 4.0;
            libm::exp(log * share).round_ties_even() as usize
        })
        .filter(|&n| n >= 2)
        .collect();
    lengths.dedup();
    lengths
        .into_iter()
        .map(|n| Scale {
            n,
            log_n: libm::log(n as f64),
            log_expected: libm::log(expected(n)),
        })
        .collect()
}

impl Kernel for Hurst {
    type Workspace = RescaledRange;

    fn width(&self, _n_steps: usize) -> usize {
        1
    }

    fn measure(&self, x: &[f64], workspace: &mut RescaledRange, out: &mut [f64]) {
        if workspace.n_steps != x.len() {
            workspace.n_steps = x.len();
            workspace.scales = scales(x.len());
        }
        rescaled_ranges(x, workspace);
        out.fill(slope(&workspace.points) + 0.5);
    }
}

dispatch_eight! {
    /// Points of which the slope is wanted; none for a flat series.
    fn rescaled_ranges<'a>(simd, x: &'a [f64], workspace: &'a mut RescaledRange) {
        let RescaledRange { scales, windows: Windows { d, tile }, points, .. } = workspace;
        points.clear();
        if is_flat(simd, x, d) {
            return;
        }
        tile.resize(scales.iter().map(|scale| scale.n).max().unwrap_or(0), [0.0; LANES]);
        for scale in &*scales {
            let (mut sum, mut count) = (0.0, 0.0);
            let n = scale.n;
            let tile = &mut tile[..n];
            for group in covered(d, n).chunks(n * LANES) {
                lay_out(group, tile);
                let (range, deviation) = range_and_deviation(simd, tile);
                for w in 0..group.len() / n {
                    // Not known to be 0 by its size: rounding leaves something of 0.1 repeated.
                    if deviation[w] > 0.0 {
                        sum += range[w] / deviation[w];
                        count += 1.0;
                    }
                }
            }
            if count > 0.0 {
                points.push((scale.log_n, libm::log(sum / count) - scale.log_expected));
            }
        }
    }
}

/// Range of the sums of deviations from the mean, and standard deviation, of eight windows; 0 where all
/// values are equal.
#[inline(always)]
fn range_and_deviation<S: Simd>(simd: S, tile: &[Lanes]) -> (Lanes, Lanes) {
    let n = tile.len() as f64;
    let zero = Eight::splat(simd, 0.0);
    let mut sum = zero;
    let mut low = Eight::load(simd, &tile[0]);
    let mut high = low;
    for slot in tile {
        let v = Eight::load(simd, slot);
        sum = sum + v;
        low = v.lesser(low);
        high = v.larger(high);
    }
    let mean = sum * Eight::splat(simd, 1.0 / n);
    let mut walk = zero;
    let mut square = zero;
    let mut least = Eight::splat(simd, f64::INFINITY);
    let mut most = Eight::splat(simd, f64::NEG_INFINITY);
    for slot in tile {
        let d = Eight::load(simd, slot) - mean;
        walk = walk + d;
        square = d.mul_add(d, square);
        least = walk.lesser(least);
        most = walk.larger(most);
    }
    let mut deviation = low.if_less(high, square, zero).to_array();
    for square in &mut deviation {
        *square = (*square / (n - 1.0)).sqrt();
    }
    ((most - least).to_array(), deviation)
}
