//! The mean-reverting level around the stiff part: its law, and what each side of a step says.
//!
//! The level is a stationary Ornstein–Uhlenbeck process seen through noise. A filter from the left
//! and one from the right meet at any step or window, so that a window can be judged by what lies
//! outside it.

/// Stationary variances of the level that are tried.
const VARIANCES: [f64; 6] = [0.003, 0.012, 0.05, 0.2, 0.7, 2.0];
/// Time constants that are tried, in steps.
const MEMORIES: [f64; 3] = [3.0, 12.0, 48.0];
/// Noise variances beyond counting that are tried.
const NOISES: [f64; 6] = [0.002, 0.008, 0.03, 0.1, 0.3, 1.0];
/// Centres of the log-normal priors of variance, memory and noise, and their common log sd.
const CENTRES: (f64, f64, f64) = (0.08, 14.0, 0.02);
const LOG_SD: f64 = 1.2;
/// Steps after which the exponent of the running likelihood product is set aside; with [`MAX_SQUARE`]
/// it cannot overflow in between. One logarithm at the end costs a tenth of one every few steps.
const CHUNK: usize = 8;
/// Squared scale of a Student variable (4 degrees of freedom) that fits normal data of variance 1 best:
/// without it the fitted variances are a third too small and every band too narrow.
const STUDENT_SCALE: f64 = 0.69;
/// Largest scaled square of one innovation that the likelihood distinguishes.
const MAX_SQUARE: f64 = 1e6;

const LANES: usize = VARIANCES.len();

/// Law of the level and of the noise around it, on the log scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LevelLaw {
    /// Stationary variance of the level.
    pub variance: f64,
    /// Time constant of the level in steps.
    pub memory: f64,
    /// Variance of independent noise beyond counting noise.
    pub noise: f64,
}

impl LevelLaw {
    /// The law before any data were seen.
    pub const PRIOR: Self = Self {
        variance: 0.05,
        memory: 12.0,
        noise: 0.03,
    };

    /// Correlation of the level between neighbouring steps.
    pub fn decay(&self) -> f64 {
        libm::exp(-1.0 / self.memory)
    }

    /// Variance of the mean level over `length` steps as a share of its variance at one step:
    /// `2/x (1 - (1 - exp(-x))/x)` with `x = length / memory`.
    pub fn pooling(&self, length: f64) -> f64 {
        let x = length / self.memory;
        if x < 1e-3 {
            return 1.0;
        }
        2.0 / x * (1.0 - (1.0 - libm::exp(-x)) / x)
    }
}

/// What the steps before and those after each step say about the level there.
#[derive(Debug, Clone, Default)]
pub struct Sides {
    /// Mean of the level at a step given all earlier ones.
    pub mean_before: Vec<f64>,
    /// Variance of the level at a step given all earlier ones.
    pub variance_before: Vec<f64>,
    /// Mean of the level at a step given all later ones.
    pub mean_after: Vec<f64>,
    /// Variance of the level at a step given all later ones.
    pub variance_after: Vec<f64>,
}

impl Sides {
    /// Both filters over residuals with the given observation variances (infinite = missing).
    pub(super) fn run(&mut self, residual: &[f64], variance: &[f64], law: &LevelLaw) {
        let n = residual.len();
        for side in [
            &mut self.mean_before,
            &mut self.variance_before,
            &mut self.mean_after,
            &mut self.variance_after,
        ] {
            side.clear();
            side.resize(n, 0.0);
        }
        let phi = law.decay();
        let (keep, fresh) = (phi * phi, law.variance * (1.0 - phi * phi));
        let (mut m, mut p) = (0.0, law.variance);
        // The two directions are independent chains: side by side they hide each other's latency.
        let (mut m_back, mut p_back) = (0.0, law.variance);
        for t in 0..n {
            self.mean_before[t] = m;
            self.variance_before[t] = p;
            if variance[t].is_finite() {
                let gain = p / (p + variance[t]);
                m += gain * (residual[t] - m);
                p -= gain * p;
            }
            m *= phi;
            p = keep * p + fresh;

            let s = n - 1 - t;
            self.mean_after[s] = m_back;
            self.variance_after[s] = p_back;
            if variance[s].is_finite() {
                let gain = p_back / (p_back + variance[s]);
                m_back += gain * (residual[s] - m_back);
                p_back -= gain * p_back;
            }
            m_back *= phi;
            p_back = keep * p_back + fresh;
        }
    }

    /// Mean and variance of the level at step `t` from all other steps.
    pub(super) fn without(&self, t: usize, law: &LevelLaw) -> (f64, f64) {
        let known_before = 1.0 - self.variance_before[t] / law.variance;
        let known_after = 1.0 - self.variance_after[t] / law.variance;
        meet(
            (self.mean_before[t], known_before),
            (self.mean_after[t], known_after),
            law.variance,
        )
    }
}

