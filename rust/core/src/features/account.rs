//! One account at a time: residuals of its metrics, then every group of features that is asked for.

use super::kernel_set::{Kernels, Workspaces};
use super::registry::Feature;
use super::residual::Residual;
use super::tables::Day;
use super::{LEAST_KNOWN, Metric, N_PAIR, N_SINGLE, Series, Wanted};
use super::{counts, cross, cycle, daily, drift, entropy, level, memory, rolling, shape, tail};
use super::{n_columns, pairs, single_features};
use crate::expectation::Clock;
use crate::expectation::stiff::Stiff;
use crate::lanes::{self, dispatch};

/// Memory of one thread, used again from account to account.
pub(crate) struct Worker<'k> {
    kernels: &'k Kernels,
    n_metrics: usize,
    clock: Clock,
    wanted: Wanted,
    stiff: Stiff,
    expected: Vec<f32>,
    work: Work,
    min_steps: Vec<usize>,
    row: Vec<f64>,
}

/// What the groups write into.
#[derive(Default)]
struct Work {
    residuals: Vec<Residual>,
    pairs: cross::Work,
    day: Day,
    daily: daily::Work,
    kernels: Workspaces,
    u: Vec<f64>,
    x: Vec<f64>,
    logs: Vec<f64>,
    narrow: Vec<f32>,
    wide: Vec<f64>,
    usable: Vec<usize>,
}

impl<'k> Worker<'k> {
    pub(crate) fn new(
        n_metrics: usize,
        clock: Clock,
        wanted: Wanted,
        kernels: &'k Kernels,
    ) -> Self {
        Self {
            kernels,
            n_metrics,
            clock,
            wanted,
            stiff: Stiff::default(),
            expected: Vec::new(),
            work: Work {
                residuals: vec![Residual::default(); n_metrics],
                ..Work::default()
            },
            min_steps: single_features().map(|feature| feature.min_steps).collect(),
            row: vec![f64::NAN; n_columns(n_metrics)],
        }
    }

    /// All columns of one account; those of families that are not wanted hold anything.
    pub(crate) fn measure(&mut self, data: &[f32], expected: Option<&[f32]>, start: i64) -> &[f64] {
        self.row.fill(f64::NAN);
        let n = data.len() / self.n_metrics.max(1);
        if n == 0 {
            return &self.row;
        }
        let expected = if let Some(expected) = expected {
            expected
        } else {
            self.expected.resize(data.len(), 0.0);
            let metrics = data.chunks_exact(n).zip(self.expected.chunks_exact_mut(n));
            for (counts, expected) in metrics {
                self.stiff.fit(counts, start, self.clock, expected);
            }
            &self.expected
        };
        self.work.day.prepare(n, start, self.clock.steps_per_day);
        let job = Job {
            data,
            expected,
            n_steps: n,
            wanted: self.wanted,
            kernels: self.kernels,
            min_steps: &self.min_steps,
        };
        measure(job, &mut self.work, &mut self.row);
        &self.row
    }
}

/// One account, and what is asked of it.
struct Job<'a> {
    data: &'a [f32],
    expected: &'a [f32],
    n_steps: usize,
    wanted: Wanted,
    kernels: &'a Kernels,
    min_steps: &'a [usize],
}

dispatch! {
    fn measure<'a>(job: Job<'a>, work: &'a mut Work, out: &'a mut [f64]) {
        let Job {
            data,
            expected,
            n_steps: n,
            wanted,
            kernels,
            min_steps,
        } = job;
        let n_metrics = data.len() / n;
        work.usable.clear();
        for k in 0..n_metrics {
            let (counts, expected) = (&data[k * n..(k + 1) * n], &expected[k * n..(k + 1) * n]);
            work.residuals[k].of_counts(counts, expected, &mut work.narrow);
            let known = work.residuals[k].n_known;
            if known < LEAST_KNOWN {
                continue;
            }
            work.usable.push(k);
            let slot = &mut out[k * N_SINGLE..(k + 1) * N_SINGLE];
            single(counts, expected, k, wanted, kernels, work, slot);
            for (value, &least) in slot.iter_mut().zip(min_steps) {
                // Sample entropy is infinite where nothing stays alike.
                if known < least || value.is_infinite() {
                    *value = f64::NAN;
                }
            }
        }
        let at_pairs = n_metrics * N_SINGLE;
        if wanted.any(&cross::PAIR_FEATURES) {
            for (k, (follower, leader)) in pairs(n_metrics).enumerate() {
                let Work {
                    residuals,
                    kernels: workspaces,
                    pairs,
                    narrow,
                    ..
                } = &mut *work;
                let side = |k: usize| cross::Side {
                    counts: &data[k * n..(k + 1) * n],
                    residual: &residuals[k],
                };
                let (f, l) = (side(follower), side(leader));
                let known = f.residual.n_known.min(l.residual.n_known);
                if known >= LEAST_KNOWN {
                    let slot = &mut out[at_pairs + k * N_PAIR..at_pairs + (k + 1) * N_PAIR];
                    cross::measure_pair(f, l, kernels, workspaces, pairs, narrow, slot);
                    for (value, feature) in slot.iter_mut().zip(&cross::PAIR_FEATURES) {
                        if known < feature.min_steps {
                            *value = f64::NAN;
                        }
                    }
                }
            }
        }
        let at_any = at_pairs + n_metrics.saturating_sub(1) * N_PAIR;
        let (parts, summaries) = out.split_at_mut(at_any);
        let (singles, ratios) = parts.split_at(at_pairs);
        let (any, rest) = summaries.split_at_mut(N_SINGLE);
        let (mean, rest) = rest.split_at_mut(N_SINGLE);
        summarise(singles, any, mean);
        let (any, rest) = rest.split_at_mut(N_PAIR);
        let (mean, joint) = rest.split_at_mut(N_PAIR);
        summarise(ratios, any, mean);
        if wanted.any(&cross::JOINT_FEATURES) {
            cross::measure_joint(&work.residuals, &work.usable, joint);
        }
    }
}

