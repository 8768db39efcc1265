//! Regressors of the stiff part: what age, hour of day and day of week explain.

/// Columns of every design; those that a series cannot use are zero.
pub const COLUMNS: usize = 16;

/// Prior standard deviation of the intercept: wide, the data place it.
const INTERCEPT_SD: f64 = 10.0;
/// Of the slope in log age and of the linear term: posts decay like age to a power near -1.
const TREND_SD: f64 = 1.0;
/// Of the two changes of that slope.
const HINGE_SD: f64 = 0.5;
/// Of the cosine and sine of 1, 2 and 3 cycles a day.
const DAY_SD: [f64; 3] = [0.5, 0.35, 0.25];
/// Of the cosine and sine of 1 and 2 cycles a week, per week observed: two weeks cannot tell a weekly
/// cycle from one slow attack, so the part grows with the number of turns.
const WEEK_SD: [f64; 2] = [0.04, 0.025];
/// Weeks at which it grows no more.
const WEEKS_ENOUGH: f64 = 6.0;
/// Prior of the share of the platform's common factor that an account follows.
const PLATFORM_PRIOR: (f64, f64) = (0.7, 0.3);
/// Where on the range of log age its slope may change.
const HINGES: [f64; 2] = [0.4, 0.7];
/// Fewest days before a weekly part is told from a trend.
const WEEK_NEEDS_DAYS: usize = 10;

const DAY: usize = 5;
const WEEK: usize = DAY + 6;
const PLATFORM: usize = WEEK + 4;

/// Steps per day and per week of the panel's clock, 0 where that is not a whole number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// Steps per day, 0 for cadences without an hour of day (a day and longer).
    pub steps_per_day: usize,
    /// Steps per week, 0 for cadences without a day of week.
    pub steps_per_week: usize,
}

/// Regressors of one account with their Gaussian (ridge) priors.
#[derive(Debug, Clone)]
pub struct Design {
    /// One row of regressors per step.
    pub rows: Vec<[f64; COLUMNS]>,
    /// Prior mean of each coefficient.
    pub prior_mean: [f64; COLUMNS],
    /// Prior precision of each coefficient.
    pub prior_precision: [f64; COLUMNS],
}

impl Design {
    /// Regressors of `n_steps` steps of which the first has number `start` on the clock.
    ///
    /// `platform` holds the platform's log factor of each step; values that are not finite count
    /// as 0.
    pub fn new(n_steps: usize, start: i64, clock: Clock, platform: Option<&[f64]>) -> Self {
        let mut rows = vec![[0.0; COLUMNS]; n_steps];
        let mut sd = [1.0; COLUMNS];
        let mut prior_mean = [0.0; COLUMNS];
        sd[0] = INTERCEPT_SD;
        let range = libm::log(n_steps.max(1) as f64);
        let scale = 1.0 / n_steps.max(1) as f64;
        for (t, row) in rows.iter_mut().enumerate() {
            let log_age = libm::log(t as f64 + 1.0);
            row[0] = 1.0;
            row[1] = log_age - range;
            row[2] = (log_age - HINGES[0] * range).max(0.0);
            row[3] = (log_age - HINGES[1] * range).max(0.0);
            row[4] = t as f64 * scale - 0.5;
        }
        sd[1] = TREND_SD;
        sd[2] = HINGE_SD;
        sd[3] = HINGE_SD;
        sd[4] = TREND_SD;
        if clock.steps_per_day >= 2 {
            // A cycle needs more than two steps per turn to have both a cosine and a sine.
            let usable = DAY_SD.len().min((clock.steps_per_day - 1) / 2);
            harmonics(&mut rows, DAY, usable, start, clock.steps_per_day);
            for (k, &value) in DAY_SD.iter().enumerate() {
                sd[DAY + 2 * k] = value;
                sd[DAY + 2 * k + 1] = value;
            }
        }
        if clock.steps_per_week >= 7 && n_steps * 7 >= WEEK_NEEDS_DAYS * clock.steps_per_week {
            harmonics(&mut rows, WEEK, WEEK_SD.len(), start, clock.steps_per_week);
            let weeks = (n_steps as f64 / clock.steps_per_week as f64).min(WEEKS_ENOUGH);
            for (k, &value) in WEEK_SD.iter().enumerate() {
                sd[WEEK + 2 * k] = value * weeks;
                sd[WEEK + 2 * k + 1] = value * weeks;
            }
        }
        if let Some(factor) = platform {
            for (row, &value) in rows.iter_mut().zip(factor) {
                row[PLATFORM] = if value.is_finite() { value } else { 0.0 };
            }
            (prior_mean[PLATFORM], sd[PLATFORM]) = PLATFORM_PRIOR;
        }
        Self {
            rows,
            prior_mean,
            prior_precision: sd.map(|s| 1.0 / (s * s)),
        }
    }
}

