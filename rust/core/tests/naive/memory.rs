//! Twins of the kernels in `kernels/memory`.

use super::{Case, is_flat, known, mean};
use fakeengage_core::kernels::Autocorrelation;

fn autocorrelation(x: &[f64], lags: &[usize]) -> Option<Vec<f64>> {
    if lags.iter().any(|&lag| lag >= x.len()) {
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

pub(super) fn cases() -> Vec<Case> {
    [vec![0, 1, 2], vec![24], vec![7, 3, 7]]
        .into_iter()
        .map(|lags| {
            Case::new(
                "autocorrelation",
                format!("{lags:?}"),
                Autocorrelation::new(&lags).unwrap(),
                move |x| autocorrelation(x, &lags),
                1e-9,
            )
        })
        .collect()
}
