//! The account's clock and what follows from it, made once for accounts alike in length and clock.

/// Where the steps of a series lie in the day.
#[derive(Debug, Default)]
pub(crate) struct Day {
    /// Steps per day; 0 where the cadence has no daily cycle.
    pub(crate) steps: usize,
    /// Place of the first step in the day.
    first: usize,
    /// Cosine and sine of the daily turn at each step of the series.
    pub(crate) cosine: Vec<f32>,
    pub(crate) sine: Vec<f32>,
}

impl Day {
    /// Becomes the clock of a series of `n` steps of which the first has number `start`.
    pub(crate) fn prepare(&mut self, n: usize, start: i64, steps_per_day: usize) {
        let first = start.rem_euclid(steps_per_day.max(1) as i64) as usize;
        if (self.steps, self.first, self.cosine.len()) == (steps_per_day, first, n) {
            return;
        }
        (self.steps, self.first) = (steps_per_day, first);
        self.cosine.clear();
        self.sine.clear();
        for t in 0..n {
            let turn = std::f64::consts::TAU * self.phase(t) as f64 / steps_per_day.max(1) as f64;
            self.cosine.push(libm::cos(turn) as f32);
            self.sine.push(libm::sin(turn) as f32);
        }
    }

    /// Place of a step in the day.
    pub(crate) fn phase(&self, t: usize) -> usize {
        (self.first + t) % self.steps.max(1)
    }
}
