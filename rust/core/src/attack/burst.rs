//! Orders that come in bursts: small ones, waves, one spike, and the ones placed at night.

use std::ops::Range;

use super::plan::Plan;
use super::scene::{Scene, log_uniform};
use crate::rng::Stream;

/// Spread (sd of log) of the gaps between orders that a person places.
const HUMAN_GAP_SD: f64 = 0.8;
/// The weakest of many bursts, as a share of the strongest.
const WEAKEST_BURST: f64 = 0.6;
/// A wave lasts at most this share of its period.
const LONGEST_WAVE: f64 = 0.6;
/// Share of nights in which a night operator is at work; the first always counts.
const NIGHT_TAKE_UP: f64 = 0.85;
/// Steps below which two times are the same.
const ROUNDING: f64 = 1e-6;

/// 5–20 short bursts of unequal height at log-normal gaps.
pub(crate) fn bursts_small(scene: &mut Scene<'_>) -> Plan {
    let main = scene.place();
    let mut plan = Plan::new(scene, main.start);
    let wanted = log_uniform(&mut scene.timing, scene.strength.bursts).round() as usize;
    let n_bursts = wanted.clamp(1, (main.len() / 2).max(1));
    let starts = human_times(&mut scene.timing, &main, n_bursts);
    let loudest = scene.habits.below(n_bursts);
    let excess = scene.excess();
    for (k, start) in starts.into_iter().enumerate() {
        let share = scene.habits.between(WEAKEST_BURST, 1.0);
        let height = if k == loudest { excess } else { excess * share };
        let length = burst_steps(scene);
        let plateau = start..(start + length).min(main.end);
        plan.lift(plateau, height);
    }
    let delay = scene.law.metric_delay_hours.min(2.0);
    plan.delay_metrics(scene, delay);
    plan
}

/// On and off at a fixed period; the members of a botnet share period and phase.
pub(crate) fn wave_spam(scene: &mut Scene<'_>) -> Plan {
    let main = scene.place();
    let mut plan = Plan::new(scene, main.start);
    let period_hours = log_uniform(&mut scene.timing, scene.strength.period_hours);
    let wave_hours = log_uniform(&mut scene.timing, scene.strength.burst_hours);
    let period = (period_hours / scene.hours(1)).max(2.0);
    let wave = scene
        .steps(wave_hours)
        .min(((period * LONGEST_WAVE) as usize).max(1));
    let (rise, fall) = scene.edges();
    // A ramp longer than half the pause would close it.
    let ramp = ((period as usize).saturating_sub(wave) / 2).min(1);
    let edges = (rise.min(ramp), fall.min(ramp));
    let excess = scene.excess();
    let mut k = 0.0;
    loop {
        let start = main.start + (k * period).round() as usize;
        if start >= main.end {
            break;
        }
        let plateau = start..(start + wave).min(main.end);
        plan.trapezoid(plateau, edges, excess);
        k += 1.0;
    }
    plan
}

/// One order at full speed, cut off at its end: no relaxation.
pub(crate) fn single_spike(scene: &mut Scene<'_>) -> Plan {
    let main = scene.place();
    let mut plan = Plan::new(scene, main.start);
    let (rise, fall) = scene.edges();
    let edges = (rise.min(scene.steps(1.0)), fall.min(scene.steps(2.0)));
    let excess = scene.excess();
    plan.trapezoid(main, edges, excess);
    let delay = scene.law.metric_delay_hours.min(6.0);
    plan.delay_metrics(scene, delay);
    plan
}

/// Bursts in the account's own trough, night after night.
pub(crate) fn off_peak_bursts(scene: &mut Scene<'_>) -> Plan {
    let main = scene.place();
    let trough = trough_hour(&scene.organic.day_curve);
    let mut plan = Plan::new(scene, main.start);
    let excess = scene.excess();
    let mut first = None;
    if scene.steps_per_day() >= 4.0 {
        let behind = (scene.hour_of_day(main.start) - trough).rem_euclid(24.0);
        for night in 0_u32.. {
            // Rounding must not move a night to the step after its own.
            let ahead = (24.0 * f64::from(night) - behind) / scene.hours(1) - ROUNDING;
            let step = main.start + ahead.ceil() as usize;
            if ahead <= -1.0 {
                continue;
            }
            if step >= main.end {
                break;
            }
            let at_work = scene.habits.chance(NIGHT_TAKE_UP) || first.is_none();
            let late = scene.habits.between(-1.0, 2.0);
            let length = burst_steps(scene);
            if at_work {
                let start = moved(step, late / scene.hours(1), &main);
                plan.lift(start..(start + length).min(main.end), excess);
                first.get_or_insert(start);
            }
        }
    }
    // No night inside the window, or no nights at this cadence: the quietest step serves.
    if first.is_none() {
        let quietest = main.clone().min_by(|&a, &b| {
            let curve = |t| scene.day_curve(t, 0.0);
            curve(a).total_cmp(&curve(b))
        });
        if let Some(step) = quietest {
            plan.lift(step..step + 1, excess);
            first = Some(step);
        }
    }
    plan.core = first.unwrap_or(main.start);
    plan
}

fn burst_steps(scene: &mut Scene<'_>) -> usize {
    let hours = log_uniform(&mut scene.habits, scene.strength.burst_hours);
    scene.steps(hours)
}

fn moved(step: usize, by: f64, main: &Range<usize>) -> usize {
    let target = step as f64 + by.round();
    (target.max(main.start as f64) as usize).min(main.end.saturating_sub(1))
}

/// Start of each of `n` orders: the first at once, gaps log-normal, the last one inside `main`.
fn human_times(stream: &mut Stream, main: &Range<usize>, n: usize) -> Vec<usize> {
    let gaps: Vec<f64> = (0..n)
        .map(|_| stream.log_normal(1.0, HUMAN_GAP_SD))
        .collect();
    let total: f64 = gaps.iter().sum();
    let mut behind = 0.0;
    gaps.iter()
        .map(|gap| {
            let start = main.start + (behind / total * main.len() as f64) as usize;
            behind += gap;
            start
        })
        .collect()
}

/// Hour at which the emptiest three hours of a daily curve begin.
fn trough_hour(curve: &[f64; 24]) -> f64 {
    let around = |h: usize| curve[h] + curve[(h + 1) % 24] + curve[(h + 2) % 24];
    let hour = (0..24).min_by(|&a, &b| around(a).total_cmp(&around(b)));
    hour.unwrap_or(2) as f64
}
