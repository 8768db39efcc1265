//! Whole series of random numbers.
//!
//! Counts are quantiles of one random word each: inversion where the mean is small, and above it the
//! Cornish–Fisher expansion of the quantile, to the order 1 / mean (for Poisson as in Giles 2016,
//! "Algorithm 955", doi:10.1145/2699466; for the binomial law from its cumulants, with Sheppard's
//! correction for whole numbers). The total variation from the exact laws stays below 2e-4 at every
//! parameter; the tests measure it.

use super::math::{central_quantile, exp, in_tail, ln, ln_one_minus, sin_cos_turn, tail_quantile};
use super::philox::uniform;
use crate::rng::Stream;

/// Laws of a smaller variance than this are inverted step by step, others by expansion.
const INVERSION_LIMIT: f32 = 10.0;
/// Steps after which an inversion ends: far beyond any quantile of a variance of 10.
const MOST_STEPS: usize = 64;
/// Values that are looked over together for rare cases.
const BLOCK: usize = 16;
/// Values that are inverted side by side: two registers, so that one works while the other waits.
const SEARCH: usize = 32;

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
pub(crate) fn quantiles(words: &[u32], out: &mut [f32]) {
    let n = words.len().min(out.len());
    let (words, out) = (&words[..n], &mut out[..n]);
    for t in 0..n {
        out[t] = central_quantile(words[t]);
    }
    // One word in 300 lies in a tail; a block of none is passed over.
    let (blocks, rest) = words.as_chunks::<BLOCK>();
    let mut starts = 0;
    for words in blocks {
        let mut any = 0;
        for word in words {
            any |= u32::from(in_tail(*word));
        }
        if any != 0 {
            mend_tails(words, &mut out[starts..starts + BLOCK]);
        }
        starts += BLOCK;
    }
    mend_tails(rest, &mut out[starts..]);
}

/// Puts the quantiles of the words that lie in a tail in their places.
#[inline(always)]
fn mend_tails(words: &[u32], out: &mut [f32]) {
    // Computed for all and chosen, not branched over: sixteen branches are slower and much more code.
    for (word, z) in words.iter().zip(out) {
        let tail = tail_quantile(*word);
        *z = if in_tail(*word) { tail } else { *z };
    }
}

/// Multiplies values by log-normal noise of mean 1, one random word each; `sd` is that of the
/// logarithm.
#[inline(always)]
pub(crate) fn blur<const N: usize>(words: &[u32; N], sd: f32, values: &mut [f32; N]) {
    let centre = -0.5 * sd * sd;
    let mut z = [0.0; N];
    quantiles(words, &mut z);
    for t in 0..N {
        values[t] *= exp(sd.mul_add(z[t], centre));
    }
}

type Block = [f32; SEARCH];

/// Smallest count whose distribution function reaches `u`, for a whole block: `term` holds the chance
/// of 0; the chance of `k + 1` is that of `k` times `(start - k slope) / (k + 1)`.
#[inline(always)]
fn invert(u: &Block, mut term: Block, mut start: Block, slope: &Block) -> Block {
    let mut reached = term;
    let mut count = [0.0; SEARCH];
    for reciprocal in RECIPROCALS {
        let mut open = 0;
        for lane in 0..SEARCH {
            let below = u[lane] > reached[lane];
            open |= u32::from(below);
            count[lane] += if below { 1.0 } else { 0.0 };
            term[lane] *= start[lane] * reciprocal;
            start[lane] -= slope[lane];
            reached[lane] += term[lane];
        }
        if open == 0 {
            break;
        }
    }
    count
}

/// A shorter block filled up with `rest`.
#[inline(always)]
fn filled<T: Copy>(slice: &[T], rest: T) -> [T; SEARCH] {
    let mut out = [rest; SEARCH];
    for (slot, value) in out.iter_mut().zip(slice) {
        *slot = *value;
    }
    out
}

