//! The seven behaviours, and what one account draws from them for life.

use super::law::{OrganicLaw, Preset, ProfileLaw, RatioLaw};
use super::purpose;
use crate::lanes::{Key, exp, ln, quantiles, sin_cos_turn, uniform};

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

    /// The profile at place `u` of 0 to 1.
    fn at(preset: &Preset, u: f64) -> Self {
        let shares = preset.profile_shares();
        let mut left = u * shares.iter().sum::<f64>();
        for (profile, share) in Self::ALL.into_iter().zip(shares) {
            left -= share;
            if left < 0.0 {
                return profile;
            }
        }
        Self::Regular
    }

    /// The profile of the account with these draws.
    pub(super) fn draw(preset: &Preset, lot: &Lot) -> Self {
        Self::at(preset, f64::from(lot.uniform(PROFILE)))
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

// Places of what an account draws once; a new one takes a new number.
const PROFILE: usize = 0;
const LEVEL: usize = 1;
const SHAPE: usize = 2;
const IDLE_SHARE: usize = 3;
const DAY_DEPTH: usize = 4;
const PEAK: usize = 5;
const SECOND: usize = 6;
const WEEKEND: usize = 7;
const GROWTH: usize = 8;
const SEASON: usize = 9;
const SEASON_HOURS: usize = 10;
const SEASON_PHASE: usize = 11;
const RATIO: usize = 12;
/// Likes, comments and shares: 13 to 15.
const OWN_RATIO: usize = 13;
const IDLE_LEVEL: usize = 16;

/// A multiple of 16 above the number of places.
const PLACES: usize = 32;

/// What an account draws once: a number for each place, uniform or normal as it is asked for.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Lot {
    words: [[u32; PLACES / 4]; 4],
    normals: [f32; PLACES],
}

impl Lot {
    /// The words alone; normals follow with [`Lot::complete`].
    #[inline(always)]
    pub(super) fn new(key: Key) -> Self {
        let mut lot = Self::default();
        let [a, b, c, d] = &mut lot.words;
        key.words(purpose::LOT, 0, [a, b, c, d]);
        lot
    }

    #[inline(always)]
    fn complete(&mut self) {
        quantiles(self.words.as_flattened(), &mut self.normals);
    }

    fn uniform(&self, place: usize) -> f32 {
        uniform(self.words.as_flattened()[place])
    }

    #[inline(always)]
    fn between(&self, place: usize, low: f64, high: f64) -> f32 {
        ((high - low) as f32).mul_add(self.uniform(place), low as f32)
    }

    fn normal(&self, place: usize) -> f32 {
        self.normals[place]
    }

    /// Share of the usual level that is left to an account that is idle throughout.
    pub(super) fn idle_level(&self, organic: &OrganicLaw) -> f32 {
        organic.idle_level as f32 * self.uniform(IDLE_LEVEL)
    }
}

/// What an account keeps for life.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Traits {
    /// Usual views per hour.
    pub(super) level: f32,
    /// Shape of the negative-binomial view counts.
    pub(super) shape: f32,
    /// Share of hours switched off.
    pub(super) idle_share: f32,
    /// Daily curve by hour of the platform clock, mean 1.
    pub(super) day_curve: [f32; 24],
    /// Log factor at weekends.
    pub(super) weekend: f32,
    /// Log growth per day at the start.
    pub(super) growth: f32,
    /// Amplitude of the slow season.
    pub(super) season: f32,
    /// Period of the slow season, hours.
    pub(super) season_hours: f32,
    /// Phase of the slow season, turns.
    pub(super) season_phase: f32,
    /// Likes, comments and shares per view.
    pub(super) ratios: [f32; 3],
}

// The daily curve in two harmonics of its logarithm, from 12 public videos' hourly views: amplitudes
// .61 and .36, the first harmonic 3.5 h before the peak hour, the second 1 h after it.
const FIRST: (f32, f32) = (0.61, -3.5);
const SECOND_HARMONIC: (f32, f32) = (0.36, 1.0);

/// Cosine of `h / 24` turns for whole hours.
const COSINES: [f32; 24] = [
    1.0,
    0.965_925_8,
    0.866_025_4,
    std::f32::consts::FRAC_1_SQRT_2,
    0.5,
    0.258_819_05,
    0.0,
    -0.258_819_05,
    -0.5,
    -std::f32::consts::FRAC_1_SQRT_2,
    -0.866_025_4,
    -0.965_925_8,
    -1.0,
    -0.965_925_8,
    -0.866_025_4,
    -std::f32::consts::FRAC_1_SQRT_2,
    -0.5,
    -0.258_819_05,
    0.0,
    0.258_819_05,
    0.5,
    std::f32::consts::FRAC_1_SQRT_2,
    0.866_025_4,
    0.965_925_8,
];

/// `cos(k h + lag)` for every hour `h`; a lag of 18 hours gives the sine.
const fn table(k: usize, lag: usize) -> [f32; 24] {
    let mut out = [0.0; 24];
    let mut h = 0;
    while h < 24 {
        out[h] = COSINES[(k * h + lag) % 24];
        h += 1;
    }
    out
}

