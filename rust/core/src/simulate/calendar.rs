//! What all accounts share because it depends on the clock alone.

use super::Clock;
use super::workspace::Workspace;

/// Growth slows down over this many days.
const GROWTH_DAYS: f64 = 10.0;

/// What depends on the clock alone.
#[derive(Debug, Clone)]
pub(super) struct Calendar {
    pub(super) clock: Clock,
    /// Number of each step.
    pub(super) hours: Vec<f32>,
    /// Days of effective growth since step 0, at each step.
    pub(super) growth: Vec<f32>,
    /// Days that accounts draw something for: all that are seen, filled up to whole registers.
    pub(super) days: usize,
    /// 1 for each day of a weekend, else 0; from the day before the first step on, because an
    /// account's day begins at its own trough.
    pub(super) weekend: Vec<f32>,
}

impl Calendar {
    pub(super) fn new(clock: Clock) -> Self {
        let days = ((clock.start_hour + clock.length) / 24 + 2).next_multiple_of(16);
        let weekday = |d: usize| (clock.start_weekday + 6 + d) % 7;
        let growth = |t: usize| {
            let days = t as f64 / 24.0;
            (GROWTH_DAYS * (1.0 - libm::exp(-days / GROWTH_DAYS))) as f32
        };
        Self {
            clock,
            hours: (0..clock.length).map(|t| t as f32).collect(),
            growth: (0..clock.length).map(growth).collect(),
            days,
            // An account's first day is one of the first three.
            weekend: (0..days + 2)
                .map(|d| if weekday(d) >= 5 { 1.0 } else { 0.0 })
                .collect(),
        }
    }

    /// Memory for the accounts of this calendar.
    pub(super) fn workspace(&self) -> Workspace {
        Workspace::new(self.clock.length, self.days)
    }
}
