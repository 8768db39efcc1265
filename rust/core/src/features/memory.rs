//! Memory features: how the residual depends on its own past, and whether it beats at a fixed interval.

use super::daily::correlation;
use super::{Clock, Direction, Feature, Metric};

const fn feature(
    measure: &'static str,
    parameter: &'static str,
    family: &'static str,
    unit: &'static str,
    meaning: &'static str,
    direction: Direction,
) -> Feature {
    Feature {
        measure,
        parameter,
        family,
        unit,
        meaning,
        min_steps: 28,
        direction,
    }
}

/// Intervals of a feed that runs by the clock, in steps.
const PERIODS: [usize; 5] = [2, 4, 6, 8, 12];

/// What this family measures, in output order.
pub(crate) const FEATURES: [Feature; 5] = [
    feature(
        "acf",
        "lag1",
        "autocorrelation",
        "correlation",
        "of neighbouring residuals",
        Direction::None,
    ),
    feature(
        "acf",
        "day",
        "autocorrelation",
        "correlation",
        "of residuals one day apart",
        Direction::High,
    ),
    feature(
        "roughness",
        "1",
        "autocorrelation",
        "ratio",
        "mean absolute step-to-step change over the mean absolute residual",
        Direction::None,
    ),
    feature(
        "period_power",
        "max",
        "seasonality",
        "ratio",
        "strongest share of the residual's variance at an interval of 2, 4, 6, 8 or 12 steps, over \
         what noise gives",
        Direction::High,
    ),
    feature(
        "zero_run",
        "longest",
        "burst",
        "share of steps",
        "longest run of zero counts",
        Direction::None,
    ),
];

/// Measures one metric.
pub(crate) fn measure(metric: &Metric<'_>, clock: Clock, out: &mut [f64]) {
    let u = &metric.residual.u;
    let n = u.len();
    if n < 4 {
        return;
    }
    out[0] = correlation(&u[1..], &u[..n - 1]);
    let day = clock.steps_per_day;
    if day > 1 && n >= 3 * day {
        out[1] = correlation(&u[day..], &u[..n - day]);
    }
    let (mut change, mut size, mut pairs) = (0.0, 0.0, 0_usize);
    for w in u.windows(2).filter(|w| !w[0].is_nan() && !w[1].is_nan()) {
        change += (w[1] - w[0]).abs();
        size += w[1].abs();
        pairs += 1;
    }
    if pairs > 0 && size > 0.0 {
        out[2] = change / size;
    }
    out[3] = PERIODS
        .iter()
        .map(|&p| period_power(u, p))
        .fold(f64::NAN, f64::max);
    let (mut run, mut longest) = (0_usize, 0_usize);
    for &x in metric.counts {
        run = if x <= 0.0 { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    out[4] = longest as f64 / n as f64;
}

/// Power at one period over the mean power of white noise of the same variance; 1 on average for
/// noise, and half of the number of steps for a pure wave.
fn period_power(u: &[f64], period: usize) -> f64 {
    let (mut cosine, mut sine, mut square, mut n) = (0.0, 0.0, 0.0, 0_usize);
    for (t, &value) in u.iter().enumerate().filter(|(_, v)| !v.is_nan()) {
        let turn = std::f64::consts::TAU * (t % period) as f64 / period as f64;
        cosine += value * libm::cos(turn);
        sine += value * libm::sin(turn);
        square += value * value;
        n += 1;
    }
    if n < 2 * period || square <= 0.0 {
        f64::NAN
    } else {
        (cosine * cosine + sine * sine) / square
    }
}
