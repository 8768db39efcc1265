//! Partners of an account: those that rise at the same steps more often than chance has it.

use std::cmp::Ordering;

use super::residual::{Clock, Rise};
use super::{FEATURES, LEAST_CROWD, LEAST_STEPS, MOST_PER_STEP, N_BEST};

/// Fewest shared steps of rise that can be a coincidence of two accounts.
const LEAST_SHARED: u32 = 2;
/// Residuals are cut here for the correlation: one wild step must not make two accounts alike.
const CLIP: f64 = 6.0;

/// How many accounts are there and how many rise at each step of the common clock.
#[derive(Debug)]
pub(super) struct Crowd {
    present: Vec<u32>,
    rising: Vec<u32>,
    /// Share of rises among all observed steps of all accounts.
    rate: f64,
}

impl Crowd {
    pub(super) fn new(series: &[f32], offsets: &[usize], clock: &Clock, rises: &[Rise]) -> Self {
        let mut present = vec![0_u32; clock.n_steps];
        let mut rising = vec![0_u32; clock.n_steps];
        for (i, rise) in rises.iter().enumerate().filter(|(_, rise)| rise.judged) {
            let begin = clock.begins[i];
            let own = &series[offsets[i]..offsets[i + 1]];
            for (count, value) in present[begin..].iter_mut().zip(own) {
                *count += u32::from(!value.is_nan());
            }
            for &t in &rise.steps {
                rising[begin + t] += 1;
            }
        }
        let total = |counts: &[u32]| counts.iter().map(|&n| u64::from(n)).sum::<u64>() as f64;
        let rate = total(&rising) / total(&present).max(1.0);
        Self {
            present,
            rising,
            rate,
        }
    }

    /// Log of the others that rise at a step over their average number; the half keeps it finite.
    fn log_excess(&self, step: usize) -> f64 {
        let others = f64::from(self.present[step]) - 1.0;
        let rising = f64::from(self.rising[step]) - 1.0;
        libm::log((rising + 0.5) / (others * self.rate + 0.5))
    }
}

/// One possible partner.
#[derive(Debug, Clone, Copy)]
struct Partner {
    account: usize,
    /// Log-likelihood ratio of the shared steps against chance.
    evidence: f64,
    jaccard: f64,
}

/// Counts of one thread.
pub(super) struct Memory {
    /// Shared steps with every account; all zero between two accounts.
    shared: Vec<u32>,
    /// Accounts with a count, and one slot to spare.
    touched: Vec<u32>,
    /// Sums of `chance` over the account's first steps of rise.
    sums: Vec<f64>,
}

/// All that is needed to search the partners of one account.
pub(super) struct Search<'a> {
    series: &'a [f32],
    offsets: &'a [usize],
    clock: &'a Clock,
    rises: &'a [Rise],
    crowd: &'a Crowd,
    /// Accounts kept at each step, ascending: those of step `t` are `kept[bounds[t]..bounds[t + 1]]`.
    kept: Vec<u32>,
    bounds: Vec<usize>,
    /// Share of the accounts present that is kept at each step.
    chance: Vec<f64>,
    /// Steps at which each account was kept.
    n_kept: Vec<u32>,
    /// Those against what `chance` has for its span, and the log of it.
    activity: Vec<f64>,
    log_activity: Vec<f64>,
    /// Log of 0, 1, 2, ...
    logs: Vec<f64>,
    n_judged: usize,
}

impl<'a> Search<'a> {
    pub(super) fn new(
        series: &'a [f32],
        offsets: &'a [usize],
        clock: &'a Clock,
        rises: &'a [Rise],
        crowd: &'a Crowd,
    ) -> Self {
        let (kept, bounds) = buckets(series, offsets, clock, rises, &crowd.rising, MOST_PER_STEP);
        // With few accounts the crowd of a step is the partners themselves: it is drawn towards the
        // average by as many accounts as a platform's factor needs.
        let prior = LEAST_CROWD as f64;
        let chance: Vec<f64> = bounds
            .windows(2)
            .zip(&crowd.present)
            .map(|(bound, &present)| {
                let kept = (bound[1] - bound[0]) as f64;
                (kept + prior * crowd.rate) / (f64::from(present) + prior)
            })
            .collect();
        let mut before = Vec::with_capacity(chance.len() + 1);
        before.push(0.0);
        before.extend(chance.iter().scan(0.0, |sum, p| {
            *sum += p;
            Some(*sum)
        }));
        let mut n_kept = vec![0_u32; rises.len()];
        for &i in &kept {
            n_kept[i as usize] += 1;
        }
        let activity: Vec<f64> = (0..rises.len())
            .map(|i| {
                let (begin, end) = span(offsets, clock, i);
                let usual = before[end] - before[begin];
                if n_kept[i] == 0 {
                    0.0
                } else {
                    f64::from(n_kept[i]) / usual
                }
            })
            .collect();
        let most = rises.iter().map(|rise| rise.steps.len()).max().unwrap_or(0);
        Self {
            series,
            offsets,
            clock,
            rises,
            crowd,
            kept,
            bounds,
            chance,
            n_kept,
            log_activity: activity.iter().map(|&a| libm::log(a)).collect(),
            activity,
            logs: (0..=most).map(|k| libm::log(k as f64)).collect(),
            n_judged: rises.iter().filter(|rise| rise.judged).count(),
        }
    }

