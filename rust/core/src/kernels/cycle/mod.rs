//! What comes back every day: cycles of a given period.

mod daily_profile;
mod periodicity;
mod phases;
mod profile_shift;
mod seasonal_strength;

pub use daily_profile::DailyProfile;
pub use periodicity::Periodicity;
pub use profile_shift::ProfileShift;
pub use seasonal_strength::SeasonalStrength;

use crate::Error;

/// Longest period in steps that profiles are made for: a value per phase is returned for every series.
const LONGEST_PERIOD: usize = 1 << 16;

fn check_period(period: usize) -> Result<(), Error> {
    if (2..=LONGEST_PERIOD).contains(&period) {
        return Ok(());
    }
    Err(Error::out_of_range(
        "period",
        period,
        format!("whole steps from 2 to {LONGEST_PERIOD}"),
    ))
}
