use super::*;
use crate::rng::Stream;

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
    let offsets: Vec<usize> = (0..=5).map(|i| i * 200).collect();
    let layout = Layout::new(&offsets, 4, data.len()).unwrap();
    let starts = [7; 5];
    let width = n_columns(4);
    let bits = |values: &[f64]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    let batch = extract(&data, &expected, layout, &starts, 24, 1).unwrap();
    let threaded = extract(&data, &expected, layout, &starts, 24, 3).unwrap();
    assert_eq!(bits(&batch), bits(&threaded));
    let alone = Layout::new(&[0, 200], 4, 800).unwrap();
    let row = extract(&data[1600..2400], &expected[1600..2400], alone, &[7], 24, 1).unwrap();
    assert_eq!(bits(&row), bits(&batch[2 * width..3 * width]));
}

#[test]
fn every_feature_is_finite_from_its_declared_length_and_nan_below() {
    for n_steps in [0, 1, 13, 14, 27, 28, 47, 48, 71, 72, 95, 96, 143, 144, 336] {
        let (data, expected) = noise(1, n_steps, 9);
        let offsets = [0, n_steps];
        let layout = Layout::new(&offsets, 4, data.len()).unwrap();
        let values = extract(&data, &expected, layout, &[0], 24, 1).unwrap();
        for (value, column) in values.iter().zip(columns(&METRICS)) {
            if n_steps >= column.feature.min_steps.max(96) {
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
    let offsets = [0, 336];
    let find = |values: &[f64], name: &str| {
        values[columns(&METRICS)
            .iter()
            .position(|c| c.name == name)
            .unwrap()]
    };
    let layout = Layout::new(&offsets, 4, data.len()).unwrap();
    let before = extract(&data, &expected, layout, &[0], 24, 1).unwrap();
    for t in 100..106 {
        data[336 + t] *= 6.0; // likes only
    }
    let after = extract(&data, &expected, layout, &[0], 24, 1).unwrap();
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