    pub(super) fn memory(&self) -> Memory {
        Memory {
            shared: vec![0; self.rises.len()],
            touched: vec![0; self.rises.len() + 1],
            sums: Vec::new(),
        }
    }

    /// Features of account `i`.
    pub(super) fn measure(&self, i: usize, memory: &mut Memory) -> [f64; FEATURES.len()] {
        let rise = &self.rises[i];
        if !rise.judged || self.n_judged < 2 {
            return [f64::NAN; FEATURES.len()];
        }
        let best = self.best_partners(i, memory);
        let n_others = self.n_judged - 1;
        let evidence: f64 = best.iter().map(|partner| partner.evidence).sum();
        let coincidence = evidence / N_BEST.min(n_others) as f64 - libm::log(n_others as f64);
        let jaccard = best.first().map_or(0.0, |partner| partner.jaccard);
        let begin = self.clock.begins[i];
        let excess: f64 = rise
            .steps
            .iter()
            .map(|t| self.crowd.log_excess(begin + t))
            .sum();
        let crowd = excess / rise.steps.len() as f64;
        [coincidence, jaccard, crowd, self.correlation(i, &best)]
    }

    /// The partners with most evidence, most first.
    fn best_partners(&self, i: usize, memory: &mut Memory) -> Vec<Partner> {
        let steps = &self.rises[i].steps;
        let begin = self.clock.begins[i];
        let n_touched = self.count_shared(i, memory);
        memory.sums.clear();
        memory.sums.push(0.0);
        let mut sum = 0.0;
        for t in steps {
            sum += self.chance[begin + t];
            memory.sums.push(sum);
        }
        let log_sum = libm::log(sum);
        let mut best: Vec<Partner> = Vec::with_capacity(N_BEST + 1);
        for &account in &memory.touched[..n_touched] {
            let j = account as usize;
            let shared = std::mem::take(&mut memory.shared[j]);
            if shared < LEAST_SHARED || j == i {
                continue;
            }
            let (from, to) = span(self.offsets, self.clock, j);
            let whole = from <= begin + steps[0] && begin + steps[steps.len() - 1] < to;
            let (usual, log_usual) = if whole {
                (sum, log_sum)
            } else {
                let low = steps.partition_point(|t| begin + t < from);
                let high = steps.partition_point(|t| begin + t < to);
                let part = memory.sums[high] - memory.sums[low];
                (part, libm::log(part))
            };
            let (k, by_chance) = (f64::from(shared), self.activity[j] * usual);
            if k <= by_chance {
                continue;
            }
            // Poisson: exp(-evidence) bounds the probability of as many shared steps by chance.
            let log_ratio = self.logs[shared as usize] - self.log_activity[j] - log_usual;
            let evidence = k * log_ratio - k + by_chance;
            if best.len() == N_BEST && evidence < best[N_BEST - 1].evidence {
                continue;
            }
            let either = steps.len() as f64 + f64::from(self.n_kept[j]) - k;
            let partner = Partner {
                account: j,
                evidence,
                jaccard: k / either,
            };
            let at = best.partition_point(|other| self.rank(other, &partner).is_lt());
            best.insert(at, partner);
            best.truncate(N_BEST);
        }
        best
    }

    /// Counts the steps that account `i` shares with every other; returns how many it meets.
    fn count_shared(&self, i: usize, memory: &mut Memory) -> usize {
        let begin = self.clock.begins[i];
        let mut n_touched = 0;
        for t in &self.rises[i].steps {
            let step = begin + t;
            for &j in &self.kept[self.bounds[step]..self.bounds[step + 1]] {
                let count = &mut memory.shared[j as usize];
                // Written at every step and kept at the first: a branch would be guessed wrongly.
                memory.touched[n_touched] = j;
                n_touched += usize::from(*count == 0);
                *count += 1;
            }
        }
        n_touched
    }

