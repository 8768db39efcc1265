//! Likes (or comments) sold apart from views.

use super::plan::Plan;
use super::scene::Scene;

/// Comments are scarcer than likes, so the same order is a larger multiple of them.
const COMMENT_FACTOR: f64 = 1.75;
/// Of the variants, this share is comments (0.2 of all at the default variant share of 0.3).
const COMMENT_SHARE: f64 = 0.67;

const VIEWS: usize = 0;
const LIKES: usize = 1;
const COMMENTS: usize = 2;

/// A plateau of likes with an exponential tail while views stay what they are.
pub(crate) fn like_only_inflation(scene: &mut Scene<'_>) -> Plan {
    let main = scene.place();
    let mut plan = Plan::new(scene, main.start + main.len() / 2);
    let variant = scene.habits.chance(scene.law.variant_share * COMMENT_SHARE);
    let comments = scene.observed(COMMENTS) && (variant || !scene.observed(LIKES));
    if comments {
        plan.weights.swap(LIKES, COMMENTS);
    }
    let other = if comments { LIKES } else { COMMENTS };
    // Likes are sold without views; what comes along is mostly next to nothing.
    let views = scene.habits.uniform();
    plan.weights[VIEWS] *= views * views * views;
    plan.weights[other] *= scene.habits.uniform();
    let factor = if comments { COMMENT_FACTOR } else { 1.0 };
    let excess = scene.excess() * factor;
    if comments {
        scene.intensity = 1.0 + excess;
    }
    let rise_hours = scene.habits.between(1.0, 2.0);
    let tail_hours = scene.habits.between(2.0, 6.0);
    let rise = scene.steps_or_none(rise_hours);
    let plateau_end = main.end;
    plan.trapezoid(main, (rise, 0), excess);
    plan.tail(plateau_end, tail_hours / scene.hours(1), excess);
    plan
}
