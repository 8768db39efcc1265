//! Level features: scans, steps and drifts of the standardised residual.

use super::residual::Residual;
use super::{Direction, Feature, Metric};

/// Window lengths of scans, in steps.
pub(crate) const SCAN_STEPS: [usize; 6] = [1, 3, 6, 12, 24, 72];
/// Window lengths of steps, in steps.
const STEP_STEPS: [usize; 3] = [3, 6, 24];
/// Length of the blocks whose means are compared, in steps.
const BLOCK_STEPS: usize = 48;

macro_rules! scan {
    ($name:literal, $parameter:literal, $meaning:literal, $min:literal, $direction:expr) => {
        Feature {
            measure: $name,
            parameter: $parameter,
            family: "burst",
            unit: "standard errors",
            meaning: $meaning,
            min_steps: $min,
            direction: $direction,
        }
    };
}

/// What this family measures, in output order.
pub(crate) const FEATURES: [Feature; 22] = [
    scan!(
        "scan_up",
        "1",
        "largest residual of one step",
        14,
        Direction::High
    ),
    scan!(
        "scan_up",
        "3",
        "largest mean residual over 3 steps, times sqrt(3)",
        14,
        Direction::High
    ),
    scan!(
        "scan_up",
        "6",
        "largest mean residual over 6 steps, times sqrt(6)",
        14,
        Direction::High
    ),
    scan!(
        "scan_up",
        "12",
        "largest mean residual over 12 steps, times sqrt(12)",
        24,
        Direction::High
    ),
    scan!(
        "scan_up",
        "24",
        "largest mean residual over 24 steps, times sqrt(24)",
        48,
        Direction::High
    ),
    scan!(
        "scan_up",
        "72",
        "largest mean residual over 72 steps, times sqrt(72)",
        144,
        Direction::High
    ),
    scan!(
        "scan_down",
        "1",
        "deepest residual of one step, sign turned",
        14,
        Direction::High
    ),
    scan!(
        "scan_down",
        "3",
        "deepest mean residual over 3 steps, times sqrt(3), sign turned",
        14,
        Direction::High
    ),
    scan!(
        "scan_down",
        "6",
        "deepest mean residual over 6 steps, times sqrt(6), sign turned",
        14,
        Direction::High
    ),
    scan!(
        "scan_down",
        "12",
        "deepest mean residual over 12 steps, times sqrt(12), sign turned",
        24,
        Direction::High
    ),
    scan!(
        "scan_down",
        "24",
        "deepest mean residual over 24 steps, times sqrt(24), sign turned",
        48,
        Direction::High
    ),
    scan!(
        "scan_down",
        "72",
        "deepest mean residual over 72 steps, times sqrt(72), sign turned",
        144,
        Direction::High
    ),
    scan!(
        "step_up",
        "3",
        "largest rise between neighbouring windows of 3 steps",
        14,
        Direction::High
    ),
    scan!(
        "step_up",
        "6",
        "largest rise between neighbouring windows of 6 steps",
        14,
        Direction::High
    ),
    scan!(
        "step_up",
        "24",
        "largest rise between neighbouring windows of 24 steps",
        48,
        Direction::High
    ),
    scan!(
        "step_down",
        "3",
        "largest fall between neighbouring windows of 3 steps",
        14,
        Direction::High
    ),
    scan!(
        "step_down",
        "6",
        "largest fall between neighbouring windows of 6 steps",
        14,
        Direction::High
    ),
    scan!(
        "step_down",
        "24",
        "largest fall between neighbouring windows of 24 steps",
        48,
        Direction::High
    ),
    Feature {
        measure: "cusum",
        parameter: "range",
        family: "trend",
        unit: "standard errors",
        meaning: "range of the cumulated residual over sqrt(steps): a level that moved",
        min_steps: 14,
        direction: Direction::High,
    },
    Feature {
        measure: "block_mean",
        parameter: "48",
        family: "trend",
        unit: "standard deviations",
        meaning: "largest absolute mean residual of any 48 steps in a row",
        min_steps: 96,
        direction: Direction::High,
    },
    Feature {
        measure: "scan_share",
        parameter: "3",
        family: "burst",
        unit: "share of steps",
        meaning: "share of steps inside 3-step windows whose scan exceeds 4 standard errors",
        min_steps: 14,
        direction: Direction::High,
    },
    Feature {
        measure: "segments",
        parameter: "3",
        family: "burst",
        unit: "per 100 steps",
        meaning: "separate runs of such windows: waves and repeated bursts",
        min_steps: 14,
        direction: Direction::High,
    },
];

/// Windows of 3 steps count as raised above this many standard errors.
const RAISED: f64 = 4.0;

/// Running sums of a residual, missing steps counted apart.
pub(crate) struct Sums {
    total: Vec<f64>,
    seen: Vec<usize>,
}

