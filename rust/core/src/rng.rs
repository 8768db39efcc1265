//! Random streams keyed by (seed, index, purpose), and draws whose bits do not depend on the machine.
//!
//! Every account has its own stream for every purpose, so neither order, neighbours nor threads
//! change an account, and a new purpose never shifts an old stream. The generator is
//! xoshiro256++ (Blackman & Vigna 2021, doi:10.1145/3460772), seeded through splitmix64. Logarithm,
//! exponential and trigonometry come from `libm`, not from the platform, so that the same seed gives
//! the same bytes everywhere.

/// One random stream.
#[derive(Debug, Clone)]
pub struct Stream {
    state: [u64; 4],
}

fn splitmix64(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Stream {
    /// The stream of `purpose` for item `index` under `seed`. `purpose` is any fixed number; each
    /// module keeps its own list of them.
    #[must_use]
    pub fn new(seed: u64, index: u64, purpose: u64) -> Self {
        // Each key passes through the mixer before the next is added, so that neighbouring keys
        // share no structure.
        let mut key = seed;
        let mut mixed = splitmix64(&mut key);
        key = mixed ^ index;
        mixed = splitmix64(&mut key);
        key = mixed ^ purpose.wrapping_mul(0xd134_2543_de82_ef95);
        let state = std::array::from_fn(|_| splitmix64(&mut key));
        Self { state }
    }

    /// 64 uniform bits.
    pub fn bits(&mut self) -> u64 {
        let s = &mut self.state;
        let result = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        result
    }

    /// Uniform on the open interval (0, 1), 53 bits; never 0, so its logarithm is finite.
    pub fn uniform(&mut self) -> f64 {
        ((self.bits() >> 11) as f64 + 0.5) * (1.0 / 9_007_199_254_740_992.0)
    }
}
