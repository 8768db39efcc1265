//! Eight `f64` at once, in as many registers as that takes on the instruction set at hand.
//!
//! Sums over a series go through these: left to itself, the compiler finds vectors in a loop over elements
//! but seldom in one that adds up, and the order of additions must be the same everywhere.

use pulp::Simd;

/// Numbers in one [`Eight`].
pub(crate) const LANES: usize = 8;

/// Eight numbers; of the registers, as many as hold them are in use.
#[derive(Clone, Copy)]
pub(crate) struct Eight<S: Simd> {
    simd: S,
    registers: [S::f64s; LANES],
}

/// Registers that hold eight numbers.
const fn registers<S: Simd>() -> usize {
    LANES / S::F64_LANES
}

macro_rules! by_register {
    ($a:ident, $k:ident, $value:expr) => {{
        let mut out = $a;
        for $k in 0..registers::<S>() {
            out.registers[$k] = $value;
        }
        out
    }};
}

macro_rules! operators {
    ($($trait:ident $name:ident $method:ident;)*) => {
        $(impl<S: Simd> std::ops::$trait for Eight<S> {
            type Output = Self;
            #[inline(always)]
            fn $name(self, other: Self) -> Self {
                by_register!(self, k, self.simd.$method(self.registers[k], other.registers[k]))
            }
        })*
    };
}

operators! {
    Add add add_f64s;
    Sub sub sub_f64s;
    Mul mul mul_f64s;
}

impl<S: Simd> Eight<S> {
    /// The same number eight times.
    #[inline(always)]
    pub(crate) fn splat(simd: S, value: f64) -> Self {
        Self {
            simd,
            registers: [simd.splat_f64s(value); LANES],
        }
    }

    /// Eight neighbours.
    #[inline(always)]
    pub(crate) fn load(simd: S, values: &[f64; LANES]) -> Self {
        let (registers, _) = S::as_simd_f64s(values);
        let out = Self::splat(simd, 0.0);
        by_register!(out, k, registers[k])
    }

    /// The numbers one by one.
    #[inline(always)]
    pub(crate) fn to_array(self) -> [f64; LANES] {
        let mut out = [0.0; LANES];
        let (to, _) = S::as_mut_simd_f64s(&mut out);
        to.copy_from_slice(&self.registers[..registers::<S>()]);
        out
    }

    /// `self * factor + addend`, rounded once.
    #[inline(always)]
    pub(crate) fn mul_add(self, factor: Self, addend: Self) -> Self {
        by_register!(
            self,
            k,
            self.simd
                .mul_add_f64s(self.registers[k], factor.registers[k], addend.registers[k])
        )
    }

    /// `chosen` where a number of `self` is smaller than that of `limit`, elsewhere `other`; an unordered
    /// pair counts as not smaller.
    #[inline(always)]
    pub(crate) fn if_less(self, limit: Self, chosen: Self, other: Self) -> Self {
        by_register!(self, k, {
            let less = self
                .simd
                .less_than_f64s(self.registers[k], limit.registers[k]);
            self.simd
                .select_f64s(less, chosen.registers[k], other.registers[k])
        })
    }

    /// `chosen` where a number of `self` is finite, elsewhere `other`.
    #[inline(always)]
    pub(crate) fn if_finite(self, chosen: Self, other: Self) -> Self {
        let size = by_register!(self, k, self.simd.abs_f64s(self.registers[k]));
        size.if_less(Self::splat(self.simd, f64::INFINITY), chosen, other)
    }

    /// The smaller of two numbers.
    #[inline(always)]
    pub(crate) fn lesser(self, other: Self) -> Self {
        self.if_less(other, self, other)
    }

    /// The larger of two numbers.
    #[inline(always)]
    pub(crate) fn larger(self, other: Self) -> Self {
        other.if_less(self, self, other)
    }

    /// Sum of all eight, in pairs.
    #[inline(always)]
    pub(crate) fn sum(self) -> f64 {
        let l = self.to_array();
        ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]))
    }
}

/// As [`super::dispatch!`], for functions that compute with [`Eight`]: the first argument names the
/// instruction set.
macro_rules! dispatch_eight {
    ($(#[$meta:meta])* $vis:vis fn $name:ident<$life:lifetime>($simd:ident, $($arg:ident: $ty:ty),* $(,)?) $body:block) => {
        $(#[$meta])*
        $vis fn $name<$life>($($arg: $ty),*) {
            struct Op<$life> { $($arg: $ty),* }
            impl<$life> pulp::WithSimd for Op<$life> {
                type Output = ();
                #[inline(always)]
                fn with_simd<S: pulp::Simd>(self, $simd: S) {
                    let Self { $($arg),* } = self;
                    $body
                }
            }
            $crate::lanes::path().dispatch(Op { $($arg),* });
        }
    };
}
pub(crate) use dispatch_eight;

#[cfg(test)]
mod tests {
    use super::{Eight, LANES};

    dispatch_eight! {
        fn answers<'a>(simd, x: &'a [f64; LANES], out: &'a mut Vec<[f64; LANES]>) {
            let (a, one) = (Eight::load(simd, x), Eight::splat(simd, 1.0));
            out.push((a + one).to_array());
            out.push((a - one).to_array());
            out.push((a * a).to_array());
            out.push(a.mul_add(a, one).to_array());
            out.push(a.lesser(one).to_array());
            out.push(a.larger(one).to_array());
            out.push(a.if_finite(a, one).to_array());
            out.push([Eight::splat(simd, 0.5).sum(); LANES]);
        }
    }

    #[test]
    fn arithmetic_is_that_of_single_numbers() {
        let x = [
            0.1,
            -2.5,
            1.0,
            3.0,
            f64::INFINITY,
            f64::NEG_INFINITY,
            1e300,
            -0.0,
        ];
        let mut out = Vec::new();
        answers(&x, &mut out);
        let want: Vec<[f64; LANES]> = vec![
            x.map(|v| v + 1.0),
            x.map(|v| v - 1.0),
            x.map(|v| v * v),
            x.map(|v| v.mul_add(v, 1.0)),
            x.map(|v| v.min(1.0)),
            x.map(|v| v.max(1.0)),
            x.map(|v| if v.is_finite() { v } else { 1.0 }),
            [4.0; LANES],
        ];
        assert_eq!(out, want);
    }
}
