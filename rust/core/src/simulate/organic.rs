//! One organic account in vector instructions: traits, rhythm, growth, memory, rates, counts.

use super::bursts::Present;
use super::calendar::Calendar;
use super::law::{OrganicLaw, PostLaw, ProfileLaw, RatioLaw};
use super::platform::Platform;
use super::profile::{Diaspora, Lot, Traits};
use super::workspace::Workspace;
use super::{counts, purpose};
use crate::lanes::{Key, dispatch, exp, ln, normal_pairs, quantiles, sin_turn};
use crate::rng::Stream;

/// No account has more views in an hour: the farthest ends of a preset would leave the numbers of
/// `f32`, and whole numbers of 64 bits soon after.
const MOST_VIEWS: f32 = 1e15;

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
    /// Factor left to the account: 1 unless it is idle throughout.
    pub(super) idle: f32,
    /// Whether a scenario bends its course.
    pub(super) bent: bool,
    pub(super) diaspora: Option<Diaspora>,
    /// Whether the smooth expectation is wanted, too.
    pub(super) smooth: bool,
    pub(super) seed: u64,
    pub(super) index: u64,
}

impl Source<'_> {
    pub(super) fn stream(&self, purpose: u64) -> Stream {
        Stream::new(self.seed, self.index, purpose)
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

/// Turns standard normals into stationary AR(1) noise. Within a block of 16, doubling gives each value
/// the sum of the block's shocks up to it, each weighted by `rho` to the power of its age; what the
/// block before has left is then added to all of them at once.
#[inline(always)]
pub(super) fn autoregress(noise: &mut [f32], sd: f64, rho: f64) {
    let fresh = (sd * (1.0 - rho * rho).sqrt()) as f32;
    if let Some((first, rest)) = noise.split_first_mut() {
        *first *= sd as f32;
        for value in rest {
            *value *= fresh;
        }
    }
    let rho = rho as f32;
    let mut powers = [rho; 16];
    for i in 1..16 {
        powers[i] = powers[i - 1] * rho;
    }
    let mut left = 0.0;
    let (blocks, rest) = noise.as_chunks_mut::<16>();
    for block in blocks {
        let one = older(*block, 1, powers[0]);
        let two = older(one, 2, powers[1]);
        let four = older(two, 4, powers[3]);
        let all = older(four, 8, powers[7]);
        for i in 0..16 {
            block[i] = powers[i].mul_add(left, all[i]);
        }
        left = block[15];
    }
    for value in rest {
        left = rho.mul_add(left, *value);
        *value = left;
    }
}

/// Each value plus `factor` times the one `shift` before it.
#[inline(always)]
fn older(block: [f32; 16], shift: usize, factor: f32) -> [f32; 16] {
    let mut out = block;
    for i in shift..16 {
        out[i] = factor.mul_add(block[i - shift], block[i]);
    }
    out
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
    let days = calendar.days;
    let weekends = &calendar.weekend[first_day..first_day + days];
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
    let seen = (skip + calendar.clock.length).div_ceil(24);
    for day in 0..seen {
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
    autoregress(&mut work.noise, sd, rho);
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
    if source.smooth {
        let curve = &work.curve[skip..skip + n];
        let smooth = &mut work.smooth[..n];
        let usual = traits.level * (1.0 - traits.idle_share);
        for t in 0..n {
            smooth[t] = (usual * curve[t] * factor[t] * exp(slow[t])).min(MOST_VIEWS);
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
            rate[t] = (rate[t] * source.idle * on[t] * (1.0 + excess[t] + live[t])).min(MOST_VIEWS);
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
        let own = (rate[t] * source.idle * bent[t] * share).min(MOST_VIEWS);
        let all = traits.level.mul_add(promoted[t], own).min(MOST_VIEWS);
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
            autoregress(&mut noise, 0.3, rho);
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