    /// Most evidence first; between equals the series decide, and never the order of the accounts.
    fn rank(&self, a: &Partner, b: &Partner) -> Ordering {
        let by_evidence = b.evidence.total_cmp(&a.evidence);
        let by_jaccard = || b.jaccard.total_cmp(&a.jaccard);
        by_evidence.then_with(by_jaccard).then_with(|| {
            let (own, other) = (self.series_of(a.account), self.series_of(b.account));
            let begins = [a, b].map(|partner| self.clock.begins[partner.account]);
            let values = own.iter().zip(other).map(|(x, y)| x.total_cmp(y));
            begins[0]
                .cmp(&begins[1])
                .then(own.len().cmp(&other.len()))
                .then_with(|| {
                    values
                        .into_iter()
                        .find(|o| o.is_ne())
                        .unwrap_or(Ordering::Equal)
                })
        })
    }

    fn series_of(&self, i: usize) -> &[f32] {
        &self.series[self.offsets[i]..self.offsets[i + 1]]
    }

    /// Correlation of an account's residual with the mean residual of its partners; NaN below half of
    /// [`LEAST_STEPS`] common steps and where either is flat.
    fn correlation(&self, i: usize, best: &[Partner]) -> f64 {
        let own = self.series_of(i);
        let begin = self.clock.begins[i];
        let mut pairs = Vec::with_capacity(own.len());
        for (t, value) in own.iter().enumerate().filter(|(_, v)| !v.is_nan()) {
            let (mut sum, mut count) = (0.0, 0.0);
            for partner in best {
                let (from, to) = span(self.offsets, self.clock, partner.account);
                if (from..to).contains(&(begin + t)) {
                    let at = self.offsets[partner.account] + begin + t - from;
                    let other = f64::from(self.series[at]);
                    if !other.is_nan() {
                        sum += other.clamp(-CLIP, CLIP);
                        count += 1.0;
                    }
                }
            }
            if count > 0.0 {
                pairs.push((f64::from(*value).clamp(-CLIP, CLIP), sum / count));
            }
        }
        if pairs.len() < LEAST_STEPS / 2 || is_flat(&pairs) {
            return f64::NAN;
        }
        pearson(&pairs)
    }
}

fn is_flat(pairs: &[(f64, f64)]) -> bool {
    let (x, y) = pairs[0];
    pairs.iter().all(|pair| pair.0 == x) || pairs.iter().all(|pair| pair.1 == y)
}

fn pearson(pairs: &[(f64, f64)]) -> f64 {
    let n = pairs.len() as f64;
    let (x, y) = pairs
        .iter()
        .fold((0.0, 0.0), |(x, y), pair| (x + pair.0, y + pair.1));
    let (x, y) = (x / n, y / n);
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for pair in pairs {
        let (dx, dy) = (pair.0 - x, pair.1 - y);
        xx += dx * dx;
        yy += dy * dy;
        xy += dx * dy;
    }
    xy / (xx.sqrt() * yy.sqrt())
}

/// First step of an account on the common clock and the first after it.
fn span(offsets: &[usize], clock: &Clock, i: usize) -> (usize, usize) {
    (
        clock.begins[i],
        clock.begins[i] + offsets[i + 1] - offsets[i],
    )
}

/// Accounts that rise at each step, ascending, at most `most` of them: the strongest, and
/// of those that are as strong as the first one left out, none.
pub(super) fn buckets(
    series: &[f32],
    offsets: &[usize],
    clock: &Clock,
    rises: &[Rise],
    rising: &[u32],
    most: usize,
) -> (Vec<u32>, Vec<usize>) {
    let mut all_bounds = Vec::with_capacity(rising.len() + 1);
    all_bounds.push(0_usize);
    all_bounds.extend(rising.iter().scan(0, |sum, &n| {
        *sum += n as usize;
        Some(*sum)
    }));
    let mut next = all_bounds.clone();
    let mut all = vec![0_u32; all_bounds[rising.len()]];
    for (i, rise) in rises.iter().enumerate() {
        for t in &rise.steps {
            let slot = &mut next[clock.begins[i] + t];
            all[*slot] = i as u32;
            *slot += 1;
        }
    }
    if rising.iter().all(|&n| n as usize <= most) {
        return (all, all_bounds);
    }
    let (mut kept, mut bounds) = (Vec::with_capacity(all.len()), vec![0]);
    for (step, bound) in all_bounds.windows(2).enumerate() {
        let bucket = &all[bound[0]..bound[1]];
        let strength = |&i: &u32| {
            let i = i as usize;
            series[offsets[i] + step - clock.begins[i]]
        };
        if bucket.len() <= most {
            kept.extend_from_slice(bucket);
        } else {
            let mut values: Vec<f32> = bucket.iter().map(strength).collect();
            let rank = values.len() - 1 - most;
            let weakest = *values.select_nth_unstable_by(rank, f32::total_cmp).1;
            kept.extend(bucket.iter().filter(|i| strength(i) > weakest));
        }
        bounds.push(kept.len());
    }
    (kept, bounds)
}
