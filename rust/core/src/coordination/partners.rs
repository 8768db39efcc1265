//! Partners of an account: those that rise at the same steps more often than chance has it.

use std::cmp::Ordering;

use super::crowd::{Crowd, buckets};
use super::residual::{Rise, Timeline};
use super::{FEATURES, LEAST_CROWD, LEAST_STEPS, MOST_PER_STEP};

/// Fewest shared steps of rise that can be a coincidence of two accounts.
const LEAST_SHARED: u16 = 2;
/// Residuals are cut here for the correlation: one wild step must not make two accounts alike.
const CLIP: f64 = 6.0;

/// One possible partner.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Partner {
    pub(crate) account: usize,
    /// Log-likelihood ratio of the shared steps against chance.
    pub(crate) evidence: f64,
    jaccard: f64,
}

/// Whom an account is compared with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Matching<'a> {
    /// Partners kept of each account.
    pub(crate) n_best: usize,
    /// Partners with less evidence are not asked for.
    pub(crate) least_evidence: f64,
    /// Number of each account's owner, [`NO_OWNER`] where unknown: accounts of one owner are no partners.
    pub(crate) owners: Option<&'a [u32]>,
    /// An order of the accounts that does not depend on how they were given, for partners that are
    /// equal in everything else.
    pub(crate) order: Option<&'a [u32]>,
}

/// The owner of an account whose owner is not known.
pub(crate) const NO_OWNER: u32 = u32::MAX;

impl Matching<'_> {
    /// The `n_best` partners whoever owns them; between equals any.
    pub(super) fn best(n_best: usize) -> Self {
        Self {
            n_best,
            least_evidence: 0.0,
            owners: None,
            order: None,
        }
    }

    /// Whether two accounts are known to have one owner.
    pub(crate) fn one_owner(&self, i: usize, j: usize) -> bool {
        self.owners
            .is_some_and(|owners| owners[i] == owners[j] && owners[i] != NO_OWNER)
    }
}

/// The best partners so far, and what it takes to be one.
struct Chosen {
    best: Vec<Partner>,
    /// Fewer shared steps cannot be enough.
    least: u16,
    /// Most evidence of one shared step, where it is known for all accounts.
    most_per_step: Option<f64>,
    /// Log of the sum of `chance` over all the account's steps of rise.
    log_sum: f64,
}

/// Counts that are looked through together, for one that is large enough.
const CHUNK: usize = 32;
/// The counts of all accounts are looked through where an account meets more than this share of
/// them; fewer are listed.
const MET_BY_MANY: usize = 8;

/// Counts of one thread.
pub(crate) struct Memory {
    /// Shared steps with every account, up to the largest that fits; all zero between two accounts.
    shared: Vec<u16>,
    /// Accounts with a count, and one slot to spare.
    touched: Vec<u32>,
    /// Sums of `chance` over the account's first steps of rise.
    sums: Vec<f64>,
}

/// All that is needed to search the partners of one account.
pub(crate) struct Search<'a> {
    series: &'a [f32],
    offsets: &'a [usize],
    line: &'a Timeline,
    rises: &'a [Rise],
    crowd: &'a Crowd,
    matching: Matching<'a>,
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
    /// Sum of `chance` over the line, where all accounts span all of it.
    common: Option<f64>,
}

