//! Laws that the expectation keeps on any series.

use fakeengage_core::expectation::{Account, Clock, Platform, fit_account, fit_panel, platform};
use fakeengage_core::rng::Stream;
use fakeengage_core::rows::Layout;
use proptest::prelude::*;

const HOURLY: Clock = Clock {
    steps_per_day: 24,
    steps_per_week: 168,
};

/// Poisson counts around a daily cycle.
fn poisson(n: usize, index: u64, mean: f64) -> Vec<f32> {
    let mut stream = Stream::new(7, index, 1);
    (0..n)
        .map(|t| {
            let day = 1.0 + 0.5 * (std::f64::consts::TAU * t as f64 / 24.0).sin();
            stream.poisson(mean * day) as f32
        })
        .collect()
}

#[test]
fn a_burst_and_a_purge_are_found_where_they_are() {
    let mut y = poisson(336, 0, 40.0);
    for v in &mut y[120..126] {
        *v *= 5.0;
    }
    y[220..232].fill(0.0);
    let found = fit_account(&y, 1, 0, HOURLY, None, 0);
    let windows: Vec<_> = found
        .windows
        .iter()
        .map(|w| (w.start, w.end, w.z > 0.0))
        .collect();
    assert_eq!(windows.len(), 2, "{windows:?}");
    let near = |a: usize, b: usize| a.abs_diff(b) <= 2;
    assert!(windows[0].2 && near(windows[0].0, 120) && near(windows[0].1, 126));
    assert!(!windows[1].2 && near(windows[1].0, 220) && near(windows[1].1, 232));
    let truth: f32 = y[120..126].iter().sum::<f32>() * 0.8;
    let burst = &found.windows[0].volume;
    assert!((burst.excess / f64::from(truth) - 1.0).abs() < 0.15);
    assert!(burst.low <= burst.excess && burst.excess <= burst.high);
}

#[test]
fn an_account_has_the_same_bits_alone_and_in_any_batch() {
    let series: Vec<Vec<f32>> = (0..9)
        .map(|i| poisson(100 + 40 * i, i as u64, 5.0 * i as f64))
        .collect();
    let mut offsets = vec![0];
    for s in &series {
        offsets.push(offsets[offsets.len() - 1] + s.len());
    }
    let data = series.concat();
    let layout = Layout::new(&offsets, 1, data.len()).unwrap();
    let starts: Vec<i64> = (0..9).map(|i| 1000 * i).collect();
    let once = fit_panel(layout, &data, &starts, HOURLY, None, 3, 1).unwrap();
    for threads in [2, 7] {
        let again = fit_panel(layout, &data, &starts, HOURLY, None, 3, threads).unwrap();
        assert_eq!(format!("{once:?}"), format!("{again:?}"));
    }
    for (i, account) in once.iter().enumerate() {
        let alone = fit_account(&series[i], 1, starts[i], HOURLY, None, 3);
        assert_eq!(format!("{alone:?}"), format!("{account:?}"));
    }
    assert!(fit_panel(layout, &data, &starts[1..], HOURLY, None, 3, 1).is_err());
}

#[test]
fn flat_empty_huge_and_tiny_series_are_judged_without_alarm() {
    for (name, y) in [
        ("zero", vec![0.0; 336]),
        ("one", vec![1.0; 336]),
        ("huge", vec![1e7; 336]),
        ("fourteen", vec![3.0; 14]),
    ] {
        let found = fit_account(&y, 1, 5, HOURLY, None, 0);
        assert!(found.windows.is_empty(), "{name}: {:?}", found.windows);
        assert!(found.expected.iter().all(|v| v.is_finite()), "{name}");
        assert!(found.summary[0].max_z.abs() < 4.0, "{name}");
        let middle = f64::from(found.expected[y.len() / 2]);
        let truth = f64::from(y[0]);
        assert!(
            (middle - truth).abs() < 0.1 * truth + 0.2,
            "{name}: {middle}"
        );
    }
}

#[test]
fn silence_is_no_purge_where_it_is_a_habit() {
    let mut y = poisson(336, 4, 40.0);
    for (t, v) in y.iter_mut().enumerate() {
        if t / 30 % 2 == 1 {
            *v = 0.0;
        }
    }
    let purges = |y: &[f32]| {
        let found = fit_account(y, 1, 0, HOURLY, None, 0).windows;
        found.iter().filter(|w| w.z < 0.0).count()
    };
    assert_eq!(purges(&y), 0);
    y[200..204].fill(-300.0);
    assert_eq!(purges(&y), 1);
}

#[test]
fn short_and_missing_metrics_are_not_judged() {
    let found = fit_account(&[5.0; 13], 1, 0, HOURLY, None, 0);
    assert!(found.expected[0].is_nan() && found.summary[0].max_z.is_nan());
    let mut two = poisson(100, 1, 20.0);
    two.extend([f32::NAN; 100]);
    let found = fit_account(&two, 2, 0, HOURLY, None, 0);
    assert!(found.expected[0].is_finite() && found.expected[150].is_nan());
    assert!(found.summary[0].joint_z.is_nan() && found.summary[1].max_z.is_nan());
    let nothing = fit_account(&[], 1, 0, HOURLY, None, 0);
    assert!(nothing.summary[0].max_z.is_nan());
    assert!(fit_account(&[], 0, 0, HOURLY, None, 0).summary.is_empty());
}

