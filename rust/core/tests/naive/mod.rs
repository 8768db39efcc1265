//! The slow, obvious twin of every kernel, written to be read: straight from the definition, one loop
//! after another, nothing shared with the code under test.

mod cycle;
mod entropy;
mod event;
mod memory;
mod pair;
mod rolling;
mod trend;

use fakeengage_core::kernels::{Kernel, measure};

/// What one side says of a series; `None` where it refuses the parameters for this length.
type Answer = Box<dyn Fn(&[f64]) -> Option<Vec<f64>>>;

/// One kernel with one choice of parameters, beside its twin.
pub(crate) struct Case {
    /// Name in `kernels::NAMES`.
    pub(crate) kernel: &'static str,
    /// The parameters, for messages.
    pub(crate) parameters: String,
    /// The kernel.
    pub(crate) ours: Answer,
    /// Its twin.
    pub(crate) twin: Answer,
    /// Largest difference allowed, relative to 1 + the twin's size.
    pub(crate) tolerance: f64,
}

impl Case {
    /// A kernel beside its twin.
    pub(crate) fn new<K: Kernel + 'static>(
        name: &'static str,
        parameters: impl std::fmt::Display,
        kernel: K,
        twin: impl Fn(&[f64]) -> Option<Vec<f64>> + 'static,
        tolerance: f64,
    ) -> Self {
        Self {
            kernel: name,
            parameters: parameters.to_string(),
            ours: Box::new(move |x| measure(&kernel, x).ok()),
            twin: Box::new(twin),
            tolerance,
        }
    }
}

/// Every twin there is.
pub(crate) fn cases() -> Vec<Case> {
    [
        cycle::cases(),
        entropy::cases(),
        event::cases(),
        memory::cases(),
        pair::cases(),
        rolling::cases(),
        trend::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The values that are known, in order.
pub(crate) fn known(x: &[f64]) -> Vec<f64> {
    x.iter().copied().filter(|v| v.is_finite()).collect()
}

/// Mean of a list; NaN when empty.
pub(crate) fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}

/// Whether all values of a list are equal; an empty one is flat.
pub(crate) fn is_flat(x: &[f64]) -> bool {
    x.windows(2).all(|w| w[0] == w[1])
}

/// A series whose missing steps are the mean of the known ones.
pub(crate) fn filled(x: &[f64]) -> Vec<f64> {
    let m = mean(&known(x));
    x.iter()
        .map(|&v| if v.is_finite() { v } else { m })
        .collect()
}

/// Slope of the least-squares line; NaN for fewer than two points.
pub(crate) fn slope(x: &[f64], y: &[f64]) -> f64 {
    if x.len() < 2 {
        return f64::NAN;
    }
    let (mx, my) = (mean(x), mean(y));
    let product: f64 = x.iter().zip(y).map(|(a, b)| (a - mx) * (b - my)).sum();
    let square: f64 = x.iter().map(|a| (a - mx) * (a - mx)).sum();
    product / square
}

/// Median of a list, the mean of the two in the middle; NaN when empty.
pub(crate) fn median(x: &[f64]) -> f64 {
    let mut sorted = x.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len();
    if n == 0 {
        return f64::NAN;
    }
    f64::midpoint(sorted[(n - 1) / 2], sorted[n / 2])
}

/// Median absolute deviation from the median.
pub(crate) fn median_deviation(x: &[f64]) -> f64 {
    let center = median(x);
    median(&x.iter().map(|v| (v - center).abs()).collect::<Vec<_>>())
}

/// 1.4826 times the median absolute deviation; 1.2533 times the mean one where that is 0.
pub(crate) fn robust_sd(x: &[f64]) -> f64 {
    let center = median(x);
    let deviations: Vec<f64> = x.iter().map(|v| (v - center).abs()).collect();
    match 1.482_602_218_505_601_8 * median(&deviations) {
        0.0 => 1.253_314_137_315_500_3 * mean(&deviations),
        scale => scale,
    }
}
