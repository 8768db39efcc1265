//! From a spec to labelled accounts.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::account::N_METRICS;
use super::batch::{Batch, Labels, Series};
use super::calendar::Calendar;
use super::plan::{BLOCK, Plan};
use super::prior::Place;
use super::worker::Worker;
use super::world::{World, preset_at};
use super::{Clock, purpose};
use crate::Error;
use crate::rng::Stream;
use crate::rows::map_jobs;

/// Longest series: ten years of hours.
pub(super) const MAX_LENGTH: usize = 87_660;
/// Most worlds of one simulation.
pub(super) const MAX_WORLDS: u64 = 1_000_000;
/// Largest number of accounts that indices may reach.
pub(super) const MAX_ACCOUNTS: u64 = 1 << 40;
/// Shortest mean gap of missing hours.
const GAP_HOURS: f64 = 6.0;
/// What to simulate, the number of accounts excepted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimulationSpec {
    /// Seed of everything.
    pub seed: u64,
    /// Hours per account, 2 to [`MAX_LENGTH`].
    pub length: usize,
    /// Share of fake accounts, 0 to 1.
    pub fake_ratio: f64,
    /// Hour number of the first step, counted from 1970-01-01T00:00 UTC.
    pub start: i64,
    /// Number of simulated platforms, 1 to [`MAX_WORLDS`].
    pub n_worlds: u64,
    /// Share of hours that are missing, 0 to 1.
    pub missing: f64,
    /// The preset, priors included.
    pub preset: Value,
}

/// A checked spec, ready to make accounts.
#[derive(Debug, Clone)]
pub struct Simulation {
    spec: SimulationSpec,
    pub(super) plan: Plan,
    pub(super) calendar: Calendar,
}

impl Simulation {
    /// Checks a spec, both ends of every prior included.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] naming the field, its value and what is allowed.
    pub fn new(spec: SimulationSpec) -> Result<Self, Error> {
        if !(2..=MAX_LENGTH).contains(&spec.length) {
            let allowed = format!("2 to {MAX_LENGTH} hours");
            return Err(Error::out_of_range("length", spec.length, allowed));
        }
        if !(1..=MAX_WORLDS).contains(&spec.n_worlds) {
            let allowed = format!("1 to {MAX_WORLDS}");
            return Err(Error::out_of_range("n_worlds", spec.n_worlds, allowed));
        }
        for (name, share) in [("fake_ratio", spec.fake_ratio), ("missing", spec.missing)] {
            if !(0.0..=1.0).contains(&share) {
                return Err(Error::out_of_range(name, share, "a share from 0 to 1"));
            }
        }
        if spec.start.unsigned_abs() > MAX_ACCOUNTS {
            return Err(Error::out_of_range("start", spec.start, "a real date"));
        }
        preset_at(&spec.preset, Place::Lowest)?;
        preset_at(&spec.preset, Place::Highest)?;
        let plan = Plan {
            seed: spec.seed,
            fake_ratio: spec.fake_ratio,
            n_worlds: spec.n_worlds,
        };
        let clock = Clock {
            start_hour: spec.start.rem_euclid(24) as usize,
            // 1970-01-01 was a Thursday.
            start_weekday: (spec.start.div_euclid(24) + 3).rem_euclid(7) as usize,
            length: spec.length,
        };
        let calendar = Calendar::new(clock);
        Ok(Self {
            spec,
            plan,
            calendar,
        })
    }

