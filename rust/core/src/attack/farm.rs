//! A farm that lives in another time zone.

use super::plan::Plan;
use super::scene::Scene;

/// Zones between the audience and the farm, in hours.
const SHIFT_HOURS: [f64; 2] = [5.0, 12.0];
/// Hours of one shift.
const SHIFT_BLOCK: f64 = 8.0;
/// Start of the working day, local to the farm.
const SHIFT_START: [f64; 2] = [7.0, 10.0];
/// Dip at each change of three-shift work.
const CHANGEOVER: f64 = 0.8;

/// The account's own daily curve, 5–12 zones away; in variants one shift on weekdays, or three
/// shifts round the clock.
pub(crate) fn timezone_shifted_farm(scene: &mut Scene<'_>) -> Plan {
    let main = scene.place();
    let mut plan = Plan::new(scene, main.start + main.len() / 2);
    let hours = scene.timing.between(SHIFT_HOURS[0], SHIFT_HOURS[1]);
    let east = scene.timing.chance(0.5);
    let zone = if east { hours } else { -hours };
    let variant = scene.timing.chance(scene.law.variant_share);
    let one_shift = scene.timing.chance(0.5);
    let start = scene.timing.between(SHIFT_START[0], SHIFT_START[1]);
    let level = scene.intensity.max(0.0);
    let daily = scene.steps_per_day() >= 4.0;
    for step in main.clone() {
        let local = (scene.hour_of_day(step) - zone).rem_euclid(24.0);
        let into_shift = (local - start).rem_euclid(24.0);
        let share = if !daily {
            1.0
        } else if variant && one_shift {
            let at_work = into_shift < SHIFT_BLOCK && scene.weekday(step) < 5;
            // The same volume in a third of the hours.
            if at_work { 24.0 / SHIFT_BLOCK } else { 0.0 }
        } else if variant {
            if into_shift.rem_euclid(SHIFT_BLOCK) < 1.0 {
                CHANGEOVER
            } else {
                1.0
            }
        } else {
            scene.day_curve(step, zone)
        };
        plan.level[step] = level * share;
    }
    if let Some(busiest) = main.max_by(|&a, &b| plan.level[a].total_cmp(&plan.level[b])) {
        plan.core = busiest;
        // A window of a weekend alone, or of the farm's night: overtime.
        if plan.level[busiest] <= 0.0 {
            plan.level[busiest] = level;
        }
    }
    plan
}
