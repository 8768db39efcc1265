//! Daily-curve features: quiet hours that are not quiet, days unlike the account's other days.

use super::memory::pearson;
use super::registry::{Feature, Needs};
use super::residual::lower_quantile;
use super::tables::Day;
use super::{MIN_STEPS_PER_DAY, Metric};
use crate::lanes;

const CLOCK: Needs = Needs::DailyClock;
const SE: &str = "standard errors";

/// What this group measures, in output order. All need a cadence that divides the day into at
/// least six parts.
pub(crate) const FEATURES: [Feature; 7] = [
    Feature::high(
        "seasonality",
        "quiet_residual",
        "max",
        SE,
        48,
        "largest mean residual, over the days, of the quarter of the day that is usually quietest",
    )
    .needing(CLOCK),
    Feature::high(
        "seasonality",
        "quiet_residual",
        "sd",
        SE,
        72,
        "spread of that mean over the days",
    )
    .needing(CLOCK),
    Feature::high(
        "seasonality",
        "quiet_minus_busy",
        "max",
        SE,
        48,
        "largest daily difference between the quietest and the busiest quarter's mean residual",
    )
    .needing(CLOCK),
    Feature::high(
        "seasonality",
        "curve_distance",
        "max",
        "1 − correlation",
        72,
        "of the day least like the mean day",
    )
    .needing(CLOCK),
    Feature::high(
        "seasonality",
        "curve_distance",
        "q75",
        "1 − correlation",
        72,
        "of the day at the upper quartile",
    )
    .needing(CLOCK),
    Feature::high(
        "seasonality",
        "half_shift",
        "phase",
        "radians",
        96,
        "turn of the daily wave between the first and the second half",
    )
    .needing(CLOCK),
    Feature::high(
        "seasonality",
        "day_level",
        "sd",
        "log",
        96,
        "spread of the daily totals around their running middle",
    )
    .needing(CLOCK),
];

/// Memory of this group.
#[derive(Debug, Default)]
pub(crate) struct Work {
    logs: Vec<f32>,
    curve: Vec<f64>,
    order: Vec<usize>,
    quiet: Vec<bool>,
    busy: Vec<bool>,
    mean_day: Vec<f64>,
    column: Vec<f32>,
    quiet_means: Vec<f64>,
    differences: Vec<f64>,
    distances: Vec<f64>,
    levels: Vec<f64>,
}

/// Measures one metric; everything stays NaN without a usable clock.
#[inline(always)]
pub(crate) fn measure(metric: &Metric<'_>, day: &Day, work: &mut Work, out: &mut [f64]) {
    let (steps, n) = (day.steps, metric.counts.len());
    if steps < MIN_STEPS_PER_DAY || n < 2 * steps {
        return;
    }
    quarters(metric.expected, day, work);
    let r = metric.residual;
    let whole_days = n / steps;
    work.quiet_means.clear();
    work.differences.clear();
    for d in 0..whole_days {
        let at = d * steps;
        let (u, known) = (&r.u[at..at + steps], &r.known[at..at + steps]);
        let at_night = chosen_mean(u, known, &work.quiet);
        let at_day = chosen_mean(u, known, &work.busy);
        work.quiet_means.push(at_night);
        work.differences.push(at_night - at_day);
    }
    out[0] = largest(&work.quiet_means);
    out[1] = standard_deviation(&work.quiet_means);
    out[2] = largest(&work.differences);
    if whole_days >= 3 {
        curve_distances(metric, steps, whole_days, work);
        let distances = &mut work.distances;
        out[3] = largest(distances);
        distances.sort_unstable_by(f64::total_cmp);
        let rank = (distances.len().max(1) - 1) * 3 / 4;
        out[4] = distances.get(rank).copied().unwrap_or(f64::NAN);
    }
    if whole_days >= 4 {
        out[5] = phase_shift(metric.counts, day);
        out[6] = day_level_spread(metric, steps, whole_days, &mut work.levels);
    }
}

/// Mean residual over the chosen steps of a day, times the root of their number.
#[inline(always)]
fn chosen_mean(u: &[f32], known: &[f32], chosen: &[bool]) -> f64 {
    let n = u.len();
    let (known, chosen) = (&known[..n], &chosen[..n]);
    let (mut sum, mut count) = (0.0_f32, 0.0_f32);
    for t in 0..n {
        sum += if chosen[t] { u[t] } else { 0.0 };
        count += if chosen[t] { known[t] } else { 0.0 };
    }
    if count == 0.0 {
        f64::NAN
    } else {
        f64::from(sum) / f64::from(count).sqrt()
    }
}

/// Marks the quietest and the busiest quarter of the day by the expectation, in the order of the
/// series: whole days that begin at its first step.
#[inline(always)]
fn quarters(expected: &[f32], day: &Day, work: &mut Work) {
    let steps = day.steps;
    work.logs.resize(expected.len(), 0.0);
    let logs = &mut work.logs[..expected.len()];
    for t in 0..expected.len() {
        // On the log scale, or one viral day would set the curve.
        let finite = expected[t].is_finite();
        logs[t] = if finite {
            lanes::ln(expected[t].max(0.0) + 0.5)
        } else {
            0.0
        };
    }
    work.curve.clear();
    work.curve.resize(steps, 0.0);
    for part in logs.chunks(steps) {
        for (sum, value) in work.curve.iter_mut().zip(part) {
            *sum += f64::from(*value);
        }
    }
    let curve = &work.curve;
    work.order.clear();
    work.order.extend(0..steps);
    // Ties go by the clock, not by where the series begins.
    work.order.sort_unstable_by(|&a, &b| {
        let (clock_a, clock_b) = (day.phase(a), day.phase(b));
        curve[a].total_cmp(&curve[b]).then(clock_a.cmp(&clock_b))
    });
    for (mask, from) in [(&mut work.quiet, 0), (&mut work.busy, steps - steps / 4)] {
        mask.clear();
        mask.resize(steps, false);
        for &t in &work.order[from..from + steps / 4] {
            mask[t] = true;
        }
    }
}

