//! Logarithms to base 2: of counts from a table, of real numbers on whole registers; entropy of counts.

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
///
/// The mantissa `m` nearest to 1 has `ln m = 2 atanh(s)` with `s = (m - 1) / (m + 1)`, |s| < 0.172; eleven
/// terms of its series leave 2e-18.
#[inline(always)]
pub(super) fn surprise(p: f64) -> f64 {
    const HALF_ROOT: u64 = 0x3fe6_a09e_667f_3bcd;
    // As bits 2^52 + e: the whole number `e` without a conversion, which AVX2 lacks for 64 bits.
    const TWO_52: f64 = 4_503_599_627_370_496.0;
    const OFFSET: u64 = 2048;
    let shifted = p
        .to_bits()
        .wrapping_sub(HALF_ROOT)
        .wrapping_add(OFFSET << 52)
        >> 52;
    // 12 bits, modulo 4096: exponents from -1022 to 1 lie around the offset.
    let exponent = f64::from_bits(TWO_52.to_bits() | shifted) - (TWO_52 + OFFSET as f64);
    let mantissa = f64::from_bits(p.to_bits().wrapping_sub(shifted.wrapping_sub(OFFSET) << 52));
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let z = s * s;
    let series = (1.0_f64 / 21.0)
        .mul_add(z, 1.0 / 19.0)
        .mul_add(z, 1.0 / 17.0)
        .mul_add(z, 1.0 / 15.0)
        .mul_add(z, 1.0 / 13.0)
        .mul_add(z, 1.0 / 11.0)
        .mul_add(z, 1.0 / 9.0)
        .mul_add(z, 1.0 / 7.0)
        .mul_add(z, 1.0 / 5.0)
        .mul_add(z, 1.0 / 3.0)
        .mul_add(z, 1.0);
    let log2 = (2.0 * s * series).mul_add(std::f64::consts::LOG2_E, exponent);
    if p < f64::MIN_POSITIVE {
        0.0
    } else {
        -p * log2
    }
}
