//! The 14 special organic events that look like fraud and are none.

use super::law::ScenarioLaw;
use super::platform::Platform;
use super::profile::Diaspora;
use super::workspace::Course;
use super::{pulse, purpose};
use crate::attack::Corrections;
use crate::rng::Stream;

/// A special organic event of one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scenario {
    /// A post takes off and relaxes over days.
    ViralHit,
    /// The world's news hits the account within an hour, twice.
    NewsShock,
    /// Accounts of one owner rise together.
    SiblingSpillover,
    /// Somebody with a larger audience points here.
    ShoutOut,
    /// Near zero for hours, then catching up.
    OutageCatchUp,
    /// Posts on the hour at a fixed interval.
    ScheduledPosting,
    /// A second daily peak from the first hour on.
    DiasporaAudience,
    /// The public counter is corrected downwards.
    CounterCorrection,
    /// A slow second surge late in the series.
    LateResurfacing,
    /// One post asks for likes or comments.
    LikeBait,
    /// Idle for a week or more, then back.
    Comeback,
    /// Live sessions with sharp edges.
    LiveSession,
    /// The public counter freezes and catches up.
    CounterLag,
    /// Paid views with a low like rate, declared and lawful.
    LawfulPromotion,
}

/// What a scenario can see of its account.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) platform: &'a Platform,
    pub(super) law: &'a ScenarioLaw,
    pub(super) idle_level: f64,
    pub(super) start_hour: usize,
    pub(super) owner: Option<u64>,
    pub(super) seed: u64,
    pub(super) index: u64,
    pub(super) length: usize,
}

impl Scenario {
    /// All scenarios, in the order of their numbers.
    pub const ALL: [Self; 14] = [
        Self::ViralHit,
        Self::NewsShock,
        Self::SiblingSpillover,
        Self::ShoutOut,
        Self::OutageCatchUp,
        Self::ScheduledPosting,
        Self::DiasporaAudience,
        Self::CounterCorrection,
        Self::LateResurfacing,
        Self::LikeBait,
        Self::Comeback,
        Self::LiveSession,
        Self::CounterLag,
        Self::LawfulPromotion,
    ];

