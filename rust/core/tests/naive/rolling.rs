//! Twin of the kernel in `kernels/rolling`.

use super::{Case, is_flat, mean};
use fakeengage_core::kernels::{Rolling, Statistic};

/// Sum of deviations from the mean, to the power `k`.
fn moment(x: &[f64], k: i32) -> f64 {
    let m = mean(x);
    x.iter().map(|v| (v - m).powi(k)).sum()
}

fn quantile(x: &[f64], q: f64) -> f64 {
    let mut sorted = x.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = q * (x.len() - 1) as f64;
    let low = place.floor() as usize;
    if low + 1 == x.len() {
        return sorted[low];
    }
    sorted[low] + (place - low as f64) * (sorted[low + 1] - sorted[low])
}

fn statistic(x: &[f64], name: &str, q: Option<f64>) -> f64 {
    let n = x.len() as f64;
    let flat = is_flat(x);
    let var = || match (x.len(), flat) {
        (1, _) => f64::NAN,
        (_, true) => 0.0,
        _ => moment(x, 2) / (n - 1.0),
    };
    match name {
        "mean" => mean(x),
        "sum" => x.iter().sum(),
        "var" => var(),
        "std" => var().sqrt(),
        "min" => x.iter().copied().fold(f64::INFINITY, f64::min),
        "max" => x.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        "median" => quantile(x, 0.5),
        "quantile" => quantile(x, q.unwrap()),
        _ if flat => f64::NAN,
        "zscore" => (x[x.len() - 1] - mean(x)) / var().sqrt(),
        "skew" if n < 3.0 => f64::NAN,
        "skew" => n * (n - 1.0).sqrt() / (n - 2.0) * moment(x, 3) / moment(x, 2).powf(1.5),
        "kurtosis" if n < 4.0 => f64::NAN,
        "kurtosis" => {
            let ratio = moment(x, 4) / moment(x, 2).powi(2);
            (n - 1.0) / ((n - 2.0) * (n - 3.0)) * (n * (n + 1.0) * ratio - 3.0 * (n - 1.0))
        }
        _ => panic!("no twin of {name}"),
    }
}

fn rolling(x: &[f64], window: usize, name: &str, q: Option<f64>) -> Vec<f64> {
    let mut out = vec![f64::NAN; x.len()];
    for end in window..=x.len() {
        let values = &x[end - window..end];
        if values.iter().all(|v| v.is_finite()) {
            out[end - 1] = statistic(values, name, q);
        }
    }
    out
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |window: usize, name: &'static str, q: Option<f64>| {
        let kernel = Rolling::new(window, Statistic::named(name, q).unwrap()).unwrap();
        let twin = move |x: &[f64]| Some(rolling(x, window, name, q));
        cases.push(Case::new(
            "rolling",
            format!("{window}, {name}, {q:?}"),
            kernel,
            twin,
            1e-9,
        ));
    };
    for window in [1, 2, 3, 4, 6, 24, 33, 64, 107] {
        for &name in Statistic::NAMES {
            match name {
                "quantile" => [0.0, 0.3, 0.9, 1.0]
                    .map(|q| add(window, name, Some(q)))
                    .into_iter()
                    .collect(),
                _ => add(window, name, None),
            }
        }
    }
    cases
}
