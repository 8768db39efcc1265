//! Autocorrelation at chosen lags.

use super::correlogram::Correlogram;
use crate::Error;
use crate::kernels::Kernel;

/// Autocorrelation at each lag, biased: `sum((x[t] - m) (x[t + k] - m)) / sum((x[t] - m)^2)` over the
/// pairs of which both are known, so every value lies in [-1, 1]. A flat series has none: NaN.
///
/// Source: Box & Jenkins (1976), *Time Series Analysis*, section 2.1.
#[derive(Debug, Clone)]
pub struct Autocorrelation {
    lags: Vec<usize>,
}

impl Autocorrelation {
    /// Any number of lags in any order, 0 included.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] if there is no lag.
    pub fn new(lags: &[usize]) -> Result<Self, Error> {
        if lags.is_empty() {
            return Err(Error::out_of_range("lags", "[]", "at least one"));
        }
        Ok(Self {
            lags: lags.to_vec(),
        })
    }
}

impl Kernel for Autocorrelation {
    type Workspace = Correlogram;

    fn check(&self, n_steps: usize) -> Result<(), Error> {
        check_lags(&self.lags, n_steps)
    }

    fn width(&self, _n_steps: usize) -> usize {
        self.lags.len()
    }

    fn measure(&self, x: &[f64], correlogram: &mut Correlogram, out: &mut [f64]) {
        match correlogram.measure(x, &self.lags, out) {
            Some(square) => out.iter_mut().for_each(|value| *value /= square),
            None => out.fill(f64::NAN),
        }
    }
}

/// Refuses lags that reach out of a series.
pub(super) fn check_lags(lags: &[usize], n_steps: usize) -> Result<(), Error> {
    match lags.iter().find(|&&lag| lag >= n_steps.max(1)) {
        Some(lag) => Err(Error::out_of_range(
            "lags",
            lag,
            format!("0 to the length of the series less one, and it has {n_steps} steps"),
        )),
        None => Ok(()),
    }
}
