//! Which steps of a series lie within a tolerance of one another: one row of bits per step.
//!
//! Steps are compared by 16-bit keys, 32 at once in the widest registers. The keys of a series of counts are
//! exact. Others are rounded, and the few pairs of steps that a key leaves in doubt are compared themselves.

use crate::kernels::known::range_of;
use crate::lanes::dispatch;

/// Steps per word of a row.
pub(super) const WORD: usize = 64;
/// Keys that any series is padded to, so that short ones can be read in rows of a fixed number of words.
const LEAST: usize = 6 * WORD;
/// Key of a missing step and of the padding: it matches no known value.
const MISSING: u16 = u16::MAX;
/// Largest key of a known value.
const LARGEST: u16 = u16::MAX - 1;
/// Adding and subtracting 1.5 * 2^52 rounds numbers up to 2^51 to the nearest whole one.
const ROUND: f64 = 6_755_399_441_055_744.0;

/// Keys of the steps of one series, and how far those of matching steps lie apart.
#[derive(Debug, Default)]
pub(super) struct Keys {
    /// One key per step, padded to whole words.
    of_steps: Vec<u16>,
    /// Steps match if their keys differ by less than this.
    sure: u16,
    /// Steps do not match unless their keys differ by less than this.
    possible: u16,
}

/// How values become keys: `(value - least) * factor`, rounded.
#[derive(Clone, Copy)]
struct Scale {
    least: f64,
    factor: f64,
    is_exact: bool,
}

dispatch! {
    fn find_scale<'a>(known: &'a [f64], found: &'a mut Scale) {
        const LANES: usize = 32;
        let (least, most) = range_of(known);
        let mut broken = [0.0_f64; LANES];
        let (chunks, rest) = known.as_chunks::<LANES>();
        for chunk in chunks {
            for k in 0..LANES {
                broken[k] += (((chunk[k] + ROUND) - ROUND) - chunk[k]).abs();
            }
        }
        let whole = broken.iter().all(|&b| b == 0.0) && rest.iter().all(|v| (v + ROUND) - ROUND == *v);
        // Beyond 2^51 the rounding above proves nothing.
        let small = least.abs().max(most.abs()) <= 2_251_799_813_685_248.0;
        let is_exact = whole && small && most - least <= f64::from(LARGEST);
        let factor = if is_exact { 1.0 } else { f64::from(LARGEST) / (most - least) };
        *found = Scale { least, factor, is_exact };
    }
}

dispatch! {
    fn round_to_keys<'a>(x: &'a [f64], scale: Scale, keys: &'a mut [u16]) {
        let keys = &mut keys[..x.len()];
        for i in 0..x.len() {
            let key = ((x[i] - scale.least) * scale.factor + ROUND).to_bits() as u16;
            keys[i] = if x[i].is_finite() { key } else { MISSING };
        }
    }
}

impl Keys {
    /// Keys by which steps within `r` of one another are found. `known` are the values of `x` that are.
    pub(super) fn fill(&mut self, x: &[f64], known: &[f64], r: f64) {
        // Two roundings to a whole key, and the far smaller ones of the arithmetic.
        const DOUBT: f64 = 1.01;
        let mut scale = Scale {
            least: 0.0,
            factor: 0.0,
            is_exact: false,
        };
        find_scale(known, &mut scale);
        let most = f64::from(LARGEST);
        (self.sure, self.possible) = if scale.is_exact {
            let below = r.floor().min(most) as u16 + 1;
            (below, below)
        } else if scale.factor.is_normal() {
            let apart = r * scale.factor;
            let sure = (apart - DOUBT).floor() + 1.0;
            let possible = (apart + DOUBT).floor() + 1.0;
            (
                sure.clamp(0.0, most + 1.0) as u16,
                possible.min(most + 1.0) as u16,
            )
        } else {
            // A range beyond float64, or too small for it: one key for all, each pair in doubt.
            scale.factor = 0.0;
            (0, 1)
        };
        self.of_steps.clear();
        let padded = x.len().next_multiple_of(WORD).max(LEAST);
        self.of_steps.resize(padded, MISSING);
        round_to_keys(x, scale, &mut self.of_steps);
    }
}

