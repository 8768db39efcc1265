//! Changes of the mean.

use super::segments::Segments;
use crate::Error;
use crate::kernels::Kernel;
use crate::kernels::known::{keep_known, step_of_known};
use crate::kernels::robust::standardise;

/// Changes of the mean: the segmentation that makes `sum over segments of (sum of (z - mean of the
/// segment)^2) + penalty * number of changes` smallest, over segments of at least `min_size` known steps,
/// with `z` the values over their robust standard deviation (as in [`super::Cusum`]).
///
/// Three values: the number of changes; the place of the strongest, as the share of the series before it;
/// its size, the mean after less the mean before, in robust standard deviations. The strongest is the one
/// whose removal costs most. Missing steps are left out. Without a change, as in a flat series, the size is
/// 0 and the place NaN; fewer than `2 * min_size` known steps give NaN.
///
/// Source: Jackson et al. (2005), *IEEE Signal Processing Letters* 12; Killick, Fearnhead & Eckley (2012),
/// *Journal of the American Statistical Association* 107.
#[derive(Debug, Clone, Copy)]
pub struct ChangePoints {
    min_size: usize,
    penalty: Option<f64>,
}

/// Memory of the kernel.
#[derive(Debug, Default)]
pub struct Work {
    z: Vec<f64>,
    buffer: Vec<f64>,
    segments: Segments,
}

impl ChangePoints {
    /// Without a `penalty`, `3 ln n`: the leading term of the modified BIC (Zhang & Siegmund 2007).
    ///
    /// # Errors
    /// [`Error::OutOfRange`] if `min_size` is 0 or `penalty` is negative or not finite.
    pub fn new(min_size: usize, penalty: Option<f64>) -> Result<Self, Error> {
        if min_size == 0 {
            return Err(Error::out_of_range("min_size", min_size, "at least 1 step"));
        }
        match penalty {
            Some(given) if !(given.is_finite() && given >= 0.0) => Err(Error::out_of_range(
                "penalty",
                given,
                "a finite number of at least 0, or None for 3 ln n",
            )),
            _ => Ok(Self { min_size, penalty }),
        }
    }
}

impl Kernel for ChangePoints {
    type Workspace = Work;

    fn width(&self, _n_steps: usize) -> usize {
        3
    }

    fn measure(&self, x: &[f64], work: &mut Work, out: &mut [f64]) {
        keep_known(x, &mut work.z);
        let n = work.z.len();
        if n / 2 < self.min_size {
            out.fill(f64::NAN);
            return;
        }
        out.copy_from_slice(&[0.0, f64::NAN, 0.0]);
        if !standardise(&mut work.z, &mut work.buffer) {
            return;
        }
        let penalty = self.penalty.unwrap_or(3.0 * libm::log(n as f64));
        work.segments.find(&work.z, self.min_size, penalty);
        if work.segments.n_changes() == 0 {
            return;
        }
        let (place, size) = work.segments.strongest();
        out[0] = work.segments.n_changes() as f64;
        out[1] = step_of_known(x, place) as f64 / x.len() as f64;
        out[2] = size;
    }
}
