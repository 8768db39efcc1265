//! Grows two accounts into all that keep the same steps.

use super::Owner;
use super::strength::Strengths;
use crate::coordination::partners::Search;
use crate::coordination::residual::{Rise, Timeline};

/// Fewest steps of a template.
const LEAST_STEPS: usize = 3;
/// Fewest times that the members act together. One event lifts all who are part of it for hours, and an
/// operator comes back.
const LEAST_TIMES: usize = 3;
/// Fewest members of different owners.
const LEAST_MEMBERS: usize = 3;
/// Accounts that rise at a smaller share of a template's steps are not looked at.
const LEAST_SHARE: f64 = 0.3;
/// False members allowed among the members of a cohort, as Benjamini and Hochberg (1995) bound them.
const FALSE_MEMBERS: f64 = 0.02;
/// The same for its first members, so that there is a cohort at all. On preset `published`, 2,000
/// accounts, .001 gives one false cohort in two batches, .0001 one in more than eight.
const FALSE_CORE: f64 = 1e-4;
/// Rounds of choosing members and steps in turn; most settle after two.
const ROUNDS: usize = 5;
/// Rounds in which members beyond the core join.
const JOINING_ROUNDS: usize = 2;

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
    pub(super) line: &'a Timeline,
    /// Steps after which accounts act another time: half a day.
    pub(super) pause: usize,
    pub(super) search: &'a Search<'a>,
    pub(super) strengths: &'a Strengths<'a>,
    /// Accounts that could be members.
    pub(super) n_judged: usize,
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
    /// Steps at which at least half of the owners rise, leaving one of them out; of up to three owners
    /// more than half. `None` where they are too few steps.
    fn template(&self, without: Option<Owner>) -> Option<Vec<usize>> {
        let left_out = without.is_some_and(|owner| self.owners.binary_search(&owner).is_ok());
        let n_voters = self.owners.len() - usize::from(left_out);
        let needed = if n_voters > 3 {
            n_voters.div_ceil(2)
        } else {
            n_voters / 2 + 1
        };
        let steps = self.ballots.chunk_by(|a, b| a.0 == b.0);
        let chosen: Vec<usize> = steps
            .filter(|votes| {
                let own = votes.iter().filter(|vote| Some(vote.1) == without).count();
                votes.len() - own >= needed
            })
            .map(|votes| votes[0].0)
            .collect();
        (chosen.len() >= LEAST_STEPS).then_some(chosen)
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
        for _ in 0..ROUNDS {
            let next = sorted(&self.choose(&members, FALSE_MEMBERS, counts)?);
            if next.len() < 2 {
                return None;
            }
            if next == members {
                break;
            }
            members = next;
        }
        let mut chosen = self.choose(&members, FALSE_CORE, counts)?;
        for _ in 0..=JOINING_ROUNDS {
            let owners = chosen
                .accounts
                .iter()
                .map(|&(i, _)| self.strengths.owner(i));
            if !has_owners(owners) || self.n_times(&chosen.votes.template(None)?) < LEAST_TIMES {
                return None;
            }
            let next = sorted(&chosen);
            if next == members {
                break;
            }
            members = next;
            chosen = self.choose(&members, FALSE_MEMBERS, counts)?;
        }
        Some(self.describe(&chosen))
    }

    /// Number of separate times among ascending steps.
    fn n_times(&self, steps: &[usize]) -> usize {
        let mut next = 0;
        let mut times = 0;
        for &step in steps {
            if step >= next {
                times += 1;
                next = step + self.pause;
            }
        }
        times
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
    fn choose(&self, members: &[usize], false_share: f64, counts: &mut Counts) -> Option<Chosen> {
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
        let bound = libm::log(false_share / self.n_judged as f64);
        let passes = |&(k, &(_, log_chance)): &(usize, &(usize, f64))| {
            log_chance <= bound + libm::log((k + 1) as f64)
        };
        let last = judged.iter().enumerate().rfind(passes)?.0;
        judged.truncate(last + 1);
        Some(Chosen {
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
