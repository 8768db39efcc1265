//! Elementary functions of one `f32`, without branches; accurate to about two units in the last
//! place. The coefficients of the logarithm and of the normal quantile are minimax fits made for
//! this file; those of exponential and sine are Taylor's.

/// Adding and subtracting 1.5 * 2^23 rounds to the nearest whole number.
const ROUND: f32 = 12_582_912.0;
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -2.121_944_4e-4;

/// `e^x`; arguments beyond ±87 are taken as ±87.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    let x = x.clamp(-87.0, 87.0);
    let shifted = x.mul_add(std::f32::consts::LOG2_E, ROUND);
    let whole = shifted - ROUND;
    let r = whole.mul_add(-LN_2_LOW, whole.mul_add(-LN_2_HIGH, x));
    let p = (1.0_f32 / 720.0)
        .mul_add(r, 1.0 / 120.0)
        .mul_add(r, 1.0 / 24.0)
        .mul_add(r, 1.0 / 6.0)
        .mul_add(r, 0.5)
        .mul_add(r, 1.0)
        .mul_add(r, 1.0);
    // The whole part sits in the low bits of `shifted`; as an exponent it multiplies by 2^whole.
    let scale = f32::from_bits(
        shifted
            .to_bits()
            .wrapping_sub(ROUND.to_bits())
            .wrapping_add(127)
            << 23,
    );
    p * scale
}

/// `ln(1 + f)` for `f` between sqrt(1/2) - 1 and sqrt(2) - 1.
#[inline(always)]
fn ln_near_one(f: f32) -> f32 {
    let p = (-0.078_595_005_f32)
        .mul_add(f, 0.128_816_07)
        .mul_add(f, -0.131_287_77)
        .mul_add(f, 0.141_811_98)
        .mul_add(f, -0.166_245_52)
        .mul_add(f, 0.200_022_86)
        .mul_add(f, -0.250_008_1)
        .mul_add(f, 0.333_333_16);
    let square = f * f;
    (square * f).mul_add(p, square.mul_add(-0.5, f))
}

/// Mantissa less 1, and exponent, such that `x = (1 + f) 2^e` with `1 + f` nearest to 1.
#[inline(always)]
fn split(x: f32) -> (f32, f32) {
    const HALF_ROOT: u32 = 0x3f35_04f3;
    let bits = x.to_bits();
    let exponent = (bits.wrapping_sub(HALF_ROOT) as i32) >> 23;
    let mantissa = f32::from_bits(bits.wrapping_sub((exponent << 23) as u32));
    (mantissa - 1.0, exponent as f32)
}

/// Natural logarithm of a positive, normal number.
#[inline(always)]
pub(crate) fn ln(x: f32) -> f32 {
    let (f, e) = split(x);
    e.mul_add(LN_2_HIGH, e.mul_add(LN_2_LOW, ln_near_one(f)))
}

/// `ln(1 - p)` for `p` from 0 to 1/2, exact for small `p`, too.
#[inline(always)]
pub(crate) fn ln_one_minus(p: f32) -> f32 {
    let (f, e) = split(1.0 - p);
    let near = p < 0.25;
    let f = if near { -p } else { f };
    let e = if near { 0.0 } else { e };
    e.mul_add(LN_2_HIGH, e.mul_add(LN_2_LOW, ln_near_one(f)))
}

/// Sine and cosine of `turns` full turns, for up to ±2^21 turns.
#[inline(always)]
pub(crate) fn sin_cos_turn(turns: f32) -> (f32, f32) {
    let shifted = turns.mul_add(4.0, ROUND);
    let quarter = shifted.to_bits();
    let y = std::f32::consts::TAU * (shifted - ROUND).mul_add(-0.25, turns);
    let z = y * y;
    let sin = y
        * (1.0_f32 / 362_880.0)
            .mul_add(z, -1.0 / 5040.0)
            .mul_add(z, 1.0 / 120.0)
            .mul_add(z, -1.0 / 6.0)
            .mul_add(z, 1.0);
    let cos = (1.0_f32 / 40_320.0)
        .mul_add(z, -1.0 / 720.0)
        .mul_add(z, 1.0 / 24.0)
        .mul_add(z, -0.5)
        .mul_add(z, 1.0);
    let odd = quarter & 1 == 1;
    let (sin, cos) = (if odd { cos } else { sin }, if odd { sin } else { cos });
    // Sine is negative in quarters 2 and 3, cosine in 1 and 2.
    let sin_sign = (quarter & 2) << 30;
    let cos_sign = (quarter.wrapping_add(1) & 2) << 30;
    (
        f32::from_bits(sin.to_bits() ^ sin_sign),
        f32::from_bits(cos.to_bits() ^ cos_sign),
    )
}

/// Sine of `turns` full turns.
#[inline(always)]
pub(crate) fn sin_turn(turns: f32) -> f32 {
    sin_cos_turn(turns).0
}

/// Words nearer to an end than this lie in a tail of the normal quantile: the standard normal deviate
/// whose distribution function is about `word / 2^32`. The lower 31 bits set the size, the top bit the
/// sign, so both tails are resolved alike, to 6.2 standard deviations.
const TAIL_WORDS: u32 = 7_247_044;

/// Distance of a word to the nearer end of its range: above half it counts down.
#[inline(always)]
fn folded(word: u32) -> u32 {
    word ^ ((word as i32) >> 31) as u32
}

/// Whether [`tail_quantile`] holds for a word, not [`central_quantile`].
#[inline(always)]
pub(super) fn in_tail(word: u32) -> bool {
    folded(word) < TAIL_WORDS
}

/// `1 - 2p` and `-ln(4p(1 - p))` of the chance `p` nearer to its end.
#[inline(always)]
fn from_the_end(word: u32) -> (f32, f32) {
    let p = (folded(word) as i32 as f32 + 0.5) * (1.0 / 4_294_967_296.0);
    (p.mul_add(-2.0, 1.0), -ln((p * 4.0) * (1.0 - p)))
}

/// Words from 0 up lie in the lower tail.
#[inline(always)]
fn signed(size: f32, word: u32) -> f32 {
    f32::from_bits(size.to_bits() ^ (!word & 0x8000_0000))
}

/// Normal quantile of the 99.66 % of the words that are not in a tail.
#[inline(always)]
pub(super) fn central_quantile(word: u32) -> f32 {
    let (x, w) = from_the_end(word);
    let ratio = 4.035_401_7e-8_f32
        .mul_add(w, -3.209_772_2e-7)
        .mul_add(w, -6.435_409e-6)
        .mul_add(w, 9.713_165e-5)
        .mul_add(w, -2.364_844_4e-4)
        .mul_add(w, -3.249_678_5e-3)
        .mul_add(w, 0.016_308_91)
        .mul_add(w, 0.328_121_1)
        .mul_add(w, 1.253_314);
    signed(x * ratio, word)
}

/// Normal quantile of the words in a tail.
#[inline(always)]
pub(super) fn tail_quantile(word: u32) -> f32 {
    let (x, w) = from_the_end(word);
    let s = w.max(0.0).sqrt();
    let ratio = (-2.395_809e-4_f32)
        .mul_add(s, 6.668_142_5e-3)
        .mul_add(s, -0.079_495_4)
        .mul_add(s, 0.526_831_3)
        .mul_add(s, -2.099_909_8)
        .mul_add(s, 5.048_182_5)
        .mul_add(s, -5.376_650_3)
        .mul_add(s, 3.707_240_6);
    signed(x * ratio, word)
}