    /// Public name.
    pub fn name(self) -> &'static str {
        match self {
            Self::ViralHit => "viral_hit",
            Self::NewsShock => "news_shock",
            Self::SiblingSpillover => "sibling_spillover",
            Self::ShoutOut => "shout_out",
            Self::OutageCatchUp => "outage_catch_up",
            Self::ScheduledPosting => "scheduled_posting",
            Self::DiasporaAudience => "diaspora_audience",
            Self::CounterCorrection => "counter_correction",
            Self::LateResurfacing => "late_resurfacing",
            Self::LikeBait => "like_bait",
            Self::Comeback => "comeback",
            Self::LiveSession => "live_session",
            Self::CounterLag => "counter_lag",
            Self::LawfulPromotion => "lawful_promotion",
        }
    }

    fn weight(self, law: &ScenarioLaw) -> f64 {
        let w = &law.weights;
        match self {
            Self::ViralHit => w.viral_hit,
            Self::NewsShock => w.news_shock,
            Self::SiblingSpillover => w.sibling_spillover,
            Self::ShoutOut => w.shout_out,
            Self::OutageCatchUp => w.outage_catch_up,
            Self::ScheduledPosting => w.scheduled_posting,
            Self::DiasporaAudience => w.diaspora_audience,
            Self::CounterCorrection => w.counter_correction,
            Self::LateResurfacing => w.late_resurfacing,
            Self::LikeBait => w.like_bait,
            Self::Comeback => w.comeback,
            Self::LiveSession => w.live_session,
            Self::CounterLag => w.counter_lag,
            Self::LawfulPromotion => w.lawful_promotion,
        }
    }

    /// Weight of siblings among all scenarios; they are dealt as groups, not one by one.
    pub(super) fn share_of_siblings(law: &ScenarioLaw) -> f64 {
        let total: f64 = Self::ALL.iter().map(|s| s.weight(law)).sum();
        if total > 0.0 {
            Self::SiblingSpillover.weight(law) / total
        } else {
            0.0
        }
    }

    /// The scenario at place `u` of 0 to 1, siblings excepted; `None` when all weights are 0.
    pub(super) fn pick(law: &ScenarioLaw, u: f64) -> Option<Self> {
        let single = || {
            Self::ALL
                .into_iter()
                .filter(|s| *s != Self::SiblingSpillover)
        };
        let total: f64 = single().map(|s| s.weight(law)).sum();
        let mut left = u * total;
        let mut last = None;
        for scenario in single().filter(|s| s.weight(law) > 0.0) {
            left -= scenario.weight(law);
            last = Some(scenario);
            if left < 0.0 {
                break;
            }
        }
        last
    }

    /// The second audience of an account with this scenario.
    pub(super) fn diaspora(self, seed: u64, index: u64) -> Option<Diaspora> {
        if self != Self::DiasporaAudience {
            return None;
        }
        // A purpose of its own, because the course draws from the scenario's stream.
        let mut s = Stream::new(seed, index, purpose::DIASPORA);
        let share = s.between(0.25, 0.5) as f32;
        Some((share, 6 + s.below(13)))
    }

    /// Draws what the scenario does to the account's rates; `course` comes as one that does nothing.
    pub(super) fn bend(self, scene: &Scene<'_>, course: &mut Course) {
        let n = scene.length;
        let end = n as f64;
        let gain = scene.law.gain;
        let mut s = Stream::new(scene.seed, scene.index, purpose::SCENARIO);
        let excess = &mut course.excess;
        match self {
            Self::ViralHit => {
                let (at, rise) = (s.between(0.05, 0.7) * end, s.between(3.0, 12.0));
                let (size, shift) = (gain * s.log_normal(15.0, 0.7), s.between(36.0, 72.0));
                pulse::relaxing(excess, at, rise, size, shift, s.between(1.5, 2.5));
            }
            Self::NewsShock => {
                let at = scene.platform.news[s.below(2)] + s.between(-1.0, 1.0);
                let size = gain * s.log_normal(3.5, 0.35);
                pulse::decaying(excess, at, 1.0, size, s.between(1.5, 4.0));
                let again = at + s.between(20.0, 60.0);
                let size = size * s.between(0.5, 1.3);
                pulse::decaying(excess, again, 2.0, size, s.between(2.0, 6.0));
            }
            Self::SiblingSpillover => {
                let owner = scene.owner.unwrap_or(scene.index);
                let mut shared = Stream::new(scene.seed, owner, purpose::OWNER);
                let at = shared.between(0.1, 0.8) * end;
                let size = gain * shared.log_normal(5.0, 0.4) * s.log_normal(1.0, 0.2);
                let (rise, shift) = (shared.between(2.0, 10.0), shared.between(12.0, 48.0));
                pulse::relaxing(excess, at, rise, size, shift, shared.between(0.9, 1.5));
            }
            Self::ShoutOut => {
                let (at, size) = (s.between(0.05, 0.9) * end, gain * s.log_normal(8.0, 0.6));
                pulse::relaxing(excess, at, 1.0, size, s.between(1.0, 2.5), 1.4);
            }
            Self::OutageCatchUp => outage(course, &mut s, scene.platform.regional_outage),
            Self::ScheduledPosting => {
                let every = [6.0, 8.0, 12.0, 24.0][s.below(4)];
                let hour = s.below(24) as f64 - scene.start_hour as f64;
                let (size, exponent) = (gain * s.between(1.0, 3.0), s.between(1.1, 1.6));
                let mut at = hour.rem_euclid(every) - every;
                while at < end {
                    let this = size * s.log_normal(1.0, 0.2);
                    pulse::relaxing(excess, at, 0.0, this, 1.5, exponent);
                    at += every;
                }
            }
            Self::LateResurfacing => {
                let (at, rise) = (s.between(0.6, 0.85) * end, s.between(12.0, 60.0));
                let size = gain * s.log_normal(3.5, 0.4);
                pulse::relaxing(excess, at, rise, size, 24.0, 1.3);
            }
            Self::LikeBait => {
                let metric = if s.chance(0.65) { 1 } else { 2 };
                let first = s.below(n.max(1));
                let last = (first + 6 + s.below(43)).min(n);
                course.bait = Some((metric, first, last, 1.0 + gain * s.between(0.5, 2.0)));
            }
            Self::Comeback => {
                let away = s.between(0.5, 0.75) * end;
                course.factor[..away as usize].fill(scene.idle_level as f32);
                let mut at = away;
                while at < end {
                    let size = gain * s.log_normal(2.0, 0.5);
                    pulse::relaxing(excess, at, 1.0, size, 2.0, 1.3);
                    at += s.between(8.0, 40.0);
                }
            }
            Self::LiveSession => {
                for _ in 0..2 + s.below(5) {
                    let (at, hours) = (s.between(0.0, end).floor(), 1 + s.below(4));
                    pulse::rectangle(excess, at, hours as f64, gain * s.between(1.5, 5.0));
                }
            }
            Self::LawfulPromotion => {
                let (at, hours) = (s.between(0.0, 0.8) * end, s.between(24.0, 120.0));
                let size = gain * s.between(0.3, 2.0);
                pulse::rectangle(&mut course.promoted, at, hours, size);
            }
            Self::DiasporaAudience | Self::CounterCorrection | Self::CounterLag => {}
        }
    }

    /// Artefacts of the public counter, on realised counts (views, likes, comments, shares).
    pub(super) fn counters(
        self,
        mut counts: [&mut [f32]; 4],
        corrections: Corrections,
        seed: u64,
        index: u64,
    ) {
        let mut s = Stream::new(seed, index, purpose::COUNTERS);
        match self {
            Self::CounterCorrection => correct(&mut counts, corrections, &mut s),
            Self::CounterLag => {
                for series in counts {
                    // Counters refresh separately: each metric has its own clock, or none.
                    if s.chance(0.75) {
                        lag(series, &mut s);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Half an hour to six hours near zero, then three hours of catching up.
fn outage(course: &mut Course, s: &mut Stream, at: f64) {
    let hours = s.between(0.5, 6.0);
    let (left, back) = (s.between(0.0, 0.1), s.between(0.2, 0.6));
    let mut down = vec![0.0; course.factor.len()];
    pulse::rectangle(&mut down, at, hours, 1.0);
    pulse::rectangle(&mut course.excess, at + hours, 3.0, back);
    for (value, share) in course.factor.iter_mut().zip(down) {
        *value *= 1.0 - (1.0 - left as f32) * share;
    }
}

/// One to four downward corrections of one counter, each a share of what it showed.
fn correct(counts: &mut [&mut [f32]; 4], corrections: Corrections, s: &mut Stream) {
    // Comments are corrected far more often than likes, likes more often than views.
    let (metric, size) = match s.uniform() {
        u if u < 0.55 => (2, 0.035),
        u if u < 0.85 => (1, 0.01),
        _ => (0, 0.006),
    };
    let n = counts[metric].len();
    for _ in 0..=s.below(4) {
        let step = n / 8 + s.below(n - n / 8);
        let shown: f64 = counts[metric][..step].iter().map(|v| f64::from(*v)).sum();
        let cut = (shown * s.log_normal(size, 0.6)).round();
        if let Some(value) = counts[metric].get_mut(step) {
            *value -= cut.clamp(0.0, shown.max(0.0)) as f32;
            if corrections == Corrections::Clipped {
                *value = value.max(0.0);
            }
        }
    }
}

/// A counter that shows nothing between refreshes, and once freezes for longer.
fn lag(series: &mut [f32], s: &mut Stream) {
    let every = 2 + s.below(11);
    let offset = s.below(every);
    let freeze = s.below(series.len().max(1));
    let thaw = freeze + 6 + s.below(19);
    let mut held = 0.0;
    for (step, value) in series.iter_mut().enumerate() {
        held += f64::from(*value);
        let refresh = step % every == offset && !(freeze..thaw).contains(&step);
        *value = if refresh { held as f32 } else { 0.0 };
        if refresh {
            held = 0.0;
        }
    }
}
