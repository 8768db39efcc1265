//! Low and slow: the drip-feed menu of a panel.

use super::plan::Plan;
use super::scene::{Scene, log_uniform};

/// Lengths on the menu, in hours.
const MENU_HOURS: [f64; 5] = [24.0, 72.0, 168.0, 240.0, 336.0];
/// Intervals on the menu, in hours.
const INTERVAL_HOURS: [f64; 4] = [2.0, 6.0, 8.0, 24.0];
/// Among feeds in runs, the share whose runs keep the interval to the step.
const METRONOME_SHARE: f64 = 0.5;
/// Others are early or late by up to this part of the interval.
const JITTER: f64 = 0.3;
/// Share of runs that spill into a second step.
const SPILL_SHARE: f64 = 0.4;

/// Equal runs at a fixed interval, on average `B` account means per step, or the same smeared flat.
pub(crate) fn drip_feed(scene: &mut Scene<'_>) -> Plan {
    let hours = menu_hours(scene);
    let main = scene.place_hours(hours);
    let mut plan = Plan::new(scene, main.start);
    let level = scene.intensity.max(0.0);
    let smeared = scene.timing.chance(scene.law.smeared_share);
    let metronome = scene.timing.chance(METRONOME_SHARE);
    let interval = INTERVAL_HOURS[scene.timing.below(INTERVAL_HOURS.len())];
    let interval = (interval / scene.hours(1)).max(1.0);
    plan.steady = smeared || metronome;
    if smeared || interval <= 1.0 {
        plan.lift(main, level);
        return plan;
    }
    let mut run = 0.0;
    loop {
        let on_time = main.start + (run * interval).round() as usize;
        if on_time >= main.end {
            break;
        }
        run += 1.0;
        // The last run may stand for less than a whole interval.
        let carried = level * interval.min((main.end - on_time) as f64);
        if metronome {
            plan.add(on_time, carried);
            continue;
        }
        let u = scene.habits.between(-JITTER, JITTER);
        let spills = scene.habits.chance(SPILL_SHARE);
        let share = scene.habits.between(0.2, 0.8);
        let late = (u * interval).round();
        let at = (on_time as f64 + late).max(main.start as f64) as usize;
        let at = at.min(main.end - 1);
        if spills && at + 1 < main.end {
            plan.add(at, carried * share);
            plan.add(at + 1, carried * (1.0 - share));
        } else {
            plan.add(at, carried);
        }
    }
    plan
}

/// A length from the menu where the law's range holds one, else any length within it.
fn menu_hours(scene: &mut Scene<'_>) -> f64 {
    let [low, high] = scene.strength.hours;
    let any = log_uniform(&mut scene.timing, [low, high]);
    let offered = MENU_HOURS
        .into_iter()
        .filter(|hours| (low..=high).contains(hours));
    let choice = scene.timing.below(offered.clone().count());
    offered.clone().nth(choice).unwrap_or(any)
}
