//! One order clock drives many accounts, each of them weakly.

use super::plan::Plan;
use super::scene::{Scene, log_uniform};

/// Share of the shared windows in which a member takes part.
const TAKE_UP: [f64; 2] = [0.8, 1.0];
/// Longest lag of a member behind the clock, in hours.
const LONGEST_LAG_HOURS: f64 = 1.0;

/// 3–8 shared windows at gaps without a period; members join most of them, up to an hour late.
pub(crate) fn lockstep_cohort(scene: &mut Scene<'_>) -> Plan {
    let main = scene.place();
    let mut plan = Plan::new(scene, main.start);
    let wanted = log_uniform(&mut scene.timing, scene.strength.bursts).round() as usize;
    let n_windows = wanted.clamp(1, (main.len() / 2).max(1));
    let lag = scene.habits.uniform() * LONGEST_LAG_HOURS;
    let lag = scene.steps_or_none(lag);
    let take_up = scene.habits.between(TAKE_UP[0], TAKE_UP[1]);
    let excess = scene.excess();
    let mut taken = 0;
    for k in 0..n_windows {
        // One window per equal part of the span, anywhere within it: never periodic, never on top
        // of one another.
        let part = main.len() as f64 / n_windows as f64;
        let hours = log_uniform(&mut scene.timing, scene.strength.burst_hours);
        let length = scene.steps(hours).min((part as usize).max(1));
        let spare = (part - length as f64).max(0.0);
        let shift = scene.timing.uniform() * spare;
        let start = main.start + (k as f64 * part + shift) as usize + lag;
        let last_chance = taken == 0 && k + 1 == n_windows;
        let joins = scene.habits.chance(take_up) || last_chance;
        let (rise, fall) = scene.edges();
        if !joins {
            continue;
        }
        let start = start.min(main.end.saturating_sub(1));
        let plateau = start..(start + length).min(main.end);
        if taken == 0 {
            plan.core = start;
        }
        taken += 1;
        let ramp = scene.steps(1.0);
        plan.trapezoid(plateau, (rise.min(ramp), fall.min(ramp)), excess);
    }
    plan
}
