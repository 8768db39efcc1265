//! Windows of one length side by side, and lines through what they give at several lengths.

use pulp::Simd;

use crate::kernels::eight_sums::{Lanes, deviations};
use crate::lanes::LANES;

/// Deviations of a series from the mean of its known steps, missing steps counting as the mean, and the
/// memory for its windows.
#[derive(Debug, Default)]
pub(super) struct Windows {
    pub(super) d: Vec<f64>,
    pub(super) tile: Vec<Lanes>,
}

/// Fills `d`; whether the series is flat.
#[inline(always)]
pub(super) fn is_flat<S: Simd>(simd: S, x: &[f64], d: &mut Vec<f64>) -> bool {
    let known = deviations(simd, x, d);
    d.truncate(x.len());
    known.flat
}

/// Part of a series that windows of `n` steps cover when they lie one after another.
#[inline(always)]
pub(super) fn covered(y: &[f64], n: usize) -> &[f64] {
    &y[..y.len() - y.len() % n]
}

/// Lays up to eight windows side by side: lane `w` of slot `j` is step `j` of window `w`. Lanes without a
/// window keep what they had.
#[inline(always)]
pub(super) fn lay_out(windows: &[f64], tile: &mut [Lanes]) {
    for (w, window) in windows.chunks_exact(tile.len()).enumerate() {
        let lane = w % LANES;
        for (slot, &v) in tile.iter_mut().zip(window) {
            slot[lane] = v;
        }
    }
}

/// Slope of the least-squares line through points of which both coordinates are given; NaN for fewer than
/// two.
pub(super) fn slope(points: &[(f64, f64)]) -> f64 {
    if points.len() < 2 {
        return f64::NAN;
    }
    let n = points.len() as f64;
    let (mut x, mut y) = (0.0, 0.0);
    for point in points {
        x += point.0 / n;
        y += point.1 / n;
    }
    let (mut square, mut product) = (0.0, 0.0);
    for point in points {
        square += (point.0 - x) * (point.0 - x);
        product += (point.0 - x) * (point.1 - y);
    }
    product / square
}
