//! Entropy features: how irregular the residual is. A feed that runs by a rule repeats itself.

use super::kernel_set::{Kernels, Workspaces};
use super::registry::{Feature, Needs};
use crate::kernels::Kernel;

const F: &str = "entropy";
const VARY: Needs = Needs::Variation;

/// What this group measures, in output order.
pub(crate) const FEATURES: [Feature; 7] = [
    Feature::neutral(
        F,
        "shannon_entropy",
        "bins16",
        "bits",
        28,
        "of the residual's histogram over its range: low where one step dwarfs all others",
    ),
    Feature::neutral(
        F,
        "spectral_entropy",
        "normalized",
        "share of the largest",
        28,
        "of the residual's spectrum: low where it beats at few frequencies",
    )
    .needing(VARY),
    Feature::neutral(
        F,
        "permutation_entropy",
        "order3",
        "share of the largest",
        28,
        "of the order of three residuals in a row",
    ),
    Feature::neutral(
        F,
        "permutation_entropy",
        "order5",
        "share of the largest",
        168,
        "of the order of five residuals in a row",
    ),
    Feature::neutral(
        F,
        "sample_entropy",
        "m2",
        "nats",
        168,
        "how seldom residuals that are alike for two steps stay alike for a third",
    )
    .needing(VARY),
    Feature::neutral(
        F,
        "approximate_entropy",
        "m2",
        "nats",
        48,
        "the same, self-matches included",
    ),
    Feature::neutral(
        F,
        "lempel_ziv_complexity",
        "median",
        "ratio",
        28,
        "number of new phrases in the residual's side of its median, over that of coin flips",
    ),
];

/// Measures one residual, NaN where a step is missing.
pub(crate) fn measure(u: &[f64], kernels: &Kernels, work: &mut Workspaces, out: &mut [f64]) {
    kernels.shannon.measure(u, &mut work.shannon, &mut out[..1]);
    kernels
        .spectral
        .measure(u, &mut work.spectral, &mut out[1..2]);
    kernels
        .permutation_3
        .measure(u, &mut work.permutation_3, &mut out[2..3]);
    kernels
        .permutation_5
        .measure(u, &mut work.permutation_5, &mut out[3..4]);
    kernels
        .regularity
        .measure(u, &mut work.regularity, &mut out[4..6]);
    kernels
        .lempel_ziv
        .measure(u, &mut work.lempel_ziv, &mut out[6..7]);
}
