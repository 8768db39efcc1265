//! Logarithm and exponential of one `f64`, without branches, by arithmetic that every instruction set has in
//! vectors.

/// Logarithm to base 2 of a positive, normal number, to two units in the last place; exact for powers of two.
///
/// The mantissa `m` nearest to 1 has `ln m = 2 atanh(s)` with `s = (m - 1) / (m + 1)`, |s| < 0.172; eleven
/// terms of its series leave 2e-18.
#[inline(always)]
pub(crate) fn log2_f64(x: f64) -> f64 {
    const HALF_ROOT: u64 = 0x3fe6_a09e_667f_3bcd;
    // As bits 2^52 + e: the whole number `e` without a conversion, which AVX2 lacks for 64 bits.
    const TWO_52: f64 = 4_503_599_627_370_496.0;
    const OFFSET: u64 = 2048;
    let shifted = x
        .to_bits()
        .wrapping_sub(HALF_ROOT)
        .wrapping_add(OFFSET << 52)
        >> 52;
    // 12 bits, modulo 4096: exponents from -1022 to 1023 lie around the offset.
    let exponent = f64::from_bits(TWO_52.to_bits() | shifted) - (TWO_52 + OFFSET as f64);
    let mantissa = f64::from_bits(x.to_bits().wrapping_sub(shifted.wrapping_sub(OFFSET) << 52));
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
    (2.0 * s * series).mul_add(std::f64::consts::LOG2_E, exponent)
}

/// `e^x` to three units in the last place; arguments beyond ±700 are taken as ±700.
///
/// `x = k ln 2 + r` with |r| < 0.347; thirteen terms of the series in `r` leave 2e-17.
#[inline(always)]
pub(crate) fn exp_f64(x: f64) -> f64 {
    // Added and taken off again, it rounds to a whole number; that stands in the low bits meanwhile.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    const LN_2_HIGH: f64 = 0.693_147_180_369_123_8;
    const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    let x = x.clamp(-700.0, 700.0);
    let shifted = x.mul_add(std::f64::consts::LOG2_E, ROUND);
    let whole = shifted - ROUND;
    let r = whole.mul_add(-LN_2_LOW, whole.mul_add(-LN_2_HIGH, x));
    let series = (1.0_f64 / 479_001_600.0)
        .mul_add(r, 1.0 / 39_916_800.0)
        .mul_add(r, 1.0 / 3_628_800.0)
        .mul_add(r, 1.0 / 362_880.0)
        .mul_add(r, 1.0 / 40_320.0)
        .mul_add(r, 1.0 / 5_040.0)
        .mul_add(r, 1.0 / 720.0)
        .mul_add(r, 1.0 / 120.0)
        .mul_add(r, 1.0 / 24.0)
        .mul_add(r, 1.0 / 6.0)
        .mul_add(r, 0.5)
        .mul_add(r, 1.0)
        .mul_add(r, 1.0);
    let exponent = shifted.to_bits().wrapping_sub(ROUND.to_bits());
    series * f64::from_bits(exponent.wrapping_add(1023) << 52)
}

#[cfg(test)]
mod tests {
    use super::{exp_f64, log2_f64};

    #[test]
    fn exponential_equals_the_library_over_the_whole_range() {
        for k in -70_000..=70_000 {
            let x = f64::from(k) * 0.01;
            let want = libm::exp(x);
            assert!((exp_f64(x) - want).abs() <= 7e-16 * want, "{x}");
        }
        assert_eq!(exp_f64(0.0), 1.0);
        assert_eq!(exp_f64(1e9), exp_f64(700.0));
        assert_eq!(exp_f64(f64::NEG_INFINITY), exp_f64(-700.0));
    }

    #[test]
    fn equals_the_library_over_the_whole_range() {
        let mut x = 1e-300;
        while x < 1e300 {
            let want = libm::log2(x);
            assert!(
                (log2_f64(x) - want).abs() <= 5e-16 * want.abs().max(1e-3),
                "{x}: {} {want}",
                log2_f64(x)
            );
            x *= 1.0173;
        }
        for k in -200..200 {
            let x = 1.0 + f64::from(k) * 1e-3;
            let want = libm::log2(x);
            assert!(
                (log2_f64(x) - want).abs() <= 5e-16 * want.abs().max(1e-16),
                "{x}"
            );
        }
        assert_eq!(log2_f64(1.0), 0.0);
        assert_eq!(log2_f64(0.125), -3.0);
    }
}
