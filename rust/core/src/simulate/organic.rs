//! Organic rates of one account: rhythm, growth, memory, bursts, posts, live sessions, silence.

use super::law::{OrganicLaw, PostLaw, ProfileLaw, RatioLaw};
use super::platform::{Platform, events};
use super::profile::{Diaspora, Lot, Traits};
use super::workspace::Workspace;
use super::{Clock, counts, pulse, purpose};
use crate::lanes::{Key, dispatch, exp, ln, normal_pairs, quantiles, sin_turn};
use crate::rng::Stream;

/// Growth slows down over this many days.
const GROWTH_DAYS: f64 = 10.0;
/// Events this many hours before the series still reach into it.
const BEFORE: f64 = 48.0;
/// AR(1) terms below this share of the noise are left out.
const FORGOTTEN: f32 = 1e-7;

/// What depends on the clock alone.
#[derive(Debug, Clone)]
pub(super) struct Calendar {
    pub(super) clock: Clock,
    /// Number of each step.
    hours: Vec<f32>,
    /// Days of effective growth since step 0, at each step.
    growth: Vec<f32>,
    /// 1 for each day of a weekend, else 0; from the day before the first step on, because an
    /// account's day begins at its own trough.
    weekend: Vec<f32>,
}

impl Calendar {
    pub(super) fn new(clock: Clock) -> Self {
        let days = (clock.start_hour + clock.length) / 24 + 3;
        let weekday = |d: usize| (clock.start_weekday + 6 + d) % 7;
        let growth = |t: usize| {
            let days = t as f64 / 24.0;
            (GROWTH_DAYS * (1.0 - libm::exp(-days / GROWTH_DAYS))) as f32
        };
        Self {
            clock,
            hours: (0..clock.length).map(|t| t as f32).collect(),
            growth: (0..clock.length).map(growth).collect(),
            weekend: (0..days)
                .map(|d| if weekday(d) >= 5 { 1.0 } else { 0.0 })
                .collect(),
        }
    }

    /// Memory for the accounts of this calendar.
    pub(super) fn workspace(&self) -> Workspace {
        Workspace::new(self.clock.length, self.weekend.len())
    }
}

/// Everything that fixes the rates and counts of one account.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) law: &'a ProfileLaw,
    pub(super) organic: &'a OrganicLaw,
    pub(super) ratios: &'a RatioLaw,
    pub(super) posts: &'a PostLaw,
    pub(super) platform: &'a Platform,
    pub(super) calendar: &'a Calendar,
    pub(super) lot: &'a Lot,
    pub(super) key: Key,
    /// Whether the account is idle throughout.
    pub(super) idle: bool,
    /// Whether a scenario bends its course.
    pub(super) bent: bool,
    pub(super) diaspora: Option<Diaspora>,
    /// Whether the smooth expectation is wanted, too.
    pub(super) smooth: bool,
    pub(super) seed: u64,
    pub(super) index: u64,
}

/// What one account has beside its rhythm; whatever is absent costs no pass.
#[derive(Debug, Clone, Copy)]
pub(super) struct Present {
    life: bool,
    idle_runs: bool,
}

impl Source<'_> {
    fn stream(&self, purpose: u64) -> Stream {
        Stream::new(self.seed, self.index, purpose)
    }

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
    fn draw_activity(&self, idle: f64, on: &mut [f32]) {
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

dispatch! {
    /// Traits, rates and counts of one account: metric after metric into `out`.
    pub(super) fn account<'a>(
        source: &'a Source<'a>,
        present: Present,
        work: &'a mut Workspace,
        traits: &'a mut Traits,
        out: &'a mut [f32],
    ) {
        *traits = Traits::draw(source.law, source.organic, source.ratios, source.lot, source.diaspora);
        noise(source, work);
        let skip = rhythm(source, traits, work);
        rates(source, present, traits, skip, work);
        counts::draw(source, traits, work, out);
    }
}

