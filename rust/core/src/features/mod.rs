//! The registry of features and their extraction.
//!
//! Names read `metric__measure__parameter`; a pair of metrics reads `likes_per_views`; `any` is the
//! largest value over the metrics (or pairs) present and `mean` their mean, so that accounts with
//! different metrics share columns. All features are relative to the account's own expectation.

mod cross;
mod daily;
mod level;
mod memory;
mod residual;
mod tail;

use crate::rows::{Layout, map_indices};
use crate::{Error, features::residual::Residual};

/// Which end of a feature speaks for fraud, known beforehand and not learnt from labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Large values are suspicious.
    High,
    /// Neither end is: authors of attacks disagree about it.
    None,
}

/// One row of the registry.
#[derive(Debug, Clone, Copy)]
pub struct Feature {
    /// What is measured.
    pub measure: &'static str,
    /// The measure's parameter.
    pub parameter: &'static str,
    /// Group: `burst`, `trend`, `seasonality`, `autocorrelation` or `ratio`.
    pub family: &'static str,
    /// Unit of the value.
    pub unit: &'static str,
    /// Meaning in a few words.
    pub meaning: &'static str,
    /// Fewest steps for which it is computed; NaN below.
    pub min_steps: usize,
    /// Which end is suspicious.
    pub direction: Direction,
}

/// Where the steps of an account lie in the day.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    /// Number of the account's first step since 1970-01-01T00:00 UTC.
    pub start: i64,
    /// Steps per day; 0 where the cadence has no daily cycle.
    pub steps_per_day: usize,
}

impl Clock {
    fn phase(self, t: usize) -> usize {
        let day = self.steps_per_day.max(1);
        (self.start.rem_euclid(day as i64) as usize + t) % day
    }
}

/// One metric of one account.
pub(crate) struct Metric<'a> {
    pub(crate) counts: &'a [f32],
    pub(crate) expected: &'a [f32],
    pub(crate) residual: Residual,
}

/// A column: its name and its registry row.
#[derive(Debug, Clone)]
pub struct Column {
    /// `metric__measure__parameter`.
    pub name: String,
    /// The registry row behind it.
    pub feature: Feature,
}

const N_SINGLE: usize =
    level::FEATURES.len() + tail::FEATURES.len() + daily::FEATURES.len() + memory::FEATURES.len();
const N_PAIR: usize = cross::PAIR_FEATURES.len();
const N_JOINT: usize = cross::JOINT_FEATURES.len();

fn single_features() -> impl Iterator<Item = Feature> {
    level::FEATURES
        .into_iter()
        .chain(tail::FEATURES)
        .chain(daily::FEATURES)
        .chain(memory::FEATURES)
}

/// Pairs (follower, leader) of the metrics present: each later metric over the first.
fn pairs(n_metrics: usize) -> impl Iterator<Item = (usize, usize)> {
    (1..n_metrics).map(|follower| (follower, 0))
}

/// Columns of [`extract`] for the metrics given, in output order.
pub fn columns(metrics: &[&str]) -> Vec<Column> {
    let mut owners: Vec<(String, Vec<Feature>)> = Vec::new();
    let single: Vec<Feature> = single_features().collect();
    for metric in metrics {
        owners.push(((*metric).to_string(), single.clone()));
    }
    for (follower, leader) in pairs(metrics.len()) {
        let owner = format!("{}_per_{}", metrics[follower], metrics[leader]);
        owners.push((owner, cross::PAIR_FEATURES.to_vec()));
    }
    for owner in ["any", "mean"] {
        owners.push((owner.to_string(), single.clone()));
    }
    for owner in ["any_ratio", "mean_ratio"] {
        owners.push((owner.to_string(), cross::PAIR_FEATURES.to_vec()));
    }
    owners.push(("joint".to_string(), cross::JOINT_FEATURES.to_vec()));
    let mut columns = Vec::with_capacity(n_columns(metrics.len()));
    for (owner, features) in owners {
        for feature in features {
            let name = format!("{owner}__{}__{}", feature.measure, feature.parameter);
            columns.push(Column { name, feature });
        }
    }
    columns
}

/// Number of columns for `n_metrics` metrics.
pub fn n_columns(n_metrics: usize) -> usize {
    (n_metrics + 2) * N_SINGLE + (n_metrics.saturating_sub(1) + 2) * N_PAIR + N_JOINT
}

