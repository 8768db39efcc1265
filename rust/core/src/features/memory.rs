//! Memory features: how the residual depends on its own past, and whether it beats at a fixed interval.

use super::registry::{Direction, Feature};
use super::residual::Residual;
use super::{Metric, tables::Day};

const CORRELATION: &str = "correlation";

/// What this group measures, in output order.
pub(crate) const FEATURES: [Feature; 4] = [
    Feature::neutral(
        "autocorrelation",
        "acf",
        "lag1",
        CORRELATION,
        28,
        "of neighbouring residuals",
    ),
    Feature::high(
        "autocorrelation",
        "acf",
        "day",
        CORRELATION,
        28,
        "of residuals one day apart",
    )
    .needing(super::registry::Needs::DailyClock),
    Feature::neutral(
        "autocorrelation",
        "roughness",
        "1",
        "ratio",
        28,
        "mean absolute step-to-step change over the mean absolute residual",
    ),
    Feature {
        direction: Direction::High,
        ..Feature::neutral(
            "seasonality",
            "period_power",
            "max",
            "ratio",
            28,
            "strongest share of the residual's variance at an interval of 2, 4, 6, 8 or 12 steps, over what noise gives",
        )
    },
];

/// Intervals of a feed that runs by the clock, in steps; all divide [`CYCLE`].
const PERIODS: [usize; 5] = [2, 4, 6, 8, 12];
const CYCLE: usize = 24;

/// Measures one metric.
#[inline(always)]
pub(crate) fn measure(metric: &Metric<'_>, day: &Day, out: &mut [f64]) {
    let r = metric.residual;
    let n = r.len();
    if n < 4 {
        return;
    }
    out[0] = correlation(
        (&r.u[1..], &r.known[1..]),
        (&r.u[..n - 1], &r.known[..n - 1]),
    );
    let lag = day.steps;
    if lag > 1 && n >= 3 * lag {
        out[1] = correlation(
            (&r.u[lag..], &r.known[lag..]),
            (&r.u[..n - lag], &r.known[..n - lag]),
        );
    }
    out[2] = roughness(r);
    out[3] = period_power(r);
}

/// Sum of `value(t)` for `t` below `n`, in 16 lanes that are folded in a fixed order.
#[inline(always)]
pub(crate) fn lane_sum<const K: usize>(n: usize, value: impl Fn(usize) -> [f32; K]) -> [f64; K] {
    const LANES: usize = 16;
    let mut sums = [[0.0_f32; LANES]; K];
    let whole = n / LANES * LANES;
    for first in (0..whole).step_by(LANES) {
        for lane in 0..LANES {
            let values = value(first + lane);
            for k in 0..K {
                sums[k][lane] += values[k];
            }
        }
    }
    let mut out = sums.map(|lanes| lanes.iter().map(|v| f64::from(*v)).sum::<f64>());
    for t in whole..n {
        let values = value(t);
        for k in 0..K {
            out[k] += f64::from(values[k]);
        }
    }
    out
}

/// Pearson correlation over the places where both are known; NaN when fewer than three are, or
/// when either side is flat. Values are standardised residuals, so single-pass sums lose nothing.
#[inline(always)]
pub(crate) fn correlation(a: (&[f32], &[f32]), b: (&[f32], &[f32])) -> f64 {
    let n = a.0.len();
    let (x, kx) = (&a.0[..n], &a.1[..n]);
    let (y, ky) = (&b.0[..n], &b.1[..n]);
    let [count, sx, sy, sxy, sxx, syy] = lane_sum(n, |t| {
        let known = kx[t] * ky[t];
        let (v, w) = (known * x[t], known * y[t]);
        [known, v, w, v * w, v * v, w * w]
    });
    if count < 3.0 {
        return f64::NAN;
    }
    let (ab, aa, bb) = (
        sxy - sx * sy / count,
        sxx - sx * sx / count,
        syy - sy * sy / count,
    );
    if aa <= 1e-6 || bb <= 1e-6 {
        f64::NAN
    } else {
        ab / (aa * bb).sqrt()
    }
}

/// Mean absolute step-to-step change over the mean absolute residual.
#[inline(always)]
fn roughness(r: &Residual) -> f64 {
    let n = r.len() - 1;
    let (before, after) = (&r.u[..n], &r.u[1..][..n]);
    let (known_before, known_after) = (&r.known[..n], &r.known[1..][..n]);
    let [change, size] = lane_sum(n, |t| {
        let known = known_before[t] * known_after[t];
        [known * (after[t] - before[t]).abs(), known * after[t].abs()]
    });
    if size > 0.0 { change / size } else { f64::NAN }
}

/// Largest power at one of the periods over the mean power of white noise of the same variance; 1 on
/// average for noise, and half of the number of steps for a pure wave.
#[inline(always)]
fn period_power(r: &Residual) -> f64 {
    // All periods divide the cycle, so the sums by place in the cycle hold all of them.
    let mut places = [0.0_f32; CYCLE];
    let (cycles, rest) = r.u.as_chunks::<CYCLE>();
    for cycle in cycles {
        for k in 0..CYCLE {
            places[k] += cycle[k];
        }
    }
    for (place, u) in places.iter_mut().zip(rest) {
        *place += u;
    }
    let u = &r.u[..];
    let [square] = lane_sum(u.len(), |t| [u[t] * u[t]]);
    if square <= 0.0 {
        return f64::NAN;
    }
    let mut best = f64::NAN;
    for period in PERIODS {
        if r.n_known < 2 * period {
            continue;
        }
        let (mut cosine, mut sine) = (0.0, 0.0);
        for (k, &place) in places.iter().enumerate() {
            // Cosine and sine of multiples of a 24th of a turn.
            let turn = k % period * (CYCLE / period);
            cosine += f64::from(place) * COSINES[turn];
            sine += f64::from(place) * COSINES[(turn + 3 * CYCLE / 4) % CYCLE];
        }
        best = f64::max(best, (cosine * cosine + sine * sine) / square);
    }
    best
}

/// Cosine of each 24th of a turn.
const COSINES: [f64; CYCLE] = {
    const A: f64 = 0.965_925_826_289_068_3;
    const B: f64 = 0.866_025_403_784_438_6;
    const C: f64 = std::f64::consts::FRAC_1_SQRT_2;
    const D: f64 = 0.258_819_045_102_520_76;
    [
        1.0, A, B, C, 0.5, D, 0.0, -D, -0.5, -C, -B, -A, -1.0, -A, -B, -C, -0.5, -D, 0.0, D, 0.5,
        C, B, A,
    ]
};
