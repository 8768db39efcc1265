//! Simulation, expectation, features and scoring of engagement series.
//!
//! Everything here is plain arithmetic on slices: no Python, no files, no global state. The crate
//! is used through the Python package `fakeengage`; it also stands alone.
//!
//! A *panel* is many accounts' series in one buffer: account after account, inside an account
//! metric after metric, inside a metric step after step. `offsets[i]` counts the steps before
//! account `i`, so with `m` metrics its block is `data[m * offsets[i]..m * offsets[i + 1]]`.

pub mod attack;
pub mod coordination;
pub mod dense;
pub mod error;
pub mod expectation;
pub mod features;
pub mod forest;
pub mod kernels;
pub mod lanes;
pub mod net;
pub mod preparation;
pub mod rng;
pub mod rows;
pub mod shapley;
pub mod simulate;

pub use error::Error;
