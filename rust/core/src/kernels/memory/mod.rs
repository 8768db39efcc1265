//! How a series depends on its own past.

mod autocorrelation;
mod correlogram;
mod detrended_fluctuation;
mod fourier;
mod hurst;
mod partial_autocorrelation;
mod windows;

pub use autocorrelation::Autocorrelation;
pub use detrended_fluctuation::DetrendedFluctuation;
pub use hurst::Hurst;
pub use partial_autocorrelation::PartialAutocorrelation;
