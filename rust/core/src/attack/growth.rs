//! Slow attacks on the level: orders that compound, and camouflage.

use super::plan::{Plan, trapezoid};
use super::scene::Scene;
use crate::simulate::account::N_METRICS;

/// Share of progressive boosts that are raised once a day instead of steadily.
const DAILY_RAISE_SHARE: f64 = 0.3;
/// Hours by which the other metrics follow the views of a boost, at most.
const BOOST_LAG_HOURS: f64 = 12.0;
/// Exponent of the relaxation that a fake burst imitates.
const RELAXATION: f64 = -1.3;
/// Hours before the relaxation starts to bite.
const RELAXATION_ONSET: f64 = 2.0;
/// Spread of a mimic's weights: it buys all metrics in the account's own ratios.
const MIMIC_WEIGHTS: [f64; 2] = [0.95, 1.05];

/// Orders that grow by the same factor every day up to `A`, then stop; views lead.
pub(crate) fn boost_progressive(scene: &mut Scene<'_>) -> Plan {
    let main = scene.place();
    let core = main.end.saturating_sub(1).max(main.start);
    let mut plan = Plan::new(scene, core);
    let daily = scene.habits.chance(DAILY_RAISE_SHARE);
    let top = 1.0 + scene.excess();
    let day = scene.steps_per_day();
    let days = (main.len() as f64 / day).ceil().max(1.0);
    for (age, step) in main.clone().enumerate() {
        let share = if daily && days > 1.0 {
            ((age as f64 / day).floor() + 1.0) / days
        } else {
            (age as f64 + 1.0) / main.len() as f64
        };
        plan.excess[step] = libm::pow(top, share) - 1.0;
    }
    let (_, fall) = scene.edges();
    let last = plan.excess.get(core).copied().unwrap_or(0.0);
    trapezoid(&mut plan.excess, main.end..main.end, (0, fall), last);
    let delay = scene.law.metric_delay_hours.min(BOOST_LAG_HOURS);
    plan.delay_metrics(scene, delay);
    plan
}

/// More of the account's own curve, in its own ratios: a slow hill, or a burst that relaxes as
/// organic ones do.
pub(crate) fn organic_mimicry(scene: &mut Scene<'_>) -> Plan {
    let main = scene.place();
    let burst = scene.habits.chance(scene.law.variant_share);
    let excess = scene.excess();
    let ramp = scene.habits.between(0.2, 0.45);
    let n = main.len() as f64;
    let mut plan = Plan::new(scene, main.start + main.len() / 2);
    if burst {
        plan.core = main.start;
    }
    for (age, step) in main.enumerate() {
        let share = if burst {
            let hours = scene.hours(age);
            libm::pow((hours + RELAXATION_ONSET) / RELAXATION_ONSET, RELAXATION)
        } else {
            let x = (age as f64 + 0.5) / n;
            let along = (x.min(1.0 - x) / ramp).min(1.0);
            0.5 - 0.5 * libm::cos(std::f64::consts::PI * along)
        };
        plan.excess[step] = excess * share;
    }
    let [low, high] = MIMIC_WEIGHTS;
    for m in 1..N_METRICS {
        plan.weights[m] *= scene.habits.between(low, high);
    }
    plan.coupled = true;
    plan
}
