//! Organic engagement and labelled data sets.
//!
//! [`Simulation::new`] takes a [`SimulationSpec`], [`Simulation::fill`] makes any range of accounts.
//! An account depends on the spec and its index alone: not on threads, ranges or other accounts.
//! The path of one account (`worker`): [`plan`] decides whether it is fake and what happens to it,
//! `profile` draws what it keeps for life, `scenario` bends its course, `organic` makes its rates and
//! `counts` draws whole numbers, all in one pass of vector instructions, and the attack is laid over
//! them.

pub mod account;
mod batch;
mod bursts;
mod calendar;
mod counts;
pub mod law;
mod organic;
pub mod plan;
mod platform;
pub mod prior;
mod profile;
mod pulse;
mod purpose;
mod scenario;
mod simulation;
mod worker;
mod workspace;
pub mod world;

pub use account::account_id;
pub use batch::{Batch, Label, Labels, Series};
pub use platform::Platform;
pub use profile::Profile;
pub use scenario::Scenario;
pub use simulation::{Simulation, SimulationSpec};

/// When a series starts and how long it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// Hour of the day of step 0.
    pub start_hour: usize,
    /// Day of the week of step 0, Monday = 0.
    pub start_weekday: usize,
    /// Number of steps.
    pub length: usize,
}

#[cfg(test)]
mod tests;
