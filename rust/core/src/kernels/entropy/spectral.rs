//! Entropy of the power spectrum.

use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

use super::logs::surprise;
use crate::kernels::Kernel;
use crate::kernels::known::{known_values, sum_of, test_flat};
use crate::lanes::dispatch;

/// Shannon entropy in bits of the one-sided power spectrum as shares of its sum; with `normalize` divided by
/// `log2` of the number of frequencies, so that it lies in [0, 1]. The mean is removed first, a missing step
/// counts as the mean. A flat series has no power: NaN.
///
/// Source: Inouye et al. (1991), *Electroencephalography and Clinical Neurophysiology* 79, 204-210.
#[derive(Debug, Clone, Copy)]
pub struct SpectralEntropy {
    normalize: bool,
}

/// Memory of [`SpectralEntropy`].
#[derive(Default)]
pub struct SpectralWorkspace {
    known: Vec<f64>,
    transform: Option<Arc<dyn RealToComplex<f64>>>,
    deviations: Vec<f64>,
    spectrum: Vec<Complex<f64>>,
    scratch: Vec<Complex<f64>>,
    power: Vec<f64>,
}

impl SpectralEntropy {
    /// Entropy in bits, or as a share of the largest one there is.
    #[must_use]
    pub fn new(normalize: bool) -> Self {
        Self { normalize }
    }
}

impl SpectralWorkspace {
    /// A transform of `n` steps; the last one is kept.
    fn transform(&mut self, n: usize) -> Arc<dyn RealToComplex<f64>> {
        match &self.transform {
            Some(transform) if transform.len() == n => Arc::clone(transform),
            _ => {
                let transform = RealFftPlanner::new().plan_fft_forward(n);
                self.spectrum = transform.make_output_vec();
                self.scratch = transform.make_scratch_vec();
                self.deviations = vec![0.0; n];
                self.power = vec![0.0; n / 2 + 1];
                self.transform = Some(Arc::clone(&transform));
                transform
            }
        }
    }
}

dispatch! {
    /// `x` less the mean of `known`; 0 where a step is missing.
    fn deviate<'a>(x: &'a [f64], known: &'a [f64], out: &'a mut [f64]) {
        let mean = sum_of(known, |v| v) / known.len() as f64;
        let out = &mut out[..x.len()];
        for i in 0..x.len() {
            let d = x[i] - mean;
            out[i] = if x[i].is_finite() { d } else { 0.0 };
        }
    }
}

dispatch! {
    fn entropy_of_spectrum<'a>(
        spectrum: &'a [Complex<f64>],
        n_steps: usize,
        power: &'a mut [f64],
        bits: &'a mut f64,
    ) {
        let power = &mut power[..spectrum.len()];
        for k in 0..power.len() {
            power[k] = spectrum[k].re * spectrum[k].re + spectrum[k].im * spectrum[k].im;
        }
        // A frequency below zero counts with the one above; zero and, of an even number of steps, the highest
        // stand alone.
        let n = power.len();
        power[0] *= 0.5;
        if n_steps.is_multiple_of(2) {
            power[n - 1] *= 0.5;
        }
        let share = 1.0 / sum_of(power, |p| p);
        *bits = sum_of(power, |p| surprise(p * share));
    }
}

impl Kernel for SpectralEntropy {
    type Workspace = SpectralWorkspace;

    fn width(&self, _n_steps: usize) -> usize {
        1
    }

    fn measure(&self, x: &[f64], workspace: &mut SpectralWorkspace, out: &mut [f64]) {
        out[0] = f64::NAN;
        let mut buffer = std::mem::take(&mut workspace.known);
        let known = known_values(x, &mut buffer);
        let mut flat = true;
        test_flat(known, &mut flat);
        if !flat {
            let transform = workspace.transform(x.len());
            let SpectralWorkspace {
                deviations,
                spectrum,
                scratch,
                power,
                ..
            } = workspace;
            deviate(x, known, deviations);
            // It fails on buffers of other lengths only, and these come from the transform itself.
            if transform
                .process_with_scratch(deviations, spectrum, scratch)
                .is_ok()
            {
                let mut bits = 0.0;
                entropy_of_spectrum(spectrum, x.len(), power, &mut bits);
                out[0] = if self.normalize {
                    bits / libm::log2(power.len() as f64)
                } else {
                    bits
                };
            }
        }
        workspace.known = buffer;
    }
}
