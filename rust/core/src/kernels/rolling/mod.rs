//! Statistics of trailing windows.

mod moments;
mod order;
mod ranks;
mod spans;

use crate::Error;
use crate::kernels::Kernel;
use crate::lanes::dispatch;
use moments::Moments;
use order::Sorted;

/// What is told of each window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Statistic {
    /// Arithmetic mean.
    Mean,
    /// Square root of the variance.
    Std,
    /// Sum of squared deviations over `window - 1`; NaN for a window of 1, 0 for a flat one.
    Var,
    /// Smallest value.
    Min,
    /// Largest value.
    Max,
    /// Quantile one half.
    Median,
    /// Sum.
    Sum,
    /// Bias-corrected skewness; NaN for a window below 3 and for a flat one.
    Skew,
    /// Bias-corrected excess kurtosis; NaN for a window below 4 and for a flat one.
    Kurtosis,
    /// Deviation of the last step from the mean, in standard deviations; NaN for a flat window.
    Zscore,
    /// The quantile `q`, linear between the two nearest values.
    Quantile(f64),
}

impl Statistic {
    /// Names that [`Statistic::named`] takes.
    pub const NAMES: &[&str] = &[
        "mean", "std", "var", "min", "max", "median", "sum", "skew", "kurtosis", "zscore",
        "quantile",
    ];

    /// The statistic of a name; `q` belongs to `quantile` and to no other.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for an unknown name, a missing `q` or one that has no use.
    pub fn named(name: &str, q: Option<f64>) -> Result<Self, Error> {
        let statistic = match name {
            "mean" => Self::Mean,
            "std" => Self::Std,
            "var" => Self::Var,
            "min" => Self::Min,
            "max" => Self::Max,
            "median" => Self::Median,
            "sum" => Self::Sum,
            "skew" => Self::Skew,
            "kurtosis" => Self::Kurtosis,
            "zscore" => Self::Zscore,
            "quantile" => {
                let q = q.ok_or_else(|| {
                    Error::out_of_range("q", "None", "statistic quantile needs it: 0 to 1")
                })?;
                return Ok(Self::Quantile(q));
            }
            _ => {
                let names = Self::NAMES.join(", ");
                return Err(Error::out_of_range(
                    "statistic",
                    name,
                    format!("one of {names}"),
                ));
            }
        };
        match q {
            Some(q) => Err(Error::out_of_range(
                "q",
                q,
                format!("statistic {name} takes none; leave it out"),
            )),
            None => Ok(statistic),
        }
    }
}

/// One statistic of the trailing window that ends at each step, as wide as the series.
///
/// The first `window - 1` steps and every window with a missing step are NaN; so is all of a series
/// shorter than the window. Each window is computed from its own values alone, by joining spans of
/// doubling length, so a huge value that has left the window leaves no rounding error behind.
///
/// Source: pandas, `Series.rolling(window)`, whose definitions these are; joining of moments: Pébay (2008),
/// *Formulas for robust, one-pass parallel computation of covariances and arbitrary-order statistical
/// moments*, Sandia report SAND2008-6212.
#[derive(Debug, Clone)]
pub struct Rolling {
    window: usize,
    statistic: Statistic,
}

/// Memory of [`Rolling`].
#[derive(Debug, Default)]
pub struct RollingWorkspace {
    filled: Vec<f64>,
    moments: Moments,
    reals: Sorted<f64>,
    singles: Sorted<f32>,
    wholes: Sorted<i16>,
}

impl Rolling {
    /// A window of `window` steps.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] if the window is empty or the quantile outside 0 to 1.
    pub fn new(window: usize, statistic: Statistic) -> Result<Self, Error> {
        if window == 0 {
            return Err(Error::out_of_range("window", window, "at least 1 step"));
        }
        match statistic {
            Statistic::Quantile(q) if !(0.0..=1.0).contains(&q) => {
                Err(Error::out_of_range("q", q, "0 to 1"))
            }
            _ => Ok(Self { window, statistic }),
        }
    }
}

impl Kernel for Rolling {
    type Workspace = RollingWorkspace;

    fn width(&self, n_steps: usize) -> usize {
        n_steps
    }

    fn measure(&self, x: &[f64], workspace: &mut RollingWorkspace, out: &mut [f64]) {
        measure_row(x, self, workspace, out);
    }
}

