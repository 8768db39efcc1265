//! How often stretches of steps match, counted on rows of bits.

use pulp::NullaryFnOnce;

use super::matches::{Compare, Plain, Steps, WORD};
use crate::lanes::path;

/// Where stretches lie that touch no missing step.
#[derive(Debug, Default)]
pub(super) struct Windows {
    /// Known steps in a row from each step on.
    runs: Vec<usize>,
    /// Number of stretches of `m` known steps.
    pub(super) n: usize,
    /// Number of stretches of `m + 1` known steps.
    pub(super) n_longer: usize,
    /// One bit per step: whether a stretch of `m + 1` known steps starts there.
    longer: Vec<u64>,
}

impl Windows {
    pub(super) fn find(&mut self, x: &[f64], m: usize) {
        self.runs.resize(x.len(), 0);
        self.longer.clear();
        self.longer.resize(x.len().div_ceil(WORD), 0);
        (self.n, self.n_longer) = (0, 0);
        let mut run = 0;
        for i in (0..x.len()).rev() {
            run = if x[i].is_finite() { run + 1 } else { 0 };
            self.runs[i] = run;
            self.n += usize::from(run >= m);
            self.n_longer += usize::from(run > m);
            self.longer[i / WORD] |= u64::from(run > m) << (i % WORD);
        }
    }
}

/// What is counted.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Ordered pairs of stretches of `m + 1` steps that match in their first `m`, each with itself included.
    pub(super) pairs: u64,
    /// Ordered pairs of them that match in all.
    pub(super) pairs_longer: u64,
    /// Sum of `log2` of the share of matches over all stretches of `m` steps.
    pub(super) phi: f64,
    /// The same over all stretches of `m + 1` steps.
    pub(super) phi_longer: f64,
}

/// One series to count in.
pub(super) struct Job<'a> {
    pub(super) m: usize,
    pub(super) steps: Steps<'a>,
    pub(super) windows: &'a Windows,
    pub(super) log2: &'a [f64],
    pub(super) tiers: &'a mut Vec<u64>,
    pub(super) counts: &'a mut Counts,
}

/// Word `w` of a row moved one step towards its start.
#[inline(always)]
fn moved(row: &[u64], w: usize) -> u64 {
    let after = if w + 1 < row.len() { row[w + 1] } else { 0 };
    row[w] >> 1 | after << (WORD - 1)
}

impl Job<'_> {
    /// On the instruction set of this process.
    pub(super) fn count(self) {
        match path() {
            #[cfg(target_arch = "x86_64")]
            pulp::Arch::V4(compare) => compare.vectorize(Counting { compare, job: self }),
            #[cfg(target_arch = "x86_64")]
            pulp::Arch::V3(compare) => compare.vectorize(Counting { compare, job: self }),
            other => other.dispatch(Counting {
                compare: Plain,
                job: self,
            }),
        }
    }

    /// Adds the matches of the stretches that start at step `i`: `all` of `m` steps, `followed` of them with a
    /// known step after, `longer` of `m + 1` steps.
    #[inline(always)]
    fn add(&mut self, i: usize, all: u32, followed: u32, longer: u32) {
        let Self {
            m,
            windows,
            log2,
            counts,
            ..
        } = self;
        let run = windows.runs[i];
        if run >= *m {
            counts.phi += log2[all as usize] - log2[windows.n];
        }
        if run > *m {
            counts.phi_longer += log2[longer as usize] - log2[windows.n_longer];
            counts.pairs += u64::from(followed);
            counts.pairs_longer += u64::from(longer);
        }
    }

    /// Stretches of two steps in a series of at most `64 W` steps: all rows stay in registers.
    #[inline(always)]
    fn run_short<C: Compare, const W: usize>(mut self, compare: C) {
        let mut longer_at = [0; W];
        longer_at[..self.windows.longer.len()].copy_from_slice(&self.windows.longer);
        let (mut first, mut both) = ([0; W], [0; W]);
        for i in (0..self.windows.runs.len()).rev() {
            let mut row = [0; W];
            self.steps.fill(compare, i, &mut row);
            let (mut all, mut followed, mut longer) = (0, 0, 0);
            let mut next = [0; W];
            for w in 0..W {
                longer += (row[w] & moved(&both, w)).count_ones();
                next[w] = row[w] & moved(&first, w);
                all += next[w].count_ones();
                followed += (next[w] & longer_at[w]).count_ones();
            }
            first = row;
            both = next;
            self.add(i, all, followed, longer);
        }
    }

    /// Goes up from the last step. Bit `j` of tier `k` says whether `k` steps from `i` match `k` steps from `j`:
    /// they do if the first step matches and, one step on, `k - 1` steps match.
    #[inline(always)]
    fn run_long<C: Compare>(mut self, compare: C) {
        let words = self.windows.longer.len();
        let m = self.m;
        let mut tiers = std::mem::take(self.tiers);
        tiers.clear();
        tiers.resize((m + 1) * words, 0);
        let (row, tiers_of) = tiers.split_at_mut(words);
        for i in (0..self.windows.runs.len()).rev() {
            self.steps.fill(compare, i, row);
            let top = &tiers_of[(m - 1) * words..][..words];
            let longer = (0..words)
                .map(|w| (row[w] & moved(top, w)).count_ones())
                .sum();
            for k in (1..m).rev() {
                let (below, tier) = tiers_of[(k - 1) * words..][..2 * words].split_at_mut(words);
                for w in 0..words {
                    tier[w] = row[w] & moved(below, w);
                }
            }
            tiers_of[..words].copy_from_slice(row);
            let top = &tiers_of[(m - 1) * words..][..words];
            let (mut all, mut followed) = (0, 0);
            for w in 0..words {
                all += top[w].count_ones();
                followed += (top[w] & self.windows.longer[w]).count_ones();
            }
            self.add(i, all, followed, longer);
        }
        *self.tiers = tiers;
    }
}

