//! How attacks are sized, timed and blurred in one world: the knobs of a preset.

use serde::{Deserialize, Serialize};

use super::Attack;
use crate::Error;
use crate::simulate::account::N_METRICS;

/// What an export shows where a platform took counts back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Corrections {
    /// Negative increments, as public counters show them.
    #[default]
    Negative,
    /// Increments cut off at 0.
    Clipped,
}

/// Size and length of one kind of attack. Ranges are `[low, high]`, drawn log-uniformly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Strength {
    /// Peak multiplier `A` on the expected count, or added level `B` in account means
    /// (`drip_feed`, `sleeper_reactivation`, `timezone_shifted_farm`).
    pub intensity: [f64; 2],
    /// Hours from the first to the last order.
    pub hours: [f64; 2],
    /// Hours of one burst, wave, night's order or delivery; of the rise of a sleeper.
    #[serde(default = "one_hour")]
    pub burst_hours: [f64; 2],
    /// Number of bursts (`bursts_small`, `lockstep_cohort`) or of purge steps (`delivery_purge`).
    #[serde(default = "one_hour")]
    pub bursts: [f64; 2],
    /// Hours between waves (`wave_spam`), or from delivery to the first purge (`delivery_purge`).
    #[serde(default = "one_hour")]
    pub period_hours: [f64; 2],
    /// Weight of views, likes, comments, shares.
    pub weights: [f64; N_METRICS],
}

fn one_hour() -> [f64; 2] {
    [1.0, 1.0]
}

/// The attacks of a world. Every field has a default, so a preset names only what it changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AttackLaw {
    /// Factor on every drawn `A - 1` and `B`; 1 leaves the intensities as they stand (> 0, to 100).
    pub gain: f64,
    /// Factor on every drawn length of an attack (0.05–20).
    pub duration_scale: f64,
    /// Small accounts get larger orders relative to their size: the gain is multiplied by
    /// (mean views per hour / 100)^-`size_exponent`, between 1/2 and 2 (0–1).
    pub size_exponent: f64,
    /// Spread (sd of log) of an attack's gain from metric to metric (0–2).
    pub coupling_sd: f64,
    /// Noise (sd of log) of the added rate, apart for each metric and step (0–2).
    pub extra_noise: f64,
    /// Noise (sd of log) of the added rate of a step, shared by the metrics (0–2).
    pub edge_jitter: f64,
    /// Longest ramp of an edge that is not hard, in hours (0–48).
    pub edge_hours: f64,
    /// Share of attacks whose edges are hard (0–1).
    pub hard_edge_share: f64,
    /// Share of orders whose delivered total is a round number (0–1).
    pub round_orders: f64,
    /// Overdispersion of delivered counts: 0 = Poisson, else 1 / shape of a negative binomial (0–10).
    pub dispersion: f64,
    /// Longest start delay of likes, comments and shares after views, in hours; short delays are
    /// the common ones (0–72).
    pub metric_delay_hours: f64,
    /// Share of attacks in one of their rarer forms (comments instead of likes, shift work instead
    /// of a shifted day, a decaying burst instead of a slow ramp) (0–1).
    pub variant_share: f64,
    /// Share of drip feeds that are smeared flat instead of delivered in runs (0–1).
    pub smeared_share: f64,
    /// Smallest base of a gain, in account means: an order on an idle hour is still an order (0–1).
    pub floor_share: f64,
    /// Share of what was delivered that a purge takes back, `[low, high]` (0–1).
    pub purged_share: [f64; 2],
    /// Share of purged deliveries that are refilled (0–1).
    pub refill_share: f64,
    /// Hours that stay clean in series of at least 7/3 of them (72 in 168) (0–1000).
    pub clean_hours: f64,
    /// Share of attacks that span the whole series all the same (0–1).
    pub full_length_share: f64,
    /// What is left of a purge in the counts.
    pub corrections: Corrections,
    /// Top 2–8 after compounding for 3–10 days.
    pub boost_progressive: Strength,
    /// 5–20 bursts of 1–2 hours.
    pub bursts_small: Strength,
    /// Waves of 2–5 hours every 6–24.
    pub wave_spam: Strength,
    /// Ten minutes to half a day.
    pub single_spike: Strength,
    /// 3–10 nights, 1–3 hours each, relative to the trough.
    pub off_peak_bursts: Strength,
    /// 3–8 shared windows within 4–12 days.
    pub lockstep_cohort: Strength,
    /// Likes (or comments) for 6–72 hours.
    pub like_only_inflation: Strength,
    /// 1–10 days at a low level.
    pub drip_feed: Strength,
    /// Delivery within a day, purge within 2–8.
    pub delivery_purge: Strength,
    /// 1–7 days after an idle spell.
    pub sleeper_reactivation: Strength,
    /// 3–10 days.
    pub timezone_shifted_farm: Strength,
    /// 2–10 days.
    pub organic_mimicry: Strength,
}

