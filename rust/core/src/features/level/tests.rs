use super::*;

fn features(u: &[f64]) -> Vec<f64> {
    let mut r = Residual {
        u: u.iter()
            .map(|v| if v.is_nan() { 0.0 } else { *v as f32 })
            .collect(),
        known: u.iter().map(|v| f32::from(u8::from(!v.is_nan()))).collect(),
        ..Residual::default()
    };
    (r.sums, r.seen) = (vec![0.0], vec![0.0]);
    for t in 0..u.len() {
        r.sums.push(r.sums[t] + f64::from(r.u[t]));
        r.seen.push(r.seen[t] + f64::from(r.known[t]));
    }
    r.n_known = r.seen[u.len()] as usize;
    let mut out = vec![f64::NAN; FEATURES.len()];
    measure(&r, &mut Vec::new(), &mut out);
    out
}

fn value(out: &[f64], measure: &str, parameter: &str) -> f64 {
    let k = FEATURES
        .iter()
        .position(|f| f.measure == measure && f.parameter == parameter);
    out[k.unwrap()]
}

#[test]
fn a_box_is_found_at_its_own_length() {
    let mut u = vec![0.0; 200];
    u[50..56].fill(3.0);
    let out = features(&u);
    assert!((value(&out, "scan_up", "6") - 3.0 * 6.0_f64.sqrt()).abs() < 1e-12);
    assert_eq!(value(&out, "scan_up", "1"), 3.0);
    assert!((value(&out, "step_up", "6") - 3.0 * 3.0_f64.sqrt()).abs() < 1e-12);
    assert_eq!(value(&out, "scan_down", "6"), 0.0);
    assert_eq!(value(&out, "segments", "3"), 0.5);
    assert!((value(&out, "scan_share", "3") - 6.0 / 200.0).abs() < 1e-12);
}

#[test]
fn a_gap_far_away_changes_no_window() {
    let mut u: Vec<f64> = (0..200)
        .map(|t| f64::from((t * 37 % 11) as u8) - 5.0)
        .collect();
    u[90..96].fill(9.0);
    let whole = features(&u);
    u[10] = f64::NAN;
    let gap = features(&u);
    for k in [2, 3, 12, 13] {
        assert!(
            (whole[k] - gap[k]).abs() < 1e-9,
            "{}: {} {}",
            FEATURES[k].measure,
            whole[k],
            gap[k]
        );
    }
}

#[test]
fn a_window_that_is_mostly_missing_is_not_judged() {
    let mut u = vec![0.0; 60];
    u[20..26].fill(f64::NAN);
    u[23] = 9.0;
    let out = features(&u);
    assert_eq!(value(&out, "scan_up", "1"), 9.0);
    assert!(value(&out, "scan_up", "3") <= 9.0);
    assert!(value(&out, "scan_up", "72").is_nan());
}
