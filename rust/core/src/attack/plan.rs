//! The added rate of one attack before anything is drawn.

use std::ops::Range;

use super::scene::Scene;
use crate::simulate::account::N_METRICS;

/// Tails end where they fall below this share of their peak.
const TAIL_END: f64 = 0.03;

/// Views that weigh less than this share of the heaviest metric are not what was bought.
const BY_PRODUCT: f64 = 0.5;

/// What an operator means to add: a gain on the expected count and a level in account means.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// Added multiple of the expected count at each step (`A - 1` at the peak).
    pub(crate) excess: Vec<f64>,
    /// Added level at each step, in account means.
    pub(crate) level: Vec<f64>,
    /// Weight of each metric.
    pub(crate) weights: [f64; N_METRICS],
    /// Steps by which each metric starts later.
    pub(crate) delays: [usize; N_METRICS],
    /// Delivered by a machine at an even rate: no noise but that of counting.
    pub(crate) steady: bool,
    /// All metrics together, as organic ones are: no spread of the gain over the metrics.
    pub(crate) coupled: bool,
    /// The step where the attack lives, for an order too small to be drawn.
    pub(crate) core: usize,
}

impl Plan {
    pub(crate) fn new(scene: &Scene<'_>, core: usize) -> Self {
        Self {
            excess: vec![0.0; scene.n_steps],
            level: vec![0.0; scene.n_steps],
            weights: scene.strength.weights,
            delays: [0; N_METRICS],
            steady: false,
            coupled: false,
            core,
        }
    }

    /// Metrics that the attack buys, the one that stands for the intensity first: views, unless
    /// they are a by-product.
    pub(crate) fn metrics(&self) -> Vec<usize> {
        let heaviest = self.weights.iter().copied().fold(0.0, f64::max);
        let views_lead = self.weights[0] >= BY_PRODUCT * heaviest;
        let rank = |m: usize| match m {
            0 if views_lead => f64::INFINITY,
            _ => self.weights[m],
        };
        let mut metrics: Vec<usize> = (0..N_METRICS).filter(|&m| self.weights[m] > 0.0).collect();
        metrics.sort_by(|&a, &b| rank(b).total_cmp(&rank(a)));
        metrics
    }

    /// Delays likes, comments and shares as far as the open part of the series allows; short delays
    /// are the common ones.
    pub(crate) fn delay_metrics(&mut self, scene: &mut Scene<'_>, longest_hours: f64) {
        let active = |&t: &usize| self.excess[t] > 0.0 || self.level[t] > 0.0;
        let last = (0..scene.n_steps).rev().find(active).unwrap_or(0);
        let room = scene.open.end.saturating_sub(last + 1);
        for m in 1..N_METRICS {
            let u = scene.habits.uniform();
            self.delays[m] = scene.steps_or_none(longest_hours * u * u * u).min(room);
        }
    }
}

/// Raises `shape` to `height` over `plateau`, with ramps of `rise` and `fall` steps outside it.
/// Overlapping orders do not add up: the higher one counts.
pub(crate) fn trapezoid(
    shape: &mut [f64],
    plateau: Range<usize>,
    (rise, fall): (usize, usize),
    height: f64,
) {
    for step in 1..=rise.min(plateau.start) {
        let share = 1.0 - step as f64 / (rise + 1) as f64;
        lift(shape, plateau.start - step, height * share);
    }
    let end = plateau.end;
    for step in plateau {
        lift(shape, step, height);
    }
    for step in 0..fall {
        let share = 1.0 - (step + 1) as f64 / (fall + 1) as f64;
        lift(shape, end + step, height * share);
    }
}

/// An exponential tail of `steps` mean length from `from` on.
pub(crate) fn tail(shape: &mut [f64], from: usize, steps: f64, height: f64) {
    for (age, value) in shape.iter_mut().skip(from).enumerate() {
        let share = libm::exp(-(age as f64 + 1.0) / steps);
        if share < TAIL_END {
            break;
        }
        *value = value.max(height * share);
    }
}

fn lift(shape: &mut [f64], step: usize, height: f64) {
    if let Some(value) = shape.get_mut(step) {
        *value = value.max(height);
    }
}
