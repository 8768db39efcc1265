//! The stiff part alone: trend and cycles fitted robustly, in a hundredth of the time of the whole
//! expectation.
//!
//! Same regressors and priors as [`super::fit`], but no level, no windows and no bootstrap: what lies
//! outside trend and cycles goes into one variance, and a step far outside counts little. This is the
//! yardstick of features, which a platform computes for every account; the whole expectation is for
//! judging.

use super::design::{COLUMNS, Clock, Design, solve};
use super::fit::LOG_RANGE;
use crate::lanes::{self, dispatch};

/// Rounds of reweighting; the fourth moves expectations by less than 1 %.
const ROUNDS: usize = 4;
/// Share of a step's information that counts: neighbours tell the same story (a level with a memory of
/// half a day, as the whole expectation assumes before it has looked).
const DEFLATION: f32 = 1.0 / 12.0;
/// Variance beyond counting in the first round.
const FIRST_VARIANCE: f32 = 0.08;
/// Variances considered, from hardly any to a factor of 50 either way.
const VARIANCE_RANGE: (f32, f32) = (1e-4, 16.0);
/// Squared median absolute value of a standard normal.
const MEDIAN_SQUARE: f32 = 0.674_489_75 * 0.674_489_75;
/// Steps on both sides in the first guess of the level.
const GUESS_REACH: usize = 4;

/// Values that are worked on at once; series are padded with steps that are not used.
const LANES: usize = 16;
/// Columns of one tile of the Gram matrix, which stays in registers.
const TILE: usize = COLUMNS / 2;

/// Fits series one after another; series alike in length and clock share their regressors.
#[derive(Debug, Default)]
pub struct Stiff {
    shape: Option<(usize, i64, Clock)>,
    rows: Vec<[f64; COLUMNS]>,
    /// The same column by column.
    columns: Vec<f32>,
    prior_precision: [f64; COLUMNS],
    work: Work,
}

/// One slot per step.
#[derive(Debug, Default)]
struct Work {
    log_y: Vec<f32>,
    used: Vec<f32>,
    eta: Vec<f32>,
    counting: Vec<f32>,
    residual: Vec<f32>,
    weight: Vec<f32>,
}

impl Stiff {
    /// Expected count of every step of one metric, missing steps too.
    ///
    /// `y` holds counts with NaN = missing; `start` is the number of the first step on the clock.
    pub fn fit(&mut self, y: &[f32], start: i64, clock: Clock, expected: &mut [f32]) {
        self.prepare(y.len(), start, clock);
        run(
            y,
            &self.rows,
            &self.columns,
            &self.prior_precision,
            &mut self.work,
            expected,
        );
    }

    fn prepare(&mut self, n: usize, start: i64, clock: Clock) {
        let cycle = clock.steps_per_week.max(clock.steps_per_day).max(1) as i64;
        let shape = Some((n, start.rem_euclid(cycle), clock));
        if self.shape == shape {
            return;
        }
        let design = Design::new(n, start, clock, None);
        self.rows = design.rows;
        self.rows.resize(n.next_multiple_of(LANES), [0.0; COLUMNS]);
        self.columns.clear();
        for k in 0..COLUMNS {
            self.columns
                .extend(self.rows.iter().map(|row| row[k] as f32));
        }
        self.prior_precision = design.prior_precision;
        self.shape = shape;
    }
}

dispatch! {
    fn run<'a>(
        y: &'a [f32],
        rows: &'a [[f64; COLUMNS]],
        columns: &'a [f32],
        prior: &'a [f64; COLUMNS],
        work: &'a mut Work,
        expected: &'a mut [f32],
    ) {
        let known = begin(y, work);
        let mut variance = FIRST_VARIANCE;
        for round in 0..ROUNDS {
            let coefficients = regress(rows, prior, work, variance);
            predict(columns, &coefficients, work);
            if round + 1 < ROUNDS {
                variance = own_variance(&work.residual, &work.counting, known);
            }
        }
        // The last linearised expectation is the expectation plus a half.
        for (slot, counting) in expected.iter_mut().zip(&work.counting) {
            *slot = (1.0 / counting - 0.5).max(0.0);
        }
    }
}

