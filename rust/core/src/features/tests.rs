use super::*;
use crate::rng::Stream;
use crate::rows::Layout;

const METRICS: [&str; 4] = ["views", "likes", "comments", "shares"];

fn noise(n_accounts: usize, n_steps: usize, seed: u64) -> (Vec<f32>, Vec<f32>) {
    let (mut data, mut expected) = (Vec::new(), Vec::new());
    for i in 0..n_accounts {
        let mut stream = Stream::new(seed, i as u64, 1);
        for _ in 0..4 {
            for t in 0..n_steps {
                let mean = 50.0 * (1.5 + libm::sin(t as f64 / 24.0 * std::f64::consts::TAU));
                expected.push(mean as f32);
                data.push(stream.negative_binomial(mean, 20.0) as f32);
            }
        }
    }
    (data, expected)
}

/// All features of accounts of one length by a clock of hours.
fn all(data: &[f32], expected: Option<&[f32]>, n_accounts: usize, start: i64) -> Vec<f64> {
    let n_steps = data.len() / 4 / n_accounts;
    let offsets: Vec<usize> = (0..=n_accounts).map(|i| i * n_steps).collect();
    extract(
        Accounts {
            data,
            layout: Layout::new(&offsets, 4, data.len()).unwrap(),
            starts: &vec![start; n_accounts],
            clock: Clock {
                steps_per_day: 24,
                steps_per_week: 168,
            },
        },
        expected,
        &FAMILIES,
        n_accounts.min(3),
    )
    .unwrap()
    .1
}

#[test]
fn names_are_unique_and_as_many_as_values() {
    for n in 1..=4 {
        let columns = columns(&METRICS[..n]);
        assert_eq!(columns.len(), n_columns(n));
        let mut names: Vec<&str> = columns.iter().map(|c| c.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), columns.len());
    }
}

#[test]
fn an_account_alone_has_the_bits_it_has_in_a_batch() {
    let (data, expected) = noise(5, 200, 3);
    let width = n_columns(4);
    let bits = |values: &[f64]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    for given in [true, false] {
        let batch = all(&data, given.then_some(&expected[..]), 5, 7);
        let own = given.then_some(&expected[1600..2400]);
        let alone = all(&data[1600..2400], own, 1, 7);
        assert_eq!(bits(&alone), bits(&batch[2 * width..3 * width]));
    }
}

#[test]
fn families_choose_columns_and_change_no_value() {
    let (data, expected) = noise(2, 200, 3);
    let whole = all(&data, Some(&expected), 2, 0);
    let names = columns(&METRICS);
    for family in FAMILIES {
        let offsets = [0, 200, 400];
        let accounts = Accounts {
            data: &data,
            layout: Layout::new(&offsets, 4, data.len()).unwrap(),
            starts: &[0, 0],
            clock: Clock {
                steps_per_day: 24,
                steps_per_week: 168,
            },
        };
        let (width, part) = extract(accounts, Some(&expected), &[family], 1).unwrap();
        let want: Vec<u64> = whole
            .chunks(names.len())
            .flat_map(|row| row.iter().zip(&names))
            .filter(|(_, column)| column.feature.family == family)
            .map(|(value, _)| value.to_bits())
            .collect();
        assert!(width > 0 && 2 * width == part.len(), "{family}");
        assert_eq!(part.iter().map(|v| v.to_bits()).collect::<Vec<_>>(), want);
        assert!(extract(accounts, None, &["bursts"], 1).is_err());
    }
}

#[test]
fn every_feature_is_finite_from_its_declared_length_and_nan_below() {
    let mut lengths: Vec<usize> = columns(&METRICS)
        .iter()
        .flat_map(|column| [column.feature.min_steps - 1, column.feature.min_steps])
        .collect();
    lengths.extend([0, 1, 500]);
    lengths.sort_unstable();
    lengths.dedup();
    let mut wrong: Vec<String> = Vec::new();
    for n_steps in lengths {
        let (data, expected) = noise(1, n_steps, 9);
        let values = all(&data, Some(&expected), 1, 0);
        for (value, column) in values.iter().zip(columns(&METRICS)) {
            let least = column.feature.min_steps;
            // Bursts may be absent from noise.
            let owed = column.feature.needs != Needs::Burst;
            if (owed && n_steps >= least && !value.is_finite())
                || (n_steps < least && !value.is_nan())
            {
                wrong.push(format!("{} at {n_steps}: {value}", column.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_a_feature_needs_is_what_it_cannot_do_without() {
    let (data, expected) = noise(1, 400, 5);
    let offsets = [0, 400];
    let features = |data: &[f32], expected: &[f32], n_metrics: usize, steps_per_day: usize| {
        let accounts = Accounts {
            data,
            layout: Layout::new(&offsets, n_metrics, data.len()).unwrap(),
            starts: &[0],
            clock: Clock {
                steps_per_day,
                steps_per_week: 7 * steps_per_day,
            },
        };
        extract(accounts, Some(expected), &FAMILIES, 1).unwrap().1
    };
    let flat = vec![4.0; data.len()];
    let silent = vec![0.0; data.len()];
    let few = vec![0.5; data.len()];
    let mut wrong: Vec<String> = Vec::new();
    for (need, values, n_metrics) in [
        (Needs::DailyClock, features(&data, &expected, 4, 0), 4),
        (
            Needs::TwoMetrics,
            features(&data[..400], &expected[..400], 1, 24),
            1,
        ),
        (Needs::Variation, features(&flat, &flat, 4, 24), 4),
        (Needs::Activity, features(&silent, &few, 4, 24), 4),
    ] {
        let names = columns(&METRICS[..n_metrics]);
        assert_eq!(names.len(), values.len());
        for (value, column) in values.iter().zip(names) {
            let needed = column.feature.needs == need;
            // Without a clock, all others are still there.
            let owed = need == Needs::DailyClock && column.feature.needs != Needs::Burst;
            if (needed && !value.is_nan()) || (!needed && owed && !value.is_finite()) {
                wrong.push(format!("{} without {need:?}: {value}", column.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn an_attack_raises_what_it_should_and_noise_does_not() {
    let (mut data, expected) = noise(1, 336, 4);
    let find = |values: &[f64], name: &str| {
        values[columns(&METRICS)
            .iter()
            .position(|c| c.name == name)
            .unwrap()]
    };
    let before = all(&data, Some(&expected), 1, 0);
    for t in 100..106 {
        data[336 + t] *= 6.0; // likes only
    }
    let after = all(&data, Some(&expected), 1, 0);
    for name in [
        "likes__scan_up__6",
        "any__scan_up__6",
        "likes_per_views__ratio_up__5",
    ] {
        assert!(find(&before, name) < 7.0, "{name} {}", find(&before, name));
        assert!(find(&after, name) > 12.0, "{name} {}", find(&after, name));
    }
    assert!(find(&after, "joint__joint_up__6") < 7.0);
    assert_eq!(
        find(&before, "views__scan_up__6"),
        find(&after, "views__scan_up__6")
    );
}
