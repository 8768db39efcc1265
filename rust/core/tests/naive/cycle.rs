//! Twins of the kernels in `kernels/cycle`.

use std::f64::consts::TAU;

use super::{Case, is_flat, known, mean};
use fakeengage_core::kernels::{DailyProfile, Periodicity, ProfileShift, SeasonalStrength};

/// Share of the squares that the projection on a cosine and a sine takes: the second made orthogonal to the
/// first at the known steps.
fn share_at(x: &[f64], period: f64) -> f64 {
    let values = known(x);
    if is_flat(&values) || values.len() < 4 || period > x.len() as f64 {
        return f64::NAN;
    }
    let m = mean(&values);
    let (mut d, mut cos, mut sin) = (Vec::new(), Vec::new(), Vec::new());
    for (t, v) in x.iter().enumerate() {
        if v.is_finite() {
            // Whole turns are taken off first, where the sine would lose digits.
            let angle = TAU * (t as f64 % period) / period;
            d.push(v - m);
            cos.push(angle.cos());
            sin.push(angle.sin());
        }
    }
    let dot = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
    let (first, second) = if dot(&cos, &cos) > dot(&sin, &sin) {
        (cos, sin)
    } else {
        (sin, cos)
    };
    let square = dot(&first, &first);
    let along = dot(&first, &second) / square;
    let rest: Vec<f64> = second
        .iter()
        .zip(&first)
        .map(|(s, f)| s - along * f)
        .collect();
    let mut explained = dot(&d, &first).powi(2) / square;
    let trace = square + dot(&second, &second);
    if dot(&rest, &rest) * square > 1e-9 * trace * trace {
        explained += dot(&d, &rest).powi(2) / dot(&rest, &rest);
    }
    explained / dot(&d, &d)
}

fn seasonal_strength(x: &[f64], period: usize) -> f64 {
    if is_flat(&known(x)) || x.len() < 3 * period {
        return f64::NAN;
    }
    // Weights of the moving average about a step.
    let half = period / 2;
    let mut weights = vec![1.0 / period as f64; 2 * half + 1];
    if period.is_multiple_of(2) {
        weights[0] /= 2.0;
        weights[2 * half] /= 2.0;
    }
    let mut detrended = Vec::new();
    for t in half..x.len() - half {
        let window = &x[t - half..=t + half];
        if window.iter().all(|v| v.is_finite()) {
            let trend: f64 = window.iter().zip(&weights).map(|(v, w)| v * w).sum();
            detrended.push((t % period, x[t] - trend));
        }
    }
    let of_phase = |phase: usize| {
        let values: Vec<f64> = detrended
            .iter()
            .filter(|(p, _)| *p == phase)
            .map(|(_, v)| *v)
            .collect();
        mean(&values)
    };
    let phases: Vec<f64> = (0..period).map(of_phase).collect();
    let level = mean(&phases);
    if level.is_nan() {
        return f64::NAN;
    }
    let variance = |values: &[f64]| {
        let m = mean(values);
        mean(&values.iter().map(|v| (v - m) * (v - m)).collect::<Vec<_>>())
    };
    let both: Vec<f64> = detrended.iter().map(|(_, v)| *v).collect();
    let rest: Vec<f64> = detrended
        .iter()
        .map(|(p, v)| v - (phases[*p] - level))
        .collect();
    let m = mean(&known(x));
    let squares: f64 = known(x).iter().map(|v| (v - m) * (v - m)).sum();
    if variance(&both) * both.len() as f64 <= 1e-24 * squares {
        return f64::NAN;
    }
    (1.0 - variance(&rest) / variance(&both)).max(0.0)
}

fn daily_profile(x: &[f64], period: usize) -> Vec<f64> {
    let nothing = vec![f64::NAN; period];
    if x.len() < period {
        return nothing;
    }
    let means: Vec<f64> = (0..period)
        .map(|phase| {
            let of_phase: Vec<f64> = x.iter().copied().skip(phase).step_by(period).collect();
            mean(&known(&of_phase))
        })
        .collect();
    let total: f64 = known(&means).iter().sum();
    if means.iter().any(|m| *m < 0.0) || total <= 0.0 {
        return nothing;
    }
    means.iter().map(|m| m / total).collect()
}

fn profile_shift(x: &[f64], period: usize) -> Vec<f64> {
    let nothing = vec![f64::NAN; 2];
    if x.len() < 2 * period {
        return nothing;
    }
    let middle = x.len() / (2 * period) * period;
    let p = daily_profile(&x[..middle], period);
    let q = daily_profile(&x[middle..], period);
    if p.iter().chain(&q).any(|share| share.is_nan()) {
        return nothing;
    }
    let entropy = |shares: &[f64]| -> f64 {
        shares
            .iter()
            .map(|&s| if s > 0.0 { -s * s.log2() } else { 0.0 })
            .sum()
    };
    let both: Vec<f64> = p.iter().zip(&q).map(|(a, b)| (a + b) / 2.0).collect();
    let divergence = entropy(&both) - f64::midpoint(entropy(&p), entropy(&q));
    // Direction of the first harmonic in turns, and its size.
    let harmonic = |shares: &[f64]| {
        let (mut a, mut b) = (0.0, 0.0);
        for (phase, share) in shares.iter().enumerate() {
            let angle = TAU * phase as f64 / period as f64;
            a += share * angle.cos();
            b += share * angle.sin();
        }
        (b.atan2(a) / TAU, a.hypot(b))
    };
    let ((from, size), (to, other)) = (harmonic(&p), harmonic(&q));
    let mut turn = (to - from).rem_euclid(1.0);
    if turn > 0.5 + 1e-9 {
        turn -= 1.0;
    }
    let known = size > 1e-9 && other > 1e-9;
    let turn = if known {
        turn * period as f64
    } else {
        f64::NAN
    };
    vec![divergence, turn]
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for periods in [vec![2.0, 4.0, 6.0, 8.0, 12.0, 24.0], vec![7.0, 2.0, 3.7]] {
        let of_twin = periods.clone();
        cases.push(Case::new(
            "periodicity",
            format!("{periods:?}"),
            Periodicity::new(&periods).unwrap(),
            move |x| Some(of_twin.iter().map(|&period| share_at(x, period)).collect()),
            1e-9,
        ));
    }
    for period in [2, 3, 7, 12, 24] {
        cases.push(Case::new(
            "seasonal_strength",
            period,
            SeasonalStrength::new(period).unwrap(),
            move |x| Some(vec![seasonal_strength(x, period)]),
            1e-9,
        ));
        cases.push(Case::new(
            "daily_profile",
            period,
            DailyProfile::new(period).unwrap(),
            move |x| Some(daily_profile(x, period)),
            1e-9,
        ));
        cases.push(Case::new(
            "profile_shift",
            period,
            ProfileShift::new(period).unwrap(),
            move |x| Some(profile_shift(x, period)),
            1e-9,
        ));
    }
    cases
}
