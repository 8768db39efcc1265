//! From a planned rate to whole counts.

use super::plan::Plan;
use super::purpose;
use super::scene::Scene;
use crate::rng::Stream;
use crate::simulate::account::{N_METRICS, Organic};

/// Order sizes that panels sell; an order is rounded to the largest that is at most half of it.
const ROUND_SIZES: [f64; 6] = [10_000.0, 1000.0, 500.0, 100.0, 50.0, 10.0];

/// What was added to each metric at each step.
pub(crate) type Delivered = [Vec<f64>; N_METRICS];

/// Draws the planned counts, adds them and says what was added.
pub(crate) fn deliver(
    scene: &Scene<'_>,
    plan: &Plan,
    counts: &mut [Vec<f32>; N_METRICS],
) -> Delivered {
    let rates = noisy_rates(scene, plan);
    std::array::from_fn(|m| {
        let mut draw = Stream::new(scene.seed, scene.index, purpose::DELIVERY + m as u64);
        let round = draw.chance(scene.law.round_orders);
        let added = if round {
            round_order(&mut draw, &rates[m])
        } else {
            rates[m]
                .iter()
                .map(|&rate| draw_count(&mut draw, rate, scene.law.dispersion))
                .collect()
        };
        for (count, &extra) in counts[m].iter_mut().zip(&added) {
            if extra != 0.0 {
                *count = (f64::from(*count) + extra) as f32;
            }
        }
        added
    })
}

/// Planned rate of each metric, with the noise of the delivery; 0 outside the open steps.
fn noisy_rates(scene: &Scene<'_>, plan: &Plan) -> Delivered {
    let law = scene.law;
    let [shared_sd, own_sd] = if plan.steady {
        [0.0, 0.0]
    } else {
        [law.edge_jitter, law.extra_noise]
    };
    let mut stream = Stream::new(scene.seed, scene.index, purpose::HOUR_NOISE);
    let open = scene.open.clone();
    let shared: Vec<f64> = open
        .clone()
        .map(|t| {
            let active = plan.excess[t] > 0.0 || plan.level[t] > 0.0;
            mean_one_log_normal(&mut stream, if active { shared_sd } else { 0.0 })
        })
        .collect();
    let lead = plan.metrics().first().copied();
    std::array::from_fn(|m| {
        let mut rates = vec![0.0; counts_len(scene, m)];
        let key = purpose::METRIC_NOISE + m as u64;
        let mut noise = Stream::new(scene.seed, scene.index, key);
        let spread = mean_one_log_normal(&mut noise, law.coupling_sd);
        let weight = plan.weights[m]
            * if plan.coupled || Some(m) == lead {
                1.0
            } else {
                spread
            };
        if weight <= 0.0 {
            return rates;
        }
        let mean = finite_or_zero(scene.organic.mean[m]);
        let floor = law.floor_share * mean;
        for t in open.clone() {
            // An order is placed for a step; its later metrics arrive `delay` steps after.
            let Some(ordered) = t.checked_sub(plan.delays[m]).filter(|o| open.contains(o)) else {
                continue;
            };
            let (excess, level) = (plan.excess[ordered], plan.level[ordered]);
            if (excess <= 0.0 && level <= 0.0) || t >= rates.len() {
                continue;
            }
            let expected = scene.organic.expected[m].get(t).copied().unwrap_or(0.0);
            let base = finite_or_zero(expected).max(floor);
            let blur = shared[ordered - open.start] * mean_one_log_normal(&mut noise, own_sd);
            rates[t] = (base * excess + mean * level) * weight * blur;
        }
        rates
    })
}

fn counts_len(scene: &Scene<'_>, m: usize) -> usize {
    scene.organic.counts[m].len()
}

fn finite_or_zero(value: f64) -> f64 {
    if value.is_finite() {
        value.max(0.0)
    } else {
        0.0
    }
}

/// Log-normal of mean 1, so that noise does not change the size of an order; 1 without a draw at 0.
fn mean_one_log_normal(stream: &mut Stream, sd: f64) -> f64 {
    if sd <= 0.0 {
        return 1.0;
    }
    libm::exp(sd * stream.normal() - 0.5 * sd * sd)
}

fn draw_count(stream: &mut Stream, rate: f64, dispersion: f64) -> f64 {
    if rate <= 0.0 {
        return 0.0;
    }
    if dispersion > 0.0 {
        stream.negative_binomial(rate, 1.0 / dispersion)
    } else {
        stream.poisson(rate)
    }
}

/// Exactly a round number of actions, spread over the steps as the rates say: Poisson counts under
/// the condition of their sum.
fn round_order(stream: &mut Stream, rates: &[f64]) -> Vec<f64> {
    let mut rest: f64 = rates.iter().sum();
    let unit = ROUND_SIZES.into_iter().find(|&size| size <= 0.5 * rest);
    let mut left = match unit {
        Some(unit) => (rest / unit).round() * unit,
        None => stream.poisson(rest),
    };
    let last = rates.iter().rposition(|&rate| rate > 0.0);
    rates
        .iter()
        .enumerate()
        .map(|(t, &rate)| {
            if rate <= 0.0 {
                return 0.0;
            }
            // Rounding of the running sum must not lose the last actions.
            let share = if Some(t) == last { 1.0 } else { rate / rest };
            let k = stream.binomial(left, share);
            rest -= rate;
            left -= k;
            k
        })
        .collect()
}

/// Cuts added likes so that an hour that had no more likes than views keeps it so.
pub(crate) fn keep_likes_within_views(organic: &Organic, counts: &mut [Vec<f32>; N_METRICS]) {
    let [views, likes, ..] = counts;
    let clean = organic.counts[0].iter().zip(&organic.counts[1]);
    for ((view, like), (clean_view, clean_like)) in views.iter().zip(likes).zip(clean) {
        if clean_like <= clean_view && *like > *view {
            *like = *view;
        }
    }
}

/// Puts a minimum order where the attack lives if nothing that was drawn shows.
pub(crate) fn ensure_change(scene: &Scene<'_>, plan: &Plan, counts: &mut [Vec<f32>; N_METRICS]) {
    let clean = &scene.organic.counts;
    let differs = |counts: &[Vec<f32>; N_METRICS]| {
        (0..N_METRICS).any(|m| {
            let pairs = counts[m].iter().zip(&clean[m]);
            pairs.into_iter().any(|(a, b)| a != b && !b.is_nan())
        })
    };
    if differs(counts) {
        return;
    }
    for m in plan.metrics() {
        let nearest = scene
            .open
            .clone()
            .filter(|&t| counts[m].get(t).is_some_and(|c| c.is_finite()))
            .min_by_key(|&t| t.abs_diff(plan.core));
        let Some(t) = nearest else { continue };
        // One action; more only where a float of that size cannot tell one apart.
        let mut extra = 1.0;
        while counts[m][t] == clean[m][t] && extra < 1e30 {
            counts[m][t] = (f64::from(clean[m][t]) + extra) as f32;
            extra *= 2.0;
        }
        return;
    }
}
