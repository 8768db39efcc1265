//! What the net sees of an account: per metric how each step deviates from the stiff expectation, on
//! scales that do not depend on the account's size, and the hour of day.
//!
//! With `y` the count, `mu` the stiff expectation, `r = ln((max(y, 0) + 1/2) / (mu + 1/2))` the log residual,
//! `c = 1 / (mu + 1/2)` its counting variance and `v` its own variance beside that
//! ([`crate::expectation::stiff`]), a metric has the channels
//!
//! 0. `r` within ±4,
//! 1. `asinh(r / sqrt(c + v))`,
//! 2. `ln(mu + 1/2) - m`, with `m` the mean over steps of `ln(mu + 1/2)`,
//! 3. `m / 5`,
//! 4. 1 where the step is known,
//! 5. `asinh(min(y, 0) / (mean mu + 1/2))`, what the platform took back,
//! 6. `ln(max(y, 0) + 1/2)` less its lower median, within ±6,
//!
//! and the last three of an account are sine and cosine of the hour of day and 1 (0, 0, 0 without a daily
//! clock). A missing step is 0 in all but 2 and 3; a metric without a known step is 0 in all.

use crate::Error;
use crate::expectation::Clock;
use crate::expectation::stiff::{Stiff, own_variance};
use crate::features::Accounts;
use crate::features::residual::lower_quantile;
use crate::lanes::{self, dispatch};
use crate::rows::map_jobs;

/// Metrics that have channels, in the order of every panel.
pub const N_METRICS: usize = 4;
/// Channels of one metric.
const PER_METRIC: usize = 7;
/// Channels of the clock.
const CLOCK: usize = 3;
/// Channels of an account.
pub const N_CHANNELS: usize = N_METRICS * PER_METRIC + CLOCK;

/// Log residuals are cut here: a factor of 55.
const MOST_RESIDUAL: f32 = 4.0;
/// Log counts above or below the median are cut here: a factor of 400.
const MOST_ABOVE: f32 = 6.0;
/// Unit of the mean log expectation: that of 150 actions a step is 1.
const MEAN_UNIT: f32 = 5.0;
/// Largest argument of `asinh` whose square is a finite number.
const LARGEST: f32 = 1e18;

/// Which of the four metrics each metric of a panel is.
#[derive(Debug, Clone, Copy)]
pub struct Slots<'s>(&'s [usize]);

impl<'s> Slots<'s> {
    /// One number, out of four, for each metric of a panel.
    ///
    /// # Errors
    /// [`Error`] if there are fewer or more than `n_metrics`, or a number is not below 4 or stands twice.
    pub fn new(slots: &'s [usize], n_metrics: usize) -> Result<Self, Error> {
        if slots.len() != n_metrics {
            return Err(Error::Length {
                argument: "metric_slots".into(),
                given: slots.len(),
                expected: n_metrics,
            });
        }
        let stands_twice = |k: usize| slots[..k].contains(&slots[k]);
        if (0..slots.len()).any(|k| slots[k] >= N_METRICS || stands_twice(k)) {
            return Err(Error::out_of_range(
                "metric_slots",
                format!("{slots:?}"),
                format!("numbers from 0 to {}, each once", N_METRICS - 1),
            ));
        }
        Ok(Self(slots))
    }
}

/// Makes the channels of one account after another.
#[derive(Debug)]
pub struct Maker<'s> {
    slots: Slots<'s>,
    clock: Clock,
    stiff: Stiff,
    expected: Vec<f32>,
    work: Work,
}

/// One slot per step.
#[derive(Debug, Default)]
struct Work {
    log_expected: Vec<f32>,
    counting: Vec<f32>,
    residual: Vec<f32>,
    known_logs: Vec<f32>,
}

impl<'s> Maker<'s> {
    /// For accounts of panels with these metrics and this clock.
    pub fn new(slots: Slots<'s>, clock: Clock) -> Self {
        Self {
            slots,
            clock,
            stiff: Stiff::default(),
            expected: Vec::new(),
            work: Work::default(),
        }
    }

    /// Channels of one account: [`N_CHANNELS`] runs of as many values as there are steps.
    ///
    /// `data` holds the metrics one after another; `start` is the number of the first step on the clock.
    /// Anything in `out` is overwritten; it has room for all channels of the account.
    pub fn fill(&mut self, data: &[f32], start: i64, out: &mut [f32]) {
        let n = out.len() / N_CHANNELS;
        out.fill(0.0);
        if n == 0 {
            return;
        }
        self.expected.resize(n, 0.0);
        for (y, &slot) in data.chunks_exact(n).zip(self.slots.0) {
            if !y.iter().any(|count| count.is_finite()) {
                continue;
            }
            self.stiff.fit(y, start, self.clock, &mut self.expected);
            let out = &mut out[slot * PER_METRIC * n..][..PER_METRIC * n];
            one_metric(y, &self.expected, &mut self.work, out);
        }
        if self.clock.steps_per_day > 1 {
            let phase = start.rem_euclid(self.clock.steps_per_day as i64) as usize;
            let out = &mut out[N_METRICS * PER_METRIC * n..];
            hour_of_day(phase, self.clock.steps_per_day, out);
        }
    }
}

