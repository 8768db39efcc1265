//! Accounts switched on for the same number of hours, on the same day: the sleepers of one operator.
//!
//! Nothing comes back here, so the steps of rise have too little to say. But an order has a length: two
//! accounts whose one strong window lasts equally long, to the step, and starts within a day are
//! unlikely neighbours among all accounts that have such a window.

use std::collections::HashSet;

use super::gamma::log_lower_tail;
use super::strength::Strengths;
use super::template::{Member, distinct, has_owners};
use crate::coordination::residual::{Timeline, median_in_place};
use crate::features::Accounts;
use crate::kernels::robust::PER_MEDIAN_DEVIATION;
use crate::rows::map_jobs;

/// Log counts are cut at this many spreads around the median: a window is long, not only high.
const CLIP: f32 = 3.0;
/// What a step must be above the median, in spreads, to speak for a window.
const TOLL: f32 = 0.8;
/// Added to the spread of log counts: ordinary noise of a steady account.
const LEAST_SPREAD: f32 = 0.3;
/// Sum over the window of what its steps have above the toll. Sleepers of preset `published` have 80 to
/// 120, of organic accounts 6 % have 60, nearly all of those that are idle half of the time.
const LEAST_SUM: f32 = 60.0;
/// Steps by which two windows of one length may differ.
const SLACK: usize = 1;
/// Lengths within this factor tell how common a length is.
const NEARBY: f64 = 1.5;
/// Fewest accounts with a window from which that can be told.
const LEAST_WINDOWS: usize = 5;
/// Chance that a batch without operators has such a cohort.
const FALSE_COHORT: f64 = 1e-3;
/// Accounts per job.
const PER_JOB: usize = 256;

/// The strongest window of an account.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Window {
    account: usize,
    /// First step on the line.
    start: usize,
    length: usize,
}

/// Strong windows of the accounts that are free, those that the series' ends do not cut.
pub(super) fn strongest(
    accounts: Accounts<'_>,
    line: &Timeline,
    day: usize,
    free: &(impl Fn(usize) -> bool + Sync),
    threads: usize,
) -> Vec<Window> {
    let n = accounts.layout.n_accounts();
    let jobs: Vec<usize> = (0..n).step_by(PER_JOB).collect();
    let parts = map_jobs(jobs, threads, Vec::new, |scratch, first| {
        let mut found = Vec::new();
        for i in (first..(first + PER_JOB).min(n)).filter(|&i| free(i)) {
            let block = accounts.layout.block(accounts.data, i);
            let levels = log_totals(block, accounts.layout.length(i));
            if let Some((start, length)) = strongest_of(&levels, day, scratch) {
                found.push(Window {
                    account: i,
                    start: line.begins[i] + start,
                    length,
                });
            }
        }
        found
    });
    parts.concat()
}

/// Logs of the counts of all metrics together; NaN where one is missing.
fn log_totals(block: &[f32], n_steps: usize) -> Vec<f32> {
    let mut totals = vec![0.5_f32; n_steps];
    for counts in block.chunks_exact(n_steps.max(1)) {
        for (total, count) in totals.iter_mut().zip(counts) {
            *total += count.max(0.0) + 0.0 * count;
        }
    }
    let log = |total: f32| libm::log(f64::from(total)) as f32;
    totals
        .iter()
        .map(|&total| {
            if total.is_finite() {
                log(total)
            } else {
                f32::NAN
            }
        })
        .collect()
}

/// Start and length of the run of steps with the largest sum above the toll (Kadane's scan).
fn strongest_of(levels: &[f32], day: usize, scratch: &mut Vec<f32>) -> Option<(usize, usize)> {
    scratch.clear();
    scratch.extend(levels.iter().filter(|level| !level.is_nan()));
    if scratch.len() < 3 * day {
        return None;
    }
    let median = median_in_place(scratch);
    for level in scratch.iter_mut() {
        *level = (*level - median).abs();
    }
    let spread = PER_MEDIAN_DEVIATION as f32 * median_in_place(scratch) + LEAST_SPREAD;
    let (mut best, mut found) = (0.0_f32, 0..0);
    let (mut sum, mut start) = (0.0_f32, 0);
    for (t, level) in levels.iter().enumerate() {
        if sum <= 0.0 {
            (sum, start) = (0.0, t);
        }
        if !level.is_nan() {
            sum += ((level - median) / spread).clamp(-CLIP, CLIP) - TOLL;
        }
        if sum > best {
            (best, found) = (sum, start..t + 1);
        }
    }
    let inside = found.start > 0 && found.end < levels.len();
    let long = found.len() >= day && 2 * found.len() < levels.len();
    (best >= LEAST_SUM && inside && long).then_some((found.start, found.len()))
}

