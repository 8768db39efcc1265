//! Who is fake, which attack, which cohort, which scenario: decided per block of 100 accounts.
//!
//! Nothing here looks at another account's series, and every decision can be found from the account
//! index alone, so any range of accounts can be made by itself.

use super::law::{CohortLaw, Preset, ScenarioLaw};
use super::purpose;
use super::scenario::Scenario;
use crate::attack::Attack;
use crate::rng::Stream;

/// Accounts among which fakes are drawn and scenarios are dealt.
pub const BLOCK: u64 = 100;
/// World-local accounts among which attacks alternate and cohorts form.
pub const NEIGHBOURHOOD: u64 = 65_536;
/// Mean number of accounts of one owner that rise together.
const MEAN_FAMILY: f64 = 3.0;
/// Groups of twelve fakes whose cohorts are cut together: a cohort is found without walking the
/// whole neighbourhood.
const CHUNK: u64 = 256;

/// Accounts run by one operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cohort {
    /// Unique number of the cohort.
    pub id: u64,
    /// Number of members, whether or not all of them are simulated.
    pub size: usize,
}

/// What is decided about one account before its series is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placement {
    /// Number of the account.
    pub index: u64,
    /// Number of its world.
    pub world: u64,
    /// The attack, `None` for a normal account.
    pub attack: Option<Attack>,
    /// The cohort, if the account belongs to one.
    pub cohort: Option<Cohort>,
    /// Whether the organic account is idle throughout: sleepers, and as many normal accounts.
    pub idle: bool,
    /// The scenario, if any.
    pub scenario: Option<Scenario>,
    /// The owner that several accounts share, if any.
    pub owner: Option<u64>,
}

/// The rules of one simulation.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Seed of the simulation.
    pub seed: u64,
    /// Share of fake accounts.
    pub fake_ratio: f64,
    /// Number of worlds; block b belongs to world b mod `n_worlds`.
    pub n_worlds: u64,
}

/// What was found for one fake and serves its neighbours, too; it changes no decision.
#[derive(Debug, Default)]
pub struct Memo {
    /// Order of the attacks in a group of twelve fakes, and the group's key.
    turns: Option<(u64, Vec<usize>)>,
    /// How far the cohorts of each attack were cut.
    walks: [Option<Walk>; 12],
}

/// The cohorts of one attack in one chunk, cut one after another.
#[derive(Debug)]
struct Walk {
    key: u64,
    stream: Stream,
    /// First member, and the one after the last, of the cohort in hand.
    start: u64,
    end: u64,
    /// Number of that cohort.
    run: u64,
    /// Whether it has one operator at all.
    together: bool,
}

impl Walk {
    /// Before the first cohort, whose number is 0.
    fn new(key: u64, stream: Stream) -> Self {
        Self {
            key,
            stream,
            start: 0,
            end: 0,
            run: u64::MAX,
            together: false,
        }
    }

    /// Cuts the next cohort.
    fn step(&mut self, low: f64, high: f64, share: f64) {
        let size = low * libm::pow((high / low).max(1.0), self.stream.uniform());
        self.together = self.stream.chance(share);
        self.start = self.end;
        self.end = self.start + size.round().max(1.0) as u64;
        // A rest too small for a cohort of its own joins the last one.
        if self.end + low as u64 > CHUNK {
            self.end = CHUNK;
        }
        self.run = self.run.wrapping_add(1);
    }
}

/// A keyed permutation of `0..n`: the rank of each position (Fisher–Yates).
fn ranks(stream: &mut Stream, n: usize) -> Vec<usize> {
    let mut rank: Vec<usize> = (0..n).collect();
    for i in (1..n).rev() {
        rank.swap(i, stream.below(i + 1));
    }
    rank
}

impl Plan {
    /// World of a block.
    pub fn world(&self, block: u64) -> u64 {
        block % self.n_worlds
    }