/// Memory of the rate, gamma mixing and noise of the ratios, as standard normals.
#[inline(always)]
fn noise(source: &Source<'_>, work: &mut Workspace) {
    let n = source.calendar.clock.length;
    let [a, b, c, d] = &mut work.words;
    let [a, b, c, d] = [&mut a[..n], &mut b[..n], &mut c[..n], &mut d[..n]];
    source.key.words(purpose::NOISE, 0, [a, b, c, d]);
    normal_pairs(a, b, &mut work.noise, &mut work.mixing);
    let [likes, comments, shares] = &mut work.ratio_noise;
    normal_pairs(c, d, likes, comments);
    // What is left of the words for views: a normal for shares comes from the place of a spare one.
    let [accept, boost] = &mut work.gamma_words;
    let [views, like_words, comment_words, share_words] = &mut work.count_words;
    source
        .key
        .words(purpose::VIEWS, 0, [accept, boost, views, &mut *a]);
    quantiles(a, shares);
    source.key.words(
        purpose::THINNING,
        0,
        [like_words, comment_words, share_words, &mut *b],
    );
}

/// Turns standard normals into stationary AR(1) noise: after k doublings, each value is the sum of
/// its last 2^k shocks, each weighted by `rho` to the power of its age.
#[inline(always)]
pub(super) fn autoregress(noise: &mut Vec<f32>, spare: &mut Vec<f32>, sd: f64, rho: f64) {
    let n = noise.len();
    let fresh = (sd * (1.0 - rho * rho).sqrt()) as f32;
    if let Some((first, rest)) = noise.split_first_mut() {
        *first *= sd as f32;
        for value in rest {
            *value *= fresh;
        }
    }
    let (mut shift, mut factor) = (1, rho as f32);
    while shift < n && factor > FORGOTTEN {
        let (from, to) = (&noise[..n], &mut spare[..n]);
        to[..shift].copy_from_slice(&from[..shift]);
        for ((to, from), earlier) in to[shift..].iter_mut().zip(&from[shift..]).zip(from) {
            *to = factor.mul_add(*earlier, *from);
        }
        std::mem::swap(noise, spare);
        shift *= 2;
        factor *= factor;
    }
}

/// Daily curve from day to day, with the weekend's shift and lift, and with the jumps of the level.
/// An account's day begins at its own trough, where a new level shows least, so that no step of the
/// clock is a cliff for everybody. Returns the steps of the first day that lie before the series.
#[inline(always)]
fn rhythm(source: &Source<'_>, traits: &Traits, work: &mut Workspace) -> usize {
    let calendar = source.calendar;
    let trough = traits.trough();
    let start = calendar.clock.start_hour;
    // The first day is the calendar's or the one before; one that begins after noon belongs to the
    // next.
    let (skip, first_day) = if start < trough {
        (start + 24 - trough, 0)
    } else {
        (start - trough, 1)
    };
    let first_day = first_day + usize::from(trough >= 12);
    let weekends = &calendar.weekend[first_day..];
    let days = weekends.len();
    let [a, b, c, d] = &mut work.words;
    let [a, b, c, d] = [
        &mut a[..days],
        &mut b[..days],
        &mut c[..days],
        &mut d[..days],
    ];
    source.key.words(purpose::DAYS, 0, [a, b, c, d]);
    let (shifts, jumps) = (&mut work.day_shifts[..days], &mut work.day_jumps[..days]);
    quantiles(a, shifts);
    quantiles(b, jumps);
    // Thrice round, so that a shifted day is one run.
    let mut curve = [0.0; 96];
    for part in curve.chunks_exact_mut(24) {
        part.copy_from_slice(&traits.day_curve);
    }
    let curve = &curve[trough..trough + 72];
    let jitter = source.law.phase_jitter_hours as f32;
    let late = source.organic.weekend_shift_hours as f32;
    let jump = source.organic.day_level_sd as f32;
    let sd = (source.law.memory_sd * source.organic.memory) as f32;
    // Half the variance, so that noise leaves the mean where it is.
    let centre = 0.5 * (sd * sd + jump * jump);
    let lift = exp(traits.weekend);
    for day in 0..days {
        let shift = jitter.mul_add(shifts[day], late * weekends[day]);
        // Hour of the curve at which the day begins, from 0 to 24.
        shifts[day] = 24.0 - (shift - 24.0 * (shift * (1.0 / 24.0)).floor());
        jumps[day] = exp(jump.mul_add(jumps[day], -centre));
    }
    let (smooth_days, _) = work.curve.as_chunks_mut::<24>();
    let (level_days, _) = work.level.as_chunks_mut::<24>();
    for day in 0..days {
        let (at, jumped) = (shifts[day], jumps[day]);
        let first = (at as i32 as usize).min(24);
        let part = at - first as f32;
        let lift = if weekends[day] > 0.0 { lift } else { 1.0 };
        let (smooth, level) = (&mut smooth_days[day], &mut level_days[day]);
        if let Some(hours) = curve[first..].first_chunk::<25>() {
            for h in 0..24 {
                smooth[h] = lift * part.mul_add(hours[h + 1] - hours[h], hours[h]);
                level[h] = smooth[h] * jumped;
            }
        }
    }
    skip
}

