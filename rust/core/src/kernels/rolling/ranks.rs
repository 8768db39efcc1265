//! Quantiles of long windows from ranks: what a step costs does not grow with the window.
//!
//! A stretch of the series is sorted once, so each step has a rank of its own; a window is then a set of
//! ranks, one bit each, and its quantile a bit that moves to a neighbour when a step comes or goes.

use std::cmp::Ordering;

use super::order::{Ordered, Place};

/// Memory for the ranks of a stretch and the set of those in the window.
#[derive(Debug, Default)]
pub(super) struct Ranks<T> {
    sorted: Vec<(T, usize)>,
    rank: Vec<usize>,
    set: Vec<u64>,
}

/// A stretch is this many windows long: longer ones leave bits so sparse that neighbours are far away,
/// shorter ones sort each step more often.
const STRETCH: usize = 4;

impl<T: Ordered> Ranks<T> {
    /// Quantile of every window of `row`.
    pub(super) fn quantiles(&mut self, row: &[T], window: usize, place: Place, out: &mut [f64]) {
        let fresh = (STRETCH - 1) * window;
        for (s, part) in out.chunks_mut(fresh).enumerate() {
            let begin = s * fresh;
            self.stretch(
                &row[begin..begin + part.len() + window - 1],
                window,
                place,
                part,
            );
        }
    }

    fn stretch(&mut self, row: &[T], window: usize, place: Place, out: &mut [f64]) {
        self.sorted.clear();
        self.sorted.extend(row.iter().copied().zip(0..));
        // Equal values may stand in any order: only ranks have to differ.
        self.sorted
            .sort_unstable_by(|a, b| a.0.partial_cmp(&b.0).unwrap_or(Ordering::Equal));
        self.rank.clear();
        self.rank.resize(row.len(), 0);
        for (rank, (_, t)) in self.sorted.iter().enumerate() {
            self.rank[*t] = rank;
        }
        self.set.clear();
        self.set.resize(row.len().div_ceil(64), 0);
        for &rank in &self.rank[..window] {
            self.set[rank / 64] |= 1 << (rank % 64);
        }
        let mut low = self.nth(place.low);
        for i in 0..out.len() {
            let high = if place.high > place.low {
                self.after(low)
            } else {
                low
            };
            out[i] = place.between(self.sorted[low].0, self.sorted[high].0);
            let Some(&new) = self.rank.get(i + window) else {
                return;
            };
            let old = self.rank[i];
            self.set[new / 64] |= 1 << (new % 64);
            self.set[old / 64] &= !(1 << (old % 64));
            // As many ranks as before must lie below.
            if new < low && old >= low {
                low = self.before(low);
            } else if new > low && old <= low {
                low = self.after(low);
            }
        }
    }

    /// The rank in the set that has `n` below it.
    fn nth(&self, n: usize) -> usize {
        let mut left = n;
        for (k, &word) in self.set.iter().enumerate() {
            let ones = word.count_ones() as usize;
            if left < ones {
                let rest = (0..left).fold(word, |word, _| word & (word - 1));
                return 64 * k + rest.trailing_zeros() as usize;
            }
            left -= ones;
        }
        0
    }

    /// The next rank of the set; the same where there is none.
    #[inline]
    fn after(&self, rank: usize) -> usize {
        let mut k = rank / 64;
        let mut word = self.set[k] & (!1 << (rank % 64));
        while word == 0 {
            k += 1;
            let Some(&next) = self.set.get(k) else {
                return rank;
            };
            word = next;
        }
        64 * k + word.trailing_zeros() as usize
    }

    /// The rank of the set before this one; the same where there is none.
    #[inline]
    fn before(&self, rank: usize) -> usize {
        let mut k = rank / 64;
        let mut word = self.set[k] & !(!0 << (rank % 64));
        while word == 0 {
            let Some(previous) = k.checked_sub(1) else {
                return rank;
            };
            k = previous;
            word = self.set[k];
        }
        64 * k + 63 - word.leading_zeros() as usize
    }
}
