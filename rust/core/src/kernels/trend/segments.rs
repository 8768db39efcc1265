//! Best segmentation of a series into stretches of constant mean, by dynamic programming.
//!
//! The least cost up to an end is the least, over all starts of its last segment, of the cost up to the start
//! and of that segment. Both are taken in blocks: a block of starts is compared with a block of ends in
//! registers, or passed over where a bound on its costs says that no end would begin its last segment there.
//! Unlike the pruning of PELT, which needs changes to drop starts, this helps most where there are none.

use crate::kernels::lane_sums::{fold_by, larger, smaller};
use crate::lanes;

/// Starts, or ends, that are taken together: with sixteen, fewer blocks can be passed over, and 336 steps take
/// a third longer.
const BLOCK: usize = 8;
/// Costs that differ by less than this share are the same but for rounding; the earlier change is taken.
const SAME: f64 = 1e-12;

/// The best segmentation of one series, and the memory it takes. Position `p` lies before step `p`, as the
/// start or the end of a segment; lists by position are filled up to full blocks.
#[derive(Debug, Default)]
pub(super) struct Segments {
    /// Sums of the values, and of their squares, before each position.
    sum: Vec<f64>,
    square: Vec<f64>,
    /// Least cost up to each position, with the penalty of the segment that begins there, less the squares.
    cost: Vec<f64>,
    /// `-1 / length` of a segment at `BLOCK + length`; infinite for one that is too short or ends before it
    /// begins.
    scale: Vec<f64>,
    /// `-1 / length` of the shortest segment between two blocks, those farthest apart first.
    block_scale: Vec<f64>,
    /// The number of positions and the least length that these belong to.
    scales_of: (usize, usize),
    blocks: Blocks,
    /// Ends of the segments, last first.
    ends: Vec<usize>,
}

/// What is known of every block.
#[derive(Debug, Default)]
struct Blocks {
    lowest_sum: Vec<f64>,
    highest_sum: Vec<f64>,
    least_cost: Vec<f64>,
    /// Less than any cost of a segment from each block into the present one.
    bound: Vec<f64>,
}

impl Segments {
    /// Finds the segmentation of a series of at least one step.
    pub(super) fn find(&mut self, z: &[f64], min_size: usize, penalty: f64) {
        let n_blocks = (z.len() + 1).div_ceil(BLOCK);
        self.prepare_scales(n_blocks, min_size);
        self.add_up(z, n_blocks);
        let reserve = 2.0 * SAME * (1.0 + self.square[z.len()]);
        self.blocks.prepare(&self.sum);
        cheapest(self, penalty, reserve);
        trace_back(self, z.len(), penalty);
    }

    /// Number of changes.
    pub(super) fn n_changes(&self) -> usize {
        self.ends.len().saturating_sub(1)
    }

    /// First step after the strongest change, and its size.
    pub(super) fn strongest(&self) -> (usize, f64) {
        let mut best = (0, 0.0);
        let mut most = -1.0_f64;
        for k in (1..self.ends.len()).rev() {
            let start = self.ends.get(k + 1).copied().unwrap_or(0);
            let (place, end) = (self.ends[k], self.ends[k - 1]);
            let before = (self.sum[place] - self.sum[start]) / (place - start) as f64;
            let after = (self.sum[end] - self.sum[place]) / (end - place) as f64;
            let strength = self.gain(start, place) + self.gain(place, end) - self.gain(start, end);
            if strength > most + SAME * (1.0 + most.abs()) {
                most = strength;
                best = (place, after - before);
            }
        }
        best
    }

    /// Reduction of the cost of the steps from `start` to `end` by their mean.
    fn gain(&self, start: usize, end: usize) -> f64 {
        let sum = self.sum[end] - self.sum[start];
        sum * sum / (end - start) as f64
    }

