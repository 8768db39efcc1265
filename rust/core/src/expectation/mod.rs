//! The robust expectation of a series and the excess over it.
//!
//! Per account and metric: counts are negative binomial around `exp(stiff + level)`, where the stiff
//! part is trend in log age, hour of day and day of week, and the level reverts to zero. A window is
//! judged by what the steps outside it predict inside; steps and volumes are held against the stiff
//! part of a second fit that did not see the strongest windows. Nothing here looks at another
//! account: alone or in a batch an account has the same bits.

pub mod bootstrap;
pub mod bridge;
pub mod design;
pub mod fit;
pub mod hours;
pub mod level;
pub mod peaks;
pub mod placement;
pub mod platform;
pub mod stiff;
pub mod volume;
pub mod windows;

use crate::Error;
use crate::rows::{Layout, map_indices};
use bridge::Bridge;
pub use design::Clock;
use design::Design;
use fit::Fit;
pub use platform::Platform;
use windows::Grid;

/// Fewest observed steps of a metric that can be judged.
pub const LEAST_OBSERVED: usize = 14;
/// Fewest actions of a detectable inflation.
const LEAST_ACTIONS: f64 = 20.0;
/// Residual blocks of the bootstrap span this many hours' worth of steps.
const BLOCK_STEPS: usize = 24;

/// One detected window of one metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// Position of the metric.
    pub metric: usize,
    /// First step, counted from the account's own first.
    pub start: usize,
    /// First step after it.
    pub end: usize,
    /// Signed standard score against what the outside predicts.
    pub z: f64,
    /// Observed, expected and excess.
    pub volume: volume::Volume,
}

/// What one metric of one account looks like as a whole.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    /// Observed steps.
    pub n_observed: usize,
    /// Signed Z of the strongest window; NaN where the metric is not judged.
    pub max_z: f64,
    /// Largest |Z| that another metric shares with this one in the same window and direction,
    /// signed; NaN without another metric.
    pub joint_z: f64,
    /// Block bootstrap p-value of the strongest window.
    pub p_block: f64,
    /// p-value of the strongest windows as outliers among the account's own peaks.
    pub p_peak: f64,
    /// The slow window that is most unusual for its length: first step, first step after it and
    /// signed score, at which 0 and 1 are the median and the 90 % point of organic series.
    pub slow: Option<(usize, usize, f64)>,
    /// Smallest inflation over a day that would have been listed, as a share.
    pub detectable_share: f64,
    /// Standard deviation of the level on the log scale.
    pub level_sd: f64,
    /// Time constant of the level in steps.
    pub level_steps: f64,
    /// Standard deviation of the noise beyond counting, log scale.
    pub noise_sd: f64,
}

impl Summary {
    fn unjudged(n_observed: usize) -> Self {
        let nan = f64::NAN;
        Self {
            n_observed,
            max_z: nan,
            joint_z: nan,
            p_block: nan,
            p_peak: nan,
            slow: None,
            detectable_share: nan,
            level_sd: nan,
            level_steps: nan,
            noise_sd: nan,
        }
    }
}

/// The expectation of one account; buffers are metric after metric like the panel.
#[derive(Debug, Clone, Default)]
pub struct Account {
    /// Stiff part, NaN where the metric is not judged.
    pub expected: Vec<f32>,
    /// Standard deviation of the log residual around it.
    pub log_sd: Vec<f32>,
    /// Signed score of each step.
    pub hour_z: Vec<f32>,
    /// Detected windows, by metric and start.
    pub windows: Vec<Window>,
    /// One entry per metric.
    pub summary: Vec<Summary>,
}

/// A metric after its second fit.
struct Judged {
    fit: Fit,
    y: Vec<f64>,
    z: Vec<f64>,
    aside: Vec<bool>,
}