/// One minus the correlation of each day's log counts with the median day's, into `work.distances`.
#[inline(always)]
fn curve_distances(metric: &Metric<'_>, steps: usize, whole_days: usize, work: &mut Work) {
    let n = steps * whole_days;
    work.logs.resize(n, 0.0);
    let (logs, counts) = (&mut work.logs[..n], &metric.counts[..n]);
    for t in 0..n {
        let log = lanes::ln(counts[t].max(0.0) + 1.0);
        logs[t] = if counts[t].is_nan() { f32::NAN } else { log };
    }
    work.mean_day.clear();
    for t in 0..steps {
        work.column.clear();
        let column = logs[t..].iter().step_by(steps);
        work.column.extend(column.copied().filter(|v| !v.is_nan()));
        let middle = lower_quantile(&mut work.column, 0.5);
        work.mean_day.push(f64::from(middle));
    }
    work.distances.clear();
    for day in logs.chunks_exact(steps) {
        let distance = 1.0 - day_correlation(day, &work.mean_day);
        if !distance.is_nan() {
            work.distances.push(distance);
        }
    }
}

/// Pearson correlation of one day with the median day over the steps known in both; NaN when fewer than
/// three are, or when either side is flat.
#[inline(always)]
fn day_correlation(day: &[f32], mean_day: &[f64]) -> f64 {
    const LANES: usize = 8;
    // Values less the first of the median day are small enough for sums in a single pass.
    let origin = mean_day
        .first()
        .copied()
        .filter(|v| !v.is_nan())
        .unwrap_or(0.0);
    // Number known in both, then the sums of x, y, x y, x x and y y over them.
    let mut sums = [[0.0; LANES]; 6];
    let ((a, rest_a), (b, rest_b)) = (day.as_chunks::<LANES>(), mean_day.as_chunks::<LANES>());
    let mut last = ([f32::NAN; LANES], [f64::NAN; LANES]);
    last.0[..rest_a.len()].copy_from_slice(rest_a);
    last.1[..rest_b.len()].copy_from_slice(rest_b);
    let blocks = a
        .iter()
        .zip(b)
        .chain((!rest_a.is_empty()).then_some((&last.0, &last.1)));
    for (x, y) in blocks {
        for k in 0..LANES {
            let (x, y) = (f64::from(x[k]) - origin, y[k] - origin);
            let known = if (x + y).is_nan() { 0.0 } else { 1.0 };
            let (x, y) = if known > 0.0 { (x, y) } else { (0.0, 0.0) };
            sums[0][k] += known;
            sums[1][k] += x;
            sums[2][k] += y;
            sums[3][k] += x * y;
            sums[4][k] += x * x;
            sums[5][k] += y * y;
        }
    }
    pearson(sums.map(|lanes| lanes.iter().sum::<f64>()), 1e-9)
}

/// Absolute turn of the first daily harmonic between the halves of the series.
#[inline(always)]
fn phase_shift(counts: &[f32], day: &Day) -> f64 {
    let n = counts.len();
    let middle = n / 2;
    let mut angles = [0.0; 2];
    for (angle, (from, to)) in angles.iter_mut().zip([(0, middle), (middle, n)]) {
        let (mut cosine, mut sine) = (0.0, 0.0);
        let (cosines, sines) = (&day.cosine[from..to], &day.sine[from..to]);
        for (t, &x) in counts[from..to].iter().enumerate() {
            // The root tames bursts without losing small accounts, as the log would.
            let weight = f64::from(if x > 0.0 { x } else { 0.0 }).sqrt();
            cosine += weight * f64::from(cosines[t]);
            sine += weight * f64::from(sines[t]);
        }
        *angle = libm::atan2(sine, cosine);
    }
    let turn = (angles[0] - angles[1]).abs();
    turn.min(std::f64::consts::TAU - turn)
}

#[inline(always)]
fn day_level_spread(
    metric: &Metric<'_>,
    steps: usize,
    whole_days: usize,
    levels: &mut Vec<f64>,
) -> f64 {
    levels.clear();
    let known = &metric.residual.known;
    for d in 0..whole_days {
        let (mut seen, mut predicted) = (0.0_f64, 0.0_f64);
        for t in d * steps..(d + 1) * steps {
            if known[t] > 0.0 {
                seen += f64::from(metric.counts[t].max(0.0));
                predicted += f64::from(metric.expected[t]);
            }
        }
        levels.push(libm::log((seen + 1.0) / (predicted + 1.0)));
    }
    standard_deviation(levels)
}

fn largest(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NAN, f64::max)
}

/// Of the values that are not NaN; NaN for fewer than two.
fn standard_deviation(values: &[f64]) -> f64 {
    let known = || values.iter().copied().filter(|v| !v.is_nan());
    let count = known().count();
    if count < 2 {
        return f64::NAN;
    }
    let mean = known().sum::<f64>() / count as f64;
    let square: f64 = known().map(|v| (v - mean) * (v - mean)).sum();
    (square / (count - 1) as f64).sqrt()
}
