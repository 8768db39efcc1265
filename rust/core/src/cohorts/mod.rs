//! Accounts run by one operator: those that rise at the same steps time and again.
//!
//! An account's residual is freed from its own day and calendar and from what the platform does; steps at
//! which it stands out are its rises. Two accounts that share more rises than chance allows are a seed
//! ([`crate::coordination`] finds them without looking at all pairs). The steps that both keep are a
//! template, all accounts are held against it, those that keep it better than chance allows vote for a
//! new template, and so on until nothing changes. Chance is what other accounts of the batch do at the
//! same steps. One operator's template is far cleaner than any two accounts are alike, which is why
//! weak members are found by it.
//!
//! Accounts of one known owner rise together without any fraud: they are no seeds, have one vote
//! between them, and a cohort needs members of three owners.

mod activity;
mod calendar;
mod gamma;
mod span;
mod strength;
mod template;
mod window;

pub use template::Member;

use std::collections::HashSet;

use crate::Error;
use crate::coordination::PER_JOB;
use crate::coordination::crowd::Crowd;
use crate::coordination::partners::{Matching, NO_OWNER, Search};
use crate::coordination::residual::{self, Timeline};
use crate::features::Accounts;
use crate::rows::map_jobs;
use activity::Activity;
use span::Part;
use strength::Strengths;
use template::Growth;

/// Partners of each account that may be seeds with it.
const N_PARTNERS: usize = 6;
/// Seeds that are grown at the same time: a number of threads must not change what is found.
const SEEDS_AT_ONCE: usize = 64;

/// Who an account belongs to and how accounts are ordered, so that the order given does not matter.
#[derive(Debug, Clone, Copy)]
pub struct Identity<'a> {
    /// Number of each account's owner, `u32::MAX` where unknown.
    pub owners: &'a [u32],
    /// Rank of each account in an order of their names, each rank once.
    pub order: &'a [u32],
}

/// An account's owner; where nobody is known, the account stands for itself.
type Owner = (u32, usize);

impl Identity<'_> {
    fn owner(&self, i: usize) -> Owner {
        let owner = self.owners[i];
        (owner, if owner == NO_OWNER { i } else { 0 })
    }
}

/// All cohorts of a batch: members by account, those that come back in the order of the evidence of their
/// seeds and then those that wake together.
pub type Cohorts = Vec<Vec<Member>>;

/// Finds the cohorts of a batch. `expected` as in [`crate::coordination::extract`].
///
/// # Errors
/// [`Error::Length`] if the buffers do not fit one another.
pub fn find(
    accounts: Accounts<'_>,
    expected: Option<&[f32]>,
    identity: Identity<'_>,
    threads: usize,
) -> Result<Cohorts, Error> {
    accounts.check(expected)?;
    let (layout, clock) = (accounts.layout, accounts.clock);
    let n = layout.n_accounts();
    for (argument, given) in [
        ("owners", identity.owners.len()),
        ("order", identity.order.len()),
    ] {
        if given != n {
            return Err(Error::Length {
                argument: argument.into(),
                given,
                expected: n,
            });
        }
    }
    let line = Timeline::new(layout.offsets, accounts.starts);
    let parts = span::parts(line.n_steps, clock);
    if let [_] = parts[..] {
        return Ok(find_in(accounts, expected, identity, threads));
    }
    let n_parts = parts.len();
    let mut all = Cohorts::new();
    for bounds in parts {
        let part = Part::cut(accounts, expected, identity, &line, bounds);
        let cut = part.accounts(layout.n_metrics, clock);
        let found = find_in(cut, part.expected(), part.identity(), threads);
        span::join(&mut all, part.whole(found, n_parts), |members| {
            template::has_owners(members.iter().map(|member| identity.owner(member.account)))
        });
    }
    Ok(all)
}