fn strength(intensity: [f64; 2], hours: [f64; 2], weights: [f64; N_METRICS]) -> Strength {
    Strength {
        intensity,
        hours,
        burst_hours: one_hour(),
        bursts: one_hour(),
        period_hours: one_hour(),
        weights,
    }
}

impl Default for AttackLaw {
    /// Intensities, lengths and weights as observed in markets, audits and leaks of such orders.
    fn default() -> Self {
        Self {
            gain: 1.0,
            duration_scale: 1.0,
            size_exponent: 0.1,
            coupling_sd: 0.15,
            extra_noise: 0.1,
            edge_jitter: 0.2,
            edge_hours: 2.0,
            hard_edge_share: 0.5,
            round_orders: 0.3,
            dispersion: 0.0,
            metric_delay_hours: 24.0,
            variant_share: 0.3,
            smeared_share: 0.34,
            floor_share: 0.1,
            purged_share: [0.2, 0.9],
            refill_share: 0.4,
            clean_hours: 72.0,
            full_length_share: 0.03,
            corrections: Corrections::Negative,
            boost_progressive: strength([2.0, 8.0], [72.0, 240.0], [1.0, 0.8, 0.6, 0.6]),
            bursts_small: Strength {
                burst_hours: [1.0, 2.0],
                bursts: [5.0, 20.0],
                ..strength([1.5, 4.0], [48.0, 240.0], [1.0, 0.9, 0.6, 0.6])
            },
            wave_spam: Strength {
                burst_hours: [2.0, 5.0],
                period_hours: [6.0, 24.0],
                ..strength([2.0, 5.0], [72.0, 240.0], [1.0, 0.8, 0.8, 0.5])
            },
            single_spike: strength([5.0, 50.0], [0.17, 12.0], [1.0, 0.7, 0.4, 0.4]),
            off_peak_bursts: Strength {
                burst_hours: [1.0, 3.0],
                ..strength([3.0, 15.0], [72.0, 240.0], [1.0, 0.9, 0.5, 0.5])
            },
            lockstep_cohort: Strength {
                burst_hours: [1.0, 6.0],
                bursts: [3.0, 8.0],
                ..strength([1.2, 2.5], [96.0, 288.0], [1.0, 1.0, 0.4, 0.5])
            },
            like_only_inflation: strength([2.0, 8.0], [6.0, 72.0], [0.1, 1.0, 0.2, 0.0]),
            drip_feed: strength([0.1, 0.6], [24.0, 240.0], [1.0, 0.5, 0.1, 0.1]),
            delivery_purge: Strength {
                burst_hours: [1.0, 24.0],
                bursts: [1.0, 4.0],
                period_hours: [12.0, 120.0],
                ..strength([2.0, 6.0], [48.0, 192.0], [1.0, 0.6, 0.2, 0.2])
            },
            sleeper_reactivation: Strength {
                burst_hours: [1.0, 12.0],
                ..strength([1.0, 8.0], [24.0, 168.0], [1.0, 1.0, 1.0, 0.5])
            },
            timezone_shifted_farm: strength([0.25, 1.5], [72.0, 240.0], [1.0, 1.3, 0.3, 0.2]),
            organic_mimicry: strength([1.15, 1.6], [48.0, 240.0], [1.0, 1.0, 1.0, 1.0]),
        }
    }
}

