//! How the daily profile of the second half differs from that of the first.

use pulp::Simd;

use super::check_period;
use super::phases::{phase_means, shares};
use crate::Error;
use crate::kernels::{Kernel, circle};
use crate::lanes::{Eight, LANES, dispatch_eight, log2_f64};

/// Two values: Jensen-Shannon divergence in bits, from 0 to 1, between the profiles
/// ([`super::DailyProfile`]) of the first and the second half of the series, and by how many steps the
/// first harmonic of the profile turned: positive where the day came later, in `(-period / 2, period / 2]`.
///
/// The first half ends with the last whole period before the middle, so that both begin with phase 0. Both
/// values are NaN for a series shorter than two periods and where a half has no profile or a phase without
/// known steps; the turn also where a harmonic is smaller than 1e-9 of the profile, as in a flat series.
///
/// Source: Lin (1991).
#[derive(Debug, Clone)]
pub struct ProfileShift {
    period: usize,
    /// Cosine and sine at every phase.
    waves: [Vec<f64>; 2],
}

/// Profiles of both halves.
#[derive(Debug, Default)]
pub struct Halves([Vec<f64>; 2]);

/// Harmonic below which a profile has no direction.
const NO_DIRECTION: f64 = 1e-9;
/// Turns this near to half a period are half a period: rounding must not choose their sign.
const HALF: f64 = 0.5 - 1e-9;

impl ProfileShift {
    /// A period in steps.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a period of fewer than two steps or of more than 65,536.
    pub fn new(period: usize) -> Result<Self, Error> {
        check_period(period)?;
        let points = (0..period).map(|phase| circle::point(phase as f64 / period as f64));
        let (cos, sin) = points.unzip();
        Ok(Self {
            period,
            waves: [cos, sin],
        })
    }
}

impl Kernel for ProfileShift {
    type Workspace = Halves;

    fn width(&self, _n_steps: usize) -> usize {
        2
    }

    fn measure(&self, x: &[f64], halves: &mut Halves, out: &mut [f64]) {
        out.fill(f64::NAN);
        let middle = x.len() / self.period / 2 * self.period;
        if middle > 0 {
            for half in &mut halves.0 {
                half.resize(self.period, 0.0);
            }
            shift(x.split_at(middle), &self.waves, halves, out);
        }
    }
}

dispatch_eight! {
    fn shift<'a>(simd, x: (&'a [f64], &'a [f64]), waves: &'a [Vec<f64>; 2], halves: &'a mut Halves, out: &'a mut [f64]) {
        let [first, second] = &mut halves.0;
        for (x, half) in [(x.0, &mut *first), (x.1, &mut *second)] {
            phase_means(simd, x, half);
            shares(half);
        }
        let period = first.len();
        let (first, second) = (&first[..period], &second[..period]);
        if first.iter().chain(second).any(|share| share.is_nan()) {
            return;
        }
        let (cos, sin) = (&waves[0][..period], &waves[1][..period]);
        out[0] = divergence(simd, first, second);
        let [a, b] = [first, second].map(|profile| {
            let (mut x, mut y) = (0.0, 0.0);
            for phase in 0..period {
                x += profile[phase] * cos[phase];
                y += profile[phase] * sin[phase];
            }
            (x, y)
        });
        let least = NO_DIRECTION * NO_DIRECTION;
        if a.0 * a.0 + a.1 * a.1 > least && b.0 * b.0 + b.1 * b.1 > least {
            let turn = libm::atan2(a.0 * b.1 - a.1 * b.0, a.0 * b.0 + a.1 * b.1) / std::f64::consts::TAU;
            out[1] = period as f64 * if turn.abs() > HALF { 0.5 } else { turn };
        }
    }
}

/// What one of two shares, `both` their sum, adds to twice the divergence in bits.
#[inline(always)]
fn toward(share: f64, both: f64) -> f64 {
    let ratio = 2.0 * share / both;
    // What is 0 adds nothing, whatever its logarithm.
    share
        * log2_f64(if ratio > f64::MIN_POSITIVE {
            ratio
        } else {
            1.0
        })
}

/// Jensen-Shannon divergence in bits of two distributions.
#[inline(always)]
fn divergence<S: Simd>(simd: S, p: &[f64], q: &[f64]) -> f64 {
    let mut sums = [0.0; LANES];
    let blocks = p.len() / LANES;
    for block in 0..blocks {
        let at = block * LANES;
        let (p, q) = (&p[at..at + LANES], &q[at..at + LANES]);
        for j in 0..LANES {
            sums[j] += toward(p[j], p[j] + q[j]) + toward(q[j], p[j] + q[j]);
        }
    }
    for (j, (&p, &q)) in p.iter().zip(q).skip(blocks * LANES).enumerate() {
        sums[j % LANES] += toward(p, p + q) + toward(q, p + q);
    }
    (Eight::load(simd, &sums).sum() / 2.0).clamp(0.0, 1.0)
}
