//! From a planned rate to whole counts.

use std::ops::Range;

use super::law::{AttackLaw, adds_level};
use super::order;
use super::plan::Plan;
use super::purpose;
use super::scene::Scene;
use super::scratch::{LANES, Scratch};
use super::steps::{Steps, pack};
use super::windows::differ;
use crate::lanes::{Key, blur, dispatch, gammas, poissons, quantiles, uniform};
use crate::rng::Stream;
use crate::simulate::account::{N_METRICS, Organic};

/// Rates are cut off here, far above any account's: sums of counts must stay finite in `f32`.
const HIGHEST_RATE: f32 = 1e30;
/// What is drawn behind the last order: no rate that slows its block down.
const IDLE_RATE: f32 = 100.0;
/// Distance of the streams of second attempts.
const REDRAWS: u64 = 1 << 32;

const LIKES: usize = 1;

/// The counts of an account, to be changed.
pub(crate) type Counts<'a> = [&'a mut [f32]; N_METRICS];

/// What a delivery did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Delivered {
    /// Steps outside which nothing was added.
    pub(crate) touched: Range<usize>,
    /// Number of orders that reached each metric.
    pub(crate) orders: [usize; N_METRICS],
    /// First cell of each metric.
    pub(super) offsets: [usize; N_METRICS],
    /// Whether a count is another one now.
    pub(crate) shows: bool,
}

/// Draws the planned counts and adds them; likes stay within views unless the attack may exceed them.
pub(crate) fn deliver(
    scene: &Scene<'_>,
    plan: &Plan,
    counts: &mut Counts<'_>,
    scratch: &mut Scratch,
) -> Delivered {
    let (first, shape) = plan.orders();
    scratch.make_room(shape.len());
    let mut delivered = Delivered::default();
    let delivery = Delivery {
        law: scene.law,
        organic: scene.organic,
        plan,
        first,
        shape,
        end: scene.open.end,
        adds_level: adds_level(scene.attack),
        within_views: !scene.attack.may_exceed_views(),
        lead: plan.metrics().next().unwrap_or(0),
        seed: scene.seed,
        index: scene.index,
        counts: counts.each_mut().map(|counts| &mut **counts),
        scratch,
    };
    run(delivery, &mut delivered);
    delivered
}

struct Delivery<'a> {
    law: &'a AttackLaw,
    organic: &'a Organic<'a>,
    plan: &'a Plan,
    first: usize,
    shape: &'a [f32],
    end: usize,
    adds_level: bool,
    within_views: bool,
    /// The metric that stands for the intensity.
    lead: usize,
    seed: u64,
    index: u64,
    counts: Counts<'a>,
    scratch: &'a mut Scratch,
}

dispatch! {
    fn run<'a>(delivery: Delivery<'a>, delivered: &'a mut Delivered) {
        delivery.run(delivered);
    }
}

