//! Twins of the kernels in `kernels/trend`.

use super::{Case, is_flat, known, mean, median, robust_sd};
use fakeengage_core::kernels::{ChangePoints, Cusum, LinearTrend, MannKendall, TheilSen};

/// Times and values of the known steps.
fn points(x: &[f64]) -> Vec<(f64, f64)> {
    let steps = x.iter().enumerate().filter(|(_, v)| v.is_finite());
    steps.map(|(t, &v)| (t as f64, v)).collect()
}

fn mann_kendall(x: &[f64]) -> Vec<f64> {
    let values = known(x);
    let n = values.len() as f64;
    if n < 2.0 {
        return vec![f64::NAN; 4];
    }
    let mut score = 0.0;
    for (j, later) in values.iter().enumerate() {
        for earlier in &values[..j] {
            score += f64::from(i8::from(later > earlier) - i8::from(later < earlier));
        }
    }
    let mut variance = n * (n - 1.0) * (2.0 * n + 5.0);
    let mut distinct = values.clone();
    distinct.sort_by(f64::total_cmp);
    distinct.dedup();
    for value in distinct {
        let t = values.iter().filter(|v| **v == value).count() as f64;
        variance -= t * (t - 1.0) * (2.0 * t + 5.0);
    }
    let z = match score {
        s if s > 0.0 => (s - 1.0) / (variance / 18.0).sqrt(),
        s if s < 0.0 => (s + 1.0) / (variance / 18.0).sqrt(),
        _ => 0.0,
    };
    let p = libm::erfc(z.abs() / 2.0_f64.sqrt());
    vec![score, z, p, score / (n * (n - 1.0) / 2.0)]
}

fn theil_sen(x: &[f64]) -> Vec<f64> {
    let points = points(x);
    let mut slopes = Vec::new();
    for (j, (t, v)) in points.iter().enumerate() {
        for (s, u) in &points[..j] {
            slopes.push((v - u) / (t - s));
        }
    }
    let slope = median(&slopes);
    let times: Vec<f64> = points.iter().map(|(t, _)| *t).collect();
    let intercept = median(&known(x)) - slope * median(&times);
    vec![slope, intercept]
}

fn linear_trend(x: &[f64]) -> Vec<f64> {
    let points = points(x);
    let n = points.len() as f64;
    if n < 2.0 {
        return vec![f64::NAN; 4];
    }
    let values = known(x);
    if is_flat(&values) {
        return vec![0.0, values[0], f64::NAN, f64::NAN];
    }
    let mean_time = points.iter().map(|(t, _)| t).sum::<f64>() / n;
    let mean_value = mean(&values);
    let sum = |term: &dyn Fn(f64, f64) -> f64| -> f64 {
        let parts = points
            .iter()
            .map(|(t, v)| term(t - mean_time, v - mean_value));
        parts.sum()
    };
    let slope = sum(&|t, v| t * v) / sum(&|t, _| t * t);
    let r = slope * (sum(&|t, _| t * t) / sum(&|_, v| v * v)).sqrt();
    let rest = sum(&|t, v| (v - slope * t).powi(2));
    let error = (rest / (n - 2.0) / sum(&|t, _| t * t)).sqrt();
    let intercept = mean_value - slope * mean_time;
    vec![slope, intercept, if n > 2.0 { error } else { 0.0 }, r]
}

fn cusum(x: &[f64]) -> Vec<f64> {
    let values = known(x);
    if is_flat(&values) {
        return vec![f64::NAN; 4];
    }
    let (center, sd) = (median(&values), robust_sd(&values));
    let z: Vec<f64> = values.iter().map(|v| (v - center) / sd).collect();
    let (mut level, mut low, mut high) = (0.0_f64, 0.0_f64, 0.0_f64);
    let mut levels = Vec::new();
    for v in &z {
        level += v - mean(&z);
        low = low.min(level);
        high = high.max(level);
        levels.push(level.abs());
    }
    let largest = levels.iter().copied().fold(0.0, f64::max);
    let first = levels.iter().position(|l| *l >= largest * (1.0 - 1e-9));
    let first = first.unwrap();
    let (mut up, mut down, mut upward, mut downward) = (0.0_f64, 0.0_f64, 0.0_f64, 0.0_f64);
    for v in &z {
        up = (up + v - 0.5).max(0.0);
        down = (down - v - 0.5).max(0.0);
        upward = upward.max(up);
        downward = downward.max(down);
    }
    let place = (points(x)[first].0 + 1.0) / x.len() as f64;
    vec![
        (high - low) / (z.len() as f64).sqrt(),
        place,
        upward,
        downward,
    ]
}

