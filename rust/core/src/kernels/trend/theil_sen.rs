//! Theil-Sen line.

use super::slopes::Slopes;
use crate::kernels::Kernel;
use crate::kernels::known::known_values;
use crate::kernels::robust::median;

/// Theil-Sen line through the known steps: the slope is the median of the slopes of all pairs of steps,
/// the intercept `median(x) - slope * median(t)` with the times `t = 0, 1, ...` of the known steps.
///
/// A flat series has slope 0; fewer than two known steps give NaN.
///
/// Source: Sen (1968), *Journal of the American Statistical Association* 63.
#[derive(Debug, Clone, Copy, Default)]
pub struct TheilSen;

/// Known values, and what the selection among the slopes needs.
#[derive(Debug, Default)]
pub struct Selection {
    known: Vec<f64>,
    times: Vec<f64>,
    buffer: Vec<f64>,
    slopes: Slopes,
}

impl Kernel for TheilSen {
    type Workspace = Selection;

    fn width(&self, _n_steps: usize) -> usize {
        2
    }

    fn measure(&self, x: &[f64], work: &mut Selection, out: &mut [f64]) {
        let known = known_values(x, &mut work.known);
        let n = known.len();
        if n < 2 {
            out.fill(f64::NAN);
            return;
        }
        work.times.clear();
        let times = x.iter().enumerate().filter(|(_, v)| v.is_finite());
        work.times.extend(times.map(|(t, _)| t as f64));
        let center = median(known, &mut work.buffer);
        let middle_time = 0.5 * (work.times[(n - 1) / 2] + work.times[n / 2]);
        let slope = work.slopes.median(known, &work.times, center);
        out[0] = slope;
        out[1] = center - slope * middle_time;
    }
}
