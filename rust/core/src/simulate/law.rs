//! The fields of a preset: what a simulated platform is made of, with units and ranges.

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::attack::AttackLaw;

/// Refuses `value` outside `low..=high`, naming the field by its path in the preset.
fn within(path: &str, field: &str, value: f64, low: f64, high: f64) -> Result<(), Error> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(Error::out_of_range(
        format!("{path}.{field}"),
        value,
        format!("a number from {low} to {high}"),
    ))
}

/// A struct of numbers whose ranges stand once, for the documentation and for the check alike.
macro_rules! law {
    ($(#[$meta:meta])* $name:ident { $( $(#[$doc:meta])* $field:ident: $low:literal, $high:literal; )+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $(
                $(#[$doc])*
                #[doc = concat!("\n\nAllowed: ", stringify!($low), " to ", stringify!($high), ".")]
                pub $field: f64,
            )+
        }

        impl $name {
            /// Checks every field against its range; `path` is where the struct sits in the preset.
            ///
            /// # Errors
            /// [`Error::OutOfRange`] naming field, value and range.
            pub fn validate(&self, path: &str) -> Result<(), Error> {
                $( within(path, stringify!($field), self.$field, $low, $high)?; )+
                Ok(())
            }
        }
    };
}

law! {
    /// How one kind of account behaves. Levels and rates are per account, drawn around these numbers.
    ProfileLaw {
        /// Relative share of accounts of this profile (shares need not sum to 1).
        share: 0.0, 1000.0;
        /// Views per hour of the median account.
        views_median: 0.001, 1e7;
        /// Standard deviation of the natural logarithm of the accounts' views per hour.
        views_log_sd: 0.0, 4.0;
        /// Share of hours in which the account is switched off, smallest over accounts.
        idle_share_low: 0.0, 0.99;
        /// Share of hours in which the account is switched off, largest over accounts.
        idle_share_high: 0.0, 0.99;
        /// Mean length of a switched-off run, hours.
        idle_run_hours: 1.0, 500.0;
        /// Shape of the negative-binomial view counts, smallest over accounts.
        shape_low: 0.1, 1e5;
        /// Shape of the negative-binomial view counts, largest over accounts.
        shape_high: 0.1, 1e5;
        /// Depth of the daily curve; 1 has peak / mean near 1.6 and trough / mean near 0.3.
        day_depth: 0.0, 2.5;
        /// Standard deviation of the day-to-day shift of the daily curve, hours.
        phase_jitter_hours: 0.0, 6.0;
        /// Organic bursts per week.
        bursts_per_week: 0.0, 100.0;
        /// Median height of a burst above the usual level, in units of that level.
        burst_size: 0.0, 100.0;
        /// Standard deviation of the logarithm of burst heights.
        burst_log_sd: 0.0, 3.0;
        /// Shift s of the relaxation ((t + s) / s)^-e, hours.
        burst_shift_hours: 0.1, 100.0;
        /// Exponent e of the relaxation, smallest over bursts.
        burst_exponent_low: 0.1, 5.0;
        /// Exponent e of the relaxation, largest over bursts.
        burst_exponent_high: 0.1, 5.0;
        /// Live sessions (sharp-edged, 1 to 4 hours) per week.
        live_per_week: 0.0, 50.0;
        /// Standard deviation of the AR(1) log noise of the hourly rate.
        memory_sd: 0.0, 2.0;
        /// Hour-to-hour correlation of that noise.
        memory_rho: 0.0, 0.999;
        /// Mean weekend effect, natural logarithm (0.1 = a tenth more).
        weekend_lift: -2.0, 2.0;
        /// Spread of the weekend effect over accounts, natural logarithm; its sign is the account's own.
        weekend_sd: 0.0, 2.0;
        /// Growth per day, natural logarithm, smallest over accounts; it slows down over weeks.
        growth_low: -1.0, 1.0;
        /// Growth per day, natural logarithm, largest over accounts.
        growth_high: -1.0, 1.0;
        /// Posts per day, each a burst of its own; 0 = not post-driven.
        posts_per_day: 0.0, 24.0;
        /// Height of a post's burst in units of the usual level.
        post_size: 0.0, 100.0;
        /// Chance that an account posts on a fixed schedule, on the hour, every 6, 12 or 24 hours.
        scheduled_share: 0.0, 1.0;
    }
}

