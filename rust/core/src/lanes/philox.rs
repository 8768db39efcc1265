//! Random bits by counter: Philox4x32 with 7 rounds.
//!
//! Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3"
//! (doi:10.1145/2063384.2063405); 7 rounds pass their whole battery of tests. A word depends on its
//! key and counter alone, so there is no state to seed and no order of drawing.

use crate::rng::mixed;

const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
const ROUNDS: u32 = 7;

/// The stream of one account.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    words: [u32; 2],
    index: u32,
}

impl Key {
    /// The stream of item `index` under `seed`; purposes are told apart when words are drawn.
    pub(crate) fn new(seed: u64, index: u64) -> Self {
        let key = mixed(seed, index, 0);
        // A third word from the index: 96 bits keep a billion accounts apart.
        let third = mixed(seed, index, 1);
        Self {
            words: [key as u32, (key >> 32) as u32],
            index: third as u32,
        }
    }

    /// Four words for each position from `first` on: word `k` of position `first + t` lands in
    /// `out[k][t]`. All four slices have the same length.
    #[inline(always)]
    pub(crate) fn words(self, purpose: u64, first: u32, out: [&mut [u32]; 4]) {
        let [a, b, c, d] = out;
        // Indexed, because zipped iterators of four outputs are not turned into vectors.
        let n = a.len().min(b.len()).min(c.len()).min(d.len());
        let (a, b, c, d) = (&mut a[..n], &mut b[..n], &mut c[..n], &mut d[..n]);
        let purpose = purpose as u32;
        for t in 0..n {
            let counter = [first.wrapping_add(t as u32), purpose, self.index, 0];
            let word = rounds(counter, self.words);
            a[t] = word[0];
            b[t] = word[1];
            c[t] = word[2];
            d[t] = word[3];
        }
    }
}

#[inline(always)]
fn rounds(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    let [mut a, mut b, mut c, mut d] = counter;
    let [mut k0, mut k1] = key;
    for _ in 0..ROUNDS {
        let p0 = u64::from(MULTIPLIERS[0]).wrapping_mul(u64::from(a));
        let p1 = u64::from(MULTIPLIERS[1]).wrapping_mul(u64::from(c));
        (a, c) = ((p1 >> 32) as u32 ^ b ^ k0, (p0 >> 32) as u32 ^ d ^ k1);
        (b, d) = (p1 as u32, p0 as u32);
        k0 = k0.wrapping_add(WEYL[0]);
        k1 = k1.wrapping_add(WEYL[1]);
    }
    [a, b, c, d]
}

/// Uniform on the open interval (0, 1) from the upper 24 bits; never 0, so its logarithm is finite.
#[inline(always)]
pub(crate) fn uniform(word: u32) -> f32 {
    // Signed, because that conversion is one instruction on every path.
    ((word >> 8) as i32 as f32 + 0.5) * (1.0 / 16_777_216.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_equal_the_published_vector_of_seven_rounds() {
        // Random123's known answers: philox4x32, 7 rounds, all zeros and all ones.
        assert_eq!(
            rounds([0; 4], [0; 2]),
            [0x5f6f_b709, 0x0d89_3f64, 0x4f12_1f81, 0x4f73_0a48]
        );
        assert_eq!(
            rounds([u32::MAX; 4], [u32::MAX; 2]),
            [0x5207_ddc2, 0x4516_5e59, 0x4d8e_e751, 0x8c52_f662]
        );
    }

    #[test]
    fn words_depend_on_key_purpose_and_position_alone() {
        let draw = |key: Key, purpose, first, n: usize| {
            let mut out = [(); 4].map(|()| vec![0; n]);
            let [a, b, c, d] = &mut out;
            key.words(purpose, first, [a, b, c, d]);
            out
        };
        let whole = draw(Key::new(3, 5), 7, 0, 40);
        let part = draw(Key::new(3, 5), 7, 30, 10);
        for k in 0..4 {
            assert_eq!(whole[k][30..], part[k]);
        }
        for (seed, index, purpose) in [(4, 5, 7), (3, 6, 7), (3, 5, 8), (5, 3, 7)] {
            assert_ne!(
                draw(Key::new(seed, index), purpose, 0, 4),
                draw(Key::new(3, 5), 7, 0, 4)
            );
        }
    }
}
