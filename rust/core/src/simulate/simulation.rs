//! From a spec to labelled accounts.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::account::Organic;
use super::plan::{BLOCK, Placement, Plan};
use super::prior::Place;
use super::profile::{Profile, Traits};
use super::scenario::Scene;
use super::world::{World, preset_at};
use super::{Clock, counts, organic, purpose};
use crate::Error;
use crate::attack::{self, CohortClock, Window};
use crate::rng::Stream;
use crate::rows::map_indices;

/// Longest series: ten years of hours.
pub(super) const MAX_LENGTH: usize = 87_660;
/// Most worlds of one simulation.
pub(super) const MAX_WORLDS: u64 = 1_000_000;
/// Largest number of accounts that indices may reach.
pub(super) const MAX_ACCOUNTS: u64 = 1 << 40;
/// Changed cells are joined into one window over pauses up to this many hours.
const PAUSE_HOURS: usize = 24;
/// Shortest mean gap of missing hours.
const GAP_HOURS: f64 = 6.0;
/// Account means are never taken smaller than this: an order on a silent account is still an order.
const LEAST_MEAN: f64 = 0.05;

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

/// One labelled account.
#[derive(Debug, Clone)]
pub struct Simulated {
    /// What was decided about it.
    pub placement: Placement,
    /// Its organic behaviour.
    pub profile: Profile,
    /// Counts of the four metrics, one after another; NaN = missing.
    pub values: Vec<f32>,
    /// The same before the attack, when asked for.
    pub clean: Option<Vec<f32>>,
    /// Observed cells that the attack changed.
    pub mask: Vec<bool>,
    /// Changed cells of each metric, joined over pauses up to a day.
    pub windows: Vec<Window>,
    /// Intensity of the attack relative to the account's size; NaN for a normal account.
    pub intensity: f64,
}