/// Finds the cohorts of a batch whose series are short enough to be looked at as a whole.
fn find_in(
    accounts: Accounts<'_>,
    expected: Option<&[f32]>,
    identity: Identity<'_>,
    threads: usize,
) -> Cohorts {
    let (layout, clock) = (accounts.layout, accounts.clock);
    let (offsets, starts) = (layout.offsets, accounts.starts);
    let line = Timeline::new(offsets, starts);
    let half = residual::half_window(clock.steps_per_day);
    let mut own_days = residual::own_days(accounts, expected, half, threads);
    let activities = activity::activities(accounts, half, threads);
    for (i, _) in (0..)
        .zip(&activities)
        .filter(|(_, a)| **a == Activity::Batched)
    {
        own_days.series[offsets[i]..offsets[i + 1]].fill(f32::NAN);
    }
    calendar::remove_calendar(&mut own_days.series, offsets, starts, clock, threads);
    let factor = residual::platform_factor(&own_days.series, offsets, &line, threads);
    let rises = residual::rises(&mut own_days, offsets, &line, &factor, threads);
    let mut series = own_days.series;
    let crowd = Crowd::new(&series, offsets, &line, &rises);
    let n_judged = rises.iter().filter(|rise| rise.judged).count();
    let matching = Matching {
        n_best: N_PARTNERS,
        least_evidence: libm::log(n_judged.max(1) as f64),
        owners: Some(identity.owners),
        order: Some(identity.order),
    };
    let strengths = Strengths::new(&mut series, offsets, &line, identity, threads);
    let search = Search::new(&series, offsets, &line, &rises, &crowd, matching);
    let seeds = seeds(&search, identity.order, threads);
    let growth = Growth {
        rises: &rises,
        activities: &activities,
        line: &line,
        pause: half,
        search: &search,
        strengths: &strengths,
        n_judged,
        log_seeds: libm::log(seeds.len().max(1) as f64),
    };
    let mut found = grow_all(&growth, seeds, threads);
    let taken: HashSet<usize> = found.iter().flatten().map(|m| m.account).collect();
    let free = |i: usize| activities[i] != Activity::Batched && !taken.contains(&i);
    let day = 2 * half;
    let windows = window::strongest(accounts, &line, day, &free, threads);
    found.extend(window::cohorts(windows, &line, day, &strengths));
    found
}

/// Pairs of accounts with more evidence than chance gives the best partner of an account, most first.
fn seeds(search: &Search<'_>, order: &[u32], threads: usize) -> Vec<[usize; 2]> {
    let n = order.len();
    let jobs: Vec<usize> = (0..n).step_by(PER_JOB).collect();
    let parts = map_jobs(
        jobs,
        threads,
        || search.memory(),
        |memory, first| {
            let mut found = Vec::new();
            for i in first..(first + PER_JOB).min(n) {
                for partner in search.best_partners(i, memory) {
                    let j = partner.account;
                    let pair = if order[i] < order[j] { [i, j] } else { [j, i] };
                    found.push((pair, partner.evidence));
                }
            }
            found
        },
    );
    let mut pairs = parts.concat();
    let ranks = |pair: [usize; 2]| pair.map(|i| order[i]);
    // Most evidence first, whichever of the two it was seen from.
    pairs.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(ranks(a.0).cmp(&ranks(b.0))));
    let mut seen = HashSet::new();
    pairs
        .into_iter()
        .filter_map(|(pair, _)| seen.insert(pair).then_some(pair))
        .collect()
}

/// Grows the seeds whose accounts are not yet in a cohort, in their order.
fn grow_all(growth: &Growth<'_>, seeds: Vec<[usize; 2]>, threads: usize) -> Cohorts {
    let (mut found, mut n_tried) = (Cohorts::new(), 0_u32);
    let mut taken = vec![false; growth.rises.len()];
    let mut left = seeds.into_iter().peekable();
    while left.peek().is_some() {
        let free = |pair: &[usize; 2]| pair.iter().all(|&i| !taken[i]);
        let batch: Vec<[usize; 2]> = left.by_ref().filter(free).take(SEEDS_AT_ONCE).collect();
        let grown = map_jobs(
            batch.clone(),
            threads,
            || growth.counts(),
            |counts, seed| growth.grow(seed, counts),
        );
        for (seed, mut members) in batch.into_iter().zip(grown) {
            if seed.iter().any(|&i| taken[i]) {
                continue;
            }
            n_tried += 1;
            members.retain(|member| !taken[member.account]);
            let owners = members
                .iter()
                .map(|member| growth.strengths.owner(member.account));
            if template::has_owners(owners) {
                for member in &members {
                    taken[member.account] = true;
                }
                found.push(members);
            }
        }
    }
    // Every template was a chance to be like it.
    let log_tried = libm::log(f64::from(n_tried.max(1)));
    for member in found.iter_mut().flatten() {
        member.log_chance = (member.log_chance + log_tried).min(0.0);
    }
    found
}

#[cfg(test)]
mod tests;