impl Sums {
    pub(crate) fn new(u: &[f64]) -> Self {
        let mut total = Vec::with_capacity(u.len() + 1);
        let mut seen = Vec::with_capacity(u.len() + 1);
        total.push(0.0);
        seen.push(0);
        for (i, value) in u.iter().enumerate() {
            let missing = value.is_nan();
            total.push(total[i] + if missing { 0.0 } else { *value });
            seen.push(seen[i] + usize::from(!missing));
        }
        Self { total, seen }
    }

    pub(crate) fn len(&self) -> usize {
        self.total.len() - 1
    }

    /// Mean over `[start, end)`; NaN when fewer than half of its steps are known.
    pub(crate) fn mean(&self, start: usize, end: usize) -> f64 {
        let n = self.seen[end] - self.seen[start];
        if n == 0 || 2 * n < end - start {
            return f64::NAN;
        }
        (self.total[end] - self.total[start]) / n as f64
    }
}

/// Largest and smallest window mean times the root of its length; NaN where it does not fit twice.
pub(crate) fn scan(sums: &Sums, length: usize) -> (f64, f64) {
    if sums.len() < 2 * length {
        return (f64::NAN, f64::NAN);
    }
    let root = libm::sqrt(length as f64);
    let (mut high, mut low) = (f64::NAN, f64::NAN);
    for start in 0..=sums.len() - length {
        let mean = sums.mean(start, start + length) * root;
        // `max` and `min` skip a NaN on either side.
        high = f64::max(high, mean);
        low = f64::min(low, mean);
    }
    (high, low)
}

fn steps(sums: &Sums, length: usize) -> (f64, f64) {
    let (mut high, mut low) = (f64::NAN, f64::NAN);
    if sums.len() < 2 * length {
        return (high, low);
    }
    for middle in length..=sums.len() - length {
        let change = sums.mean(middle, middle + length) - sums.mean(middle - length, middle);
        high = f64::max(high, change);
        low = f64::min(low, change);
    }
    let root = libm::sqrt(length as f64 / 2.0);
    (high * root, low * root)
}

/// Measures one residual.
pub(crate) fn measure(metric: &Metric<'_>, out: &mut [f64]) {
    measure_residual(&metric.residual, out);
}

fn measure_residual(residual: &Residual, out: &mut [f64]) {
    let sums = Sums::new(&residual.u);
    let n = sums.len();
    for (k, &length) in SCAN_STEPS.iter().enumerate() {
        let (high, low) = scan(&sums, length);
        out[k] = high;
        out[SCAN_STEPS.len() + k] = -low;
    }
    let at = 2 * SCAN_STEPS.len();
    for (k, &length) in STEP_STEPS.iter().enumerate() {
        let (high, low) = steps(&sums, length);
        out[at + k] = high;
        out[at + STEP_STEPS.len() + k] = -low;
    }
    let at = at + 2 * STEP_STEPS.len();
    let observed = residual.n_observed();
    let mean = if n == 0 {
        f64::NAN
    } else {
        sums.total[n] / observed.max(1) as f64
    };
    let (mut top, mut bottom) = (0.0_f64, 0.0_f64);
    for i in 0..=n {
        let drift = sums.total[i] - mean * sums.seen[i] as f64;
        top = top.max(drift);
        bottom = bottom.min(drift);
    }
    out[at] = (top - bottom) / libm::sqrt(observed.max(1) as f64);
    let mut block = f64::NAN;
    if n >= BLOCK_STEPS {
        for start in (0..=n - BLOCK_STEPS).step_by(6) {
            block = block.max(sums.mean(start, start + BLOCK_STEPS).abs());
        }
    }
    out[at + 1] = block;
    let (mut raised_steps, mut runs, mut last_end) = (0_usize, 0_usize, 0_usize);
    if n >= 3 {
        for start in 0..=n - 3 {
            if sums.mean(start, start + 3) * libm::sqrt(3.0) > RAISED {
                runs += usize::from(runs == 0 || start > last_end);
                raised_steps += start + 3 - last_end.max(start);
                last_end = start + 3;
            }
        }
    }
    out[at + 2] = raised_steps as f64 / observed.max(1) as f64;
    out[at + 3] = 100.0 * runs as f64 / observed.max(1) as f64;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features(u: &[f64]) -> Vec<f64> {
        let residual = Residual {
            u: u.to_vec(),
            ..Residual::default()
        };
        let mut out = vec![f64::NAN; FEATURES.len()];
        measure_residual(&residual, &mut out);
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
    fn a_window_that_is_mostly_missing_is_not_judged() {
        let mut u = vec![0.0; 60];
        u[20..26].fill(f64::NAN);
        u[23] = 9.0;
        let out = features(&u);
        assert_eq!(value(&out, "scan_up", "1"), 9.0);
        assert!(value(&out, "scan_up", "3") <= 9.0);
        assert!(value(&out, "scan_up", "72").is_nan());
    }
}