/// Two fits of one metric: all steps, then without the windows that stand out.
fn judge(y: Vec<f64>, design: &Design, grid: &Grid) -> Judged {
    let clipped: Vec<f64> = y.iter().map(|v| v.max(0.0)).collect();
    let mut used: Vec<bool> = y.iter().map(|v| v.is_finite()).collect();
    let mut aside = vec![false; y.len()];
    let mut fitted = fit::fit(&clipped, &used, design, None);
    let mut z = windows::scan(
        grid,
        &fitted,
        &Bridge::new(&fitted, &y, grid.longest()),
        true,
    );
    let peeled = windows::set_aside(grid, &z, y.len());
    if !peeled.is_empty() {
        for (start, end) in peeled {
            used[start..end].fill(false);
            aside[start..end].fill(true);
        }
        fitted = fit::fit(&clipped, &used, design, Some(&fitted));
        z = windows::scan(
            grid,
            &fitted,
            &Bridge::new(&fitted, &y, grid.longest()),
            false,
        );
    }
    Judged {
        fit: fitted,
        y,
        z,
        aside,
    }
}

/// The strongest Z that another metric shares with metric `k` in one window and direction.
fn joint(judged: &[Option<Judged>], k: usize) -> f64 {
    let Some(own) = &judged[k] else {
        return f64::NAN;
    };
    let mut best = f64::NAN;
    for (other, judged) in judged.iter().enumerate() {
        let Some(partner) = judged else { continue };
        if other == k {
            continue;
        }
        if best.is_nan() {
            best = 0.0;
        }
        for (&a, &b) in own.z.iter().zip(&partner.z) {
            let shared = if a * b > 0.0 {
                a.abs().min(b.abs())
            } else {
                0.0
            };
            if shared > f64::abs(best) {
                best = shared * a.signum();
            }
        }
    }
    best
}

/// Fits one account. `data` holds its metrics one after another, NaN = missing; `start` is the
/// number of its first step on the clock.
pub fn fit_account(
    data: &[f32],
    n_metrics: usize,
    start: i64,
    clock: Clock,
    platform: Option<Platform<'_>>,
    seed: u64,
) -> Account {
    let n_steps = data.len() / n_metrics.max(1);
    let factor = platform.map(|p| p.at(start, n_steps));
    let design = Design::new(n_steps, start, clock, factor.as_deref());
    let grid = Grid::new(n_steps, clock);
    let series = data.chunks_exact(n_steps.max(1)).take(n_metrics);
    let observed: Vec<usize> = (0..n_metrics)
        .map(|k| {
            let values = data.get(k * n_steps..(k + 1) * n_steps).unwrap_or(&[]);
            values.iter().filter(|v| v.is_finite()).count()
        })
        .collect();
    let judged: Vec<Option<Judged>> = series
        .zip(&observed)
        .map(|(values, &n)| {
            (n >= LEAST_OBSERVED).then(|| {
                let y = values.iter().map(|&v| {
                    if v.is_finite() {
                        f64::from(v)
                    } else {
                        f64::NAN
                    }
                });
                judge(y.collect(), &design, &grid)
            })
        })
        .collect();
    let mut out = Account {
        expected: vec![f32::NAN; data.len()],
        log_sd: vec![f32::NAN; data.len()],
        hour_z: vec![f32::NAN; data.len()],
        ..Account::default()
    };
    for (k, &n) in observed.iter().enumerate() {
        let Some(Some(metric)) = judged.get(k) else {
            out.summary.push(Summary::unjudged(n));
            continue;
        };
        let joint_z = joint(&judged, k);
        report(metric, &grid, clock, seed, k, joint_z, &mut out);
    }
    out
}