impl Delivery<'_> {
    #[inline(always)]
    fn run(mut self, delivered: &mut Delivered) {
        let (law, plan) = (self.law, self.plan);
        let sizes = self.scratch.sizes.as_flattened_mut();
        let n = pack(self.shape, &mut self.scratch.steps, sizes);
        if n == 0 {
            return;
        }
        // What is left there from other accounts must not be multiplied on and on.
        sizes[n..n.next_multiple_of(LANES)].fill(1.0);
        let key = Key::new(self.seed, self.index);
        let list = std::mem::take(&mut self.scratch.steps);
        let steps = Steps {
            first: self.first,
            after: &list[..n],
            dense: n == self.shape.len(),
        };
        let (weights, round) = terms(law, plan, self.lead, key);
        let (mut bought, mut n_bought) = ([0; N_METRICS], 0);
        for m in 0..N_METRICS {
            let end = self.end.min(self.counts[m].len());
            let reached = steps.before(end.saturating_sub(plan.delays[m]));
            if weights[m] > 0.0 && reached > 0 {
                delivered.orders[m] = reached;
                bought[n_bought] = m;
                n_bought += 1;
            }
        }
        let bought = &bought[..n_bought];
        if bought.is_empty() {
            self.scratch.steps = list;
            return;
        }
        let n_cells = self.rates(n, steps, key, &weights, delivered);
        self.draw(n_cells, round, key, delivered);
        let mut last = 0;
        for &m in bought {
            let added = self.scratch.added(delivered, m);
            let changed = steps.scatter(added, plan.delays[m], self.counts[m]);
            // Likes may be cut again.
            delivered.shows |= changed && m != LIKES;
            last = last.max(steps.at(added.len() - 1) + plan.delays[m]);
        }
        delivered.touched = steps.at(0)..last + 1;
        if self.within_views && delivered.orders[LIKES] > 0 {
            keep_likes_within_views(self.organic, &mut self.counts, &delivered.touched);
        }
        if !delivered.shows {
            let touched = overlap(&delivered.touched, self.counts[LIKES].len());
            let clean = &self.organic.counts[LIKES][touched.clone()];
            delivered.shows = differ(clean, &self.counts[LIKES][touched]);
        }
        self.scratch.steps = list;
    }

    /// Rates of all cells, with the noise of the delivery; returns their number.
    #[inline(always)]
    fn rates(
        &mut self,
        n_orders: usize,
        steps: Steps<'_>,
        key: Key,
        weights: &[f32; N_METRICS],
        delivered: &mut Delivered,
    ) -> usize {
        let (law, plan) = (self.law, self.plan);
        let scratch = &mut *self.scratch;
        let order_blocks = n_orders.div_ceil(LANES);
        let n_cells: usize = delivered.orders.iter().sum();
        let cell_blocks = n_cells.div_ceil(LANES);
        let noisy = !plan.steady && law.edge_jitter.max(law.extra_noise) > 0.0;
        if noisy {
            scratch.draw_words(key, purpose::NOISE, order_blocks + cell_blocks);
            let words = scratch.words.as_flattened();
            for (sizes, words) in scratch.sizes[..order_blocks].iter_mut().zip(words) {
                blur(words, law.edge_jitter as f32, sizes);
            }
        }
        let cells = scratch.cells.as_flattened_mut();
        let mut offset = 0;
        for m in 0..N_METRICS {
            delivered.offsets[m] = offset;
            let mean = finite_or_zero(self.organic.mean[m] as f32);
            let floor = law.floor_share as f32 * mean;
            let factor = self.organic.factor[m];
            for block in 0..delivered.orders[m].div_ceil(LANES) {
                let mut rates = [mean; LANES];
                if !self.adds_level {
                    steps.gather(block, plan.delays[m], self.organic.expected[m], &mut rates);
                    for rate in &mut rates {
                        *rate = finite_or_zero(*rate * factor).max(floor);
                    }
                }
                let sizes = &scratch.sizes[block];
                for lane in 0..LANES {
                    rates[lane] *= weights[m] * sizes[lane];
                }
                let start = offset + block * LANES;
                cells[start..start + LANES].copy_from_slice(&rates);
            }
            offset += delivered.orders[m];
        }
        cells[n_cells..cell_blocks * LANES].fill(IDLE_RATE);
        let words = &scratch.words.as_flattened()[order_blocks..];
        for (rates, words) in scratch.cells[..cell_blocks].iter_mut().zip(words) {
            if noisy {
                blur(words, law.extra_noise as f32, rates);
            }
            for rate in rates {
                *rate = rate.min(HIGHEST_RATE);
            }
        }
        n_cells
    }

    /// Replaces rates by counts.
    #[inline(always)]
    fn draw(&mut self, n_cells: usize, round: [bool; N_METRICS], key: Key, delivered: &Delivered) {
        let (seed, index) = (self.seed, self.index);
        let scratch = &mut *self.scratch;
        let n_blocks = n_cells.div_ceil(LANES);
        scratch.draw_words(key, purpose::DELIVERY, n_blocks);
        let ranges: [Range<usize>; N_METRICS] = std::array::from_fn(|m| {
            let start = delivered.offsets[m];
            start..start + delivered.orders[m]
        });
        let mut spread = [false; N_METRICS];
        for m in 0..N_METRICS {
            if !round[m] {
                continue;
            }
            let rates = &scratch.cells.as_flattened()[ranges[m].clone()];
            let Some(total) = order::rounded(order::total(rates)) else {
                continue;
            };
            let purpose = purpose::ROUND + m as u64;
            let again = || Stream::new(seed, index, purpose);
            let n_blocks = rates.len().div_ceil(LANES);
            let first = m * scratch.sums.len();
            let drawn = &mut scratch.drawn[first..first + n_blocks];
            let sums = &mut scratch.sums[..n_blocks];
            order::spread(total, rates, (key, purpose), sums, drawn, again);
            spread[m] = true;
        }
        for block in 0..n_blocks {
            let cells = block * LANES..(block + 1) * LANES;
            let inside = |m: usize| ranges[m].start <= cells.start && cells.end <= ranges[m].end;
            if (0..N_METRICS).any(|m| spread[m] && inside(m)) {
                continue;
            }
            let mut rates = scratch.cells[block];
            if self.law.dispersion > 0.0 {
                let alone = rates;
                mix(self.law, block, key, (seed, index), &mut rates);
                // Round orders vary by counting alone.
                for m in (0..N_METRICS).filter(|m| round[*m]) {
                    let lane = |cell: usize| cell.clamp(cells.start, cells.end) - cells.start;
                    let lanes = lane(ranges[m].start)..lane(ranges[m].end);
                    rates[lanes.clone()].copy_from_slice(&alone[lanes]);
                }
            }
            let words = &scratch.words.as_flattened()[block];
            poissons(&rates, words, &mut scratch.cells[block]);
        }
        for m in (0..N_METRICS).filter(|m| spread[*m]) {
            let cells = &mut scratch.cells.as_flattened_mut()[ranges[m].clone()];
            let first = m * scratch.sums.len() * LANES;
            let n = cells.len();
            cells.copy_from_slice(&scratch.drawn.as_flattened()[first..first + n]);
        }
    }
}

