//! Median of the slopes of all pairs of points, exact, without computing most of them.
//!
//! The slope of a pair lies below `m` where the residuals `x - m t` of the pair fall. So one comparison
//! per pair counts the slopes below a bound: in single precision, with the pairs too close to tell counted
//! on neither side. Bounds from a sample of slopes are narrowed by interpolation until few pairs are left
//! between them; only their slopes are computed, as the definition says, and the middle one is selected.

use super::slope_passes::{
    BLOCK, Outside, Points, collect_near, compare_quotients, compare_signs, count_outside,
    fill_residuals, residual_range,
};
use crate::kernels::known::ordered;

/// Slopes drawn for the first bounds. The rank of the middle of 512 is off by 2.2 % of all: the bounds lie
/// 6.5 % on either side, three times that.
const SAMPLE: usize = 512;
const SAMPLE_MARGIN: usize = SAMPLE * 65 / 1000;
/// Share of the pairs between two bounds that is kept on either side of the interpolated middle.
const MARGIN: f64 = 0.04;
/// Pairs between the bounds that are few enough to look at.
const FEW: usize = 128;
/// Bounds that are still far apart after so many counts are those of ties.
const MOST_COUNTS: usize = 7;
/// Pairs too close to tell that are collected before single precision is given up.
const MOST_UNSURE: usize = 4096;
/// Slopes that are computed and kept together; with more pairs than this, ties are resolved by bisection.
const MOST_KEPT: usize = 1 << 17;

/// Memory of the selection.
#[derive(Debug, Default)]
pub(super) struct Slopes {
    /// Residuals at the lower and at the upper bound; the last block is filled up with NaN.
    lower: Vec<f32>,
    upper: Vec<f32>,
    sample: Vec<f64>,
    pairs: Vec<(u32, u32)>,
    kept: Vec<f64>,
}

impl Slopes {
    /// Median slope of at least two points in order of time; `center` lies in the middle of the values.
    pub(super) fn median(&mut self, x: &[f64], t: &[f64], center: f64) -> f64 {
        let n_pairs = x.len() * (x.len() - 1) / 2;
        let points = Points {
            x,
            t,
            center,
            n_pairs,
            ranks: [(n_pairs - 1) / 2, n_pairs / 2],
        };
        if n_pairs <= 2 * SAMPLE {
            return self.by_division(&points, [f64::NEG_INFINITY, f64::INFINITY]);
        }
        let bounds = self.bounds_from_sample(&points);
        if bounds[0] < bounds[1]
            && let Some(slope) = self.narrow(&points, bounds)
        {
            return slope;
        }
        let tie = bounds[0].max(0.0).min(bounds[1]);
        if self.is_middle(&points, tie) {
            return tie;
        }
        self.by_division(&points, bounds)
    }

    /// Bounds around the middle from slopes of pairs spread evenly over all.
    fn bounds_from_sample(&mut self, points: &Points<'_>) -> [f64; 2] {
        // The plane's most even additive sequence (Roberts 2018), from the plastic number.
        const STEPS: [f64; 2] = [0.754_877_666_246_692_7, 0.569_840_290_998_053_2];
        let n = points.x.len();
        let mut at = [0.5, 0.5];
        self.sample.clear();
        while self.sample.len() < SAMPLE {
            for (place, step) in at.iter_mut().zip(STEPS) {
                *place = (*place + step).fract();
            }
            let i = (at[0] * n as f64) as usize;
            let j = (at[1] * n as f64) as usize;
            if i != j {
                self.sample.push(points.slope(i, j));
            }
        }
        let low = SAMPLE / 2 - SAMPLE_MARGIN;
        let high = SAMPLE / 2 + SAMPLE_MARGIN;
        let (_, &mut a, above) = self.sample.select_nth_unstable_by(low, f64::total_cmp);
        let (_, &mut b, _) = above.select_nth_unstable_by(high - low - 1, f64::total_cmp);
        [a, b]
    }

    /// Middle slope between two bounds; `None` where too many slopes lie too close together.
    fn narrow(&mut self, points: &Points<'_>, bounds: [f64; 2]) -> Option<f64> {
        let [mut low, mut high] = bounds;
        let mut outside = self.count(points, low, high);
        if !points.holds(outside) {
            return None;
        }
        let mut margin = MARGIN;
        for _ in 0..MOST_COUNTS {
            let between = points.n_pairs - outside.below - outside.above;
            if between <= FEW || margin >= 0.5 {
                break;
            }
            let target = 0.5 * (points.ranks[0] + points.ranks[1]) as f64;
            let share = (target + 0.5 - outside.below as f64) / between as f64;
            let at = |share: f64| low + (high - low) * share.clamp(0.0, 1.0);
            let [next_low, next_high] = [at(share - margin), at(share + margin)];
            let next = self.count(points, next_low, next_high);
            if points.holds(next) {
                (low, high, outside) = (next_low, next_high, next);
            } else {
                // The middle lies among many equal slopes: most often those of steps with equal counts.
                if margin == MARGIN && low <= 0.0 && 0.0 <= high && self.is_middle(points, 0.0) {
                    return Some(0.0);
                }
                margin *= 3.0;
            }
        }
        if points.n_pairs - outside.below - outside.above > MOST_UNSURE {
            return None;
        }
        self.residuals(points, low, high);
        self.pairs.clear();
        collect_near(&self.lower, &self.upper, points.x.len(), &mut self.pairs);
        if self.pairs.len() + outside.below + outside.above != points.n_pairs {
            // Values out of the range of single precision are not numbers, and were not counted.
            return None;
        }
        self.kept.clear();
        self.kept.extend(
            self.pairs
                .iter()
                .map(|&(i, j)| points.slope(i as usize, j as usize)),
        );
        let [a, b] = middle(
            &mut self.kept,
            points.ranks.map(|rank| rank - outside.below),
        );
        // Whatever is beyond doubt below the lower bound has a slope of at most that bound, rounding
        // included: the reserve of single precision is far wider than the rounding of a quotient.
        (low <= a && b <= high).then_some(f64::midpoint(a, b))
    }

