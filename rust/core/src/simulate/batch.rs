//! Many accounts in contiguous memory that can be used again.

use super::plan::Placement;
use super::profile::Profile;
use crate::attack::Window;

/// What is known about one simulated account beside its series.
#[derive(Debug, Clone, Copy)]
pub struct Label {
    /// What was decided about it.
    pub placement: Placement,
    /// Its organic behaviour.
    pub profile: Profile,
    /// Intensity of the attack relative to the account's size; NaN for a normal account.
    pub intensity: f64,
}

/// Where the series of a range of accounts go: account after account.
#[derive(Debug)]
pub struct Series<'a> {
    /// Counts, metric after metric within an account; NaN = missing.
    pub values: &'a mut [f32],
    /// The same before the attack, when wanted.
    pub clean: Option<&'a mut [f32]>,
    /// Per step the observed metrics that the attack changed: bit `m` for metric `m`.
    pub changed: &'a mut [u8],
}

/// Labels of a range of accounts, in order.
#[derive(Debug, Clone, Default)]
pub struct Labels {
    /// One per account.
    pub accounts: Vec<Label>,
    /// Changed cells of each attacked metric, joined over pauses up to a day, each with the number
    /// of its account.
    pub windows: Vec<(u64, Window)>,
}

/// Series and labels of a range of accounts; buffers keep their memory from fill to fill.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// As in [`Series`].
    pub values: Vec<f32>,
    /// As in [`Series`]; empty unless wanted.
    pub clean: Vec<f32>,
    /// As in [`Series`].
    pub changed: Vec<u8>,
    /// As in [`Labels`].
    pub labels: Labels,
}