impl AttackLaw {
    /// Size and length of one kind of attack.
    #[must_use]
    pub fn strength(&self, attack: Attack) -> &Strength {
        match attack {
            Attack::BoostProgressive => &self.boost_progressive,
            Attack::BurstsSmall => &self.bursts_small,
            Attack::WaveSpam => &self.wave_spam,
            Attack::SingleSpike => &self.single_spike,
            Attack::OffPeakBursts => &self.off_peak_bursts,
            Attack::LockstepCohort => &self.lockstep_cohort,
            Attack::LikeOnlyInflation => &self.like_only_inflation,
            Attack::DripFeed => &self.drip_feed,
            Attack::DeliveryPurge => &self.delivery_purge,
            Attack::SleeperReactivation => &self.sleeper_reactivation,
            Attack::TimezoneShiftedFarm => &self.timezone_shifted_farm,
            Attack::OrganicMimicry => &self.organic_mimicry,
        }
    }

    /// Checks every field against the range in its description.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] naming the first field that does not fit.
    pub fn validate(&self) -> Result<(), Error> {
        for (name, value, low, high) in [
            ("gain", self.gain, 1e-3, 100.0),
            ("duration_scale", self.duration_scale, 0.05, 20.0),
            ("size_exponent", self.size_exponent, 0.0, 1.0),
            ("coupling_sd", self.coupling_sd, 0.0, 2.0),
            ("extra_noise", self.extra_noise, 0.0, 2.0),
            ("edge_jitter", self.edge_jitter, 0.0, 2.0),
            ("edge_hours", self.edge_hours, 0.0, 48.0),
            ("hard_edge_share", self.hard_edge_share, 0.0, 1.0),
            ("round_orders", self.round_orders, 0.0, 1.0),
            ("dispersion", self.dispersion, 0.0, 10.0),
            ("metric_delay_hours", self.metric_delay_hours, 0.0, 72.0),
            ("variant_share", self.variant_share, 0.0, 1.0),
            ("smeared_share", self.smeared_share, 0.0, 1.0),
            ("floor_share", self.floor_share, 0.0, 1.0),
            ("refill_share", self.refill_share, 0.0, 1.0),
            ("clean_hours", self.clean_hours, 0.0, 1000.0),
            ("full_length_share", self.full_length_share, 0.0, 1.0),
        ] {
            inside(&format!("attacks.{name}"), value, low, high)?;
        }
        range("attacks.purged_share", self.purged_share, 0.0, 1.0)?;
        for attack in Attack::ALL {
            let strength = self.strength(attack);
            let field = |name: &str| format!("attacks.{attack}.{name}");
            let least = if adds_level(attack) { 1e-3 } else { 1.0 };
            range(&field("intensity"), strength.intensity, least, 1000.0)?;
            range(&field("hours"), strength.hours, 1e-3, 10_000.0)?;
            range(&field("burst_hours"), strength.burst_hours, 1e-3, 1000.0)?;
            range(&field("bursts"), strength.bursts, 1.0, 1000.0)?;
            range(&field("period_hours"), strength.period_hours, 1e-3, 1000.0)?;
            for weight in strength.weights {
                inside(&field("weights"), weight, 0.0, 100.0)?;
            }
            if strength.weights.iter().all(|&weight| weight == 0.0) {
                let given = format!("{:?}", strength.weights);
                return Err(Error::out_of_range(
                    field("weights"),
                    given,
                    "at least one must be above 0",
                ));
            }
        }
        Ok(())
    }
}

/// Whether the intensity of an attack is an added level and not a multiplier.
pub(crate) fn adds_level(attack: Attack) -> bool {
    matches!(
        attack,
        Attack::DripFeed | Attack::SleeperReactivation | Attack::TimezoneShiftedFarm
    )
}

fn inside(argument: &str, value: f64, low: f64, high: f64) -> Result<(), Error> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(Error::out_of_range(
        argument,
        value,
        format!("{low} to {high}"),
    ))
}

fn range(argument: &str, [from, to]: [f64; 2], low: f64, high: f64) -> Result<(), Error> {
    inside(argument, from, low, high)?;
    inside(argument, to, low, high)?;
    if from > to {
        let given = format!("[{from}, {to}]");
        return Err(Error::out_of_range(
            argument,
            given,
            "the low end comes first",
        ));
    }
    Ok(())
}
