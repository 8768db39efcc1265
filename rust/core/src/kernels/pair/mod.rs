//! How two series of one length go together.
//!
//! A kernel of two series measures one row that holds `x` and then `y`.

mod correlation;
mod lead_lag;

pub use correlation::Correlation;
pub use lead_lag::LeadLag;

use crate::Error;

/// Steps of each of two series in one row.
fn half(n_steps: usize) -> Result<usize, Error> {
    if n_steps.is_multiple_of(2) {
        return Ok(n_steps / 2);
    }
    Err(Error::out_of_range(
        "y",
        format!("{n_steps} steps of both series"),
        "as many steps as x has",
    ))
}
