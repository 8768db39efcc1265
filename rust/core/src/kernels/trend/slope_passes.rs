//! The passes over all pairs of points that the selection among their slopes is made of.

use crate::lanes;

/// Values that are compared with one earlier value at once.
pub(super) const BLOCK: usize = 32;
/// Pairs looked through together where any of them lies between the bounds: so many values with so many
/// earlier ones.
const GROUP: usize = 16;
const ROWS: usize = 4;
/// Rounding of one residual in single precision, relative to the largest, with reserve: half a unit in the
/// last place is 2^-25 of values below 1, and a difference has two.
const ROUNDING: f64 = 1.0 / 4_194_304.0;

/// Slopes strictly below and above two bounds, beyond doubt.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Outside {
    pub(super) below: usize,
    pub(super) above: usize,
}

/// Points, and the ranks of the middle of the slopes.
pub(super) struct Points<'a> {
    pub(super) x: &'a [f64],
    /// Times, rising.
    pub(super) t: &'a [f64],
    /// A value in the middle of the others.
    pub(super) center: f64,
    pub(super) n_pairs: usize,
    pub(super) ranks: [usize; 2],
}

impl Points<'_> {
    pub(super) fn slope(&self, i: usize, j: usize) -> f64 {
        (self.x[j] - self.x[i]) / (self.t[j] - self.t[i])
    }

    /// Whether the middle slopes lie on neither side.
    pub(super) fn holds(&self, outside: Outside) -> bool {
        outside.below <= self.ranks[0] && outside.above + self.ranks[1] < self.n_pairs
    }
}

lanes::dispatch! {
    /// Largest residual at either bound.
    pub(super) fn residual_range<'a>(
        points: &'a Points<'a>, low: f64, high: f64, middle_time: f64, largest: &'a mut [f64; 1],
    ) {
        const LANES: usize = 8;
        let mut most = [0.0_f64; LANES];
        let mut look = |k: usize, x: f64, t: f64| {
            let (d, time) = (x - points.center, t - middle_time);
            let (a, b) = (time.mul_add(-low, d).abs(), time.mul_add(-high, d).abs());
            let both = if a > b { a } else { b };
            most[k] = if both > most[k] { both } else { most[k] };
        };
        let (blocks, rest) = points.x.as_chunks::<LANES>();
        let (times, rest_times) = points.t.as_chunks::<LANES>();
        for (x, t) in blocks.iter().zip(times) {
            for k in 0..LANES {
                look(k, x[k], t[k]);
            }
        }
        for (k, (&x, &t)) in rest.iter().zip(rest_times).enumerate() {
            look(k, x, t);
        }
        largest[0] = most.iter().copied().fold(0.0, f64::max);
    }
}

lanes::dispatch! {
    /// Scaled residuals about a line through the middle.
    pub(super) fn fill_residuals<'a>(
        points: &'a Points<'a>, slope: f64, middle_time: f64, scale: f64, out: &'a mut [f32],
    ) {
        for ((&x, &t), slot) in points.x.iter().zip(points.t).zip(out) {
            let residual = (t - middle_time).mul_add(-slope, x - points.center);
            *slot = (residual * scale) as f32;
        }
    }
}

lanes::dispatch! {
    /// Counts the pairs whose residuals fall at the lower bound and those that rise at the upper one.
    pub(super) fn count_outside<'a>(lower: &'a [f32], upper: &'a [f32], outside: &'a mut Outside) {
        let (low_blocks, _) = lower.as_chunks::<BLOCK>();
        let (high_blocks, _) = upper.as_chunks::<BLOCK>();
        for (b, (low, high)) in low_blocks.iter().zip(high_blocks).enumerate() {
            let mut below = [0_i32; BLOCK];
            let mut above = [0_i32; BLOCK];
            for (&a, &z) in lower[..b * BLOCK].iter().zip(&upper[..b * BLOCK]) {
                let (a, z) = (a - ROUNDING as f32, z + ROUNDING as f32);
                for k in 0..BLOCK {
                    below[k] = below[k].wrapping_add(i32::from(low[k] < a));
                    above[k] = above[k].wrapping_add(i32::from(high[k] > z));
                }
            }
            for i in 0..BLOCK {
                let (a, z) = (low[i] - ROUNDING as f32, high[i] + ROUNDING as f32);
                for k in 0..BLOCK {
                    // Earlier places take part as what is neither below nor above anything.
                    let low = if k > i { low[k] } else { f32::NAN };
                    let high = if k > i { high[k] } else { f32::NAN };
                    below[k] = below[k].wrapping_add(i32::from(low < a));
                    above[k] = above[k].wrapping_add(i32::from(high > z));
                }
            }
            outside.below += below.iter().map(|&c| c as usize).sum::<usize>();
            outside.above += above.iter().map(|&c| c as usize).sum::<usize>();
        }
    }
}

