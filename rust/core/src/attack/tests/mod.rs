//! Properties of all attacks over accounts of every size and length.

mod sizes;
mod where_and_when;

use super::*;
use crate::rng::Stream;

const RATIOS: [f64; 4] = [1.0, 0.08, 0.01, 0.015];

/// An organic account with a daily curve, Poisson counts and, for `idle_until`, nothing before it.
pub(super) fn account(mean_views: f64, n: usize, key: u64, idle_until: usize) -> Organic {
    let mut stream = Stream::new(99, key, 1);
    let phase = stream.between(0.0, 24.0);
    let day_curve: [f64; 24] =
        std::array::from_fn(|h| 1.0 + 0.6 * libm::sin((h as f64 - phase) * 0.2618));
    let start_hour = stream.below(24);
    let mean = RATIOS.map(|ratio| ratio * mean_views);
    let expected = mean.map(|mean| {
        (0..n)
            .map(|t| {
                let active = if t < idle_until { 0.0 } else { 1.0 };
                active * mean * day_curve[(start_hour + t) % 24]
            })
            .collect::<Vec<_>>()
    });
    let mut counts: [Vec<f32>; 4] = std::array::from_fn(|m| {
        expected[m]
            .iter()
            .map(|&rate| stream.poisson(rate) as f32)
            .collect()
    });
    let [views, likes, ..] = &mut counts;
    for (like, view) in likes.iter_mut().zip(views) {
        *like = like.min(*view);
    }
    Organic {
        start_hour,
        start_weekday: stream.below(7),
        expected,
        counts,
        mean,
        day_curve,
    }
}

pub(super) fn attacked(order: &Order<'_>, organic: &Organic) -> ([Vec<f32>; 4], Attacked) {
    let mut counts = organic.counts.clone();
    let drawn = carry_out(order, organic, &mut counts);
    (counts, drawn)
}

pub(super) fn order(attack: Attack, law: &AttackLaw, index: u64) -> Order<'_> {
    Order {
        attack,
        law,
        cohort: None,
        seed: 7,
        index,
        placement: Placement::default(),
    }
}

pub(super) fn clock(cohort: u64) -> CohortClock {
    CohortClock {
        seed: 7,
        cohort,
        size: 12,
    }
}

/// A law without noise, so that sizes can be compared with what was asked.
pub(super) fn quiet_law() -> AttackLaw {
    AttackLaw {
        coupling_sd: 0.0,
        extra_noise: 0.0,
        edge_jitter: 0.0,
        round_orders: 0.0,
        hard_edge_share: 1.0,
        full_length_share: 0.0,
        metric_delay_hours: 0.0,
        size_exponent: 0.0,
        ..AttackLaw::default()
    }
}

pub(super) fn changed(clean: &[Vec<f32>; 4], attacked: &[Vec<f32>; 4]) -> Vec<bool> {
    (0..clean[0].len())
        .map(|t| (0..4).any(|m| clean[m][t] != attacked[m][t]))
        .collect()
}

const SIZES: [f64; 6] = [0.0, 0.05, 1.5, 40.0, 3000.0, 4e6];
const LENGTHS: [usize; 5] = [48, 49, 100, 168, 336];

/// Every attack on accounts of every size and length, with and without a clock.
pub(super) fn every_case(mut check: impl FnMut(Attack, usize, &Organic, &Order<'_>)) {
    let law = AttackLaw::default();
    let mut key = 0;
    for attack in Attack::ALL {
        for n in LENGTHS {
            for size in SIZES {
                for shared in [false, true] {
                    key += 1;
                    let idle = if key % 3 == 0 { n / 2 } else { 0 };
                    let organic = account(size, n, key, idle);
                    let mut order = order(attack, &law, key);
                    order.cohort = shared.then(|| clock(key));
                    check(attack, n, &organic, &order);
                }
            }
        }
    }
}