    /// Series of one length share these.
    fn prepare_scales(&mut self, n_blocks: usize, min_size: usize) {
        if self.scales_of == (n_blocks, min_size) {
            return;
        }
        self.scales_of = (n_blocks, min_size);
        let n = n_blocks * BLOCK;
        self.scale.clear();
        self.scale.resize(BLOCK, f64::INFINITY);
        self.scale.extend((0..n + BLOCK).map(|length| {
            if length < min_size {
                f64::INFINITY
            } else {
                -1.0 / length as f64
            }
        }));
        self.block_scale.clear();
        let shortest = |apart: usize| ((apart - 1) * BLOCK + 1) as f64;
        self.block_scale
            .extend((1..=n_blocks).rev().map(|apart| -1.0 / shortest(apart)));
    }

    fn add_up(&mut self, z: &[f64], n_blocks: usize) {
        let (mut sum, mut square) = (0.0, 0.0);
        self.sum.clear();
        self.square.clear();
        self.sum.push(sum);
        self.square.push(square);
        for &z in z {
            sum += z;
            square += z * z;
            self.sum.push(sum);
            self.square.push(square);
        }
        self.sum.resize(n_blocks * BLOCK, sum);
        self.cost.clear();
        self.cost.resize(n_blocks * BLOCK, f64::INFINITY);
    }
}

impl Blocks {
    fn prepare(&mut self, sum: &[f64]) {
        let (blocks, _) = sum.as_chunks::<BLOCK>();
        self.lowest_sum.clear();
        self.lowest_sum
            .extend(blocks.iter().map(|block| fold_by(block, smaller)));
        self.highest_sum.clear();
        self.highest_sum
            .extend(blocks.iter().map(|block| fold_by(block, larger)));
        self.least_cost.clear();
        self.least_cost.resize(blocks.len(), f64::INFINITY);
        self.bound.clear();
        self.bound.resize(blocks.len(), f64::INFINITY);
    }

    /// Bounds the costs of segments from all blocks before this one into it: as if the least cost, the widest
    /// difference of sums and the shortest segment met.
    #[inline(always)]
    fn bound_costs(&mut self, block: usize, scales: &[f64]) {
        let (low, high) = (self.lowest_sum[block], self.highest_sum[block]);
        let scales = &scales[scales.len() - block..];
        let lows = &self.lowest_sum[..scales.len()];
        let highs = &self.highest_sum[..scales.len()];
        let costs = &self.least_cost[..scales.len()];
        let bounds = &mut self.bound[..scales.len()];
        for i in 0..scales.len() {
            let (up, down) = (high - lows[i], highs[i] - low);
            let widest = larger(up, down);
            bounds[i] = (widest * widest).mul_add(scales[i], costs[i]);
        }
    }
}

lanes::dispatch! {
    /// Least cost up to each position.
    fn cheapest<'a>(segments: &'a mut Segments, penalty: f64, reserve: f64) {
        let Segments { sum, cost, scale, block_scale, blocks, .. } = segments;
        let (sums, _) = sum.as_chunks::<BLOCK>();
        let (costs, _) = cost.as_chunks_mut::<BLOCK>();
        // The block where the last segment of the end before begins: most often that of this one, too.
        let mut best = 0;
        for block in 0..sums.len() {
            let mut ends = Ends::new(&sums[block]);
            if block == 0 {
                // Nothing is paid before the first segment.
                ends.least[0] = 0.0;
            } else {
                // The costs of the block before come last: what does not need them must not wait for them.
                let last = block - 1;
                let mut near = Ends::new(&sums[block]);
                near.look(&sums[last], &costs[last], window(scale, 1));
                if best < last {
                    ends.look(&sums[best], &costs[best], window(scale, block - best));
                }
                let limit = ends.farthest(&near) + reserve;
                blocks.bound_costs(block, block_scale);
                let looked_at = best;
                for i in 0..last {
                    if blocks.bound[i] <= limit && i != looked_at {
                        let before = ends.least[BLOCK - 1];
                        ends.look(&sums[i], &costs[i], window(scale, block - i));
                        best = if ends.least[BLOCK - 1] < before { i } else { best };
                    }
                }
                let nearer = near.least[BLOCK - 1] < ends.least[BLOCK - 1];
                best = if nearer { last } else { best };
                ends.join(&near);
            }
            let scales = window(scale, 0);
            let mut cost = [0.0; BLOCK];
            for k in 0..BLOCK {
                cost[k] = ends.least[k] + penalty;
                ends.look_from(k, sums[block][k], cost[k], scales);
            }
            costs[block] = cost;
            blocks.least_cost[block] = fold_by(&cost, smaller);
        }
    }
}

