//! Daily-curve features: quiet hours that are not quiet, days unlike the account's other days.

use super::residual::{median, quantile_in_place};
use super::{Clock, Direction, Feature, Metric};

const fn feature(
    measure: &'static str,
    parameter: &'static str,
    unit: &'static str,
    meaning: &'static str,
    min_steps: usize,
) -> Feature {
    Feature {
        measure,
        parameter,
        family: "seasonality",
        unit,
        meaning,
        min_steps,
        direction: Direction::High,
    }
}

/// What this family measures, in output order. All need a cadence that divides the day into at
/// least six parts.
pub(crate) const FEATURES: [Feature; 7] = [
    feature(
        "quiet_residual",
        "max",
        "standard errors",
        "largest mean residual, over the days, of the quarter of the day that is usually quietest",
        48,
    ),
    feature(
        "quiet_residual",
        "sd",
        "standard errors",
        "spread of that mean over the days",
        72,
    ),
    feature(
        "quiet_minus_busy",
        "max",
        "standard errors",
        "largest daily difference between the quietest and the busiest quarter's mean residual",
        48,
    ),
    feature(
        "curve_distance",
        "max",
        "1 − correlation",
        "of the day least like the mean day",
        72,
    ),
    feature(
        "curve_distance",
        "q75",
        "1 − correlation",
        "of the day at the upper quartile",
        72,
    ),
    feature(
        "half_shift",
        "phase",
        "radians",
        "turn of the daily wave between the first and the second half",
        96,
    ),
    feature(
        "day_level",
        "sd",
        "log",
        "spread of the daily totals around their running middle",
        96,
    ),
];

/// Fewest parts of a day for which a daily curve means anything.
const MIN_STEPS_PER_DAY: usize = 6;

/// Measures one metric; everything stays NaN without a usable clock.
pub(crate) fn measure(metric: &Metric<'_>, clock: Clock, out: &mut [f64]) {
    let day = clock.steps_per_day;
    let n = metric.counts.len();
    if day < MIN_STEPS_PER_DAY || n < 2 * day {
        return;
    }
    let (quiet, busy) = quarters(metric.expected, clock);
    let u = &metric.residual.u;
    let whole_days = n / day;
    let mut quiet_means = Vec::with_capacity(whole_days);
    let mut differences = Vec::with_capacity(whole_days);
    for d in 0..whole_days {
        let mean_of = |chosen: &[bool]| {
            let (mut sum, mut count) = (0.0, 0_usize);
            for t in d * day..(d + 1) * day {
                if chosen[clock.phase(t)] && !u[t].is_nan() {
                    sum += u[t];
                    count += 1;
                }
            }
            if count == 0 {
                f64::NAN
            } else {
                sum / libm::sqrt(count as f64)
            }
        };
        let (at_night, at_day) = (mean_of(&quiet), mean_of(&busy));
        quiet_means.push(at_night);
        differences.push(at_night - at_day);
    }
    out[0] = largest(&quiet_means);
    out[1] = standard_deviation(&quiet_means);
    out[2] = largest(&differences);
    if whole_days >= 3 {
        let mut distances = curve_distances(metric.counts, day, whole_days);
        out[3] = largest(&distances);
        out[4] = quantile_in_place(&mut distances, 0.75);
    }
    if whole_days >= 4 {
        out[5] = phase_shift(metric.counts, clock);
        out[6] = day_level_spread(metric.counts, metric.expected, day, whole_days);
    }
}

/// Quietest and busiest quarter of the day by the expectation.
fn quarters(expected: &[f32], clock: Clock) -> (Vec<bool>, Vec<bool>) {
    let day = clock.steps_per_day;
    let mut curve = vec![0.0_f64; day];
    for (t, e) in expected.iter().enumerate().filter(|(_, e)| e.is_finite()) {
        // On the log scale, or one viral day would set the curve.
        curve[clock.phase(t)] += libm::log(f64::from(*e).max(0.0) + 0.5);
    }
    let mut order: Vec<usize> = (0..day).collect();
    order.sort_by(|a, b| curve[*a].total_cmp(&curve[*b]).then(a.cmp(b)));
    let part = day / 4;
    let mut quiet = vec![false; day];
    let mut busy = vec![false; day];
    for k in 0..part {
        quiet[order[k]] = true;
        busy[order[day - 1 - k]] = true;
    }
    (quiet, busy)
}

