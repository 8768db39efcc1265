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
    let first = scene.hour_of_day(main.start) - zone;
    let out = plan.span(main.clone());
    if !daily {
        out.fill(level as f32);
    } else if variant {
        for (age, value) in out.iter_mut().enumerate() {
            let into_shift = wrapped(first + scene.hours(age) - start, 24.0);
            let share = if one_shift {
                let weekend = scene.weekday(main.start + age) >= 5;
                // The same volume in a third of the hours.
                if weekend || into_shift >= SHIFT_BLOCK {
                    0.0
                } else {
                    24.0 / SHIFT_BLOCK
                }
            } else if wrapped(into_shift, SHIFT_BLOCK) < 1.0 {
                CHANGEOVER
            } else {
                1.0
            };
            *value = (level * share) as f32;
        }
    } else {
        scene.day_curves(main.clone(), zone, out);
        for value in &mut *out {
            *value *= level as f32;
        }
    }
    let highest = out
        .iter()
        .fold(0.0_f32, |highest, value| value.max(highest));
    if let Some(last) = out.iter().rposition(|value| *value == highest) {
        // A window of a weekend alone, or of the farm's night: overtime.
        if highest <= 0.0 {
            out[last] = level as f32;
        }
        plan.core = main.start + last;
    }
    plan
}

/// `x` less whole periods; `x` lies at most some periods below 0.
fn wrapped(x: f64, period: f64) -> f64 {
    const PERIODS_BELOW: f64 = 8.0;
    let whole = (x / period + PERIODS_BELOW) as u32;
    x - period * (f64::from(whole) - PERIODS_BELOW)
}
