//! Attacks into series that already exist.
//!
//! A simulated account knows its smooth expected counts; a user's series does not. Where the caller
//! has a fitted expectation it is used; elsewhere (series too short to fit) a centred running level
//! times an hour-of-day factor stands in. Both come from trimmed means: a median of small counts
//! is 0 for most hours and would leave nothing to multiply.

use super::{Attacked, Order, Place, Scratch, carry_out};
use crate::simulate::account::{N_METRICS, Organic};

/// Hours that the running level looks at.
const LEVEL_HOURS: f64 = 168.0;
/// Steps that the running level looks at, at least.
const LEVEL_STEPS: usize = 7;
/// Share cut off at either end before a mean is taken.
const TRIM: f64 = 0.1;
/// Accounts with more idle steps than this are dormant: an order is of a usual size for them.
const DORMANT_SHARE: f64 = 0.8;
/// Part of a typical account's mean that an order on a dormant one is measured by.
const DORMANT_MEAN: f64 = 0.25;
/// Other places that are tried where the first one has no reading.
const TRIES: u64 = 16;

/// One account's own series and what is known about it.
#[derive(Debug)]
pub struct Series<'a> {
    /// Readings of each metric by step; empty where the metric is absent. NaN = missing.
    pub counts: [&'a [f32]; N_METRICS],
    /// Fitted expectation like `counts`; NaN or empty where there is none.
    pub expected: [&'a [f32]; N_METRICS],
    /// Mean per step of a typical account of the same batch.
    pub typical: [f64; N_METRICS],
    /// Hour of the day of step 0.
    pub start_hour: usize,
    /// Day of the week of step 0, Monday = 0.
    pub start_weekday: usize,
}

/// Carries out an order on an existing series; `None` where no reading lies where the attack acts.
///
/// Missing readings stay missing.
#[must_use]
pub fn inject(order: &Order<'_>, series: &Series<'_>) -> Option<([Vec<f32>; N_METRICS], Attacked)> {
    let stand_in = StandIn::new(series, order.placement.hours_per_step);
    let organic = stand_in.organic(series);
    let mut scratch = Scratch::default();
    let free = order.placement.place == Place::Anywhere && order.cohort.is_none();
    for attempt in 0..if free { TRIES } else { 1 } {
        let mut order = order.clone();
        // The upper half of the index is free: panels hold fewer than 2^32 accounts.
        order.index |= attempt << 32;
        let mut counts = series.counts.map(<[f32]>::to_vec);
        let parts = counts.each_mut().map(Vec::as_mut_slice);
        let attacked = carry_out(&order, &organic, parts, &mut scratch);
        let differs = |(after, before): (&f32, &f32)| after != before && !before.is_nan();
        if (0..N_METRICS).any(|m| counts[m].iter().zip(series.counts[m]).any(differs)) {
            return Some((counts, attacked));
        }
    }
    None
}

/// What attacks have to know about an account and a series does not say.
struct StandIn {
    expected: [Vec<f32>; N_METRICS],
    mean: [f64; N_METRICS],
    day_curve: [f64; 24],
}

impl StandIn {
    fn new(series: &Series<'_>, hours_per_step: f64) -> Self {
        let levels = series.counts.map(|c| running_level(c, hours_per_step));
        let busiest = (0..N_METRICS)
            .max_by(|&a, &b| total(series.counts[a]).total_cmp(&total(series.counts[b])))
            .unwrap_or(0);
        let hour = |t: usize| {
            let hour = series.start_hour as f64 + t as f64 * hours_per_step;
            (hour.rem_euclid(24.0) as usize).min(23)
        };
        let day_curve = day_curve(
            series.counts[busiest],
            &levels[busiest],
            hours_per_step,
            hour,
        );
        let expected = std::array::from_fn(|m| {
            levels[m]
                .iter()
                .enumerate()
                .map(|(t, level)| match series.expected[m].get(t) {
                    Some(fitted) if fitted.is_finite() => *fitted,
                    _ => (level * day_curve[hour(t)]) as f32,
                })
                .collect()
        });
        Self {
            expected,
            mean: std::array::from_fn(|m| usual_mean(series.counts[m], series.typical[m])),
            day_curve,
        }
    }

    /// The account as attacks see it.
    fn organic<'a>(&'a self, series: &Series<'a>) -> Organic<'a> {
        Organic {
            start_hour: series.start_hour,
            start_weekday: series.start_weekday,
            expected: self.expected.each_ref().map(Vec::as_slice),
            factor: [1.0; N_METRICS],
            counts: series.counts,
            mean: self.mean,
            day_curve: self.day_curve,
        }
    }
}

fn observed(counts: &[f32]) -> impl Iterator<Item = f64> {
    // Corrections are not activity.
    counts
        .iter()
        .filter(|c| c.is_finite())
        .map(|&c| f64::from(c).max(0.0))
}

fn total(counts: &[f32]) -> f64 {
    observed(counts).sum()
}

/// Mean per observed step; for dormant accounts at least a part of a typical one's.
fn usual_mean(counts: &[f32], typical: f64) -> f64 {
    let n = observed(counts).count();
    if n == 0 {
        return 0.0;
    }
    let mean = total(counts) / n as f64;
    let idle = observed(counts).filter(|&c| c == 0.0).count() as f64;
    if idle > DORMANT_SHARE * n as f64 {
        return mean.max(DORMANT_MEAN * typical);
    }
    mean
}

fn trimmed_mean(values: &mut [f64]) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    values.sort_by(f64::total_cmp);
    let cut = (values.len() as f64 * TRIM) as usize;
    let kept = &values[cut..values.len() - cut];
    kept.iter().sum::<f64>() / kept.len() as f64
}