/// A block of ends, with the least cost up to each so far.
struct Ends {
    sum: [f64; BLOCK],
    least: [f64; BLOCK],
}

impl Ends {
    #[inline(always)]
    fn new(sum: &[f64; BLOCK]) -> Self {
        Self {
            sum: *sum,
            least: [f64::INFINITY; BLOCK],
        }
    }

    /// Lets the last segment begin in a block.
    #[inline(always)]
    fn look(&mut self, sum: &[f64; BLOCK], cost: &[f64; BLOCK], scale: &[f64; 2 * BLOCK]) {
        for k in 0..BLOCK {
            self.look_from(k, sum[k], cost[k], scale);
        }
    }

    /// Takes the lesser costs.
    #[inline(always)]
    fn join(&mut self, other: &Self) {
        for k in 0..BLOCK {
            self.least[k] = smaller(other.least[k], self.least[k]);
        }
    }

    /// Largest of the lesser costs.
    #[inline(always)]
    fn farthest(&self, other: &Self) -> f64 {
        let mut both = [0.0; BLOCK];
        for k in 0..BLOCK {
            both[k] = smaller(other.least[k], self.least[k]);
        }
        fold_by(&both, larger)
    }

    /// Lets the last segment begin at place `start` of a block.
    #[inline(always)]
    fn look_from(&mut self, start: usize, sum: f64, cost: f64, scale: &[f64; 2 * BLOCK]) {
        for k in 0..BLOCK {
            let difference = self.sum[k] - sum;
            let value = (difference * difference).mul_add(scale[BLOCK - start + k], cost);
            // What is not a number is no segment.
            self.least[k] = smaller(value, self.least[k]);
        }
    }
}

/// Scales of the segments from a block into one so many blocks later: at `BLOCK - start + end` the one
/// between these places of the two blocks.
#[inline(always)]
fn window(scale: &[f64], apart: usize) -> &[f64; 2 * BLOCK] {
    const NONE: &[f64; 2 * BLOCK] = &[f64::INFINITY; 2 * BLOCK];
    scale[apart * BLOCK..].first_chunk().unwrap_or(NONE)
}

lanes::dispatch! {
    /// Lists the ends of the segments. Where several starts of one cost the same, the earliest is taken,
    /// whatever rounding says.
    fn trace_back<'a>(segments: &'a mut Segments, n: usize, penalty: f64) {
        segments.ends.clear();
        let mut end = n;
        while end > 0 {
            segments.ends.push(end);
            let least = segments.cost[end] - penalty;
            end = segments.first_start(end, least + SAME * (1.0 + segments.square[end]));
        }
    }
}

impl Segments {
    /// First start of a segment to `end` with which the cost is within a limit.
    #[inline(always)]
    fn first_start(&self, end: usize, limit: f64) -> usize {
        let (sums, _) = self.sum.as_chunks::<BLOCK>();
        let (costs, _) = self.cost.as_chunks::<BLOCK>();
        let total = self.sum[end];
        for (block, (sum, cost)) in sums.iter().zip(costs).enumerate() {
            let first = block * BLOCK;
            if first >= end || !limit.is_finite() {
                break;
            }
            // Backwards: the later the start, the shorter the segment.
            let scale = &self.scale[end - first + 1..][..BLOCK];
            let mut within = [0_u64; BLOCK];
            for k in 0..BLOCK {
                let difference = total - sum[k];
                let value = (difference * difference).mul_add(scale[BLOCK - 1 - k], cost[k]);
                within[k] = u64::from(value <= limit);
            }
            if within.iter().fold(0, |all, one| all | one) > 0 {
                return first + within.iter().take_while(|&&one| one == 0).count();
            }
        }
        0
    }
}