/// Log counts, and a moving mean as the first guess; gives the number of known steps.
#[inline(always)]
fn begin(y: &[f32], work: &mut Work) -> usize {
    let n = y.len();
    for buffer in [
        &mut work.log_y,
        &mut work.used,
        &mut work.eta,
        &mut work.counting,
        &mut work.residual,
        &mut work.weight,
    ] {
        buffer.clear();
        buffer.resize(n.next_multiple_of(LANES), 0.0);
    }
    let (log_y, used) = (&mut work.log_y[..n], &mut work.used[..n]);
    let (sums, seen) = (&mut work.residual[..n], &mut work.weight[..n]);
    let (mut total, mut known) = (0.0_f64, 0.0_f32);
    for t in 0..n {
        let finite = y[t].is_finite();
        log_y[t] = if finite { y[t].max(0.0) } else { 0.0 };
        used[t] = if finite { 1.0 } else { 0.0 };
    }
    for t in 0..n {
        total += f64::from(log_y[t]);
        known += used[t];
        sums[t] = total as f32;
        seen[t] = known;
    }
    let overall = total as f32 / f32::max(known, 1.0);
    let eta = &mut work.eta[..n];
    for t in 0..n {
        let last = (t + GUESS_REACH).min(n - 1);
        let (mut sum, mut count) = (sums[last], seen[last]);
        if t > GUESS_REACH {
            sum -= sums[t - GUESS_REACH - 1];
            count -= seen[t - GUESS_REACH - 1];
        }
        let mean = if count > 0.0 { sum / count } else { overall };
        // Sums of large counts may leave a rounding error where nothing happened.
        eta[t] = mean.max(0.0) + 0.05;
    }
    for t in 0..n {
        log_y[t] = lanes::ln(log_y[t] + 0.5);
        eta[t] = lanes::ln(eta[t]);
    }
    linearise(work);
    known as usize
}

/// Counting variance and residual of every step around the present expectation.
#[inline(always)]
fn linearise(work: &mut Work) {
    let n = work.eta.len();
    let (eta, log_y, used) = (&work.eta[..n], &work.log_y[..n], &work.used[..n]);
    let (counting, residual) = (&mut work.counting[..n], &mut work.residual[..n]);
    for t in 0..n {
        let floor = lanes::exp(eta[t]) + 0.5;
        counting[t] = 1.0 / floor;
        residual[t] = used[t] * (log_y[t] - lanes::ln(floor));
    }
}

/// Coefficients of a weighted ridge regression of the working response.
#[inline(always)]
fn regress(
    rows: &[[f64; COLUMNS]],
    prior: &[f64; COLUMNS],
    work: &mut Work,
    variance: f32,
) -> [f64; COLUMNS] {
    let n = work.eta.len();
    let (used, counting, residual) = (&work.used[..n], &work.counting[..n], &work.residual[..n]);
    let (weight, eta) = (&mut work.weight[..n], &mut work.eta[..n]);
    for t in 0..n {
        let own = counting[t] + variance;
        let square = residual[t] * residual[t] / own;
        weight[t] = used[t] * DEFLATION * (5.0 / (4.0 + square)).min(1.0) / own;
        eta[t] += residual[t];
    }
    let mut gram = [[0.0; COLUMNS]; COLUMNS];
    products::<0, 0>(rows, weight, &mut gram);
    products::<TILE, 0>(rows, weight, &mut gram);
    products::<TILE, TILE>(rows, weight, &mut gram);
    let right = products_with(rows, weight, eta);
    for k in 0..COLUMNS {
        gram[k][k] += prior[k];
    }
    solve(&mut gram, right)
}

