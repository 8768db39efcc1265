//! Fano factor.

use crate::Error;
use crate::kernels::{Kernel, lane_sums};
use crate::lanes;

/// Fano factor, or index of dispersion: variance over mean of the sums of consecutive windows of `window`
/// steps that do not overlap; ddof 1. Poisson counts have 1.
///
/// Windows with a missing step are left out, and so are the last steps that fill none. A mean of at most 0 or
/// fewer than two windows give NaN; equal sums give 0.
///
/// Source: Fano (1947), *Physical Review* 72.
#[derive(Debug, Clone, Copy)]
pub struct FanoFactor {
    window: usize,
}

impl FanoFactor {
    /// Windows of one step give the factor of the values themselves.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] if the window is 0 steps long.
    pub fn new(window: usize) -> Result<Self, Error> {
        if window == 0 {
            return Err(Error::out_of_range("window", window, "at least 1 step"));
        }
        Ok(Self { window })
    }
}

/// Number of values, their mean and the sum of squares about it.
#[derive(Debug, Default)]
struct Moments {
    n: f64,
    mean: f64,
    square: f64,
}

impl Kernel for FanoFactor {
    type Workspace = Vec<f64>;

    fn width(&self, _n_steps: usize) -> usize {
        1
    }

    fn measure(&self, x: &[f64], sums: &mut Vec<f64>, out: &mut [f64]) {
        let mut moments = Moments::default();
        let mut values = x;
        if self.window == 1 {
            moments_of(x, &mut moments);
        }
        // Other windows, or a missing step, which makes the sum of squares missing.
        if self.window > 1 || !moments.square.is_finite() {
            sums.clear();
            let windows = x.chunks_exact(self.window);
            sums.extend(
                windows
                    .map(|w| w.iter().sum::<f64>())
                    .filter(|v| v.is_finite()),
            );
            values = sums;
            moments_of(values, &mut moments);
        }
        out[0] = if moments.n < 2.0 || moments.mean <= 0.0 {
            f64::NAN
        } else if moments.square <= 1e-24 * moments.n * moments.mean * moments.mean
            && values.iter().all(|v| *v == values[0])
        {
            // Rounding of the mean would leave a little of nothing.
            0.0
        } else {
            moments.square / (moments.n - 1.0) / moments.mean
        };
    }
}

lanes::dispatch! {
    fn moments_of<'a>(x: &'a [f64], moments: &'a mut Moments) {
        let n = x.len() as f64;
        let mean = lane_sums::total(x) / n;
        let square = lane_sums::square(x, mean);
        *moments = Moments { n, mean, square };
    }
}
