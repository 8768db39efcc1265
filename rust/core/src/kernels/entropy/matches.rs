//! Which steps of a series lie within a tolerance of one another: one row of bits per step.
//!
//! Sorted by value, the steps within `r` of one of them are an interval, so that each test is one subtraction
//! and one comparison of 16-bit keys, exact to the last bit of the float64 difference.

use super::known::{ordered, range_of};
use crate::lanes::dispatch;

/// Steps per word of a row.
pub(super) const WORD: usize = 64;
/// Key of a missing step and of the padding: in no interval of a known value.
const MISSING: u16 = u16::MAX;
/// Largest key of a known value.
const LARGEST: u16 = u16::MAX - 1;
/// Adding and subtracting 1.5 * 2^52 rounds numbers up to 2^51 to the nearest whole one.
const ROUND: f64 = 6_755_399_441_055_744.0;

/// Keys of the steps of one series, each with the interval of those it matches.
#[derive(Debug, Default)]
pub(super) struct Intervals {
    /// One key per step, padded to whole words.
    keys: Vec<u16>,
    /// For each step the smallest key that matches, and how many more there are.
    spans: Vec<(u16, u16)>,
    sorted: Vec<(i64, u32)>,
}

/// What a series of whole numbers within a short range is like, if it is one.
#[derive(Clone, Copy)]
struct Whole {
    least: f64,
    is_whole: bool,
}

dispatch! {
    fn look_for_whole<'a>(known: &'a [f64], found: &'a mut Whole) {
        const LANES: usize = 32;
        let (least, most) = range_of(known);
        let mut broken = [0_u64; LANES];
        let (chunks, rest) = known.as_chunks::<LANES>();
        for chunk in chunks {
            for k in 0..LANES {
                broken[k] |= u64::from((chunk[k] + ROUND) - ROUND != chunk[k]);
            }
        }
        let whole = broken.iter().all(|&b| b == 0) && rest.iter().all(|v| (v + ROUND) - ROUND == *v);
        // Beyond 2^51 the rounding above proves nothing.
        let small = least.abs().max(most.abs()) <= 2_251_799_813_685_248.0;
        *found = Whole { least, is_whole: whole && small && most - least <= f64::from(LARGEST) };
    }
}

dispatch! {
    fn key_whole<'a>(x: &'a [f64], least: f64, reach: u16, keys: &'a mut [u16], spans: &'a mut [(u16, u16)]) {
        let keys = &mut keys[..x.len()];
        let spans = &mut spans[..x.len()];
        for i in 0..x.len() {
            let key = ((x[i] - least) + ROUND).to_bits() as u16;
            keys[i] = if x[i].is_finite() { key } else { MISSING };
        }
        for i in 0..x.len() {
            let low = keys[i].saturating_sub(reach);
            let high = keys[i].saturating_add(reach).min(LARGEST);
            spans[i] = (low, high.wrapping_sub(low));
        }
    }
}

impl Intervals {
    /// Keys by which steps within `r` of one another are found; false where a series has too many values for
    /// 16 bits. `known` are the values of `x` that are.
    pub(super) fn fill(&mut self, x: &[f64], known: &[f64], r: f64) -> bool {
        let mut whole = Whole {
            least: 0.0,
            is_whole: false,
        };
        look_for_whole(known, &mut whole);
        if !whole.is_whole && known.len() > usize::from(LARGEST) {
            return false;
        }
        self.keys.clear();
        self.keys.resize(x.len().next_multiple_of(WORD), MISSING);
        self.spans.clear();
        self.spans.resize(x.len(), (MISSING, 0));
        if whole.is_whole {
            let reach = r.min(f64::from(LARGEST)) as u16;
            key_whole(x, whole.least, reach, &mut self.keys, &mut self.spans);
        } else {
            self.rank(x, r);
        }
        true
    }

    /// Ranks as keys; the interval of each is found by going up the sorted values once.
    fn rank(&mut self, x: &[f64], r: f64) {
        let Self {
            keys,
            spans,
            sorted,
        } = self;
        sorted.clear();
        sorted.extend(
            (0..)
                .zip(x)
                .filter(|(_, v)| v.is_finite())
                .map(|(i, v)| (ordered(v.to_bits() as i64), i)),
        );
        sorted.sort_unstable();
        let value = |rank: usize| f64::from_bits(ordered(sorted[rank].0) as u64);
        let (mut low, mut high) = (0, 0);
        for rank in 0..sorted.len() {
            let v = value(rank);
            while v - value(low) > r {
                low += 1;
            }
            while high + 1 < sorted.len() && value(high + 1) - v <= r {
                high += 1;
            }
            let step = sorted[rank].1 as usize;
            keys[step] = rank as u16;
            spans[step] = (low as u16, (high - low) as u16);
        }
    }
}

