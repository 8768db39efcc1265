//! Measures of single series: one row of a matrix in, a fixed number of values out.
//!
//! A kernel is a value that holds its parameters, checked when it is made. Values that are not finite
//! count as missing; what each kernel does about a missing step, a flat or a short series is part of its
//! definition. Nothing allocates per row: a [`Kernel::Workspace`] is kept from row to row.

mod circle;
mod cycle;
mod eight_sums;
mod entropy;
mod event;
pub(crate) mod known;
mod lane_sums;
mod memory;
mod pair;
pub(crate) mod robust;
mod rolling;
mod trend;

pub use cycle::{DailyProfile, Periodicity, ProfileShift, SeasonalStrength};
pub use entropy::{
    ApproximateEntropy, LempelZivComplexity, PermutationEntropy, Regularity, SampleEntropy,
    ShannonEntropy, SpectralEntropy,
};
pub use event::{Bursts, ExactRepeats, FanoFactor, RoundTotals, ZeroRuns};
pub use memory::{Autocorrelation, DetrendedFluctuation, Hurst, PartialAutocorrelation};
pub use pair::{Correlation, LeadLag};
pub use rolling::{Rolling, Statistic};
pub use trend::{ChangePoints, Cusum, LinearTrend, MannKendall, TheilSen};

use crate::Error;
use crate::rows::fill_rows;

/// Names of all kernels, as the package `fakeengage.kernels` calls them.
pub const NAMES: &[&str] = &[
    "approximate_entropy",
    "autocorrelation",
    "bursts",
    "change_points",
    "correlation",
    "cusum",
    "daily_profile",
    "detrended_fluctuation",
    "exact_repeats",
    "fano_factor",
    "hurst",
    "lead_lag",
    "lempel_ziv_complexity",
    "linear_trend",
    "mann_kendall",
    "partial_autocorrelation",
    "periodicity",
    "permutation_entropy",
    "profile_shift",
    "rolling",
    "round_totals",
    "sample_entropy",
    "seasonal_strength",
    "shannon_entropy",
    "spectral_entropy",
    "theil_sen",
    "zero_runs",
];

/// One measure with its parameters.
pub trait Kernel: Sync {
    /// Memory that is used again from row to row.
    type Workspace: Default;

    /// Refuses parameters that a series of `n_steps` steps cannot have.
    ///
    /// # Errors
    /// [`Error`] naming the parameter.
    fn check(&self, n_steps: usize) -> Result<(), Error> {
        let _ = n_steps;
        Ok(())
    }

    /// Number of values that one series of `n_steps` steps gives.
    fn width(&self, n_steps: usize) -> usize;

    /// Measures one series into `out`, every slot of which is written.
    fn measure(&self, x: &[f64], workspace: &mut Self::Workspace, out: &mut [f64]);
}

/// Series of one length, handed out one by one.
pub trait Rows: Sync {
    /// Number of series.
    fn n_rows(&self) -> usize;
    /// Steps of every series.
    fn n_steps(&self) -> usize;
    /// Series `i`; `buffer` is there for those that are not stored as they are read.
    fn row<'a>(&'a self, i: usize, buffer: &'a mut Vec<f64>) -> &'a [f64];
}

/// Series stored one after another.
#[derive(Debug, Clone, Copy)]
pub struct Matrix<'a> {
    values: &'a [f64],
    n_rows: usize,
    n_steps: usize,
}

impl<'a> Matrix<'a> {
    /// `n_rows` series out of one buffer.
    ///
    /// # Errors
    /// [`Error::Length`] if the buffer does not divide into them.
    pub fn new(values: &'a [f64], n_rows: usize) -> Result<Self, Error> {
        let n_steps = values.len().checked_div(n_rows).unwrap_or(0);
        if n_rows * n_steps != values.len() {
            return Err(Error::Length {
                argument: "values".into(),
                given: values.len(),
                expected: n_rows * n_steps,
            });
        }
        Ok(Self {
            values,
            n_rows,
            n_steps,
        })
    }
}

impl Rows for Matrix<'_> {
    fn n_rows(&self) -> usize {
        self.n_rows
    }

    fn n_steps(&self) -> usize {
        self.n_steps
    }

    fn row<'a>(&'a self, i: usize, _buffer: &'a mut Vec<f64>) -> &'a [f64] {
        &self.values[i * self.n_steps..(i + 1) * self.n_steps]
    }
}

/// Measures every series; row-major, [`Kernel::width`] values per series.
///
/// ```
/// use fakeengage_core::kernels::{Autocorrelation, Matrix, measure_rows};
/// let kernel = Autocorrelation::new(&[1])?;
/// let series = [1.0, 2.0, 3.0, 4.0, 7.0, 7.0, 7.0, 7.0];
/// let values = measure_rows(&kernel, &Matrix::new(&series, 2)?, 1)?;
/// assert_eq!(values[0], 0.25);
/// assert!(values[1].is_nan());
/// # Ok::<(), fakeengage_core::Error>(())
/// ```
///
/// # Errors
/// [`Error`] if a parameter does not fit the length of the series.
pub fn measure_rows<K: Kernel>(
    kernel: &K,
    rows: &impl Rows,
    threads: usize,
) -> Result<Vec<f64>, Error> {
    let n_steps = rows.n_steps();
    kernel.check(n_steps)?;
    let width = kernel.width(n_steps);
    let mut out = vec![0.0; rows.n_rows() * width];
    fill_rows(
        &mut out,
        width,
        n_steps,
        threads,
        || (K::Workspace::default(), Vec::new()),
        |(workspace, buffer), i, slot| kernel.measure(rows.row(i, buffer), workspace, slot),
    );
    Ok(out)
}

/// Measures one series.
///
/// # Errors
/// [`Error`] if a parameter does not fit the length of the series.
pub fn measure<K: Kernel>(kernel: &K, x: &[f64]) -> Result<Vec<f64>, Error> {
    kernel.check(x.len())?;
    let mut out = vec![0.0; kernel.width(x.len())];
    kernel.measure(x, &mut K::Workspace::default(), &mut out);
    Ok(out)
}