dispatch! {
    fn measure_row<'a>(
        x: &'a [f64],
        kernel: &'a Rolling,
        workspace: &'a mut RollingWorkspace,
        out: &'a mut [f64],
    ) {
        let window = kernel.window;
        if window > x.len() {
            out.fill(f64::NAN);
            return;
        }
        let (warming, values) = out.split_at_mut(window - 1);
        warming.fill(f64::NAN);
        // Sums cost so little that looking for gaps first would be felt; a gap shows in what it is part of.
        let sums = matches!(kernel.statistic, Statistic::Sum | Statistic::Mean);
        if (sums || all_finite(x)) && of_known(x, kernel, workspace, values) {
            return;
        }
        let mut filled = std::mem::take(&mut workspace.filled);
        fill_gaps(x, &mut filled);
        of_known(&filled, kernel, workspace, values);
        workspace.filled = filled;
        blank_gaps(x, window, values);
    }
}

/// Whether no step is missing.
#[inline(always)]
fn all_finite(x: &[f64]) -> bool {
    x.iter().fold(true, |all, v| all & v.is_finite())
}

/// A copy with every gap at the value before it, or at the first known one: of the size of its
/// neighbours, so that what passes through it stays in range.
#[inline(always)]
fn fill_gaps(x: &[f64], filled: &mut Vec<f64>) {
    let mut last = x.iter().copied().find(|v| v.is_finite()).unwrap_or(0.0);
    filled.clear();
    filled.extend(x.iter().map(|&v| {
        if v.is_finite() {
            last = v;
        }
        last
    }));
}

/// NaN for every window that touches a gap; `values` begins with the first full window.
#[inline(always)]
fn blank_gaps(x: &[f64], window: usize, values: &mut [f64]) {
    let mut known = 0;
    for (t, v) in x.iter().enumerate() {
        known = if v.is_finite() { known + 1 } else { 0 };
        if known < window
            && let Some(value) = (t + 1).checked_sub(window).and_then(|i| values.get_mut(i))
        {
            *value = f64::NAN;
        }
    }
}

/// Windows computed at once, so that their spans stay in the nearest cache; three times the window where
/// that is more, as each tile begins with the steps of a window anew.
const TILE: usize = 1024;

/// Every full window of a series without gaps; `out[i]` belongs to the window that begins at `i`. False
/// if there were gaps after all: where sums are not finite.
#[inline(always)]
fn of_known(
    x: &[f64],
    kernel: &Rolling,
    workspace: &mut RollingWorkspace,
    out: &mut [f64],
) -> bool {
    let window = kernel.window;
    match kernel.statistic {
        Statistic::Median => of_order(x, window, 0.5, workspace, out),
        Statistic::Quantile(q) => of_order(x, window, q, workspace, out),
        _ => {
            let tile = TILE.max(3 * window);
            let mut finite = true;
            for (k, part) in out.chunks_mut(tile).enumerate() {
                let steps = &x[k * tile..k * tile + part.len() + window - 1];
                finite &= of_tile(steps, kernel, &mut workspace.moments, part);
            }
            return finite;
        }
    }
    true
}

/// The same for what is joined from spans.
#[inline(always)]
fn of_tile(x: &[f64], kernel: &Rolling, moments: &mut Moments, out: &mut [f64]) -> bool {
    let window = kernel.window;
    let spans = &mut moments.spans;
    match kernel.statistic {
        Statistic::Sum => return spans::sums(x, window, spans, out, |sum| sum),
        Statistic::Mean => {
            let n = window as f64;
            return spans::sums(x, window, spans, out, |sum| sum / n);
        }
        Statistic::Min => {
            spans::extremes(x, window, spans, out, |a, b| if a < b { a } else { b });
        }
        Statistic::Max => {
            spans::extremes(x, window, spans, out, |a, b| if a > b { a } else { b });
        }
        Statistic::Var => moments.variances(x, window, out),
        Statistic::Std => moments.deviations(x, window, out),
        Statistic::Zscore => moments.scores(x, window, out),
        Statistic::Skew => moments.skews(x, window, out),
        Statistic::Kurtosis => moments.kurtoses(x, window, out),
        // Kept in order over the whole series.
        Statistic::Median | Statistic::Quantile(_) => {}
    }
    true
}

/// The quantile `q` of every window, in the narrowest type that holds the series exactly: counts fit
/// registers four times as many as float64 does.
#[inline(always)]
fn of_order(x: &[f64], window: usize, q: f64, workspace: &mut RollingWorkspace, out: &mut [f64]) {
    if workspace.wholes.read(x) {
        workspace.wholes.quantiles(window, q, out);
    } else if workspace.singles.read(x) {
        workspace.singles.quantiles(window, q, out);
    } else {
        workspace.reals.read(x);
        workspace.reals.quantiles(window, q, out);
    }
}
