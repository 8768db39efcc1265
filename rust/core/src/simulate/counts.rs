//! Rates to whole numbers: views are drawn, then thinned to likes, comments and shares.

use super::organic::{Source, autoregress};
use super::profile::Traits;
use super::purpose;
use super::workspace::Workspace;
use crate::lanes::{binomials, exp, gammas, negative_binomials, quantiles};
use crate::rng::Stream;

/// Promoted viewers like, comment and share this much as often as the account's own.
const PROMOTED_RATIO: f32 = 0.25;
/// No ratio per hour rises above this.
const HIGHEST_RATIO: f32 = 0.95;

/// Realised counts, metric after metric. Likes, comments and shares are binomial parts of the views,
/// so that none of them can exceed the views of its hour.
#[inline(always)]
pub(super) fn draw(source: &Source<'_>, traits: &Traits, work: &mut Workspace, out: &mut [f32]) {
    let n = source.calendar.clock.length;
    let (views, rest) = out.split_at_mut(n);
    let again = || Stream::new(source.seed, source.index, purpose::GAMMA);
    let [accept, boost] = &work.gamma_words;
    gammas(traits.shape, accept, boost, &mut work.mixing, again);
    negative_binomials(&work.rate, &mut work.mixing, &work.count_words[0], views);
    for (m, thinned) in rest.chunks_exact_mut(n).enumerate() {
        ratios(source, traits, work, m);
        binomials(views, &work.spare, &work.count_words[m + 1], thinned);
    }
}

/// Share of the viewers of each hour that like (`m` = 0), comment (1) or share (2), into `spare`.
#[inline(always)]
fn ratios(source: &Source<'_>, traits: &Traits, work: &mut Workspace, m: usize) {
    let law = source.ratios;
    let n = source.calendar.clock.length;
    autoregress(&mut work.ratio_noise[m], law.noise_sd, law.noise_rho);
    let noise = &mut work.ratio_noise[m][..n];
    if law.day_sd > 0.0 {
        let days = source.calendar.days;
        let [a, b, c, d] = &mut work.words;
        let words = [
            &mut a[..days],
            &mut b[..days],
            &mut c[..days],
            &mut d[..days],
        ];
        source.key.words(purpose::RATIO_DAYS, 0, words);
        let jumps = &mut work.day_jumps[..days];
        quantiles(&work.words[m][..days], jumps);
        for (jump, part) in jumps.iter().zip(noise.chunks_mut(24)) {
            for value in part {
                *value = (law.day_sd as f32).mul_add(*jump, *value);
            }
        }
    }
    let centre = 0.5 * (law.day_sd * law.day_sd + law.noise_sd * law.noise_sd) as f32;
    let (drag, ratio) = (law.drag as f32, traits.ratios[m]);
    let (virality, chance) = (&work.virality[..n], &mut work.spare[..n]);
    for t in 0..n {
        chance[t] = ratio * exp(drag.mul_add(-virality[t], noise[t] - centre));
    }
    if source.bent {
        let promoted = &work.course.promoted[..n];
        for t in 0..n {
            chance[t] *= (1.0 - PROMOTED_RATIO).mul_add(-promoted[t], 1.0);
        }
        if let Some((metric, first, last, gain)) = work.course.bait
            && metric == m + 1
        {
            for value in &mut chance[first..last] {
                *value *= gain as f32;
            }
        }
    }
    for value in chance {
        *value = value.min(HIGHEST_RATIO);
    }
}
