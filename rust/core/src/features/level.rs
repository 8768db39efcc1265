//! Level features: scans, steps and drifts of the standardised residual.

use super::registry::Feature;
use super::residual::Residual;

/// Window lengths of scans, in steps.
pub(crate) const SCAN_STEPS: [usize; 6] = [1, 3, 6, 12, 24, 72];
/// Window lengths of steps, in steps.
const STEP_STEPS: [usize; 3] = [3, 6, 24];
/// Length of the blocks whose means are compared, and how far they are apart, in steps.
const BLOCK_STEPS: usize = 48;
const BLOCK_STRIDE: usize = 6;

const SE: &str = "standard errors";

/// What this group measures, in output order.
pub(crate) const FEATURES: [Feature; 22] = [
    Feature::high(
        "burst",
        "scan_up",
        "1",
        SE,
        14,
        "largest residual of one step",
    ),
    Feature::high(
        "burst",
        "scan_up",
        "3",
        SE,
        14,
        "largest mean residual over 3 steps, times sqrt(3)",
    ),
    Feature::high(
        "burst",
        "scan_up",
        "6",
        SE,
        14,
        "largest mean residual over 6 steps, times sqrt(6)",
    ),
    Feature::high(
        "burst",
        "scan_up",
        "12",
        SE,
        24,
        "largest mean residual over 12 steps, times sqrt(12)",
    ),
    Feature::high(
        "burst",
        "scan_up",
        "24",
        SE,
        48,
        "largest mean residual over 24 steps, times sqrt(24)",
    ),
    Feature::high(
        "burst",
        "scan_up",
        "72",
        SE,
        144,
        "largest mean residual over 72 steps, times sqrt(72)",
    ),
    Feature::high(
        "burst",
        "scan_down",
        "1",
        SE,
        14,
        "deepest residual of one step, sign turned",
    ),
    Feature::high(
        "burst",
        "scan_down",
        "3",
        SE,
        14,
        "deepest mean residual over 3 steps, times sqrt(3), sign turned",
    ),
    Feature::high(
        "burst",
        "scan_down",
        "6",
        SE,
        14,
        "deepest mean residual over 6 steps, times sqrt(6), sign turned",
    ),
    Feature::high(
        "burst",
        "scan_down",
        "12",
        SE,
        24,
        "deepest mean residual over 12 steps, times sqrt(12), sign turned",
    ),
    Feature::high(
        "burst",
        "scan_down",
        "24",
        SE,
        48,
        "deepest mean residual over 24 steps, times sqrt(24), sign turned",
    ),
    Feature::high(
        "burst",
        "scan_down",
        "72",
        SE,
        144,
        "deepest mean residual over 72 steps, times sqrt(72), sign turned",
    ),
    Feature::high(
        "burst",
        "step_up",
        "3",
        SE,
        14,
        "largest rise between neighbouring windows of 3 steps",
    ),
    Feature::high(
        "burst",
        "step_up",
        "6",
        SE,
        14,
        "largest rise between neighbouring windows of 6 steps",
    ),
    Feature::high(
        "burst",
        "step_up",
        "24",
        SE,
        48,
        "largest rise between neighbouring windows of 24 steps",
    ),
    Feature::high(
        "burst",
        "step_down",
        "3",
        SE,
        14,
        "largest fall between neighbouring windows of 3 steps",
    ),
    Feature::high(
        "burst",
        "step_down",
        "6",
        SE,
        14,
        "largest fall between neighbouring windows of 6 steps",
    ),
    Feature::high(
        "burst",
        "step_down",
        "24",
        SE,
        48,
        "largest fall between neighbouring windows of 24 steps",
    ),
    Feature::high(
        "trend",
        "cusum",
        "range",
        SE,
        14,
        "range of the cumulated residual over sqrt(steps): a level that moved",
    ),
    Feature::high(
        "trend",
        "block_mean",
        "48",
        "standard deviations",
        96,
        "largest absolute mean residual of any 48 steps in a row",
    ),
    Feature::high(
        "burst",
        "scan_share",
        "3",
        "share of steps",
        14,
        "share of steps inside 3-step windows whose scan exceeds 4 standard errors",
    ),
    Feature::high(
        "burst",
        "segments",
        "3",
        "per 100 steps",
        14,
        "separate runs of such windows: waves and repeated bursts",
    ),
];

/// Windows of 3 steps count as raised above this many standard errors.
const RAISED: f64 = 4.0;

/// Mean over `[start, end)`; NaN when fewer than half of its steps are known.
#[inline(always)]
fn mean(r: &Residual, start: usize, end: usize) -> f64 {
    let n = r.seen[end] - r.seen[start];
    if n == 0.0 || 2.0 * n < (end - start) as f64 {
        return f64::NAN;
    }
    (r.sums[end] - r.sums[start]) / n
}

/// Largest and smallest value of `value(t)` for `t` below `n`, NaN skipped; NaN when there are none.
#[inline(always)]
fn extremes(n: usize, value: impl Fn(usize) -> f64) -> (f64, f64) {
    let (mut high, mut low) = (f64::NAN, f64::NAN);
    for t in 0..n {
        // `max` and `min` skip a NaN on either side.
        let v = value(t);
        high = high.max(v);
        low = low.min(v);
    }
    (high, low)
}

