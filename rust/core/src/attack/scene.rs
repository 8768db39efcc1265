//! Where an attack may act and how strong it is: the part that all kinds share.

use std::ops::Range;

use super::law::{AttackLaw, Strength, adds_level};
use super::{Attack, Order, Place, purpose};
use crate::rng::Stream;
use crate::simulate::account::Organic;

/// Mean views per hour at which `size_exponent` leaves the gain as it is.
const REFERENCE_VIEWS: f64 = 100.0;
/// Part of a series too short for `clean_hours` that an attack may span: 96 of 168 hours.
const SHORT_SERIES_SHARE: f64 = 4.0 / 7.0;

/// One attack about to happen to one account.
#[derive(Debug)]
pub(crate) struct Scene<'a> {
    pub(crate) attack: Attack,
    pub(crate) organic: &'a Organic<'a>,
    pub(crate) law: &'a AttackLaw,
    pub(crate) strength: &'a Strength,
    /// Peak multiplier or added level, as reported.
    pub(crate) intensity: f64,
    /// Steps that the attack may be placed in.
    pub(crate) region: Range<usize>,
    /// Steps outside which nothing may change.
    pub(crate) open: Range<usize>,
    /// Times: the cohort's where there is one.
    pub(crate) timing: Stream,
    /// The account's own choices.
    pub(crate) habits: Stream,
    /// Whether this account follows a cohort's clock.
    pub(crate) shares_clock: bool,
    /// A buffer for the plan.
    pub(crate) shape: Vec<f32>,
    pub(crate) seed: u64,
    pub(crate) index: u64,
    hours_per_step: f64,
    /// The attack is to fill `open` from end to end.
    fill: bool,
}

impl<'a> Scene<'a> {
    /// `shape` is a buffer whose contents do not matter.
    pub(crate) fn open(order: &Order<'a>, organic: &'a Organic<'_>, shape: Vec<f32>) -> Self {
        let lengths = organic.counts.iter().map(|counts| counts.len());
        let n_steps = lengths.max().unwrap_or(0);
        let cohort = order.cohort.filter(|_| order.attack.may_share_clock());
        let mut timing = match cohort {
            Some(clock) => Stream::new(clock.seed, clock.cohort, purpose::COHORT_CLOCK),
            None => Stream::new(order.seed, order.index, purpose::TIMING),
        };
        let mut habits = Stream::new(order.seed, order.index, purpose::HABITS);
        let strength = order.law.strength(order.attack);
        // A spike is short and a sleeper idle first by their nature.
        let spans_days = !matches!(
            order.attack,
            Attack::SingleSpike | Attack::SleeperReactivation
        );
        let whole = timing.chance(order.law.full_length_share) && spans_days;
        let within = |range: &Range<usize>| {
            let start = range.start.min(n_steps);
            start..range.end.clamp(start, n_steps)
        };
        let (region, fill) = match &order.placement.place {
            Place::Anywhere => (0..n_steps, whole),
            Place::Within(range) => (within(range), whole),
            Place::Fill(range) => (within(range), true),
        };
        let drawn = relative_intensity(order, organic, &mut habits);
        Self {
            attack: order.attack,
            organic,
            law: order.law,
            strength,
            intensity: order.placement.intensity.unwrap_or(drawn),
            open: region.clone(),
            region,
            timing,
            habits,
            shares_clock: cohort.is_some(),
            shape,
            seed: order.seed,
            index: order.index,
            hours_per_step: order.placement.hours_per_step,
            fill,
        }
    }

    /// Whether a metric has at least one reading.
    pub(crate) fn observed(&self, metric: usize) -> bool {
        self.organic.counts[metric].iter().any(|c| !c.is_nan())
    }

    /// `A - 1` of a multiplier.
    pub(crate) fn excess(&self) -> f64 {
        (self.intensity - 1.0).max(0.0)
    }

    /// Whole steps in a number of hours, at least one.
    pub(crate) fn steps(&self, hours: f64) -> usize {
        ((hours / self.hours_per_step).round() as usize).max(1)
    }

    /// Whole steps in a number of hours, possibly none.
    pub(crate) fn steps_or_none(&self, hours: f64) -> usize {
        (hours / self.hours_per_step).round() as usize
    }

    /// Hours from one step to another.
    pub(crate) fn hours(&self, steps: usize) -> f64 {
        steps as f64 * self.hours_per_step
    }

    /// Steps per day; below 4 there is no daily curve to speak of.
    pub(crate) fn steps_per_day(&self) -> f64 {
        24.0 / self.hours_per_step
    }