struct Counting<'a, C> {
    compare: C,
    job: Job<'a>,
}

impl<C: Compare> NullaryFnOnce for Counting<'_, C> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { compare, job } = self;
        match (job.m, job.windows.longer.len()) {
            (2, 1..=3) => job.run_short::<C, 3>(compare),
            (2, 4..=6) => job.run_short::<C, 6>(compare),
            _ => job.run_long(compare),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::entropy::logs::LogTable;
    use crate::kernels::entropy::matches::Keys;
    use crate::kernels::known::known_values;

    fn counted(x: &[f64], m: usize, r: f64) -> Counts {
        let mut keys = Keys::default();
        keys.fill(x, known_values(x, &mut Vec::new()), r);
        let (mut windows, mut logs, mut counts) =
            (Windows::default(), LogTable::default(), Counts::default());
        windows.find(x, m);
        Job {
            m,
            steps: Steps {
                values: x,
                r,
                keys: &keys,
            },
            windows: &windows,
            log2: logs.up_to(x.len()),
            tiers: &mut Vec::new(),
            counts: &mut counts,
        }
        .count();
        counts
    }

    /// Matches of each stretch of `length` steps known in a row, in its first `m`.
    fn matches(x: &[f64], m: usize, length: usize, r: f64) -> Vec<u64> {
        let whole: Vec<&[f64]> = x
            .windows(length)
            .filter(|w| w.iter().all(|v| v.is_finite()))
            .collect();
        let near = |a: &[f64], b: &[f64]| (0..m).all(|k| (a[k] - b[k]).abs() <= r);
        whole
            .iter()
            .map(|a| whole.iter().filter(|b| near(a, b)).count() as u64)
            .collect()
    }

    fn phi(matches: &[u64]) -> f64 {
        let share = |&c: &u64| (c as f64 / matches.len() as f64).log2();
        matches.iter().map(share).sum()
    }

    /// Rows in registers and rows in memory, last words full and not.
    #[test]
    fn series_of_any_length_are_counted_right() {
        for (n, every) in [
            (150, 151),
            (192, 11),
            (336, 337),
            (384, 25),
            (385, 386),
            (450, 17),
        ] {
            let x: Vec<f64> = (0..n)
                .map(|t| {
                    if t % every == every - 1 {
                        f64::NAN
                    } else {
                        (f64::from(t) * 0.7).sin()
                    }
                })
                .collect();
            for m in 1..4 {
                let counts = counted(&x, m, 0.3);
                let first = matches(&x, m, m + 1, 0.3);
                let longer = matches(&x, m + 1, m + 1, 0.3);
                assert_eq!(counts.pairs, first.iter().sum::<u64>(), "{n} steps, m {m}");
                assert_eq!(
                    counts.pairs_longer,
                    longer.iter().sum::<u64>(),
                    "{n} steps, m {m}"
                );
                assert!(
                    (counts.phi - phi(&matches(&x, m, m, 0.3))).abs() < 1e-9,
                    "{n} steps, m {m}"
                );
                assert!(
                    (counts.phi_longer - phi(&longer)).abs() < 1e-9,
                    "{n} steps, m {m}"
                );
            }
        }
    }
}