/// A checked spec, ready to make accounts.
#[derive(Debug, Clone)]
pub struct Simulation {
    spec: SimulationSpec,
    plan: Plan,
    clock: Clock,
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
        Ok(Self { spec, plan, clock })
    }

    /// The spec.
    pub fn spec(&self) -> &SimulationSpec {
        &self.spec
    }

    /// The accounts `range`, in order, on `threads` threads (0 = all cores).
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a range that runs backwards or too far.
    pub fn range(
        &self,
        range: Range<u64>,
        threads: usize,
        keep_clean: bool,
    ) -> Result<Vec<Simulated>, Error> {
        if range.start > range.end || range.end > MAX_ACCOUNTS {
            let given = format!("{}..{}", range.start, range.end);
            let allowed = format!("start <= stop <= {MAX_ACCOUNTS}");
            return Err(Error::out_of_range("range", given, allowed));
        }
        let blocks = range.start / BLOCK..range.end.div_ceil(BLOCK);
        let mut worlds = BTreeMap::new();
        for block in blocks.clone().take(self.spec.n_worlds as usize) {
            let number = self.plan.world(block);
            let (tree, seed) = (&self.spec.preset, self.spec.seed);
            worlds.insert(number, World::new(tree, seed, number, self.spec.length)?);
        }
        let mut places = Vec::with_capacity((range.end - range.start) as usize);
        for block in blocks {
            let Some(world) = worlds.get(&self.plan.world(block)) else {
                continue;
            };
            let inside = |p: &Placement| range.contains(&p.index);
            let placements = self.plan.block(block, &world.preset).into_iter();
            places.extend(placements.filter(inside).map(|p| (p, world)));
        }
        Ok(map_indices(places.len(), threads, |i| {
            self.account(places[i].0, places[i].1, keep_clean)
        }))
    }

    /// One account.
    fn account(&self, placement: Placement, world: &World, keep_clean: bool) -> Simulated {
        let (seed, index) = (self.spec.seed, placement.index);
        let profile = Profile::draw(&world.preset, seed, index);
        let organic = self.organic(&placement, profile, world);
        let mut attacked = organic.counts.clone();
        let mut intensity = f64::NAN;
        if let Some(kind) = placement.attack {
            let clock = placement.cohort.map(|cohort| CohortClock {
                seed,
                cohort: cohort.id,
                size: cohort.size,
            });
            let law = &world.preset.attacks;
            let done = attack::apply(
                kind,
                &organic,
                law,
                clock.as_ref(),
                seed,
                index,
                &mut attacked,
            );
            intensity = done.intensity;
        }
        let windows = attack::changed_windows(&organic.counts, &attacked, PAUSE_HOURS);
        let missing = self.missing(index);
        let gapped = |counts: &[Vec<f32>; 4]| -> Vec<f32> {
            let hide = |(t, value): (usize, &f32)| if missing[t] { f32::NAN } else { *value };
            let columns = counts.iter();
            columns
                .flat_map(|series| series.iter().enumerate().map(hide))
                .collect()
        };
        let (clean, values) = (gapped(&organic.counts), gapped(&attacked));
        let changed = |(before, after): (&f32, &f32)| before != after && !after.is_nan();
        Simulated {
            placement,
            profile,
            mask: clean.iter().zip(&values).map(changed).collect(),
            values,
            clean: keep_clean.then_some(clean),
            windows,
            intensity,
        }
    }

    /// The account before any attack.
    fn organic(&self, placement: &Placement, profile: Profile, world: &World) -> Organic {
        let preset = &world.preset;
        let (seed, index) = (self.spec.seed, placement.index);
        let law = profile.law(preset);
        let traits = Traits::draw(law, &preset.organic, &preset.ratios, seed, index);
        let scene = Scene {
            platform: &world.platform,
            law: &preset.scenarios,
            idle_level: preset.organic.idle_level,
            start_hour: self.clock.start_hour,
            owner: placement.owner,
            seed,
            index,
            length: self.clock.length,
        };
        let course = placement.scenario.map(|s| s.course(&scene));
        let day_curve = placement.scenario.map_or(traits.day_curve, |s| {
            s.day_curve(&traits.day_curve, seed, index)
        });
        let mut idle = Stream::new(seed, index, purpose::IDLE_LEVEL);
        let source = organic::Source {
            law,
            organic: &preset.organic,
            posts: &preset.single_posts,
            traits: &traits,
            day_curve: &day_curve,
            platform: &world.platform,
            clock: self.clock,
            idle: placement
                .idle
                .then(|| preset.organic.idle_level * idle.uniform()),
            seed,
            index,
        };
        let rates = source.rates(course.as_ref());
        let mut counts = counts::draw(
            &rates,
            &traits,
            &preset.ratios,
            course.as_ref(),
            (seed, index),
        );
        if let Some(scenario) = placement.scenario {
            scenario.counters(&mut counts, seed, index);
        }
        let likes_to_shares = traits.ratios;
        let ratio = |metric: usize| {
            if metric == 0 {
                1.0
            } else {
                likes_to_shares[metric - 1]
            }
        };
        let usual = rates.smooth.iter().sum::<f64>() / rates.smooth.len() as f64;
        // Orders for a dormant account have the size of those for a casual one.
        let casual = preset.organic.size * preset.profiles.casual.views_median;
        let base = if profile == Profile::Dormant {
            casual.max(usual)
        } else {
            usual
        };
        Organic {
            start_hour: self.clock.start_hour,
            start_weekday: self.clock.start_weekday,
            mean: std::array::from_fn(|m| (base * ratio(m)).max(LEAST_MEAN)),
            expected: std::array::from_fn(|m| {
                let factor = ratio(m) * source.idle.unwrap_or(1.0);
                rates.smooth.iter().map(|rate| rate * factor).collect()
            }),
            counts,
            day_curve,
        }
    }

    /// Which hours of an account are missing: a two-state chain with the wanted share of gaps.
    fn missing(&self, index: u64) -> Vec<bool> {
        let share = self.spec.missing;
        let n = self.clock.length;
        if share <= 0.0 || share >= 1.0 {
            return vec![share >= 1.0; n];
        }
        let mut s = Stream::new(self.spec.seed, index, purpose::GAPS);
        let odds = share / (1.0 - share);
        let leave = 1.0 / GAP_HOURS.max(2.0 * odds);
        let mut gap = s.chance(share);
        (0..n)
            .map(|_| {
                let now = gap;
                gap = if gap {
                    !s.chance(leave)
                } else {
                    s.chance(leave * odds)
                };
                now
            })
            .collect()
    }
}