    /// The account's daily curve at a step, moved later by `shift` hours.
    pub(crate) fn day_curve(&self, step: usize, shift: f64) -> f64 {
        if self.steps_per_day() < 4.0 {
            return 1.0;
        }
        let hour = self.organic.start_hour as f64 + self.hours(step) - shift;
        self.organic.day_curve[(hour.rem_euclid(24.0) as usize).min(23)]
    }

    /// [`Self::day_curve`] at each of these steps.
    pub(crate) fn day_curves(&self, steps: Range<usize>, shift: f64, out: &mut [f32]) {
        if self.hours_per_step == 1.0 {
            let first = (self.hour_of_day(steps.start) - shift).rem_euclid(24.0);
            let mut curve = self.organic.day_curve.map(|factor| factor as f32);
            curve.rotate_left(first as usize % 24);
            for day in out.chunks_mut(24) {
                day.copy_from_slice(&curve[..day.len()]);
            }
            return;
        }
        for (step, value) in steps.zip(out) {
            *value = self.day_curve(step, shift) as f32;
        }
    }

    /// Hour of the day of a step, on the platform's clock.
    pub(crate) fn hour_of_day(&self, step: usize) -> f64 {
        (self.organic.start_hour as f64 + self.hours(step)).rem_euclid(24.0)
    }

    /// Day of the week of a step, Monday = 0.
    pub(crate) fn weekday(&self, step: usize) -> usize {
        let days = (self.organic.start_hour as f64 + self.hours(step)) / 24.0;
        (self.organic.start_weekday + days as usize) % 7
    }

    /// The most steps that an attack may span so that clean days are left.
    pub(crate) fn longest(&self) -> usize {
        let n = self.region.len();
        let clean = (self.law.clean_hours / self.hours_per_step).ceil() as usize;
        let enough = (1.0 - SHORT_SERIES_SHARE) * self.hours(n);
        let steps = if enough >= self.law.clean_hours {
            n.saturating_sub(clean)
        } else {
            (n as f64 * SHORT_SERIES_SHARE) as usize
        };
        steps.clamp(1, n.max(1))
    }

    /// Draws the length of the attack from its law and places it.
    pub(crate) fn place(&mut self) -> Range<usize> {
        let hours = log_uniform(&mut self.timing, self.strength.hours);
        self.place_hours(hours)
    }

    /// Places an attack of `hours` at random; returns its steps and closes the rest of the series.
    ///
    /// A little room stays open before it for a ramp, and all that the clean days leave after it
    /// for tails and late metrics.
    pub(crate) fn place_hours(&mut self, hours: f64) -> Range<usize> {
        let u = self.timing.uniform();
        if self.fill {
            return self.open.clone();
        }
        let longest = self.longest();
        let lead = self.steps_or_none(self.law.edge_hours).min(longest / 4);
        let length = self
            .steps(hours * self.law.duration_scale)
            .min(longest - lead);
        let places = (self.region.len() + 1).saturating_sub(length);
        let start = self.region.start + (u * places as f64) as usize;
        self.close(start, length, lead)
    }

    /// Opens only the surroundings of `length` steps from `start`.
    pub(crate) fn close(&mut self, start: usize, length: usize, lead: usize) -> Range<usize> {
        let first = start.saturating_sub(lead).max(self.region.start);
        self.open = first..(first + self.longest()).min(self.region.end);
        start..(start + length).min(self.open.end)
    }

    /// Whether the whole of `open` is to be filled.
    pub(crate) fn fills(&self) -> bool {
        self.fill
    }

    /// Steps of the two ramps: none for hard edges.
    pub(crate) fn edges(&mut self) -> (usize, usize) {
        let hard = self.habits.chance(self.law.hard_edge_share);
        let [rise, fall] = [self.habits.uniform(), self.habits.uniform()];
        if hard {
            return (0, 0);
        }
        let steps = |u: f64| self.steps_or_none(self.law.edge_hours * u);
        (steps(rise), steps(fall))
    }
}

fn relative_intensity(order: &Order<'_>, organic: &Organic<'_>, habits: &mut Stream) -> f64 {
    let law = order.law;
    let drawn = log_uniform(habits, law.strength(order.attack).intensity);
    let views = organic.mean[0] / order.placement.hours_per_step;
    let size = if views > 0.0 {
        libm::pow(views / REFERENCE_VIEWS, -law.size_exponent).clamp(0.5, 2.0)
    } else {
        1.0
    };
    if adds_level(order.attack) {
        drawn * law.gain * size
    } else {
        1.0 + (drawn - 1.0) * law.gain * size
    }
}

/// Log-uniform on `[low, high]`.
pub(crate) fn log_uniform(stream: &mut Stream, [low, high]: [f64; 2]) -> f64 {
    let u = stream.uniform();
    if low <= 0.0 {
        return low + (high - low) * u;
    }
    low * libm::pow(high / low, u)
}
