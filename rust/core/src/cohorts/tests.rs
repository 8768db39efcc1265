//! Laws of the parts; `tests/test_cohorts.py` holds the whole against simulated operators.

use super::activity::{activities, is_batched};
use super::gamma::{log_lower_tail, log_upper_tail};
use super::span::parts;
use super::*;
use crate::expectation::Clock;
use crate::rng::Stream;
use crate::rows::Layout;

const LENGTH: usize = 240;
const HOURLY: Clock = Clock {
    steps_per_day: 24,
    steps_per_week: 168,
};

/// Counts around 100, with some accounts that triple at shared steps.
fn batch(n_accounts: usize, members: std::ops::Range<usize>) -> Vec<f32> {
    let mut data = Vec::new();
    for i in 0..n_accounts {
        let mut stream = Stream::new(4, i as u64, 2);
        for t in 0..LENGTH {
            let wave = members.contains(&i) && t % 31 < 3;
            data.push(stream.negative_binomial(if wave { 300.0 } else { 100.0 }, 20.0) as f32);
        }
    }
    data
}

fn search(data: &[f32], owners: &[u32], order: &[u32], threads: usize) -> Cohorts {
    let n = owners.len();
    let offsets: Vec<usize> = (0..=n).map(|i| i * LENGTH).collect();
    let accounts = Accounts {
        data,
        layout: Layout::new(&offsets, 1, data.len()).unwrap(),
        starts: &vec![0; n],
        clock: HOURLY,
    };
    find(accounts, None, Identity { owners, order }, threads).unwrap()
}

fn members(found: &Cohorts) -> Vec<Vec<usize>> {
    let accounts = |cohort: &Vec<Member>| cohort.iter().map(|m| m.account).collect();
    found.iter().map(accounts).collect()
}

#[test]
fn one_operator_is_found_whatever_the_threads() {
    let data = batch(200, 20..27);
    let order: Vec<u32> = (0..200).rev().collect();
    let found = search(&data, &[NO_OWNER; 200], &order, 1);
    assert_eq!(members(&found), [(20..27).collect::<Vec<_>>()]);
    for member in &found[0] {
        assert!(
            member.first < 40 && member.last > 180 && member.n_shared > 12,
            "{member:?}"
        );
        assert!(member.log_chance < -4.0, "{member:?}");
    }
    assert_eq!(found, search(&data, &[NO_OWNER; 200], &order, 3));
}

#[test]
fn one_owner_is_one_voice() {
    let data = batch(200, 20..27);
    let order: Vec<u32> = (0..200).collect();
    let mut owners = [NO_OWNER; 200];
    owners[20..27].fill(5);
    assert!(search(&data, &owners, &order, 1).is_empty());
    owners[26] = 6;
    assert!(search(&data, &owners, &order, 1).is_empty());
    owners[25] = 7;
    let found = search(&data, &owners, &order, 1);
    assert_eq!(members(&found), [(20..27).collect::<Vec<_>>()]);
}

#[test]
fn tails_are_those_of_the_gamma_law() {
    // Shape 1 is exponential; a whole shape counts Poisson events.
    for x in [0.1_f64, 0.9, 3.0, 40.0, 600.0] {
        assert!((log_upper_tail(1.0, x) + x).abs() < 1e-9 * (1.0 + x), "{x}");
        let none = (-x).exp();
        let fewer: f64 = none * (1.0 + x + x * x / 2.0);
        assert!((log_upper_tail(3.0, x) - fewer.ln()).abs() < 1e-6, "{x}");
        let exact = (1.0 - fewer).ln();
        if x < 20.0 {
            assert!((log_lower_tail(3.0, x) - exact).abs() < 1e-9, "{x}");
        }
    }
    // Q(2.5, 2.5), scipy.special.gammaincc.
    assert!((log_upper_tail(2.5, 2.5).exp() - 0.415_880_186_995_5).abs() < 1e-9);
    assert_eq!(log_upper_tail(2.0, -1.0), 0.0);
    assert_eq!(log_lower_tail(2.0, 0.0), f64::NEG_INFINITY);
    assert!(log_lower_tail(30.0, 1e-9) < -600.0);
}

#[test]
fn a_counter_is_known_by_its_pauses() {
    let batched: Vec<f32> = (0..200)
        .map(|t| if t % 7 == 3 { 50.0 } else { 0.0 })
        .collect();
    assert!(is_batched(&batched));
    assert!(!is_batched(&[4.0; 200]));
    assert!(!is_batched(&[0.0; 200]));
    assert!(!is_batched(&batched[..40]));
    let mut stream = Stream::new(1, 1, 1);
    let rare: Vec<f32> = (0..500).map(|_| stream.poisson(0.2) as f32).collect();
    assert!(!is_batched(&rare));
}

#[test]
fn idle_accounts_are_told_from_steady_ones() {
    let mut data = vec![3.0_f32; 2 * 3 * 40];
    data[..20].fill(0.0);
    data[40..70].fill(0.0);
    data[80..90].fill(f32::NAN);
    for t in (81..120).step_by(4) {
        data[t] = 0.0;
    }
    data[160..200].copy_from_slice(&[[0.0_f32; 4], [0.0, 0.0, 0.0, 9.0]].concat().repeat(5));
    let offsets = [0, 40, 80, 120];
    let accounts = Accounts {
        data: &data,
        layout: Layout::new(&offsets, 2, data.len()).unwrap(),
        starts: &[0; 3],
        clock: HOURLY,
    };
    assert_eq!(
        activities(accounts, 12, 1),
        [Activity::Idle, Activity::Steady, Activity::Steady]
    );
    let mut batched = data.clone();
    for (t, count) in batched[160..200].iter_mut().enumerate() {
        *count = if t % 4 == 1 { 7.0 } else { 0.0 };
    }
    let accounts = Accounts {
        data: &batched,
        ..accounts
    };
    assert_eq!(activities(accounts, 12, 2)[2], Activity::Batched);
}

#[test]
fn parts_cover_the_line_and_overlap_by_half() {
    assert_eq!(parts(336, HOURLY), [(0, 336)]);
    assert_eq!(parts(756, HOURLY), [(0, 756)]);
    assert_eq!(parts(0, HOURLY), [(0, 0)]);
    let many = parts(2000, HOURLY);
    assert_eq!(many[0], (0, 504));
    assert_eq!(many[many.len() - 1].1, 2000);
    assert!(
        many.windows(2)
            .all(|w| w[1].0 - w[0].0 == 252 && w[1].0 < w[0].1)
    );
}

#[test]
fn buffers_that_do_not_fit_are_refused() {
    let accounts = Accounts {
        data: &[1.0; 2],
        layout: Layout::new(&[0, 2], 1, 2).unwrap(),
        starts: &[0],
        clock: HOURLY,
    };
    for (owners, order) in [(&[][..], &[0][..]), (&[0], &[])] {
        let refused = find(accounts, None, Identity { owners, order }, 1);
        assert!(matches!(refused, Err(Error::Length { .. })));
    }
}