law! {
    /// What all profiles share. The first group multiplies the numbers of every profile, so that a
    /// world is randomised by a dozen numbers.
    OrganicLaw {
        /// Multiplies the views per hour of every profile.
        size: 0.001, 1000.0;
        /// Multiplies the negative-binomial shapes.
        shape: 0.01, 1000.0;
        /// Multiplies the depth of the daily curve.
        day_depth: 0.0, 3.0;
        /// Multiplies the rates of bursts.
        burst_rate: 0.0, 20.0;
        /// Multiplies the heights of bursts.
        burst_size: 0.0, 20.0;
        /// Multiplies the rate of live sessions.
        live_rate: 0.0, 20.0;
        /// Multiplies the standard deviation of the AR(1) noise.
        memory: 0.0, 5.0;
        /// Multiplies growth.
        growth: 0.0, 5.0;
        /// Hour of the day (platform clock) of the usual peak.
        peak_hour: 0.0, 24.0;
        /// Standard deviation of the accounts' own peak hours, hours.
        phase_sd_hours: 0.0, 12.0;
        /// Strength of the second daily harmonic relative to the first.
        second_harmonic: 0.0, 2.0;
        /// By how much the daily curve moves later at weekends, hours.
        weekend_shift_hours: -6.0, 6.0;
        /// Share of bursts that end sharply instead of relaxing.
        sharp_share: 0.0, 1.0;
        /// Decay time of a sharp burst, hours.
        sharp_hours: 0.1, 24.0;
        /// Share of bursts that go viral.
        viral_share: 0.0, 1.0;
        /// Mean extra factor on the height of a viral burst.
        viral_gain: 1.0, 50.0;
        /// Mean height of a live session in units of the usual level.
        live_gain: 0.0, 50.0;
        /// Standard deviation of the day-to-day jumps of the level, natural logarithm.
        day_level_sd: 0.0, 2.0;
        /// Standard deviation of the slow season (10 to 40 days), natural logarithm.
        season_sd: 0.0, 2.0;
        /// Rate left to an account that is idle throughout, relative to its usual level.
        idle_level: 0.0, 0.1;
    }
}

law! {
    /// How many viewers like, comment and share.
    RatioLaw {
        /// Likes per view of the median account.
        likes_median: 1e-6, 0.9;
        /// Standard deviation of the logarithm of likes per view over accounts.
        likes_log_sd: 0.0, 3.0;
        /// Comments per view of the median account.
        comments_median: 1e-6, 0.9;
        /// Standard deviation of the logarithm of comments per view over accounts.
        comments_log_sd: 0.0, 3.0;
        /// Shares per view of the median account.
        shares_median: 1e-6, 0.9;
        /// Standard deviation of the logarithm of shares per view over accounts.
        shares_log_sd: 0.0, 3.0;
        /// Correlation of an account's three log ratios.
        correlation: 0.0, 1.0;
        /// Standard deviation of the log ratio from day to day.
        day_sd: 0.0, 2.0;
        /// Standard deviation of the AR(1) log noise of each ratio.
        noise_sd: 0.0, 2.0;
        /// Hour-to-hour correlation of that noise.
        noise_rho: 0.0, 0.999;
        /// By how much ratios fall with virality: ratio x (1 + burst)^-drag.
        drag: 0.0, 1.0;
    }
}

law! {
    /// What all accounts of a platform live through together.
    PlatformLaw {
        /// Standard deviation of the AR(1) log factor.
        hour_sd: 0.0, 1.0;
        /// Hour-to-hour correlation of that factor.
        hour_rho: 0.0, 0.999;
        /// Events (holidays, elections, finals) per week.
        events_per_week: 0.0, 50.0;
        /// Mean height of an event: 0.35 lifts every account by about a third.
        event_gain: 0.0, 10.0;
        /// Mean relaxation time of an event, hours.
        event_hours: 0.1, 168.0;
        /// Outages per week.
        outages_per_week: 0.0, 50.0;
        /// Mean length of an outage, hours.
        outage_hours: 0.1, 72.0;
        /// Rate left during an outage, share.
        outage_level: 0.0, 1.0;
        /// Factor on the three hours after an outage.
        catch_up: 1.0, 5.0;
    }
}

law! {
    /// Relative frequency of each scenario.
    ScenarioWeights {
        /// A post takes off and relaxes over days.
        viral_hit: 0.0, 1000.0;
        /// The world's news hits an account within an hour, twice.
        news_shock: 0.0, 1000.0;
        /// Accounts of one owner rise together.
        sibling_spillover: 0.0, 1000.0;
        /// Somebody with a larger audience points here.
        shout_out: 0.0, 1000.0;
        /// Near zero for hours, then catching up.
        outage_catch_up: 0.0, 1000.0;
        /// Posts every 6, 8, 12 or 24 hours on the hour.
        scheduled_posting: 0.0, 1000.0;
        /// A second daily peak from the first hour on.
        diaspora_audience: 0.0, 1000.0;
        /// The public counter is corrected downwards.
        counter_correction: 0.0, 1000.0;
        /// A slow second surge late in the series.
        late_resurfacing: 0.0, 1000.0;
        /// One post asks for likes or comments.
        like_bait: 0.0, 1000.0;
        /// Idle for a week or more, then back.
        comeback: 0.0, 1000.0;
        /// Live sessions with sharp edges.
        live_session: 0.0, 1000.0;
        /// The public counter freezes and catches up.
        counter_lag: 0.0, 1000.0;
        /// Paid views with a low like rate, declared and lawful.
        lawful_promotion: 0.0, 1000.0;
    }
}

