//! How much was added or taken inside a window, with an interval.

use super::bridge::Bridge;
use super::fit::Fit;

/// Normal quantiles of the expectation's bounds. The fit has partly followed a slow attack, so the
/// truth lies beyond the estimate more often than short of it: the outer side is wider.
const INNER: f64 = 1.645;
const OUTER: f64 = 2.2;

/// Excess inside one window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Volume {
    /// Sum of the observed values.
    pub observed: f64,
    /// Sum of the stiff expectation over the observed steps.
    pub expected: f64,
    /// Observed minus expected.
    pub excess: f64,
    /// Lower end of the 90 % interval of the excess.
    pub low: f64,
    /// Upper end of the 90 % interval of the excess.
    pub high: f64,
}

/// Excess of `[start, end)` over the stiff part.
pub fn volume(bridge: &Bridge<'_>, start: usize, end: usize) -> Volume {
    let (observed, expected) = bridge.sums(start, end);
    let sd = (bridge.stiff_variance(start, end) + bridge.estimation_variance()).sqrt();
    let excess = observed - expected;
    let (up, down) = if excess >= 0.0 {
        (INNER, OUTER)
    } else {
        (OUTER, INNER)
    };
    Volume {
        observed,
        expected,
        excess,
        low: observed - expected * libm::exp(up * sd),
        high: observed - expected * libm::exp(-down * sd),
    }
}

/// Smallest share of inflation over `steps` steps that would have reached a Z of `z`: the log ratio
/// needed in a typical window, and at least `least` actions.
pub fn detectable_share(fit: &Fit, level: f64, steps: usize, z: f64, least: f64) -> f64 {
    let volume = level * steps as f64;
    let law = &fit.law;
    // The bridge knows the level at both ends: half of its variance is a fair stand-in.
    let variance = 1.0 / (volume + 0.5)
        + law.noise / steps.max(1) as f64
        + 0.5 * law.variance * law.pooling(steps as f64);
    let share = libm::exp(z * variance.sqrt()) - 1.0;
    share.max(least / (volume + 0.5))
}
