//! Whole series of random numbers.
//!
//! Counts are quantiles of one random word each: inversion where the mean is small, and above it the
//! Cornish–Fisher expansion of the quantile, to the order 1 / mean (for Poisson as in Giles 2016,
//! "Algorithm 955", doi:10.1145/2699466; for the binomial law from its cumulants, with Sheppard's
//! correction for whole numbers). The total variation from the exact laws stays below 2e-4 at every
//! parameter; the tests measure it.

use super::math::{exp, ln, ln_one_minus, normal_quantile, sin_cos_turn};
use super::philox::uniform;
use crate::rng::Stream;

/// Means below this are inverted step by step, above it by expansion.
pub(crate) const INVERSION_LIMIT: f32 = 12.0;
/// Steps after which an inversion ends: far beyond any quantile of a mean of 12.
const MOST_STEPS: usize = 64;
/// Values that are inverted side by side.
const BLOCK: usize = 16;

const RECIPROCALS: [f32; MOST_STEPS] = {
    let mut out = [1.0; MOST_STEPS];
    let mut k = 1;
    while k < MOST_STEPS {
        out[k] = 1.0 / (k as f32 + 1.0);
        k += 1;
    }
    out
};

/// Pairs of independent standard normals (Box & Muller 1958).
#[inline(always)]
pub(crate) fn normal_pairs(radius: &[u32], angle: &[u32], first: &mut [f32], second: &mut [f32]) {
    let words = radius.iter().zip(angle);
    for ((r, a), (x, y)) in words.zip(first.iter_mut().zip(second)) {
        let size = (-2.0 * ln(uniform(*r))).sqrt();
        let (sin, cos) = sin_cos_turn(uniform(*a));
        *x = size * cos;
        *y = size * sin;
    }
}

/// Normal quantiles of random words.
#[inline(always)]
pub(crate) fn quantile(words: &[u32], out: &mut [f32]) {
    for (word, z) in words.iter().zip(out) {
        *z = normal_quantile(*word);
    }
}

/// Smallest count whose distribution function reaches `u`, for a whole block: `term` holds the chance
/// of 0, and `step(k, lane)` the ratio of the chance of `k + 1` to that of `k`.
#[inline(always)]
fn invert(
    u: &[f32; BLOCK],
    mut term: [f32; BLOCK],
    step: impl Fn(usize, usize) -> f32,
) -> [f32; BLOCK] {
    let mut reached = term;
    let mut count = [0.0; BLOCK];
    for k in 0..MOST_STEPS {
        let mut open = 0;
        for lane in 0..BLOCK {
            let below = u[lane] > reached[lane];
            open |= u32::from(below);
            count[lane] += if below { 1.0 } else { 0.0 };
            term[lane] *= step(k, lane);
            reached[lane] += term[lane];
        }
        if open == 0 {
            break;
        }
    }
    count
}

/// A block of a longer slice, filled up with `rest` behind its end.
#[inline(always)]
fn block<T: Copy>(slice: &[T], rest: T) -> [T; BLOCK] {
    let mut out = [rest; BLOCK];
    if let Some(whole) = slice.first_chunk() {
        return *whole;
    }
    out[..slice.len()].copy_from_slice(slice);
    out
}

