//! What all accounts of a world live through together; keyed by the world, never by an account.

use super::law::PlatformLaw;
use super::{pulse, purpose};
use crate::rng::Stream;

/// The common course of one platform.
#[derive(Debug, Clone)]
pub struct Platform {
    /// Factor on every account's rate at each step.
    pub factor: Vec<f32>,
    /// Steps at which news breaks that some accounts are hit by.
    pub(super) news: [f64; 2],
    /// Step at which a part of the platform fails.
    pub(super) regional_outage: f64,
}

/// Number of events of a Poisson process of `per_week` over `length` hours.
pub(super) fn events(stream: &mut Stream, per_week: f64, length: usize) -> usize {
    stream.poisson(per_week * length as f64 / 168.0) as usize
}

impl Platform {
    /// The platform of `world` over `length` hours.
    pub(super) fn new(law: &PlatformLaw, seed: u64, world: u64, length: usize) -> Self {
        let mut hours = Stream::new(seed, world, purpose::PLATFORM);
        let noise = autoregression(&mut hours, law.hour_sd, law.hour_rho, length);
        let mut stream = Stream::new(seed, world, purpose::PLATFORM_EVENTS);
        let end = length as f64;
        let mut lift = vec![0.0; length];
        for _ in 0..events(&mut stream, law.events_per_week, length) {
            let size = stream.exponential(law.event_gain);
            let (at, hours) = (
                stream.between(0.0, end),
                stream.exponential(law.event_hours),
            );
            pulse::decaying(&mut lift, at, 2.0, size, hours.max(0.5));
        }
        let mut down = vec![0.0; length];
        for _ in 0..events(&mut stream, law.outages_per_week, length) {
            let (at, hours) = (
                stream.between(0.0, end),
                stream.exponential(law.outage_hours),
            );
            pulse::rectangle(&mut down, at, hours, 1.0);
            pulse::rectangle(&mut lift, at + hours, 3.0, law.catch_up - 1.0);
        }
        let shaken = noise.into_iter().zip(lift).zip(down);
        let factor = shaken.map(|((noise, lift), down): ((f64, f32), f32)| {
            let down = (1.0 - law.outage_level) * f64::from(down).min(1.0);
            (libm::exp(noise) * (1.0 + f64::from(lift)) * (1.0 - down)) as f32
        });
        let mut news = Stream::new(seed, world, purpose::NEWS);
        Self {
            factor: factor.collect(),
            news: [news.between(0.1, 0.5) * end, news.between(0.5, 0.9) * end],
            regional_outage: news.between(0.15, 0.85) * end,
        }
    }
}

/// Stationary AR(1) noise of mean 0, standard deviation `sd` and correlation `rho` from step to step.
fn autoregression(stream: &mut Stream, sd: f64, rho: f64, length: usize) -> Vec<f64> {
    if sd == 0.0 {
        return vec![0.0; length];
    }
    let fresh = sd * libm::sqrt(1.0 - rho * rho);
    let mut value = sd * stream.normal();
    (0..length)
        .map(|_| {
            value = rho * value + fresh * stream.normal();
            value
        })
        .collect()
}
