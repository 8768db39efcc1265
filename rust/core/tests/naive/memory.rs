//! Twins of the kernels in `kernels/memory`.

use super::{Case, filled, is_flat, known, mean, slope};
use fakeengage_core::kernels::{
    Autocorrelation, DetrendedFluctuation, Hurst, PartialAutocorrelation,
};

fn autocorrelation(x: &[f64], lags: &[usize]) -> Option<Vec<f64>> {
    if lags.iter().any(|&lag| lag >= x.len().max(1)) {
        return None;
    }
    let values = known(x);
    if is_flat(&values) {
        return Some(vec![f64::NAN; lags.len()]);
    }
    let m = mean(&values);
    let square: f64 = values.iter().map(|v| (v - m) * (v - m)).sum();
    let at = |lag: usize| {
        let mut sum = 0.0;
        for t in lag..x.len() {
            if x[t].is_finite() && x[t - lag].is_finite() {
                sum += (x[t] - m) * (x[t - lag] - m);
            }
        }
        sum / square
    };
    Some(lags.iter().map(|&lag| at(lag)).collect())
}

/// Solves `a x = b` by elimination with the largest pivot.
fn solve(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Vec<f64> {
    let n = b.len();
    for i in 0..n {
        let pivot = (i..n)
            .max_by(|&p, &q| a[p][i].abs().total_cmp(&a[q][i].abs()))
            .unwrap();
        a.swap(i, pivot);
        b.swap(i, pivot);
        for row in i + 1..n {
            let factor = a[row][i] / a[i][i];
            for column in i..n {
                a[row][column] -= factor * a[i][column];
            }
            b[row] -= factor * b[i];
        }
    }
    for i in (0..n).rev() {
        for column in i + 1..n {
            b[i] -= a[i][column] * b[column];
        }
        b[i] /= a[i][i];
    }
    b
}

/// The last coefficient of the autoregression of every order, each solved anew.
fn partial_autocorrelation(x: &[f64], lags: &[usize]) -> Option<Vec<f64>> {
    let longest = *lags.iter().max().unwrap();
    let all = autocorrelation(x, &(0..=longest).collect::<Vec<_>>())?;
    if all[0].is_nan() {
        return Some(vec![f64::NAN; lags.len()]);
    }
    let at = |order: usize| {
        if order == 0 {
            return 1.0;
        }
        let matrix = (0..order)
            .map(|i: usize| (0..order).map(|j| all[i.abs_diff(j)]).collect())
            .collect();
        solve(matrix, all[1..=order].to_vec())[order - 1]
    };
    Some(lags.iter().map(|&lag| at(lag)).collect())
}

/// Logarithm of the rescaled range that Anis, Lloyd and Peters expect of white noise.
fn log_expected_range(n: usize) -> f64 {
    let steps = n as f64;
    let gammas = if n <= 340 {
        libm::lgamma((steps - 1.0) / 2.0)
            - libm::lgamma(steps / 2.0)
            - std::f64::consts::PI.ln() / 2.0
    } else {
        -(steps * std::f64::consts::PI / 2.0).ln() / 2.0
    };
    let sum: f64 = (1..n).map(|i| ((steps - i as f64) / i as f64).sqrt()).sum();
    gammas + ((steps - 0.5) / steps).ln() + sum.ln()
}

fn hurst(x: &[f64]) -> f64 {
    if is_flat(&known(x)) {
        return f64::NAN;
    }
    let x = filled(x);
    let mut lengths: Vec<usize> = (0..15)
        .map(|k| {
            let power = 3.0 / 8.0 + f64::from(k) / 60.0;
            (x.len() as f64).powf(power).round() as usize
        })
        .filter(|&n| n > 1)
        .collect();
    lengths.dedup();
    let (mut logs, mut ranges) = (Vec::new(), Vec::new());
    for n in lengths {
        let mut ratios = Vec::new();
        for window in x.chunks_exact(n) {
            if is_flat(window) {
                continue;
            }
            let m = mean(window);
            let walk: Vec<f64> = (1..=n)
                .map(|k| window[..k].iter().map(|v| v - m).sum())
                .collect();
            let most = walk.iter().copied().fold(f64::MIN, f64::max);
            let least = walk.iter().copied().fold(f64::MAX, f64::min);
            let square: f64 = window.iter().map(|v| (v - m) * (v - m)).sum();
            ratios.push((most - least) / (square / (n as f64 - 1.0)).sqrt());
        }
        if !ratios.is_empty() {
            logs.push((n as f64).ln());
            ranges.push(mean(&ratios).ln() - log_expected_range(n));
        }
    }
    slope(&logs, &ranges) + 0.5
}

fn detrended_fluctuation(x: &[f64]) -> f64 {
    if is_flat(&known(x)) {
        return f64::NAN;
    }
    let x = filled(x);
    let m = mean(&x);
    let walk: Vec<f64> = (1..=x.len())
        .map(|k| x[..k].iter().map(|v| v - m).sum())
        .collect();
    let farthest = walk.iter().fold(0.0_f64, |a, v| a.max(v.abs()));
    let mut lengths = vec![4];
    let mut length = 4.0;
    while length <= 0.1 * x.len() as f64 {
        lengths.push(length.floor() as usize);
        length *= 1.2;
    }
    lengths.dedup();
    let (mut logs, mut fluctuations) = (Vec::new(), Vec::new());
    for n in lengths {
        let time: Vec<f64> = (0..n).map(|t| t as f64).collect();
        let mut squares = Vec::new();
        for window in walk.chunks_exact(n) {
            let steep = slope(&time, window);
            let at_start = mean(window) - steep * mean(&time);
            for (t, v) in time.iter().zip(window) {
                squares.push((v - at_start - steep * t).powi(2));
            }
        }
        let fluctuation = mean(&squares).sqrt();
        if fluctuation > 1e-12 * farthest {
            logs.push((n as f64).ln());
            fluctuations.push(fluctuation.ln());
        }
    }
    slope(&logs, &fluctuations)
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = vec![
        Case::new("hurst", "", Hurst, |x: &[f64]| Some(vec![hurst(x)]), 1e-9),
        Case::new(
            "detrended_fluctuation",
            "",
            DetrendedFluctuation,
            |x: &[f64]| Some(vec![detrended_fluctuation(x)]),
            1e-9,
        ),
    ];
    // All lags of a series are found by the Fourier transform from some length on.
    for lags in [vec![0, 1, 2], vec![24], vec![7, 3, 7], (0..40).collect()] {
        let of_twin = lags.clone();
        cases.push(Case::new(
            "autocorrelation",
            format!("{lags:?}"),
            Autocorrelation::new(&lags).unwrap(),
            move |x| autocorrelation(x, &of_twin),
            1e-9,
        ));
    }
    for lags in [vec![0], vec![1, 0, 2], vec![9, 4]] {
        let of_twin = lags.clone();
        cases.push(Case::new(
            "partial_autocorrelation",
            format!("{lags:?}"),
            PartialAutocorrelation::new(&lags).unwrap(),
            move |x| partial_autocorrelation(x, &of_twin),
            1e-9,
        ));
    }
    cases
}
