//! Sample and approximate entropy: how often stretches that are alike stay alike for one step more.

use pulp::NullaryFnOnce;

use super::known::{known_values, sum_of, test_flat};
use super::logs::LogTable;
use super::matches::{Compare, Intervals, KeyRows, MatchRows, Plain, ValueRows, WORD};
use crate::Error;
use crate::kernels::Kernel;
use crate::lanes::{dispatch, path};

/// Sample and approximate entropy in nats, together for little more than one of them costs.
///
/// Two stretches match if no two of their values differ by more than `r` standard deviations (of the known
/// values, with divisor n). Stretches that touch a missing step are skipped.
///
/// Sample entropy is `-ln(A / B)`: of all pairs of stretches of `m + 1` steps, `B` match in their first `m` and
/// `A` in all. Infinite where `B > 0 = A`, NaN where `B = 0`, and NaN for a flat series.
///
/// Approximate entropy is `phi(m) - phi(m + 1)`, `phi` being the mean logarithm of the share of stretches that
/// match each one, itself included; 0 for a flat series, NaN where no `m + 1` steps are known in a row.
///
/// Sources: Richman & Moorman (2000), *American Journal of Physiology - Heart and Circulatory Physiology* 278,
/// H2039-H2049; Pincus (1991), *Proceedings of the National Academy of Sciences* 88, 2297-2301.
#[derive(Debug, Clone, Copy)]
pub struct Regularity {
    m: usize,
    r: f64,
}

/// Memory of [`Regularity`].
#[derive(Debug, Default)]
pub struct RegularityWorkspace {
    known: Vec<f64>,
    values: Vec<f64>,
    intervals: Intervals,
    windows: Windows,
    tiers: Vec<u64>,
    logs: LogTable,
}

/// Sample entropy alone; see [`Regularity`].
#[derive(Debug, Clone, Copy)]
pub struct SampleEntropy(Regularity);

/// Approximate entropy alone; see [`Regularity`].
#[derive(Debug, Clone, Copy)]
pub struct ApproximateEntropy(Regularity);

impl Regularity {
    /// Stretches of `m` steps within `r` standard deviations.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless `m` is at least 1 and `r` a number of at least 0.
    pub fn new(m: usize, r: f64) -> Result<Self, Error> {
        if m == 0 {
            let allowed = "a whole number of steps of at least 1";
            return Err(Error::out_of_range("m", m, allowed));
        }
        if !(0.0..f64::INFINITY).contains(&r) {
            let allowed = "a finite number of standard deviations of at least 0";
            return Err(Error::out_of_range("r", r, allowed));
        }
        Ok(Self { m, r })
    }

    fn both(&self, x: &[f64], workspace: &mut RegularityWorkspace) -> (f64, f64) {
        let RegularityWorkspace {
            known,
            values,
            intervals,
            windows,
            tiers,
            logs,
        } = workspace;
        let known = known_values(x, known);
        windows.find(x, self.m);
        if windows.n_longer == 0 {
            return (f64::NAN, f64::NAN);
        }
        let mut sd = 0.0;
        standard_deviation(known, &mut sd);
        let r = self.r * sd;
        if r.is_nan() {
            return (f64::NAN, f64::NAN);
        }
        let mut flat = true;
        test_flat(known, &mut flat);
        let log2 = logs.up_to(x.len());
        let mut counts = Counts::default();
        let job = Job {
            m: self.m,
            windows,
            log2,
            tiers,
            counts: &mut counts,
        };
        if intervals.fill(x, known, r) {
            job.by_keys(intervals);
        } else {
            values.clear();
            values.extend(x.iter().map(|&v| if v.is_finite() { v } else { f64::NAN }));
            count_by_values(&ValueRows { values, r }, job);
        }
        let sample = if flat { f64::NAN } else { counts.sample() };
        let bits = counts.phi / windows.n as f64 - counts.phi_longer / windows.n_longer as f64;
        (sample, bits * std::f64::consts::LN_2)
    }
}

dispatch! {
    fn standard_deviation<'a>(known: &'a [f64], sd: &'a mut f64) {
        let n = known.len() as f64;
        let mean = sum_of(known, |v| v) / n;
        *sd = (sum_of(known, |v| (v - mean) * (v - mean)) / n).sqrt();
    }
}

/// Where stretches lie that touch no missing step.
#[derive(Debug, Default)]
struct Windows {
    /// Known steps in a row from each step on.
    runs: Vec<usize>,
    /// Number of stretches of `m` known steps.
    n: usize,
    /// Number of stretches of `m + 1` known steps.
    n_longer: usize,
    /// One bit per step: whether a stretch of `m + 1` known steps starts there.
    longer: Vec<u64>,
}

