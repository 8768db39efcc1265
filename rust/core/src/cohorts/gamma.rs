//! Tails of the gamma law, on the log scale.

/// Terms after which the expansions have converged to the last digit for any shape met here.
const MOST_TERMS: usize = 500;
const PRECISION: f64 = 1e-14;
/// Denominators of the continued fraction are kept this far from zero.
const TINY: f64 = 1e-300;

/// Log of the probability that a gamma variate of this shape and scale 1 exceeds `x`; 0 where `x` is not
/// positive.
///
/// One less the series of the lower tail below `shape + 1`, Lentz's continued fraction above (Press et
/// al. 2007, Numerical Recipes, section 6.2).
pub(super) fn log_upper_tail(shape: f64, x: f64) -> f64 {
    if x.is_nan() || x <= 0.0 || shape <= 0.0 {
        return 0.0;
    }
    if x < shape + 1.0 {
        let lower = libm::exp(log_series(shape, x));
        return libm::log1p(-lower.min(1.0 - f64::EPSILON));
    }
    let mut b = x + 1.0 - shape;
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / b;
    let mut fraction = d;
    for k in 1..=MOST_TERMS {
        let k = k as f64;
        let a = -k * (k - shape);
        b += 2.0;
        d = away_from_zero(a * d + b).recip();
        c = away_from_zero(b + a / c);
        let factor = c * d;
        fraction *= factor;
        if (factor - 1.0).abs() < PRECISION {
            break;
        }
    }
    (log_front(shape, x) + libm::log(fraction)).min(0.0)
}

/// Log of the probability that the variate is at most `x`: of at least `shape` events where `x` are
/// expected, for a whole `shape`.
pub(super) fn log_lower_tail(shape: f64, x: f64) -> f64 {
    if x.is_nan() || x <= 0.0 || shape <= 0.0 {
        return if shape > 0.0 { f64::NEG_INFINITY } else { 0.0 };
    }
    if x < shape + 1.0 {
        return log_series(shape, x);
    }
    let upper = libm::exp(log_upper_tail(shape, x));
    libm::log1p(-upper.min(1.0 - f64::EPSILON))
}

fn log_front(shape: f64, x: f64) -> f64 {
    shape * libm::log(x) - x - libm::lgamma(shape)
}

/// Series of the lower tail, which converges quickly for `x` below `shape + 1`.
fn log_series(shape: f64, x: f64) -> f64 {
    let (mut term, mut sum, mut a) = (1.0 / shape, 1.0 / shape, shape);
    for _ in 0..MOST_TERMS {
        a += 1.0;
        term *= x / a;
        sum += term;
        if term < PRECISION * sum {
            break;
        }
    }
    (log_front(shape, x) + libm::log(sum)).min(0.0)
}

fn away_from_zero(value: f64) -> f64 {
    if value.abs() < TINY { TINY } else { value }
}
