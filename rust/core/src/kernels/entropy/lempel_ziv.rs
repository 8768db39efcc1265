//! Number of new phrases in a series of highs and lows.

use crate::kernels::Kernel;
use crate::kernels::known::{known_values, ordered};
use crate::lanes::dispatch;

/// Steps that one window holds, one bit each.
const WINDOW: usize = 32;
const LANES: usize = 64;

/// Lempel-Ziv complexity (LZ76) of the known values, each as whether it lies above their median: the number of
/// phrases when each phrase is the shortest piece that does not start anywhere earlier. With `normalize`
/// divided by `n / log2 n`, so that long random series tend to 1. A flat series has two phrases. NaN below two
/// known values.
///
/// Source: Lempel & Ziv (1976), *IEEE Transactions on Information Theory* 22, 75-81.
#[derive(Debug, Clone, Copy)]
pub struct LempelZivComplexity {
    normalize: bool,
}

/// Memory of [`LempelZivComplexity`].
#[derive(Debug, Default)]
pub struct LempelZivWorkspace {
    known: Vec<f64>,
    keys: Vec<i64>,
    windows: Vec<u32>,
}

impl LempelZivComplexity {
    /// Number of phrases, or that number as a share of a random series'.
    #[must_use]
    pub fn new(normalize: bool) -> Self {
        Self { normalize }
    }
}

dispatch! {
    fn order_keys<'a>(known: &'a [f64], keys: &'a mut [i64]) {
        let keys = &mut keys[..known.len()];
        for i in 0..known.len() {
            // 0 is added so that -0 becomes 0.
            keys[i] = ordered((known[i] + 0.0).to_bits() as i64);
        }
    }
}

/// Median of at least one known value.
fn median(known: &[f64], keys: &mut Vec<i64>) -> f64 {
    let n = known.len();
    keys.resize(n, 0);
    order_keys(known, keys);
    let value = |key: i64| f64::from_bits(ordered(key) as u64);
    let (lower, &mut middle, _) = keys.select_nth_unstable(n / 2);
    if n.is_multiple_of(2) {
        let below = lower.iter().copied().max().unwrap_or(middle);
        f64::midpoint(value(below), value(middle))
    } else {
        value(middle)
    }
}

dispatch! {
    /// For each step, bit `k` says whether the value `k` steps later lies above `level`; 0 past the end.
    fn fill_windows<'a>(known: &'a [f64], level: f64, windows: &'a mut [u32]) {
        let n = known.len();
        let (bits, past) = windows.split_at_mut(n);
        past.fill(0);
        for i in 0..n {
            bits[i] = u32::from(known[i] > level);
        }
        let mut reach = 1;
        while reach < WINDOW {
            for i in 0..n {
                windows[i] |= windows[i + reach] << reach;
            }
            reach *= 2;
        }
    }
}

/// Bits below the lowest one in which two windows differ; all bits where they are equal.
#[inline(always)]
fn agreement(a: u32, b: u32) -> u32 {
    let differ = a ^ b;
    !differ & differ.wrapping_sub(1)
}

/// Steps over which the series from `earlier` repeats itself from `start`, up to the end.
fn repeat_length(windows: &[u32], n: usize, earlier: usize, start: usize) -> usize {
    let mut length = 0;
    while start + length < n {
        let same = agreement(windows[earlier + length], windows[start + length]);
        length += same.count_ones() as usize;
        if same != u32::MAX {
            break;
        }
    }
    length.min(n - start)
}

dispatch! {
    fn count_phrases<'a>(windows: &'a [u32], n: usize, phrases: &'a mut usize) {
        *phrases = 1;
        let mut start = 1;
        while start < n {
            let here = windows[start];
            let (chunks, rest) = windows[..start].as_chunks::<LANES>();
            let mut longest = [0_u32; LANES];
            for chunk in chunks {
                for k in 0..LANES {
                    longest[k] = longest[k].max(agreement(chunk[k], here));
                }
            }
            for (lane, &window) in longest.iter_mut().zip(rest) {
                *lane = (*lane).max(agreement(window, here));
            }
            let longest = longest.iter().fold(0, |a, &b| a.max(b));
            let length = if longest == u32::MAX {
                (0..start)
                    .filter(|&earlier| windows[earlier] == here)
                    .map(|earlier| repeat_length(windows, n, earlier, start))
                    .max()
                    .unwrap_or(WINDOW)
            } else {
                longest.count_ones() as usize
            };
            // The last phrase counts even where the series ends before it is new.
            *phrases += 1;
            start = start.saturating_add(length + 1);
        }
    }
}

impl Kernel for LempelZivComplexity {
    type Workspace = LempelZivWorkspace;

    fn width(&self, _n_steps: usize) -> usize {
        1
    }

    fn measure(&self, x: &[f64], workspace: &mut LempelZivWorkspace, out: &mut [f64]) {
        let known = known_values(x, &mut workspace.known);
        let n = known.len();
        out[0] = f64::NAN;
        if n < 2 {
            return;
        }
        let level = median(known, &mut workspace.keys);
        workspace.windows.resize(n + WINDOW, 0);
        fill_windows(known, level, &mut workspace.windows);
        let mut phrases = 0;
        count_phrases(&workspace.windows, n, &mut phrases);
        let phrases = phrases as f64;
        out[0] = if self.normalize {
            phrases * libm::log2(n as f64) / n as f64
        } else {
            phrases
        };
    }
}
