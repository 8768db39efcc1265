//! Natural logarithm of one `f64`, without branches, by arithmetic that every instruction set has in
//! vectors; accurate to two units in the last place.

/// Bits of sqrt(1/2): mantissas are taken from there to sqrt(2).
const HALF_ROOT: u64 = 0x3fe6_a09e_667f_3bcd;
const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
/// A whole number below 2^52 in the low bits of this one, read as a number, is that much above 2^52.
const WHOLE: u64 = 0x4330_0000_0000_0000;
/// Added to exponents so that they count up from 0.
const EXPONENTS: u64 = 1024;

/// Natural logarithm of a positive, normal number.
#[inline(always)]
pub(crate) fn ln_f64(x: f64) -> f64 {
    let bits = x.to_bits();
    let shifted = bits.wrapping_sub(HALF_ROOT).wrapping_add(EXPONENTS << 52) >> 52;
    let exponent = f64::from_bits(WHOLE | shifted) - (4_503_599_627_370_496.0 + EXPONENTS as f64);
    let mantissa = f64::from_bits(bits.wrapping_sub(shifted.wrapping_sub(EXPONENTS) << 52));
    // ln(m) = 2 artanh(s), |s| < 0.172, by Taylor's series to the 21st power.
    let f = mantissa - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let p = (1.0_f64 / 21.0)
        .mul_add(z, 1.0 / 19.0)
        .mul_add(z, 1.0 / 17.0)
        .mul_add(z, 1.0 / 15.0)
        .mul_add(z, 1.0 / 13.0)
        .mul_add(z, 1.0 / 11.0)
        .mul_add(z, 1.0 / 9.0)
        .mul_add(z, 1.0 / 7.0)
        .mul_add(z, 1.0 / 5.0)
        .mul_add(z, 1.0 / 3.0);
    let near = (2.0 * s * z).mul_add(p, 2.0 * s);
    exponent.mul_add(LN_2_HIGH, exponent.mul_add(LN_2_LOW, near))
}

#[cfg(test)]
mod tests {
    use super::ln_f64;

    #[test]
    fn equals_the_library_over_the_whole_range() {
        let mut x = 1e-300;
        while x < 1e300 {
            let want = libm::log(x);
            assert!(
                (ln_f64(x) - want).abs() <= 5e-16 * want.abs().max(1e-3),
                "{x}: {} {want}",
                ln_f64(x)
            );
            x *= 1.0173;
        }
        for k in -200..200 {
            let x = 1.0 + f64::from(k) * 1e-3;
            assert!(
                (ln_f64(x) - libm::log(x)).abs() <= 5e-16 * libm::log(x).abs().max(1e-16),
                "{x}"
            );
        }
        assert_eq!(ln_f64(1.0), 0.0);
    }
}
