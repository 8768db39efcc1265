//! The twelve attacks: what an operator adds to (or takes from) an organic account.
//!
//! Attacked counts are the clean ones plus a *draw* around an added rate: a gain on the smooth
//! expected count, plus a level in units of the account's mean where a gain can do nothing (idle
//! hours, another time zone). The realised organic count is never multiplied, which would leave a
//! lattice, and never copied, which would copy its noise. Purges take a binomial share of what was
//! delivered. What an attack really changed is found afterwards by comparing ([`changed`]).
//!
//! # Order of work
//! [`apply`] opens a [`scene::Scene`] (where may the attack act, how strong is it), asks the family
//! for a [`plan::Plan`] (gain or level per step, weight per metric) and delivers it. Each family has
//! its own file.

mod burst;
mod curves;
mod deliver;
mod drip;
mod farm;
mod growth;
mod inject;
mod law;
mod like_only;
mod lockstep;
mod order;
mod plan;
mod purge;
mod scene;
mod scratch;
mod sleeper;
mod steps;
mod windows;

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use inject::{Series, inject};
pub use law::{AttackLaw, Corrections, Strength};
pub(crate) use order::total;
pub use scratch::Scratch;
pub use sleeper::activation_step;
pub use windows::{Window, changed, metric_windows};

use crate::Error;
use crate::simulate::account::{N_METRICS, Organic};

/// Purposes of the random streams of this module (1000–1999; the simulator owns 1–999).
pub(crate) mod purpose {
    /// Times that every member of a cohort shares: `Stream::new(clock.seed, clock.cohort, _)`.
    pub(crate) const COHORT_CLOCK: u64 = 1000;
    /// Times of an account that follows no clock but its own.
    pub(crate) const TIMING: u64 = 1001;
    /// The account's own share in an attack: intensity, lag, take-up, edges, weights.
    pub(crate) const HABITS: u64 = 1002;
    /// Noise of the delivery: a word per order, then one per cell. This and what follows are purposes
    /// of `lanes::Key`.
    pub(crate) const NOISE: u64 = 1003;
    /// Terms of the order of each metric: spread of the gain (position 0), roundness (position 1).
    pub(crate) const TERMS: u64 = 1004;
    /// Gamma variates of overdispersed counts.
    pub(crate) const MIXING: u64 = 1005;
    /// Delivered counts, a word per cell.
    pub(crate) const DELIVERY: u64 = 1010;
    /// Counts of round orders, a purpose per metric from here on.
    pub(crate) const ROUND: u64 = 1011;
    /// Purged counts, one `Stream` per metric from here on.
    pub(crate) const PURGE: u64 = 1020;
    /// Refilled counts, one word per metric.
    pub(crate) const REFILL: u64 = 1024;
}

/// A kind of fraud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attack {
    /// Orders that compound day by day.
    BoostProgressive,
    /// Many short orders at human-like gaps.
    BurstsSmall,
    /// A botnet's on/off waves; its members share the phase.
    WaveSpam,
    /// One large order, delivered within hours, cut off at the end.
    SingleSpike,
    /// Orders during the account's own night.
    OffPeakBursts,
    /// One order clock drives many accounts, each of them weakly.
    LockstepCohort,
    /// Likes (or comments) sold without views.
    LikeOnlyInflation,
    /// Low and slow: equal runs at a fixed interval, or a flat trickle.
    DripFeed,
    /// Fast delivery that the platform takes back, step by step.
    DeliveryPurge,
    /// Idle accounts switched on together.
    SleeperReactivation,
    /// A farm that lives in another time zone.
    TimezoneShiftedFarm,
    /// Camouflage: the account's own curve, ratios and noise, only more of it.
    OrganicMimicry,
}

impl Attack {
    /// All attacks, in the order of the documentation.
    pub const ALL: [Self; 12] = [
        Self::BoostProgressive,
        Self::BurstsSmall,
        Self::WaveSpam,
        Self::SingleSpike,
        Self::OffPeakBursts,
        Self::LockstepCohort,
        Self::LikeOnlyInflation,
        Self::DripFeed,
        Self::DeliveryPurge,
        Self::SleeperReactivation,
        Self::TimezoneShiftedFarm,
        Self::OrganicMimicry,
    ];

    /// The public name, as in tables and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::BoostProgressive => "boost_progressive",
            Self::BurstsSmall => "bursts_small",
            Self::WaveSpam => "wave_spam",
            Self::SingleSpike => "single_spike",
            Self::OffPeakBursts => "off_peak_bursts",
            Self::LockstepCohort => "lockstep_cohort",
            Self::LikeOnlyInflation => "like_only_inflation",
            Self::DripFeed => "drip_feed",
            Self::DeliveryPurge => "delivery_purge",
            Self::SleeperReactivation => "sleeper_reactivation",
            Self::TimezoneShiftedFarm => "timezone_shifted_farm",
            Self::OrganicMimicry => "organic_mimicry",
        }
    }

    /// Whether one operator always runs many accounts of this attack on one clock.
    #[must_use]
    pub fn is_cohort(self) -> bool {
        matches!(
            self,
            Self::WaveSpam | Self::LockstepCohort | Self::SleeperReactivation
        )
    }

    /// Whether the attack follows a cohort's clock where it is given one.
    #[must_use]
    pub fn may_share_clock(self) -> bool {
        self.is_cohort()
            || matches!(
                self,
                Self::DripFeed | Self::DeliveryPurge | Self::TimezoneShiftedFarm
            )
    }

    /// Whether the attack may leave more likes than views in an hour: likes sold alone do, and so do
    /// views that were taken back. Everywhere else an operator's likes come with views.
    #[must_use]
    pub fn may_exceed_views(self) -> bool {
        matches!(self, Self::LikeOnlyInflation | Self::DeliveryPurge)
    }
}