/// Largest and smallest of `late - early`, both of one length; NaN when empty.
#[inline(always)]
fn widest(early: &[f64], late: &[f64]) -> (f64, f64) {
    const LANES: usize = 16;
    let mut high = [f64::NEG_INFINITY; LANES];
    let mut low = [f64::INFINITY; LANES];
    let ((a, rest_a), (b, rest_b)) = (early.as_chunks::<LANES>(), late.as_chunks::<LANES>());
    for (x, y) in a.iter().zip(b) {
        for k in 0..LANES {
            let d = y[k] - x[k];
            high[k] = if d > high[k] { d } else { high[k] };
            low[k] = if d < low[k] { d } else { low[k] };
        }
    }
    for (k, (x, y)) in rest_a.iter().zip(rest_b).enumerate() {
        high[k] = high[k].max(y - x);
        low[k] = low[k].min(y - x);
    }
    if early.is_empty() {
        return (f64::NAN, f64::NAN);
    }
    (
        high.into_iter().fold(f64::NEG_INFINITY, f64::max),
        low.into_iter().fold(f64::INFINITY, f64::min),
    )
}

/// Largest and smallest window mean times the root of its length; NaN where it does not fit twice.
#[inline(always)]
pub(crate) fn scan(r: &Residual, length: usize) -> (f64, f64) {
    let n = r.len();
    if n < 2 * length {
        return (f64::NAN, f64::NAN);
    }
    let root = libm::sqrt(length as f64);
    if r.is_complete() {
        let (high, low) = widest(&r.sums[..=n - length], &r.sums[length..]);
        return (high / root, low / root);
    }
    extremes(n - length + 1, |start| {
        mean(r, start, start + length) * root
    })
}

/// Largest and smallest change between neighbouring windows.
#[inline(always)]
fn steps(r: &Residual, length: usize, scratch: &mut Vec<f64>) -> (f64, f64) {
    let n = r.len();
    if n < 2 * length {
        return (f64::NAN, f64::NAN);
    }
    let root = libm::sqrt(length as f64 / 2.0);
    if r.is_complete() {
        let m = n + 1 - length;
        scratch.resize(m, 0.0);
        let (early, late, out) = (&r.sums[..m], &r.sums[length..][..m], &mut scratch[..m]);
        for t in 0..m {
            out[t] = late[t] - early[t];
        }
        let (high, low) = widest(&scratch[..m - length], &scratch[length..]);
        let scale = root / length as f64;
        return (high * scale, low * scale);
    }
    let (high, low) = extremes(n - 2 * length + 1, |start| {
        let middle = start + length;
        mean(r, middle, middle + length) - mean(r, start, middle)
    });
    (high * root, low * root)
}

/// Range of the cumulated residual around a straight line.
#[inline(always)]
fn drift_range(r: &Residual) -> f64 {
    let n = r.len();
    let known = r.n_known.max(1) as f64;
    let slope = r.sums[n] / known;
    let (mut top, mut bottom) = (0.0_f64, 0.0_f64);
    for t in 0..=n {
        let drift = r.sums[t] - slope * r.seen[t];
        top = if drift > top { drift } else { top };
        bottom = if drift < bottom { drift } else { bottom };
    }
    (top - bottom) / libm::sqrt(known)
}

/// Measures one residual.
#[inline(always)]
pub(crate) fn measure(r: &Residual, scratch: &mut Vec<f64>, out: &mut [f64]) {
    for (k, &length) in SCAN_STEPS.iter().enumerate() {
        let (high, low) = scan(r, length);
        out[k] = high;
        out[SCAN_STEPS.len() + k] = -low;
    }
    let at = 2 * SCAN_STEPS.len();
    for (k, &length) in STEP_STEPS.iter().enumerate() {
        let (high, low) = steps(r, length, scratch);
        out[at + k] = high;
        out[at + STEP_STEPS.len() + k] = -low;
    }
    let at = at + 2 * STEP_STEPS.len();
    let n = r.len();
    let known = r.n_known.max(1) as f64;
    out[at] = drift_range(r);
    let mut block = f64::NAN;
    if n >= BLOCK_STEPS {
        for start in (0..=n - BLOCK_STEPS).step_by(BLOCK_STRIDE) {
            block = block.max(mean(r, start, start + BLOCK_STEPS).abs());
        }
    }
    out[at + 1] = block;
    let (raised, runs) = raised(r);
    out[at + 2] = raised as f64 / known;
    out[at + 3] = 100.0 * runs as f64 / known;
}

/// Steps inside raised windows, and separate runs of such windows.
fn raised(r: &Residual) -> (usize, usize) {
    const LENGTH: usize = 3;
    let (mut steps, mut runs, mut last_end) = (0, 0, 0);
    let root = libm::sqrt(LENGTH as f64);
    for start in 0..(r.len() + 1).saturating_sub(LENGTH) {
        // A sum bounds the mean from above unless a step is missing.
        if r.sums[start + LENGTH] - r.sums[start] <= RAISED {
            continue;
        }
        if mean(r, start, start + LENGTH) * root > RAISED {
            runs += usize::from(runs == 0 || start > last_end);
            steps += start + LENGTH - last_end.max(start);
            last_end = start + LENGTH;
        }
    }
    (steps, runs)
}

#[cfg(test)]
mod tests;
