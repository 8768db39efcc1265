//! Rates to whole numbers: views are drawn, then thinned to likes, comments and shares.

use super::law::RatioLaw;
use super::organic::Rates;
use super::platform::autoregression;
use super::profile::Traits;
use super::purpose;
use super::scenario::Course;
use crate::rng::Stream;

/// Promoted viewers like, comment and share this much as often as the account's own.
const PROMOTED_RATIO: f64 = 0.25;
/// No ratio per hour rises above this.
const HIGHEST_RATIO: f64 = 0.95;

/// Realised counts. Likes, comments and shares are binomial parts of the views, so that none of them
/// can exceed the views of its hour.
pub(super) fn draw(
    rates: &Rates,
    traits: &Traits,
    law: &RatioLaw,
    course: Option<&Course>,
    key: (u64, u64),
) -> [Vec<f32>; 4] {
    let (seed, index) = key;
    let n = rates.views.len();
    let stream = |purpose| Stream::new(seed, index, purpose);
    let mut s = stream(purpose::COUNTS);
    let views: Vec<f32> = rates
        .views
        .iter()
        .map(|&rate| s.negative_binomial(rate, traits.shape) as f32)
        .collect();
    let thin = |metric: usize| -> Vec<f32> {
        let mut noise = stream(purpose::RATIO_NOISE + metric as u64);
        let mut s = stream(purpose::COUNTS + metric as u64);
        let daily: Vec<f64> = (0..=n / 24).map(|_| law.day_sd * noise.normal()).collect();
        let hourly = autoregression(&mut noise, law.noise_sd, law.noise_rho, n);
        let centre = 0.5 * (law.day_sd * law.day_sd + law.noise_sd * law.noise_sd);
        (0..n)
            .map(|t| {
                if views[t] == 0.0 {
                    return 0.0;
                }
                let log = daily[t / 24] + hourly[t] - centre - law.drag * rates.virality[t];
                let bait = match course.and_then(|c| c.bait) {
                    Some((m, first, last, gain)) if m == metric && (first..last).contains(&t) => {
                        gain
                    }
                    _ => 1.0,
                };
                let mixed = 1.0 - (1.0 - PROMOTED_RATIO) * rates.promoted[t];
                let ratio = traits.ratios[metric - 1] * libm::exp(log) * bait * mixed;
                s.binomial(f64::from(views[t]), ratio.min(HIGHEST_RATIO)) as f32
            })
            .collect()
    };
    let (likes, comments, shares) = (thin(1), thin(2), thin(3));
    [views, likes, comments, shares]
}
