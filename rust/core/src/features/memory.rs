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
        72,
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

const LANES: usize = 16;
type Lanes = [f32; LANES];

/// Adds the products of two rows of lanes to sums.
#[inline(always)]
fn add_products(sums: &mut Lanes, a: &Lanes, b: &Lanes) {
    for k in 0..LANES {
        sums[k] = a[k].mul_add(b[k], sums[k]);
    }
}

fn fold(sums: &Lanes) -> f64 {
    sums.iter().map(|v| f64::from(*v)).sum()
}

/// Sum of squares.
#[inline(always)]
pub(crate) fn square_sum(x: &[f32]) -> f64 {
    let mut sums = [0.0; LANES];
    let (blocks, rest) = x.as_chunks::<LANES>();
    for block in blocks {
        add_products(&mut sums, block, block);
    }
    fold(&sums) + rest.iter().map(|v| f64::from(v * v)).sum::<f64>()
}

/// Pearson correlation of two series, each with its mask of known steps and 0 where it has none; NaN when
/// fewer than three steps are known in both, or when either side is flat. Values are standardised
/// residuals, so single-pass sums lose nothing.
#[inline(always)]
pub(crate) fn correlation(a: (&[f32], &[f32]), b: (&[f32], &[f32])) -> f64 {
    let mut sums = [[0.0; LANES]; 6];
    let ((x, rest_x), (kx, rest_kx)) = (a.0.as_chunks(), a.1.as_chunks());
    let ((y, rest_y), (ky, rest_ky)) = (b.0.as_chunks(), b.1.as_chunks());
    for (((x, kx), y), ky) in x.iter().zip(kx).zip(y).zip(ky) {
        add_pairs(&mut sums, (x, kx), (y, ky));
    }
    let last = (&filled(rest_x), &filled(rest_kx));
    add_pairs(&mut sums, last, (&filled(rest_y), &filled(rest_ky)));
    pearson(sums.each_ref().map(fold), 1e-6)
}

/// Pearson correlation by the number of pairs and their sums of x, y, x y, x x and y y; NaN for fewer than
/// three pairs, or where either side's sum of squares about its mean is not above `least`.
#[inline(always)]
pub(crate) fn pearson([count, sx, sy, sxy, sxx, syy]: [f64; 6], least: f64) -> f64 {
    if count < 3.0 {
        return f64::NAN;
    }
    let (ab, aa, bb) = (
        sxy - sx * sy / count,
        sxx - sx * sx / count,
        syy - sy * sy / count,
    );
    if aa <= least || bb <= least {
        f64::NAN
    } else {
        ab / (aa * bb).sqrt()
    }
}

/// Adds what two rows of lanes and their masks know together: number of steps, then sums of x, y, x y, x x
/// and y y.
#[inline(always)]
fn add_pairs(sums: &mut [Lanes; 6], (x, kx): (&Lanes, &Lanes), (y, ky): (&Lanes, &Lanes)) {
    let (mut known_x, mut known_y) = ([0.0; LANES], [0.0; LANES]);
    for k in 0..LANES {
        known_x[k] = x[k] * ky[k];
        known_y[k] = y[k] * kx[k];
    }
    add_products(&mut sums[0], kx, ky);
    add_products(&mut sums[1], x, ky);
    add_products(&mut sums[2], y, kx);
    add_products(&mut sums[3], x, y);
    add_products(&mut sums[4], &known_x, &known_x);
    add_products(&mut sums[5], &known_y, &known_y);
}

/// Adds absolute changes from x to y, and absolute values of y, where both are known.
#[inline(always)]
fn add_changes(
    change: &mut Lanes,
    size: &mut Lanes,
    (x, kx): (&Lanes, &Lanes),
    (y, ky): (&Lanes, &Lanes),
) {
    for k in 0..LANES {
        let known = kx[k] * ky[k];
        change[k] = known.mul_add((y[k] - x[k]).abs(), change[k]);
        size[k] = known.mul_add(y[k].abs(), size[k]);
    }
}

/// The last few values, filled up with 0.
#[inline(always)]
fn filled(rest: &[f32]) -> Lanes {
    let mut lanes = [0.0; LANES];
    lanes[..rest.len()].copy_from_slice(rest);
    lanes
}

/// Mean absolute step-to-step change over the mean absolute residual.
#[inline(always)]
fn roughness(r: &Residual) -> f64 {
    let (mut change, mut size) = ([0.0; LANES], [0.0; LANES]);
    let n = r.len() - 1;
    let ((x, rest_x), (kx, rest_kx)) = (r.u[..n].as_chunks(), r.known[..n].as_chunks());
    let ((y, rest_y), (ky, rest_ky)) = (r.u[1..].as_chunks(), r.known[1..].as_chunks());
    for (((x, kx), y), ky) in x.iter().zip(kx).zip(y).zip(ky) {
        add_changes(&mut change, &mut size, (x, kx), (y, ky));
    }
    let last = (&filled(rest_x), &filled(rest_kx));
    add_changes(
        &mut change,
        &mut size,
        last,
        (&filled(rest_y), &filled(rest_ky)),
    );
    let (change, size) = (fold(&change), fold(&size));
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
    let square = square_sum(&r.u);
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
