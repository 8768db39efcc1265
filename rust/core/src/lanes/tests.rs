use super::draws::poissons;
use super::math::ln_one_minus;
use super::*;
use crate::rng::Stream;

#[test]
fn functions_are_close_to_the_exact_ones() {
    for i in 0..200_000 {
        let x = -80.0 + i as f32 * 8e-4;
        let exact = f64::from(x).exp();
        assert!((f64::from(exp(x)) / exact - 1.0).abs() < 5e-7, "exp {x}");
        let x = 10f32.powf(-30.0 + i as f32 * 3e-4);
        let error = f64::from(ln(x)) - f64::from(x).ln();
        assert!(
            error.abs() < 2e-7 * f64::from(x).ln().abs().max(0.5),
            "ln {x}"
        );
        let p = 0.5 * (i as f32 / 2e5).powi(4);
        let exact = (-f64::from(p)).ln_1p();
        assert!(
            (f64::from(ln_one_minus(p)) - exact).abs() <= 3e-7 * exact.abs(),
            "ln1p {p}"
        );
        let turns = -3.0 + i as f32 * 3e-5;
        let (sin, cos) = sin_cos_turn(turns);
        let (want_sin, want_cos) = (f64::from(turns) * std::f64::consts::TAU).sin_cos();
        assert!((f64::from(sin) - want_sin).abs() < 4e-7, "sin {turns}");
        assert!((f64::from(cos) - want_cos).abs() < 4e-7, "cos {turns}");
    }
}

/// Distribution function of the standard normal law by its series and continued fraction.
fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z / std::f64::consts::SQRT_2)
}

#[test]
fn the_normal_quantile_inverts_the_distribution_function() {
    let words: Vec<u32> = (0..100_000_u64).map(|i| (i * 42_949) as u32).collect();
    let mut z = vec![0.0; words.len()];
    quantiles(&words, &mut z);
    let mut worst = 0.0_f64;
    for (word, z) in words.iter().zip(&z) {
        let p = (f64::from(*word) + 0.5) / 4_294_967_296.0;
        worst = worst.max((normal_cdf(f64::from(*z)) - p).abs() / p.min(1.0 - p));
    }
    assert!(worst < 2e-4, "relative error of the tail {worst}");
    let mut ends = [0.0; 3];
    quantiles(&[0, 1 << 31, u32::MAX], &mut ends);
    assert_eq!(ends[0], -ends[2]);
    assert!(ends[1].abs() < 1e-6 && (6.0..6.5).contains(&ends[2]));
}

/// Chances of 0, 1, ... from the logarithm of each.
fn law(last: usize, ln_chance: impl Fn(f64) -> f64) -> Vec<f64> {
    (0..=last).map(|k| ln_chance(k as f64).exp()).collect()
}

