//! Grows two accounts into all that keep the same steps.

use std::collections::HashSet;

use super::Owner;
use super::activity::Activity;
use super::gamma::log_lower_tail;
use super::strength::Strengths;
use crate::coordination::partners::Search;
use crate::coordination::residual::{Rise, Timeline};

/// Fewest steps of a template.
const LEAST_STEPS: usize = 3;
/// Fewest times that the members act together. One event lifts all who are part of it for hours, and an
/// operator comes back.
const LEAST_TIMES: usize = 3;
/// Largest share of the members' rises in one of those times: beside an event there are steps that most
/// of a few accounts happen to share.
const LARGEST_TIME: f64 = 2.0 / 3.0;
/// Fewest members of different owners.
const LEAST_MEMBERS: usize = 3;
/// Accounts that rise at a smaller share of a template's steps are not looked at.
const LEAST_SHARE: f64 = 0.3;
/// False members allowed among the members of a cohort, as Benjamini and Hochberg (1995) bound them.
const FALSE_MEMBERS: f64 = 0.02;
/// The same for the three that make a cohort by themselves: on preset `published`, 2,000 accounts, .001
/// gives one false cohort in two batches, .0001 one in more than eight.
const FALSE_THREE: f64 = 1e-4;
/// Chance that a batch without operators has a larger cohort.
const FALSE_COHORT: f64 = 1e-3;
/// Members that came first and so brought the others in, which chance alone need not have done.
const FIRST_MEMBERS: usize = 2;
/// Rounds of choosing members and steps in turn; most settle after two.
const ROUNDS: usize = 5;
/// An account in a cohort.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Position of the account.
    pub account: usize,
    /// Log of the chance that an account of a batch without operators is as much like a cohort.
    pub log_chance: f64,
    /// Steps of the others at which it rises.
    pub n_shared: usize,
    /// The first and the last of them, counted from the account's first step.
    pub first: usize,
    /// Last shared step.
    pub last: usize,
}

/// What growing needs to know of all accounts.
pub(super) struct Growth<'a> {
    pub(super) rises: &'a [Rise],
    pub(super) activities: &'a [Activity],
    pub(super) line: &'a Timeline,
    /// Steps after which accounts act another time: half a day.
    pub(super) pause: usize,
    pub(super) search: &'a Search<'a>,
    pub(super) strengths: &'a Strengths<'a>,
    /// Accounts that could be members.
    pub(super) n_judged: usize,
    /// Log of the number of seeds.
    pub(super) log_seeds: f64,
}

/// Memory of one thread: steps of a template at which an account rises; all zero between two templates.
pub(super) struct Counts {
    shared: Vec<u32>,
}

/// Who of the members' owners rises when.
struct Votes {
    /// Step of the line and owner, in order.
    ballots: Vec<(usize, Owner)>,
    owners: Vec<Owner>,
}

impl Votes {
    /// Steps at which more than half of the owners rise, leaving one of them out. `None` where they are too few steps.
    fn template(&self, without: Option<Owner>) -> Option<Vec<usize>> {
        let left_out = without.is_some_and(|owner| self.owners.binary_search(&owner).is_ok());
        let n_voters = self.owners.len() - usize::from(left_out);
        let steps = self.ballots.chunk_by(|a, b| a.0 == b.0);
        let chosen: Vec<usize> = steps
            .filter(|votes| {
                let own = votes.iter().filter(|vote| Some(vote.1) == without).count();
                2 * (votes.len() - own) > n_voters
            })
            .map(|votes| votes[0].0)
            .collect();
        (chosen.len() >= LEAST_STEPS).then_some(chosen)
    }

    /// Whether the owners act together at enough times, `pause` steps apart, none of which is nearly all.
    fn come_back(&self, pause: usize) -> Option<bool> {
        let steps = self.template(None)?;
        let (mut times, mut next): (Vec<usize>, usize) = (Vec::new(), 0);
        for &step in &steps {
            if step >= next {
                times.push(0);
                next = step + pause;
            }
            let from = self.ballots.partition_point(|vote| vote.0 < step);
            let to = self.ballots.partition_point(|vote| vote.0 <= step);
            *times.last_mut()? += to - from;
        }
        let all: usize = times.iter().sum();
        let largest = *times.iter().max()?;
        Some(times.len() >= LEAST_TIMES && largest as f64 <= LARGEST_TIME * all as f64)
    }
}

/// Accounts that keep a template.
struct Chosen {
    /// Account and log of the chance, the smallest first.
    accounts: Vec<(usize, f64)>,
    votes: Votes,
}

