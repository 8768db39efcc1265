//! The steps that have an order: all of a span, or a few of it.

use super::scratch::LANES;
use super::windows::{BLOCK, positive};

/// The steps of the orders, from `first` on.
#[derive(Clone, Copy)]
pub(crate) struct Steps<'a> {
    pub(crate) first: usize,
    /// Steps after `first`; not filled where orders leave no step out.
    pub(crate) after: &'a [u32],
    pub(crate) dense: bool,
}

impl Steps<'_> {
    #[inline(always)]
    pub(crate) fn at(self, order: usize) -> usize {
        let after = if self.dense {
            order
        } else {
            self.after[order] as usize
        };
        self.first + after
    }

    /// How many lie before `end`.
    #[inline(always)]
    pub(crate) fn before(self, end: usize) -> usize {
        let reach = end.saturating_sub(self.first);
        if self.dense {
            reach.min(self.after.len())
        } else {
            self.after
                .partition_point(|after| (*after as usize) < reach)
        }
    }

    /// Values of a series, `delay` steps after each order of a block; 0 where there is none.
    #[inline(always)]
    pub(crate) fn gather(self, block: usize, delay: usize, series: &[f32], out: &mut [f32; LANES]) {
        let start = self.first + delay;
        if self.dense {
            let rest = series.get(start + block * LANES..).unwrap_or_default();
            if let Some(whole) = rest.first_chunk() {
                *out = *whole;
            } else {
                out.fill(0.0);
                out[..rest.len()].copy_from_slice(rest);
            }
            return;
        }
        let series = series.get(start..).unwrap_or_default();
        for (value, after) in out.iter_mut().zip(&self.after[block * LANES..]) {
            *value = series.get(*after as usize).copied().unwrap_or(0.0);
        }
    }

    /// Adds to a series, `delay` steps after each order; says whether that changed a value.
    #[inline(always)]
    pub(crate) fn scatter(self, extra: &[f32], delay: usize, series: &mut [f32]) -> bool {
        let series = series.get_mut(self.first + delay..).unwrap_or_default();
        let mut changed = 0;
        if self.dense {
            for (count, extra) in series.iter_mut().zip(extra) {
                let sum = *count + *extra;
                changed |= u32::from(sum > *count);
                *count = sum;
            }
            return changed != 0;
        }
        for (extra, after) in extra.iter().zip(self.after) {
            if let Some(count) = series.get_mut(*after as usize) {
                let sum = *count + *extra;
                changed |= u32::from(sum > *count);
                *count = sum;
            }
        }
        changed != 0
    }
}

/// Packs the values above 0, with their places unless all are; returns their number.
#[inline(always)]
pub(crate) fn pack(shape: &[f32], places: &mut [u32], packed: &mut [f32]) -> usize {
    let active: u32 = shape.iter().map(|value| u32::from(*value > 0.0)).sum();
    if active as usize == shape.len() {
        packed[..shape.len()].copy_from_slice(shape);
        return shape.len();
    }
    let mut n = 0;
    for (k, block) in shape.chunks(BLOCK).enumerate() {
        let mut word = positive(block);
        while word != 0 {
            let t = k * BLOCK + word.trailing_zeros() as usize;
            places[n] = t as u32;
            packed[n] = shape[t];
            n += 1;
            word &= word - 1;
        }
    }
    n
}
