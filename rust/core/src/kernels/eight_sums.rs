//! Sums over a series in eight lanes: the order of additions, and with it every bit, is the same on all
//! instruction sets.
//!
//! Everything here is inlined into functions made by [`crate::lanes::dispatch_eight!`].

use pulp::Simd;

use crate::lanes::{Eight, LANES};

/// One value per lane.
pub(super) type Lanes = [f64; LANES];

/// Zeros after the deviations of a series, so that loops may end on whole vectors.
pub(super) const PADDING: usize = 2 * LANES;

/// Vectors summed side by side, which hides the latency of an addition.
const SIDE: usize = 4;

/// Sum of the products of two series, as far as the shorter one goes.
#[inline(always)]
pub(super) fn dot<S: Simd>(simd: S, a: &[f64], b: &[f64]) -> f64 {
    let n = a.len().min(b.len());
    let (a, rest_a) = a[..n].as_chunks::<LANES>();
    let (b, rest_b) = b[..n].as_chunks::<LANES>();
    let (wide_a, a) = a.as_chunks::<SIDE>();
    let (wide_b, b) = b.as_chunks::<SIDE>();
    let mut sums = [Eight::splat(simd, 0.0); SIDE];
    for (a, b) in wide_a.iter().zip(wide_b) {
        for k in 0..SIDE {
            sums[k] = Eight::load(simd, &a[k]).mul_add(Eight::load(simd, &b[k]), sums[k]);
        }
    }
    for (a, b) in a.iter().zip(b) {
        sums[0] = Eight::load(simd, a).mul_add(Eight::load(simd, b), sums[0]);
    }
    let mut sum = ((sums[0] + sums[1]) + (sums[2] + sums[3])).sum();
    for (a, b) in rest_a.iter().zip(rest_b) {
        sum = a.mul_add(*b, sum);
    }
    sum
}

/// Sums of `a[t] b[t + lag]` over the `n` steps of both for every lag, each smaller than `n`. After their
/// steps both have [`PADDING`] zeros.
#[inline(always)]
pub(super) fn lagged_products<S: Simd>(
    simd: S,
    a: &[f64],
    b: &[f64],
    n: usize,
    lags: &[usize],
    out: &mut [f64],
) {
    let (groups, rest) = lags.as_chunks::<SIDE>();
    let (slots, last) = out.as_chunks_mut::<SIDE>();
    for (group, slots) in groups.iter().zip(slots) {
        let (mut least, mut most) = (group[0], group[0]);
        for &lag in group {
            least = least.min(lag);
            most = most.max(lag);
        }
        if most - least <= PADDING - LANES {
            *slots = products_at_near_lags(simd, a, b, (n - least).div_ceil(LANES), group);
        } else {
            for (slot, &lag) in slots.iter_mut().zip(group) {
                *slot = dot(simd, &b[lag..n], a);
            }
        }
    }
    for (slot, &lag) in last.iter_mut().zip(rest) {
        *slot = dot(simd, &b[lag..n], a);
    }
}

/// Lagged products in blocks as the shortest lag needs: the zeros make up for the difference in length.
#[inline(always)]
fn products_at_near_lags<S: Simd>(
    simd: S,
    a: &[f64],
    b: &[f64],
    blocks: usize,
    lags: &[usize; SIDE],
) -> [f64; SIDE] {
    let (steps, _) = a[..blocks * LANES].as_chunks();
    let [p, q, r, s] = lags.map(|lag| b[lag..lag + blocks * LANES].as_chunks().0);
    let mut sums = [Eight::splat(simd, 0.0); SIDE];
    for ((((step, p), q), r), s) in steps.iter().zip(p).zip(q).zip(r).zip(s) {
        let step = Eight::load(simd, step);
        for (sum, later) in sums.iter_mut().zip([p, q, r, s]) {
            *sum = step.mul_add(Eight::load(simd, later), *sum);
        }
    }
    sums.map(Eight::sum)
}

/// Sum of squared distances from `center`.
#[inline(always)]
pub(super) fn squares_about<S: Simd>(simd: S, a: &[f64], center: f64) -> f64 {
    let (a, rest) = a.as_chunks::<LANES>();
    let (wide, a) = a.as_chunks::<SIDE>();
    let middle = Eight::splat(simd, center);
    let mut sums = [Eight::splat(simd, 0.0); SIDE];
    for a in wide {
        for k in 0..SIDE {
            let d = Eight::load(simd, &a[k]) - middle;
            sums[k] = d.mul_add(d, sums[k]);
        }
    }
    for a in a {
        let d = Eight::load(simd, a) - middle;
        sums[0] = d.mul_add(d, sums[0]);
    }
    let mut sum = ((sums[0] + sums[1]) + (sums[2] + sums[3])).sum();
    for a in rest {
        let d = a - center;
        sum = d.mul_add(d, sum);
    }
    sum
}

