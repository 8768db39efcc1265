//! Arithmetic and random draws on whole series at once, in the widest registers of the machine.
//!
//! Every function is a plain loop over slices of `f32` without branches, so that the compiler turns
//! it into vector instructions; [`dispatch!`] compiles the callers once per instruction set and picks
//! one at run time. Exponential, logarithm, sine and the normal quantile are own polynomials with
//! explicit fused multiply-adds: each element is computed by the same operations in the same order
//! on every path, so the bits do not depend on the width of the registers or on the machine's
//! library.
//!
//! The path can be forced by the environment variable `FAKEENGAGE_SIMD` (`plain`, `avx2`,
//! `avx512`), which tests use to show that all agree. Without hardware for fused multiply-adds (x86
//! processors from before 2013) the plain path computes them in software: right, not fast.

mod draws;
mod math;
mod philox;

pub(crate) use draws::{binomials, gammas, negative_binomials, normal_pairs, quantiles};
pub(crate) use math::{exp, ln, sin_cos_turn, sin_turn};
pub(crate) use philox::{Key, uniform};

use std::sync::OnceLock;

/// Instruction set that this process uses.
pub(crate) fn path() -> pulp::Arch {
    static PATH: OnceLock<pulp::Arch> = OnceLock::new();
    *PATH.get_or_init(|| forced(std::env::var("FAKEENGAGE_SIMD").ok().as_deref()))
}

/// The path asked for where this machine has it, else the best one.
fn forced(name: Option<&str>) -> pulp::Arch {
    #[cfg(target_arch = "x86_64")]
    match name {
        Some("avx2") => {
            if let Some(simd) = pulp::x86::V3::try_new() {
                return pulp::Arch::V3(simd);
            }
        }
        Some("plain") => return pulp::Arch::Scalar,
        _ => {}
    }
    #[cfg(not(target_arch = "x86_64"))]
    if name == Some("plain") {
        return pulp::Arch::Scalar;
    }
    pulp::Arch::new()
}

/// Name of the path in use, as [`path`] accepts it.
#[must_use]
pub fn path_name() -> &'static str {
    match path() {
        #[cfg(target_arch = "x86_64")]
        pulp::Arch::V4(_) => "avx512",
        #[cfg(target_arch = "x86_64")]
        pulp::Arch::V3(_) => "avx2",
        #[cfg(target_arch = "aarch64")]
        pulp::Arch::Neon(_) => "neon",
        _ => "plain",
    }
}

/// Defines a function whose body, with all that is inlined into it, is compiled once per instruction
/// set.
macro_rules! dispatch {
    ($(#[$meta:meta])* $vis:vis fn $name:ident<$life:lifetime>($($arg:ident: $ty:ty),* $(,)?) $body:block) => {
        $(#[$meta])*
        $vis fn $name<$life>($($arg: $ty),*) {
            struct Op<$life> { $($arg: $ty),* }
            impl<$life> pulp::NullaryFnOnce for Op<$life> {
                type Output = ();
                #[inline(always)]
                fn call(self) {
                    let Self { $($arg),* } = self;
                    $body
                }
            }
            $crate::lanes::path().dispatch(Op { $($arg),* });
        }
    };
}
pub(crate) use dispatch;

#[cfg(test)]
mod tests;