/// Compares 64 keys at once.
pub(super) trait Compare: Copy {
    /// Bit `k` says whether `keys[k]` is one of the `span + 1` keys from `low`.
    fn word(self, keys: &[u16; WORD], low: u16, span: u16) -> u64;
}

/// First of the keys that differ from `key` by less than `reach`, and how many more there are.
#[inline(always)]
fn interval(key: u16, reach: u16) -> (u16, u16) {
    let low = key.saturating_sub(reach.saturating_sub(1));
    let high = key.saturating_add(reach.saturating_sub(1)).min(LARGEST);
    (low, high.wrapping_sub(low))
}

/// The steps of one series, ready to be compared.
#[derive(Clone, Copy)]
pub(super) struct Steps<'a> {
    pub(super) values: &'a [f64],
    pub(super) r: f64,
    pub(super) keys: &'a Keys,
}

impl Steps<'_> {
    /// Bit `j` of `row` says whether steps `i` and `j` match; none where `i` is missing.
    #[inline(always)]
    pub(super) fn fill<C: Compare>(self, compare: C, i: usize, row: &mut [u64]) {
        let Keys {
            of_steps: keys,
            sure,
            possible,
        } = self.keys;
        let key = keys[i];
        if key == MISSING {
            row.fill(0);
            return;
        }
        let (words, _) = keys.as_chunks::<WORD>();
        let words = &words[..row.len()];
        let (low, span) = interval(key, *sure);
        if sure == possible {
            for w in 0..words.len() {
                row[w] = compare.word(&words[w], low, span);
            }
            return;
        }
        let some = if *sure > 0 { u64::MAX } else { 0 };
        let (first, more) = interval(key, *possible);
        let mut doubt = 0;
        for w in 0..words.len() {
            row[w] = compare.word(&words[w], low, span) & some;
            doubt |= row[w] ^ compare.word(&words[w], first, more);
        }
        if doubt != 0 {
            for w in 0..words.len() {
                let doubt = row[w] ^ compare.word(&words[w], first, more);
                if doubt != 0 {
                    row[w] |= self.settle(i, w, doubt);
                }
            }
        }
    }

    /// The steps among those in doubt that match step `i`.
    #[cold]
    fn settle(self, i: usize, w: usize, mut doubt: u64) -> u64 {
        let mut found = 0;
        while doubt != 0 {
            let bit = doubt.trailing_zeros() as usize;
            doubt &= doubt - 1;
            let near = (self.values[WORD * w + bit] - self.values[i]).abs() <= self.r;
            found |= u64::from(near) << bit;
        }
        found
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
        word |= (u64::from_le_bytes(eights[k]).wrapping_mul(GATHER) >> 56) << (8 * k);
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

// No closures below: one that is not inlined would leave the instruction set of its caller.

#[cfg(target_arch = "x86_64")]
impl Compare for pulp::x86::V3 {
    #[inline(always)]
    fn word(self, keys: &[u16; WORD], low: u16, span: u16) -> u64 {
        let low = self.splat_u16x16(low);
        let span = pulp::cast(self.splat_u16x16(span));
        let quarters: [pulp::u16x16; 4] = pulp::cast(*keys);
        let mut word = 0;
        for half in 0..2 {
            let a = pulp::cast(self.wrapping_sub_u16x16(quarters[2 * half], low));
            let b = pulp::cast(self.wrapping_sub_u16x16(quarters[2 * half + 1], low));
            // AVX2 compares signed numbers only; the smaller of two is the first if that is not above.
            let a = self
                .avx2
                ._mm256_cmpeq_epi16(self.avx2._mm256_min_epu16(a, span), a);
            let b = self
                .avx2
                ._mm256_cmpeq_epi16(self.avx2._mm256_min_epu16(b, span), b);
            let bytes = self.avx2._mm256_packs_epi16(a, b);
            // It packs within 128 bits: the middle quarters change places.
            let bytes = self.avx2._mm256_permute4x64_epi64::<0b11_01_10_00>(bytes);
            word |= u64::from(self.avx2._mm256_movemask_epi8(bytes) as u32) << (32 * half);
        }
        word
    }
}

#[cfg(target_arch = "x86_64")]
impl Compare for pulp::x86::V4 {
    #[inline(always)]
    fn word(self, keys: &[u16; WORD], low: u16, span: u16) -> u64 {
        let low = self.splat_u16x32(low);
        let span = self.splat_u16x32(span);
        let halves: [pulp::u16x32; 2] = pulp::cast(*keys);
        let a = self.cmp_le_u16x32(self.wrapping_sub_u16x32(halves[0], low), span);
        let b = self.cmp_le_u16x32(self.wrapping_sub_u16x32(halves[1], low), span);
        u64::from(a.0) | u64::from(b.0) << 32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::known::known_values;

    /// Words of one row, on every instruction set of this machine.
    fn rows(steps: Steps<'_>, i: usize) -> Vec<Vec<u64>> {
        let filled = |fill: &dyn Fn(&mut [u64])| {
            let mut row = vec![0; steps.values.len().div_ceil(WORD)];
            fill(&mut row);
            row
        };
        let mut all = vec![filled(&|row| steps.fill(Plain, i, row))];
        #[cfg(target_arch = "x86_64")]
        {
            if let Some(simd) = pulp::x86::V3::try_new() {
                all.push(filled(&|row| steps.fill(simd, i, row)));
            }
            if let Some(simd) = pulp::x86::V4::try_new() {
                all.push(filled(&|row| steps.fill(simd, i, row)));
            }
        }
        all
    }

    /// Compares each bit with the values themselves.
    fn assert_exact(x: &[f64], r: f64) {
        let mut keys = Keys::default();
        keys.fill(x, known_values(x, &mut Vec::new()), r);
        let steps = Steps {
            values: x,
            r,
            keys: &keys,
        };
        for i in 0..x.len() {
            for row in rows(steps, i) {
                for j in 0..row.len() * WORD {
                    let near = j < x.len()
                        && x[i].is_finite()
                        && x[j].is_finite()
                        && (x[i] - x[j]).abs() <= r;
                    let bit = row[j / WORD] >> (j % WORD) & 1;
                    assert_eq!(bit == 1, near, "steps {i} and {j} of {x:?} within {r}");
                }
            }
        }
    }

    #[test]
    fn bits_are_those_of_the_values_themselves() {
        let wave = |t: usize| (t as f64 * 0.7).sin() * (t as f64 * 0.31).cos();
        let gap = |t: usize, v: f64| if t % 7 == 3 { f64::NAN } else { v };
        for n in [1, 2, 63, 64, 65, 150] {
            for r in [0.0, 0.1, 0.5, 3.0, 1e9, f64::INFINITY] {
                assert_exact(&(0..n).map(wave).collect::<Vec<_>>(), r);
                assert_exact(&(0..n).map(|t| gap(t, wave(t))).collect::<Vec<_>>(), r);
                assert_exact(
                    &(0..n).map(|t| (9.0 * wave(t)).round()).collect::<Vec<_>>(),
                    r,
                );
                assert_exact(
                    &(0..n)
                        .map(|t| gap(t, (9e4 * wave(t)).round()))
                        .collect::<Vec<_>>(),
                    r,
                );
            }
        }
    }

    #[test]
    fn pairs_that_keys_leave_in_doubt_are_settled() {
        let pick = |values: &[f64]| {
            (0..90)
                .map(|t| values[t * t % values.len()])
                .collect::<Vec<_>>()
        };
        // Differences of exactly the tolerance and one unit in the last place beside it.
        let near: Vec<f64> = vec![
            0.1,
            0.3,
            0.2,
            0.2_f64.next_up(),
            0.4,
            0.4_f64.next_down(),
            7.3,
        ];
        for r in [0.1, 0.1_f64.next_up(), 0.2, 0.2_f64.next_down(), 0.0, 1e-5] {
            assert_exact(&pick(&near), r);
        }
        // Ranges beyond float64, too small for a scale, and next to whole numbers that are not exact.
        assert_exact(&pick(&[-1e308, 1e308, 0.5, 3.0]), 1e308);
        assert_exact(&pick(&[0.0, 5e-324, 1e-323]), 5e-324);
        assert_exact(&pick(&[0.0, 1e-300, 3e-300]), 1e-300);
        assert_exact(&pick(&[9e15, 9e15 + 2.0, 9e15 + 7.0]), 2.0);
        assert_exact(&pick(&[0.5, 1.0, 65_534.0, 65_535.0]), 1.0);
        assert_exact(&pick(&[0.0, 1.0, 65_534.0, 65_533.0]), 1.0);
    }
}
