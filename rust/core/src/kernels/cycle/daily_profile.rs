//! Share of every hour of the day.

use super::check_period;
use super::phases::{phase_means, shares};
use crate::Error;
use crate::kernels::Kernel;
use crate::lanes::dispatch_eight;

/// Share of every phase of a period, the day of 24 hours as a rule, in the sum of their means: the mean of
/// the known steps of phase `t mod period`, divided by the sum of these means.
///
/// Phase 0 is the first step. A phase without a known step is NaN, and the others sum to 1. All are NaN for
/// a series shorter than the period, where a mean is negative and where none is positive. A flat series has
/// equal shares.
#[derive(Debug, Clone, Copy)]
pub struct DailyProfile {
    period: usize,
}

impl DailyProfile {
    /// A period in steps.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a period of fewer than two steps or of more than 65,536.
    pub fn new(period: usize) -> Result<Self, Error> {
        check_period(period)?;
        Ok(Self { period })
    }
}

impl Kernel for DailyProfile {
    type Workspace = ();

    fn width(&self, _n_steps: usize) -> usize {
        self.period
    }

    fn measure(&self, x: &[f64], (): &mut (), out: &mut [f64]) {
        if x.len() < self.period {
            out.fill(f64::NAN);
        } else {
            profile(x, out);
        }
    }
}

dispatch_eight! {
    fn profile<'a>(simd, x: &'a [f64], out: &'a mut [f64]) {
        phase_means(simd, x, out);
        shares(out);
    }
}