/// Views per hour, and virality.
#[inline(always)]
fn rates(
    source: &Source<'_>,
    present: Present,
    traits: &Traits,
    skip: usize,
    work: &mut Workspace,
) {
    let calendar = source.calendar;
    let n = calendar.clock.length;
    let (sd, rho) = (
        source.law.memory_sd * source.organic.memory,
        source.law.memory_rho,
    );
    autoregress(&mut work.noise, &mut work.spare, sd, rho);
    let slow = &mut work.slow[..n];
    let pace = 1.0 / traits.season_hours;
    let (hours, growth) = (&calendar.hours[..n], &calendar.growth[..n]);
    for t in 0..n {
        let season = sin_turn(hours[t].mul_add(pace, traits.season_phase));
        slow[t] = traits.growth.mul_add(growth[t], traits.season * season);
    }
    let factor = &source.platform.factor[..n];
    let level = &work.level[skip..skip + n];
    let rate = &mut work.rate[..n];
    let noise = &work.noise[..n];
    for t in 0..n {
        rate[t] = traits.level * level[t] * factor[t] * exp(slow[t] + noise[t]);
    }
    if present.life {
        multiply(rate, &work.life);
    }
    let idle = if source.idle {
        source.lot.idle_level(source.organic)
    } else {
        1.0
    };
    if source.smooth {
        let curve = &work.curve[skip..skip + n];
        let smooth = &mut work.smooth[..n];
        let usual = traits.level * (1.0 - traits.idle_share);
        for t in 0..n {
            smooth[t] = usual * curve[t] * factor[t] * exp(slow[t]);
        }
        if present.life {
            multiply(smooth, &work.life);
        }
    }
    if present.idle_runs && traits.idle_share > 0.0 {
        source.draw_activity(f64::from(traits.idle_share), &mut work.on);
    } else {
        work.on.fill(1.0);
    }
    let (excess, live, on) = (&work.excess[..n], &work.live[..n], &work.on[..n]);
    let virality = &mut work.virality[..n];
    if !source.bent {
        for t in 0..n {
            rate[t] *= idle * on[t] * (1.0 + excess[t] + live[t]);
            virality[t] = ln(1.0 + excess[t]);
        }
        return;
    }
    let course = &mut work.course;
    let (event, bent) = (&course.excess[..n], &course.factor[..n]);
    let promoted = &mut course.promoted[..n];
    for t in 0..n {
        // Silence is the account's own; what the world does to it goes on meanwhile.
        let share = on[t].mul_add(1.0 + excess[t] + live[t], event[t]);
        let own = rate[t] * idle * bent[t] * share;
        let all = traits.level.mul_add(promoted[t], own);
        promoted[t] = if all > 0.0 { (all - own) / all } else { 0.0 };
        rate[t] = all;
        virality[t] = ln(1.0 + excess[t] + event[t]);
    }
}

#[inline(always)]
fn multiply(out: &mut [f32], factor: &[f32]) {
    for (value, factor) in out.iter_mut().zip(factor) {
        *value *= *factor;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubling_gives_the_same_noise_as_the_recursion() {
        let mut stream = Stream::new(1, 2, 3);
        for (n, rho) in [(1, 0.5), (50, 0.0), (336, 0.85), (700, 0.999)] {
            let shocks: Vec<f32> = (0..n).map(|_| stream.normal() as f32).collect();
            let mut noise = shocks.clone();
            let mut spare = vec![0.0; n];
            autoregress(&mut noise, &mut spare, 0.3, rho);
            let mut value = 0.0;
            for (t, shock) in shocks.iter().enumerate() {
                let fresh = if t == 0 {
                    0.3
                } else {
                    0.3 * (1.0 - rho * rho).sqrt()
                };
                value = rho * value + fresh * f64::from(*shock);
                assert!(
                    (value - f64::from(noise[t])).abs() < 2e-5,
                    "{rho}, step {t}"
                );
            }
        }
    }
}
