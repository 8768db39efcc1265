//! Twins of the kernels in `kernels/entropy`.

use std::collections::BTreeMap;
use std::f64::consts::TAU;

use super::{Case, is_flat, known, mean};
use fakeengage_core::kernels::{
    ApproximateEntropy, LempelZivComplexity, PermutationEntropy, SampleEntropy, ShannonEntropy,
    SpectralEntropy,
};

/// Entropy in bits of shares that need not sum to 1 yet.
fn entropy(sizes: impl IntoIterator<Item = f64>) -> f64 {
    let sizes: Vec<f64> = sizes.into_iter().filter(|&s| s > 0.0).collect();
    let total: f64 = sizes.iter().sum();
    sizes
        .iter()
        .map(|s| -(s / total) * (s / total).log2())
        .sum()
}

/// By edges, looked for one after another.
fn shannon(x: &[f64], bins: usize) -> f64 {
    let values = known(x);
    if values.is_empty() {
        return f64::NAN;
    }
    if is_flat(&values) {
        return 0.0;
    }
    let first = values.iter().copied().fold(f64::INFINITY, f64::min);
    let last = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let step = (last - first) / bins as f64;
    let mut edges: Vec<f64> = (0..=bins).map(|k| k as f64 * step + first).collect();
    edges[bins] = last;
    if !edges.windows(2).all(|e| e[0] < e[1]) {
        return f64::NAN;
    }
    let mut counts = vec![0.0; bins];
    for v in values {
        let bin = (0..bins).rev().find(|&k| edges[k] <= v).unwrap();
        counts[bin] += 1.0;
    }
    entropy(counts)
}

/// Every frequency by its own sum.
fn spectral(x: &[f64], normalize: bool) -> f64 {
    let values = known(x);
    if is_flat(&values) {
        return f64::NAN;
    }
    let (n, m) = (x.len(), mean(&values));
    let power = |k: usize| {
        let (mut re, mut im) = (0.0, 0.0);
        for (t, v) in x.iter().enumerate() {
            if v.is_finite() {
                let angle = TAU * ((k * t) % n) as f64 / n as f64;
                re += (v - m) * angle.cos();
                im += (v - m) * angle.sin();
            }
        }
        let alone = k == 0 || 2 * k == n;
        (re * re + im * im) * if alone { 1.0 } else { 2.0 }
    };
    let bits = entropy((0..=n / 2).map(power));
    if normalize {
        bits / ((n / 2 + 1) as f64).log2()
    } else {
        bits
    }
}

/// Patterns as sorted lists of positions.
fn permutation(x: &[f64], order: usize, delay: usize, normalize: bool) -> f64 {
    let mut counts: BTreeMap<Vec<usize>, f64> = BTreeMap::new();
    for start in 0..x.len() {
        let window: Vec<f64> = (0..order)
            .filter_map(|k| x.get(start + k * delay).copied())
            .collect();
        if window.len() < order || window.iter().any(|v| !v.is_finite()) {
            continue;
        }
        let mut pattern: Vec<usize> = (0..order).collect();
        pattern.sort_by(|&a, &b| window[a].partial_cmp(&window[b]).unwrap());
        *counts.entry(pattern).or_default() += 1.0;
    }
    if counts.is_empty() {
        return f64::NAN;
    }
    let bits = entropy(counts.into_values());
    let most: f64 = (1..=order).map(|k| k as f64).product();
    if normalize { bits / most.log2() } else { bits }
}

/// All stretches of `m` known steps that `length - m` further known steps follow.
fn stretches(x: &[f64], m: usize, length: usize) -> Vec<Vec<f64>> {
    if length > x.len() {
        return Vec::new();
    }
    x.windows(length)
        .filter(|w| w.iter().all(|v| v.is_finite()))
        .map(|w| w[..m].to_vec())
        .collect()
}

/// For each stretch, how many match it, itself included.
fn matches(stretches: &[Vec<f64>], tolerance: f64) -> Vec<usize> {
    let alike = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(u, v)| (u - v).abs() <= tolerance);
    stretches
        .iter()
        .map(|a| stretches.iter().filter(|b| alike(a, b)).count())
        .collect()
}

