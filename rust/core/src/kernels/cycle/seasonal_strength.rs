//! Strength of a seasonal component.

use super::check_period;
use pulp::Simd;

use crate::Error;
use crate::kernels::Kernel;
use crate::kernels::eight_sums::{deviations, dot, is_known, squares_about, sum};
use crate::lanes::dispatch_eight;

/// Strength of the cycle of a period, `max(0, 1 - var(remainder) / var(seasonal + remainder))`, in [0, 1],
/// after the classical decomposition: the trend is the centred moving average over the period (over one
/// step more, the ends at half weight, where it is even), the seasonal component the mean of the detrended
/// values by phase, less the mean of these means.
///
/// Steps of which the window of the trend leaves the series or has a missing step are left out. NaN for a
/// flat series, where a phase has no step left, where nothing but rounding is left beside the trend, and for
/// a series shorter than three periods, whose phases are seen once each and explain everything.
///
/// Source: Wang, Smith & Hyndman (2006).
#[derive(Debug, Clone, Copy)]
pub struct SeasonalStrength {
    period: usize,
}

/// Parts of the decomposition of one series.
#[derive(Debug, Default)]
pub struct Decomposition {
    d: Vec<f64>,
    /// Sums of some consecutive steps, and of twice as many.
    sums: Vec<f64>,
    windows: Vec<f64>,
    detrended: Vec<f64>,
    remainder: Vec<f64>,
    phases: Vec<f64>,
    counts: Vec<f64>,
}

/// Periods that a series needs.
const LEAST_PERIODS: usize = 3;
/// Squares beside the trend, relative to those about the mean, that rounding leaves of a straight line.
const ROUNDING: f64 = 1e-24;

impl SeasonalStrength {
    /// A period in steps.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a period of fewer than two steps or of more than 65,536.
    pub fn new(period: usize) -> Result<Self, Error> {
        check_period(period)?;
        Ok(Self { period })
    }
}

impl Kernel for SeasonalStrength {
    type Workspace = Decomposition;

    fn width(&self, _n_steps: usize) -> usize {
        1
    }

    fn measure(&self, x: &[f64], parts: &mut Decomposition, out: &mut [f64]) {
        out.fill(f64::NAN);
        if x.len() >= LEAST_PERIODS * self.period {
            strength(x, self.period, parts, out);
        }
    }
}

dispatch_eight! {
    fn strength<'a>(simd, x: &'a [f64], period: usize, parts: &'a mut Decomposition, out: &'a mut [f64]) {
        let known = deviations(simd, x, &mut parts.d);
        if known.flat {
            return;
        }
        let n = x.len();
        parts.d.truncate(n);
        detrend(period, parts);
        if known.count < n as f64 {
            forget_windows_with_gaps(x, period, &mut parts.detrended);
        }
        let whole = known.count == n as f64;
        if !deseasonalize(simd, period, whole, parts) {
            return;
        }
        let all = squares(simd, &parts.detrended);
        if all > ROUNDING * dot(simd, &parts.d, &parts.d) {
            out[0] = (1.0 - squares(simd, &parts.remainder) / all).max(0.0);
        }
    }
}

/// Sum of squared deviations from the mean.
#[inline(always)]
fn squares<S: Simd>(simd: S, values: &[f64]) -> f64 {
    squares_about(simd, values, sum(simd, values) / values.len() as f64)
}

/// Writes what the moving average leaves, from step `period / 2` on.
#[inline(always)]
fn detrend(period: usize, parts: &mut Decomposition) {
    let Decomposition {
        d,
        sums,
        windows,
        detrended,
        ..
    } = parts;
    let n = d.len();
    // Sums of `period` steps from those of 1, 2, 4, ... steps: no running sum, no digits lost.
    sums.clear();
    sums.extend_from_slice(d);
    windows.clear();
    windows.resize(n + 1 - period, 0.0);
    let mut length = 1;
    let mut summed = 0;
    loop {
        if period & length != 0 {
            let m = windows.len();
            let (windows, part) = (&mut windows[..m], &sums[summed..summed + m]);
            for t in 0..m {
                windows[t] += part[t];
            }
            summed += length;
        }
        if summed == period {
            break;
        }
        let m = sums.len() - length;
        for t in 0..m {
            sums[t] += sums[t + length];
        }
        sums.truncate(m);
        length *= 2;
    }
    let half = period / 2;
    detrended.clear();
    if period.is_multiple_of(2) {
        let scale = 0.5 / period as f64;
        let m = windows.len() - 1;
        detrended.resize(m, 0.0);
        let (low, high) = (&windows[..m], &windows[1..=m]);
        let (d, detrended) = (&d[half..half + m], &mut detrended[..m]);
        for t in 0..m {
            detrended[t] = (low[t] + high[t]).mul_add(-scale, d[t]);
        }
    } else {
        let scale = 1.0 / period as f64;
        let m = windows.len();
        detrended.resize(m, 0.0);
        let (d, detrended) = (&d[half..half + m], &mut detrended[..m]);
        for t in 0..m {
            detrended[t] = windows[t].mul_add(-scale, d[t]);
        }
    }
}

/// Puts NaN for the steps whose window has a missing one.
fn forget_windows_with_gaps(x: &[f64], period: usize, detrended: &mut [f64]) {
    let window = if period.is_multiple_of(2) {
        period + 1
    } else {
        period
    };
    let mut missing = x[..window - 1].iter().filter(|v| !is_known(**v)).count();
    for (t, slot) in detrended.iter_mut().enumerate() {
        missing += usize::from(!is_known(x[t + window - 1]));
        if missing > 0 {
            *slot = f64::NAN;
        }
        missing -= usize::from(!is_known(x[t]));
    }
}

/// Writes what the means by phase leave, known steps only in both parts; whether every phase has a mean.
#[inline(always)]
fn deseasonalize<S: Simd>(simd: S, period: usize, whole: bool, parts: &mut Decomposition) -> bool {
    let Decomposition {
        detrended,
        remainder,
        phases,
        counts,
        ..
    } = parts;
    phases.clear();
    phases.resize(period, 0.0);
    counts.clear();
    counts.resize(period, 0.0);
    for cycle in detrended.chunks(period) {
        let m = cycle.len();
        let (phases, counts) = (&mut phases[..m], &mut counts[..m]);
        for j in 0..m {
            let known = !cycle[j].is_nan();
            phases[j] += if known { cycle[j] } else { 0.0 };
            counts[j] += if known { 1.0 } else { 0.0 };
        }
    }
    if counts.contains(&0.0) {
        return false;
    }
    for (sum, count) in phases.iter_mut().zip(&*counts) {
        *sum /= count;
    }
    let level = sum(simd, phases) / period as f64;
    for mean in phases.iter_mut() {
        *mean -= level;
    }
    remainder.clear();
    remainder.resize(detrended.len(), 0.0);
    for (cycle, rest) in detrended.chunks(period).zip(remainder.chunks_mut(period)) {
        let m = cycle.len();
        let (phases, rest) = (&phases[..m], &mut rest[..m]);
        for j in 0..m {
            rest[j] = cycle[j] - phases[j];
        }
    }
    if !whole {
        detrended.retain(|v| !v.is_nan());
        remainder.retain(|v| !v.is_nan());
    }
    true
}
