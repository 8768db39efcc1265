use std::collections::HashMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::law::Preset;
use super::prior::Place;
use super::world::preset_at;
use super::*;
use crate::attack::Attack;

/// The shipped preset of that name, priors and all.
pub(super) fn tree(name: &str) -> Value {
    let text = match name {
        "published" => include_str!("../../../../python/fakeengage/presets/published.yaml"),
        "realistic" => include_str!("../../../../python/fakeengage/presets/realistic.yaml"),
        "evasive" => include_str!("../../../../python/fakeengage/presets/evasive.yaml"),
        _ => include_str!("../../../../python/fakeengage/presets/blatant.yaml"),
    };
    serde_yaml_ng::from_str(text).unwrap()
}

pub(super) fn preset(name: &str) -> Preset {
    preset_at(&tree(name), Place::World { seed: 1, world: 0 }).unwrap()
}

fn spec(preset: Value) -> SimulationSpec {
    SimulationSpec {
        seed: 4,
        length: 168,
        fake_ratio: 0.35,
        start: 473_352,
        n_worlds: 1,
        missing: 0.0,
        preset,
    }
}

fn simulation(change: impl FnOnce(&mut SimulationSpec)) -> Simulation {
    let mut spec = spec(tree("published"));
    change(&mut spec);
    Simulation::new(spec).unwrap()
}

fn bits(accounts: &[Simulated]) -> Vec<u32> {
    let values = accounts.iter().flat_map(|a| &a.values);
    values.map(|v| v.to_bits()).collect()
}

#[test]
fn accounts_are_the_same_alone_in_slices_and_on_any_threads() {
    let made = simulation(|s| s.n_worlds = 2);
    let whole = made.range(0..230, 1, false).unwrap();
    for threads in [2, 7] {
        assert_eq!(
            bits(&made.range(0..230, threads, false).unwrap()),
            bits(&whole)
        );
    }
    for (from, to) in [(0, 1), (99, 101), (150, 230)] {
        let part = made.range(from..to, 3, true).unwrap();
        assert_eq!(bits(&part), bits(&whole[from as usize..to as usize]));
    }
    assert!(made.range(5..5, 2, false).unwrap().is_empty());
}

#[test]
fn a_fake_account_is_its_organic_self_plus_an_attack() {
    // Another ratio makes other fakes; an account that is normal in one of two runs and has the same
    // idle law and scenario there must show its clean series.
    let with = simulation(|_| ()).range(0..100, 1, true).unwrap();
    let without = simulation(|s| s.fake_ratio = 0.0)
        .range(0..100, 1, true)
        .unwrap();
    let mut compared = 0;
    for (a, b) in with.iter().zip(&without) {
        let same = |x: &plan::Placement| (x.idle, x.scenario, x.owner);
        if same(&a.placement) == same(&b.placement) {
            assert_eq!(a.clean, b.clean);
            compared += usize::from(a.placement.attack.is_some());
        }
        assert!(!b.mask.contains(&true) && b.windows.is_empty());
    }
    assert!(compared > 10, "only {compared} fakes compared");
}

#[test]
fn every_prior_of_every_shipped_preset_is_within_its_ranges() {
    for name in ["published", "realistic", "evasive", "blatant"] {
        let made = simulation(|s| {
            s.preset = tree(name);
            s.n_worlds = 3;
        });
        let accounts = made.range(0..300, 2, false).unwrap();
        assert!(
            accounts.iter().any(|a| a.values.iter().any(|v| *v > 0.0)),
            "{name}"
        );
    }
}

#[test]
fn missing_hours_are_about_the_share_asked_for_in_all_metrics_at_once() {
    for share in [0.0, 0.1, 0.6, 0.95, 1.0] {
        let made = simulation(|s| s.missing = share);
        let accounts = made.range(0..200, 2, true).unwrap();
        let (mut gaps, mut n) = (0, 0);
        for account in &accounts {
            let hidden: Vec<bool> = account.values.iter().map(|v| v.is_nan()).collect();
            for metric in 1..4 {
                assert_eq!(hidden[..168], hidden[168 * metric..168 * (metric + 1)]);
            }
            gaps += hidden.iter().filter(|h| **h).count();
            n += hidden.len();
            assert!(account.mask.iter().zip(&hidden).all(|(m, h)| !(m & h)));
        }
        let got = gaps as f64 / n as f64;
        assert!((got - share).abs() < 0.03, "{share}: {got}");
    }
}