/// Every wanted group of metric `k`.
#[inline(always)]
fn single(
    counts: &[f32],
    expected: &[f32],
    k: usize,
    wanted: Wanted,
    kernels: &Kernels,
    work: &mut Work,
    slot: &mut [f64],
) {
    let metric = Metric {
        counts,
        expected,
        residual: &work.residuals[k],
    };
    metric.residual.with_gaps(&mut work.u);
    with_gaps(counts, &mut work.x, &mut work.logs);
    let series = Series {
        x: &work.x,
        logs: &work.logs,
        u: &work.u,
    };
    let mut slots = Slots { wanted, rest: slot };
    if let Some(out) = slots.next(&level::FEATURES) {
        level::measure(metric.residual, &mut work.wide, out);
    }
    if let Some(out) = slots.next(&tail::FEATURES) {
        tail::measure(&metric, &mut work.narrow, out);
    }
    if let Some(out) = slots.next(&daily::FEATURES) {
        daily::measure(&metric, &work.day, &mut work.daily, out);
    }
    if let Some(out) = slots.next(&memory::FEATURES) {
        memory::measure(&metric, &work.day, out);
    }
    if let Some(out) = slots.next(&rolling::FEATURES) {
        rolling::measure(series.u, kernels, &mut work.kernels, &mut work.wide, out);
    }
    if let Some(out) = slots.next(&entropy::FEATURES) {
        entropy::measure(series.u, kernels, &mut work.kernels, out);
    }
    if let Some(out) = slots.next(&shape::FEATURES) {
        shape::measure(&metric, kernels, &mut work.kernels, &mut work.wide, out);
    }
    if let Some(out) = slots.next(&counts::FEATURES) {
        counts::measure(series.x, kernels, &mut work.kernels, out);
    }
    if let Some(out) = slots.next(&drift::FEATURES) {
        drift::measure(
            series,
            metric.residual.n_known,
            kernels,
            &mut work.kernels,
            out,
        );
    }
    if let Some(out) = slots.next(&cycle::FEATURES) {
        cycle::measure(
            series,
            &work.day,
            kernels,
            &mut work.kernels,
            &mut work.wide,
            out,
        );
    }
}

/// Counts, and their logarithms, NaN where a step is missing.
#[inline(always)]
fn with_gaps(counts: &[f32], x: &mut Vec<f64>, logs: &mut Vec<f64>) {
    let n = counts.len();
    x.resize(n, 0.0);
    logs.resize(n, 0.0);
    let (x, logs) = (&mut x[..n], &mut logs[..n]);
    for t in 0..n {
        x[t] = f64::from(counts[t]);
        let log = f64::from(lanes::ln(counts[t].max(0.0) + 0.5));
        logs[t] = if counts[t].is_finite() { log } else { f64::NAN };
    }
}

/// Hands a row out group by group, in the order of [`super::SINGLE`].
struct Slots<'a> {
    wanted: Wanted,
    rest: &'a mut [f64],
}

impl<'a> Slots<'a> {
    /// The slots of the next group, where any of its features is wanted.
    #[inline(always)]
    fn next(&mut self, group: &[Feature]) -> Option<&'a mut [f64]> {
        let (out, rest) = std::mem::take(&mut self.rest).split_at_mut(group.len());
        self.rest = rest;
        self.wanted.any(group).then_some(out)
    }
}

/// Largest and mean value of each measure over the metrics (or pairs) that have it.
#[inline(always)]
fn summarise(parts: &[f64], any: &mut [f64], mean: &mut [f64]) {
    let width = any.len();
    let mean = &mut mean[..width];
    for k in 0..width {
        let (mut largest, mut sum, mut n) = (f64::NAN, 0.0, 0.0);
        let mut at = k;
        while at < parts.len() {
            let value = parts[at];
            let known = !value.is_nan();
            largest = largest.max(value);
            sum += if known { value } else { 0.0 };
            n += if known { 1.0 } else { 0.0 };
            at += width;
        }
        any[k] = largest;
        mean[k] = sum / n;
    }
}
