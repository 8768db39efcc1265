//! What the outside of a window predicts inside it, and how far the window is from that.

use super::design::COLUMNS;
use super::fit::Fit;
use super::level::meet;

/// Blocks into which a long window is cut: the level is taken as constant inside a block.
const BLOCKS: usize = 6;

/// Windows below this |Z| say nothing and are not worked out.
const LEAST_Z: f64 = 0.8;

/// A step is silent with at most this share of the series' mean; a series with this share of silent
/// steps is intermittent.
const SILENT: f64 = 0.02;
const INTERMITTENT: f64 = 0.2;

/// One window held against what its outside predicts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verdict {
    /// Signed standard score of the log ratio of observed to predicted.
    pub z: f64,
    /// Sum of the observed values, negative corrections included.
    pub observed: f64,
    /// Sum predicted for the observed steps.
    pub expected: f64,
}

/// A fit with the running sums that make every window cheap.
#[derive(Debug)]
pub struct Bridge<'a> {
    fit: &'a Fit,
    seen: Vec<u32>,
    observed: Vec<f64>,
    stiff: Vec<f64>,
    stiff_square: Vec<f64>,
    /// Whether silence is a habit here, so that a silent window is no sign of a purge.
    intermittent: bool,
    /// Decay of the level over half steps: block centres may lie between two steps.
    decay: Vec<f64>,
}

impl<'a> Bridge<'a> {
    /// Prepares windows of up to `longest` steps over `y` (NaN = missing, negatives kept).
    pub fn new(fit: &'a Fit, y: &[f64], longest: usize) -> Self {
        let n = y.len();
        let mut seen = vec![0; n + 1];
        let (mut observed, mut stiff, mut stiff_square) =
            (vec![0.0; n + 1], vec![0.0; n + 1], vec![0.0; n + 1]);
        for t in 0..n {
            let present = y[t].is_finite();
            let mu = if present { fit.stiff[t] } else { 0.0 };
            seen[t + 1] = seen[t] + u32::from(present);
            observed[t + 1] = observed[t] + if present { y[t] } else { 0.0 };
            stiff[t + 1] = stiff[t] + mu;
            stiff_square[t + 1] = stiff_square[t] + mu * mu;
        }
        let floor = SILENT * observed[n] / f64::from(seen[n]).max(1.0);
        let silent = y
            .iter()
            .filter(|&&v| v >= 0.0 && v <= floor.max(0.0))
            .count();
        let intermittent = silent as f64 >= INTERMITTENT * f64::from(seen[n]);
        let half = libm::exp(-0.5 / fit.law.memory);
        let mut decay = vec![1.0; 2 * longest.max(1)];
        for k in 1..decay.len() {
            decay[k] = decay[k - 1] * half;
        }
        Self {
            fit,
            seen,
            observed,
            stiff,
            stiff_square,
            intermittent,
            decay,
        }
    }

    /// Observed steps of `[start, end)`.
    pub fn n_seen(&self, start: usize, end: usize) -> usize {
        (self.seen[end] - self.seen[start]) as usize
    }

    /// Observed sum and sum of the stiff expectation over the observed steps of `[start, end)`.
    pub fn sums(&self, start: usize, end: usize) -> (f64, f64) {
        (
            self.observed[end] - self.observed[start],
            self.stiff[end] - self.stiff[start],
        )
    }

    /// Variance of the log of the observed sum around the stiff expectation over `[start, end)`.
    pub fn stiff_variance(&self, start: usize, end: usize) -> f64 {
        let mu = self.stiff[end] - self.stiff[start];
        let square = self.stiff_square[end] - self.stiff_square[start];
        let law = &self.fit.law;
        1.0 / (mu + 0.5)
            + law.noise * square / (mu * mu).max(1e-12)
            + law.variance * law.pooling((end - start) as f64)
    }

    /// Rough variance of the log of the stiff part from having been estimated: each coefficient of the
    /// cycle costs one step of noise, and the mean of a slow level is known over few time constants.
    pub fn estimation_variance(&self) -> f64 {
        let seen = f64::from(self.seen[self.seen.len() - 1]).max(1.0);
        let law = &self.fit.law;
        (COLUMNS as f64 * law.noise + 2.0 * law.memory * law.variance) / seen
    }

    /// Judges `[start, end)`; `pooling` is [`super::level::LevelLaw::pooling`] of its length.
    /// `None` where fewer than half of its steps were observed, where less than `least` actions are too
    /// many or too few, and where |Z| is plainly below [`LEAST_Z`].
    pub fn judge(&self, start: usize, end: usize, pooling: f64, least: f64) -> Option<Verdict> {
        let length = end - start;
        if 2 * self.n_seen(start, end) < length || 2 * length > self.decay.len() {
            return None;
        }
        let law = &self.fit.law;
        let sides = &self.fit.sides;
        let before = sides.mean_before[start];
        let known_before = 1.0 - sides.variance_before[start] / law.variance;
        let after = sides.mean_after[end - 1];
        let known_after = 1.0 - sides.variance_after[end - 1] / law.variance;
        let (mut expected, mut square, mut level_variance) = (0.0, 0.0, 0.0);
        let blocks = length.min(BLOCKS);
        let mut from = start;
        for b in 1..=blocks {
            let to = start + length * b / blocks;
            let forward = self.decay[from + to - 1 - 2 * start];
            let backward = self.decay[2 * end - 1 - from - to];
            let (level, variance) = meet(
                (before * forward, known_before * forward * forward),
                (after * backward, known_after * backward * backward),
                law.variance,
            );
            let lift = libm::exp(level);
            expected += lift * (self.stiff[to] - self.stiff[from]);
            square += lift * lift * (self.stiff_square[to] - self.stiff_square[from]);
            level_variance += variance * (to - from) as f64;
            from = to;
        }
        level_variance /= length as f64;
        let observed = self.observed[end] - self.observed[start];
        let habit = self.intermittent && observed >= 0.0 && observed < expected;
        if habit || (observed - expected).abs() < least {
            return None;
        }
        // Counting noise between the observed and the predicted count, nearer to the observed one:
        // this makes the score of a Poisson count equal its signed root deviance within 3 %, where
        // 1/predicted alone calls every third quiet stretch a purge.
        let counting = (2.0 * observed.max(0.0) + expected) / 3.0 + 0.5;
        let variance = 1.0 / counting
            + law.noise * square / (expected * expected).max(1e-12)
            + level_variance * pooling;
        let mut ratio = (observed.max(0.0) + 0.5) / (expected + 0.5);
        if observed < 0.0 {
            // A sum below zero is further away than an empty window: mirrored on the scale of the
            // expectation, so that corrections of a few actions on a large count weigh nothing.
            ratio /= 1.0 - observed / (expected + 0.5);
        }
        // Near 1 a logarithm is 2 (r - 1)/(r + 1); most windows end here, without log and root.
        let rough = 2.0 * (ratio - 1.0) / (ratio + 1.0);
        if rough * rough < LEAST_Z * LEAST_Z * variance && rough.abs() < 0.5 {
            return None;
        }
        Some(Verdict {
            z: libm::log(ratio) / variance.sqrt(),
            observed,
            expected,
        })
    }
}