#[test]
fn the_platform_moves_all_accounts_of_a_world_together() {
    // Correlation of the hour-by-hour log change of group means: strong inside a world because of
    // the shared factor, weak between worlds.
    let mut preset = tree("published");
    preset["platform"]["hour_sd"] = json!(0.5);
    preset["platform"]["hour_rho"] = json!(0.1);
    preset["scenarios"]["share"] = json!(0.0);
    let made = simulation(|s| {
        s.preset = preset;
        s.n_worlds = 2;
        s.fake_ratio = 0.0;
    });
    let accounts = made.range(0..400, 2, false).unwrap();
    let course = |world: u64, half: u64| -> Vec<f64> {
        let group: Vec<_> = accounts
            .iter()
            .filter(|a| a.placement.world == world && a.placement.index % 2 == half)
            .collect();
        let log_mean = |t: usize| {
            let logs = group.iter().map(|a| f64::from(a.values[t]).ln_1p());
            logs.sum::<f64>() / group.len() as f64
        };
        (24..168).map(|t| log_mean(t) - log_mean(t - 24)).collect()
    };
    let correlation = |a: &[f64], b: &[f64]| {
        let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
        let (ma, mb) = (mean(a), mean(b));
        let dot = |f: &dyn Fn(f64, f64) -> f64| -> f64 {
            a.iter().zip(b).map(|(x, y)| f(x - ma, y - mb)).sum()
        };
        dot(&|x, y| x * y) / (dot(&|x, _| x * x) * dot(&|_, y| y * y)).sqrt()
    };
    let within = correlation(&course(0, 0), &course(0, 1));
    let between = correlation(&course(0, 0), &course(1, 1));
    assert!(within > 0.8, "{within}");
    assert!(between < 0.5, "{between}");
}

#[test]
fn refused_specs_name_the_field() {
    let refused = |change: fn(&mut SimulationSpec)| {
        let mut spec = spec(tree("published"));
        change(&mut spec);
        Simulation::new(spec).unwrap_err().to_string()
    };
    assert!(refused(|s| s.length = 1).starts_with("length: 1"));
    assert!(refused(|s| s.fake_ratio = f64::NAN).starts_with("fake_ratio"));
    assert!(refused(|s| s.missing = 1.5).starts_with("missing"));
    assert!(refused(|s| s.n_worlds = 0).starts_with("n_worlds"));
    let message = refused(|s| s.preset["organic"]["size"] = json!({"low": 1, "high": 1e6}));
    assert!(message.starts_with("organic.size: 1000000"), "{message}");
    let message = refused(|s| s.preset["organic"]["sise"] = json!(1));
    assert!(message.contains("unknown field `sise`"), "{message}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// DESIGN's promises on counts, over presets, seeds and lengths.
    #[test]
    fn counts_are_whole_and_change_exactly_where_the_mask_says(
        name in prop::sample::select(vec!["published", "realistic", "evasive", "blatant"]),
        seed in any::<u64>(),
        length in 48_usize..400,
        start in 0_i64..1_000_000,
    ) {
        let made = simulation(|s| {
            s.preset = tree(name);
            (s.seed, s.length, s.start) = (seed, length, start);
        });
        for account in made.range(1000..1030, 1, true).unwrap() {
            let clean = account.clean.unwrap();
            prop_assert!(account.values.iter().all(|v| v.fract() == 0.0));
            let changed: Vec<bool> =
                clean.iter().zip(&account.values).map(|(c, v)| c != v).collect();
            prop_assert_eq!(&changed, &account.mask);
            prop_assert_eq!(changed.contains(&true), account.placement.attack.is_some());
            let scenario = account.placement.scenario;
            if scenario != Some(Scenario::CounterCorrection) {
                prop_assert!(clean.iter().all(|v| *v >= 0.0));
                if account.placement.attack != Some(Attack::DeliveryPurge) {
                    prop_assert!(account.values.iter().all(|v| *v >= 0.0));
                }
            }
            if !matches!(scenario, Some(Scenario::CounterCorrection | Scenario::CounterLag)) {
                for part in 1..4 {
                    for t in 0..length {
                        prop_assert!(clean[part * length + t] <= clean[t]);
                    }
                }
            }
            let mut covered = vec![false; 4 * length];
            let mut last: HashMap<usize, usize> = HashMap::new();
            for w in &account.windows {
                prop_assert!(w.start < w.end && w.end <= length);
                let cells = w.metric * length + w.start..w.metric * length + w.end;
                prop_assert!(changed[cells.start] && changed[cells.end - 1]);
                let sum: f64 = cells
                    .clone()
                    .map(|i| f64::from(account.values[i]) - f64::from(clean[i]))
                    .sum();
                prop_assert!((sum - w.injected).abs() <= 1e-9 * sum.abs().max(1.0));
                covered[cells].fill(true);
                if let Some(end) = last.insert(w.metric, w.end) {
                    prop_assert!(w.start > end + 24);
                }
            }
            prop_assert!(changed.iter().zip(&covered).all(|(c, w)| !c || *w));
        }
    }
}