/// The special organic events: hard negatives.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioLaw {
    /// Share of accounts, fake and normal alike, with a scenario.
    ///
    /// Allowed: 0 to 1.
    pub share: f64,
    /// Multiplies the heights of all scenarios.
    ///
    /// Allowed: 0 to 20.
    pub gain: f64,
    /// Relative frequency of each.
    pub weights: ScenarioWeights,
}

law! {
    /// Sizes of groups that one operator runs; a size is drawn log-uniformly between the two ends.
    CohortLaw {
        /// Smallest lockstep cohort.
        lockstep_low: 1.0, 256.0;
        /// Largest lockstep cohort.
        lockstep_high: 1.0, 256.0;
        /// Smallest network that shares a wave's phase.
        wave_low: 1.0, 256.0;
        /// Largest network that shares a wave's phase.
        wave_high: 1.0, 256.0;
        /// Smallest group of sleepers.
        sleeper_low: 1.0, 256.0;
        /// Largest group of sleepers.
        sleeper_high: 1.0, 256.0;
        /// Smallest group among drip feeds, purged deliveries and shifted farms.
        other_low: 1.0, 256.0;
        /// Largest group among drip feeds, purged deliveries and shifted farms.
        other_high: 1.0, 256.0;
        /// Share of those runs of accounts that have one operator at all.
        other_share: 0.0, 1.0;
    }
}

law! {
    /// Series that show one post from its release on instead of a standing account.
    PostLaw {
        /// Share of accounts whose series is the life of one post.
        share: 0.0, 1.0;
        /// Latest release, as a share of the series.
        release: 0.0, 0.9;
        /// Mean time from release to peak, hours.
        rise_hours: 0.1, 168.0;
        /// Mean time after which the decay sets in, hours.
        decay_hours: 0.1, 1000.0;
        /// Exponent of the decay, smallest over posts.
        exponent_low: 0.1, 5.0;
        /// Exponent of the decay, largest over posts.
        exponent_high: 0.1, 5.0;
        /// Height at the peak in units of the account's usual level.
        height: 0.1, 1000.0;
    }
}

/// The seven organic behaviours.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Profiles {
    /// Steady, daily and weekly rhythm.
    pub regular: ProfileLaw,
    /// Many bursts, wandering hours.
    pub impulsive: ProfileLaw,
    /// Switched off most of the time.
    pub dormant: ProfileLaw,
    /// Large, driven by posts.
    pub influencer: ProfileLaw,
    /// Small and growing.
    pub new: ProfileLaw,
    /// Small, alive at weekends.
    pub casual: ProfileLaw,
    /// Large and scheduled.
    pub power: ProfileLaw,
}

/// Everything that a preset fixes.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// What the preset is for, in a sentence.
    pub description: String,
    /// The seven organic behaviours.
    pub profiles: Profiles,
    /// What all profiles share.
    pub organic: OrganicLaw,
    /// Likes, comments and shares per view.
    pub ratios: RatioLaw,
    /// Common ups and downs.
    pub platform: PlatformLaw,
    /// Hard negatives.
    pub scenarios: ScenarioLaw,
    /// Series of single posts.
    pub single_posts: PostLaw,
    /// Groups with one operator.
    pub cohorts: CohortLaw,
    /// How loud and how sharp the attacks are.
    #[serde(default)]
    pub attacks: AttackLaw,
}

impl Preset {
    /// Checks every number against its range, and each low end against its high end.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] naming the field by its path, the value and what is allowed.
    pub fn validate(&self) -> Result<(), Error> {
        let all = &self.profiles;
        for (name, law) in [
            ("regular", &all.regular),
            ("impulsive", &all.impulsive),
            ("dormant", &all.dormant),
            ("influencer", &all.influencer),
            ("new", &all.new),
            ("casual", &all.casual),
            ("power", &all.power),
        ] {
            law.validate(&format!("profiles.{name}"))?;
        }
        if self.profile_shares().iter().sum::<f64>() <= 0.0 {
            return Err(Error::out_of_range(
                "profiles",
                "every share 0",
                "at least one profile with a positive share",
            ));
        }
        self.organic.validate("organic")?;
        self.ratios.validate("ratios")?;
        self.platform.validate("platform")?;
        self.scenarios.weights.validate("scenarios.weights")?;
        within("scenarios", "share", self.scenarios.share, 0.0, 1.0)?;
        within("scenarios", "gain", self.scenarios.gain, 0.0, 20.0)?;
        self.single_posts.validate("single_posts")?;
        self.cohorts.validate("cohorts")?;
        self.attacks.validate()
    }

    /// Relative shares of the profiles, in the order of [`super::Profile::ALL`].
    pub fn profile_shares(&self) -> [f64; 7] {
        let all = &self.profiles;
        [
            all.regular.share,
            all.impulsive.share,
            all.dormant.share,
            all.influencer.share,
            all.new.share,
            all.casual.share,
            all.power.share,
        ]
    }
}