/// Features of every account of a panel, one row per account.
///
/// `expected` is laid out like `data`; `starts` are the numbers of the accounts' first steps.
///
/// # Errors
/// [`Error::Length`] if the buffers do not fit one another.
pub fn extract(
    data: &[f32],
    expected: &[f32],
    layout: Layout<'_>,
    starts: &[i64],
    steps_per_day: usize,
    threads: usize,
) -> Result<Vec<f64>, Error> {
    for (argument, given, wanted) in [
        ("expected", expected.len(), data.len()),
        ("starts", starts.len(), layout.n_accounts()),
    ] {
        if given != wanted {
            return Err(Error::Length {
                argument: argument.into(),
                given,
                expected: wanted,
            });
        }
    }
    let rows = map_indices(layout.n_accounts(), threads, |i| {
        let clock = Clock {
            start: starts[i],
            steps_per_day,
        };
        account(
            layout.block(data, i),
            layout.block(expected, i),
            layout.n_metrics,
            clock,
        )
    });
    Ok(rows.concat())
}

/// Features of one account.
fn account(data: &[f32], expected: &[f32], n_metrics: usize, clock: Clock) -> Vec<f64> {
    let mut out = vec![f64::NAN; n_columns(n_metrics)];
    let n = data.len() / n_metrics.max(1);
    if n == 0 {
        return out;
    }
    let metrics: Vec<Metric<'_>> = data
        .chunks_exact(n)
        .zip(expected.chunks_exact(n))
        .map(|(counts, expected)| Metric {
            counts,
            expected,
            residual: Residual::of_counts(counts, expected),
        })
        .collect();
    for (metric, slot) in metrics.iter().zip(out.chunks_exact_mut(N_SINGLE)) {
        let observed = metric.residual.n_observed();
        if observed < 14 {
            continue;
        }
        let (levels, rest) = slot.split_at_mut(level::FEATURES.len());
        level::measure(metric, levels);
        let (tails, rest) = rest.split_at_mut(tail::FEATURES.len());
        tail::measure(metric, tails);
        let (days, memory) = rest.split_at_mut(daily::FEATURES.len());
        daily::measure(metric, clock, days);
        memory::measure(metric, clock, memory);
        for (value, feature) in slot.iter_mut().zip(single_features()) {
            if observed < feature.min_steps {
                *value = f64::NAN;
            }
        }
    }
    let at_pairs = n_metrics * N_SINGLE;
    for (k, (follower, leader)) in pairs(n_metrics).enumerate() {
        let (f, l) = (&metrics[follower].residual, &metrics[leader].residual);
        if f.n_observed().min(l.n_observed()) >= 14 {
            let slot = &mut out[at_pairs + k * N_PAIR..at_pairs + (k + 1) * N_PAIR];
            cross::measure_pair(f, l, slot);
        }
    }
    let n_pairs = n_metrics.saturating_sub(1);
    let at_any = at_pairs + n_pairs * N_PAIR;
    let (parts, summaries) = out.split_at_mut(at_any);
    let (singles, ratios) = parts.split_at(at_pairs);
    let (any, rest) = summaries.split_at_mut(N_SINGLE);
    let (mean, rest) = rest.split_at_mut(N_SINGLE);
    summarise(singles, any, mean);
    let (any, rest) = rest.split_at_mut(N_PAIR);
    let (mean, joint) = rest.split_at_mut(N_PAIR);
    summarise(ratios, any, mean);
    let usable: Vec<&Residual> = metrics
        .iter()
        .map(|m| &m.residual)
        .filter(|r| r.n_observed() >= 14)
        .collect();
    cross::measure_joint(&usable, joint);
    out
}

/// Largest and mean value of each measure over the metrics (or pairs) that have it.
fn summarise(parts: &[f64], any: &mut [f64], mean: &mut [f64]) {
    let width = any.len();
    for k in 0..width {
        let (mut largest, mut sum, mut n) = (f64::NAN, 0.0, 0_usize);
        for value in parts.iter().skip(k).step_by(width).filter(|v| !v.is_nan()) {
            largest = largest.max(*value);
            sum += value;
            n += 1;
        }
        any[k] = largest;
        mean[k] = if n == 0 { f64::NAN } else { sum / n as f64 };
    }
}

#[cfg(test)]
mod tests;
