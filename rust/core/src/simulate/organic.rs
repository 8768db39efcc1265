//! Organic rates of one account: rhythm, growth, memory, bursts, posts, live sessions, silence.

use super::law::{OrganicLaw, PostLaw, ProfileLaw};
use super::platform::{Platform, autoregression, events};
use super::profile::Traits;
use super::scenario::Course;
use super::{Clock, pulse, purpose};
use crate::rng::Stream;

/// Growth slows down over this many days.
const GROWTH_DAYS: f64 = 10.0;
/// Events this many hours before the series still reach into it.
const BEFORE: f64 = 48.0;

/// Rates of one account, per step.
#[derive(Debug, Clone)]
pub(super) struct Rates {
    /// Smooth expected views: level, rhythm, season, growth, platform; no noise, no bursts.
    pub(super) smooth: Vec<f64>,
    /// Views per hour that the counts are drawn around, promoted ones included.
    pub(super) views: Vec<f64>,
    /// Share of those views that is promoted.
    pub(super) promoted: Vec<f64>,
    /// Logarithm of one plus the excess of bursts: virality.
    pub(super) virality: Vec<f64>,
}

/// Everything that fixes the rates of one account.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) law: &'a ProfileLaw,
    pub(super) organic: &'a OrganicLaw,
    pub(super) posts: &'a PostLaw,
    pub(super) traits: &'a Traits,
    pub(super) day_curve: &'a [f64; 24],
    pub(super) platform: &'a Platform,
    pub(super) clock: Clock,
    /// Factor left to an account that is idle throughout, `None` for an active one.
    pub(super) idle: Option<f64>,
    pub(super) seed: u64,
    pub(super) index: u64,
}