fn tolerance(x: &[f64], r: f64) -> f64 {
    let values = known(x);
    let m = mean(&values);
    let square: Vec<f64> = values.iter().map(|v| (v - m) * (v - m)).collect();
    r * mean(&square).sqrt()
}

fn sample(x: &[f64], m: usize, r: f64) -> f64 {
    if is_flat(&known(x)) {
        return f64::NAN;
    }
    let pairs = |length: usize| -> usize {
        let counts = matches(&stretches(x, length, m + 1), tolerance(x, r));
        counts.iter().map(|c| c - 1).sum()
    };
    match (pairs(m), pairs(m + 1)) {
        (0, _) => f64::NAN,
        (_, 0) => f64::INFINITY,
        (b, a) => -(a as f64 / b as f64).ln(),
    }
}

fn approximate(x: &[f64], m: usize, r: f64) -> f64 {
    let phi = |length: usize| {
        let counts = matches(&stretches(x, length, length), tolerance(x, r));
        let shares: Vec<f64> = counts
            .iter()
            .map(|&c| (c as f64 / counts.len() as f64).ln())
            .collect();
        mean(&shares)
    };
    phi(m) - phi(m + 1)
}

/// Phrase by phrase, each as long as it can be found starting earlier, and one step more.
fn lempel_ziv(x: &[f64], normalize: bool) -> f64 {
    let values = known(x);
    let n = values.len();
    if n < 2 {
        return f64::NAN;
    }
    let mut sorted = values.clone();
    sorted.sort_by(|a, b| a.partial_cmp(b).unwrap());
    let median = f64::midpoint(sorted[n / 2], sorted[(n - 1) / 2]);
    let high: Vec<bool> = values.iter().map(|&v| v > median).collect();
    let (mut phrases, mut start) = (0.0, 0);
    while start < n {
        let mut end = start + 1;
        while end < n && (0..start).any(|p| high[p..p + end - start] == high[start..end]) {
            end += 1;
        }
        phrases += 1.0;
        start = end;
    }
    if normalize {
        phrases / (n as f64 / (n as f64).log2())
    } else {
        phrases
    }
}

fn one(twin: impl Fn(&[f64]) -> f64 + 'static) -> impl Fn(&[f64]) -> Option<Vec<f64>> + 'static {
    move |x| Some(vec![twin(x)])
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for bins in [1, 7, 16] {
        let kernel = ShannonEntropy::new(bins).unwrap();
        let twin = one(move |x| shannon(x, bins));
        cases.push(Case::new("shannon_entropy", bins, kernel, twin, 1e-12));
    }
    for normalize in [false, true] {
        let kernel = SpectralEntropy::new(normalize);
        let twin = one(move |x| spectral(x, normalize));
        cases.push(Case::new("spectral_entropy", normalize, kernel, twin, 1e-9));
        let kernel = LempelZivComplexity::new(normalize);
        let twin = one(move |x| lempel_ziv(x, normalize));
        cases.push(Case::new(
            "lempel_ziv_complexity",
            normalize,
            kernel,
            twin,
            1e-12,
        ));
    }
    for (order, delay, normalize) in [
        (2, 1, false),
        (3, 1, true),
        (3, 4, false),
        (5, 2, true),
        (8, 1, false),
    ] {
        let kernel = PermutationEntropy::new(order, delay, normalize).unwrap();
        let twin = one(move |x| permutation(x, order, delay, normalize));
        let parameters = format!("{order}, {delay}, {normalize}");
        cases.push(Case::new(
            "permutation_entropy",
            parameters,
            kernel,
            twin,
            1e-12,
        ));
    }
    for (m, r) in [(1, 0.37), (2, 0.2), (3, 1.1)] {
        let parameters = format!("{m}, {r}");
        let kernel = SampleEntropy::new(m, r).unwrap();
        let twin = one(move |x| sample(x, m, r));
        cases.push(Case::new(
            "sample_entropy",
            &parameters,
            kernel,
            twin,
            1e-12,
        ));
        let kernel = ApproximateEntropy::new(m, r).unwrap();
        let twin = one(move |x| approximate(x, m, r));
        cases.push(Case::new(
            "approximate_entropy",
            &parameters,
            kernel,
            twin,
            1e-12,
        ));
    }
    cases
}
