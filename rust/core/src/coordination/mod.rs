//! Which accounts of a batch rise at the same steps, beyond what the crowd at those steps explains.
//!
//! Every other feature of an account is the same bits alone or in any batch; these are not: they
//! compare the accounts given together. Bought waves rise and end within hours and come back at
//! steps that their accounts share, so each account is first compared with its own day around each
//! step; what all accounts do together is removed as the platform's factor.
//!
//! Accounts meet only in the bucket of a step at which both rise, and buckets are cut to
//! [`MOST_PER_STEP`], so the work grows with the number of accounts and not with its square. Results
//! follow the accounts in any order and do not depend on the number of threads.

pub(crate) mod crowd;
pub(crate) mod partners;
pub(crate) mod residual;

use crate::Error;
use crate::features::{Accounts, Column, Feature, Needs};
use crate::rows::map_jobs;
use crowd::Crowd;
use partners::{Matching, Search};
use residual::Timeline;

/// Fewest observed steps of an account that takes part; its features are NaN below.
pub const LEAST_STEPS: usize = 48;
/// Fewest accounts at a step whose median is the platform's doing and not one account's.
pub const LEAST_CROWD: usize = 30;
/// Most accounts kept of those that rise at one step, the strongest first. At 100,000 accounts that
/// is about as many as rise by chance, so it bounds the work of larger batches only.
pub const MOST_PER_STEP: usize = 8192;
/// Best partners that an account is compared with.
const N_BEST: usize = 3;
/// Accounts per job: enough to make handing it out cheap, few enough to share the last ones.
pub(crate) const PER_JOB: usize = 64;

/// The registry of this family, in output order.
pub const FEATURES: [Feature; 4] = [
    Feature::high(
        "coordination",
        "coincidence",
        "top3",
        "nats",
        LEAST_STEPS,
        "steps of rise shared with the best three partners, against chance among all partners",
    )
    .needing(Needs::Variation),
    Feature::high(
        "coordination",
        "jaccard",
        "best",
        "share",
        LEAST_STEPS,
        "steps of rise shared with the best partner, out of all steps of rise of both",
    )
    .needing(Needs::Variation),
    Feature::neutral(
        "coordination",
        "crowd",
        "mean",
        "log ratio",
        LEAST_STEPS,
        "accounts that rise at the account's steps of rise, over the batch's average",
    )
    .needing(Needs::Variation),
    Feature::high(
        "coordination",
        "correlation",
        "top3",
        "correlation",
        LEAST_STEPS,
        "residual against the mean residual of the best three partners",
    )
    .needing(Needs::Variation),
];

/// Columns of [`extract`], in output order.
pub fn columns() -> Vec<Column> {
    FEATURES
        .into_iter()
        .map(|feature| Column {
            name: format!("coordination__{}__{}", feature.measure, feature.parameter),
            feature,
        })
        .collect()
}

/// Features of every account of a batch, one row of `FEATURES.len()` values per account.
///
/// `expected` is laid out like the data; left out, the stiff part of the expectation is fitted here
/// ([`crate::expectation::stiff`]).
///
/// # Errors
/// [`Error::Length`] if the buffers do not fit one another.
pub fn extract(
    accounts: Accounts<'_>,
    expected: Option<&[f32]>,
    threads: usize,
) -> Result<Vec<f64>, Error> {
    let Accounts {
        layout,
        starts,
        clock,
        ..
    } = accounts;
    accounts.check(expected)?;
    let (offsets, line) = (layout.offsets, Timeline::new(layout.offsets, starts));
    let half = residual::half_window(clock.steps_per_day);
    let mut own_days = residual::own_days(accounts, expected, half, threads);
    let factor = residual::platform_factor(&own_days.series, offsets, &line, threads);
    let rises = residual::rises(&mut own_days, offsets, &line, &factor, threads);
    let series = own_days.series;
    let crowd = Crowd::new(&series, offsets, &line, &rises);
    let search = Search::new(
        &series,
        offsets,
        &line,
        &rises,
        &crowd,
        Matching::best(N_BEST),
    );
    let n = layout.n_accounts();
    let jobs: Vec<usize> = (0..n).step_by(PER_JOB).collect();
    let rows = map_jobs(
        jobs,
        threads,
        || search.memory(),
        |memory, first| {
            let accounts = first..(first + PER_JOB).min(n);
            let rows: Vec<[f64; FEATURES.len()]> =
                accounts.map(|i| search.measure(i, memory)).collect();
            rows.concat()
        },
    );
    Ok(rows.concat())
}

#[cfg(test)]
mod tests;