    /// The spec.
    pub fn spec(&self) -> &SimulationSpec {
        &self.spec
    }

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
        series: Series<'_>,
    ) -> Result<Labels, Error> {
        let worlds = self.worlds(&range)?;
        let jobs = self.jobs(&range, &worlds, series)?;
        let parts = map_jobs(
            jobs,
            threads,
            || Worker::new(self),
            |worker, job| worker.block(job),
        );
        let mut labels = Labels::default();
        for part in parts {
            labels.accounts.extend(part.accounts);
            labels.windows.extend(part.windows);
        }
        Ok(labels)
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
        let steps =
            (range.end.saturating_sub(range.start) as usize).saturating_mul(self.clock().length);
        batch.values.resize(N_METRICS * steps, 0.0);
        batch
            .clean
            .resize(if keep_clean { N_METRICS * steps } else { 0 }, 0.0);
        batch.changed.resize(steps, 0);
        let series = Series {
            values: &mut batch.values,
            clean: keep_clean.then_some(&mut batch.clean),
            changed: &mut batch.changed,
        };
        batch.labels = self.fill(range, threads, series)?;
        Ok(())
    }

    pub(super) fn clock(&self) -> Clock {
        self.calendar.clock
    }

    /// The worlds that the accounts of a range live in, by number.
    fn worlds(&self, range: &Range<u64>) -> Result<BTreeMap<u64, World>, Error> {
        if range.start > range.end || range.end > MAX_ACCOUNTS {
            let given = format!("{}..{}", range.start, range.end);
            let allowed = format!("start <= stop <= {MAX_ACCOUNTS}");
            return Err(Error::out_of_range("range", given, allowed));
        }
        let mut worlds = BTreeMap::new();
        for block in blocks(range).take(self.spec.n_worlds as usize) {
            let number = self.plan.world(block);
            let (tree, seed) = (&self.spec.preset, self.spec.seed);
            worlds.insert(number, World::new(tree, seed, number, self.spec.length)?);
        }
        Ok(worlds)
    }

    /// One job per block of accounts, each with its own part of the buffers.
    fn jobs<'a>(
        &self,
        range: &Range<u64>,
        worlds: &'a BTreeMap<u64, World>,
        series: Series<'a>,
    ) -> Result<Vec<Job<'a>>, Error> {
        let length = self.spec.length;
        let steps = ((range.end - range.start) as usize).saturating_mul(length);
        let fits = |argument: &str, given: usize, expected: usize| {
            if given == expected {
                return Ok(());
            }
            let argument = argument.into();
            Err(Error::Length {
                argument,
                given,
                expected,
            })
        };
        let Series {
            mut values,
            clean,
            mut changed,
        } = series;
        let clean_given = clean.is_some();
        let mut clean = clean.unwrap_or_default();
        fits("values", values.len(), N_METRICS.saturating_mul(steps))?;
        fits("changed", changed.len(), steps)?;
        if clean_given {
            fits("clean", clean.len(), values.len())?;
        }
        let mut jobs = Vec::new();
        for block in blocks(range) {
            let Some(world) = worlds.get(&self.plan.world(block)) else {
                continue;
            };
            let first = range.start.max(block * BLOCK);
            let stop = range.end.min((block + 1) * BLOCK);
            let n = (stop - first) as usize * length;
            jobs.push(Job {
                block,
                accounts: first..stop,
                world,
                series: Series {
                    values: values.split_off_mut(..N_METRICS * n).unwrap_or_default(),
                    clean: clean_given
                        .then(|| clean.split_off_mut(..N_METRICS * n).unwrap_or_default()),
                    changed: changed.split_off_mut(..n).unwrap_or_default(),
                },
            });
        }
        Ok(jobs)
    }

    /// Which hours of an account are missing: a two-state chain with the wanted share of gaps.
    pub(super) fn missing(&self, index: u64) -> Option<Vec<bool>> {
        let share = self.spec.missing;
        let n = self.spec.length;
        if share <= 0.0 {
            return None;
        }
        if share >= 1.0 {
            return Some(vec![true; n]);
        }
        let mut s = Stream::new(self.spec.seed, index, purpose::GAPS);
        let odds = share / (1.0 - share);
        let leave = 1.0 / GAP_HOURS.max(2.0 * odds);
        let mut gap = s.chance(share);
        let hours = (0..n).map(|_| {
            let now = gap;
            gap = if gap {
                !s.chance(leave)
            } else {
                s.chance(leave * odds)
            };
            now
        });
        Some(hours.collect())
    }
}

/// The blocks that a range of accounts touches.
fn blocks(range: &Range<u64>) -> Range<u64> {
    range.start / BLOCK..range.end.div_ceil(BLOCK)
}

/// The accounts of one block that are wanted, and where they go.
pub(super) struct Job<'a> {
    pub(super) block: u64,
    pub(super) accounts: Range<u64>,
    pub(super) world: &'a World,
    pub(super) series: Series<'a>,
}
