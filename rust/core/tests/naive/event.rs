//! Twins of the kernels in `kernels/event`.

use super::{Case, is_flat, known, mean, median, median_deviation, robust_sd};
use fakeengage_core::kernels::{Bursts, ExactRepeats, FanoFactor, RoundTotals, ZeroRuns};

/// Mean of the excess of the known steps among the six after one.
fn level_after(x: &[f64], step: usize, center: f64) -> f64 {
    let end = (step + 7).min(x.len());
    mean(&known(&x[step + 1..end])) - center
}

/// Duration, peak over mean, onset, cut-off, relaxation, what is left.
fn shape(x: &[f64], first: usize, last: usize, center: f64, scale: f64) -> Vec<f64> {
    let inside: Vec<f64> = x[first..=last].iter().map(|v| v - center).collect();
    let size = mean(&inside);
    let highest = inside.iter().copied().fold(f64::MIN, f64::max);
    let peak = first + inside.iter().position(|v| *v == highest).unwrap();
    let onset = match first {
        0 => f64::NAN,
        _ if x[first - 1].is_finite() => (x[first] - x[first - 1]) / size,
        _ => f64::NAN,
    };
    let behind = known(&x[last + 1..(last + 3).min(x.len())]);
    let cut_off = match behind.iter().copied().reduce(f64::min) {
        Some(lowest) => (x[last] - lowest) / size,
        None => f64::NAN,
    };
    let left = level_after(x, peak, center);
    let relaxation = if left.is_nan() {
        f64::NAN
    } else {
        ((highest + scale) / (left.max(0.0) + scale)).ln()
    };
    vec![
        inside.len() as f64,
        highest / size,
        onset,
        cut_off,
        relaxation,
        level_after(x, last, center) / size,
    ]
}

fn bursts(x: &[f64], threshold: f64) -> Vec<f64> {
    let values = known(x);
    if values.is_empty() {
        return vec![f64::NAN; 9];
    }
    let center = median(&values);
    let counts = values.iter().all(|v| *v >= 0.0 && v.fract() == 0.0);
    let scale = if counts {
        (1.482_602_218_505_601_8 * median_deviation(&values)).max(center.max(1.0).sqrt())
    } else if is_flat(&values) {
        1.0
    } else {
        robust_sd(&values)
    };
    let z = |t: usize| (x[t] - center) / scale;
    let inside = |t: usize| x[t].is_finite() && z(t) >= threshold;
    let mut found: Vec<(usize, usize)> = Vec::new();
    for t in (0..x.len()).filter(|t| inside(*t)) {
        match found.last_mut() {
            Some((_, last)) if *last + 1 == t => *last = t,
            _ => found.push((t, t)),
        }
    }
    let largest = values.iter().copied().fold(f64::MIN, f64::max);
    let mut out = vec![found.len() as f64, (largest - center) / scale];
    match found.iter().find(|(a, b)| x[*a..=*b].contains(&largest)) {
        Some(&(first, last)) => out.extend(shape(x, first, last, center, scale)),
        None => out.extend([0.0, f64::NAN, f64::NAN, f64::NAN, f64::NAN, f64::NAN]),
    }
    let total: f64 = values.iter().sum();
    let within: f64 = (0..x.len()).filter(|t| inside(*t)).map(|t| x[t]).sum();
    out.push(if total > 0.0 {
        within / total
    } else {
        f64::NAN
    });
    out
}

fn zero_runs(x: &[f64]) -> Vec<f64> {
    let values = known(x);
    if values.is_empty() {
        return vec![f64::NAN; 4];
    }
    // Steps of each run, and what follows it.
    let mut runs: Vec<(usize, Option<f64>)> = Vec::new();
    for t in 0..x.len() {
        if x[t] == 0.0 && (t == 0 || x[t - 1] != 0.0) {
            let steps = x[t..].iter().take_while(|v| **v == 0.0).count();
            runs.push((steps, x.get(t + steps).copied()));
        }
    }
    let longest = runs.iter().map(|r| r.0).max().unwrap_or(0);
    let awakened = runs.iter().filter(|r| r.1.is_some_and(f64::is_finite));
    vec![
        longest as f64,
        runs.len() as f64,
        values.iter().filter(|v| **v == 0.0).count() as f64 / values.len() as f64,
        awakened.map(|r| r.0).max().unwrap_or(0) as f64,
    ]
}

fn fano_factor(x: &[f64], window: usize) -> Vec<f64> {
    let windows = x.chunks(window).filter(|w| w.len() == window);
    let sums: Vec<f64> = windows.map(|w| w.iter().sum()).collect();
    let sums = known(&sums);
    let m = mean(&sums);
    if sums.len() < 2 || m <= 0.0 {
        return vec![f64::NAN];
    }
    if is_flat(&sums) {
        return vec![0.0];
    }
    let square: f64 = sums.iter().map(|v| (v - m) * (v - m)).sum();
    vec![square / (sums.len() as f64 - 1.0) / m]
}

fn exact_repeats(x: &[f64], length: usize) -> Vec<f64> {
    let windows: Vec<(usize, &[f64])> = x
        .windows(length)
        .enumerate()
        .filter(|(_, w)| w.iter().all(|v| v.is_finite()) && !is_flat(w))
        .collect();
    let again = windows.iter().filter(|(i, w)| {
        let mut others = windows.iter();
        others.any(|(j, other)| i.abs_diff(*j) >= length && w == other)
    });
    vec![again.count() as f64 / windows.len() as f64]
}

fn round_totals(x: &[f64]) -> Vec<f64> {
    let total: f64 = known(x).iter().sum();
    if total.fract() != 0.0 || !(1.0..=2.0_f64.powi(53)).contains(&total) {
        return vec![f64::NAN; 3];
    }
    let digits = format!("{total:.0}");
    let zeros = digits.len() - digits.trim_end_matches('0').len();
    let near = |m: f64| {
        let nearest = m * (total / m).round().max(1.0);
        ((2.0 * (total - nearest).abs() + 1.0) / m).min(1.0)
    };
    vec![0.1_f64.powi(zeros as i32), near(100.0), near(1000.0)]
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = vec![
        Case::new("zero_runs", "", ZeroRuns, |x| Some(zero_runs(x)), 1e-12),
        Case::new(
            "round_totals",
            "",
            RoundTotals,
            |x| Some(round_totals(x)),
            1e-12,
        ),
    ];
    cases.extend([3.0, 1.0].map(|threshold| {
        let kernel = Bursts::new(threshold).unwrap();
        let twin = move |x: &[f64]| Some(bursts(x, threshold));
        Case::new("bursts", threshold, kernel, twin, 1e-9)
    }));
    cases.extend([1, 7].map(|window| {
        let kernel = FanoFactor::new(window).unwrap();
        let twin = move |x: &[f64]| Some(fano_factor(x, window));
        Case::new("fano_factor", window, kernel, twin, 1e-9)
    }));
    cases.extend([2, 3, 24].map(|length| {
        let kernel = ExactRepeats::new(length).unwrap();
        let twin = move |x: &[f64]| Some(exact_repeats(x, length));
        Case::new("exact_repeats", length, kernel, twin, 1e-12)
    }));
    cases
}