/// Weighted products of `TILE` columns from `I` on with those from `J` on.
#[inline(always)]
fn products<const I: usize, const J: usize>(
    rows: &[[f64; COLUMNS]],
    weight: &[f32],
    gram: &mut [[f64; COLUMNS]; COLUMNS],
) {
    let mut tile = [[0.0; TILE]; TILE];
    for (row, &w) in rows.iter().zip(weight) {
        let mut right = [0.0; TILE];
        for b in 0..TILE {
            right[b] = f64::from(w) * row[J + b];
        }
        for a in 0..TILE {
            for b in 0..TILE {
                tile[a][b] = row[I + a].mul_add(right[b], tile[a][b]);
            }
        }
    }
    for a in 0..TILE {
        gram[I + a][J..J + TILE].copy_from_slice(&tile[a]);
    }
}

/// Weighted products of all columns with the working response; rows take turns in four sums, which
/// hides the time that one addition waits for the last.
#[inline(always)]
fn products_with(rows: &[[f64; COLUMNS]], weight: &[f32], response: &[f32]) -> [f64; COLUMNS] {
    const TURNS: usize = 4;
    let mut sums = [[0.0; COLUMNS]; TURNS];
    // The padding makes the number of rows a multiple of the turns.
    let rows = rows.as_chunks::<TURNS>().0;
    let (weight, response) = (
        weight.as_chunks::<TURNS>().0,
        response.as_chunks::<TURNS>().0,
    );
    for ((row, w), y) in rows.iter().zip(weight).zip(response) {
        for a in 0..TURNS {
            let weighted = f64::from(w[a]) * f64::from(y[a]);
            for k in 0..COLUMNS {
                sums[a][k] = row[a][k].mul_add(weighted, sums[a][k]);
            }
        }
    }
    std::array::from_fn(|k| (sums[0][k] + sums[2][k]) + (sums[1][k] + sums[3][k]))
}

/// Log expectation by the coefficients, and what is left.
#[inline(always)]
fn predict(columns: &[f32], coefficients: &[f64; COLUMNS], work: &mut Work) {
    let n = work.eta.len();
    let eta = &mut work.eta[..n];
    eta.fill(0.0);
    for (k, &coefficient) in coefficients.iter().enumerate() {
        let column = &columns[k * n..(k + 1) * n];
        let coefficient = coefficient as f32;
        for t in 0..n {
            eta[t] = column[t].mul_add(coefficient, eta[t]);
        }
    }
    for t in 0..n {
        eta[t] = eta[t].clamp(LOG_RANGE.0 as f32, LOG_RANGE.1 as f32);
    }
    linearise(work);
}

/// The variance that, added to the counting variance, makes the median standardised residual that of a
/// normal law; the least considered where counting noise alone explains the residuals. Residuals of
/// steps that are not known are 0, and `known` counts the others.
#[inline(always)]
pub(crate) fn own_variance(residual: &[f32], counting: &[f32], known: usize) -> f32 {
    // The lower median exceeds a bound when more than half of the values do.
    let middle = known - known.saturating_sub(1) / 2;
    let (mut low, mut high) = VARIANCE_RANGE;
    if known == 0 || beyond(residual, counting, low) < middle {
        return low;
    }
    // Halving the interval of the logarithm 12 times leaves 0.3 % of the standard deviation.
    for _ in 0..12 {
        let variance = (low * high).sqrt();
        if beyond(residual, counting, variance) < middle {
            high = variance;
        } else {
            low = variance;
        }
    }
    (low * high).sqrt()
}

/// Number of residuals beyond the median of a normal law with this variance beside the counting one.
#[inline(always)]
fn beyond(residual: &[f32], counting: &[f32], variance: f32) -> usize {
    let n = residual.len();
    let counting = &counting[..n];
    let mut count = 0_u32;
    for t in 0..n {
        let bound = MEDIAN_SQUARE * (counting[t] + variance);
        count = count.wrapping_add(u32::from(residual[t] * residual[t] > bound));
    }
    count as usize
}
