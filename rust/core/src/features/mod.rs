//! The registry of features and their extraction.
//!
//! Names read `metric__measure__parameter`; a pair of metrics reads `likes_per_views`; `any` is the
//! largest value over the metrics (or pairs) present and `mean` their mean, so that accounts with
//! different metrics share columns. All features are relative to the account's own expectation.

mod account;
mod counts;
mod cross;
mod cycle;
mod daily;
mod drift;
mod entropy;
mod kernel_set;
mod level;
mod memory;
mod registry;
pub(crate) mod residual;
mod rolling;
mod shape;
mod tables;
mod tail;

pub use registry::{Direction, FAMILIES, Feature, Needs};

use crate::Error;
use crate::expectation::Clock;
use crate::rows::{Layout, fill_rows};
use account::Worker;
use kernel_set::Kernels;
use residual::Residual;

/// Fewest known steps of a metric of which anything is measured.
pub const LEAST_KNOWN: usize = 14;
/// Fewest parts of a day for which a daily curve means anything.
const MIN_STEPS_PER_DAY: usize = 6;

/// One metric of one account.
pub(crate) struct Metric<'a> {
    pub(crate) counts: &'a [f32],
    pub(crate) expected: &'a [f32],
    pub(crate) residual: &'a Residual,
}

/// One metric of one account as kernels take it: float64, NaN where a step is missing.
#[derive(Clone, Copy)]
pub(crate) struct Series<'a> {
    /// Counts.
    pub(crate) x: &'a [f64],
    /// Logarithms of the counts plus one half.
    pub(crate) logs: &'a [f64],
    /// Standardised residuals.
    pub(crate) u: &'a [f64],
}

/// A column: its name and its registry row.
#[derive(Debug, Clone)]
pub struct Column {
    /// `metric__measure__parameter`.
    pub name: String,
    /// The registry row behind it.
    pub feature: Feature,
}

/// Groups of features of one metric, in output order.
const SINGLE: [&[Feature]; 10] = [
    &level::FEATURES,
    &tail::FEATURES,
    &daily::FEATURES,
    &memory::FEATURES,
    &rolling::FEATURES,
    &entropy::FEATURES,
    &shape::FEATURES,
    &counts::FEATURES,
    &drift::FEATURES,
    &cycle::FEATURES,
];
const N_SINGLE: usize = {
    let (mut n, mut group) = (0, 0);
    while group < SINGLE.len() {
        n += SINGLE[group].len();
        group += 1;
    }
    n
};
const N_PAIR: usize = cross::PAIR_FEATURES.len();
const N_JOINT: usize = cross::JOINT_FEATURES.len();

fn single_features() -> impl Iterator<Item = Feature> {
    SINGLE.into_iter().flatten().copied()
}

/// Pairs (follower, leader) of the metrics present: each later metric over the first.
fn pairs(n_metrics: usize) -> impl Iterator<Item = (usize, usize)> {
    (1..n_metrics).map(|follower| (follower, 0))
}

/// What is measured of each owner of `n_metrics` metrics, in output order: metrics, pairs, the largest and
/// the mean over each, all together.
fn owned(n_metrics: usize) -> impl Iterator<Item = Vec<Feature>> {
    let single = || single_features().collect();
    let pair = || cross::PAIR_FEATURES.to_vec();
    std::iter::repeat_with(single)
        .take(n_metrics)
        .chain(std::iter::repeat_with(pair).take(pairs(n_metrics).count()))
        .chain([single(), single(), pair(), pair()])
        .chain([cross::JOINT_FEATURES.to_vec()])
}

/// Columns for the metrics given, of all families, in output order.
pub fn columns(metrics: &[&str]) -> Vec<Column> {
    let mut owners: Vec<String> = metrics.iter().map(ToString::to_string).collect();
    for (follower, leader) in pairs(metrics.len()) {
        owners.push(format!("{}_per_{}", metrics[follower], metrics[leader]));
    }
    owners.extend(["any", "mean", "any_ratio", "mean_ratio", "joint"].map(String::from));
    let mut columns = Vec::with_capacity(n_columns(metrics.len()));
    for (owner, features) in owners.iter().zip(owned(metrics.len())) {
        for feature in features {
            let name = format!("{owner}__{}__{}", feature.measure, feature.parameter);
            columns.push(Column { name, feature });
        }
    }
    columns
}

