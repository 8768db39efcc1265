//! Partial autocorrelation at chosen lags.

use super::autocorrelation::check_lags;
use super::correlogram::Correlogram;
use crate::Error;
use crate::kernels::Kernel;
use crate::kernels::eight_sums::dot;
use crate::lanes::dispatch_eight;

/// Partial autocorrelation at each lag: the last coefficient of the autoregression of that order, solved
/// by the Levinson-Durbin recursion on the biased autocovariances, so every value lies in [-1, 1]. Lag 0
/// is 1. A flat series has none: NaN.
///
/// Missing steps enter the autocovariances as in [`super::Autocorrelation`].
///
/// Source: Brockwell & Davis (1991), *Time Series: Theory and Methods*, section 5.2.
#[derive(Debug, Clone)]
pub struct PartialAutocorrelation {
    lags: Vec<usize>,
    longest: usize,
}

/// Autocovariances and coefficients of one series.
#[derive(Default)]
pub struct Recursion {
    /// Lags 1 to the longest.
    all: Vec<usize>,
    correlogram: Correlogram,
    /// Autocorrelations at lags 1 to the longest, backwards, so that the recursion reads forwards.
    backwards: Vec<f64>,
    coefficients: Vec<f64>,
    before: Vec<f64>,
    partial: Vec<f64>,
}

impl PartialAutocorrelation {
    /// Any number of lags in any order, 0 included.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] if there is no lag.
    pub fn new(lags: &[usize]) -> Result<Self, Error> {
        let Some(&longest) = lags.iter().max() else {
            return Err(Error::out_of_range("lags", "[]", "at least one"));
        };
        Ok(Self {
            lags: lags.to_vec(),
            longest,
        })
    }
}

impl Kernel for PartialAutocorrelation {
    type Workspace = Recursion;

    fn check(&self, n_steps: usize) -> Result<(), Error> {
        check_lags(&self.lags, n_steps)
    }

    fn width(&self, _n_steps: usize) -> usize {
        self.lags.len()
    }

    fn measure(&self, x: &[f64], recursion: &mut Recursion, out: &mut [f64]) {
        if recursion.all.len() != self.longest {
            recursion.all = (1..=self.longest).collect();
        }
        recursion.partial.clear();
        recursion.partial.resize(self.longest, 0.0);
        let Some(square) = recursion
            .correlogram
            .measure(x, &recursion.all, &mut recursion.partial)
        else {
            out.fill(f64::NAN);
            return;
        };
        recursion.backwards.clear();
        recursion
            .backwards
            .extend(recursion.partial.iter().rev().map(|sum| sum / square));
        levinson(recursion);
        for (slot, &lag) in out.iter_mut().zip(&self.lags) {
            *slot = match lag {
                0 => 1.0,
                _ => recursion.partial[lag - 1],
            };
        }
    }
}

dispatch_eight! {
    /// From autocorrelations to partial ones.
    fn levinson<'a>(simd, recursion: &'a mut Recursion) {
        let Recursion { backwards, coefficients, before, partial, .. } = recursion;
        let longest = backwards.len();
        coefficients.clear();
        coefficients.resize(longest, 0.0);
        before.clear();
        before.resize(longest, 0.0);
        let mut error = 1.0;
        for order in 0..longest {
            // Coefficient i goes with lag i + 1, so the newest lag meets the oldest coefficient.
            let next = &backwards[longest - order..];
            let explained = dot(simd, &coefficients[..order], next);
            let last = (backwards[longest - 1 - order] - explained) / error;
            before[..order].copy_from_slice(&coefficients[..order]);
            before[..order].reverse();
            let (old, mirrored) = (&mut coefficients[..order], &before[..order]);
            for i in 0..order {
                old[i] = last.mul_add(-mirrored[i], old[i]);
            }
            coefficients[order] = last;
            partial[order] = last;
            error *= 1.0 - last * last;
        }
    }
}
