//! The added rate of one attack before anything is drawn.

use std::ops::Range;

use super::scene::Scene;
use crate::simulate::account::N_METRICS;

/// Tails end where they fall below this share of their peak.
const TAIL_END: f64 = 0.03;

/// Views that weigh less than this share of the heaviest metric are not what was bought.
const BY_PRODUCT: f64 = 0.5;

/// What an operator means to add at each step: a multiple of the expected count (`A - 1` at the
/// peak), or a level in account means for the attacks that [add one](super::law::adds_level).
#[derive(Debug)]
pub(crate) struct Plan {
    /// The added multiple or level at each open step.
    shape: Vec<f32>,
    /// The step that `shape` begins with.
    origin: usize,
    /// From the first to behind the last step, counted from `origin`, with anything added.
    active: Range<usize>,
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
    /// Nothing, over the open steps of a scene.
    pub(crate) fn new(scene: &mut Scene<'_>, core: usize) -> Self {
        let mut shape = std::mem::take(&mut scene.shape);
        shape.clear();
        shape.resize(scene.open.len(), 0.0);
        Self {
            shape,
            origin: scene.open.start,
            active: 0..0,
            weights: scene.strength.weights,
            delays: [0; N_METRICS],
            steady: false,
            coupled: false,
            core,
        }
    }

    /// First step with anything added, and what is added from there on.
    pub(crate) fn orders(&self) -> (usize, &[f32]) {
        let first = self.origin + self.active.start;
        (first, &self.shape[self.active.clone()])
    }

    /// The buffer, for the next account.
    pub(crate) fn into_shape(self) -> Vec<f32> {
        self.shape
    }

    /// What is added at a step.
    pub(crate) fn at(&self, step: usize) -> f32 {
        let slot = step.checked_sub(self.origin);
        slot.and_then(|t| self.shape.get(t)).copied().unwrap_or(0.0)
    }

    /// These steps, as far as they are open, to be written to.
    pub(crate) fn span(&mut self, steps: Range<usize>) -> &mut [f32] {
        let slot = |step: usize| step.saturating_sub(self.origin).min(self.shape.len());
        let (start, end) = (slot(steps.start), slot(steps.end));
        if start >= end {
            return &mut [];
        }
        self.active = if self.active.is_empty() {
            start..end
        } else {
            self.active.start.min(start)..self.active.end.max(end)
        };
        &mut self.shape[start..end]
    }

    /// Raises steps to at least `height`: overlapping orders do not add up, the higher one counts.
    pub(crate) fn lift(&mut self, steps: Range<usize>, height: f64) {
        let height = height as f32;
        for value in self.span(steps) {
            *value = value.max(height);
        }
    }

    /// Adds to one step.
    pub(crate) fn add(&mut self, step: usize, amount: f64) {
        for value in self.span(step..step + 1) {
            *value += amount as f32;
        }
    }

    /// Raises the shape to `height` over `plateau`, with ramps of `rise` and `fall` steps outside it.
    pub(crate) fn trapezoid(
        &mut self,
        plateau: Range<usize>,
        (rise, fall): (usize, usize),
        height: f64,
    ) {
        let (start, end) = (plateau.start, plateau.end);
        for step in 1..=rise.min(start) {
            let share = 1.0 - step as f64 / (rise + 1) as f64;
            self.lift(start - step..start - step + 1, height * share);
        }
        self.lift(plateau, height);
        for step in 0..fall {
            let share = 1.0 - (step + 1) as f64 / (fall + 1) as f64;
            self.lift(end + step..end + step + 1, height * share);
        }
    }

    /// An exponential tail of `steps` mean length from `from` on.
    pub(crate) fn tail(&mut self, from: usize, steps: f64, height: f64) {
        let decay = libm::exp(-1.0 / steps);
        let mut share = decay;
        let end = self.origin + self.shape.len();
        for step in from..end {
            if share < TAIL_END {
                break;
            }
            self.lift(step..step + 1, height * share);
            share *= decay;
        }
    }

    /// Metrics that the attack buys, the one that stands for the intensity first: views, unless
    /// they are a by-product.
    pub(crate) fn metrics(&self) -> impl Iterator<Item = usize> {
        let weights = self.weights;
        let heaviest = weights.iter().copied().fold(0.0, f64::max);
        let views_lead = weights[0] >= BY_PRODUCT * heaviest;
        let rank = |m: usize| match m {
            0 if views_lead => f64::INFINITY,
            _ => weights[m],
        };
        let mut metrics: [usize; N_METRICS] = std::array::from_fn(|m| m);
        metrics.sort_by(|&a, &b| rank(b).total_cmp(&rank(a)));
        metrics.into_iter().filter(move |&m| weights[m] > 0.0)
    }

    /// Delays likes, comments and shares as far as the open part of the series allows; short delays
    /// are the common ones.
    pub(crate) fn delay_metrics(&mut self, scene: &mut Scene<'_>, longest_hours: f64) {
        let room = self.shape.len().saturating_sub(self.active.end.max(1));
        for m in 1..N_METRICS {
            let u = scene.habits.uniform();
            self.delays[m] = scene.steps_or_none(longest_hours * u * u * u).min(room);
        }
    }
}