/// Poisson counts of the given means, one random word each; a mean that is not positive gives 0.
#[inline(always)]
pub(crate) fn poissons(means: &[f32], words: &[u32], out: &mut [f32]) {
    for ((mean, word), count) in means.iter().zip(words).zip(&mut *out) {
        let (z, mean) = (normal_quantile(*word), mean.max(1e-6));
        let root = mean.sqrt();
        let zz = z * z;
        let first = zz.mul_add(1.0 / 6.0, 1.0 / 3.0);
        let second = z * zz.mul_add(-1.0 / 72.0, -2.0 / 72.0);
        let third = zz
            .mul_add(1.0 / 270.0, 7.0 / 810.0)
            .mul_add(zz, -8.0 / 405.0);
        let tail = (second + third / root) / root;
        let x = root.mul_add(z, mean) + (first + tail);
        *count = x.floor().max(0.0);
    }
    let blocks = means
        .chunks(BLOCK)
        .zip(words.chunks(BLOCK))
        .zip(out.chunks_mut(BLOCK));
    for ((means, words), out) in blocks {
        let mut small = 0;
        for mean in means {
            small |= u32::from(!(*mean >= INVERSION_LIMIT));
        }
        if small == 0 {
            continue;
        }
        let means = block(means, INVERSION_LIMIT);
        let words = block(words, 0);
        let (mut chance, mut rate, mut u) = ([1.0; BLOCK], [0.0; BLOCK], [0.0; BLOCK]);
        for lane in 0..BLOCK {
            let mean = means[lane];
            rate[lane] = if mean < INVERSION_LIMIT {
                mean.max(0.0)
            } else {
                0.0
            };
            chance[lane] = exp(-rate[lane]);
            u[lane] = uniform(words[lane]);
        }
        let counts = invert(&u, chance, |k, lane| rate[lane] * RECIPROCALS[k]);
        for ((count, small), mean) in out.iter_mut().zip(counts).zip(means) {
            *count = if mean >= INVERSION_LIMIT {
                *count
            } else {
                small
            };
        }
    }
}

/// Binomial counts of `trials` with the given chances, one random word each. `trials` are whole and
/// not negative; chances outside 0–1 are taken as the nearer end.
#[inline(always)]
pub(crate) fn binomials(trials: &[f32], chances: &[f32], words: &[u32], out: &mut [f32]) {
    let slots = trials.iter().zip(chances).zip(words).zip(&mut *out);
    for (((n, p), word), count) in slots {
        let z = normal_quantile(*word);
        let p = p.clamp(0.0, 1.0);
        let q = 1.0 - p;
        let (pq, skew) = (p * q, q - p);
        let variance = (n * pq).max(1e-6);
        let root = variance.sqrt();
        let zz = z * z;
        let first = skew * (zz - 1.0) * (1.0 / 6.0);
        let kurtosis = pq.mul_add(-6.0, 1.0) * (1.0 / 24.0);
        let second = kurtosis.mul_add(
            zz - 3.0,
            skew * skew * zz.mul_add(-2.0 / 36.0, 5.0 / 36.0) - 1.0 / 24.0,
        );
        let third = skew
            * zz.mul_add(1.0 / 270.0, 7.0 / 810.0)
                .mul_add(zz, -8.0 / 405.0);
        let tail = (z * second + third / root) / root;
        let x = root.mul_add(z, n * p) + (first + tail);
        *count = (x + 0.5).floor().min(*n).max(0.0);
    }
    let blocks = trials
        .chunks(BLOCK)
        .zip(chances.chunks(BLOCK))
        .zip(words.chunks(BLOCK))
        .zip(out.chunks_mut(BLOCK));
    for (((trials, chances), words), out) in blocks {
        let mut small = 0;
        for (n, p) in trials.iter().zip(chances) {
            small |= u32::from(!(n * p.min(1.0 - p) >= INVERSION_LIMIT));
        }
        if small != 0 {
            invert_binomials(
                block(trials, 0.0),
                block(chances, 0.0),
                block(words, 0),
                out,
            );
        }
    }
}

/// The values of a block whose mean, counted from the nearer end, is small.
#[inline(always)]
fn invert_binomials(
    trials: [f32; BLOCK],
    chances: [f32; BLOCK],
    words: [u32; BLOCK],
    out: &mut [f32],
) {
    let (mut chance, mut odds, mut u) = ([1.0; BLOCK], [0.0; BLOCK], [0.0; BLOCK]);
    let mut many = [0.0; BLOCK];
    for lane in 0..BLOCK {
        let p = chances[lane].clamp(0.0, 1.0);
        let near = p.min(1.0 - p);
        let small = trials[lane] * near < INVERSION_LIMIT;
        many[lane] = if small { trials[lane] } else { 0.0 };
        odds[lane] = if small { near / (1.0 - near) } else { 0.0 };
        chance[lane] = exp(many[lane] * ln_one_minus(near));
        let drawn = uniform(words[lane]);
        // Counted from the other end, the quantile is that of the opposite place.
        u[lane] = if p > 0.5 { 1.0 - drawn } else { drawn };
    }
    let counts = invert(&u, chance, |k, lane| {
        odds[lane] * (many[lane] - k as f32).max(0.0) * RECIPROCALS[k]
    });
    for (lane, count) in out.iter_mut().enumerate() {
        let (n, p) = (trials[lane], chances[lane].clamp(0.0, 1.0));
        let k = counts[lane].min(n);
        let exact = if p > 0.5 { n - k } else { k };
        let small = n * p.min(1.0 - p) < INVERSION_LIMIT;
        *count = if small { exact } else { *count };
    }
}