/// Cosine and sine of 1 to `n` turns per `period` steps, from column `first` on.
fn harmonics(rows: &mut [[f64; COLUMNS]], first: usize, n: usize, start: i64, period: usize) {
    let phase = start.rem_euclid(period as i64) as usize;
    let turn = std::f64::consts::TAU / period as f64;
    for t in 0..rows.len().min(period) {
        let step = ((phase + t) % period) as f64;
        for k in 0..n {
            let angle = turn * (k + 1) as f64 * step;
            rows[t][first + 2 * k] = libm::cos(angle);
            rows[t][first + 2 * k + 1] = libm::sin(angle);
        }
    }
    for t in period..rows.len() {
        let (before, after) = rows.split_at_mut(t);
        let columns = first..first + 2 * n;
        after[0][columns.clone()].copy_from_slice(&before[t - period][columns]);
    }
}

/// Weighted ridge regression of `target` on the rows; steps of weight 0 do not count.
///
/// Gram sums run over 4 x 4 tiles of the lower triangle, so that they stay in registers.
pub(super) fn ridge(design: &Design, target: &[f64], weight: &[f64]) -> [f64; COLUMNS] {
    const TILE: usize = 4;
    let mut gram = [[0.0; COLUMNS]; COLUMNS];
    let mut rhs = [0.0; COLUMNS];
    for ((row, &y), &w) in design.rows.iter().zip(target).zip(weight) {
        let wy = w * y;
        for (r, x) in rhs.iter_mut().zip(row) {
            *r += wy * x;
        }
    }
    for i in (0..COLUMNS).step_by(TILE) {
        for j in (0..=i).step_by(TILE) {
            let mut tile = [[0.0; TILE]; TILE];
            for (row, &w) in design.rows.iter().zip(weight) {
                for a in 0..TILE {
                    let left = w * row[i + a];
                    for b in 0..TILE {
                        tile[a][b] += left * row[j + b];
                    }
                }
            }
            for a in 0..TILE {
                gram[i + a][j..j + TILE].copy_from_slice(&tile[a]);
            }
        }
    }
    for k in 0..COLUMNS {
        gram[k][k] += design.prior_precision[k];
        rhs[k] += design.prior_precision[k] * design.prior_mean[k];
    }
    solve(&mut gram, rhs)
}

/// Solves a symmetric positive definite system by Cholesky; only the lower triangle is read.
#[inline(always)]
pub(super) fn solve(a: &mut [[f64; COLUMNS]; COLUMNS], mut x: [f64; COLUMNS]) -> [f64; COLUMNS] {
    for j in 0..COLUMNS {
        let mut pivot = a[j][j];
        for value in &a[j][..j] {
            pivot -= value * value;
        }
        // Priors keep pivots positive; rounding at huge weights must not make a NaN of them.
        let root = pivot.max(1e-10).sqrt();
        a[j][j] = root;
        for i in j + 1..COLUMNS {
            let mut value = a[i][j];
            for (left, right) in a[i][..j].iter().zip(&a[j][..j]) {
                value -= left * right;
            }
            a[i][j] = value / root;
        }
    }
    for i in 0..COLUMNS {
        for k in 0..i {
            x[i] -= a[i][k] * x[k];
        }
        x[i] /= a[i][i];
    }
    for i in (0..COLUMNS).rev() {
        for k in i + 1..COLUMNS {
            x[i] -= a[k][i] * x[k];
        }
        x[i] /= a[i][i];
    }
    x
}
