//! The factor that all accounts of a platform share at a step, from a mergeable integer sketch.
//!
//! Each account adds one to the bin of its log residual at each step. Counts add up in any order to
//! the same bits, so accounts can be sketched in chunks, on threads or on machines.

use crate::rows::{Layout, map_indices};

/// What the platform as a whole did: log factor per step from step number `origin` on.
#[derive(Debug, Clone, Copy)]
pub struct Platform<'a> {
    /// Number of the first step.
    pub origin: i64,
    /// Log factor of each step; values that are not finite count as 0.
    pub log_factor: &'a [f64],
}

impl Platform<'_> {
    /// The factor at the `n_steps` steps from number `start` on, 0 outside its range.
    pub(super) fn at(&self, start: i64, n_steps: usize) -> Vec<f64> {
        (0..n_steps as i64)
            .map(|t| {
                let position = start.saturating_add(t).saturating_sub(self.origin);
                usize::try_from(position)
                    .ok()
                    .and_then(|p| self.log_factor.get(p).copied())
                    .unwrap_or(0.0)
            })
            .collect()
    }
}

/// Bins of the histogram of one step.
pub const BINS: usize = 193;
/// Width of a bin on the log scale.
const WIDTH: f64 = 1.0 / 32.0;

/// Bin of a log residual; the outer bins take everything beyond.
fn bin(residual: f64) -> usize {
    let middle = (BINS / 2) as f64;
    (residual / WIDTH + middle)
        .round()
        .clamp(0.0, (BINS - 1) as f64) as usize
}

/// Histogram of the accounts' log residuals at each step of a clock of `n_steps` steps from number
/// `origin` on: `n_steps * BINS` counts.
///
/// `data`, `expected` and `log_sd` share the panel's layout. An account's residual at a step is the
/// mean over its metrics, weighted by their precision; steps without an expectation do not count.
pub fn sketch(
    layout: Layout<'_>,
    data: &[f32],
    expected: &[f32],
    log_sd: &[f32],
    starts: &[i64],
    clock: (i64, usize),
    threads: usize,
) -> Vec<i64> {
    let (origin, n_steps) = clock;
    let bins: Vec<Vec<u8>> = map_indices(layout.n_accounts(), threads, |i| {
        let n = layout.length(i);
        let (y, mu, sd) = (
            layout.block(data, i),
            layout.block(expected, i),
            layout.block(log_sd, i),
        );
        (0..n)
            .map(|t| {
                let (mut sum, mut weights) = (0.0, 0.0);
                for at in (0..layout.n_metrics).map(|k| k * n + t) {
                    let (y, mu, sd) = (f64::from(y[at]), f64::from(mu[at]), f64::from(sd[at]));
                    let weight = 1.0 / (sd * sd);
                    if y.is_finite() && mu.is_finite() && weight.is_finite() {
                        sum += weight * libm::log((y.max(0.0) + 0.5) / (mu + 0.5));
                        weights += weight;
                    }
                }
                if weights > 0.0 {
                    bin(sum / weights) as u8
                } else {
                    u8::MAX
                }
            })
            .collect()
    });
    let mut counts = vec![0; n_steps * BINS];
    for (account, &start) in bins.iter().zip(starts) {
        for (t, &bin) in account.iter().enumerate() {
            let step = start + t as i64 - origin;
            if bin != u8::MAX && (0..n_steps as i64).contains(&step) {
                counts[step as usize * BINS + usize::from(bin)] += 1;
            }
        }
    }
    counts
}

/// Median log factor of each step and the number of accounts behind it; NaN below `least` accounts.
pub fn factor(counts: &[i64], least: i64) -> (Vec<f64>, Vec<i64>) {
    counts
        .chunks_exact(BINS)
        .map(|step| {
            let total: i64 = step.iter().sum();
            if total < least.max(1) {
                return (f64::NAN, total);
            }
            // Inside the median's bin the accounts are taken as evenly spread.
            let half = total as f64 / 2.0;
            let mut below = 0.0;
            for (k, &count) in step.iter().enumerate() {
                let count = count as f64;
                if below + count >= half {
                    let inside = (half - below) / count - 0.5;
                    let middle = (BINS / 2) as f64;
                    return ((k as f64 + inside - middle) * WIDTH, total);
                }
                below += count;
            }
            (f64::NAN, total)
        })
        .unzip()
}
