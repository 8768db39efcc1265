//! Correlation of two series.

use pulp::Simd;

use super::half;
use crate::Error;
use crate::kernels::Kernel;
use crate::kernels::eight_sums::{Known, is_known, survey};
use crate::lanes::{Eight, LANES, dispatch_eight};

/// Pearson's correlation of two series over the steps at which both are known, in [-1, 1]. NaN where either
/// is flat there.
///
/// The row holds `x` and then `y`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Correlation;

/// The steps at which both series are known.
#[derive(Debug, Default)]
pub struct Both {
    x: Vec<f64>,
    y: Vec<f64>,
}

impl Kernel for Correlation {
    type Workspace = Both;

    fn check(&self, n_steps: usize) -> Result<(), Error> {
        half(n_steps).map(|_| ())
    }

    fn width(&self, _n_steps: usize) -> usize {
        1
    }

    fn measure(&self, row: &[f64], both: &mut Both, out: &mut [f64]) {
        let (x, y) = row.split_at(row.len() / 2);
        correlate(x, y, both, out);
    }
}

dispatch_eight! {
    fn correlate<'a>(simd, x: &'a [f64], y: &'a [f64], both: &'a mut Both, out: &'a mut [f64]) {
        let n = x.len().min(y.len());
        let (x, y) = (&x[..n], &y[..n]);
        let (of_x, of_y) = (survey(simd, x), survey(simd, y));
        let whole = of_x.count + of_y.count == 2.0 * n as f64;
        let (x, y, of_x, of_y) = if whole {
            (x, y, of_x, of_y)
        } else {
            let of_x = keep(simd, x, y, &mut both.x);
            let of_y = keep(simd, y, x, &mut both.y);
            (&*both.x, &*both.y, of_x, of_y)
        };
        out[0] = if of_x.flat || of_y.flat {
            f64::NAN
        } else {
            let [xx, yy, xy] = products(simd, x, y, of_x.mean, of_y.mean);
            (xy / (xx.sqrt() * yy.sqrt())).clamp(-1.0, 1.0)
        };
    }
}

/// Copies the values of `x` at which `y` is known, too, and their mean in place of the others.
#[inline(always)]
fn keep<S: Simd>(simd: S, x: &[f64], y: &[f64], to: &mut Vec<f64>) -> Known {
    to.clear();
    to.extend(
        x.iter()
            .zip(y)
            .map(|(&v, &other)| if is_known(other) { v } else { f64::NAN }),
    );
    let known = survey(simd, to);
    for v in to.iter_mut() {
        *v = if is_known(*v) { *v } else { known.mean };
    }
    known
}

/// Sums of squares of the deviations from the means, and of their products.
#[inline(always)]
fn products<S: Simd>(simd: S, x: &[f64], y: &[f64], mean_x: f64, mean_y: f64) -> [f64; 3] {
    let (blocks_x, rest_x) = x.as_chunks::<LANES>();
    let (blocks_y, rest_y) = y.as_chunks::<LANES>();
    let (pairs_x, last_x) = blocks_x.as_chunks::<2>();
    let (pairs_y, last_y) = blocks_y.as_chunks::<2>();
    let (middle_x, middle_y) = (Eight::splat(simd, mean_x), Eight::splat(simd, mean_y));
    let zero = Eight::splat(simd, 0.0);
    // Two sums each by turns: an addition need not wait for the one before.
    let (mut xx, mut yy, mut xy) = ([zero; 2], [zero; 2], [zero; 2]);
    for (x, y) in pairs_x.iter().zip(pairs_y) {
        for k in 0..2 {
            let dx = Eight::load(simd, &x[k]) - middle_x;
            let dy = Eight::load(simd, &y[k]) - middle_y;
            xx[k] = dx.mul_add(dx, xx[k]);
            yy[k] = dy.mul_add(dy, yy[k]);
            xy[k] = dx.mul_add(dy, xy[k]);
        }
    }
    for (x, y) in last_x.iter().zip(last_y) {
        let dx = Eight::load(simd, x) - middle_x;
        let dy = Eight::load(simd, y) - middle_y;
        xx[0] = dx.mul_add(dx, xx[0]);
        yy[0] = dy.mul_add(dy, yy[0]);
        xy[0] = dx.mul_add(dy, xy[0]);
    }
    let mut sums = [xx, yy, xy].map(|[a, b]| (a + b).sum());
    for (x, y) in rest_x.iter().zip(rest_y) {
        let (dx, dy) = (x - mean_x, y - mean_y);
        sums[0] = dx.mul_add(dx, sums[0]);
        sums[1] = dy.mul_add(dy, sums[1]);
        sums[2] = dx.mul_add(dy, sums[2]);
    }
    sums
}
