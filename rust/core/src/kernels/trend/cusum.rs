//! Cumulated sums.

use crate::kernels::Kernel;
use crate::kernels::known::{keep_known, step_of_known};
use crate::kernels::robust::standardise;

/// Slack of the tabular sums: half of the shift of one standard deviation that is to be found soonest.
const SLACK: f64 = 0.5;
/// Share of the farthest point from which on the path has reached it, but for rounding.
const REACHED: f64 = 1.0 - 1e-9;

/// Cumulated sums of `z = (x - median) / s`, with `s` the robust standard deviation 1.4826 MAD, or, where
/// more than half the values are equal, 1.2533 times the mean absolute deviation from the median.
///
/// Four values: the range of the path `C[t] = sum to t of (z - mean(z))`, 0 included, over the square root
/// of the number of known steps; the place of the largest `|C|`, as the share of the series up to and with
/// that step; the largest tabular sum upward, `max of S[t] = max(0, S[t - 1] + z[t] - 1/2)`, and downward.
/// The place is the first step that reaches the largest `|C|` within a share of 1e-9 of it: in counts, equal
/// extremes are common, and rounding must not choose among them. Missing steps add nothing. A flat series or
/// one without known steps gives NaN.
///
/// Source: Page (1954), *Biometrika* 41.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cusum;

/// Memory of the kernel.
#[derive(Debug, Default)]
pub struct Work {
    known: Vec<f64>,
    buffer: Vec<f64>,
}

impl Kernel for Cusum {
    type Workspace = Work;

    fn width(&self, _n_steps: usize) -> usize {
        4
    }

    fn measure(&self, x: &[f64], work: &mut Work, out: &mut [f64]) {
        keep_known(x, &mut work.known);
        let n = work.known.len() as f64;
        if !standardise(&mut work.known, &mut work.buffer) {
            out.fill(f64::NAN);
            return;
        }
        let paths = Paths::of(&mut work.known);
        out[0] = (paths.highest - paths.lowest) / n.sqrt();
        let place = step_of_known(x, paths.extreme);
        out[1] = (place + 1) as f64 / x.len() as f64;
        out[2] = paths.upward;
        out[3] = paths.downward;
    }
}

/// Ends of the cumulated sums.
struct Paths {
    lowest: f64,
    highest: f64,
    extreme: usize,
    upward: f64,
    downward: f64,
}

impl Paths {
    /// A tabular sum is the distance of the path with slack from its lowest point so far: no step waits
    /// for the clipping of the one before. The deviations become the sizes `|C|`.
    fn of(z: &mut [f64]) -> Self {
        let mean = z.iter().sum::<f64>() / z.len() as f64;
        let mut paths = Self {
            lowest: 0.0,
            highest: 0.0,
            extreme: 0,
            upward: 0.0,
            downward: 0.0,
        };
        let (mut up, mut down, mut level) = (0.0, 0.0, 0.0);
        let (mut up_base, mut down_base) = (0.0_f64, 0.0_f64);
        for slot in &mut *z {
            let z = *slot;
            level += z - mean;
            *slot = level.abs();
            paths.lowest = if level < paths.lowest {
                level
            } else {
                paths.lowest
            };
            paths.highest = if level > paths.highest {
                level
            } else {
                paths.highest
            };
            up += z - SLACK;
            down += -z - SLACK;
            up_base = if up < up_base { up } else { up_base };
            down_base = if down < down_base { down } else { down_base };
            let (upward, downward) = (up - up_base, down - down_base);
            paths.upward = if upward > paths.upward {
                upward
            } else {
                paths.upward
            };
            paths.downward = if downward > paths.downward {
                downward
            } else {
                paths.downward
            };
        }
        let reached = REACHED * paths.highest.max(-paths.lowest);
        paths.extreme = z.iter().position(|&size| size >= reached).unwrap_or(0);
        paths
    }
}
