//! Slow attacks on the level: orders that compound, and camouflage.

use super::curves::{compound, hill, relaxation};
use super::plan::Plan;
use super::scene::Scene;
use crate::simulate::account::N_METRICS;

/// Share of progressive boosts that are raised once a day instead of steadily.
const DAILY_RAISE_SHARE: f64 = 0.3;
/// Hours by which the other metrics follow the views of a boost, at most.
const BOOST_LAG_HOURS: f64 = 12.0;
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
    let by_day = (daily && day < main.len() as f64).then_some(day);
    compound(plan.span(main.clone()), top, by_day);
    let (_, fall) = scene.edges();
    let last = f64::from(plan.at(core));
    plan.trapezoid(main.end..main.end, (0, fall), last);
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
    let mut plan = Plan::new(scene, main.start + main.len() / 2);
    if burst {
        plan.core = main.start;
        relaxation(plan.span(main), excess as f32, scene.hours(1) as f32);
    } else {
        hill(plan.span(main), excess as f32, ramp as f32);
    }
    let [low, high] = MIMIC_WEIGHTS;
    for m in 1..N_METRICS {
        plan.weights[m] *= scene.habits.between(low, high);
    }
    plan.coupled = true;
    plan
}