/// Rows of bits, one at a time.
pub(super) trait MatchRows {
    /// Bit `j` of `row` says whether step `j` matches step `i`; both known, or `i` is missing and the row of no
    /// meaning. One word per 64 steps.
    fn fill(&self, i: usize, row: &mut [u64]);
}

/// Compares 64 keys at once.
pub(super) trait Compare: Copy {
    /// Bit `k` says whether `keys[k]` is one of the `span + 1` keys from `low`.
    fn word(self, keys: &[u16; WORD], low: u16, span: u16) -> u64;
}

/// Rows by keys.
pub(super) struct KeyRows<'a, C> {
    pub(super) intervals: &'a Intervals,
    pub(super) compare: C,
}

impl<C: Compare> MatchRows for KeyRows<'_, C> {
    #[inline(always)]
    fn fill(&self, i: usize, row: &mut [u64]) {
        let (low, span) = self.intervals.spans[i];
        let (words, _) = self.intervals.keys.as_chunks::<WORD>();
        for (word, keys) in row.iter_mut().zip(words) {
            *word = self.compare.word(keys, low, span);
        }
    }
}

/// Rows by the values themselves, for series with more values than there are keys; a missing one is NaN.
pub(super) struct ValueRows<'a> {
    pub(super) values: &'a [f64],
    pub(super) r: f64,
}

impl MatchRows for ValueRows<'_> {
    #[inline(always)]
    fn fill(&self, i: usize, row: &mut [u64]) {
        let v = self.values[i];
        for (word, values) in row.iter_mut().zip(self.values.chunks(WORD)) {
            let mut bytes = [0_u8; WORD];
            for k in 0..values.len() {
                bytes[k] = u8::from((values[k] - v).abs() <= self.r);
            }
            *word = pack(&bytes);
        }
    }
}

/// One bit per byte, each of which is 0 or 1.
#[inline(always)]
fn pack(bytes: &[u8; WORD]) -> u64 {
    // Moves bit 8 k to bit 56 + k, for k from 0 to 7.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let (eights, _) = bytes.as_chunks::<8>();
    let mut word = 0;
    for k in 0..8 {
        word |= u64::from_le_bytes(eights[k]).wrapping_mul(GATHER) >> 56 << (8 * k);
    }
    word
}

/// Any machine.
#[derive(Clone, Copy)]
pub(super) struct Plain;

impl Compare for Plain {
    #[inline(always)]
    fn word(self, keys: &[u16; WORD], low: u16, span: u16) -> u64 {
        let mut bytes = [0_u8; WORD];
        for k in 0..WORD {
            bytes[k] = u8::from(keys[k].wrapping_sub(low) <= span);
        }
        pack(&bytes)
    }
}

#[cfg(target_arch = "x86_64")]
impl Compare for pulp::x86::V3 {
    #[inline(always)]
    fn word(self, keys: &[u16; WORD], low: u16, span: u16) -> u64 {
        let (low, span) = (self.splat_u16x16(low), self.splat_u16x16(span));
        let quarters: [pulp::u16x16; 4] = pulp::cast(*keys);
        let inside = |quarter| {
            let above = self.wrapping_sub_u16x16(quarter, low);
            // AVX2 compares signed numbers only; the smaller of two is the first if it is not above.
            let capped = self
                .avx2
                ._mm256_min_epu16(pulp::cast(above), pulp::cast(span));
            self.avx2._mm256_cmpeq_epi16(capped, pulp::cast(above))
        };
        let half = |a, b| {
            let bytes = self.avx2._mm256_packs_epi16(inside(a), inside(b));
            // It packs within 128 bits: middle quarters change places.
            let bytes = self.avx2._mm256_permute4x64_epi64::<0b11_01_10_00>(bytes);
            u64::from(self.avx2._mm256_movemask_epi8(bytes) as u32)
        };
        half(quarters[0], quarters[1]) | half(quarters[2], quarters[3]) << 32
    }
}

#[cfg(target_arch = "x86_64")]
impl Compare for pulp::x86::V4 {
    #[inline(always)]
    fn word(self, keys: &[u16; WORD], low: u16, span: u16) -> u64 {
        let (low, span) = (self.splat_u16x32(low), self.splat_u16x32(span));
        let halves: [pulp::u16x32; 2] = pulp::cast(*keys);
        let inside = |half| self.cmp_le_u16x32(self.wrapping_sub_u16x32(half, low), span);
        u64::from(inside(halves[0]).0) | u64::from(inside(halves[1]).0) << 32
    }
}
