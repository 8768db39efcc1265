//! Quantiles of all windows.
//!
//! Short windows are sorted many at a time by a network of comparisons, each lane its own window. A long
//! window is kept in order from step to step: replacing one value of a sorted list by another shifts what lies between them by one place. Each new
//! entry is a function of its neighbour and itself, so the whole list is rewritten in one pass of
//! vectors; for windows of some hundred steps that beats heaps and trees, whose every move is a
//! mispredicted branch.

use super::ranks::Ranks;

/// A type whose values keep their order and fill registers.
pub(super) trait Ordered: Copy + PartialOrd {
    /// Not above any value.
    const LEAST: Self;
    /// Not below any value.
    const MOST: Self;
    /// The nearest value.
    fn from_real(x: f64) -> Self;
    /// The same value as float64.
    fn to_real(self) -> f64;
}

impl Ordered for f64 {
    const LEAST: Self = Self::NEG_INFINITY;
    const MOST: Self = Self::INFINITY;

    #[inline(always)]
    fn from_real(x: f64) -> Self {
        x
    }

    #[inline(always)]
    fn to_real(self) -> f64 {
        self
    }
}

impl Ordered for f32 {
    const LEAST: Self = Self::NEG_INFINITY;
    const MOST: Self = Self::INFINITY;

    #[inline(always)]
    fn from_real(x: f64) -> Self {
        x as Self
    }

    #[inline(always)]
    fn to_real(self) -> f64 {
        f64::from(self)
    }
}

impl Ordered for i16 {
    const LEAST: Self = Self::MIN;
    const MOST: Self = Self::MAX;

    #[inline(always)]
    fn from_real(x: f64) -> Self {
        x as Self
    }

    #[inline(always)]
    fn to_real(self) -> f64 {
        f64::from(self)
    }
}

/// A series in type `T` and its sorted window, twice: a pass reads one and writes the other. In a block
/// the k-th row holds the k-th values of neighbouring windows.
#[derive(Debug, Default)]
pub(super) struct Sorted<T> {
    row: Vec<T>,
    front: Vec<T>,
    back: Vec<T>,
    block: Vec<[T; BLOCK]>,
    ranks: Ranks<T>,
}

/// Entries in a list are a multiple of this, so that no pass has a remainder: the widest register
/// holds as many of the narrowest type.
const LANES: usize = 32;

/// Windows that a network sorts at once: fills the registers, and a block of the longest such windows
/// stays in the nearest cache.
const BLOCK: usize = 64;

/// Longest window that a network sorts sooner than it is kept in order.
const NETWORK: usize = 24;

/// Bytes of a sorted list beyond which ranks are faster than rewriting it at every step: measured to break
/// even there for `i16` and `f64` alike.
const LONGEST_LIST: usize = 1536;

/// Where a quantile lies in a sorted window: between `low` and `high`, `share` of the way.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) low: usize,
    pub(super) high: usize,
    share: f64,
}

impl Place {
    #[inline(always)]
    fn new(window: usize, q: f64) -> Self {
        let place = q * (window - 1) as f64;
        // The place is below 2^53, and its floor is an index of the window.
        let low = (place.floor() as usize).min(window - 1);
        let share = place - low as f64;
        // A neighbour that has no share must not make an infinity of the difference.
        let high = if share > 0.0 {
            (low + 1).min(window - 1)
        } else {
            low
        };
        Self { low, high, share }
    }

    #[inline(always)]
    pub(super) fn between<T: Ordered>(self, low: T, high: T) -> f64 {
        let low = low.to_real();
        (high.to_real() - low).mul_add(self.share, low)
    }
}

impl<T: Ordered> Sorted<T> {
    /// Takes a series, if the type holds it exactly.
    #[inline(always)]
    pub(super) fn read(&mut self, x: &[f64]) -> bool {
        self.row.clear();
        self.row.extend(x.iter().map(|&v| T::from_real(v)));
        let mut same = true;
        for (v, &w) in self.row.iter().zip(x) {
            same &= v.to_real() == w;
        }
        same
    }

