//! Autocorrelation at chosen lags.

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

/// Deviations from the mean, 0 where a step is missing.
#[derive(Debug, Default)]
pub struct Deviations(Vec<f64>);

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
    type Workspace = Deviations;

    fn check(&self, n_steps: usize) -> Result<(), Error> {
        match self.lags.iter().find(|&&lag| lag >= n_steps.max(1)) {
            Some(lag) => Err(Error::out_of_range(
                "lags",
                lag,
                format!("0 to the length of the series less one, and it has {n_steps} steps"),
            )),
            None => Ok(()),
        }
    }

    fn width(&self, _n_steps: usize) -> usize {
        self.lags.len()
    }

    fn measure(&self, x: &[f64], Deviations(d): &mut Deviations, out: &mut [f64]) {
        let first = x.iter().copied().find(|v| v.is_finite());
        let flat = x.iter().all(|&v| !v.is_finite() || Some(v) == first);
        if flat {
            out.fill(f64::NAN);
            return;
        }
        let known = x.iter().filter(|v| v.is_finite()).count() as f64;
        let mean = x.iter().filter(|v| v.is_finite()).sum::<f64>() / known;
        d.clear();
        d.extend(
            x.iter()
                .map(|&v| if v.is_finite() { v - mean } else { 0.0 }),
        );
        let square: f64 = d.iter().map(|v| v * v).sum();
        for (slot, &lag) in out.iter_mut().zip(&self.lags) {
            *slot = d[lag..].iter().zip(&*d).map(|(a, b)| a * b).sum::<f64>() / square;
        }
    }
}
