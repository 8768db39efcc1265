//! How a series depends on its own past.

mod autocorrelation;

pub use autocorrelation::Autocorrelation;