#[test]
fn a_window_of_two_metrics_is_shared() {
    let mut y = [poisson(336, 1, 40.0), poisson(336, 2, 10.0)].concat();
    for v in &mut y[100..112] {
        *v *= 4.0;
    }
    let alone = fit_account(&y, 2, 0, HOURLY, None, 0).summary;
    for v in &mut y[436..448] {
        *v *= 4.0;
    }
    let both = fit_account(&y, 2, 0, HOURLY, None, 0).summary;
    assert!(alone[0].joint_z.abs() < 4.0, "{alone:?}");
    assert!(both[0].joint_z > 8.0, "{both:?}");
    assert_eq!(both[0].joint_z, both[1].joint_z);
}

#[test]
fn a_common_factor_is_recovered_and_taken_out() {
    let n = 40;
    let mut data = Vec::new();
    for i in 0..n {
        let mut y = poisson(240, i, 60.0);
        for v in &mut y[150..156] {
            *v *= 3.0;
        }
        data.extend(y);
    }
    let offsets: Vec<usize> = (0..=n as usize).map(|i| 240 * i).collect();
    let layout = Layout::new(&offsets, 1, data.len()).unwrap();
    let starts = vec![48; n as usize];
    let own = fit_panel(layout, &data, &starts, HOURLY, None, 0, 1).unwrap();
    let expected: Vec<f32> = own.iter().flat_map(|a| a.expected.clone()).collect();
    let log_sd: Vec<f32> = own.iter().flat_map(|a| a.log_sd.clone()).collect();
    let counts = platform::sketch(layout, &data, &expected, &log_sd, &starts, (48, 240), 2);
    let (factor, partners) = platform::factor(&counts, 5);
    assert!(partners.iter().all(|&p| p == 40));
    assert!((factor[152] - 3f64.ln()).abs() < 0.15, "{}", factor[152]);
    let shared = Platform {
        origin: 48,
        log_factor: &factor,
    };
    let with = fit_panel(layout, &data, &starts, HOURLY, Some(shared), 0, 1).unwrap();
    let loud = |accounts: &[Account]| accounts.iter().filter(|a| a.summary[0].max_z > 5.0).count();
    assert!(loud(&own) >= 38, "{}", loud(&own));
    // How far an account follows is estimated, with a prior of .7: some excess stays.
    assert!(loud(&with) <= 8, "{}", loud(&with));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(60) })]

    #[test]
    fn no_input_makes_a_panic_or_a_wrong_shape(
        n in 0usize..120,
        n_metrics in 1usize..4,
        start in any::<i64>(),
        day in prop::sample::select(vec![0usize, 2, 3, 24, 96]),
        values in prop::collection::vec(prop_oneof![
            Just(f32::NAN), Just(0.0f32), -50.0f32..50.0, 0.0f32..1e9, any::<f32>(),
        ], 360),
    ) {
        let clock = Clock { steps_per_day: day, steps_per_week: 7 * day };
        let data = &values[..n * n_metrics];
        let found = fit_account(data, n_metrics, start, clock, None, 1);
        prop_assert_eq!(found.expected.len(), data.len());
        prop_assert_eq!(found.summary.len(), n_metrics);
        for w in &found.windows {
            prop_assert!(w.start < w.end && w.end <= n && w.z.is_finite());
            prop_assert!(w.volume.low <= w.volume.excess && w.volume.excess <= w.volume.high);
        }
        for (s, block) in found.summary.iter().zip(found.expected.chunks(n.max(1))) {
            prop_assert_eq!(s.max_z.is_nan(), s.n_observed < 14);
            prop_assert!(s.max_z.is_nan() || block.iter().all(|v| *v >= 0.0));
            prop_assert!(s.max_z.is_nan() || (s.p_block > 0.0 && s.p_block <= 1.0));
        }
    }

    #[test]
    fn missing_steps_have_no_score_but_a_prediction(at in 20usize..300, length in 1usize..20) {
        let mut y = poisson(336, 3, 15.0);
        y[at..at + length].fill(f32::NAN);
        let found = fit_account(&y, 1, 0, HOURLY, None, 0);
        prop_assert!(found.expected.iter().all(|v| v.is_finite()));
        for (t, z) in found.hour_z.iter().enumerate() {
            prop_assert_eq!(z.is_nan(), (at..at + length).contains(&t));
        }
        y[at] = f32::INFINITY;
        let infinite = fit_account(&y, 1, 0, HOURLY, None, 0);
        prop_assert_eq!(format!("{found:?}"), format!("{infinite:?}"));
    }
}
