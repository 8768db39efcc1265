//! Long series in parts: an operator's few days would drown in a year of organic rises.

use std::collections::HashMap;

use super::{Cohorts, Identity, Member};
use crate::coordination::residual::Timeline;
use crate::expectation::Clock;
use crate::features::Accounts;
use crate::rows::Layout;

/// Days of a part; of 28 days, a cohort of five events would have half the evidence it has in 14.
const DAYS: usize = 21;
/// Steps of a part where the cadence has no day.
const STEPS: usize = 504;

/// What an account is known by in the whole batch.
pub(super) struct Part {
    data: Vec<f32>,
    expected: Option<Vec<f32>>,
    offsets: Vec<usize>,
    starts: Vec<i64>,
    owners: Vec<u32>,
    order: Vec<u32>,
    /// Position of each account in the batch, and its steps before the part.
    origin: Vec<(usize, usize)>,
}

/// First step and the one after the last of each part of the line, half of a part behind one another;
/// one part where one and a half hold everything.
pub(super) fn parts(n_steps: usize, clock: Clock) -> Vec<(usize, usize)> {
    let length = match clock.steps_per_day {
        0 => STEPS,
        day => DAYS * day,
    };
    if 2 * n_steps <= 3 * length {
        return vec![(0, n_steps)];
    }
    let starts = (0..n_steps - length / 2).step_by(length / 2);
    starts
        .map(|from| (from, (from + length).min(n_steps)))
        .collect()
}

impl Part {
    /// The accounts with any step in `from..to` of the line, cut to it.
    pub(super) fn cut(
        accounts: Accounts<'_>,
        expected: Option<&[f32]>,
        identity: Identity<'_>,
        line: &Timeline,
        (from, to): (usize, usize),
    ) -> Self {
        let layout = accounts.layout;
        let mut part = Self {
            data: Vec::new(),
            expected: expected.map(|_| Vec::new()),
            offsets: vec![0],
            starts: Vec::new(),
            owners: Vec::new(),
            order: Vec::new(),
            origin: Vec::new(),
        };
        let mut n_steps = 0;
        for i in 0..layout.n_accounts() {
            let (begin, end) = line.span(layout.offsets, i);
            let (first, last) = (from.max(begin), to.min(end));
            if first >= last {
                continue;
            }
            let own = first - begin..last - begin;
            n_steps += own.len();
            let length = layout.length(i);
            let rows = |all: &[f32], out: &mut Vec<f32>| {
                for row in layout.block(all, i).chunks_exact(length) {
                    out.extend_from_slice(&row[own.clone()]);
                }
            };
            rows(accounts.data, &mut part.data);
            if let (Some(all), Some(out)) = (expected, part.expected.as_mut()) {
                rows(all, out);
            }
            part.offsets.push(n_steps);
            part.starts
                .push(accounts.starts[i].wrapping_add(own.start as i64));
            part.owners.push(identity.owners[i]);
            part.order.push(identity.order[i]);
            part.origin.push((i, own.start));
        }
        part
    }

    pub(super) fn accounts(&self, n_metrics: usize, clock: Clock) -> Accounts<'_> {
        Accounts {
            data: &self.data,
            layout: Layout {
                offsets: &self.offsets,
                n_metrics,
            },
            starts: &self.starts,
            clock,
        }
    }

    pub(super) fn expected(&self) -> Option<&[f32]> {
        self.expected.as_deref()
    }

    pub(super) fn identity(&self) -> Identity<'_> {
        Identity {
            owners: &self.owners,
            order: &self.order,
        }
    }

    /// The members as the batch knows them; `n_parts` were searched.
    pub(super) fn whole(&self, mut found: Cohorts, n_parts: usize) -> Cohorts {
        for member in found.iter_mut().flatten() {
            let (account, before) = self.origin[member.account];
            member.account = account;
            member.first += before;
            member.last += before;
            member.log_chance = (member.log_chance + libm::log(n_parts as f64)).min(0.0);
        }
        found
    }
}

/// Adds what a later part found: to the cohort with which it shares half of the smaller one's members
/// and at least two, or as a cohort of its own. An account stays where it was found first.
pub(super) fn join(all: &mut Cohorts, found: Cohorts, is_cohort: impl Fn(&[Member]) -> bool) {
    let mut home: HashMap<usize, (usize, usize)> = HashMap::new();
    for (c, members) in all.iter().enumerate() {
        home.extend(members.iter().enumerate().map(|(k, m)| (m.account, (c, k))));
    }
    for members in found {
        let mut shared = vec![0_usize; all.len()];
        for member in &members {
            if let Some(&(c, _)) = home.get(&member.account) {
                shared[c] += 1;
            }
        }
        let most = (0..all.len()).max_by_key(|&c| (shared[c], std::cmp::Reverse(c)));
        let same = |&c: &usize| shared[c] >= 2 && 2 * shared[c] >= members.len().min(all[c].len());
        let target = most.filter(same);
        let mut fresh = Vec::new();
        for member in members {
            match home.get(&member.account) {
                Some(&(c, k)) if Some(c) == target => {
                    let known = &mut all[c][k];
                    known.log_chance = known.log_chance.min(member.log_chance);
                    known.n_shared = known.n_shared.max(member.n_shared);
                    known.first = known.first.min(member.first);
                    known.last = known.last.max(member.last);
                }
                Some(_) => {}
                None => fresh.push(member),
            }
        }
        let c = match target {
            Some(c) => c,
            None if is_cohort(&fresh) => {
                all.push(Vec::new());
                all.len() - 1
            }
            None => continue,
        };
        for member in fresh {
            home.insert(member.account, (c, all[c].len()));
            all[c].push(member);
        }
    }
}