fn change_points(x: &[f64], min_size: usize, penalty: Option<f64>) -> Vec<f64> {
    let values = known(x);
    let n = values.len();
    if n < 2 * min_size {
        return vec![f64::NAN; 3];
    }
    if is_flat(&values) {
        return vec![0.0, f64::NAN, 0.0];
    }
    let penalty = penalty.unwrap_or(3.0 * (n as f64).ln());
    let (center, sd) = (median(&values), robust_sd(&values));
    let z: Vec<f64> = values.iter().map(|v| (v - center) / sd).collect();
    let total = |a: usize, b: usize| z[a..b].iter().sum::<f64>();
    let cost = |a: usize, b: usize| {
        let m = total(a, b) / (b - a) as f64;
        z[a..b].iter().map(|v| (v - m) * (v - m)).sum::<f64>()
    };
    let mut least = vec![0.0];
    let mut start_of = vec![0];
    for end in 1..=n {
        let mut best = f64::INFINITY;
        let mut from = 0;
        // What is equal but for rounding.
        let same = 1e-12 * (1.0 + z[..end].iter().map(|v| v * v).sum::<f64>());
        // Backwards, so that the earliest of equal starts is taken; the cost grows by one value at a time
        // (Welford 1962).
        let (mut m, mut square) = (0.0, 0.0);
        for start in (0..end).rev() {
            let d = z[start] - m;
            m += d / (end - start) as f64;
            square += d * (z[start] - m);
            if end - start < min_size {
                continue;
            }
            let whole: f64 = least[start] + square + penalty;
            if whole <= best + same {
                from = start;
            }
            best = best.min(whole);
        }
        least.push(best);
        start_of.push(from);
    }
    let mut cuts = vec![n];
    while let Some(&end) = cuts.last() {
        if end == 0 {
            break;
        }
        cuts.push(start_of[end]);
    }
    cuts.reverse();
    let (mut strongest, mut answer) = (-1.0_f64, [f64::NAN, 0.0]);
    for w in cuts.windows(3) {
        let loss = cost(w[0], w[2]) - cost(w[0], w[1]) - cost(w[1], w[2]);
        if loss > strongest + 1e-12 * (1.0 + strongest.abs()) {
            strongest = loss;
            let after = total(w[1], w[2]) / (w[2] - w[1]) as f64;
            let before = total(w[0], w[1]) / (w[1] - w[0]) as f64;
            answer = [points(x)[w[1]].0 / x.len() as f64, after - before];
        }
    }
    vec![(cuts.len() - 2) as f64, answer[0], answer[1]]
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = vec![
        Case::new(
            "mann_kendall",
            "",
            MannKendall,
            |x| Some(mann_kendall(x)),
            1e-9,
        ),
        Case::new("theil_sen", "", TheilSen, |x| Some(theil_sen(x)), 0.0),
        Case::new(
            "linear_trend",
            "",
            LinearTrend,
            |x| Some(linear_trend(x)),
            1e-9,
        ),
        Case::new("cusum", "", Cusum, |x| Some(cusum(x)), 1e-9),
    ];
    cases.extend(
        [(1, None), (2, None), (6, Some(8.0))].map(|(min_size, penalty)| {
            Case::new(
                "change_points",
                format!("{min_size}, {penalty:?}"),
                ChangePoints::new(min_size, penalty).unwrap(),
                move |x| Some(change_points(x, min_size, penalty)),
                1e-8,
            )
        }),
    );
    cases
}