dispatch! {
    fn one_metric<'a>(y: &'a [f32], expected: &'a [f32], work: &'a mut Work, out: &'a mut [f32]) {
        let n = y.len();
        let expected = &expected[..n];
        for buffer in [&mut work.log_expected, &mut work.counting, &mut work.residual] {
            buffer.resize(n, 0.0);
        }
        let log_expected = &mut work.log_expected[..n];
        let (counting, residual) = (&mut work.counting[..n], &mut work.residual[..n]);
        let (cut, rest) = out.split_at_mut(n);
        let (standard, rest) = rest.split_at_mut(n);
        let (level, rest) = rest.split_at_mut(n);
        let (mean_level, rest) = rest.split_at_mut(n);
        let (seen, rest) = rest.split_at_mut(n);
        let (taken_back, above) = rest.split_at_mut(n);
        let above = &mut above[..n];
        for t in 0..n {
            let usual = expected[t] + 0.5;
            let known = y[t].is_finite();
            seen[t] = if known { 1.0 } else { 0.0 };
            counting[t] = 1.0 / usual;
            log_expected[t] = lanes::ln(usual);
            above[t] = lanes::ln(y[t].max(0.0) + 0.5);
            let log_residual = above[t] - log_expected[t];
            residual[t] = if known { log_residual } else { 0.0 };
        }
        let (mut sum, mut log_sum) = (0.0_f64, 0.0_f64);
        for t in 0..n {
            sum += f64::from(expected[t]);
            log_sum += f64::from(log_expected[t]);
        }
        work.known_logs.clear();
        work.known_logs.extend(above.iter().zip(&*seen).filter(|p| *p.1 > 0.0).map(|p| *p.0));
        let variance = own_variance(residual, counting, work.known_logs.len());
        let median = lower_quantile(&mut work.known_logs, 0.5);
        let mean_log = (log_sum / n as f64) as f32;
        let unit = 1.0 / ((sum / n as f64) as f32 + 0.5);
        for t in 0..n {
            let known = seen[t] > 0.0;
            cut[t] = residual[t].clamp(-MOST_RESIDUAL, MOST_RESIDUAL);
            standard[t] = asinh(residual[t] / (counting[t] + variance).sqrt());
            level[t] = log_expected[t] - mean_log;
            mean_level[t] = mean_log / MEAN_UNIT;
            let lost = if known && y[t] < 0.0 { y[t] } else { 0.0 };
            taken_back[t] = asinh(lost * unit);
            let higher = (above[t] - median).clamp(-MOST_ABOVE, MOST_ABOVE);
            above[t] = if known { higher } else { 0.0 };
        }
    }
}

dispatch! {
    fn hour_of_day<'a>(phase: usize, steps_per_day: usize, out: &'a mut [f32]) {
        let n = out.len() / CLOCK;
        let (sine, rest) = out.split_at_mut(n);
        let (cosine, has_clock) = rest.split_at_mut(n);
        let day = n.min(steps_per_day);
        for t in 0..day {
            let turn = ((phase + t) % steps_per_day) as f32 / steps_per_day as f32;
            (sine[t], cosine[t]) = lanes::sin_cos_turn(turn);
        }
        for t in day..n {
            sine[t] = sine[t - day];
            cosine[t] = cosine[t - day];
        }
        has_clock.fill(1.0);
    }
}

/// Area hyperbolic sine, to 2e-7; arguments beyond ±1e18 are taken as that.
#[inline(always)]
fn asinh(x: f32) -> f32 {
    let size = x.abs().min(LARGEST);
    lanes::ln(size + size.mul_add(size, 1.0).sqrt()).copysign(x)
}

/// Channels of every account, account after account: those of account `i` start at
/// `N_CHANNELS * offsets[i]`, channel after channel.
///
/// `slots` holds the number, out of four, of each metric of the panel.
///
/// # Errors
/// [`Error`] if the buffers do not fit one another or `slots` does not fit the metrics.
pub fn channels(
    accounts: Accounts<'_>,
    slots: &[usize],
    threads: usize,
) -> Result<Vec<f32>, Error> {
    accounts.check(None)?;
    let Accounts {
        data,
        layout,
        starts,
        clock,
    } = accounts;
    let slots = Slots::new(slots, layout.n_metrics)?;
    let n_accounts = layout.n_accounts();
    let mut out = vec![0.0; N_CHANNELS * layout.offsets[n_accounts]];
    let mut jobs = Vec::with_capacity(n_accounts);
    let mut rest = out.as_mut_slice();
    for i in 0..n_accounts {
        let (mine, others) = rest.split_at_mut(N_CHANNELS * layout.length(i));
        jobs.push((i, mine));
        rest = others;
    }
    map_jobs(
        jobs,
        threads,
        || Maker::new(slots, clock),
        |maker, (i, out)| maker.fill(layout.block(data, i), starts[i], out),
    );
    Ok(out)
}