    /// Residuals at both bounds, scaled to less than 1, and what they are too close to tell.
    fn residuals(&mut self, points: &Points<'_>, low: f64, high: f64) {
        let middle_time = points.t[points.t.len() / 2];
        let mut largest = [0.0_f64];
        residual_range(points, low, high, middle_time, &mut largest);
        // A power of two, so that scaling rounds nothing.
        let scale = exact_inverse(largest[0]);
        let n = points.x.len().next_multiple_of(BLOCK);
        self.lower.clear();
        self.lower.resize(n, f32::NAN);
        self.upper.clear();
        self.upper.resize(n, f32::NAN);
        fill_residuals(points, low, middle_time, scale, &mut self.lower);
        fill_residuals(points, high, middle_time, scale, &mut self.upper);
    }

    fn count(&mut self, points: &Points<'_>, low: f64, high: f64) -> Outside {
        self.residuals(points, low, high);
        let mut outside = Outside::default();
        count_outside(&self.lower, &self.upper, &mut outside);
        outside
    }

    fn is_middle(&mut self, points: &Points<'_>, value: f64) -> bool {
        points.holds(self.divide(points, value))
    }

    /// Slopes below and above a value, each computed.
    fn divide(&mut self, points: &Points<'_>, value: f64) -> Outside {
        let n = points.x.len().next_multiple_of(BLOCK);
        self.kept.clear();
        self.kept.extend_from_slice(points.x);
        self.kept.resize(n, f64::NAN);
        self.sample.clear();
        self.sample.extend_from_slice(points.t);
        self.sample.resize(n, f64::INFINITY);
        let mut outside = Outside::default();
        if value == 0.0 {
            compare_signs(&self.kept, &mut outside);
        } else {
            compare_quotients(&self.kept, &self.sample, value, &mut outside);
        }
        outside
    }

    /// Middle slope from all slopes, or by bisection where they are too many to keep.
    fn by_division(&mut self, points: &Points<'_>, bounds: [f64; 2]) -> f64 {
        let n = points.x.len();
        if points.n_pairs <= MOST_KEPT {
            self.kept.clear();
            for i in 0..n {
                self.kept.extend((i + 1..n).map(|j| points.slope(i, j)));
            }
            let [a, b] = middle(&mut self.kept, points.ranks);
            return f64::midpoint(a, b);
        }
        let [a, b] = points.ranks.map(|rank| self.bisect(points, rank, bounds));
        f64::midpoint(a, b)
    }

    /// Smallest slope that `rank` others do not exceed, among all floating-point numbers in their order.
    fn bisect(&mut self, points: &Points<'_>, rank: usize, bounds: [f64; 2]) -> f64 {
        let mut enough = |key: i64| {
            let above = self.divide(points, from_key(key)).above;
            points.n_pairs - above > rank
        };
        let [mut low, mut high] = bounds.map(to_key);
        if low > to_key(f64::NEG_INFINITY) && enough(low - 1) {
            (low, high) = (to_key(f64::NEG_INFINITY), low - 1);
        } else if !enough(high) {
            (low, high) = (high, to_key(f64::INFINITY));
        }
        while low < high {
            // The average rounded down; the sum itself may not fit.
            let key = (low & high) + ((low ^ high) >> 1);
            if enough(key) {
                high = key;
            } else {
                low = key + 1;
            }
        }
        from_key(low)
    }
}

/// A whole number that grows with the value.
fn to_key(value: f64) -> i64 {
    ordered(value.to_bits() as i64)
}

fn from_key(key: i64) -> f64 {
    f64::from_bits(ordered(key) as u64)
}

/// The values of two neighbouring ranks.
fn middle(values: &mut [f64], ranks: [usize; 2]) -> [f64; 2] {
    let (_, &mut a, above) = values.select_nth_unstable_by(ranks[0], f64::total_cmp);
    let next = above.iter().copied().fold(f64::INFINITY, f64::min);
    [a, if ranks[1] == ranks[0] { a } else { next }]
}

/// The power of two that brings a size to between 1/2 and 1; NaN where there is none.
fn exact_inverse(size: f64) -> f64 {
    let exponent = (size.to_bits() >> 52) as i64 - 1022;
    if size.is_finite() && (-900..900).contains(&exponent) {
        f64::from_bits(((1023 - exponent) as u64) << 52)
    } else {
        f64::NAN
    }
}