/// Trimmed mean of a week around each step, at whole days of it so that every hour counts alike.
fn running_level(counts: &[f32], hours_per_step: f64) -> Vec<f64> {
    let half = ((0.5 * LEVEL_HOURS / hours_per_step) as usize).max(LEVEL_STEPS / 2);
    // The level moves slowly against its window; every 16th part of it is exact enough.
    let stride = (half / 8).max(1);
    let knots: Vec<f64> = (0..counts.len())
        .step_by(stride)
        .map(|t| {
            // Near an end the window keeps its length and leans inwards.
            let end = (t + half + 1).max(2 * half + 1).min(counts.len());
            let start = end.saturating_sub(2 * half + 1).min(t.saturating_sub(half));
            trimmed_mean(&mut observed(&counts[start..end]).collect::<Vec<_>>())
        })
        .collect();
    (0..counts.len())
        .map(|t| {
            let (k, share) = (t / stride, (t % stride) as f64 / stride as f64);
            let next = knots.get(k + 1).copied().unwrap_or(knots[k]);
            knots[k] * (1.0 - share) + next * share
        })
        .collect()
}

/// Mean-one factor of each hour of the day; flat where there are fewer than two days or no hours.
fn day_curve(
    counts: &[f32],
    level: &[f64],
    hours_per_step: f64,
    hour: impl Fn(usize) -> usize,
) -> [f64; 24] {
    const FLAT: [f64; 24] = [1.0; 24];
    if hours_per_step > 6.0 || counts.len() as f64 * hours_per_step < 48.0 {
        return FLAT;
    }
    let mut by_hour: [Vec<f64>; 24] = std::array::from_fn(|_| Vec::new());
    for (t, (&count, &level)) in counts.iter().zip(level).enumerate() {
        if count.is_finite() && level > 0.0 {
            by_hour[hour(t)].push(f64::from(count).max(0.0) / level);
        }
    }
    let raw: Vec<Option<f64>> = by_hour
        .iter_mut()
        .map(|values| (!values.is_empty()).then(|| trimmed_mean(values)))
        .collect();
    // Steps longer than an hour leave hours without a reading: they take the last one's factor.
    let Some(mut last) = raw.iter().rev().find_map(|&r| r) else {
        return FLAT;
    };
    let mut curve = FLAT;
    for (factor, value) in curve.iter_mut().zip(raw) {
        last = value.unwrap_or(last);
        *factor = last;
    }
    let mean = curve.iter().sum::<f64>() / 24.0;
    if mean > 0.0 {
        curve.map(|factor| factor / mean)
    } else {
        FLAT
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attack::{Attack, AttackLaw, Placement};

    fn order(law: &AttackLaw) -> Order<'_> {
        Order {
            attack: Attack::SingleSpike,
            law,
            cohort: None,
            seed: 1,
            index: 0,
            placement: Placement::default(),
        }
    }

    fn series(counts: [&[f32]; N_METRICS]) -> Series<'_> {
        Series {
            counts,
            expected: [&[]; N_METRICS],
            typical: [100.0; N_METRICS],
            start_hour: 5,
            start_weekday: 2,
        }
    }

    #[test]
    fn the_stand_in_follows_level_and_day() {
        let truth = |t: usize| {
            let level = if t < 400 { 100.0 } else { 300.0 };
            level * (1.0 + 0.5 * libm::sin(t as f64 * std::f64::consts::TAU / 24.0))
        };
        let mut views: Vec<f32> = (0..800).map(|t| truth(t) as f32).collect();
        views[200] = 1e6;
        views[201] = f32::NAN;
        let organic = StandIn::new(&series([&views, &[], &[], &[]]), 1.0);
        for t in (0..300).chain(500..800) {
            let ratio = f64::from(organic.expected[0][t]) / truth(t);
            assert!((0.75..1.35).contains(&ratio), "step {t}: {ratio}");
        }
        let sum: f64 = organic.day_curve.iter().sum();
        assert!((sum - 24.0).abs() < 1e-9);
    }

    #[test]
    fn absent_metrics_and_missing_readings_stay_as_they_are() {
        let law = AttackLaw::default();
        let mut likes = vec![20.0; 200];
        likes[150..].fill(f32::NAN);
        let (counts, _) = inject(&order(&law), &series([&[], &likes, &[], &[]])).unwrap();
        assert!(counts[0].is_empty() && counts[2].is_empty());
        assert!(counts[1][150..].iter().all(|c| c.is_nan()));
        assert!(counts[1][..150].iter().any(|&c| c > 20.0));
    }

    #[test]
    fn nothing_observed_is_none_and_little_observed_is_found() {
        let law = AttackLaw::default();
        let mut views = vec![f32::NAN; 200];
        assert!(inject(&order(&law), &series([&views, &[], &[], &[]])).is_none());
        assert!(inject(&order(&law), &series([&[]; 4])).is_none());
        views[60..140].fill(3.0);
        for index in 0..20 {
            let mut order = order(&law);
            order.index = index;
            assert!(inject(&order, &series([&views, &[], &[], &[]])).is_some());
        }
    }
}
