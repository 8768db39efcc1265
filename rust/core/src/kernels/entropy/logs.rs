//! Logarithms to base 2: of counts from a table, of real numbers on whole registers; entropy of counts.

use crate::lanes::log2_f64;

/// `log2` of 0 (taken as 0), 1, 2, ..., kept from row to row.
#[derive(Debug, Default)]
pub(super) struct LogTable(Vec<f64>);

impl LogTable {
    /// The table up to `largest`.
    pub(super) fn up_to(&mut self, largest: usize) -> &[f64] {
        for k in self.0.len()..=largest {
            self.0.push(if k == 0 { 0.0 } else { libm::log2(k as f64) });
        }
        &self.0
    }
}

/// How often each of `n_kinds` small numbers occurs.
#[derive(Debug, Default)]
pub(super) struct Histogram(Vec<u32>);

/// Histograms filled in turn: adding to a slot waits for the last addition to it, and neighbouring steps
/// often fall into one slot.
const TURNS: usize = 4;

impl Histogram {
    /// Counts of 0, 1, ..., `n_kinds - 1`; every code is one of them.
    pub(super) fn count(&mut self, codes: &[u16], n_kinds: usize) -> &[u32] {
        self.0.clear();
        self.0.resize(TURNS * n_kinds, 0);
        let (a, rest) = self.0.split_at_mut(n_kinds);
        let (b, rest) = rest.split_at_mut(n_kinds);
        let (c, d) = rest.split_at_mut(n_kinds);
        let (fours, last) = codes.as_chunks::<TURNS>();
        for four in fours {
            a[usize::from(four[0])] += 1;
            b[usize::from(four[1])] += 1;
            c[usize::from(four[2])] += 1;
            d[usize::from(four[3])] += 1;
        }
        for &code in last {
            a[usize::from(code)] += 1;
        }
        for k in 0..n_kinds {
            a[k] = a[k]
                .wrapping_add(b[k])
                .wrapping_add(c[k].wrapping_add(d[k]));
        }
        a
    }
}

/// Entropy in bits of the shares `count / total`: `sum(count (log2 total - log2 count)) / total`, which has
/// no cancellation and is exactly 0 for a single kind. `log2` reaches to `total`.
pub(super) fn entropy_of_counts(
    counts: impl IntoIterator<Item = u32>,
    total: usize,
    log2: &[f64],
) -> f64 {
    let whole = log2[total];
    let bits: f64 = counts
        .into_iter()
        .map(|count| f64::from(count) * (whole - log2[count as usize]))
        .sum();
    bits / total as f64
}

/// `-p log2 p` for `p` from 0 to 1; 0 below the smallest normal number, where it is less than 1e-300.
#[inline(always)]
pub(super) fn surprise(p: f64) -> f64 {
    let log2 = log2_f64(p);
    if p < f64::MIN_POSITIVE {
        0.0
    } else {
        -p * log2
    }
}