/// Poisson counts of the given means, one random word each; a mean that is not positive gives 0.
#[inline(always)]
pub(crate) fn poissons(means: &[f32], words: &[u32], out: &mut [f32]) {
    let n = means.len().min(words.len()).min(out.len());
    let (means, words, out) = (&means[..n], &words[..n], &mut out[..n]);
    quantiles(words, out);
    for t in 0..n {
        let (z, mean) = (out[t], means[t].max(1e-6));
        let root = mean.sqrt();
        let inverse = 1.0 / root;
        let zz = z * z;
        let first = zz.mul_add(1.0 / 6.0, 1.0 / 3.0);
        let second = z * zz.mul_add(-1.0 / 72.0, -2.0 / 72.0);
        let third = zz
            .mul_add(1.0 / 270.0, 7.0 / 810.0)
            .mul_add(zz, -8.0 / 405.0);
        let tail = third.mul_add(inverse, second).mul_add(inverse, first);
        out[t] = (root.mul_add(z, mean) + tail).floor().max(0.0);
    }
    let (mean_blocks, mean_rest) = means.as_chunks::<SEARCH>();
    let (word_blocks, word_rest) = words.as_chunks::<SEARCH>();
    let (out_blocks, out_rest) = out.as_chunks_mut::<SEARCH>();
    for ((means, words), out) in mean_blocks.iter().zip(word_blocks).zip(out_blocks) {
        small_poissons(means, words, out);
    }
    if !out_rest.is_empty() {
        let mut last = filled(out_rest, 0.0);
        small_poissons(
            &filled(mean_rest, INVERSION_LIMIT),
            &filled(word_rest, 0),
            &mut last,
        );
        out_rest.copy_from_slice(&last[..out_rest.len()]);
    }
}

/// Replaces the counts of small means in a block by inversion.
#[inline(always)]
fn small_poissons(means: &Block, words: &[u32; SEARCH], out: &mut Block) {
    let mut small = 0;
    for mean in means {
        let large = *mean >= INVERSION_LIMIT;
        small |= u32::from(!large);
    }
    if small == 0 {
        return;
    }
    let (mut chance, mut rate, mut u) = ([1.0; SEARCH], [0.0; SEARCH], [0.0; SEARCH]);
    for lane in 0..SEARCH {
        let mean = means[lane].max(0.0);
        rate[lane] = if mean < INVERSION_LIMIT { mean } else { 0.0 };
        chance[lane] = exp(-rate[lane]);
        u[lane] = uniform(words[lane]);
    }
    let counts = invert(&u, chance, rate, &[0.0; SEARCH]);
    for lane in 0..SEARCH {
        let large = means[lane] >= INVERSION_LIMIT;
        out[lane] = if large { out[lane] } else { counts[lane] };
    }
}

/// Binomial counts of `trials` with the given chances, one random word each. `trials` are whole and
/// not negative; chances outside 0–1 are taken as the nearer end.
#[inline(always)]
pub(crate) fn binomials(trials: &[f32], chances: &[f32], words: &[u32], out: &mut [f32]) {
    let n = trials
        .len()
        .min(chances.len())
        .min(words.len())
        .min(out.len());
    let (trials, chances, words, out) = (&trials[..n], &chances[..n], &words[..n], &mut out[..n]);
    quantiles(words, out);
    for t in 0..n {
        let (z, n, p) = (out[t], trials[t], chances[t].clamp(0.0, 1.0));
        let q = 1.0 - p;
        let (pq, skew) = (p * q, q - p);
        let root = (n * pq).max(1e-6).sqrt();
        let inverse = 1.0 / root;
        let zz = z * z;
        let first = skew * zz.mul_add(1.0 / 6.0, -1.0 / 6.0);
        let second = pq.mul_add(-0.25, 1.0 / 24.0).mul_add(
            zz - 3.0,
            (skew * skew).mul_add(zz.mul_add(-2.0 / 36.0, 5.0 / 36.0), -1.0 / 24.0),
        );
        let third = skew
            * zz.mul_add(1.0 / 270.0, 7.0 / 810.0)
                .mul_add(zz, -8.0 / 405.0);
        let tail = third.mul_add(inverse, z * second).mul_add(inverse, first);
        let x = root.mul_add(z, n.mul_add(p, 0.5)) + tail;
        out[t] = x.floor().min(n).max(0.0);
    }
    let (trial_blocks, trial_rest) = trials.as_chunks::<SEARCH>();
    let (chance_blocks, chance_rest) = chances.as_chunks::<SEARCH>();
    let (word_blocks, word_rest) = words.as_chunks::<SEARCH>();
    let (out_blocks, out_rest) = out.as_chunks_mut::<SEARCH>();
    let blocks = trial_blocks
        .iter()
        .zip(chance_blocks)
        .zip(word_blocks)
        .zip(out_blocks);
    for (((trials, chances), words), out) in blocks {
        small_binomials(trials, chances, words, out);
    }
    if !out_rest.is_empty() {
        let (trials, chances) = (filled(trial_rest, 0.0), filled(chance_rest, 0.0));
        let mut last = filled(out_rest, 0.0);
        small_binomials(&trials, &chances, &filled(word_rest, 0), &mut last);
        out_rest.copy_from_slice(&last[..out_rest.len()]);
    }
}