/// Writes everything that is known about metric `k`.
fn report(
    metric: &Judged,
    grid: &Grid,
    clock: Clock,
    seed: u64,
    k: usize,
    joint_z: f64,
    out: &mut Account,
) {
    let Judged { fit, y, z, aside } = metric;
    let n = y.len();
    let standardised = hours::standardised(y, fit);
    for (t, score) in hours::scores(&standardised).into_iter().enumerate() {
        out.expected[k * n + t] = fit.stiff[t] as f32;
        out.log_sd[k * n + t] = fit.stiff_variance(t).sqrt() as f32;
        out.hour_z[k * n + t] = score as f32;
    }
    let bridge = Bridge::new(fit, y, grid.longest());
    let place = placement::scores(grid, fit, &standardised);
    for (start, end, z) in windows::list(grid, z, &place) {
        let volume = volume::volume(&bridge, start, end);
        out.windows.push(Window {
            metric: k,
            start,
            end,
            z,
            volume,
        });
    }
    let guard = grid.windows.first().map_or(0, |w| w.0 as usize);
    let day = if clock.steps_per_day > 0 {
        clock.steps_per_day
    } else {
        BLOCK_STEPS
    };
    let block = day.min(n / 6).max(3);
    let mut typical: Vec<f64> = fit.stiff.clone();
    typical.sort_unstable_by(f64::total_cmp);
    out.summary.push(Summary {
        n_observed: y.iter().filter(|v| v.is_finite()).count(),
        max_z: windows::strongest(z).map_or(0.0, |i| z[i]),
        joint_z,
        p_block: bootstrap::p_value(&standardised, aside, guard, block, seed),
        p_peak: peaks::p_value(grid, z),
        slow: placement::slowest(grid, &place, n),
        detectable_share: volume::detectable_share(
            fit,
            typical[n / 2],
            day.min(n / 2),
            windows::LIST_Z,
            LEAST_ACTIONS,
        ),
        level_sd: fit.law.variance.sqrt(),
        level_steps: fit.law.memory,
        noise_sd: fit.law.noise.sqrt(),
    });
}

/// Fits every account of a panel, in order, on `threads` threads (0 = all).
///
/// # Errors
/// [`Error::Length`] if there are not as many `starts` as accounts.
pub fn fit_panel(
    layout: Layout<'_>,
    data: &[f32],
    starts: &[i64],
    clock: Clock,
    platform: Option<Platform<'_>>,
    seed: u64,
    threads: usize,
) -> Result<Vec<Account>, Error> {
    check_starts(layout, starts)?;
    Ok(map_indices(layout.n_accounts(), threads, |i| {
        fit_account(
            layout.block(data, i),
            layout.n_metrics,
            starts[i],
            clock,
            platform,
            seed,
        )
    }))
}

/// Refuses `starts` that do not fit the accounts.
fn check_starts(layout: Layout<'_>, starts: &[i64]) -> Result<(), Error> {
    if starts.len() == layout.n_accounts() {
        return Ok(());
    }
    Err(Error::Length {
        argument: "starts".into(),
        given: starts.len(),
        expected: layout.n_accounts(),
    })
}

/// Prediction of every step of a panel, missing ones too, by the full model (stiff part and level)
/// fitted once to all that was observed: mean, and variance of its logarithm beyond counting noise.
/// NaN where a metric has fewer than [`LEAST_OBSERVED`] steps. With `level` false the stiff part
/// predicts alone.
///
/// # Errors
/// [`Error::Length`] if there are not as many `starts` as accounts.
pub fn predict_panel(
    layout: Layout<'_>,
    data: &[f32],
    starts: &[i64],
    clock: Clock,
    level: bool,
    threads: usize,
) -> Result<(Vec<f64>, Vec<f64>), Error> {
    check_starts(layout, starts)?;
    let parts = map_indices(layout.n_accounts(), threads, |i| {
        let n = layout.length(i);
        let design = Design::new(n, starts[i], clock, None);
        let block = layout.block(data, i);
        let mut mean = vec![f64::NAN; block.len()];
        let mut variance = vec![f64::NAN; block.len()];
        for k in 0..layout.n_metrics {
            let values = &block[k * n..(k + 1) * n];
            let used: Vec<bool> = values.iter().map(|v| v.is_finite()).collect();
            if used.iter().filter(|&&u| u).count() < LEAST_OBSERVED {
                continue;
            }
            let y: Vec<f64> = values.iter().map(|&v| f64::from(v).max(0.0)).collect();
            let fit = fit::fit(&y, &used, &design, None);
            for t in 0..n {
                let shift = if level { fit.level[t] } else { 0.0 };
                let spread = if level {
                    fit.level_variance[t]
                } else {
                    fit.law.variance
                };
                mean[k * n + t] = libm::exp(fit.stiff_log[t] + shift);
                variance[k * n + t] = fit.law.noise + spread;
            }
        }
        (mean, variance)
    });
    let (means, variances): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
    Ok((means.concat(), variances.concat()))
}