impl Windows {
    fn find(&mut self, x: &[f64], m: usize) {
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
struct Counts {
    /// Ordered pairs of stretches of `m + 1` steps that match in their first `m`, each with itself included.
    pairs: u64,
    /// Ordered pairs of them that match in all.
    pairs_longer: u64,
    /// How many there are, each of which matched itself.
    selves: u64,
    /// Sum of `log2` of the share of matches over all stretches of `m` steps.
    phi: f64,
    /// The same over all stretches of `m + 1` steps.
    phi_longer: f64,
}

impl Counts {
    fn sample(&self) -> f64 {
        let (b, a) = (self.pairs - self.selves, self.pairs_longer - self.selves);
        match (b, a) {
            (0, _) => f64::NAN,
            (_, 0) => f64::INFINITY,
            _ => -libm::log(a as f64 / b as f64),
        }
    }
}

struct Job<'a> {
    m: usize,
    windows: &'a Windows,
    log2: &'a [f64],
    tiers: &'a mut Vec<u64>,
    counts: &'a mut Counts,
}

/// Word `w` of a row moved one step towards its start.
#[inline(always)]
fn moved(row: &[u64], w: usize) -> u64 {
    row[w] >> 1 | row[w + 1] << (WORD - 1)
}

impl Job<'_> {
    /// Goes up from the last step. Bit `j` of tier `k` says whether `k` steps from `i` match `k` steps from `j`:
    /// they do if the first step matches and, one step on, `k - 1` steps match.
    #[inline(always)]
    fn run(self, rows: &impl MatchRows) {
        let Self {
            m,
            windows,
            log2,
            tiers,
            counts,
        } = self;
        let words = windows.longer.len();
        // One word more, always 0, moves into the last one.
        let stride = words + 1;
        tiers.clear();
        tiers.resize((m + 1) * stride, 0);
        let whole = log2[windows.n];
        let whole_longer = log2[windows.n_longer];
        let (row, tiers) = tiers.split_at_mut(stride);
        for i in (0..windows.runs.len()).rev() {
            rows.fill(i, &mut row[..words]);
            let mut longer = 0;
            let top = &tiers[(m - 1) * stride..][..stride];
            for w in 0..words {
                longer += (row[w] & moved(top, w)).count_ones();
            }
            for k in (1..m).rev() {
                let (below, tier) = tiers[(k - 1) * stride..][..2 * stride].split_at_mut(stride);
                for w in 0..words {
                    tier[w] = row[w] & moved(below, w);
                }
            }
            tiers[..words].copy_from_slice(&row[..words]);
            let run = windows.runs[i];
            if run < m {
                continue;
            }
            let top = &tiers[(m - 1) * stride..][..words];
            let (mut all, mut followed) = (0, 0);
            for w in 0..words {
                all += top[w].count_ones();
                followed += (top[w] & windows.longer[w]).count_ones();
            }
            counts.phi += log2[all as usize] - whole;
            if run > m {
                counts.phi_longer += log2[longer as usize] - whole_longer;
                counts.pairs += u64::from(followed);
                counts.pairs_longer += u64::from(longer);
                counts.selves += 1;
            }
        }
    }

    fn by_keys(self, intervals: &Intervals) {
        match path() {
            #[cfg(target_arch = "x86_64")]
            pulp::Arch::V4(compare) => compare.vectorize(KeyJob {
                rows: KeyRows { intervals, compare },
                job: self,
            }),
            #[cfg(target_arch = "x86_64")]
            pulp::Arch::V3(compare) => compare.vectorize(KeyJob {
                rows: KeyRows { intervals, compare },
                job: self,
            }),
            other => other.dispatch(KeyJob {
                rows: KeyRows {
                    intervals,
                    compare: Plain,
                },
                job: self,
            }),
        }
    }
}

struct KeyJob<'a, C> {
    rows: KeyRows<'a, C>,
    job: Job<'a>,
}

impl<C: Compare> NullaryFnOnce for KeyJob<'_, C> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.job.run(&self.rows);
    }
}

dispatch! {
    fn count_by_values<'a>(rows: &'a ValueRows<'a>, job: Job<'a>) {
        job.run(rows);
    }
}

impl Kernel for Regularity {
    type Workspace = RegularityWorkspace;

    fn width(&self, _n_steps: usize) -> usize {
        2
    }

    fn measure(&self, x: &[f64], workspace: &mut RegularityWorkspace, out: &mut [f64]) {
        (out[0], out[1]) = self.both(x, workspace);
    }
}

impl SampleEntropy {
    /// Sample entropy of stretches of `m` steps within `r` standard deviations.
    ///
    /// # Errors
    /// As [`Regularity::new`].
    pub fn new(m: usize, r: f64) -> Result<Self, Error> {
        Regularity::new(m, r).map(Self)
    }
}

impl Kernel for SampleEntropy {
    type Workspace = RegularityWorkspace;

    fn width(&self, _n_steps: usize) -> usize {
        1
    }

    fn measure(&self, x: &[f64], workspace: &mut RegularityWorkspace, out: &mut [f64]) {
        out[0] = self.0.both(x, workspace).0;
    }
}

impl ApproximateEntropy {
    /// Approximate entropy of stretches of `m` steps within `r` standard deviations.
    ///
    /// # Errors
    /// As [`Regularity::new`].
    pub fn new(m: usize, r: f64) -> Result<Self, Error> {
        Regularity::new(m, r).map(Self)
    }
}

impl Kernel for ApproximateEntropy {
    type Workspace = RegularityWorkspace;

    fn width(&self, _n_steps: usize) -> usize {
        1
    }

    fn measure(&self, x: &[f64], workspace: &mut RegularityWorkspace, out: &mut [f64]) {
        out[0] = self.0.both(x, workspace).1;
    }
}
