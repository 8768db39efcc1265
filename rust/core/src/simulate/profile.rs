//! The seven behaviours, and what one account draws from them for life.

use super::law::{OrganicLaw, Preset, ProfileLaw, RatioLaw};
use super::purpose;
use crate::rng::Stream;

/// Organic behaviour type of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Steady, daily and weekly rhythm.
    Regular,
    /// Many bursts, wandering hours.
    Impulsive,
    /// Switched off most of the time.
    Dormant,
    /// Large, driven by posts.
    Influencer,
    /// Small and growing.
    New,
    /// Small, alive at weekends.
    Casual,
    /// Large and scheduled.
    Power,
}

impl Profile {
    /// All profiles, in the order of their numbers.
    pub const ALL: [Self; 7] = [
        Self::Regular,
        Self::Impulsive,
        Self::Dormant,
        Self::Influencer,
        Self::New,
        Self::Casual,
        Self::Power,
    ];

    /// Public name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Regular => "regular",
            Self::Impulsive => "impulsive",
            Self::Dormant => "dormant",
            Self::Influencer => "influencer",
            Self::New => "new",
            Self::Casual => "casual",
            Self::Power => "power",
        }
    }

    /// Draws the profile of an account.
    pub(super) fn draw(preset: &Preset, seed: u64, index: u64) -> Self {
        let shares = preset.profile_shares();
        let mut left =
            Stream::new(seed, index, purpose::PROFILE).uniform() * shares.iter().sum::<f64>();
        for (profile, share) in Self::ALL.into_iter().zip(shares) {
            left -= share;
            if left < 0.0 {
                return profile;
            }
        }
        Self::Regular
    }

    /// The numbers of this profile.
    pub(super) fn law(self, preset: &Preset) -> &ProfileLaw {
        let all = &preset.profiles;
        match self {
            Self::Regular => &all.regular,
            Self::Impulsive => &all.impulsive,
            Self::Dormant => &all.dormant,
            Self::Influencer => &all.influencer,
            Self::New => &all.new,
            Self::Casual => &all.casual,
            Self::Power => &all.power,
        }
    }
}

/// What an account keeps for life.
#[derive(Debug, Clone)]
pub(super) struct Traits {
    /// Usual views per hour.
    pub(super) level: f64,
    /// Shape of the negative-binomial view counts.
    pub(super) shape: f64,
    /// Share of hours switched off.
    pub(super) idle_share: f64,
    /// Daily curve by hour of the platform clock, mean 1.
    pub(super) day_curve: [f64; 24],
    /// Log factor at weekends.
    pub(super) weekend: f64,
    /// Log growth per day at the start.
    pub(super) growth: f64,
    /// Amplitude of the slow season.
    pub(super) season: f64,
    /// Period of the slow season, hours.
    pub(super) season_hours: f64,
    /// Phase of the slow season, radians.
    pub(super) season_phase: f64,
    /// Likes, comments and shares per view.
    pub(super) ratios: [f64; 3],
}

// The daily curve in two harmonics of its logarithm, from 12 public videos' hourly views: amplitudes
// .61 and .36, the first harmonic 3.5 h before the peak hour, the second 1 h after it.
const FIRST: (f64, f64) = (0.61, -3.5);
const SECOND: (f64, f64) = (0.36, 1.0);

fn day_curve(depth: f64, second: f64, peak: f64) -> [f64; 24] {
    let turn = std::f64::consts::TAU / 24.0;
    let mut curve: [f64; 24] = std::array::from_fn(|hour| {
        let h = hour as f64 - peak;
        let log = FIRST.0 * libm::cos(turn * (h - FIRST.1))
            + SECOND.0 * second * libm::cos(2.0 * turn * (h - SECOND.1));
        libm::exp(depth * log)
    });
    let mean = curve.iter().sum::<f64>() / 24.0;
    for value in &mut curve {
        *value /= mean;
    }
    curve
}

impl Traits {
    pub(super) fn draw(
        law: &ProfileLaw,
        organic: &OrganicLaw,
        ratios: &RatioLaw,
        seed: u64,
        index: u64,
    ) -> Self {
        let mut s = Stream::new(seed, index, purpose::TRAITS);
        let level = organic.size * s.log_normal(law.views_median, law.views_log_sd);
        let low = law.shape_low.min(law.shape_high);
        let spread = law.shape_high.max(law.shape_low) / low;
        let shape = organic.shape * low * libm::pow(spread, s.uniform());
        let idle_share = s.between(law.idle_share_low, law.idle_share_high);
        // Depth varies by a fifth between accounts of one profile.
        let depth = law.day_depth * organic.day_depth * s.log_normal(1.0, 0.2);
        let peak = organic.peak_hour + organic.phase_sd_hours * s.normal();
        let second = organic.second_harmonic * s.between(0.5, 1.5);
        let weekend = law.weekend_lift + law.weekend_sd * s.normal();
        let growth = organic.growth * s.between(law.growth_low, law.growth_high);
        let season = organic.season_sd * std::f64::consts::SQRT_2 * s.normal().abs();
        let season_hours = s.between(240.0, 960.0);
        let season_phase = s.between(0.0, std::f64::consts::TAU);
        Self {
            level,
            shape: shape.max(0.05),
            idle_share,
            day_curve: day_curve(depth, second, peak),
            weekend,
            growth,
            season,
            season_hours,
            season_phase,
            ratios: draw_ratios(ratios, seed, index),
        }
    }
}

/// Likes, comments and shares per view: log-normal with one common factor.
fn draw_ratios(law: &RatioLaw, seed: u64, index: u64) -> [f64; 3] {
    let mut s = Stream::new(seed, index, purpose::RATIOS);
    let common = s.normal();
    let medians = [law.likes_median, law.comments_median, law.shares_median];
    let sds = [law.likes_log_sd, law.comments_log_sd, law.shares_log_sd];
    std::array::from_fn(|m| {
        let own = s.normal();
        let z = libm::sqrt(law.correlation) * common + libm::sqrt(1.0 - law.correlation) * own;
        (medians[m] * libm::exp(sds[m] * z)).min(0.9)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_daily_curve_has_the_measured_peak_and_trough() {
        let curve = day_curve(1.0, 1.0, 20.0);
        let peak = curve.iter().copied().fold(0.0, f64::max);
        let trough = curve.iter().copied().fold(9.0, f64::min);
        assert_eq!(curve[20], peak);
        assert!((1.6..1.9).contains(&peak) && (0.25..0.42).contains(&trough));
        assert!((curve.iter().sum::<f64>() - 24.0).abs() < 1e-9);
    }

    #[test]
    fn names_are_distinct() {
        let names: std::collections::HashSet<_> = Profile::ALL.iter().map(|p| p.name()).collect();
        assert_eq!(names.len(), 7);
    }
}