impl Growth<'_> {
    pub(super) fn counts(&self) -> Counts {
        Counts {
            shared: vec![0; self.rises.len()],
        }
    }

    /// The cohort around two accounts, by account; empty if there is none.
    pub(super) fn grow(&self, seed: [usize; 2], counts: &mut Counts) -> Vec<Member> {
        self.try_grow(seed, counts).unwrap_or_default()
    }

    fn try_grow(&self, seed: [usize; 2], counts: &mut Counts) -> Option<Vec<Member>> {
        let mut members = seed.to_vec();
        members.sort_unstable();
        let mut chosen = self.choose(&members, counts)?;
        for _ in 0..ROUNDS {
            let next = sorted(&chosen);
            if next == members {
                break;
            }
            members = next;
            chosen = self.choose(&members, counts)?;
        }
        let is_cohort = chosen.votes.come_back(self.pause)? && self.is_unlikely(&chosen);
        is_cohort.then(|| self.describe(&chosen))
    }

    /// Whether so many owners of steady accounts keep the template so well that chance does not explain it.
    /// By chance the number of accounts below a member's chance is Poisson, for each seed.
    fn is_unlikely(&self, chosen: &Chosen) -> bool {
        let mut owners = HashSet::new();
        let steady = |(i, _): &&(usize, f64)| self.activities[*i] == Activity::Steady;
        let accounts = chosen.accounts.iter().filter(steady);
        let chances: Vec<f64> = accounts
            .filter(|&&(i, _)| owners.insert(self.strengths.owner(i)))
            .map(|&(_, log_chance)| log_chance)
            .collect();
        let log_n = libm::log(self.n_judged as f64);
        (LEAST_MEMBERS..=chances.len()).any(|k| {
            let log_expected = chances[k - 1] + log_n;
            if log_expected <= libm::log(FALSE_THREE * k as f64) {
                return true;
            }
            let others = (k - FIRST_MEMBERS) as f64;
            let log_chance = log_lower_tail(others, libm::exp(log_expected));
            k > LEAST_MEMBERS && log_chance + self.log_seeds <= libm::log(FALSE_COHORT)
        })
    }

    fn votes(&self, members: &[usize]) -> Votes {
        let mut ballots = Vec::new();
        for &i in members {
            let (owner, begin) = (self.strengths.owner(i), self.line.begins[i]);
            let steps = self.rises[i].steps.iter();
            ballots.extend(steps.map(|t| (begin + t, owner)));
        }
        ballots.sort_unstable();
        ballots.dedup();
        let owners = distinct(members.iter().map(|&i| self.strengths.owner(i)));
        Votes { ballots, owners }
    }

    /// The accounts that keep the steps of `members` (ascending) better than chance allows; each is
    /// held against the steps of the others, but two members against those that both keep.
    fn choose(&self, members: &[usize], counts: &mut Counts) -> Option<Chosen> {
        let votes = self.votes(members);
        let steps = votes.template(None)?;
        let variance = self.strengths.variance(&steps, members)?;
        let mut judged: Vec<(usize, f64)> = self
            .candidates(&steps, members, counts)
            .into_iter()
            .map(|i| (i, self.log_chance(i, &votes, &steps, variance)))
            .collect();
        judged.sort_unstable_by(|a, b| {
            let ranks = [a, b].map(|&(i, _)| self.strengths.rank(i));
            a.1.total_cmp(&b.1).then(ranks[0].cmp(&ranks[1]))
        });
        let bound = libm::log(FALSE_MEMBERS / self.n_judged as f64);
        let passes = |&(k, &(_, log_chance)): &(usize, &(usize, f64))| {
            log_chance <= bound + libm::log((k + 1) as f64)
        };
        let last = judged.iter().enumerate().rfind(passes)?.0;
        judged.truncate(last + 1);
        let enough = judged.len() >= LEAST_MEMBERS;
        enough.then_some(Chosen {
            accounts: judged,
            votes,
        })
    }

    fn log_chance(&self, i: usize, votes: &Votes, steps: &[usize], variance: f64) -> f64 {
        let owner = self.strengths.owner(i);
        let sum = if votes.owners.len() > 2 && votes.owners.binary_search(&owner).is_ok() {
            let Some(others) = votes.template(Some(owner)) else {
                return 0.0;
            };
            self.strengths.sum(i, &others)
        } else {
            self.strengths.sum(i, steps)
        };
        Strengths::log_chance(sum, variance)
    }

    /// Accounts that rise at enough of these steps, and the members.
    fn candidates(&self, steps: &[usize], members: &[usize], counts: &mut Counts) -> Vec<usize> {
        let least = (LEAST_SHARE * steps.len() as f64).ceil().max(2.0) as u32;
        let mut found = members.to_vec();
        let buckets = steps.iter().map(|&step| self.search.bucket(step));
        for &i in buckets.clone().flatten() {
            let count = &mut counts.shared[i as usize];
            *count += 1;
            if *count == least {
                found.push(i as usize);
            }
        }
        for &i in buckets.flatten() {
            counts.shared[i as usize] = 0;
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    fn describe(&self, chosen: &Chosen) -> Vec<Member> {
        let mut members: Vec<Member> = chosen
            .accounts
            .iter()
            .filter_map(|&(account, log_chance)| {
                let steps = chosen.votes.template(Some(self.strengths.owner(account)))?;
                let begin = self.line.begins[account];
                let rises = &self.rises[account].steps;
                let shared: Vec<usize> = rises
                    .iter()
                    .copied()
                    .filter(|t| steps.binary_search(&(begin + t)).is_ok())
                    .collect();
                Some(Member {
                    account,
                    log_chance,
                    n_shared: shared.len(),
                    first: *shared.first()?,
                    last: *shared.last()?,
                })
            })
            .collect();
        members.sort_unstable_by_key(|member| member.account);
        members
    }
}

/// Every owner once, in order.
pub(super) fn distinct(owners: impl Iterator<Item = Owner>) -> Vec<Owner> {
    let mut owners: Vec<Owner> = owners.collect();
    owners.sort_unstable();
    owners.dedup();
    owners
}

/// Whether these are owners enough for a cohort.
pub(super) fn has_owners(owners: impl Iterator<Item = Owner>) -> bool {
    distinct(owners).len() >= LEAST_MEMBERS
}

fn sorted(chosen: &Chosen) -> Vec<usize> {
    let mut accounts: Vec<usize> = chosen.accounts.iter().map(|&(i, _)| i).collect();
    accounts.sort_unstable();
    accounts
}