    /// Quantile of every window of the series taken last; `out[i]` belongs to the one that begins at `i`.
    #[inline(always)]
    pub(super) fn quantiles(&mut self, window: usize, q: f64, out: &mut [f64]) {
        let place = Place::new(window, q);
        if window <= NETWORK {
            self.sort_blocks(window, place, out);
        } else if window * size_of::<T>() > LONGEST_LIST {
            self.ranks.quantiles(&self.row, window, place, out);
        } else {
            self.keep_order(window, place, out);
        }
    }

    #[inline(always)]
    fn sort_blocks(&mut self, window: usize, place: Place, out: &mut [f64]) {
        self.block.resize(window, [T::MOST; BLOCK]);
        for (b, part) in out.chunks_mut(BLOCK).enumerate() {
            let n = part.len();
            for (k, lanes) in self.block.iter_mut().enumerate() {
                lanes[..n].copy_from_slice(&self.row[b * BLOCK + k..][..n]);
            }
            sort_lanes(&mut self.block);
            let (low, high) = (&self.block[place.low][..n], &self.block[place.high][..n]);
            for i in 0..n {
                part[i] = place.between(low[i], high[i]);
            }
        }
    }

    #[inline(always)]
    fn keep_order(&mut self, window: usize, place: Place, out: &mut [f64]) {
        let length = window.div_ceil(LANES) * LANES;
        // One sentinel before the list and one behind it: every entry has two neighbours. A list that
        // is not full yet is full of the largest value, which the first steps replace.
        for list in [&mut self.front, &mut self.back] {
            list.clear();
            list.resize(length + 2, T::MOST);
            list[0] = T::LEAST;
        }
        for (t, &new) in self.row.iter().enumerate() {
            let old = t.checked_sub(window).map_or(T::MOST, |gone| self.row[gone]);
            replace(&self.front, &mut self.back, old, new);
            std::mem::swap(&mut self.front, &mut self.back);
            if t + 1 >= window {
                let (low, high) = (self.front[place.low + 1], self.front[place.high + 1]);
                out[t + 1 - window] = place.between(low, high);
            }
        }
    }
}

/// Sorts each lane down the rows by Batcher's merge exchange.
///
/// Source: Knuth (1998), *The Art of Computer Programming*, volume 3, section 5.2.2, algorithm M.
#[inline(always)]
fn sort_lanes<T: Ordered>(rows: &mut [[T; BLOCK]]) {
    let top = rows.len().next_power_of_two() / 2;
    let mut p = top;
    while p > 0 {
        let (mut q, mut r, mut d) = (top, 0, p);
        loop {
            for i in (0..rows.len() - d).filter(|i| i & p == r) {
                let (before, after) = rows.split_at_mut(i + d);
                exchange(&mut before[i], &mut after[0]);
            }
            if q == p {
                break;
            }
            (d, q, r) = (q - p, q / 2, p);
        }
        p /= 2;
    }
}

/// Puts the smaller of each two into the first.
#[inline(always)]
fn exchange<T: Ordered>(a: &mut [T; BLOCK], b: &mut [T; BLOCK]) {
    for i in 0..BLOCK {
        let (x, y) = (a[i], b[i]);
        a[i] = if y < x { y } else { x };
        b[i] = if y < x { x } else { y };
    }
}

/// The sorted list `from` with one `old` replaced by `new`, written to `to`.
#[inline(always)]
fn replace<T: Ordered>(from: &[T], to: &mut [T], old: T, new: T) {
    let n = from.len().saturating_sub(2) / LANES * LANES;
    let (before, here, after) = (&from[..n], &from[1..=n], &from[2..n + 2]);
    let to = &mut to[1..=n];
    if new >= old {
        for i in 0..n {
            let shifted = if after[i] < new { after[i] } else { new };
            let moved = if here[i] < shifted { shifted } else { here[i] };
            to[i] = if here[i] < old { here[i] } else { moved };
        }
    } else {
        for i in 0..n {
            let shifted = if before[i] < new { new } else { before[i] };
            let moved = if here[i] < shifted { here[i] } else { shifted };
            to[i] = if old < here[i] { here[i] } else { moved };
        }
    }
}
