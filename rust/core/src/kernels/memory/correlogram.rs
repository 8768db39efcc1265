//! Lagged products of a series: what autocorrelations are made of.

use super::fourier::Fourier;
use crate::kernels::eight_sums::{Known, deviations, dot, lagged_products};
use crate::lanes::dispatch_eight;

/// Memory for the lagged products of one series after another.
#[derive(Default)]
pub struct Correlogram {
    d: Vec<f64>,
    known: Option<Known>,
    square: f64,
    fourier: Fourier,
}

/// Products that take as long as one step of a transform there and back: 60 to 100, estimated from times of
/// both on 336 to 20,000 steps.
const PRODUCTS_PER_STEP: usize = 60;

impl Correlogram {
    /// Sums of `(x[t] - m) (x[t + lag] - m)` over the pairs of which both are known, for every lag, each
    /// smaller than the length, and the same at lag 0 as the answer; `None` for a flat series.
    pub(super) fn measure(&mut self, x: &[f64], lags: &[usize], out: &mut [f64]) -> Option<f64> {
        let direct: usize = lags.iter().map(|lag| x.len() - lag).sum();
        let longest = lags.iter().copied().max().unwrap_or(0);
        let by_transform = direct / PRODUCTS_PER_STEP > Fourier::size(x.len(), longest);
        center(x, self);
        if self.known.is_none_or(|known| known.flat) {
            return None;
        }
        if by_transform {
            self.fourier.lagged_products(&self.d[..x.len()], lags, out);
        } else {
            directly(&self.d, x.len(), lags, out);
        }
        Some(self.square)
    }
}

dispatch_eight! {
    fn center<'a>(simd, x: &'a [f64], to: &'a mut Correlogram) {
        to.known = Some(deviations(simd, x, &mut to.d));
        to.square = dot(simd, &to.d, &to.d);
    }
}

dispatch_eight! {
    fn directly<'a>(simd, d: &'a [f64], n: usize, lags: &'a [usize], out: &'a mut [f64]) {
        lagged_products(simd, d, d, n, lags, out);
    }
}
