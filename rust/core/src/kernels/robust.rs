//! Median and robust scale of the known values of a series.

use super::lane_sums::{LANES, fold, fold_by, larger, smaller};
use crate::lanes;

/// Standard deviations of normal noise per median absolute deviation: 1 / Phi^-1(3/4).
pub(crate) const PER_MEDIAN_DEVIATION: f64 = 1.482_602_218_505_602;
/// The same per mean absolute deviation: sqrt(pi / 2).
const PER_MEAN_DEVIATION: f64 = 1.253_314_137_315_500_3;
/// Values that give the first guess and the spacing of the median's neighbourhood.
const SAMPLE: usize = 9;
/// Each pass leaves a small part of the values; ordinary series need four to seven.
const MOST_PASSES: usize = 12;

/// Where a series lies and how far it spreads, whatever a minority of its values does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spread {
    /// Median.
    pub(super) center: f64,
    /// 1.4826 times the median absolute deviation from it; 0 where more than half the values are equal.
    pub(super) scale: f64,
    /// 1.2533 times the mean absolute deviation from it; 0 only where all values are equal.
    pub(super) mean_scale: f64,
}

impl Spread {
    /// Robust standard deviation; the one of the mean where the median has none, as Iglewicz & Hoaglin
    /// (1993) advise.
    pub(super) fn sd(&self) -> f64 {
        if self.scale > 0.0 {
            self.scale
        } else {
            self.mean_scale
        }
    }
}

/// Spread of finite values. `buffer` is overwritten.
pub(super) fn spread(x: &[f64], buffer: &mut Vec<f64>) -> Spread {
    let center = median(x, buffer);
    let mut answer = Spread {
        center,
        scale: 0.0,
        mean_scale: 0.0,
    };
    // The deviations and what is sorted of them share one buffer.
    buffer.clear();
    buffer.resize(2 * x.len(), 0.0);
    let (deviations, spare) = buffer.split_at_mut(x.len());
    let mut sums = [0.0; LANES];
    deviate(x, center, deviations, &mut sums);
    answer.mean_scale = PER_MEAN_DEVIATION * fold(&sums) / x.len().max(1) as f64;
    answer.scale = PER_MEDIAN_DEVIATION * between(middle_of(deviations, spare));
    answer
}

/// Centres finite values and divides them by their robust standard deviation; leaves them and says no where
/// that is 0 or there are none. `buffer` is overwritten.
pub(super) fn standardise(values: &mut [f64], buffer: &mut Vec<f64>) -> bool {
    let spread = spread(values, buffer);
    if spread.sd() == 0.0 {
        return false;
    }
    let inverse = 1.0 / spread.sd();
    for value in values {
        *value = (*value - spread.center) * inverse;
    }
    true
}

/// Median of finite values; NaN when there are none. `buffer` is overwritten.
pub(super) fn median(x: &[f64], buffer: &mut Vec<f64>) -> f64 {
    buffer.clear();
    buffer.resize(x.len(), 0.0);
    between(middle_of(x, buffer))
}

fn between([low, high]: [f64; 2]) -> f64 {
    // The sum of two huge values would overflow where both are the same.
    if low == high { low } else { 0.5 * (low + high) }
}

lanes::dispatch! {
    /// Absolute deviations from the centre, and their sum.
    fn deviate<'a>(
        x: &'a [f64], center: f64, out: &'a mut [f64], sums: &'a mut [f64; LANES],
    ) {
        let (blocks, rest) = x.as_chunks::<LANES>();
        let (out_blocks, out_rest) = out.as_chunks_mut::<LANES>();
        let mut running = [0.0; LANES];
        for (values, slots) in blocks.iter().zip(out_blocks) {
            for k in 0..LANES {
                slots[k] = (values[k] - center).abs();
                running[k] += slots[k];
            }
        }
        *sums = running;
        for ((value, slot), total) in rest.iter().zip(out_rest).zip(sums) {
            *slot = (value - center).abs();
            *total += *slot;
        }
    }
}

/// What a pivot says of the values around it.
struct Split {
    /// Values below the pivot.
    below: usize,
    /// Values below it or equal to it.
    up_to: usize,
    /// Largest value below.
    before: f64,
    /// Smallest value above.
    after: f64,
}

/// The same in lanes.
struct Sides {
    below: [u64; LANES],
    up_to: [u64; LANES],
    before: [f64; LANES],
    after: [f64; LANES],
}

