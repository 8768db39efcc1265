//! How strong every step of every account is against the account's other steps, and what chance makes
//! of many steps together.

use super::gamma::log_upper_tail;
use super::{Identity, Owner};
use crate::coordination::residual::{Timeline, each_account};
use crate::rng::mixed;

/// A byte holds strengths of up to 12 nats in twentieths: 12 is the strongest of 160,000 steps.
const PER_NAT: f64 = 20.0;
const STRONGEST: f64 = 12.0;
/// A step that is not known.
const UNKNOWN: u8 = u8::MAX;
/// Accounts whose sums tell how much chance varies, no matter how large the batch is.
const SAMPLE: usize = 2048;
/// Fewest accounts that can tell it.
const LEAST_SAMPLE: usize = 20;
/// Share, and least number, of the sample's strongest that are left out: members of the cohort itself.
const TRIMMED: f64 = 0.005;
const LEAST_TRIMMED: usize = 10;
/// By how much leaving out a share of the strongest makes the variance too small, per square root of
/// the share; for the gamma laws of 3 to 30 strengths that happen to be summed here.
const PER_ROOT_TRIMMED: f64 = 2.0;
/// Standard deviations up to which a sum is nothing unusual: 2 leave a gamma variate a chance of .023 at
/// least, which is more than any member has.
const USUAL: f64 = 2.0;
/// Purpose of the draw of the sample.
const DRAW: u64 = 0x5a3d;

/// Exponential scores: `-log` of the share of an account's steps that are at least as strong.
///
/// By chance the strength of a step is exponential with mean 1 whatever the account's own law is
/// (Savage 1956), so sums over steps are gamma; steps next to each other are alike, which the variance
/// of the sums over other accounts shows.
pub(super) struct Strengths<'a> {
    offsets: &'a [usize],
    line: &'a Timeline,
    identity: Identity<'a>,
    scores: Vec<u8>,
    /// Mean strength of each step of the line over the accounts.
    mean: Vec<f64>,
    sample: Vec<usize>,
}

/// Sum of an account's strengths over the steps of a template.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sum {
    /// Above what the crowd has at those steps.
    excess: f64,
    /// Known steps.
    n: usize,
}

impl<'a> Strengths<'a> {
    pub(super) fn new(
        series: &mut [f32],
        offsets: &'a [usize],
        line: &'a Timeline,
        identity: Identity<'a>,
        threads: usize,
    ) -> Self {
        let parts = each_account(series, offsets, threads, Vec::new, |order, _, own| {
            let mut scores = vec![UNKNOWN; own.len()];
            score(own, order, &mut scores);
            scores
        });
        let scores = parts.concat();
        let n = offsets.len() - 1;
        let mut totals = vec![(0_u64, 0_u32); line.n_steps];
        for i in 0..n {
            let own = &scores[offsets[i]..offsets[i + 1]];
            for (total, &score) in totals[line.begins[i]..].iter_mut().zip(own) {
                if score != UNKNOWN {
                    total.0 += u64::from(score);
                    total.1 += 1;
                }
            }
        }
        let mean = totals
            .iter()
            .map(|&(sum, count)| sum as f64 / PER_NAT / f64::from(count.max(1)))
            .collect();
        let known = |&i: &usize| {
            let own = &scores[offsets[i]..offsets[i + 1]];
            own.iter().any(|&score| score != UNKNOWN)
        };
        let rank = |i: usize| u64::from(identity.order[i]);
        let mut sample: Vec<usize> = (0..n).filter(known).collect();
        sample.sort_unstable_by_key(|&i| (mixed(0, rank(i), DRAW), rank(i)));
        sample.truncate(SAMPLE);
        Self {
            offsets,
            line,
            identity,
            scores,
            mean,
            sample,
        }
    }

    /// Sum of account `i` over steps of the line.
    pub(super) fn sum(&self, i: usize, steps: &[usize]) -> Sum {
        let (begin, end) = self.line.span(self.offsets, i);
        let own = &self.scores[self.offsets[i]..self.offsets[i + 1]];
        let (mut total, mut usual, mut n) = (0_u32, 0.0, 0);
        for &step in steps.iter().filter(|&&step| step >= begin && step < end) {
            let score = own[step - begin];
            if score != UNKNOWN {
                total += u32::from(score);
                usual += self.mean[step];
                n += 1;
            }
        }
        Sum {
            excess: f64::from(total) / PER_NAT - usual,
            n,
        }
    }

    /// Variance per step of sums over `steps`, from accounts that are no `members`; `None` where too few
    /// accounts know those steps.
    pub(super) fn variance(&self, steps: &[usize], members: &[usize]) -> Option<f64> {
        let mut sums: Vec<Sum> = self
            .sample
            .iter()
            .filter(|i| members.binary_search(i).is_err())
            .map(|&i| self.sum(i, steps))
            .filter(|sum| 2 * sum.n > steps.len())
            .collect();
        if sums.len() < LEAST_SAMPLE {
            return None;
        }
        let size = |sum: &Sum| sum.excess / (sum.n as f64).sqrt();
        let strongest_first = |a: &Sum, b: &Sum| size(b).total_cmp(&size(a)).then(a.n.cmp(&b.n));
        sums.sort_unstable_by(strongest_first);
        let n = sums.len();
        let trimmed = ((TRIMMED * n as f64).ceil() as usize)
            .max(LEAST_TRIMMED)
            .min(n / 4);
        let kept = &sums[trimmed..];
        let squares: f64 = kept.iter().map(|sum| sum.excess * sum.excess).sum();
        let steps: f64 = kept.iter().map(|sum| sum.n as f64).sum();
        let share = trimmed as f64 / n as f64;
        Some(squares / steps * (1.0 + PER_ROOT_TRIMMED * share.sqrt()))
    }

    /// Log of the chance of a sum as large, given the variance per step; 0 for sums that are nothing
    /// unusual, which are most.
    pub(super) fn log_chance(sum: Sum, variance: f64) -> f64 {
        let n = sum.n as f64;
        if sum.excess <= USUAL * (n * variance).sqrt() {
            return 0.0;
        }
        log_upper_tail(n / variance, (n + sum.excess) / variance)
    }

    /// Owner of an account.
    pub(super) fn owner(&self, i: usize) -> Owner {
        self.identity.owner(i)
    }

    /// Place of the account in the order that does not depend on how accounts were given.
    pub(super) fn rank(&self, i: usize) -> u32 {
        self.identity.order[i]
    }
}

/// Strength of every step in twentieths of a nat.
fn score(own: &[f32], order: &mut Vec<u32>, scores: &mut [u8]) {
    order.clear();
    order.extend((0..own.len() as u32).filter(|&t| !own[t as usize].is_nan()));
    order.sort_unstable_by(|&a, &b| own[b as usize].total_cmp(&own[a as usize]));
    let n = order.len() as f64;
    let mut from = 0;
    while from < order.len() {
        let value = own[order[from] as usize];
        let mut to = from + 1;
        while to < order.len() && own[order[to] as usize] == value {
            to += 1;
        }
        let nats = libm::log(n / to as f64).min(STRONGEST);
        for &t in &order[from..to] {
            scores[t as usize] = (nats * PER_NAT).round() as u8;
        }
        from = to;
    }
}
