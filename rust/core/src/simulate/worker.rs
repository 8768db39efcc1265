//! One account after another, in memory of one thread.

use super::account::{N_METRICS, Organic};
use super::batch::{Label, Labels, Series};
use super::organic::{self, Source};
use super::plan::{Memo, Placement};
use super::profile::{Lot, Profile, Traits};
use super::scenario::Scene;
use super::simulation::{Job, Simulation};
use super::workspace::Workspace;
use super::world::World;
use crate::attack::{self, CohortClock, Scratch, Window};
use crate::lanes::Key;

/// Changed cells are joined into one window over pauses up to this many hours.
const PAUSE_HOURS: usize = 24;
/// Account means are never taken smaller than this: an order on a silent account is still an order.
const LEAST_MEAN: f64 = 0.05;

/// What one thread needs to make accounts.
pub(super) struct Worker<'a> {
    simulation: &'a Simulation,
    memo: Memo,
    work: Workspace,
    traits: Traits,
    /// Factor left to the account in hand: 1 unless it is idle throughout.
    idle: f32,
    windows: Vec<Window>,
    scratch: Scratch,
}

impl<'a> Worker<'a> {
    pub(super) fn new(simulation: &'a Simulation) -> Self {
        Self {
            simulation,
            memo: Memo::default(),
            work: simulation.calendar.workspace(),
            traits: Traits::default(),
            idle: 1.0,
            windows: Vec::new(),
            scratch: Scratch::default(),
        }
    }

    /// The wanted accounts of one block.
    pub(super) fn block(&mut self, job: Job<'_>) -> Labels {
        let Job {
            block,
            accounts,
            world,
            series,
        } = job;
        let Series {
            values,
            mut clean,
            changed,
        } = series;
        let length = self.simulation.clock().length;
        let mut labels = Labels::default();
        let places = self
            .simulation
            .plan
            .block(block, &world.preset, &mut self.memo);
        let wanted = places.into_iter().filter(|p| accounts.contains(&p.index));
        let slots = values
            .chunks_exact_mut(N_METRICS * length)
            .zip(changed.chunks_exact_mut(length));
        for (i, (placement, (values, changed))) in wanted.zip(slots).enumerate() {
            let clean = clean
                .as_deref_mut()
                .and_then(|clean| clean.chunks_exact_mut(N_METRICS * length).nth(i));
            let series = Series {
                values,
                clean,
                changed,
            };
            labels.accounts.push(self.account(placement, world, series));
            let windows = self.windows.drain(..);
            labels.windows.extend(windows.map(|w| (placement.index, w)));
        }
        labels
    }

    /// One account; its windows are left in `self.windows`.
    fn account(&mut self, placement: Placement, world: &World, series: Series<'_>) -> Label {
        let Series {
            values,
            clean,
            changed,
        } = series;
        let profile = self.organic(&placement, world, values);
        changed.fill(0);
        let mut intensity = f64::NAN;
        if let Some(kind) = placement.attack {
            self.work.clean.copy_from_slice(values);
            intensity = self.attack(kind, &placement, profile, world, values, changed);
        }
        let missing = self.simulation.missing(placement.index);
        if let Some(clean) = clean {
            let source = if placement.attack.is_some() {
                &self.work.clean
            } else {
                &*values
            };
            clean.copy_from_slice(source);
            if let Some(missing) = &missing {
                hide(missing, clean);
            }
        }
        if let Some(missing) = &missing {
            hide(missing, values);
            for (bits, hidden) in changed.iter_mut().zip(missing) {
                *bits = if *hidden { 0 } else { *bits };
            }
        }
        Label {
            placement,
            profile,
            intensity,
        }
    }