impl<'a> Search<'a> {
    pub(crate) fn new(
        series: &'a [f32],
        offsets: &'a [usize],
        line: &'a Timeline,
        rises: &'a [Rise],
        crowd: &'a Crowd,
        matching: Matching<'a>,
    ) -> Self {
        let (kept, bounds) = buckets(series, offsets, line, rises, &crowd.rising, MOST_PER_STEP);
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
                let (begin, end) = line.span(offsets, i);
                let usual = before[end] - before[begin];
                if n_kept[i] == 0 {
                    0.0
                } else {
                    f64::from(n_kept[i]) / usual
                }
            })
            .collect();
        let most = rises.iter().map(|rise| rise.steps.len()).max().unwrap_or(0);
        let whole = (0, line.n_steps);
        let spanned = (0..rises.len()).all(|i| line.span(offsets, i) == whole);
        Self {
            series,
            offsets,
            line,
            rises,
            crowd,
            matching,
            kept,
            bounds,
            chance,
            n_kept,
            log_activity: activity.iter().map(|&a| libm::log(a)).collect(),
            activity,
            logs: (0..=most).map(|k| libm::log(k as f64)).collect(),
            n_judged: rises.iter().filter(|rise| rise.judged).count(),
            common: spanned.then(|| before[line.n_steps]),
        }
    }

    pub(crate) fn memory(&self) -> Memory {
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
        let coincidence =
            evidence / self.matching.n_best.min(n_others) as f64 - libm::log(n_others as f64);
        let jaccard = best.first().map_or(0.0, |partner| partner.jaccard);
        let begin = self.line.begins[i];
        let excess: f64 = rise
            .steps
            .iter()
            .map(|t| self.crowd.log_excess(begin + t))
            .sum();
        let crowd = excess / rise.steps.len() as f64;
        [coincidence, jaccard, crowd, self.correlation(i, &best)]
    }

    /// The partners with most evidence, most first.
    pub(crate) fn best_partners(&self, i: usize, memory: &mut Memory) -> Vec<Partner> {
        let begin = self.line.begins[i];
        let mut sum = 0.0;
        memory.sums.clear();
        memory.sums.push(0.0);
        for t in &self.rises[i].steps {
            sum += self.chance[begin + t];
            memory.sums.push(sum);
        }
        // `consider` finds most evidence where a partner shares all of its rises: where its activity is
        // k / common.
        let most_per_step = self
            .common
            .map(|common| libm::log(common / sum) - 1.0 + sum / common);
        let least = self.matching.least_evidence;
        let mut chosen = Chosen {
            best: Vec::with_capacity(self.matching.n_best + 1),
            // Rounded down, so that a partner at the bound is still looked at.
            least: most_per_step.map_or(LEAST_SHARED, |most| {
                LEAST_SHARED.max((least / most).floor() as u16)
            }),
            most_per_step,
            log_sum: libm::log(sum),
        };
        let steps = self.rises[i].steps.iter().map(|t| begin + t);
        let buckets = steps.map(|step| self.bucket(step));
        let n_met: usize = buckets.clone().map(<[u32]>::len).sum();
        let Memory {
            shared,
            touched,
            sums,
        } = memory;
        if n_met > shared.len() / MET_BY_MANY {
            for &j in buckets.flatten() {
                let count = &mut shared[j as usize];
                *count = count.saturating_add(1);
            }
            shared[i] = 0;
            for (first, counts) in (0..).step_by(CHUNK).zip(shared.chunks_mut(CHUNK)) {
                if counts.iter().fold(0, |most, &k| k.max(most)) >= chosen.least {
                    for (j, &k) in (first..).zip(counts.iter()) {
                        if k >= chosen.least {
                            self.consider(i, j, k, sums, &mut chosen);
                        }
                    }
                }
                counts.fill(0);
            }
        } else {
            let mut n_touched = 0;
            for &j in buckets.flatten() {
                let count = &mut shared[j as usize];
                // Written at every step and kept at the first: a branch would be guessed wrongly.
                touched[n_touched] = j;
                n_touched += usize::from(*count == 0);
                *count = count.saturating_add(1);
            }
            shared[i] = 0;
            for &j in &touched[..n_touched] {
                let j = j as usize;
                let k = std::mem::take(&mut shared[j]);
                if k >= chosen.least {
                    self.consider(i, j, k, sums, &mut chosen);
                }
            }
        }
        chosen.best
    }

    /// Puts account `j`, with `shared` steps shared with account `i`, among the best where it belongs.
    fn consider(&self, i: usize, j: usize, shared: u16, sums: &[f64], chosen: &mut Chosen) {
        let steps = &self.rises[i].steps;
        let begin = self.line.begins[i];
        let (mut usual, mut log_usual) = (sums[steps.len()], chosen.log_sum);
        if self.common.is_none() {
            let (from, to) = self.line.span(self.offsets, j);
            let low = steps.partition_point(|t| begin + t < from);
            let high = steps.partition_point(|t| begin + t < to);
            if high - low < steps.len() {
                usual = sums[high] - sums[low];
                log_usual = libm::log(usual);
            }
        }
        let (k, by_chance) = (f64::from(shared), self.activity[j] * usual);
        if k <= by_chance {
            return;
        }
        // Poisson: exp(-evidence) bounds the probability of as many shared steps by chance.
        let log_ratio = self.logs[usize::from(shared)] - self.log_activity[j] - log_usual;
        let evidence = k * log_ratio - k + by_chance;
        let n_best = self.matching.n_best;
        let best = &mut chosen.best;
        let too_little = best.len() == n_best && evidence < best[n_best - 1].evidence;
        if too_little || evidence < self.matching.least_evidence {
            return;
        }
        if self.matching.one_owner(i, j) {
            return;
        }
        let either = steps.len() as f64 + f64::from(self.n_kept[j]) - k;
        let partner = Partner {
            account: j,
            evidence,
            jaccard: k / either,
        };
        let at = best.partition_point(|other| self.rank(other, &partner).is_lt());
        best.insert(at, partner);
        best.truncate(n_best);
        if let Some(most) = chosen.most_per_step
            && best.len() == n_best
        {
            let enough = (best[n_best - 1].evidence / most).floor();
            chosen.least = chosen.least.max(enough as u16);
        }
    }

    /// Most evidence first; between equals the series decide, and never the order of the accounts.
    fn rank(&self, a: &Partner, b: &Partner) -> Ordering {
        let by_evidence = b.evidence.total_cmp(&a.evidence);
        let by_jaccard = || b.jaccard.total_cmp(&a.jaccard);
        by_evidence.then_with(by_jaccard).then_with(|| {
            let (own, other) = (self.series_of(a.account), self.series_of(b.account));
            let begins = [a, b].map(|partner| self.line.begins[partner.account]);
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
                .then_with(|| {
                    self.matching.order.map_or(Ordering::Equal, |order| {
                        order[a.account].cmp(&order[b.account])
                    })
                })
        })
    }

    /// Accounts kept of those that rise at a step of the line.
    pub(crate) fn bucket(&self, step: usize) -> &[u32] {
        &self.kept[self.bounds[step]..self.bounds[step + 1]]
    }

    fn series_of(&self, i: usize) -> &[f32] {
        &self.series[self.offsets[i]..self.offsets[i + 1]]
    }

    /// Correlation of an account's residual with the mean residual of its partners; NaN below half of
    /// [`LEAST_STEPS`] common steps and where either is flat.
    fn correlation(&self, i: usize, best: &[Partner]) -> f64 {
        let own = self.series_of(i);
        let begin = self.line.begins[i];
        let mut pairs = Vec::with_capacity(own.len());
        for (t, value) in own.iter().enumerate().filter(|(_, v)| !v.is_nan()) {
            let (mut sum, mut count) = (0.0, 0.0);
            for partner in best {
                let (from, to) = self.line.span(self.offsets, partner.account);
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