/// Sum of a series.
#[inline(always)]
pub(super) fn sum<S: Simd>(simd: S, a: &[f64]) -> f64 {
    let (a, rest) = a.as_chunks::<LANES>();
    let (wide, a) = a.as_chunks::<SIDE>();
    let mut sums = [Eight::splat(simd, 0.0); SIDE];
    for a in wide {
        for k in 0..SIDE {
            sums[k] = sums[k] + Eight::load(simd, &a[k]);
        }
    }
    for a in a {
        sums[0] = sums[0] + Eight::load(simd, a);
    }
    let mut sum = ((sums[0] + sums[1]) + (sums[2] + sums[3])).sum();
    for a in rest {
        sum += a;
    }
    sum
}

/// What the known steps of a series have in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    /// How many there are.
    pub(super) count: f64,
    /// Their mean; NaN without any.
    pub(super) mean: f64,
    /// Whether all are equal; so they are where there is none.
    pub(super) flat: bool,
}

/// Whether a value is known, in a form that vectors have.
#[inline(always)]
pub(super) fn is_known(v: f64) -> bool {
    v.abs() < f64::INFINITY
}

/// Count, sum, least and largest of the known values, by lane.
#[derive(Clone, Copy)]
struct Survey<S: Simd> {
    count: Eight<S>,
    sum: Eight<S>,
    least: Eight<S>,
    most: Eight<S>,
}

impl<S: Simd> Survey<S> {
    #[inline(always)]
    fn take(&mut self, simd: S, values: &Lanes) {
        let v = Eight::load(simd, values);
        let zero = Eight::splat(simd, 0.0);
        self.count = self.count + v.if_finite(Eight::splat(simd, 1.0), zero);
        self.sum = self.sum + v.if_finite(v, zero);
        self.least = v.if_finite(v, self.least).lesser(self.least);
        self.most = v.if_finite(v, self.most).larger(self.most);
    }
}

/// What the known steps of a series have in common.
#[inline(always)]
pub(super) fn survey<S: Simd>(simd: S, x: &[f64]) -> Known {
    let total = sum(simd, x);
    // A sum is finite only if all of its terms are.
    if !total.is_finite() {
        return survey_with_gaps(simd, x);
    }
    let count = x.len() as f64;
    Known {
        count,
        mean: total / count,
        flat: x.iter().all(|v| Some(v) == x.first()),
    }
}

#[inline(always)]
fn survey_with_gaps<S: Simd>(simd: S, x: &[f64]) -> Known {
    let empty = Survey {
        count: Eight::splat(simd, 0.0),
        sum: Eight::splat(simd, 0.0),
        least: Eight::splat(simd, f64::INFINITY),
        most: Eight::splat(simd, f64::NEG_INFINITY),
    };
    let mut sides = [empty; 2];
    let (blocks, rest) = x.as_chunks::<LANES>();
    let (pairs, last) = blocks.as_chunks::<2>();
    for pair in pairs {
        for k in 0..2 {
            sides[k].take(simd, &pair[k]);
        }
    }
    for block in last {
        sides[0].take(simd, block);
    }
    if !rest.is_empty() {
        let mut padded = [f64::NAN; LANES];
        padded[..rest.len()].copy_from_slice(rest);
        sides[1].take(simd, &padded);
    }
    let [a, b] = sides;
    let count = (a.count + b.count).sum();
    let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
    let low = a.least.lesser(b.least).to_array();
    let high = a.most.larger(b.most).to_array();
    for j in 0..LANES {
        least = least.min(low[j]);
        most = most.max(high[j]);
    }
    Known {
        count,
        mean: (a.sum + b.sum).sum() / count,
        flat: least >= most,
    }
}

/// Writes the deviations of a series from the mean of its known steps, 0 where a step is missing and in
/// [`PADDING`] steps more than it has.
#[inline(always)]
pub(super) fn deviations<S: Simd>(simd: S, x: &[f64], d: &mut Vec<f64>) -> Known {
    let n = x.len();
    let known = survey(simd, x);
    d.resize(n + PADDING, 0.0);
    let (d, rest) = d.split_at_mut(n);
    rest.fill(0.0);
    if known.count == n as f64 {
        for t in 0..n {
            d[t] = x[t] - known.mean;
        }
    } else {
        for t in 0..n {
            d[t] = if is_known(x[t]) {
                x[t] - known.mean
            } else {
                0.0
            };
        }
    }
    known
}
