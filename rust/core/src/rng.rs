//! Random streams keyed by (seed, index, purpose), and draws whose bits do not depend on the machine.
//!
//! Every account has its own stream for every purpose, so neither order, neighbours nor threads
//! change an account, and a new purpose never shifts an old stream. The generator is
//! xoshiro256++ (Blackman & Vigna 2021, doi:10.1145/3460772), seeded through splitmix64. Logarithm,
//! exponential and trigonometry come from `libm`, not from the platform, so that the same seed gives
//! the same bytes everywhere.

/// One random stream.
#[derive(Debug, Clone)]
pub struct Stream {
    state: [u64; 4],
}

fn splitmix64(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// One number from three. Each passes through the mixer before the next is added, so that
/// neighbouring keys share no structure.
pub(crate) fn mixed(seed: u64, index: u64, purpose: u64) -> u64 {
    let mut key = seed;
    key = splitmix64(&mut key) ^ index;
    splitmix64(&mut key) ^ purpose.wrapping_mul(0xd134_2543_de82_ef95)
}

impl Stream {
    /// The stream of `purpose` for item `index` under `seed`. `purpose` is any fixed number; each
    /// module keeps its own list of them.
    #[must_use]
    pub fn new(seed: u64, index: u64, purpose: u64) -> Self {
        let mut key = mixed(seed, index, purpose);
        let state = std::array::from_fn(|_| splitmix64(&mut key));
        Self { state }
    }

    /// 64 uniform bits.
    pub fn bits(&mut self) -> u64 {
        let s = &mut self.state;
        let result = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        result
    }

    /// Uniform on the open interval (0, 1), 53 bits; never 0, so its logarithm is finite.
    pub fn uniform(&mut self) -> f64 {
        ((self.bits() >> 11) as f64 + 0.5) * (1.0 / 9_007_199_254_740_992.0)
    }
}

const HALF_LN_TAU: f64 = 0.918_938_533_204_672_7;

/// `ln k!`, exact enough for acceptance tests: a table below 10, Stirling's series above.
fn ln_factorial(k: f64) -> f64 {
    const SMALL: [f64; 10] = [
        0.0,
        0.0,
        std::f64::consts::LN_2,
        1.791_759_469_228_055,
        3.178_053_830_347_946,
        4.787_491_742_782_046,
        6.579_251_212_010_101,
        8.525_161_361_065_415,
        10.604_602_902_745_25,
        12.801_827_480_081_469,
    ];
    if k < 10.0 {
        return SMALL[k as usize];
    }
    let inverse = 1.0 / (k + 1.0);
    let square = inverse * inverse;
    (k + 0.5) * libm::log(k + 1.0) - (k + 1.0)
        + HALF_LN_TAU
        + inverse * (1.0 / 12.0 - square * (1.0 / 360.0 - square / 1260.0))
}

/// `1 / (k (k - 1))` and `1 / (k (k + 1))` for k = 16, 14, ... 2: the ratios of neighbouring terms of
/// the series of cosine and of sine over its argument.
const TAYLOR: [[f64; 2]; 8] = {
    let mut out = [[0.0; 2]; 8];
    let mut i = 0;
    while i < 8 {
        let k = 16.0 - 2.0 * i as f64;
        out[i] = [1.0 / (k * (k - 1.0)), 1.0 / (k * (k + 1.0))];
        i += 1;
    }
    out
};

/// Cosine of `u` turns, `u` from 0 to 1, by Taylor's series within an eighth of a turn of a quarter:
/// a third of the time of a library's, which must be ready for any argument.
fn cos_turn(u: f64) -> f64 {
    let quarter = (4.0 * u).round();
    let y = std::f64::consts::TAU * (u - 0.25 * quarter);
    let z = y * y;
    let (mut cos, mut sin) = (1.0, 1.0);
    for [even, odd] in TAYLOR {
        cos = 1.0 - cos * z * even;
        sin = 1.0 - sin * z * odd;
    }
    match quarter as u8 {
        1 => -y * sin,
        2 => -cos,
        3 => y * sin,
        _ => cos,
    }
}

/// Means below this are drawn by inversion, above it by rejection.
const INVERSION_LIMIT: f64 = 10.0;

impl Stream {
    /// Uniform on `[low, high)`.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// Uniform integer in `0..n` (multiply-shift); 0 when `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.bits()) * n as u128) >> 64) as usize
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.uniform() < p
    }

    /// Standard normal (Box & Muller 1958); one of the pair is dropped to keep the stream stateless.
    pub fn normal(&mut self) -> f64 {
        let radius = libm::sqrt(-2.0 * libm::log(self.uniform()));
        radius * cos_turn(self.uniform())
    }

    /// Log-normal with the given median and standard deviation of the logarithm.
    pub fn log_normal(&mut self, median: f64, log_sd: f64) -> f64 {
        median * libm::exp(log_sd * self.normal())
    }

    /// Exponential with the given mean.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * libm::log(self.uniform())
    }

    /// Gamma with the given shape and scale 1 (Marsaglia & Tsang 2000, doi:10.1145/358407.358414).
    pub fn gamma(&mut self, shape: f64) -> f64 {
        if shape <= 0.0 {
            return 0.0;
        }
        if shape < 1.0 {
            let boost = libm::pow(self.uniform(), 1.0 / shape);
            return self.gamma(shape + 1.0) * boost;
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / libm::sqrt(9.0 * d);
        loop {
            let x = self.normal();
            let cube = 1.0 + c * x;
            if cube <= 0.0 {
                continue;
            }
            let v = cube * cube * cube;
            if libm::log(self.uniform()) < 0.5 * x * x + d - d * v + d * libm::log(v) {
                return d * v;
            }
        }
    }

    /// Poisson count with the given mean: inversion below 10, transformed rejection above
    /// (Hörmann 1993, doi:10.1016/0167-6687(93)90997-4). A mean that is not positive gives 0.
    pub fn poisson(&mut self, mean: f64) -> f64 {
        if mean.is_nan() || mean <= 0.0 {
            return 0.0;
        }
        if mean < INVERSION_LIMIT {
            let mut term = libm::exp(-mean);
            let mut u = self.uniform();
            let mut k = 0.0;
            while u > term && k < 1000.0 {
                u -= term;
                k += 1.0;
                term *= mean / k;
            }
            return k;
        }
        let b = 0.931 + 2.53 * libm::sqrt(mean);
        let a = -0.059 + 0.02483 * b;
        let inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
        let v_r = 0.9277 - 3.6224 / (b - 2.0);
        let ln_mean = libm::log(mean);
        loop {
            let u = self.uniform() - 0.5;
            let v = self.uniform();
            let us = 0.5 - u.abs();
            let k = ((2.0 * a / us + b) * u + mean + 0.43).floor();
            if us >= 0.07 && v <= v_r {
                return k;
            }
            if k < 0.0 || (us < 0.013 && v > us) {
                continue;
            }
            let left = libm::log(v * inverse_alpha / (a / (us * us) + b));
            if left <= k * ln_mean - mean - ln_factorial(k) {
                return k;
            }
        }
    }

    /// Negative-binomial count: Poisson around `mean` times a gamma of mean 1 and the given shape.
    /// An infinite shape is Poisson.
    pub fn negative_binomial(&mut self, mean: f64, shape: f64) -> f64 {
        if shape.is_infinite() {
            return self.poisson(mean);
        }
        let mixed = mean * self.gamma(shape) / shape;
        self.poisson(mixed)
    }

    /// Binomial count of `n` trials with probability `p`: inversion where `n p` is small,
    /// transformed rejection otherwise (Hörmann 1993, doi:10.1080/00949659308811496).
    /// `n` is truncated to a whole number and `p` clamped to 0–1; NaN gives 0.
    pub fn binomial(&mut self, n: f64, p: f64) -> f64 {
        let n = n.floor();
        if n.is_nan() || p.is_nan() || n <= 0.0 || p <= 0.0 {
            return 0.0;
        }
        if p >= 1.0 {
            return n;
        }
        if p > 0.5 {
            return n - self.binomial(n, 1.0 - p);
        }
        let mean = n * p;
        let odds = p / (1.0 - p);
        if mean < INVERSION_LIMIT {
            let mut term = libm::exp(n * libm::log1p(-p));
            let mut u = self.uniform();
            let mut k = 0.0;
            while u > term && k < n {
                u -= term;
                term *= odds * (n - k) / (k + 1.0);
                k += 1.0;
            }
            return k;
        }
        let sd = libm::sqrt(mean * (1.0 - p));
        let b = 1.15 + 2.53 * sd;
        let a = -0.0873 + 0.0248 * b + 0.01 * p;
        let center = mean + 0.5;
        let v_r = 0.92 - 4.2 / b;
        let alpha = (2.83 + 5.1 / b) * sd;
        let ln_odds = libm::log(odds);
        let mode = ((n + 1.0) * p).floor();
        let at_mode = ln_factorial(mode) + ln_factorial(n - mode);
        loop {
            let u = self.uniform() - 0.5;
            let v = self.uniform();
            let us = 0.5 - u.abs();
            let k = ((2.0 * a / us + b) * u + center).floor();
            if k < 0.0 || k > n {
                continue;
            }
            if us >= 0.07 && v <= v_r {
                return k;
            }
            let left = libm::log(v * alpha / (a / (us * us) + b));
            let right = at_mode - ln_factorial(k) - ln_factorial(n - k) + (k - mode) * ln_odds;
            if left <= right {
                return k;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(n: usize, mut draw: impl FnMut(&mut Stream) -> f64) -> (f64, f64) {
        let mut stream = Stream::new(11, 5, 3);
        let values: Vec<f64> = (0..n).map(|_| draw(&mut stream)).collect();
        let mean = values.iter().sum::<f64>() / n as f64;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n as f64;
        (mean, variance)
    }

    /// Mean within five standard errors, variance within a twentieth.
    fn check(name: &str, got: (f64, f64), mean: f64, variance: f64, n: usize) {
        let tolerance = 5.0 * (variance / n as f64).sqrt() + 1e-12;
        assert!(
            (got.0 - mean).abs() < tolerance,
            "{name}: mean {} not {mean}",
            got.0
        );
        assert!(
            (got.1 - variance).abs() < 0.05 * variance + 1e-12,
            "{name}: variance {} not {variance}",
            got.1
        );
    }

    #[test]
    fn draws_have_the_moments_of_their_laws() {
        let n = 100_000;
        check("uniform", moments(n, Stream::uniform), 0.5, 1.0 / 12.0, n);
        check("normal", moments(n, Stream::normal), 0.0, 1.0, n);
        for shape in [0.3, 1.0, 7.5] {
            check("gamma", moments(n, |s| s.gamma(shape)), shape, shape, n);
        }
        for mean in [0.05, 3.0, 9.99, 10.0, 47.0, 5e5] {
            check("poisson", moments(n, |s| s.poisson(mean)), mean, mean, n);
        }
        for (trials, p) in [
            (5.0, 0.2),
            (1000.0, 0.002),
            (100.0, 0.3),
            (100.0, 0.9),
            (1e6, 0.05),
        ] {
            let (mean, variance) = (trials * p, trials * p * (1.0 - p));
            check(
                "binomial",
                moments(n, |s| s.binomial(trials, p)),
                mean,
                variance,
                n,
            );
        }
        check(
            "negative binomial",
            moments(n, |s| s.negative_binomial(20.0, 5.0)),
            20.0,
            100.0,
            n,
        );
    }

    #[test]
    fn the_cosine_of_a_turn_is_exact() {
        for i in 0..=10_000 {
            let u = f64::from(i) / 10_000.0;
            let want = (u * std::f64::consts::TAU).cos();
            assert!((cos_turn(u) - want).abs() < 1e-14, "{u}");
        }
    }

    #[test]
    fn streams_differ_by_every_key_and_repeat_by_the_same() {
        let first = |seed, index, purpose| Stream::new(seed, index, purpose).bits();
        let base = first(1, 2, 3);
        assert_eq!(base, first(1, 2, 3));
        for other in [
            first(2, 2, 3),
            first(1, 3, 3),
            first(1, 2, 4),
            first(2, 1, 3),
            first(3, 2, 1),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn hopeless_parameters_give_zero_not_a_loop() {
        let mut s = Stream::new(0, 0, 0);
        assert_eq!(s.poisson(f64::NAN), 0.0);
        assert_eq!(s.poisson(-1.0), 0.0);
        assert_eq!(s.binomial(f64::NAN, 0.5), 0.0);
        assert_eq!(s.binomial(10.0, f64::NAN), 0.0);
        assert_eq!(s.gamma(0.0), 0.0);
        assert_eq!(s.below(0), 0);
    }
}
