//! Properties of all attacks over accounts of every size and length.

mod sizes;
mod where_and_when;

use super::*;
use crate::rng::Stream;

const RATIOS: [f64; 4] = [1.0, 0.08, 0.01, 0.015];

/// An account's own data, as [`Organic`] borrows it.
pub(super) struct Account {
    pub(super) start_hour: usize,
    pub(super) start_weekday: usize,
    pub(super) expected: [Vec<f32>; 4],
    pub(super) counts: [Vec<f32>; 4],
    pub(super) mean: [f64; 4],
    pub(super) day_curve: [f64; 24],
}

impl Account {
    pub(super) fn organic(&self) -> Organic<'_> {
        Organic {
            start_hour: self.start_hour,
            start_weekday: self.start_weekday,
            expected: self.expected.each_ref().map(Vec::as_slice),
            factor: [1.0; 4],
            counts: self.counts.each_ref().map(Vec::as_slice),
            mean: self.mean,
            day_curve: self.day_curve,
        }
    }
}

/// An organic account with a daily curve, Poisson counts and, for `idle_until`, nothing before it.
pub(super) fn account(mean_views: f64, n: usize, key: u64, idle_until: usize) -> Account {
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
                (active * mean * day_curve[(start_hour + t) % 24]) as f32
            })
            .collect::<Vec<_>>()
    });
    let mut counts: [Vec<f32>; 4] = std::array::from_fn(|m| {
        expected[m]
            .iter()
            .map(|&rate| stream.poisson(f64::from(rate)) as f32)
            .collect()
    });
    let [views, likes, ..] = &mut counts;
    for (like, view) in likes.iter_mut().zip(views) {
        *like = like.min(*view);
    }
    Account {
        start_hour,
        start_weekday: stream.below(7),
        expected,
        counts,
        mean,
        day_curve,
    }
}

pub(super) fn attacked(order: &Order<'_>, account: &Account) -> ([Vec<f32>; 4], Attacked) {
    let mut counts = account.counts.clone();
    let parts = counts.each_mut().map(Vec::as_mut_slice);
    let drawn = carry_out(order, &account.organic(), parts, &mut Scratch::default());
    for (after, before) in counts.iter().zip(&account.counts) {
        for t in (0..after.len()).filter(|t| !drawn.open.contains(t)) {
            let same = after[t] == before[t] || before[t].is_nan();
            assert!(same, "{}: step {t} outside {:?}", order.attack, drawn.open);
        }
    }
    (counts, drawn)
}

/// Windows of the whole account.
pub(super) fn changed_windows(
    clean: &[Vec<f32>; 4],
    attacked: &[Vec<f32>; 4],
    pause_steps: usize,
) -> Vec<Window> {
    let mut windows = Vec::new();
    let (clean, attacked) = (clean.each_ref(), attacked.each_ref());
    let [clean, attacked] = [clean, attacked].map(|counts| counts.map(Vec::as_slice));
    let all = 0..clean[0].len();
    super::changed(clean, attacked, all, pause_steps, &mut [], &mut windows);
    windows
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
pub(super) fn every_case(mut check: impl FnMut(Attack, usize, &Account, &Order<'_>)) {
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
