//! Bursts above the usual level.

use crate::Error;
use crate::kernels::Kernel;
use crate::kernels::known::known_values;
use crate::kernels::robust::spread;
use crate::lanes;

/// Steps after a peak or a burst over which the level that is left is averaged.
const AFTER: usize = 6;
/// Steps over which a burst may fall and still be cut off.
const FALL: usize = 2;

/// Bursts: runs of known steps with `z = (x - median) / s` of at least a threshold. `s` is the robust standard
/// deviation 1.4826 MAD. In a series of counts (whole numbers of at least 0) it is at least the square root of
/// the median or of 1, whichever is more: no count is steadier than Poisson's. In any other series with more
/// than half of its values equal it is 1.2533 times the mean absolute deviation from the median.
///
/// Nine values: the number of bursts; the largest `z` of all steps; and of the burst with the largest `z`, where
/// excess means `x - median` and size the mean excess in the burst: its duration in steps; its largest excess
/// over its size (1 where the top is flat); the rise from the step before it to its first step over its size;
/// the fall from its last step to the lower of the two after it over its size (1 where it is cut off);
/// `ln((e + s) / (a + s))` with the largest excess `e` and the mean excess `a`, at least 0, of the six steps
/// after it (large where it relaxes fast); the mean excess of the six steps after the burst over its size (0
/// where nothing is left); then the share of the total of the series inside bursts.
///
/// Missing steps end a burst and are left out of means. What is not there is NaN: without a burst all shapes,
/// at the ends of the series the steps beyond them, without a positive total its share, and all values without a
/// known step. A flat series has no burst and a largest `z` of 0.
#[derive(Debug, Clone, Copy)]
pub struct Bursts {
    threshold: f64,
}

/// Memory of the kernel.
#[derive(Debug, Default)]
pub struct Work {
    known: Vec<f64>,
    buffer: Vec<f64>,
    z: Vec<f64>,
}

impl Bursts {
    /// # Errors
    /// [`Error::OutOfRange`] if the threshold is not a finite number above 0.
    pub fn new(threshold: f64) -> Result<Self, Error> {
        if !(threshold.is_finite() && threshold > 0.0) {
            return Err(Error::out_of_range(
                "threshold",
                threshold,
                "a finite number above 0",
            ));
        }
        Ok(Self { threshold })
    }
}

impl Kernel for Bursts {
    type Workspace = Work;

    fn width(&self, _n_steps: usize) -> usize {
        9
    }

    fn measure(&self, x: &[f64], work: &mut Work, out: &mut [f64]) {
        out.fill(f64::NAN);
        let known = known_values(x, &mut work.known);
        if known.is_empty() {
            return;
        }
        let spread = spread(known, &mut work.buffer);
        let mut counts = [true];
        are_counts(known, &mut counts);
        let scale = if counts[0] {
            spread.scale.max(spread.center.max(1.0).sqrt())
        } else {
            spread.sd()
        };
        let series = Series {
            x,
            center: spread.center,
            // Nothing rises above the level of a flat series, whatever the scale.
            scale: if scale > 0.0 { scale } else { 1.0 },
        };
        work.z.clear();
        work.z.resize(x.len(), 0.0);
        standardise(x, series.center, series.scale, &mut work.z);
        let found = self.find(x, &work.z);
        out[0] = found.n_bursts as f64;
        out[1] = found.largest;
        out[2] = 0.0;
        if let Some((first, last)) = found.strongest {
            series.shape(first, last, &mut out[2..8]);
        }
        let total: f64 = known.iter().sum();
        if total > 0.0 {
            out[8] = found.inside / total;
        }
    }
}

/// Bursts of a series.
struct Found {
    n_bursts: usize,
    /// Largest deviation of all known steps.
    largest: f64,
    /// First and last step of the burst that holds it.
    strongest: Option<(usize, usize)>,
    /// Sum of the values inside bursts.
    inside: f64,
}

impl Bursts {
    fn find(self, x: &[f64], z: &[f64]) -> Found {
        let mut found = Found {
            n_bursts: 0,
            largest: f64::NEG_INFINITY,
            strongest: None,
            inside: 0.0,
        };
        let (mut peak, mut going_on) = (0, false);
        for (t, &v) in z.iter().enumerate() {
            if v > found.largest {
                found.largest = v;
                peak = t;
            }
            // A missing step is not a number and never reaches a threshold.
            let within = v >= self.threshold;
            if within {
                found.inside += x[t];
                found.n_bursts += usize::from(!going_on);
            }
            going_on = within;
        }
        if found.n_bursts > 0 {
            let within = |&v: &f64| v >= self.threshold;
            let after = z[peak..].iter().take_while(|v| within(v)).count();
            let before = z[..peak].iter().rev().take_while(|v| within(v)).count();
            found.strongest = Some((peak - before, peak + after - 1));
        }
        found
    }
}

/// A series with its usual level.
struct Series<'a> {
    x: &'a [f64],
    center: f64,
    scale: f64,
}

impl Series<'_> {
    /// Mean excess of the known steps among the [`AFTER`] that follow; NaN without one.
    fn level_after(&self, step: usize) -> f64 {
        let (mut sum, mut n) = (0.0, 0.0);
        for v in self.x.iter().skip(step + 1).take(AFTER) {
            if v.is_finite() {
                sum += v - self.center;
                n += 1.0;
            }
        }
        sum / n
    }

    /// Duration, peak over mean, onset, cut-off, relaxation and what is left, of the burst between two steps.
    fn shape(&self, first: usize, last: usize, out: &mut [f64]) {
        let burst = &self.x[first..=last];
        let n = burst.len() as f64;
        let size = burst.iter().map(|v| v - self.center).sum::<f64>() / n;
        let mut peak = 0;
        for (k, v) in burst.iter().enumerate() {
            if *v > burst[peak] {
                peak = k;
            }
        }
        let largest = burst[peak] - self.center;
        out[0] = n;
        out[1] = largest / size;
        if first > 0 && self.x[first - 1].is_finite() {
            out[2] = (self.x[first] - self.x[first - 1]) / size;
        }
        let following = self.x.iter().skip(last + 1).take(FALL);
        let lowest = following
            .filter(|v| v.is_finite())
            .copied()
            .reduce(f64::min);
        if let Some(lowest) = lowest {
            out[3] = (self.x[last] - lowest) / size;
        }
        let after_peak = self.level_after(first + peak);
        if after_peak.is_finite() {
            let left = after_peak.max(0.0) + self.scale;
            out[4] = libm::log((largest + self.scale) / left);
        }
        out[5] = self.level_after(last) / size;
    }
}

lanes::dispatch! {
    /// Whether all values are whole numbers of at least 0.
    fn are_counts<'a>(known: &'a [f64], answer: &'a mut [bool; 1]) {
        let mut others = 0_u64;
        for &v in known {
            others |= u64::from(v < 0.0 || v.trunc() != v);
        }
        answer[0] = others == 0;
    }
}

lanes::dispatch! {
    fn standardise<'a>(x: &'a [f64], center: f64, scale: f64, z: &'a mut [f64]) {
        for (z, v) in z.iter_mut().zip(x) {
            // What is not finite is missing.
            *z = if v.is_finite() { (v - center) / scale } else { f64::NAN };
        }
    }
}
