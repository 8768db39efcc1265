//! The lag at which one series follows another.

use super::half;
use crate::Error;
use crate::kernels::Kernel;
use crate::kernels::eight_sums::{deviations, dot, lagged_products};
use crate::lanes::dispatch_eight;

/// Two values: the lag in steps, from `-max_lag` to `max_lag`, at which the cross-correlation is largest,
/// positive where `y` follows `x`, and the cross-correlation there, in [-1, 1].
///
/// At lag `k` it is `sum((x[t] - mx) (y[t + k] - my))` over the pairs of which both are known, divided by
/// `sqrt(sum((x[t] - mx)^2) sum((y[t] - my)^2))`, all means over the known steps: biased, as
/// [`crate::kernels::Autocorrelation`]. Lags within 1e-9 of the largest value are ties, of which the
/// shortest counts, and the negative one before the positive. NaN where either series is flat.
///
/// The row holds `x` and then `y`.
///
/// Source: Box & Jenkins (1976), section 11.1.
#[derive(Debug, Clone, Copy)]
pub struct LeadLag {
    max_lag: usize,
}

/// Deviations of both series, and the cross-correlation at every lag, shortest first.
#[derive(Debug, Default)]
pub struct CrossCorrelogram {
    dx: Vec<f64>,
    dy: Vec<f64>,
    /// Lags 0 to the longest.
    lags: Vec<usize>,
    /// Lagged products of `x` and a later `y`, and of `y` and a later `x`.
    ahead: Vec<f64>,
    behind: Vec<f64>,
    values: Vec<f64>,
}

/// Difference below which rounding decides which of two lags is larger.
const TIE: f64 = 1e-9;

impl LeadLag {
    /// Longest lag in steps, in both directions.
    #[must_use]
    pub fn new(max_lag: usize) -> Self {
        Self { max_lag }
    }
}

impl Kernel for LeadLag {
    type Workspace = CrossCorrelogram;

    fn check(&self, n_steps: usize) -> Result<(), Error> {
        let n_steps = half(n_steps)?;
        if self.max_lag < n_steps.max(1) {
            return Ok(());
        }
        Err(Error::out_of_range(
            "max_lag",
            self.max_lag,
            format!("0 to the length of the series less one, and they have {n_steps} steps"),
        ))
    }

    fn width(&self, _n_steps: usize) -> usize {
        2
    }

    fn measure(&self, row: &[f64], workspace: &mut CrossCorrelogram, out: &mut [f64]) {
        let (x, y) = row.split_at(row.len() / 2);
        if workspace.lags.len() != self.max_lag + 1 {
            workspace.lags = (0..=self.max_lag).collect();
        }
        follow(x, y, workspace);
        let values = &workspace.values;
        let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        match values.iter().position(|&v| v >= largest - TIE) {
            Some(place) => {
                let lag = place.div_ceil(2) as f64;
                out[0] = if place % 2 == 1 { -lag } else { lag };
                out[1] = values[place];
            }
            None => out.fill(f64::NAN),
        }
    }
}

dispatch_eight! {
    /// Cross-correlations at lags 0, -1, 1, -2, 2, ...; none where a series is flat.
    fn follow<'a>(simd, x: &'a [f64], y: &'a [f64], workspace: &'a mut CrossCorrelogram) {
        let CrossCorrelogram { dx, dy, lags, ahead, behind, values } = workspace;
        values.clear();
        let of_x = deviations(simd, x, dx);
        let of_y = deviations(simd, y, dy);
        if of_x.flat || of_y.flat {
            return;
        }
        let scale = 1.0 / (dot(simd, dx, dx).sqrt() * dot(simd, dy, dy).sqrt());
        for (sums, a, b) in [(&mut *ahead, &*dx, &*dy), (&mut *behind, &*dy, &*dx)] {
            sums.resize(lags.len(), 0.0);
            lagged_products(simd, a, b, x.len(), lags, sums);
        }
        values.push(ahead[0] * scale);
        for (before, after) in behind.iter().zip(&*ahead).skip(1) {
            values.push(before * scale);
            values.push(after * scale);
        }
    }
}
