//! Fano factor.

use crate::Error;
use crate::kernels::{Kernel, lane_sums};

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

impl Kernel for FanoFactor {
    type Workspace = Vec<f64>;

    fn width(&self, _n_steps: usize) -> usize {
        1
    }

    fn measure(&self, x: &[f64], sums: &mut Vec<f64>, out: &mut [f64]) {
        let mut values = x;
        let mut sum = lane_sums::total(x);
        // A missing step makes the sum missing.
        if self.window > 1 || !sum.is_finite() {
            sums.clear();
            let windows = x.chunks_exact(self.window);
            sums.extend(
                windows
                    .map(|w| w.iter().sum::<f64>())
                    .filter(|v| v.is_finite()),
            );
            values = sums;
            sum = lane_sums::total(values);
        }
        let n = values.len() as f64;
        if n < 2.0 || sum <= 0.0 {
            out[0] = f64::NAN;
            return;
        }
        let mean = sum / n;
        let square = lane_sums::square(values, mean);
        // Rounding of the mean would leave a little of nothing.
        let nothing = square <= 1e-24 * mean * sum && values.iter().all(|v| *v == values[0]);
        out[0] = if nothing {
            0.0
        } else {
            square / ((n - 1.0) * mean)
        };
    }
}
