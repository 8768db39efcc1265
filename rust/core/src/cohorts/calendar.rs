//! What an account does by the calendar: the hours at which it posts and what it does differently on
//! some days of the week. Two accounts that keep the same calendar rise together without an operator.

use crate::coordination::residual::{each_account, median_in_place};
use crate::expectation::Clock;
use crate::kernels::robust::PER_MEDIAN_DEVIATION;

/// Fewest days whose median can be an hour's habit: an attack that comes back on two of four days
/// would be half of them.
const LEAST_DAYS: usize = 6;
/// Fewest weeks on which a weekly habit can be told from an event.
const LEAST_WEEKS: usize = 2;
/// Harmonics of the day and of the week whose sums and differences make up the weekly habit. Accounts
/// that live at weekends are 20 % of preset `published`; without this they found one false cohort in
/// each batch of 2,000, with a third harmonic of the week a twentieth more of the cohorts is lost.
const DAY_HARMONICS: usize = 2;
const WEEK_HARMONICS: usize = 2;
/// Sine and cosine of each frequency, and a constant.
const N_WAVES: usize = 1 + 2 * (WEEK_HARMONICS + 2 * DAY_HARMONICS * WEEK_HARMONICS);
/// Residuals are cut at this many spreads before the fit: a burst is no habit.
const CLIP: f32 = 2.0;
/// Pull towards no habit at all, in observations.
const RIDGE: f64 = 1.0;

/// The weekly waves at every step of a week; empty where the cadence has no week.
struct Waves {
    rows: Vec<[f64; N_WAVES]>,
}

impl Waves {
    fn new(clock: Clock) -> Self {
        let (day, week) = (clock.steps_per_day, clock.steps_per_week);
        if day < 2 * (DAY_HARMONICS + 1) || week < 2 * day {
            return Self { rows: Vec::new() };
        }
        let days = week as f64 / day as f64;
        let mut frequencies = Vec::new();
        for j in 1..=WEEK_HARMONICS {
            frequencies.push(j as f64);
            for k in 1..=DAY_HARMONICS {
                let daily = k as f64 * days;
                frequencies.extend([daily - j as f64, daily + j as f64]);
            }
        }
        let row = |t: usize| {
            let mut row = [1.0; N_WAVES];
            for (pair, frequency) in row[1..].chunks_exact_mut(2).zip(&frequencies) {
                let angle = std::f64::consts::TAU * frequency * t as f64 / week as f64;
                (pair[0], pair[1]) = (libm::cos(angle), libm::sin(angle));
            }
            row
        };
        Self {
            rows: (0..week).map(row).collect(),
        }
    }
}

/// Memory of one thread.
struct Worker {
    values: Vec<f32>,
    gram: [[f64; N_WAVES]; N_WAVES],
}

/// Takes every account's own calendar out of its residuals: the median of each hour of the day, and a
/// ridge fit of daily waves that change over the week.
pub(super) fn remove_calendar(
    series: &mut [f32],
    offsets: &[usize],
    starts: &[i64],
    clock: Clock,
    threads: usize,
) {
    let waves = Waves::new(clock);
    let start = || Worker {
        values: Vec::new(),
        gram: [[0.0; N_WAVES]; N_WAVES],
    };
    each_account(series, offsets, threads, start, |worker, i, own| {
        remove_daily(own, clock.steps_per_day, &mut worker.values);
        if own.len() >= LEAST_WEEKS * waves.rows.len() {
            remove_weekly(own, starts[i], &waves, worker);
        }
    });
}

fn remove_daily(own: &mut [f32], day: usize, values: &mut Vec<f32>) {
    if day < 2 || own.len() < LEAST_DAYS * day {
        return;
    }
    for hour in 0..day {
        values.clear();
        values.extend(own[hour..].iter().step_by(day).filter(|v| !v.is_nan()));
        if values.len() < LEAST_DAYS {
            continue;
        }
        let habit = median_in_place(values);
        own[hour..]
            .iter_mut()
            .step_by(day)
            .for_each(|v| *v -= habit);
    }
}

fn remove_weekly(own: &mut [f32], start: i64, waves: &Waves, worker: &mut Worker) {
    let Worker { values, gram } = worker;
    let week = waves.rows.len();
    if week == 0 {
        return;
    }
    values.clear();
    values.extend(own.iter().filter(|v| !v.is_nan()).map(|v| v.abs()));
    if values.len() < LEAST_WEEKS * week / 2 {
        return;
    }
    let cut = CLIP * (PER_MEDIAN_DEVIATION as f32) * median_in_place(values);
    let first = start.rem_euclid(week as i64) as usize;
    let rows = || waves.rows.iter().cycle().skip(first);
    let mut sums = [0.0; N_WAVES];
    for row in gram.iter_mut() {
        row.fill(0.0);
    }
    for (value, row) in own.iter().zip(rows()).filter(|(v, _)| !v.is_nan()) {
        let value = f64::from(value.clamp(-cut, cut));
        for a in 0..N_WAVES {
            sums[a] += row[a] * value;
            for b in 0..=a {
                gram[a][b] += row[a] * row[b];
            }
        }
    }
    for (a, row) in gram.iter_mut().enumerate() {
        row[a] += RIDGE;
    }
    solve(gram, &mut sums);
    for (value, row) in own.iter_mut().zip(rows()) {
        let habit: f64 = row.iter().zip(&sums).map(|(wave, b)| wave * b).sum();
        *value -= habit as f32;
    }
}

/// Solves `gram x = sums` by Cholesky's factors of the lower triangle, which the ridge keeps positive.
fn solve(gram: &mut [[f64; N_WAVES]; N_WAVES], sums: &mut [f64; N_WAVES]) {
    for a in 0..N_WAVES {
        for b in 0..=a {
            let inner: f64 = (0..b).map(|c| gram[a][c] * gram[b][c]).sum();
            let left = gram[a][b] - inner;
            gram[a][b] = if a == b {
                left.max(f64::MIN_POSITIVE).sqrt()
            } else {
                left / gram[b][b]
            };
        }
    }
    for a in 0..N_WAVES {
        let inner: f64 = (0..a).map(|c| gram[a][c] * sums[c]).sum();
        sums[a] = (sums[a] - inner) / gram[a][a];
    }
    for a in (0..N_WAVES).rev() {
        let inner: f64 = (a + 1..N_WAVES).map(|c| gram[c][a] * sums[c]).sum();
        sums[a] = (sums[a] - inner) / gram[a][a];
    }
}
