//! How irregular a series is: its values, its frequencies, the order and the repetition of its steps.

mod count;
mod lempel_ziv;
mod logs;
mod matches;
mod permutation;
mod regularity;
mod shannon;
mod spectral;

pub use lempel_ziv::LempelZivComplexity;
pub use permutation::PermutationEntropy;
pub use regularity::{ApproximateEntropy, Regularity, SampleEntropy};
pub use shannon::ShannonEntropy;
pub use spectral::SpectralEntropy;
