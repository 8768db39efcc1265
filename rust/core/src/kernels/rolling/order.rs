//! Quantiles of all windows from a window kept in order.
//!
//! Replacing one value of a sorted list by another shifts what lies between them by one place. Each new
//! entry is a function of its neighbour and itself, so the whole list is rewritten in one pass of
//! vectors; for windows of some hundred steps that beats heaps and trees, whose every move is a
//! mispredicted branch.

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

/// A series in type `T` and its sorted window, twice: a pass reads one and writes the other.
#[derive(Debug, Default)]
pub(super) struct Sorted<T> {
    row: Vec<T>,
    front: Vec<T>,
    back: Vec<T>,
}

/// Entries in a list are a multiple of this, so that no pass has a remainder: the widest register
/// holds as many of the narrowest type.
const LANES: usize = 32;

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
                let (a, b) = (
                    self.front[low + 1].to_real(),
                    self.front[high + 1].to_real(),
                );
                out[t + 1 - window] = (b - a).mul_add(share, a);
            }
        }
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
