//! Windows that occur twice.

use crate::Error;
use crate::kernels::Kernel;

/// Odd multipliers of the hash: the golden ratio and one of `SplitMix64` (Steele, Lea & Flood 2014).
const MIX: u64 = 0x9e37_79b9_7f4a_7c15;
const BASE: u64 = 0xbf58_476d_1ce4_e5b9;

/// Exact repeats: among the windows of `length` steps, the share of those that occur again, value for value,
/// elsewhere in the series without overlap (at least `length` steps away).
///
/// Windows with a missing step and flat windows (all values equal) are not counted at all; a series that has
/// no other gives NaN.
///
/// Source: Yeh et al. (2016), *IEEE ICDM*: the pairs of distance 0 of the self-join.
#[derive(Debug, Clone, Copy)]
pub struct ExactRepeats {
    length: usize,
}

/// One content of a window and where it occurs.
#[derive(Debug)]
struct Content {
    hash: u64,
    first: usize,
    last: usize,
}

/// Memory of the kernel.
#[derive(Debug, Default)]
pub struct Work {
    mixed: Vec<u64>,
    /// Open addressing: number of the content, plus one; 0 is free.
    table: Vec<u32>,
    contents: Vec<Content>,
    /// Windows that count: their start and the number of their content.
    windows: Vec<(usize, usize)>,
}

impl ExactRepeats {
    /// Windows of one step would all be flat.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] if the length is below 2.
    pub fn new(length: usize) -> Result<Self, Error> {
        if length < 2 {
            return Err(Error::out_of_range("length", length, "at least 2 steps"));
        }
        Ok(Self { length })
    }
}

impl Kernel for ExactRepeats {
    type Workspace = Work;

    fn width(&self, _n_steps: usize) -> usize {
        1
    }

    fn measure(&self, x: &[f64], work: &mut Work, out: &mut [f64]) {
        let length = self.length;
        work.read(x, length);
        let repeated = |&&(start, content): &&(usize, usize)| {
            let Content { first, last, .. } = work.contents[content];
            start - first >= length || last - start >= length
        };
        let repeats = work.windows.iter().filter(repeated).count();
        // 0 / 0 where nothing counts.
        out[0] = repeats as f64 / work.windows.len() as f64;
    }
}

impl Work {
    /// Finds the content of every window that counts.
    fn read(&mut self, x: &[f64], length: usize) {
        self.contents.clear();
        self.windows.clear();
        let n_windows = (x.len() + 1).saturating_sub(length);
        if n_windows == 0 {
            return;
        }
        let size = (2 * n_windows).next_power_of_two();
        self.table.clear();
        self.table.resize(size, 0);
        self.mixed.clear();
        // Adding 0 makes -0 the same as 0.
        self.mixed.extend(x.iter().map(|v| {
            let bits = (v + 0.0).to_bits();
            (bits ^ (bits >> 32)).wrapping_mul(MIX)
        }));
        let mut leaving = 1_u64;
        for _ in 0..length {
            leaving = leaving.wrapping_mul(BASE);
        }
        let mut hash = 0_u64;
        // First steps behind the last missing one, and where the last run of equal values begins.
        let (mut known_from, mut equal_from) = (0, 0);
        for (end, &v) in x.iter().enumerate() {
            hash = hash.wrapping_mul(BASE).wrapping_add(self.mixed[end]);
            if end >= length {
                hash = hash.wrapping_sub(self.mixed[end - length].wrapping_mul(leaving));
            }
            if !v.is_finite() {
                known_from = end + 1;
            }
            if end > 0 && v != x[end - 1] {
                equal_from = end;
            }
            let Some(start) = (end + 1).checked_sub(length) else {
                continue;
            };
            if known_from <= start && equal_from > start {
                let content = self.find(x, start, length, hash, size);
                self.windows.push((start, content));
            }
        }
    }

    /// Number of the content of a window; equal hashes are compared value for value.
    fn find(&mut self, x: &[f64], start: usize, length: usize, hash: u64, size: usize) -> usize {
        let mut slot = (hash.wrapping_mul(MIX) >> 32) as usize & (size - 1);
        while self.table[slot] > 0 {
            let number = self.table[slot] as usize - 1;
            let content = &self.contents[number];
            if content.hash == hash && self.is_same(x, content.first, start, length) {
                self.contents[number].last = start;
                return number;
            }
            slot = (slot + 1) & (size - 1);
        }
        self.contents.push(Content {
            hash,
            first: start,
            last: start,
        });
        self.table[slot] = self.contents.len() as u32;
        self.contents.len() - 1
    }

    /// Whether two windows are equal; where the ones a step before them are known to be, one value decides.
    fn is_same(&self, x: &[f64], first: usize, start: usize, length: usize) -> bool {
        if let Some(&(before, content)) = self.windows.last()
            && before + 1 == start
            && self.contents[content].first + 1 == first
        {
            return x[first + length - 1] == x[start + length - 1];
        }
        x[first..first + length] == x[start..start + length]
    }
}
