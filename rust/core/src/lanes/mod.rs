//! Arithmetic and random draws on whole series at once, in the widest registers of the machine.
//!
//! Every function is a plain loop over slices of `f32` without branches, so that the compiler turns
//! it into vector instructions; [`dispatch!`] compiles the callers once per instruction set and picks
//! one at run time. Exponential, logarithm, sine and the normal quantile are own polynomials with
//! explicit fused multiply-adds: each element is computed by the same operations in the same order
//! on every path, so the bits do not depend on the width of the registers or on the machine's
//! library.
//!
//! The path can be chosen once, before the first draw ([`choose_path`]); tests use it to show that all
//! agree. Without hardware for fused multiply-adds (x86
//! processors from before 2013) the plain path computes them in software: right, not fast.

mod draws;
mod eight;
mod log;
mod math;
mod philox;

pub(crate) use draws::{
    binomials, blur, gammas, negative_binomials, normal_pairs, poissons, quantiles,
};
pub(crate) use eight::{Eight, LANES, dispatch_eight};
pub(crate) use log::{exp_f64, log2_f64};
pub(crate) use math::{exp, ln, sin_cos_turn, sin_turn};
pub(crate) use philox::{Key, uniform};

use std::sync::OnceLock;

static PATH: OnceLock<pulp::Arch> = OnceLock::new();

/// Instruction set that this process uses: the best there is, unless another was chosen.
pub(crate) fn path() -> pulp::Arch {
    *PATH.get_or_init(pulp::Arch::new)
}

/// Chooses the path `plain`, `avx2` or `avx512` for this process, where this machine has it; any other
/// name stands for the best there is. Later choices, and those after the first use, change nothing.
pub fn choose_path(name: &str) {
    // Refused where a path was chosen before: that one is in use.
    let _ = PATH.set(named(name));
}

fn named(name: &str) -> pulp::Arch {
    match name {
        "plain" => pulp::Arch::Scalar,
        #[cfg(target_arch = "x86_64")]
        "avx2" => pulp::x86::V3::try_new().map_or_else(pulp::Arch::new, pulp::Arch::V3),
        _ => pulp::Arch::new(),
    }
}

/// Name of the path in use, as [`choose_path`] takes it.
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
