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
    for n_steps in [0, 1, 13, 14, 27, 28, 47, 48, 71, 72, 95, 96, 143, 144, 336] {
        let (data, expected) = noise(1, n_steps, 9);
        let values = all(&data, Some(&expected), 1, 0);
        for (value, column) in values.iter().zip(columns(&METRICS)) {
            // Bursts may be absent from noise.
            let owed = column.feature.needs != Needs::Burst;
            if owed && n_steps >= column.feature.min_steps.max(96) {
                assert!(value.is_finite(), "{} at {n_steps}: {value}", column.name);
            }
            if n_steps < column.feature.min_steps && !column.name.starts_with("joint") {
                assert!(value.is_nan(), "{} at {n_steps}: {value}", column.name);
            }
        }
    }
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