impl fmt::Display for Attack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Attack {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|attack| attack.name() == text)
            .ok_or_else(|| {
                let names: Vec<_> = Self::ALL.iter().map(|attack| attack.name()).collect();
                Error::out_of_range("attack", format!("{text:?}"), names.join(", "))
            })
    }
}

/// The operator's clock: every member derives the same times from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CohortClock {
    /// Seed of the world.
    pub seed: u64,
    /// Number of the cohort, unique within the world.
    pub cohort: u64,
    /// Number of members.
    pub size: usize,
}

/// What was drawn for one account.
#[derive(Debug, Clone, PartialEq)]
pub struct Attacked {
    /// Size relative to the account: peak multiplier `A`, or added volume `B` in account means for
    /// the attacks that add a level (`drip_feed`, `sleeper_reactivation`, `timezone_shifted_farm`).
    pub intensity: f64,
    /// Steps outside which nothing changed.
    pub open: Range<usize>,
}

/// Where in a series an attack may act.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Place {
    /// Wherever the law puts it.
    #[default]
    Anywhere,
    /// Wherever the law puts it inside these steps, as if the series were no longer.
    Within(Range<usize>),
    /// These steps, from end to end.
    Fill(Range<usize>),
}

/// Where, when and how strongly an attack acts, where the law does not decide.
#[derive(Debug, Clone, PartialEq)]
pub struct Placement {
    /// Hours per step of the series.
    pub hours_per_step: f64,
    /// Where in the series.
    pub place: Place,
    /// The intensity as in [`Attacked`]; drawn when `None`.
    pub intensity: Option<f64>,
}

impl Default for Placement {
    fn default() -> Self {
        Self {
            hours_per_step: 1.0,
            place: Place::Anywhere,
            intensity: None,
        }
    }
}

/// One attack on one account.
#[derive(Debug, Clone)]
pub struct Order<'a> {
    /// The kind.
    pub attack: Attack,
    /// The world's law of intensities, lengths and noise.
    pub law: &'a AttackLaw,
    /// The clock to follow, for the attacks that [may](Attack::may_share_clock).
    pub cohort: Option<CohortClock>,
    /// Seed of the world.
    pub seed: u64,
    /// Number of the account.
    pub index: u64,
    /// What the law does not decide.
    pub placement: Placement,
}

/// Writes the attacked counts of an hourly account; `counts` starts as a copy of `organic.counts`.
///
/// At least one cell changes, whatever the account.
#[expect(
    clippy::too_many_arguments,
    reason = "an order in parts, an account and two buffers"
)]
pub fn apply(
    attack: Attack,
    organic: &Organic<'_>,
    law: &AttackLaw,
    cohort: Option<&CohortClock>,
    seed: u64,
    index: u64,
    counts: [&mut [f32]; N_METRICS],
    scratch: &mut Scratch,
) -> Attacked {
    let order = Order {
        attack,
        law,
        cohort: cohort.copied(),
        seed,
        index,
        placement: Placement::default(),
    };
    carry_out(&order, organic, counts, scratch)
}

/// Like [`apply`], at any cadence, in a given window or at a given intensity.
pub fn carry_out(
    order: &Order<'_>,
    organic: &Organic<'_>,
    mut counts: [&mut [f32]; N_METRICS],
    scratch: &mut Scratch,
) -> Attacked {
    let mut scene = scene::Scene::open(order, organic, std::mem::take(&mut scratch.shape));
    if scene.open.is_empty() {
        return Attacked {
            intensity: scene.intensity,
            open: 0..0,
        };
    }
    let plan = match order.attack {
        Attack::BoostProgressive => growth::boost_progressive(&mut scene),
        Attack::BurstsSmall => burst::bursts_small(&mut scene),
        Attack::WaveSpam => burst::wave_spam(&mut scene),
        Attack::SingleSpike => burst::single_spike(&mut scene),
        Attack::OffPeakBursts => burst::off_peak_bursts(&mut scene),
        Attack::LockstepCohort => lockstep::lockstep_cohort(&mut scene),
        Attack::LikeOnlyInflation => like_only::like_only_inflation(&mut scene),
        Attack::DripFeed => drip::drip_feed(&mut scene),
        Attack::DeliveryPurge => purge::delivery(&mut scene),
        Attack::SleeperReactivation => sleeper::sleeper_reactivation(&mut scene),
        Attack::TimezoneShiftedFarm => farm::timezone_shifted_farm(&mut scene),
        Attack::OrganicMimicry => growth::organic_mimicry(&mut scene),
    };
    let mut delivered = deliver::deliver(&scene, &plan, &mut counts, scratch);
    if order.attack == Attack::DeliveryPurge && !delivered.touched.is_empty() {
        purge::take_back(&mut scene, &mut delivered, &mut counts, scratch);
    }
    let mut open = delivered.touched;
    if !delivered.shows
        && let Some(step) = deliver::minimum_order(&scene, &plan, &mut counts)
    {
        open = if open.is_empty() {
            step..step + 1
        } else {
            open.start.min(step)..open.end.max(step + 1)
        };
    }
    scratch.shape = plan.into_shape();
    Attacked {
        intensity: scene.intensity,
        open,
    }
}

#[cfg(test)]
mod tests;