impl Source<'_> {
    fn stream(&self, purpose: u64) -> Stream {
        Stream::new(self.seed, self.index, purpose)
    }

    /// Rates with the course of a scenario, if there is one.
    pub(super) fn rates(&self, course: Option<&Course>) -> Rates {
        let n = self.clock.length;
        let smooth = self.smooth();
        let mut excess = self.bursts();
        self.add_posts(&mut excess);
        let live = self.live();
        let on = self.active();
        let (sd, rho) = (
            self.law.memory_sd * self.organic.memory,
            self.law.memory_rho,
        );
        let noise = autoregression(&mut self.stream(purpose::MEMORY), sd, rho, n);
        let days = self.day_levels();
        // Half the variance, so that noise leaves the mean where it is.
        let centre = 0.5 * (sd * sd + self.organic.day_level_sd * self.organic.day_level_sd);
        let on_share = 1.0 - self.traits.idle_share;
        let mut rates = Rates {
            views: vec![0.0; n],
            promoted: vec![0.0; n],
            virality: vec![0.0; n],
            smooth,
        };
        for t in 0..n {
            let (mut factor, mut promoted, mut event) = (self.idle.unwrap_or(1.0), 0.0, 0.0);
            if let Some(course) = course {
                event = course.excess[t];
                factor *= course.factor[t];
                promoted = course.promoted[t] * self.traits.level;
            }
            let day = days[(self.clock.start_hour + t) / 24];
            let usual = rates.smooth[t] / on_share * libm::exp(noise[t] + day - centre) * factor;
            // Silence is the account's own; what the world does to it goes on meanwhile.
            let share = if on[t] {
                1.0 + excess[t] + live[t]
            } else {
                0.0
            };
            let own = usual * (share + event);
            rates.views[t] = own + promoted;
            rates.promoted[t] = if promoted > 0.0 {
                promoted / (own + promoted)
            } else {
                0.0
            };
            rates.virality[t] = libm::log1p(excess[t] + event);
        }
        rates
    }

    fn smooth(&self) -> Vec<f64> {
        let Clock {
            start_hour,
            start_weekday,
            length,
        } = self.clock;
        let mut jitter = self.stream(purpose::PHASES);
        let shifts: Vec<f64> = (0..=length / 24 + 1)
            .map(|_| self.law.phase_jitter_hours * jitter.normal())
            .collect();
        let life = self.life();
        let traits = self.traits;
        let level = traits.level * (1.0 - traits.idle_share);
        (0..length)
            .map(|t| {
                let hour = start_hour + t;
                let weekend = (start_weekday + hour / 24) % 7 >= 5;
                let late = if weekend {
                    self.organic.weekend_shift_hours
                } else {
                    0.0
                };
                let days = t as f64 / 24.0;
                let turn = std::f64::consts::TAU * t as f64 / traits.season_hours;
                let log = traits.growth * GROWTH_DAYS * (1.0 - libm::exp(-days / GROWTH_DAYS))
                    + traits.season * libm::sin(turn + traits.season_phase)
                    + if weekend { traits.weekend } else { 0.0 };
                let at = (hour % 24) as f64 - shifts[hour / 24] - late;
                level
                    * life.as_ref().map_or(1.0, |life| life[t])
                    * interpolate(self.day_curve, at)
                    * libm::exp(log)
                    * self.platform.factor[t]
            })
            .collect()
    }

    /// Release, rise and power-law decay of a series that is one post's; `None` for an account.
    fn life(&self) -> Option<Vec<f64>> {
        let mut s = self.stream(purpose::LIFE);
        if !s.chance(self.posts.share) {
            return None;
        }
        let mut life = vec![0.0; self.clock.length];
        let at = s.between(0.0, self.posts.release) * self.clock.length as f64;
        let rise = s.exponential(self.posts.rise_hours);
        let shift = s.exponential(self.posts.decay_hours).max(1.0);
        let exponent = s.between(self.posts.exponent_low, self.posts.exponent_high);
        pulse::relaxing(&mut life, at, rise, self.posts.height, shift, exponent);
        Some(life)
    }

    fn day_levels(&self) -> Vec<f64> {
        let mut s = self.stream(purpose::LEVELS);
        let sd = self.organic.day_level_sd;
        (0..=self.clock.length / 24 + 1)
            .map(|_| sd * s.normal())
            .collect()
    }

    fn bursts(&self) -> Vec<f64> {
        let n = self.clock.length;
        let mut out = vec![0.0; n];
        let (law, organic) = (self.law, self.organic);
        let mut s = self.stream(purpose::BURSTS);
        let reach = n + BEFORE as usize;
        for _ in 0..events(&mut s, law.bursts_per_week * organic.burst_rate, reach) {
            let at = s.between(-BEFORE, n as f64);
            let mut size = organic.burst_size * s.log_normal(law.burst_size, law.burst_log_sd);
            let viral = s.chance(organic.viral_share);
            let boost = 1.0 + s.exponential(organic.viral_gain - 1.0);
            if viral {
                size *= boost;
            }
            let rise = s.between(0.0, 2.0);
            let exponent = s.between(law.burst_exponent_low, law.burst_exponent_high);
            if s.chance(organic.sharp_share) {
                pulse::decaying(&mut out, at, rise, size, organic.sharp_hours);
            } else {
                pulse::relaxing(&mut out, at, rise, size, law.burst_shift_hours, exponent);
            }
        }
        out
    }

    fn add_posts(&self, out: &mut [f64]) {
        let law = self.law;
        if law.posts_per_day == 0.0 {
            return;
        }
        let mut s = self.stream(purpose::POSTS);
        let every = [6.0, 12.0, 24.0][s.below(3)];
        let hour = s.below(24) as f64 - self.clock.start_hour as f64;
        let scheduled = s.chance(law.scheduled_share);
        let end = self.clock.length as f64;
        let gap = |s: &mut Stream| {
            if scheduled {
                every
            } else {
                s.exponential(24.0 / law.posts_per_day)
            }
        };
        // Schedules hit the hour; free posting starts anywhere.
        let mut at = hour.rem_euclid(every) - BEFORE;
        if !scheduled {
            at += s.exponential(24.0 / law.posts_per_day);
        }
        while at < end {
            let size = s.log_normal(law.post_size, 0.4);
            let exponent = s.between(law.burst_exponent_low, law.burst_exponent_high);
            pulse::relaxing(out, at, 0.0, size, law.burst_shift_hours, exponent);
            at += gap(&mut s);
        }
    }

    fn live(&self) -> Vec<f64> {
        let n = self.clock.length;
        let mut out = vec![0.0; n];
        let mut s = self.stream(purpose::LIVE);
        for _ in 0..events(&mut s, self.law.live_per_week * self.organic.live_rate, n) {
            let (at, hours) = (s.below(n.max(1)) as f64, (1 + s.below(4)) as f64);
            pulse::rectangle(
                &mut out,
                at,
                hours,
                self.organic.live_gain * s.between(0.5, 1.5),
            );
        }
        out
    }

    /// Hours in which the account is switched on: a two-state chain with geometric runs.
    fn active(&self) -> Vec<bool> {
        let n = self.clock.length;
        let idle = self.traits.idle_share;
        if idle <= 0.0 {
            return vec![true; n];
        }
        let mut s = self.stream(purpose::IDLE);
        let leave = 1.0 / self.law.idle_run_hours;
        let enter = (leave * idle / (1.0 - idle)).min(1.0);
        let mut off = s.chance(idle);
        (0..n)
            .map(|_| {
                off = if off {
                    !s.chance(leave)
                } else {
                    s.chance(enter)
                };
                !off
            })
            .collect()
    }
}

/// The daily curve at a fractional hour, straight lines between whole ones.
fn interpolate(curve: &[f64; 24], hour: f64) -> f64 {
    let hour = hour - 24.0 * (hour / 24.0).floor();
    let below = hour.floor();
    let (i, part) = (below as usize, hour - below);
    curve[i % 24] * (1.0 - part) + curve[(i + 1) % 24] * part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interpolation_wraps_around_midnight() {
        let curve: [f64; 24] = std::array::from_fn(|h| h as f64);
        assert_eq!(interpolate(&curve, 3.0), 3.0);
        assert_eq!(interpolate(&curve, 23.5), 11.5);
        assert_eq!(interpolate(&curve, -1.0), 23.0);
        assert_eq!(interpolate(&curve, 49.25), 1.25);
    }
}
