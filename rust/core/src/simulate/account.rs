//! One organic account before any attack: what every attack is given.

/// Number of metrics of a simulated account: views, likes, comments, shares.
pub const N_METRICS: usize = 4;
/// Their names, in order.
pub const METRICS: [&str; N_METRICS] = ["views", "likes", "comments", "shares"];

/// Public name of account `index`, the same whatever the number of accounts.
#[must_use]
pub fn account_id(index: u64) -> String {
    format!("acc_{index:06}")
}

/// Counts, smooth expectation and habits of one organic account.
#[derive(Debug, Clone, Copy)]
pub struct Organic<'a> {
    /// Hour of the day (platform clock) of step 0.
    pub start_hour: usize,
    /// Day of the week of step 0, Monday = 0.
    pub start_weekday: usize,
    /// Smooth expected count of each metric at each step, up to `factor`: never the realised one, or
    /// an attack would copy the organic noise. Metrics in a fixed ratio may share one slice.
    pub expected: [&'a [f32]; N_METRICS],
    /// What `expected` of each metric is multiplied by.
    pub factor: [f32; N_METRICS],
    /// Realised organic counts of each metric at each step; empty where a metric is absent.
    pub counts: [&'a [f32]; N_METRICS],
    /// Account mean per step of each metric; for dormant accounts that of a casual one, so that an
    /// order of a usual size is possible.
    pub mean: [f64; N_METRICS],
    /// The account's own daily curve by hour of the day (platform clock), mean 1.
    pub day_curve: [f64; 24],
}
