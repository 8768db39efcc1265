//! The slow, obvious twin of every kernel, written to be read: straight from the definition, one loop
//! after another, nothing shared with the code under test.

mod cycle;
mod memory;
mod pair;

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
    [memory::cases(), cycle::cases(), pair::cases()]
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
