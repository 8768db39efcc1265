//! Labelled series as Parquet files, part by part.
//!
//! One part holds the long table of some accounts: `account_id`, `timestamp`, one column of counts
//! per metric, and `changed`, whose bits say which metrics an attack changed. Files are small
//! because counts are stored as packed differences, and quick to write because nothing is hashed,
//! searched or compressed row by row. This crate knows neither Python nor how counts are simulated.

mod column;
mod delta;
mod error;
mod part;
mod runs;

pub use error::Error;
pub use part::{Part, PartWriter};
