//! Sample and approximate entropy: how often stretches that are alike stay alike for one step more.

use super::count::{Counts, Job, Windows};
use super::logs::LogTable;
use super::matches::{Keys, Steps};
use crate::Error;
use crate::kernels::Kernel;
use crate::kernels::known::{known_values, sum_of, test_flat};
use crate::lanes::dispatch;

/// Sample and approximate entropy in nats, together for little more than one of them costs.
///
/// Two stretches match if no two of their values differ by more than `r` standard deviations (of the known
/// values, with divisor n). Stretches that touch a missing step are skipped.
///
/// Sample entropy is `-ln(A / B)`: of all pairs of stretches of `m + 1` steps, `B` match in their first `m` and
/// `A` in all. Infinite where `B > 0 = A`, NaN where `B = 0`, and NaN for a flat series.
///
/// Approximate entropy is `phi(m) - phi(m + 1)`, `phi` being the mean logarithm of the share of stretches that
/// match each one, itself included; 0 for a flat series, NaN where no `m + 1` steps are known in a row.
///
/// Sources: Richman & Moorman (2000), *American Journal of Physiology - Heart and Circulatory Physiology* 278,
/// H2039-H2049; Pincus (1991), *Proceedings of the National Academy of Sciences* 88, 2297-2301.
#[derive(Debug, Clone, Copy)]
pub struct Regularity {
    m: usize,
    r: f64,
}

/// Memory of [`Regularity`].
#[derive(Debug, Default)]
pub struct RegularityWorkspace {
    known: Vec<f64>,
    keys: Keys,
    windows: Windows,
    tiers: Vec<u64>,
    logs: LogTable,
}

/// Sample entropy alone; see [`Regularity`].
#[derive(Debug, Clone, Copy)]
pub struct SampleEntropy(Regularity);

/// Approximate entropy alone; see [`Regularity`].
#[derive(Debug, Clone, Copy)]
pub struct ApproximateEntropy(Regularity);

impl Regularity {
    /// Stretches of `m` steps within `r` standard deviations.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless `m` is at least 1 and `r` a number of at least 0.
    pub fn new(m: usize, r: f64) -> Result<Self, Error> {
        if m == 0 {
            let allowed = "a whole number of steps of at least 1";
            return Err(Error::out_of_range("m", m, allowed));
        }
        if !(0.0..f64::INFINITY).contains(&r) {
            let allowed = "a finite number of standard deviations of at least 0";
            return Err(Error::out_of_range("r", r, allowed));
        }
        Ok(Self { m, r })
    }

    fn both(&self, x: &[f64], workspace: &mut RegularityWorkspace) -> (f64, f64) {
        let RegularityWorkspace {
            known,
            keys,
            windows,
            tiers,
            logs,
        } = workspace;
        let known = known_values(x, known);
        windows.find(x, self.m);
        if windows.n_longer == 0 {
            return (f64::NAN, f64::NAN);
        }
        let mut sd = 0.0;
        standard_deviation(known, &mut sd);
        let r = self.r * sd;
        if r.is_nan() {
            return (f64::NAN, f64::NAN);
        }
        let mut flat = true;
        test_flat(known, &mut flat);
        keys.fill(x, known, r);
        let mut counts = Counts::default();
        let job = Job {
            m: self.m,
            steps: Steps { values: x, r, keys },
            windows,
            log2: logs.up_to(x.len()),
            tiers,
            counts: &mut counts,
        };
        job.count();
        // Every stretch matched itself.
        let selves = windows.n_longer as u64;
        let sample = match (counts.pairs - selves, counts.pairs_longer - selves) {
            _ if flat => f64::NAN,
            (0, _) => f64::NAN,
            (_, 0) => f64::INFINITY,
            (b, a) => -libm::log(a as f64 / b as f64),
        };
        let bits = counts.phi / windows.n as f64 - counts.phi_longer / windows.n_longer as f64;
        (sample, bits * std::f64::consts::LN_2)
    }
}

dispatch! {
    fn standard_deviation<'a>(known: &'a [f64], sd: &'a mut f64) {
        let n = known.len() as f64;
        let mean = sum_of(known, |v| v) / n;
        *sd = (sum_of(known, |v| (v - mean) * (v - mean)) / n).sqrt();
    }
}

impl Kernel for Regularity {
    type Workspace = RegularityWorkspace;

    fn width(&self, _n_steps: usize) -> usize {
        2
    }

    fn measure(&self, x: &[f64], workspace: &mut RegularityWorkspace, out: &mut [f64]) {
        (out[0], out[1]) = self.both(x, workspace);
    }
}

impl SampleEntropy {
    /// Sample entropy of stretches of `m` steps within `r` standard deviations.
    ///
    /// # Errors
    /// As [`Regularity::new`].
    pub fn new(m: usize, r: f64) -> Result<Self, Error> {
        Regularity::new(m, r).map(Self)
    }
}

impl Kernel for SampleEntropy {
    type Workspace = RegularityWorkspace;

    fn width(&self, _n_steps: usize) -> usize {
        1
    }

    fn measure(&self, x: &[f64], workspace: &mut RegularityWorkspace, out: &mut [f64]) {
        out[0] = self.0.both(x, workspace).0;
    }
}

impl ApproximateEntropy {
    /// Approximate entropy of stretches of `m` steps within `r` standard deviations.
    ///
    /// # Errors
    /// As [`Regularity::new`].
    pub fn new(m: usize, r: f64) -> Result<Self, Error> {
        Regularity::new(m, r).map(Self)
    }
}

impl Kernel for ApproximateEntropy {
    type Workspace = RegularityWorkspace;

    fn width(&self, _n_steps: usize) -> usize {
        1
    }

    fn measure(&self, x: &[f64], workspace: &mut RegularityWorkspace, out: &mut [f64]) {
        out[0] = self.0.both(x, workspace).1;
    }
}