    /// The account before any attack.
    fn organic(&mut self, placement: &Placement, world: &World, values: &mut [f32]) -> Profile {
        let preset = &world.preset;
        let calendar = &self.simulation.calendar;
        let (seed, index) = (self.simulation.spec().seed, placement.index);
        let key = Key::new(seed, index);
        let lot = Lot::new(key);
        let profile = Profile::draw(preset, &lot);
        if let Some(scenario) = placement.scenario {
            let course = &mut self.work.course;
            course.excess.fill(0.0);
            course.factor.fill(1.0);
            course.promoted.fill(0.0);
            course.bait = None;
            let scene = Scene {
                platform: &world.platform,
                law: &preset.scenarios,
                idle_level: preset.organic.idle_level,
                start_hour: calendar.clock.start_hour,
                owner: placement.owner,
                seed,
                index,
                length: calendar.clock.length,
            };
            scenario.bend(&scene, course);
        }
        self.idle = if placement.idle {
            lot.idle_level(&preset.organic)
        } else {
            1.0
        };
        let source = Source {
            law: profile.law(preset),
            organic: &preset.organic,
            ratios: &preset.ratios,
            posts: &preset.single_posts,
            platform: &world.platform,
            calendar,
            lot: &lot,
            key,
            idle: self.idle,
            bent: placement.scenario.is_some(),
            diaspora: placement.scenario.and_then(|s| s.diaspora(seed, index)),
            smooth: placement.attack.is_some(),
            seed,
            index,
        };
        let present = source.events(&mut self.work);
        organic::account(&source, present, &mut self.work, &mut self.traits, values);
        if let Some(scenario) = placement.scenario {
            let corrections = preset.attacks.corrections;
            scenario.counters(by_metric(values), corrections, seed, index);
        }
        profile
    }

    /// Lays the attack over `values`.
    fn attack(
        &mut self,
        kind: attack::Attack,
        placement: &Placement,
        profile: Profile,
        world: &World,
        values: &mut [f32],
        changed: &mut [u8],
    ) -> f64 {
        let preset = &world.preset;
        let clock = self.simulation.clock();
        let (seed, index) = (self.simulation.spec().seed, placement.index);
        let [likes, comments, shares] = self.traits.ratios;
        let ratios = [1.0, likes, comments, shares];
        let smooth = &self.work.smooth;
        let usual = attack::total(smooth) / smooth.len() as f64;
        // Orders for a dormant account have the size of those for a casual one.
        let base = if profile == Profile::Dormant {
            usual.max(preset.organic.size * preset.profiles.casual.views_median)
        } else {
            usual
        };
        let organic = Organic {
            start_hour: clock.start_hour,
            start_weekday: clock.start_weekday,
            expected: [smooth; N_METRICS],
            factor: ratios.map(|ratio| self.idle * ratio),
            counts: parts(&self.work.clean),
            mean: ratios.map(|ratio| (base * f64::from(ratio)).max(LEAST_MEAN)),
            day_curve: self.traits.day_curve.map(f64::from),
        };
        let cohort = placement.cohort.map(|cohort| CohortClock {
            seed,
            cohort: cohort.id,
            size: cohort.size,
        });
        let done = attack::apply(
            kind,
            &organic,
            &preset.attacks,
            cohort.as_ref(),
            seed,
            index,
            by_metric(values),
            &mut self.scratch,
        );
        attack::changed(
            organic.counts,
            parts(values),
            done.open,
            PAUSE_HOURS,
            changed,
            &mut self.windows,
        );
        done.intensity
    }
}

/// Hides the missing hours of an account.
fn hide(missing: &[bool], values: &mut [f32]) {
    for series in values.chunks_exact_mut(missing.len()) {
        for (value, hidden) in series.iter_mut().zip(missing) {
            if *hidden {
                *value = f32::NAN;
            }
        }
    }
}

/// The four series of an account.
fn by_metric(values: &mut [f32]) -> [&mut [f32]; N_METRICS] {
    let n = values.len() / N_METRICS;
    let (views, rest) = values.split_at_mut(n);
    let (likes, rest) = rest.split_at_mut(n);
    let (comments, shares) = rest.split_at_mut(n);
    [views, likes, comments, shares]
}

/// The four series of an account, to read.
fn parts(values: &[f32]) -> [&[f32]; N_METRICS] {
    let n = values.len() / N_METRICS;
    std::array::from_fn(|m| &values[m * n..(m + 1) * n])
}