const COS_1: [f32; 24] = table(1, 0);
const SIN_1: [f32; 24] = table(1, 18);
const COS_2: [f32; 24] = table(2, 0);
const SIN_2: [f32; 24] = table(2, 18);

#[inline(always)]
fn day_curve(depth: f32, second: f32, peak: f32) -> [f32; 24] {
    // cos(h - p) = cos h cos p + sin h sin p.
    let (s1, c1) = sin_cos_turn((peak + FIRST.1) * (1.0 / 24.0));
    let (s2, c2) = sin_cos_turn((peak + SECOND_HARMONIC.1) * (2.0 / 24.0));
    let (a, b) = (depth * FIRST.0, depth * SECOND_HARMONIC.0 * second);
    let mut curve = [0.0; 24];
    for (h, value) in curve.iter_mut().enumerate() {
        let first = COS_1[h].mul_add(c1, SIN_1[h] * s1);
        let other = COS_2[h].mul_add(c2, SIN_2[h] * s2);
        *value = exp(a.mul_add(first, b * other));
    }
    let mut sum = 0.0;
    for value in curve {
        sum += value;
    }
    curve.map(|value| value * (24.0 / sum))
}

/// A second audience: its share, and by how many hours it lives earlier.
pub(super) type Diaspora = (f32, usize);

impl Traits {
    /// Hour of the day at which the daily curve is lowest.
    #[inline(always)]
    pub(super) fn trough(&self) -> usize {
        let mut lowest = 0;
        for (hour, value) in self.day_curve.iter().enumerate() {
            if *value < self.day_curve[lowest] {
                lowest = hour;
            }
        }
        lowest
    }

    #[inline(always)]
    pub(super) fn draw(
        law: &ProfileLaw,
        organic: &OrganicLaw,
        ratios: &RatioLaw,
        lot: &Lot,
        diaspora: Option<Diaspora>,
    ) -> Self {
        let mut lot = *lot;
        lot.complete();
        let level = (organic.size * law.views_median) as f32;
        let low = law.shape_low.min(law.shape_high);
        let spread = (law.shape_high.max(law.shape_low) / low) as f32;
        let shape = (organic.shape * low) as f32 * exp(ln(spread) * lot.uniform(SHAPE));
        // Depth varies by a fifth between accounts of one profile.
        let depth = (law.day_depth * organic.day_depth) as f32 * exp(0.2 * lot.normal(DAY_DEPTH));
        let peak =
            (organic.phase_sd_hours as f32).mul_add(lot.normal(PEAK), organic.peak_hour as f32);
        let second = organic.second_harmonic as f32 * lot.between(SECOND, 0.5, 1.5);
        let mut day_curve = day_curve(depth, second, peak);
        if let Some((share, shift)) = diaspora {
            let own = day_curve;
            for (h, value) in day_curve.iter_mut().enumerate() {
                *value = (1.0 - share) * own[h] + share * own[(h + shift) % 24];
            }
        }
        let weekend = (law.weekend_sd as f32).mul_add(lot.normal(WEEKEND), law.weekend_lift as f32);
        let season = organic.season_sd as f32 * std::f32::consts::SQRT_2;
        Self {
            level: level * exp(law.views_log_sd as f32 * lot.normal(LEVEL)),
            shape: shape.max(0.05),
            idle_share: lot.between(IDLE_SHARE, law.idle_share_low, law.idle_share_high),
            day_curve,
            weekend,
            growth: organic.growth as f32 * lot.between(GROWTH, law.growth_low, law.growth_high),
            season: season * lot.normal(SEASON).abs(),
            season_hours: lot.between(SEASON_HOURS, 240.0, 960.0),
            season_phase: lot.uniform(SEASON_PHASE),
            ratios: draw_ratios(ratios, &lot),
        }
    }
}

/// Likes, comments and shares per view: log-normal with one common factor.
#[inline(always)]
fn draw_ratios(law: &RatioLaw, lot: &Lot) -> [f32; 3] {
    let correlation = law.correlation as f32;
    let common = correlation.sqrt() * lot.normal(RATIO);
    let medians = [law.likes_median, law.comments_median, law.shares_median];
    let sds = [law.likes_log_sd, law.comments_log_sd, law.shares_log_sd];
    let mut out = [0.0; 3];
    for (m, ratio) in out.iter_mut().enumerate() {
        let own = (1.0 - correlation).sqrt() * lot.normal(OWN_RATIO + m);
        *ratio = (medians[m] as f32 * exp(sds[m] as f32 * (common + own))).min(0.9);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_daily_curve_has_the_measured_peak_and_trough() {
        let curve = day_curve(1.0, 1.0, 20.0);
        let peak = curve.iter().copied().fold(0.0, f32::max);
        let trough = curve.iter().copied().fold(9.0, f32::min);
        assert_eq!(curve[20], peak);
        assert!((1.6..1.9).contains(&peak) && (0.25..0.42).contains(&trough));
        assert!((curve.iter().sum::<f32>() - 24.0).abs() < 1e-4);
    }

    #[test]
    fn names_are_distinct() {
        let names: std::collections::HashSet<_> = Profile::ALL.iter().map(|p| p.name()).collect();
        assert_eq!(names.len(), 7);
    }
}