/// Joins two independent views of the level, each a mean and the share of the level's variance
/// that it explains: with shares `a` and `b`, the variance left is `S (1-a)(1-b)/(1-ab)`.
pub(super) fn meet(before: (f64, f64), after: (f64, f64), variance: f64) -> (f64, f64) {
    let (a, b) = (before.1, after.1);
    let inverse = 1.0 / (1.0 - a * b).max(1e-12);
    (
        (before.0 * (1.0 - b) + after.0 * (1.0 - a)) * inverse,
        variance * (1.0 - a) * (1.0 - b) * inverse,
    )
}

/// Log prior density of a law, up to a constant.
fn log_prior(law: &LevelLaw) -> f64 {
    let square = |value: f64, centre: f64| {
        let z = libm::log(value / centre) / LOG_SD;
        z * z
    };
    -0.5 * (square(law.variance, CENTRES.0)
        + square(law.memory, CENTRES.1)
        + square(law.noise, CENTRES.2))
}

/// Innovation log likelihood (Student, 4 degrees of freedom) of [`LANES`] laws side by side.
fn log_likelihood(
    residual: &[f64],
    counting: &[f64],
    weight: &[f64],
    memory: f64,
    variance: [f64; LANES],
    noise: [f64; LANES],
) -> [f64; LANES] {
    let phi = libm::exp(-1.0 / memory);
    let keep = phi * phi;
    let fresh = variance.map(|v| v * (1.0 - keep));
    let mut m = [0.0; LANES];
    let mut p = variance;
    let mut product = [1.0; LANES];
    let mut exponent = [0_i64; LANES];
    for (t, ((&r, &c), &w)) in residual.iter().zip(counting).zip(weight).enumerate() {
        if w > 0.0 {
            let inverse_weight = 1.0 / w;
            for k in 0..LANES {
                let own = c + noise[k];
                let v = r - m[k];
                let f = p[k] + own;
                let square = (0.25 / STUDENT_SCALE * v * v / f).min(MAX_SQUARE) + 1.0;
                let second = square * square;
                product[k] *= f * second * second * square;
                let gain = p[k] / (p[k] + own * inverse_weight);
                m[k] += gain * v;
                p[k] -= gain * p[k];
            }
        }
        for k in 0..LANES {
            m[k] *= phi;
            p[k] = keep * p[k] + fresh[k];
        }
        if t % CHUNK == CHUNK - 1 {
            for k in 0..LANES {
                (product[k], exponent[k]) = split(product[k], exponent[k]);
            }
        }
    }
    std::array::from_fn(|k| {
        -0.5 * (libm::log(product[k]) + exponent[k] as f64 * std::f64::consts::LN_2)
    })
}

/// Moves the binary exponent of a positive normal number to `exponent`; what is left is in [1, 2).
fn split(value: f64, exponent: i64) -> (f64, i64) {
    const MANTISSA: u64 = (1 << 52) - 1;
    const ONE: u64 = 1023 << 52;
    let bits = value.to_bits();
    (
        f64::from_bits((bits & MANTISSA) | ONE),
        exponent + (bits >> 52) as i64 - 1023,
    )
}

/// The best law on the grid: all variances and noises at the present memory, then the memories.
///
/// `residual` around the stiff part, `counting` noise variance and robustness `weight` of each
/// step; weight 0 marks a missing one.
pub(super) fn search(
    residual: &[f64],
    counting: &[f64],
    weight: &[f64],
    now: LevelLaw,
) -> LevelLaw {
    let mut best = now;
    let mut best_score = f64::NEG_INFINITY;
    let mut consider = |law: LevelLaw, log_likelihood: f64| {
        let score = log_likelihood + log_prior(&law);
        if score > best_score {
            best_score = score;
            best = law;
        }
        best
    };
    for noise in NOISES {
        let scores = log_likelihood(
            residual,
            counting,
            weight,
            now.memory,
            VARIANCES,
            [noise; LANES],
        );
        for (variance, score) in VARIANCES.into_iter().zip(scores) {
            consider(
                LevelLaw {
                    variance,
                    noise,
                    ..now
                },
                score,
            );
        }
    }
    let found = consider(now, f64::NEG_INFINITY);
    for memory in MEMORIES {
        if memory == now.memory {
            continue;
        }
        // A longer memory goes with another variance: the whole row is tried.
        let scores = log_likelihood(
            residual,
            counting,
            weight,
            memory,
            VARIANCES,
            [found.noise; LANES],
        );
        for (variance, score) in VARIANCES.into_iter().zip(scores) {
            consider(
                LevelLaw {
                    variance,
                    memory,
                    noise: found.noise,
                },
                score,
            );
        }
    }
    consider(now, f64::NEG_INFINITY)
}