/// Rates of a block times gamma variates of mean 1: counts around them are negative binomial.
#[inline(always)]
fn mix(
    law: &AttackLaw,
    block: usize,
    key: Key,
    (seed, index): (u64, u64),
    rates: &mut [f32; LANES],
) {
    let first = (block * LANES) as u32;
    let mut words = [[0; LANES]; 4];
    let [normals, accept, boost, spare] = &mut words;
    key.words(purpose::MIXING, first, [normals, accept, boost, spare]);
    let mut mixed = [0.0; LANES];
    quantiles(normals, &mut mixed);
    // A stream for each block: one for all would make a block depend on those before it.
    let again = || Stream::new(seed, index, purpose::MIXING + REDRAWS * u64::from(first));
    let shape = (1.0 / law.dispersion) as f32;
    gammas(shape, accept, boost, &mut mixed, again);
    for lane in 0..LANES {
        rates[lane] *= mixed[lane];
    }
}

/// Weight of each metric, with this account's spread of the gain, and whether its order is round.
#[inline(always)]
fn terms(
    law: &AttackLaw,
    plan: &Plan,
    lead: usize,
    key: Key,
) -> ([f32; N_METRICS], [bool; N_METRICS]) {
    let mut words = [[0; 2]; N_METRICS];
    let [a, b, c, d] = &mut words;
    key.words(purpose::TERMS, 0, [a, b, c, d]);
    let mut weights = plan.weights.map(|weight| weight as f32);
    let spread = words.map(|[first, _]| first);
    if law.coupling_sd > 0.0 && !plan.coupled {
        let alone = weights[lead];
        blur(&spread, law.coupling_sd as f32, &mut weights);
        weights[lead] = alone;
    }
    let chance = law.round_orders as f32;
    (weights, words.map(|[_, second]| uniform(second) < chance))
}

#[inline(always)]
fn finite_or_zero(value: f32) -> f32 {
    if value.is_finite() {
        value.max(0.0)
    } else {
        0.0
    }
}

/// The part of `steps` in a series of `length`.
fn overlap(steps: &Range<usize>, length: usize) -> Range<usize> {
    steps.start.min(length)..steps.end.min(length)
}

/// Cuts added likes so that an hour that had no more likes than views keeps it so.
#[inline(always)]
fn keep_likes_within_views(organic: &Organic<'_>, counts: &mut Counts<'_>, steps: &Range<usize>) {
    let [views, likes, ..] = counts;
    let steps = overlap(steps, views.len().min(likes.len()));
    let [clean_views, clean_likes, ..] = organic.counts.map(|clean| clean.get(steps.clone()));
    let (Some(clean_views), Some(clean_likes)) = (clean_views, clean_likes) else {
        return;
    };
    let (views, likes) = (&views[steps.clone()], &mut likes[steps]);
    let n = likes.len();
    let (views, clean_views, clean_likes) = (&views[..n], &clean_views[..n], &clean_likes[..n]);
    for t in 0..n {
        let cut = clean_likes[t] <= clean_views[t] && likes[t] > views[t];
        likes[t] = if cut { views[t] } else { likes[t] };
    }
}

/// Puts a minimum order where the attack lives, for an attack of which nothing that was drawn shows;
/// returns its step.
pub(crate) fn minimum_order(
    scene: &Scene<'_>,
    plan: &Plan,
    counts: &mut Counts<'_>,
) -> Option<usize> {
    let clean = &scene.organic.counts;
    for m in plan.metrics() {
        let nearest = scene
            .open
            .clone()
            .filter(|&t| counts[m].get(t).is_some_and(|c| c.is_finite()))
            .min_by_key(|&t| t.abs_diff(plan.core));
        let Some(t) = nearest else { continue };
        // One action; more only where a float of that size cannot tell one apart.
        let mut extra = 1.0;
        while counts[m][t] == clean[m][t] && extra < 1e30 {
            counts[m][t] = (f64::from(clean[m][t]) + extra) as f32;
            extra *= 2.0;
        }
        return Some(t);
    }
    None
}