/// Cohorts of windows of one length that start within a day, the least likely first.
pub(super) fn cohorts(
    mut windows: Vec<Window>,
    line: &Timeline,
    day: usize,
    strengths: &Strengths<'_>,
) -> Vec<Vec<Member>> {
    windows.sort_unstable_by_key(|w| (w.start, w.length, strengths.rank(w.account)));
    if windows.len() < LEAST_WINDOWS {
        return Vec::new();
    }
    let crowd = Windows::new(&windows, day);
    let mut anchors: Vec<(f64, usize)> = (0..windows.len())
        .map(|k| {
            let owners = crowd.like(&windows[k]).map(|w| strengths.owner(w.account));
            let n_owners = distinct(owners).len();
            (crowd.log_chance(&windows[k], n_owners), k)
        })
        .collect();
    anchors.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut found = Vec::new();
    let mut taken = HashSet::new();
    for (_, k) in anchors {
        let anchor = &windows[k];
        let like = crowd.like(anchor);
        let members: Vec<Window> = like
            .filter(|w| !taken.contains(&w.account))
            .copied()
            .collect();
        let owners = || members.iter().map(|w| strengths.owner(w.account));
        let log_chance = crowd.log_chance(anchor, distinct(owners()).len());
        if has_owners(owners()) && log_chance <= libm::log(FALSE_COHORT) {
            taken.extend(members.iter().map(|w| w.account));
            found.push(describe(&members, line, log_chance));
        }
    }
    found
}

/// All windows, to be compared with.
struct Windows<'a> {
    by_start: &'a [Window],
    lengths: Vec<usize>,
    day: usize,
}

impl<'a> Windows<'a> {
    fn new(by_start: &'a [Window], day: usize) -> Self {
        let mut lengths: Vec<usize> = by_start.iter().map(|w| w.length).collect();
        lengths.sort_unstable();
        Self {
            by_start,
            lengths,
            day,
        }
    }

    /// Windows that start within a day from the anchor's start on.
    fn same_day(&self, anchor: &Window) -> &'a [Window] {
        let end = anchor.start.saturating_add(self.day);
        let from = self.by_start.partition_point(|w| w.start < anchor.start);
        let to = self.by_start.partition_point(|w| w.start < end);
        &self.by_start[from..to]
    }

    /// Those of them that are as long, the anchor among them.
    fn like(&self, anchor: &Window) -> impl Iterator<Item = &'a Window> {
        let length = anchor.length;
        let same_day = self.same_day(anchor).iter();
        same_day.filter(move |w| w.length.abs_diff(length) <= SLACK)
    }

    /// Log of the chance that any window has as many of its day and length: Poisson with what all
    /// windows have of both, each by itself.
    fn log_chance(&self, anchor: &Window, n_members: usize) -> f64 {
        let n = self.by_start.len() as f64;
        let same_day = self.same_day(anchor).len() as f64;
        let length = anchor.length as f64;
        let (low, high) = (length / NEARBY, length * NEARBY);
        let shorter = |than: f64| self.lengths.partition_point(|&l| (l as f64) < than) as f64;
        let same_length = (shorter(high) - shorter(low)) * (2 * SLACK + 1) as f64 / (high - low);
        let expected = same_day * same_length / n;
        log_lower_tail(n_members as f64, expected) + libm::log(n)
    }
}

fn describe(windows: &[Window], line: &Timeline, log_chance: f64) -> Vec<Member> {
    let mut members: Vec<Member> = windows
        .iter()
        .map(|own| {
            let covered = |step: usize| {
                let there = |w: &&Window| (w.start..w.start + w.length).contains(&step);
                2 * windows.iter().filter(there).count() >= windows.len()
            };
            let first = own.start - line.begins[own.account];
            Member {
                account: own.account,
                log_chance,
                n_shared: (own.start..own.start + own.length)
                    .filter(|&t| covered(t))
                    .count(),
                first,
                last: first + own.length - 1,
            }
        })
        .collect();
    members.sort_unstable_by_key(|member| member.account);
    members
}
