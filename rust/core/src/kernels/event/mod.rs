//! What happens at moments: bursts, silence, copies, and totals that look ordered.

mod bursts;
mod exact_repeats;
mod fano_factor;
mod round_totals;
mod zero_runs;

pub use bursts::Bursts;
pub use exact_repeats::ExactRepeats;
pub use fano_factor::FanoFactor;
pub use round_totals::RoundTotals;
pub use zero_runs::ZeroRuns;