/// Gamma variates of the given shape and mean 1 (Marsaglia & Tsang 2000, doi:10.1145/358407.358414).
///
/// `out` brings standard normals; `accept` and `boost` are random words (`boost` is used for shapes
/// below 1). Rare second attempts draw from `again`, which is made only then.
#[inline(always)]
pub(crate) fn gammas(
    shape: f32,
    accept: &[u32],
    boost: &[u32],
    out: &mut [f32],
    again: impl FnOnce() -> Stream,
) {
    let boosted = if shape < 1.0 { shape + 1.0 } else { shape };
    let d = boosted - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    let mut unsure = 0;
    for (x, word) in out.iter().zip(accept) {
        unsure += u32::from(!surely_accepted(c * *x, d, uniform(*word)));
    }
    if unsure > 0 {
        let mut stream = again();
        for (x, word) in out.iter_mut().zip(accept) {
            let u = uniform(*word);
            if !surely_accepted(c * *x, d, u) {
                *x = settle(&mut stream, *x, u, d, c);
            }
        }
    }
    let scale = d / shape;
    for x in &mut *out {
        let y = c.mul_add(*x, 1.0);
        *x = scale * y * y * y;
    }
    if shape < 1.0 {
        let power = 1.0 / shape;
        for (x, word) in out.iter_mut().zip(boost) {
            *x *= exp(power * ln(uniform(*word)));
        }
    }
}

/// A bound on the acceptance test of the gamma law that needs no logarithm: with `y = c x` the
/// logarithm of the acceptance ratio is `-d (3/4 y^4 - 3/5 y^5 + ...)`, at least
/// `-3/4 d y^4 / (1 - |y|)`.
#[inline(always)]
fn surely_accepted(y: f32, d: f32, u: f32) -> bool {
    let square = y * y;
    u * (1.0 - y.abs()) > 0.75 * d * square * square
}

/// The exact test for the few normals that the bound leaves open, and fresh attempts after it.
#[cold]
#[inline(never)]
fn settle(stream: &mut Stream, x: f32, u: f32, d: f32, c: f32) -> f32 {
    let (d, c) = (f64::from(d), f64::from(c));
    let (mut x, mut u) = (f64::from(x), 1.0 - f64::from(u));
    loop {
        let cube = 1.0 + c * x;
        let v = cube * cube * cube;
        if v > 0.0 && libm::log(u) < 0.5 * x * x + d - d * v + d * libm::log(v) {
            return x as f32;
        }
        x = stream.normal();
        u = stream.uniform();
    }
}

/// Negative-binomial counts: Poisson around `means` times gamma variates of mean 1, which `mixing`
/// brings; `mixing` is overwritten with the mixed means.
#[inline(always)]
pub(crate) fn negative_binomials(
    means: &[f32],
    mixing: &mut [f32],
    words: &[u32],
    out: &mut [f32],
) {
    for (mean, mixed) in means.iter().zip(&mut *mixing) {
        *mixed *= *mean;
    }
    poissons(mixing, words, out);
}

/// Adds drawn counts to others, rounding to whole numbers that `f32` holds.
#[inline(always)]
pub(crate) fn add_counts(counts: &mut [f32], added: &[f32]) {
    for (count, extra) in counts.iter_mut().zip(added) {
        *count += *extra;
    }
}