lanes::dispatch! {
    /// Lists the pairs that are on neither side.
    pub(super) fn collect_near<'a>(
        lower: &'a [f32], upper: &'a [f32], n: usize, pairs: &'a mut Vec<(u32, u32)>,
    ) {
        let filled = n.next_multiple_of(GROUP);
        let (lower, upper) = (&lower[..filled], &upper[..filled]);
        let (low_groups, _) = lower.as_chunks::<GROUP>();
        let (high_groups, _) = upper.as_chunks::<GROUP>();
        for (g, (low, high)) in low_groups.iter().zip(high_groups).enumerate() {
            let start = g * GROUP;
            let earlier = lower[..start].as_chunks::<ROWS>().0.iter();
            let earlier = earlier.zip(upper[..start].as_chunks::<ROWS>().0);
            for (r, (a, z)) in earlier.enumerate() {
                let mut near = [0_u32; GROUP];
                for row in 0..ROWS {
                    mark(low, high, a[row], z[row], &mut near);
                }
                if any(&near) {
                    for row in 0..ROWS {
                        let mut near = [0_u32; GROUP];
                        mark(low, high, a[row], z[row], &mut near);
                        list(&near, r * ROWS + row, start, pairs);
                    }
                }
            }
            for i in 0..GROUP {
                let mut near = [0_u32; GROUP];
                mark(low, high, low[i], high[i], &mut near);
                near[..=i].fill(0);
                list(&near, start + i, start, pairs);
            }
        }
    }
}

/// Marks the values that neither fall beyond doubt from `a` at the lower bound nor rise from `z` at the upper.
/// What is not a number is never marked.
#[inline(always)]
fn mark(low: &[f32; GROUP], high: &[f32; GROUP], a: f32, z: f32, near: &mut [u32; GROUP]) {
    let (a, z) = (a - ROUNDING as f32, z + ROUNDING as f32);
    for k in 0..GROUP {
        near[k] |= u32::from(low[k] >= a) & u32::from(high[k] <= z);
    }
}

#[inline(always)]
fn any(near: &[u32; GROUP]) -> bool {
    near.iter().fold(0, |all, mark| all | mark) != 0
}

#[inline(always)]
fn list(near: &[u32; GROUP], i: usize, start: usize, pairs: &mut Vec<(u32, u32)>) {
    if any(near) {
        let marked = (0..GROUP).filter(|&k| near[k] != 0);
        pairs.extend(marked.map(|k| (i as u32, (start + k) as u32)));
    }
}

lanes::dispatch! {
    /// Counts the pairs that fall and those that rise.
    pub(super) fn compare_signs<'a>(x: &'a [f64], outside: &'a mut Outside) {
        compare(x, x, outside, |a, b, _, _| b - a, 0.0);
    }
}

lanes::dispatch! {
    /// Counts the pairs with a slope below and above a value.
    pub(super) fn compare_quotients<'a>(x: &'a [f64], t: &'a [f64], value: f64, outside: &'a mut Outside) {
        compare(x, t, outside, |a, b, s, t| (b - a) / (t - s), value);
    }
}

#[inline(always)]
fn compare(
    x: &[f64],
    t: &[f64],
    outside: &mut Outside,
    slope: impl Fn(f64, f64, f64, f64) -> f64,
    value: f64,
) {
    let (blocks, _) = x.as_chunks::<GROUP>();
    let (times, _) = t.as_chunks::<GROUP>();
    for (g, (later, later_time)) in blocks.iter().zip(times).enumerate() {
        let start = g * GROUP;
        let mut below = [0_i64; GROUP];
        let mut above = [0_i64; GROUP];
        for i in 0..start + GROUP {
            for k in 0..GROUP {
                let q = slope(x[i], later[k], t[i], later_time[k]);
                let counts = start + k > i;
                below[k] = below[k].wrapping_add(i64::from(counts && q < value));
                above[k] = above[k].wrapping_add(i64::from(counts && q > value));
            }
        }
        outside.below += below.iter().map(|&c| c as usize).sum::<usize>();
        outside.above += above.iter().map(|&c| c as usize).sum::<usize>();
    }
}
