//! Robust fit of one metric: stiff part by ridge regression, level by filters, Student weights.
//!
//! The model is `y ~ NB(mu, 1/noise)` with `log mu = x'b + a`. Each round linearises it: working
//! response `eta + log((y + 0.5)/(mu + 0.5))` with variance `1/(mu + 0.5) + noise`.

use super::design::{COLUMNS, Design, ridge};
use super::level::{LevelLaw, Sides, search};

/// Rounds of a fit from scratch, and of one that starts from another fit.
const ROUNDS: usize = 5;
const ROUNDS_WARM: usize = 3;
/// The law of the level is searched in this many first rounds; later ones only settle.
const SEARCHES: usize = 2;
const SEARCHES_WARM: usize = 1;
/// Log expectations stay in this range, so that no count of any size makes an infinity.
pub(super) const LOG_RANGE: (f64, f64) = (-8.0, 40.0);
/// An autocorrelated level carries fewer independent residuals; their number shrinks by at most this.
const MAX_DEFLATION: f64 = 12.0;
/// Steps on both sides in the first guess of the level.
const GUESS_REACH: usize = 4;

/// A fitted expectation of one metric.
#[derive(Debug, Clone)]
pub struct Fit {
    /// Coefficients of the design.
    pub coefficients: [f64; COLUMNS],
    /// Log expectation of trend and cycles alone.
    pub stiff_log: Vec<f64>,
    /// The same as a count.
    pub stiff: Vec<f64>,
    /// Level of each step from all steps that were used.
    pub level: Vec<f64>,
    /// Variance of the level at each step from the *other* steps.
    pub level_variance: Vec<f64>,
    /// Law of level and noise.
    pub law: LevelLaw,
    /// Views of the level from both sides.
    pub sides: Sides,
    /// Robustness weight of each step; 0 where it was not used.
    pub weight: Vec<f64>,
}

impl Fit {
    /// Variance of the log residual around the stiff part at a step: counting, noise and level.
    pub fn stiff_variance(&self, t: usize) -> f64 {
        1.0 / (self.stiff[t] + 0.5) + self.law.noise + self.law.variance
    }
}

/// Mean of the used values around each step, the global mean where there are none.
fn first_guess(y: &[f64], used: &[bool]) -> Vec<f64> {
    let n = y.len();
    let (mut sums, mut counts) = (vec![0.0; n + 1], vec![0.0; n + 1]);
    for t in 0..n {
        sums[t + 1] = sums[t] + if used[t] { y[t] } else { 0.0 };
        counts[t + 1] = counts[t] + f64::from(u8::from(used[t]));
    }
    let overall = sums[n] / counts[n].max(1.0);
    (0..n)
        .map(|t| {
            let (from, to) = (t.saturating_sub(GUESS_REACH), (t + GUESS_REACH + 1).min(n));
            let count = counts[to] - counts[from];
            if count > 0.0 {
                (sums[to] - sums[from]) / count
            } else {
                overall
            }
        })
        .collect()
}

/// Fits one metric. `y` is clipped at 0 by the caller; steps that are not `used` do not count.
pub fn fit(y: &[f64], used: &[bool], design: &Design, from: Option<&Fit>) -> Fit {
    let n = y.len();
    let mut law = from.map_or(LevelLaw::PRIOR, |f| f.law);
    let log_y: Vec<f64> = (0..n)
        .map(|t| if used[t] { libm::log(y[t] + 0.5) } else { 0.0 })
        .collect();
    let mut eta: Vec<f64> = match from {
        Some(f) => f
            .stiff_log
            .iter()
            .zip(&f.level)
            .map(|(s, a)| s + a)
            .collect(),
        None => first_guess(y, used)
            .iter()
            .map(|m| libm::log(m + 0.05))
            .collect(),
    };
    let mut weight: Vec<f64> = used.iter().map(|&u| f64::from(u8::from(u))).collect();
    let mut counting = vec![0.0; n];
    let mut working = vec![0.0; n];
    let mut scratch = vec![0.0; n];
    let mut stiff_log = vec![0.0; n];
    let mut level = vec![0.0; n];
    let mut level_variance = vec![0.0; n];
    let mut sides = Sides::default();
    let mut coefficients = [0.0; COLUMNS];
    let (rounds, searches) = match from {
        Some(_) => (ROUNDS_WARM, SEARCHES_WARM),
        None => (ROUNDS, SEARCHES),
    };
    for round in 0..rounds {
        let deflation = 1.0 / (1.0 / (1.0 - law.decay())).min(MAX_DEFLATION);
        for t in 0..n {
            let mu = libm::exp(eta[t]);
            counting[t] = 1.0 / (mu + 0.5);
            working[t] = eta[t] + log_y[t] - libm::log(mu + 0.5);
            scratch[t] = deflation * weight[t] / (counting[t] + law.noise + law.variance);
        }
        coefficients = ridge(design, &working, &scratch);
        for (t, row) in design.rows.iter().enumerate() {
            let mut sum = 0.0;
            for k in 0..COLUMNS {
                sum += row[k] * coefficients[k];
            }
            stiff_log[t] = sum.clamp(LOG_RANGE.0, LOG_RANGE.1);
            working[t] -= stiff_log[t];
        }
        if round < searches {
            law = search(&working, &counting, &weight, law);
        }
        for t in 0..n {
            let variance = (counting[t] + law.noise) / weight[t];
            scratch[t] = if used[t] { variance } else { f64::INFINITY };
        }
        sides.run(&working, &scratch, &law);
        for t in 0..n {
            let (mean, variance) = sides.without(t, &law);
            level_variance[t] = variance;
            level[t] = mean;
            if used[t] {
                let own = counting[t] + law.noise;
                let miss = working[t] - mean;
                let square = miss * miss / (own + variance);
                weight[t] = (5.0 / (4.0 + square)).min(1.0);
                level[t] += variance / (variance + own / weight[t]) * miss;
            }
            eta[t] = (stiff_log[t] + level[t]).clamp(LOG_RANGE.0, LOG_RANGE.1);
        }
    }
    let stiff = stiff_log.iter().map(|&s| libm::exp(s)).collect();
    Fit {
        coefficients,
        stiff_log,
        stiff,
        level,
        level_variance,
        law,
        sides,
        weight,
    }
}
