//! What happens to an account beside its rhythm: bursts, posts, live sessions, silence.

use super::organic::Source;
use super::platform::events;
use super::workspace::Workspace;
use super::{pulse, purpose};
use crate::rng::Stream;

/// Events this many hours before the series still reach into it.
const BEFORE: f64 = 48.0;

/// What one account has beside its rhythm; whatever is absent costs no pass.
#[derive(Debug, Clone, Copy)]
pub(super) struct Present {
    pub(super) life: bool,
    pub(super) idle_runs: bool,
}

impl Source<'_> {
    /// Draws bursts, posts, live sessions and silence into `work`.
    pub(super) fn events(&self, work: &mut Workspace) -> Present {
        work.excess.fill(0.0);
        work.live.fill(0.0);
        self.add_bursts(&mut work.excess);
        self.add_posts(&mut work.excess);
        self.add_live(&mut work.live);
        Present {
            life: self.draw_life(&mut work.life),
            idle_runs: self.law.idle_share_high > 0.0,
        }
    }

    /// Release, rise and power-law decay of a series that is one post's; false for an account.
    fn draw_life(&self, life: &mut [f32]) -> bool {
        if self.posts.share <= 0.0 {
            return false;
        }
        let mut s = self.stream(purpose::LIFE);
        if !s.chance(self.posts.share) {
            return false;
        }
        let at = s.between(0.0, self.posts.release) * life.len() as f64;
        let rise = s.exponential(self.posts.rise_hours);
        let shift = s.exponential(self.posts.decay_hours).max(1.0);
        let exponent = s.between(self.posts.exponent_low, self.posts.exponent_high);
        life.fill(0.0);
        pulse::relaxing(life, at, rise, self.posts.height, shift, exponent);
        true
    }

    fn add_bursts(&self, out: &mut [f32]) {
        let n = out.len();
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
                pulse::decaying(out, at, rise, size, organic.sharp_hours);
            } else {
                pulse::relaxing(out, at, rise, size, law.burst_shift_hours, exponent);
            }
        }
    }

    fn add_posts(&self, out: &mut [f32]) {
        let law = self.law;
        if law.posts_per_day == 0.0 {
            return;
        }
        let mut s = self.stream(purpose::POSTS);
        let every = [6.0, 12.0, 24.0][s.below(3)];
        let hour = s.below(24) as f64 - self.calendar.clock.start_hour as f64;
        let scheduled = s.chance(law.scheduled_share);
        let end = out.len() as f64;
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

    fn add_live(&self, out: &mut [f32]) {
        let n = out.len();
        let mut s = self.stream(purpose::LIVE);
        for _ in 0..events(&mut s, self.law.live_per_week * self.organic.live_rate, n) {
            let (at, hours) = (s.below(n.max(1)) as f64, (1 + s.below(4)) as f64);
            let size = self.organic.live_gain * s.between(0.5, 1.5);
            pulse::rectangle(out, at, hours, size);
        }
    }

    /// Hours in which the account is switched on: a two-state chain with geometric runs.
    pub(super) fn draw_activity(&self, idle: f64, on: &mut [f32]) {
        let mut s = self.stream(purpose::IDLE);
        let leave = 1.0 / self.law.idle_run_hours;
        let enter = (leave * idle / (1.0 - idle)).min(1.0);
        let mut off = s.chance(idle);
        for value in on {
            off = if off {
                !s.chance(leave)
            } else {
                s.chance(enter)
            };
            *value = if off { 0.0 } else { 1.0 };
        }
    }
}