fn ln_choose(n: f64, k: f64) -> f64 {
    libm::lgamma(n + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(n - k + 1.0)
}

/// Total variation between a law and the counts of evenly spread words.
fn total_variation(counts: &[f32], law: &[f64]) -> f64 {
    let mut share = vec![0.0; law.len()];
    let mut beyond = 0.0;
    for count in counts {
        assert!(count.fract() == 0.0 && *count >= 0.0, "{count}");
        match share.get_mut(*count as usize) {
            Some(share) => *share += 1.0 / counts.len() as f64,
            None => beyond += 1.0 / counts.len() as f64,
        }
    }
    let gaps: f64 = share.iter().zip(law).map(|(a, b)| (a - b).abs()).sum();
    0.5 * (gaps + beyond)
}

const WORDS: u64 = 1 << 21;

fn even_words() -> Vec<u32> {
    (0..WORDS).map(|i| ((i << 11) + 1024) as u32).collect()
}

#[test]
fn poisson_counts_stay_within_the_stated_distance_of_their_law() {
    let words = even_words();
    let mut counts = vec![0.0; words.len()];
    for mean in [
        0.01, 0.3, 1.0, 3.0, 9.0, 9.99, 10.0, 12.0, 20.0, 50.0, 300.0, 2e4,
    ] {
        poissons(&vec![mean; words.len()], &words, &mut counts);
        let m = f64::from(mean);
        let last = (m + 12.0 * m.sqrt() + 30.0) as usize;
        let exact = law(last, |k| k * m.ln() - m - libm::lgamma(k + 1.0));
        let distance = total_variation(&counts, &exact);
        // Evenly spread words cannot resolve a law of many values better than this.
        let grain = m.sqrt() * 3.0 / WORDS as f64;
        assert!(distance < 2e-4 + grain, "mean {mean}: {distance}");
    }
}

#[test]
fn binomial_counts_stay_within_the_stated_distance_of_their_law() {
    let words = even_words();
    let mut counts = vec![0.0; words.len()];
    for (n, p) in [
        (1.0, 0.3),
        (5.0, 0.95),
        (40.0, 0.01),
        (100.0, 0.1),
        (100.0, 0.12),
        (20.0, 0.5),
        (41.0, 0.5),
        (48.0, 0.3),
        (119.0, 0.1),
        (30.0, 0.5),
        (24.0, 0.5),
        (60.0, 0.8),
        (1e3, 0.9),
        (1e3, 1e-3),
        (1e5, 1.3e-4),
        (2e4, 1e-2),
        (1e5, 0.09),
    ] {
        let n: f32 = n;
        binomials(
            &vec![n; words.len()],
            &vec![p; words.len()],
            &words,
            &mut counts,
        );
        let (size, chance) = (f64::from(n), f64::from(p));
        let exact = law(n as usize, |k| {
            ln_choose(size, k) + k * chance.ln() + (size - k) * (-chance).ln_1p()
        });
        let distance = total_variation(&counts, &exact);
        let grain = (size * chance).sqrt() * 3.0 / WORDS as f64;
        assert!(distance < 2e-4 + grain, "{n} x {p}: {distance}");
    }
}

#[test]
fn hopeless_parameters_give_zero_or_all() {
    let words = [5, u32::MAX, 1 << 31, 77];
    let mut out = [9.0; 4];
    poissons(&[0.0, -3.0, f32::NAN, -0.0], &words, &mut out);
    assert_eq!(out, [0.0; 4]);
    binomials(
        &[0.0, 10.0, 7.0, 1e6],
        &[0.5, 0.0, 1.0, 1.0],
        &words,
        &mut out,
    );
    assert_eq!(out, [0.0, 0.0, 7.0, 1e6]);
    binomials(&[3.0; 4], &[-1.0, 2.0, f32::NAN, 0.5], &words, &mut out);
    assert_eq!((out[0], out[1]), (0.0, 3.0));
    assert!((0.0..=3.0).contains(&out[2]) || out[2] == 0.0);
}

fn moments(values: &[f32]) -> (f64, f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().map(|v| f64::from(*v)).sum::<f64>() / n;
    let power = |p: i32| {
        values
            .iter()
            .map(|v| (f64::from(*v) - mean).powi(p))
            .sum::<f64>()
            / n
    };
    (mean, power(2), power(3) / power(2).powf(1.5))
}

fn words(purpose: u64, n: usize) -> [Vec<u32>; 4] {
    let mut out = [(); 4].map(|()| vec![0; n]);
    let [a, b, c, d] = &mut out;
    Key::new(2, 3).words(purpose, 0, [a, b, c, d]);
    out
}

#[test]
fn gamma_variates_have_the_moments_of_their_law() {
    let n = 400_000;
    for shape in [0.05, 0.3, 0.99, 1.0, 2.0, 7.5, 50.0, 1e4] {
        let [a, b, accept, boost] = words(1, n);
        let (mut x, mut other) = (vec![0.0; n], vec![0.0; n]);
        normal_pairs(&a, &b, &mut x, &mut other);
        gammas(shape, &accept, &boost, &mut x, || Stream::new(1, 2, 3));
        let (mean, variance, skew) = moments(&x);
        let shape = f64::from(shape);
        let error = (1.0 / shape / n as f64).sqrt();
        assert!((mean - 1.0).abs() < 5.0 * error, "{shape}: mean {mean}");
        assert!(
            (variance * shape - 1.0).abs() < 0.05,
            "{shape}: variance {variance}"
        );
        let want = 2.0 / shape.sqrt();
        assert!(
            (skew - want).abs() < 0.1 * want + 0.02,
            "{shape}: skew {skew}, {want}"
        );
    }
}

#[test]
fn blurred_values_keep_their_mean_and_get_the_spread_asked_for() {
    let n = 1 << 18;
    let [a, ..] = words(9, n);
    let mut values = vec![3.0; n];
    for (values, words) in values
        .as_chunks_mut::<32>()
        .0
        .iter_mut()
        .zip(a.as_chunks().0)
    {
        blur(words, 0.5, values);
    }
    let (mean, ..) = moments(&values);
    let logs: Vec<f32> = values.iter().map(|value| value.ln()).collect();
    let (centre, variance, skew) = moments(&logs);
    assert!((mean / 3.0 - 1.0).abs() < 0.005, "{mean}");
    assert!((centre - 3.0_f64.ln() + 0.125).abs() < 0.005, "{centre}");
    assert!((variance.sqrt() - 0.5).abs() < 0.004 && skew.abs() < 0.03);
    let mut same = [2.0; 4];
    blur(&[1, 2, 3, 4], 0.0, &mut same);
    assert_eq!(same, [2.0; 4]);
}

#[test]
fn normals_are_normal_and_pairs_independent() {
    let n = 400_000;
    let [a, b, c, _] = words(1, n);
    let (mut x, mut y) = (vec![0.0; n], vec![0.0; n]);
    normal_pairs(&a, &b, &mut x, &mut y);
    let mut z = vec![0.0; n];
    quantiles(&c, &mut z);
    for values in [&x, &y, &z] {
        let (mean, variance, skew) = moments(values);
        assert!(mean.abs() < 0.008 && (variance - 1.0).abs() < 0.012 && skew.abs() < 0.02);
        let beyond = values.iter().filter(|v| v.abs() > 3.0).count() as f64 / n as f64;
        assert!((beyond - 0.0027).abs() < 4e-4, "{beyond}");
    }
    let correlation: f64 = x.iter().zip(&y).map(|(x, y)| f64::from(x * y)).sum::<f64>() / n as f64;
    assert!(correlation.abs() < 0.008, "{correlation}");
}

#[test]
fn draws_of_any_length_agree_with_longer_ones() {
    let [a, _, c, _] = words(4, 100);
    let means: Vec<f32> = (0..100).map(|i| 0.3 * i as f32).collect();
    let chances: Vec<f32> = (0..100).map(|i| i as f32 / 99.0).collect();
    let trials: Vec<f32> = (0..100).map(|i| (i % 40) as f32).collect();
    let (mut whole, mut part) = (vec![0.0; 100], vec![0.0; 100]);
    poissons(&means, &a, &mut whole);
    for n in [0, 1, 15, 17, 41] {
        poissons(&means[..n], &a[..n], &mut part[..n]);
        assert_eq!(whole[..n], part[..n]);
    }
    binomials(&trials, &chances, &c, &mut whole);
    for n in [0, 1, 15, 17, 41] {
        binomials(&trials[..n], &chances[..n], &c[..n], &mut part[..n]);
        assert_eq!(whole[..n], part[..n]);
    }
}

#[test]
fn a_path_can_be_forced_and_is_the_best_otherwise() {
    assert!(matches!(named("plain"), pulp::Arch::Scalar));
    for name in ["avx512", "", "no such path"] {
        assert_eq!(
            format!("{:?}", named(name)),
            format!("{:?}", pulp::Arch::new())
        );
    }
    assert!(["plain", "avx2", "avx512", "neon"].contains(&path_name()));
}
