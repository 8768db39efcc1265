//! Lagged products of a long series at many lags at once, by way of its power spectrum.

use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

type Both = (Arc<dyn RealToComplex<f64>>, Arc<dyn ComplexToReal<f64>>);

/// Transforms of one length there and back, and the memory they work in.
#[derive(Default)]
pub(super) struct Fourier {
    both: Option<Both>,
    steps: Vec<f64>,
    spectrum: Vec<Complex<f64>>,
    scratch: Vec<Complex<f64>>,
}

impl Fourier {
    /// Steps of a fast transform that keeps `n` steps and their shifts by up to `lag` apart.
    pub(super) fn size(n: usize, lag: usize) -> usize {
        let least = (n + lag).max(2);
        // A power of two, or 3/4 or 5/8 of one.
        let power = least.next_power_of_two();
        [power / 8 * 5, power / 4 * 3]
            .into_iter()
            .find(|&size| size >= least)
            .unwrap_or(power)
    }

    fn prepare(&mut self, size: usize) -> Both {
        match &self.both {
            Some(both) if both.0.len() == size => both.clone(),
            _ => {
                let mut planner = RealFftPlanner::new();
                let both = (
                    planner.plan_fft_forward(size),
                    planner.plan_fft_inverse(size),
                );
                self.steps = vec![0.0; size];
                self.spectrum = both.0.make_output_vec();
                let scratch = both.0.get_scratch_len().max(both.1.get_scratch_len());
                self.scratch = vec![Complex::default(); scratch];
                self.both = Some(both.clone());
                both
            }
        }
    }

    /// Sums of `d[t] d[t + lag]` for every lag of `lags`, each smaller than the length of `d`.
    pub(super) fn lagged_products(&mut self, d: &[f64], lags: &[usize], out: &mut [f64]) {
        let longest = lags.iter().copied().max().unwrap_or(0);
        let size = Self::size(d.len(), longest);
        let (forward, inverse) = self.prepare(size);
        let Self {
            steps,
            spectrum,
            scratch,
            ..
        } = self;
        steps[..d.len()].copy_from_slice(d);
        steps[d.len()..].fill(0.0);
        let mut done = forward.process_with_scratch(steps, spectrum, scratch);
        for z in spectrum.iter_mut() {
            *z = Complex::new(z.norm_sqr(), 0.0);
        }
        done = done.and_then(|()| inverse.process_with_scratch(spectrum, steps, scratch));
        // They fail on buffers of other lengths only, and these come from the transforms themselves.
        let scale = if done.is_ok() {
            1.0 / size as f64
        } else {
            f64::NAN
        };
        for (slot, &lag) in out.iter_mut().zip(lags) {
            *slot = scale * steps[lag];
        }
    }
}
