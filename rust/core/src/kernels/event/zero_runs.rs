//! Runs of zeros.

use crate::kernels::Kernel;

/// Runs of zeros. Four values: the steps of the longest run; the number of runs; the share of zeros among the
/// known steps; the steps of the longest run that is followed at once by a known step other than zero.
///
/// A missing step ends a run and is no activity. Without a known step: NaN.
#[derive(Debug, Clone, Copy, Default)]
pub struct ZeroRuns;

impl Kernel for ZeroRuns {
    type Workspace = ();

    fn width(&self, _n_steps: usize) -> usize {
        4
    }

    fn measure(&self, x: &[f64], (): &mut (), out: &mut [f64]) {
        let (mut longest, mut awakened, mut run) = (0_u64, 0_u64, 0_u64);
        let (mut zeros, mut runs, mut known) = (0_u64, 0_u64, 0_u64);
        for &v in x {
            // Selections without branches: where zeros lie cannot be predicted.
            let zero = u64::from(v == 0.0);
            let finite = u64::from(v.is_finite());
            known += finite;
            zeros += zero;
            runs += u64::from(run == 0) & zero;
            let ended = if finite > zero { run } else { 0 };
            awakened = awakened.max(ended);
            run = if zero == 1 { run + 1 } else { 0 };
            longest = longest.max(run);
        }
        if known == 0 {
            out.fill(f64::NAN);
            return;
        }
        out[0] = longest as f64;
        out[1] = runs as f64;
        out[2] = zeros as f64 / known as f64;
        out[3] = awakened as f64;
    }
}