/// Number of columns of all families for `n_metrics` metrics.
pub fn n_columns(n_metrics: usize) -> usize {
    (n_metrics + 2) * N_SINGLE + (n_metrics.saturating_sub(1) + 2) * N_PAIR + N_JOINT
}

/// Families that are asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted([bool; FAMILIES.len()]);

impl Wanted {
    fn new(families: &[&str]) -> Result<Self, Error> {
        let mut wanted = [false; FAMILIES.len()];
        for family in families {
            if let Some(k) = FAMILIES.iter().position(|known| known == family) {
                wanted[k] = true;
            } else {
                let allowed = format!("one of {}", FAMILIES.join(", "));
                return Err(Error::out_of_range("families", family, allowed));
            }
        }
        Ok(Self(wanted))
    }

    fn has(self, feature: &Feature) -> bool {
        FAMILIES
            .iter()
            .zip(self.0)
            .any(|(family, wanted)| wanted && *family == feature.family)
    }

    /// Whether any feature of a group is asked for.
    fn any(self, group: &[Feature]) -> bool {
        group.iter().any(|feature| self.has(feature))
    }
}

/// Many accounts' series.
#[derive(Debug, Clone, Copy)]
pub struct Accounts<'a> {
    /// Counts, laid out as `layout` says; NaN = missing.
    pub data: &'a [f32],
    /// Where each account lies in `data`.
    pub layout: Layout<'a>,
    /// Number of each account's first step since 1970-01-01T00:00 UTC.
    pub starts: &'a [i64],
    /// Steps per day and week.
    pub clock: Clock,
}

impl Accounts<'_> {
    /// Refuses buffers that do not fit one another; `expected` is laid out like the data.
    pub(crate) fn check(&self, expected: Option<&[f32]>) -> Result<(), Error> {
        let n_values = self.data.len();
        for (argument, given, wanted) in [
            (
                "expected",
                expected.map_or(n_values, <[f32]>::len),
                n_values,
            ),
            ("starts", self.starts.len(), self.layout.n_accounts()),
        ] {
            if given != wanted {
                return Err(Error::Length {
                    argument: argument.into(),
                    given,
                    expected: wanted,
                });
            }
        }
        Ok(())
    }
}

/// Features of every account, one row per account: the columns of [`columns`] that belong to one of
/// `families`, in their order. The number of columns comes first.
///
/// `expected` is laid out like the data; left out, the stiff part of the expectation is fitted here
/// ([`crate::expectation::stiff`]).
///
/// # Errors
/// [`Error`] if the buffers do not fit one another or a family is unknown.
pub fn extract(
    accounts: Accounts<'_>,
    expected: Option<&[f32]>,
    families: &[&str],
    threads: usize,
) -> Result<(usize, Vec<f64>), Error> {
    let Accounts {
        data,
        layout,
        starts,
        clock,
    } = accounts;
    accounts.check(expected)?;
    let wanted = Wanted::new(families)?;
    let kernels = Kernels::new(clock.steps_per_day.max(2))?;
    let keep: Vec<usize> = owned(layout.n_metrics)
        .flatten()
        .enumerate()
        .filter(|(_, feature)| wanted.has(feature))
        .map(|(k, _)| k)
        .collect();
    let mut out = vec![0.0; layout.n_accounts() * keep.len()];
    fill_rows(
        &mut out,
        keep.len(),
        data.len() / layout.n_accounts().max(1),
        threads,
        || Worker::new(layout.n_metrics, clock, wanted, &kernels),
        |worker, i, row| {
            let expected = expected.map(|all| layout.block(all, i));
            let all = worker.measure(layout.block(data, i), expected, starts[i]);
            for (slot, &k) in row.iter_mut().zip(&keep) {
                *slot = all[k];
            }
        },
    );
    Ok((keep.len(), out))
}

#[cfg(test)]
mod tests;
