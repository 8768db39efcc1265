//! Twins of the kernels in `kernels/pair`: the first half of a row is one series, the rest the other.

use super::{Case, is_flat, known, mean};
use fakeengage_core::kernels::{Correlation, LeadLag};

fn halves(row: &[f64]) -> Option<(&[f64], &[f64])> {
    row.len()
        .is_multiple_of(2)
        .then(|| row.split_at(row.len() / 2))
}

fn correlation(row: &[f64]) -> Option<Vec<f64>> {
    let (x, y) = halves(row)?;
    let both = |t: &usize| x[*t].is_finite() && y[*t].is_finite();
    let steps: Vec<usize> = (0..x.len()).filter(both).collect();
    let x: Vec<f64> = steps.iter().map(|&t| x[t]).collect();
    let y: Vec<f64> = steps.iter().map(|&t| y[t]).collect();
    if is_flat(&x) || is_flat(&y) {
        return Some(vec![f64::NAN]);
    }
    let (mx, my) = (mean(&x), mean(&y));
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (a, b) in x.iter().zip(&y) {
        xx += (a - mx) * (a - mx);
        yy += (b - my) * (b - my);
        xy += (a - mx) * (b - my);
    }
    Some(vec![xy / (xx * yy).sqrt()])
}

fn lead_lag(row: &[f64], max_lag: usize) -> Option<Vec<f64>> {
    let (x, y) = halves(row)?;
    if max_lag > 0 && max_lag >= x.len() {
        return None;
    }
    if is_flat(&known(x)) || is_flat(&known(y)) {
        return Some(vec![f64::NAN; 2]);
    }
    let deviations = |x: &[f64]| -> Vec<f64> {
        let m = mean(&known(x));
        x.iter()
            .map(|v| if v.is_finite() { v - m } else { 0.0 })
            .collect()
    };
    let (x, y) = (deviations(x), deviations(y));
    let square = |d: &[f64]| d.iter().map(|v| v * v).sum::<f64>();
    let scale = (square(&x) * square(&y)).sqrt();
    let reach = max_lag as isize;
    let mut all: Vec<(isize, f64)> = Vec::new();
    for lag in -reach..=reach {
        let mut sum = 0.0;
        for t in 0..x.len() {
            if let Some(later) = t.checked_add_signed(lag).filter(|&s| s < y.len()) {
                sum += x[t] * y[later];
            }
        }
        all.push((lag, sum / scale));
    }
    let largest = all.iter().map(|(_, v)| *v).fold(f64::MIN, f64::max);
    let (lag, value) = all
        .into_iter()
        .filter(|(_, v)| *v >= largest - 1e-9)
        .min_by_key(|(lag, _)| (lag.abs(), *lag > 0))
        .unwrap();
    Some(vec![lag as f64, value])
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = vec![Case::new("correlation", "", Correlation, correlation, 1e-9)];
    for max_lag in [0, 1, 6] {
        cases.push(Case::new(
            "lead_lag",
            max_lag,
            LeadLag::new(max_lag),
            move |row| lead_lag(row, max_lag),
            1e-9,
        ));
    }
    cases
}
