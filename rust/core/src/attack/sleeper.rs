//! Idle accounts switched on together.

use super::curves::awakening;
use super::plan::Plan;
use super::scene::{Scene, log_uniform};
use super::{CohortClock, purpose};
use crate::rng::Stream;

/// Idle hours before the activation, where the series is long enough for them.
const IDLE_HOURS: [f64; 2] = [120.0, 240.0];
/// Shortest hold that the place of the activation leaves room for.
const SHORTEST_HOLD_HOURS: f64 = 24.0;
/// Members follow the first one within a day.
const LONGEST_LAG_HOURS: f64 = 24.0;
/// What is left of the daily cycle's amplitude: a net works round the clock.
const AMPLITUDE: [f64; 2] = [0.3, 0.6];
/// Comments weigh up to this factor more: nets are there to speak.
const COMMENT_FACTOR: f64 = 3.0;
const COMMENTS: usize = 2;

/// The hour at which the first member of a cohort of sleepers wakes in a series of `n_hours`.
///
/// Up to then the account is untouched, so the idle spell that a sleeper needs belongs to the
/// organic account: a simulator that gives sleepers (and as many normals) an idle spell lets it end
/// no earlier than this.
#[must_use]
pub fn activation_step(clock: &CohortClock, n_hours: usize) -> usize {
    let mut timing = Stream::new(clock.seed, clock.cohort, purpose::COHORT_CLOCK);
    // The first draw of every clock decides about full-length attacks.
    timing.uniform();
    activation_hour(&mut timing, n_hours as f64) as usize
}

/// After 5–10 idle days where they fit, else after half of the series.
fn activation_hour(timing: &mut Stream, n_hours: f64) -> f64 {
    let latest = (n_hours - SHORTEST_HOLD_HOURS - LONGEST_LAG_HOURS).max(0.5 * n_hours);
    let [low, high] = IDLE_HOURS;
    let high = high.min(latest);
    timing.between(low.min(0.5 * n_hours).min(high), high)
}

/// Nothing, then a logistic rise to `B` account means, held with a weak daily cycle, then nothing.
pub(crate) fn sleeper_reactivation(scene: &mut Scene<'_>) -> Plan {
    let n_hours = scene.hours(scene.region.len());
    let shared = activation_hour(&mut scene.timing, n_hours);
    let hold_hours =
        log_uniform(&mut scene.timing, scene.strength.hours) * scene.law.duration_scale;
    let rise_hours = log_uniform(&mut scene.timing, scene.strength.burst_hours);
    let lag_hours = scene.habits.uniform() * LONGEST_LAG_HOURS.min(0.5 * hold_hours);
    let amplitude = scene.habits.between(AMPLITUDE[0], AMPLITUDE[1]);
    let comments = scene.habits.between(1.0, COMMENT_FACTOR);
    let length = scene.steps(hold_hours);
    let main = if scene.fills() {
        scene.open.clone()
    } else {
        let hours = if scene.shares_clock {
            shared + lag_hours
        } else {
            shared
        };
        let asked = scene.region.start + scene.steps_or_none(hours);
        let start = if scene.shares_clock {
            asked
        } else {
            own_activation(scene, asked)
        };
        scene.close(start.min(scene.region.end - 1), length, 0)
    };
    let rise = scene.steps(rise_hours).min(main.len().div_ceil(2)) as f64;
    let mut plan = Plan::new(scene, main.end.saturating_sub(1).max(main.start));
    plan.weights[COMMENTS] *= comments;
    let level = scene.intensity.max(0.0);
    let out = plan.span(main.clone());
    scene.day_curves(main, 0.0, out);
    awakening(out, level as f32, rise as f32, amplitude as f32);
    plan
}

/// A lone sleeper wakes inside its longest idle spell, as late in it as `wanted` asks; an account
/// without one wakes at the hour asked for.
fn own_activation(scene: &Scene<'_>, asked: usize) -> usize {
    let counts = scene.organic.counts;
    let counts = counts.iter().find(|counts| !counts.is_empty());
    let idle = longest_idle(counts.copied().unwrap_or_default());
    let day = scene.steps(24.0);
    if idle.len() < 2 * day {
        return asked;
    }
    asked
        .clamp(idle.start + day, idle.end)
        .max(scene.region.start)
}

fn longest_idle(counts: &[f32]) -> std::ops::Range<usize> {
    let mut best = 0..0;
    let mut start = 0;
    for (t, &count) in counts.iter().enumerate() {
        if count == 0.0 {
            if t + 1 - start > best.len() {
                best = start..t + 1;
            }
        } else {
            start = t + 1;
        }
    }
    best
}