/// Replaces the counts of small variance in a block by inversion, counted from the nearer end.
#[inline(always)]
fn small_binomials(trials: &Block, chances: &Block, words: &[u32; SEARCH], out: &mut Block) {
    let mut any = 0;
    for lane in 0..SEARCH {
        let p = chances[lane].clamp(0.0, 1.0);
        let large = trials[lane] * (p * (1.0 - p)) >= INVERSION_LIMIT;
        any |= u32::from(!large);
    }
    if any == 0 {
        return;
    }
    let (mut chance, mut odds, mut u) = ([1.0; SEARCH], [0.0; SEARCH], [0.0; SEARCH]);
    let mut start = [0.0; SEARCH];
    for lane in 0..SEARCH {
        let p = chances[lane].clamp(0.0, 1.0);
        let near = p.min(1.0 - p);
        let large = trials[lane] * (p * (1.0 - p)) >= INVERSION_LIMIT;
        let n = if large { 0.0 } else { trials[lane] };
        odds[lane] = near / (1.0 - near);
        start[lane] = n * odds[lane];
        chance[lane] = exp(n * ln_one_minus(near));
        let drawn = uniform(words[lane]);
        // Counted from the other end, the quantile is that of the opposite place.
        u[lane] = if p > 0.5 { 1.0 - drawn } else { drawn };
    }
    let counts = invert(&u, chance, start, &odds);
    for lane in 0..SEARCH {
        let (n, p) = (trials[lane], chances[lane].clamp(0.0, 1.0));
        let k = counts[lane].min(n);
        let exact = if p > 0.5 { n - k } else { k };
        let large = n * (p * (1.0 - p)) >= INVERSION_LIMIT;
        out[lane] = if large { out[lane] } else { exact };
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
    again: impl Fn() -> Stream,
) {
    let boosted = if shape < 1.0 { shape + 1.0 } else { shape };
    let d = boosted - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    let mut stream = None;
    let mut settle_all = |normals: &mut [f32], words: &[u32]| {
        for (x, word) in normals.iter_mut().zip(words) {
            let u = uniform(*word);
            if !surely_accepted(c * *x, d, u) {
                *x = settle(stream.get_or_insert_with(&again), *x, u, d, c);
            }
        }
    };
    let (blocks, rest) = out.as_chunks_mut::<BLOCK>();
    let (word_blocks, word_rest) = accept.as_chunks::<BLOCK>();
    for (normals, words) in blocks.iter_mut().zip(word_blocks) {
        let mut unsure = 0;
        for lane in 0..BLOCK {
            let sure = surely_accepted(c * normals[lane], d, uniform(words[lane]));
            unsure |= u32::from(!sure);
        }
        if unsure != 0 {
            settle_all(normals, words);
        }
    }
    settle_all(rest, word_rest);
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