    /// Fakes of a block: increments of the rounded total, so that any number of whole blocks from
    /// the first on holds `round(n * ratio)`.
    fn fakes_in(&self, block: u64) -> u64 {
        let total = |blocks: u64| ((blocks * BLOCK) as f64 * self.fake_ratio).round_ties_even();
        (total(block + 1) - total(block)).clamp(0.0, BLOCK as f64) as u64
    }

    fn fake_ranks(&self, block: u64) -> Vec<usize> {
        let mut stream = Stream::new(self.seed, block, purpose::FAKES);
        ranks(&mut stream, BLOCK as usize)
    }

    /// Fakes of the world in its local accounts `from..to`, where `to` starts a block.
    fn fakes_between(&self, world: u64, from: u64, to: u64) -> u64 {
        let global = |local_block: u64| local_block * self.n_worlds + world;
        let whole: u64 = (from / BLOCK..to / BLOCK)
            .map(|b| self.fakes_in(global(b)))
            .sum();
        let first = global(from / BLOCK);
        let k = self.fakes_in(first) as usize;
        let cut = (from % BLOCK) as usize;
        let ranks = self.fake_ranks(first);
        let before = ranks.iter().take(cut).filter(|&&rank| rank < k).count();
        whole.saturating_sub(before as u64)
    }

    /// The placements of all accounts of one block. `memo` is whatever it was after another block of the
    /// same plan, or fresh.
    pub fn block(&self, block: u64, preset: &Preset, memo: &mut Memo) -> Vec<Placement> {
        let world = self.world(block);
        let local_start = block / self.n_worlds * BLOCK;
        let n_fakes = self.fakes_in(block) as usize;
        let fake_ranks = self.fake_ranks(block);
        let mut neighbourhood = local_start / NEIGHBOURHOOD;
        let mut rank = self.fakes_between(world, neighbourhood * NEIGHBOURHOOD, local_start);
        let mut out = Vec::with_capacity(BLOCK as usize);
        for (position, &fake_rank) in fake_ranks.iter().enumerate() {
            let local = local_start + position as u64;
            if local / NEIGHBOURHOOD != neighbourhood {
                neighbourhood = local / NEIGHBOURHOOD;
                rank = 0;
            }
            let mut placement = Placement {
                index: block * BLOCK + position as u64,
                world,
                attack: None,
                cohort: None,
                idle: false,
                scenario: None,
                owner: None,
            };
            if fake_rank < n_fakes {
                let key = (world << 36) | (neighbourhood << 16);
                let attack = self.attack_of(key, rank, memo);
                placement.attack = Some(attack);
                placement.cohort = self.cohort_of(key, attack, rank / 12, &preset.cohorts, memo);
                placement.idle = attack == Attack::SleeperReactivation;
                rank += 1;
            }
            out.push(placement);
        }
        self.deal_scenarios(block, &mut out, &preset.scenarios);
        out
    }

    /// Each attack once among twelve consecutive fakes, in an order of their own.
    fn attack_of(&self, key: u64, rank: u64, memo: &mut Memo) -> Attack {
        let group = key | (rank / 12);
        if memo.turns.as_ref().is_none_or(|(of, _)| *of != group) {
            let mut stream = Stream::new(self.seed, group, purpose::ATTACKS);
            memo.turns = Some((group, ranks(&mut stream, 12)));
        }
        let turn = memo
            .turns
            .as_ref()
            .map_or(0, |(_, turns)| turns[(rank % 12) as usize]);
        Attack::ALL[turn]
    }