/// One minus the correlation of each day's log counts with the mean day's.
fn curve_distances(counts: &[f32], day: usize, whole_days: usize) -> Vec<f64> {
    let log = |x: f32| {
        if x.is_nan() {
            f64::NAN
        } else {
            libm::log(f64::from(x.max(0.0)) + 1.0)
        }
    };
    let mut mean_day = Vec::with_capacity(day);
    for t in 0..day {
        let column: Vec<f64> = (0..whole_days).map(|d| log(counts[d * day + t])).collect();
        mean_day.push(median(&column));
    }
    (0..whole_days)
        .map(|d| {
            let this: Vec<f64> = (0..day).map(|t| log(counts[d * day + t])).collect();
            1.0 - correlation(&this, &mean_day)
        })
        .filter(|distance| !distance.is_nan())
        .collect()
}

/// Absolute turn of the first daily harmonic between the halves of the series.
fn phase_shift(counts: &[f32], clock: Clock) -> f64 {
    let middle = counts.len() / 2;
    let angle = |from: usize, to: usize| {
        let (mut cosine, mut sine) = (0.0, 0.0);
        for (t, &x) in counts
            .iter()
            .enumerate()
            .take(to)
            .skip(from)
            .filter(|(_, x)| !x.is_nan())
        {
            let turn = std::f64::consts::TAU * clock.phase(t) as f64 / clock.steps_per_day as f64;
            // The root tames bursts without losing small accounts, as the log would.
            let weight = libm::sqrt(f64::from(x.max(0.0)));
            cosine += weight * libm::cos(turn);
            sine += weight * libm::sin(turn);
        }
        libm::atan2(sine, cosine)
    };
    let turn = (angle(0, middle) - angle(middle, counts.len())).abs();
    turn.min(std::f64::consts::TAU - turn)
}

fn day_level_spread(counts: &[f32], expected: &[f32], day: usize, whole_days: usize) -> f64 {
    let levels: Vec<f64> = (0..whole_days)
        .map(|d| {
            let (mut seen, mut predicted) = (0.0, 0.0);
            for t in d * day..(d + 1) * day {
                if !counts[t].is_nan() && !expected[t].is_nan() {
                    seen += f64::from(counts[t].max(0.0));
                    predicted += f64::from(expected[t]);
                }
            }
            libm::log((seen + 1.0) / (predicted + 1.0))
        })
        .collect();
    standard_deviation(&levels)
}

fn largest(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NAN, f64::max)
}

fn standard_deviation(values: &[f64]) -> f64 {
    let kept: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
    if kept.len() < 2 {
        return f64::NAN;
    }
    let mean = kept.iter().sum::<f64>() / kept.len() as f64;
    let square = kept.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>();
    libm::sqrt(square / (kept.len() - 1) as f64)
}

/// Pearson correlation over the places where both are known; NaN when fewer than three are, or
/// when either side is flat.
pub(crate) fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let pairs: Vec<(f64, f64)> = a
        .iter()
        .copied()
        .zip(b.iter().copied())
        .filter(|(x, y)| !x.is_nan() && !y.is_nan())
        .collect();
    if pairs.len() < 3 {
        return f64::NAN;
    }
    let n = pairs.len() as f64;
    let mean_a = pairs.iter().map(|p| p.0).sum::<f64>() / n;
    let mean_b = pairs.iter().map(|p| p.1).sum::<f64>() / n;
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (x, y) in pairs {
        ab += (x - mean_a) * (y - mean_b);
        aa += (x - mean_a) * (x - mean_a);
        bb += (y - mean_b) * (y - mean_b);
    }
    if aa <= 1e-12 || bb <= 1e-12 {
        f64::NAN
    } else {
        ab / libm::sqrt(aa * bb)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::residual::Residual;

    #[test]
    fn a_flat_feed_at_night_raises_the_quiet_quarter_only() {
        let clock = Clock {
            start: 0,
            steps_per_day: 24,
        };
        let expected: Vec<f32> = (0..240)
            .map(|t| if t % 24 < 6 { 4.0 } else { 100.0 })
            .collect();
        let mut counts = expected.clone();
        for count in &mut counts[120..144] {
            *count += 30.0;
        }
        let metric = Metric {
            counts: &counts,
            expected: &expected,
            residual: Residual::of_counts(&counts, &expected),
        };
        let mut out = vec![f64::NAN; FEATURES.len()];
        measure(&metric, clock, &mut out);
        assert!(out[0] > 5.0, "quiet residual {}", out[0]);
        assert!(out[2] > 3.0, "quiet minus busy {}", out[2]);
        assert!(out.iter().all(|v| v.is_finite()));
    }

    #[test]
    fn without_a_clock_nothing_is_claimed() {
        let counts = vec![5.0_f32; 60];
        let metric = Metric {
            counts: &counts,
            expected: &counts,
            residual: Residual::of_counts(&counts, &counts),
        };
        let mut out = vec![f64::NAN; FEATURES.len()];
        measure(
            &metric,
            Clock {
                start: 0,
                steps_per_day: 0,
            },
            &mut out,
        );
        assert!(out.iter().all(|v| v.is_nan()));
    }
}
