//! Accounts into contiguous buffers.

use std::ops::Range;

use super::account::N_METRICS;
use super::batch::{Batch, Label, Labels, Series};
use super::simulation::{Simulated, Simulation};
use crate::Error;

/// Accounts that exist one by one before they are copied: bounds the memory beside the buffers.
const STRIDE: u64 = 1000;

impl Simulation {
    /// Makes the accounts `range` on `threads` threads (0 = all cores) into `series`; returns their
    /// labels in order.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a range that runs backwards or too far, [`Error::Length`] for a
    /// buffer of another size than the range.
    pub fn fill(
        &self,
        range: Range<u64>,
        threads: usize,
        mut series: Series<'_>,
    ) -> Result<Labels, Error> {
        let length = self.spec().length;
        let steps = (range.end.saturating_sub(range.start) as usize).saturating_mul(length);
        let clean = series.clean.as_deref().map(<[f32]>::len);
        let cells = N_METRICS.saturating_mul(steps);
        for (argument, given, expected) in [
            ("values", series.values.len(), cells),
            ("clean", clean.unwrap_or(cells), cells),
            ("changed", series.changed.len(), steps),
        ] {
            if given != expected {
                let argument = argument.into();
                return Err(Error::Length {
                    argument,
                    given,
                    expected,
                });
            }
        }
        let mut labels = Labels::default();
        let mut start = range.start;
        loop {
            let stop = range.end.min(start.saturating_add(STRIDE));
            let stop = if start > range.end { range.end } else { stop };
            for account in self.range(start..stop, threads, clean.is_some())? {
                series.take(labels.accounts.len(), length, &account);
                labels.take(&account);
            }
            if stop >= range.end {
                return Ok(labels);
            }
            start = stop;
        }
    }

    /// The accounts `range` into a batch, whose memory is used again.
    ///
    /// # Errors
    /// As [`Simulation::fill`].
    pub fn fill_batch(
        &self,
        range: Range<u64>,
        threads: usize,
        keep_clean: bool,
        batch: &mut Batch,
    ) -> Result<(), Error> {
        let n = range.end.saturating_sub(range.start) as usize;
        let steps = n.saturating_mul(self.spec().length);
        batch.values.resize(N_METRICS * steps, 0.0);
        let clean = if keep_clean { N_METRICS * steps } else { 0 };
        batch.clean.resize(clean, 0.0);
        batch.changed.resize(steps, 0);
        let series = Series {
            values: &mut batch.values,
            clean: keep_clean.then_some(&mut batch.clean),
            changed: &mut batch.changed,
        };
        batch.labels = self.fill(range, threads, series)?;
        Ok(())
    }
}

impl Series<'_> {
    /// Copies an account to place `i`.
    fn take(&mut self, i: usize, length: usize, account: &Simulated) {
        let size = length * N_METRICS;
        self.values[i * size..][..size].copy_from_slice(&account.values);
        if let (Some(to), Some(from)) = (self.clean.as_deref_mut(), &account.clean) {
            to[i * size..][..size].copy_from_slice(from);
        }
        let changed = &mut self.changed[i * length..][..length];
        changed.fill(0);
        for (m, mask) in account.mask.chunks_exact(length).enumerate() {
            for (bits, hit) in changed.iter_mut().zip(mask) {
                *bits |= u8::from(*hit) << m;
            }
        }
    }
}

impl Labels {
    fn take(&mut self, account: &Simulated) {
        self.accounts.push(Label {
            placement: account.placement,
            profile: account.profile,
            intensity: account.intensity,
        });
        let index = account.placement.index;
        self.windows
            .extend(account.windows.iter().map(|window| (index, *window)));
    }
}