    /// The run of consecutive fakes of one attack to which number `nth` of them belongs.
    fn cohort_of(
        &self,
        key: u64,
        attack: Attack,
        nth: u64,
        law: &CohortLaw,
        memo: &mut Memo,
    ) -> Option<Cohort> {
        let (low, high, share) = match attack {
            Attack::LockstepCohort => (law.lockstep_low, law.lockstep_high, 1.0),
            Attack::WaveSpam => (law.wave_low, law.wave_high, 1.0),
            Attack::SleeperReactivation => (law.sleeper_low, law.sleeper_high, 1.0),
            Attack::DripFeed | Attack::DeliveryPurge | Attack::TimezoneShiftedFarm => {
                (law.other_low, law.other_high, law.other_share)
            }
            _ => return None,
        };
        let number = Attack::ALL.iter().position(|a| *a == attack)?;
        let chunk = nth / CHUNK;
        let (key_of_chunk, nth) = (key | chunk, nth % CHUNK);
        let walk = &mut memo.walks[number];
        if walk
            .as_ref()
            .is_none_or(|w| w.key != key_of_chunk || nth < w.start)
        {
            let purpose = purpose::COHORTS + number as u64;
            let stream = Stream::new(self.seed, key_of_chunk, purpose);
            *walk = Some(Walk::new(key_of_chunk, stream));
        }
        let walk = walk.as_mut()?;
        while nth >= walk.end {
            walk.step(low, high, share);
        }
        // World, neighbourhood, chunk, attack, run: every cohort has a number of its own.
        let id = (key << 1) | (chunk << 12) | ((number as u64) << 8) | walk.run;
        let size = (walk.end - walk.start) as usize;
        walk.together.then_some(Cohort { id, size })
    }

    /// Idle normals as many as idle sleepers, then scenarios to a fixed share of fakes and normals.
    fn deal_scenarios(&self, block: u64, accounts: &mut [Placement], law: &ScenarioLaw) {
        let mut stream = Stream::new(self.seed, block, purpose::SCENARIOS);
        let mut order: Vec<usize> = (0..accounts.len()).collect();
        let rank = ranks(&mut stream, accounts.len());
        order.sort_unstable_by_key(|&i| rank[i]);
        let sleepers = accounts.iter().filter(|a| a.idle).count();
        let normal = |a: &Placement| a.attack.is_none();
        for &i in order
            .iter()
            .filter(|&&i| normal(&accounts[i]))
            .take(sleepers)
            .collect::<Vec<_>>()
        {
            accounts[i].idle = true;
        }
        let mut chosen = Vec::new();
        for fake in [false, true] {
            let group = accounts
                .iter()
                .filter(|a| a.attack.is_some() == fake)
                .count();
            let wanted = (group as f64 * law.share).round_ties_even() as usize;
            let eligible =
                |i: &&usize| accounts[**i].attack.is_some() == fake && !accounts[**i].idle;
            chosen.extend(order.iter().filter(eligible).take(wanted).copied());
        }
        // Fakes and normals mixed again, so that siblings are found among both.
        chosen.sort_unstable_by_key(|&i| rank[i]);
        let families = Self::families(&mut stream, chosen.len(), law);
        // The number of a family that each of the first accounts belongs to.
        let siblings: Vec<u64> = (0..)
            .zip(&families)
            .flat_map(|(family, &size)| std::iter::repeat_n(family, size))
            .collect();
        for (n, &i) in chosen.iter().enumerate() {
            // One draw per account whatever comes of it: scenarios of neighbours stay put.
            let u = stream.uniform();
            if let Some(family) = siblings.get(n) {
                accounts[i].scenario = Some(Scenario::SiblingSpillover);
                accounts[i].owner = Some(block * BLOCK + family);
            } else {
                accounts[i].scenario = Scenario::pick(law, u);
            }
        }
    }

    /// Sizes of the block's groups with a common owner, 2 to 4 each: as many as the weight of the
    /// scenario asks for on average, in whole groups.
    fn families(stream: &mut Stream, chosen: usize, law: &ScenarioLaw) -> Vec<usize> {
        let expected = chosen as f64 * Scenario::share_of_siblings(law);
        let n = (expected / MEAN_FAMILY + stream.uniform()) as usize;
        let mut left = chosen;
        (0..n)
            .map(|_| 2 + stream.below(3))
            .take_while(|&size| {
                let fits = size <= left;
                left = left.saturating_sub(size);
                fits
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
