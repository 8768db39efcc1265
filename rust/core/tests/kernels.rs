//! Every kernel equals its naive twin on any series: gaps, infinities, ties, flat stretches, any length.

mod naive;

use std::collections::BTreeSet;

use fakeengage_core::kernels::NAMES;
use proptest::prelude::*;

/// One step of an awkward series.
fn step() -> impl Strategy<Value = f64> {
    prop_oneof![
        6 => (0..6_i32).prop_map(f64::from),
        6 => -50.0..50.0_f64,
        2 => 0.0..1e6_f64,
        1 => Just(0.0),
        1 => Just(f64::NAN),
        1 => prop_oneof![Just(f64::INFINITY), Just(f64::NEG_INFINITY)],
    ]
}

/// Series of counts, of real values, with ties, with gaps, flat ones and mixtures of all.
fn series() -> impl Strategy<Value = Vec<f64>> {
    let whole = prop::collection::vec((0..9_u32).prop_map(f64::from), 0..160);
    let real = prop::collection::vec(-1.0..1.0_f64, 0..160);
    let mixed = prop::collection::vec(step(), 0..160);
    let flat = (0.0..9.0_f64, 0..60_usize).prop_map(|(value, n)| vec![value; n]);
    let gaps = (prop::collection::vec(0.0..99.0_f64, 1..160), 2..9_usize).prop_map(|(mut x, k)| {
        x.iter_mut().step_by(k).for_each(|v| *v = f64::NAN);
        x
    });
    prop_oneof![3 => whole, 3 => real, 3 => mixed, 1 => flat, 2 => gaps]
}

#[test]
fn every_kernel_has_a_twin_and_every_twin_a_kernel() {
    let cases = naive::cases();
    let twins: BTreeSet<&str> = cases.iter().map(|case| case.kernel).collect();
    let kernels: BTreeSet<&str> = NAMES.iter().copied().collect();
    assert_eq!(kernels, twins);
    assert_eq!(kernels.len(), NAMES.len(), "a name is listed twice");
}

#[test]
fn every_kernel_equals_its_twin() {
    let cases = naive::cases();
    proptest!(ProptestConfig::with_cases(600), |(x in series())| {
        for case in &cases {
            let name = format!("{}({})", case.kernel, case.parameters);
            match ((case.ours)(&x), (case.twin)(&x)) {
                (None, None) => {}
                (Some(ours), Some(twin)) => {
                    prop_assert_eq!(ours.len(), twin.len(), "{}: number of values", name);
                    for (k, (a, b)) in ours.iter().zip(&twin).enumerate() {
                        let close = (a - b).abs() <= case.tolerance * (1.0 + b.abs());
                        prop_assert!(
                            close || a == b || (a.is_nan() && b.is_nan()),
                            "{}: value {} is {}, its twin says {}", name, k, a, b
                        );
                    }
                }
                (ours, twin) => prop_assert!(false, "{}: {:?}, its twin {:?}", name, ours, twin),
            }
        }
    });
}