impl Sides {
    #[inline(always)]
    fn look(&mut self, k: usize, v: f64, pivot: f64) {
        self.below[k] = self.below[k].wrapping_add(u64::from(v < pivot));
        self.up_to[k] = self.up_to[k].wrapping_add(u64::from(v <= pivot));
        let lower = if v < pivot { v } else { f64::NEG_INFINITY };
        let upper = if v > pivot { v } else { f64::INFINITY };
        self.before[k] = larger(lower, self.before[k]);
        self.after[k] = smaller(upper, self.after[k]);
    }
}

lanes::dispatch! {
    fn look_at<'a>(x: &'a [f64], pivot: f64, out: &'a mut Sides) {
        let (blocks, rest) = x.as_chunks::<LANES>();
        let mut sides = Sides {
            below: [0; LANES],
            up_to: [0; LANES],
            before: [f64::NEG_INFINITY; LANES],
            after: [f64::INFINITY; LANES],
        };
        for block in blocks {
            for k in 0..LANES {
                sides.look(k, block[k], pivot);
            }
        }
        *out = sides;
        for (k, &v) in rest.iter().enumerate() {
            out.look(k, v, pivot);
        }
    }
}

fn split(x: &[f64], pivot: f64) -> Split {
    let mut sides = Sides {
        below: [0; LANES],
        up_to: [0; LANES],
        before: [0.0; LANES],
        after: [0.0; LANES],
    };
    look_at(x, pivot, &mut sides);
    Split {
        below: fold_by(&sides.below, u64::wrapping_add) as usize,
        up_to: fold_by(&sides.up_to, u64::wrapping_add) as usize,
        before: fold_by(&sides.before, larger),
        after: fold_by(&sides.after, smaller),
    }
}

impl Split {
    /// The value of this rank, where the pivot or a neighbour of it is that value.
    fn at(&self, rank: usize, pivot: f64) -> Option<f64> {
        if rank + 1 == self.below {
            Some(self.before)
        } else if rank == self.up_to {
            Some(self.after)
        } else if (self.below..self.up_to).contains(&rank) {
            Some(pivot)
        } else {
            None
        }
    }
}

/// Counting passes around a pivot that is moved by interpolation: each is a few dozen vector
/// instructions, where a quickselect mispredicts a branch per value.
fn middle_of(x: &[f64], spare: &mut [f64]) -> [f64; 2] {
    let n = x.len();
    if n == 0 {
        return [f64::NAN; 2];
    }
    let ranks = [(n - 1) / 2, n / 2];
    let mut sample: [f64; SAMPLE] = std::array::from_fn(|k| x[(2 * k + 1) * n / (2 * SAMPLE)]);
    sort_few(&mut sample);
    // Four of the nine gaps of the sample hold about four ninths of the values.
    let spacing = (sample[6] - sample[2]) / (0.45 * n as f64);
    let mut pivot = sample[SAMPLE / 2];
    let (mut low, mut high) = (None, None);
    for _ in 0..MOST_PASSES {
        let s = split(x, pivot);
        if let (Some(a), Some(b)) = (s.at(ranks[0], pivot), s.at(ranks[1], pivot)) {
            return [a, b];
        }
        if ranks[0] >= s.up_to {
            low = Some((s.up_to, s.after));
        } else {
            high = Some((s.below - 1, s.before));
        }
        pivot = match (low, high) {
            (Some((first, a)), Some((last, b))) => {
                let share = (ranks[0] as f64 + 0.5 - first as f64) / (last as f64 - first as f64);
                a + (b - a) * share.clamp(0.0, 1.0)
            }
            (Some((first, a)), None) => a + spacing * (1.3 * (ranks[0] - first) as f64 + 1.0),
            (None, Some((last, b))) => b - spacing * (1.3 * (last - ranks[0]) as f64 + 1.0),
            (None, None) => break,
        };
    }
    spare.copy_from_slice(x);
    let (_, &mut a, above) = spare.select_nth_unstable_by(ranks[0], f64::total_cmp);
    let next = above.iter().copied().fold(f64::INFINITY, f64::min);
    [a, if ranks[1] == ranks[0] { a } else { next }]
}

fn sort_few(values: &mut [f64; SAMPLE]) {
    for i in 1..SAMPLE {
        for j in (1..=i).rev() {
            let (a, b) = (values[j - 1], values[j]);
            values[j - 1] = if b < a { b } else { a };
            values[j] = if b < a { a } else { b };
        }
    }
}
