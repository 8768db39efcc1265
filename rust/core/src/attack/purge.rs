//! Fast delivery that the platform takes back.

use super::deliver::Delivered;
use super::law::Corrections;
use super::plan::Plan;
use super::purpose;
use super::scene::{Scene, log_uniform};
use crate::rng::Stream;
use crate::simulate::account::N_METRICS;

/// Share of the purged part that each metric loses: platforms correct views first, shares not.
const PURGE_WEIGHTS: [f64; N_METRICS] = [1.0, 0.3, 0.2, 0.0];
/// Hours by which likes follow the correction of views.
const LIKE_PURGE_LAG_HOURS: f64 = 24.0;
/// Hours between the steps of one purge: it runs once a day.
const BATCH_HOURS: f64 = 24.0;
/// Each daily step is this share of the one before.
const STEP_RATIO: [f64; 2] = [0.25, 0.6];
/// Hours of the day at which corrections are posted.
const BATCH_CLOCK: [f64; 2] = [6.0, 18.0];
/// Refills start this long after the last drop.
const REFILL_HOURS: f64 = 24.0;

/// Gamma-shaped delivery (shape 2) and, in a share of cases, a refill after the last purge step.
pub(crate) fn delivery(scene: &mut Scene<'_>) -> Plan {
    let main = scene.place();
    let mut plan = Plan::new(scene, main.start);
    let delivery_hours = log_uniform(&mut scene.timing, scene.strength.burst_hours);
    let excess = scene.excess();
    let steps = scene.steps(delivery_hours);
    // The last step of the span is kept for a purge.
    let room = main.len().saturating_sub(1).max(1);
    gamma_hill(&mut plan, main.start, steps.min(room), excess, main.end);
    plan
}

/// A hill `x exp(1 - x)` that peaks after a third of `steps` and is over after them.
fn gamma_hill(plan: &mut Plan, start: usize, steps: usize, height: f64, end: usize) {
    let peak = steps as f64 / 3.0;
    let stop = (start + steps).min(end);
    let mut highest = 0.0;
    let shape = |age: usize| {
        let x = (age as f64 + 0.5) / peak;
        x * libm::exp(1.0 - x)
    };
    for step in start..stop {
        highest = f64::max(highest, shape(step - start));
    }
    for step in start..stop {
        plan.excess[step] = plan.excess[step].max(height * shape(step - start) / highest);
    }
}

/// Subtracts a binomial share of what was delivered, in 1–4 daily steps at one batch hour.
pub(crate) fn take_back(
    scene: &mut Scene<'_>,
    plan: &Plan,
    delivered: &Delivered,
    counts: &mut [Vec<f32>; N_METRICS],
) {
    let Some(over) = (0..scene.n_steps).rev().find(|&t| plan.excess[t] > 0.0) else {
        return;
    };
    let wait_hours = log_uniform(&mut scene.timing, scene.strength.period_hours);
    let batch_hour = scene.timing.between(BATCH_CLOCK[0], BATCH_CLOCK[1]).floor();
    let n_batches = log_uniform(&mut scene.timing, scene.strength.bursts).round() as usize;
    let ratio = scene.timing.between(STEP_RATIO[0], STEP_RATIO[1]);
    let [low, high] = scene.law.purged_share;
    let share = scene.habits.between(low, high);
    let refilled = scene.habits.chance(scene.law.refill_share);
    let Some(first) = first_batch(scene, over, wait_hours, batch_hour) else {
        return;
    };
    let day = scene.steps(BATCH_HOURS);
    let end = scene.open.end;
    let n_batches = n_batches.clamp(1, (end - 1 - first) / day + 1);
    let total: f64 = (0..n_batches).map(|k| libm::pow(ratio, k as f64)).sum();
    let mut last_drop = first;
    for m in 0..N_METRICS {
        let key = purpose::PURGE + m as u64;
        let mut draw = Stream::new(scene.seed, scene.index, key);
        let whole: f64 = delivered[m].iter().sum();
        let lag = if m == 0 {
            0
        } else {
            scene.steps_or_none(LIKE_PURGE_LAG_HOURS)
        };
        for k in 0..n_batches {
            let part = share * PURGE_WEIGHTS[m] * libm::pow(ratio, k as f64) / total;
            let step = (first + k * day + lag).min(end - 1);
            let gone = draw.binomial(whole, part);
            if let Some(count) = counts[m].get_mut(step) {
                take(count, gone, scene.law.corrections);
            }
            last_drop = last_drop.max(first + k * day);
        }
    }
    if refilled {
        refill(scene, plan, last_drop, share, delivered, counts);
    }
}

/// The purge's first step: at the batch hour after the wait, inside the open part of the series.
fn first_batch(scene: &Scene<'_>, over: usize, wait_hours: f64, batch_hour: f64) -> Option<usize> {
    let earliest = over + 1;
    let end = scene.open.end;
    if earliest >= end {
        return None;
    }
    let wanted = over + scene.steps(wait_hours);
    let ahead = (batch_hour - scene.hour_of_day(wanted)).rem_euclid(24.0);
    let at_batch = wanted + scene.steps_or_none(ahead);
    let day = scene.steps(BATCH_HOURS);
    // A wait that overruns the span is shortened by whole days, so that the batch hour holds.
    let overrun = (at_batch + 1).saturating_sub(end).div_ceil(day);
    let moved = at_batch.saturating_sub(overrun * day);
    Some(if moved >= earliest { moved } else { end - 1 })
}

/// What was lost is delivered again, at the speed of the first time.
fn refill(
    scene: &Scene<'_>,
    plan: &Plan,
    last_drop: usize,
    share: f64,
    delivered: &Delivered,
    counts: &mut [Vec<f32>; N_METRICS],
) {
    let from = last_drop + scene.steps(REFILL_HOURS);
    let Some(begin) = plan.excess.iter().position(|&x| x > 0.0) else {
        return;
    };
    for m in 0..N_METRICS {
        // Keys after those of the purge itself.
        let key = purpose::PURGE + (N_METRICS + m) as u64;
        let mut draw = Stream::new(scene.seed, scene.index, key);
        for (age, &first_time) in delivered[m].iter().skip(begin).enumerate() {
            let step = from + age;
            if step >= scene.open.end {
                break;
            }
            let again = draw.binomial(first_time, share * PURGE_WEIGHTS[m]);
            if let Some(count) = counts[m].get_mut(step) {
                *count = (f64::from(*count) + again) as f32;
            }
        }
    }
}

fn take(count: &mut f32, gone: f64, corrections: Corrections) {
    if gone <= 0.0 {
        return;
    }
    let left = f64::from(*count) - gone;
    *count = match corrections {
        Corrections::Negative => left,
        // An export that was negative before the purge stays as it was.
        Corrections::Clipped => left.max(f64::from(*count).min(0.0)),
    } as f32;
}
