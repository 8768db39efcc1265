//! Fast delivery that the platform takes back.

use super::deliver::{Counts, Delivered};
use super::law::Corrections;
use super::order;
use super::plan::Plan;
use super::purpose;
use super::scene::{Scene, log_uniform};
use super::scratch::{LANES, Scratch};
use crate::lanes::{Key, binomials, dispatch};
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
    let steps = steps.min(room);
    let end = (main.start + steps).min(main.end);
    gamma_hill(plan.span(main.start..end), steps, excess);
    plan
}

/// A hill `x exp(1 - x)` that peaks at `height` after a third of `steps` and is over after them.
fn gamma_hill(out: &mut [f32], steps: usize, height: f64) {
    let peak = steps as f64 / 3.0;
    let decay = libm::exp(-1.0 / peak);
    let mut fall = libm::exp(1.0 - 0.5 / peak);
    let mut highest = 0.0;
    for (age, value) in out.iter_mut().enumerate() {
        *value = ((age as f64 + 0.5) / peak * fall) as f32;
        highest = value.max(highest);
        fall *= decay;
    }
    for value in out {
        *value *= height as f32 / highest;
    }
}

/// Takes back a binomial share of what was delivered, in 1–4 daily steps at one batch hour.
pub(crate) fn take_back(
    scene: &mut Scene<'_>,
    delivered: &mut Delivered,
    counts: &mut Counts<'_>,
    scratch: &Scratch,
) {
    // A delivery has no delays, so the last touched step is its own.
    let over = delivered.touched.end - 1;
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
    let total = (1.0 - libm::pow(ratio, n_batches as f64)) / (1.0 - ratio);
    for m in 0..N_METRICS {
        let mut left = order::total(scratch.added(delivered, m));
        if left <= 0.0 || PURGE_WEIGHTS[m] <= 0.0 {
            continue;
        }
        let key = purpose::PURGE + m as u64;
        let mut draw = Stream::new(scene.seed, scene.index, key);
        let lag = if m == 0 {
            0
        } else {
            scene.steps_or_none(LIKE_PURGE_LAG_HOURS)
        };
        let mut part = share * PURGE_WEIGHTS[m] / total;
        let mut kept = 1.0;
        for k in 0..n_batches {
            let step = (first + k * day + lag).min(end - 1);
            // Of what is still there, so that no more is taken than was delivered.
            let gone = draw.binomial(left, part / kept);
            left -= gone;
            kept -= part;
            part *= ratio;
            if let Some(count) = counts[m].get_mut(step) {
                take(count, gone, scene.law.corrections);
            }
            delivered.touched.end = delivered.touched.end.max(step + 1);
        }
    }
    if refilled {
        let last_drop = first + (n_batches - 1) * day;
        let from = last_drop + scene.steps(REFILL_HOURS);
        refill(scene, from, share, delivered, counts, scratch);
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

/// What was lost is delivered again from step `from` on, at the speed of the first time.
fn refill(
    scene: &Scene<'_>,
    from: usize,
    share: f64,
    delivered: &mut Delivered,
    counts: &mut Counts<'_>,
    scratch: &Scratch,
) {
    let room = scene.open.end.saturating_sub(from);
    for m in 0..N_METRICS {
        let first_time = scratch.added(delivered, m);
        let length = counts[m].len().saturating_sub(from);
        let n = first_time.len().min(room).min(length);
        let share = share * PURGE_WEIGHTS[m];
        if n == 0 || share <= 0.0 {
            continue;
        }
        let refill = Refill {
            key: Key::new(scene.seed, scene.index),
            metric: m,
            share: share as f32,
            first_time: &first_time[..n],
            counts: &mut counts[m][from..from + n],
        };
        draw_refill(refill);
        delivered.touched.end = delivered.touched.end.max(from + n);
    }
}

struct Refill<'a> {
    key: Key,
    metric: usize,
    share: f32,
    first_time: &'a [f32],
    counts: &'a mut [f32],
}

dispatch! {
    fn draw_refill<'a>(refill: Refill<'a>) {
        let Refill { key, metric, share, first_time, counts } = refill;
        let blocks = first_time.chunks(LANES).zip(counts.chunks_mut(LANES));
        for (block, (first_time, counts)) in blocks.enumerate() {
            let mut words = [[0; LANES]; N_METRICS];
            let [a, b, c, d] = &mut words;
            key.words(purpose::REFILL, (block * LANES) as u32, [a, b, c, d]);
            let (mut trials, mut drawn) = ([0.0; LANES], [0.0; LANES]);
            trials[..first_time.len()].copy_from_slice(first_time);
            binomials(&trials, &[share; LANES], &words[metric], &mut drawn);
            for (count, again) in counts.iter_mut().zip(drawn) {
                *count += again;
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
