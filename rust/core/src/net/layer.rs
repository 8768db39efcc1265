//! Products of a few neighbouring steps with one matrix or several: where the time of a forward pass goes.
//!
//! Every output is one chain of fused multiply-adds over taps and input channels, in that order. Registers
//! lie across output channels, so their width changes neither the chain nor its bits.

use pulp::Simd;

/// Values of a step are padded with zeros to a multiple of this: the widest register.
pub(super) const LANES: usize = 16;
/// Most steps computed at once.
pub(super) const MOST_STEPS: usize = 8;

/// A linear layer over channels: at one step, or at several around it (a dilated convolution).
#[derive(Debug, Clone)]
pub(super) struct Layer {
    /// Tap after tap, in it input channel after input channel, in it the padded outputs.
    pub(super) weights: Vec<f32>,
    /// Padded.
    pub(super) bias: Vec<f32>,
    pub(super) n_inputs: usize,
    /// Steps that an output looks at, an odd number.
    pub(super) n_taps: usize,
    /// Steps between two taps.
    pub(super) dilation: i64,
}

impl Layer {
    /// Number of outputs with their padding.
    pub(super) fn padded(&self) -> usize {
        self.bias.len()
    }
}

/// Steps of some channels, step after step; all others are zero.
#[derive(Clone, Copy)]
pub(super) struct Steps<'a> {
    pub(super) values: &'a [f32],
    /// Values of one step.
    pub(super) stride: usize,
    /// One step of zeros.
    pub(super) zeros: &'a [f32],
}

impl<'a> Steps<'a> {
    #[inline(always)]
    fn at(self, step: i64, n_channels: usize) -> &'a [f32] {
        let start = usize::try_from(step).map_or(usize::MAX, |t| t.saturating_mul(self.stride));
        if start < self.values.len() {
            &self.values[start..start + n_channels]
        } else {
            &self.zeros[..n_channels]
        }
    }
}

/// Outputs of `layer` at `STEPS` steps from `first` on, step after step; `start` stands for its bias.
#[inline(always)]
pub(super) fn apply<S: Simd, const STEPS: usize>(
    simd: S,
    layer: &Layer,
    start: &[f32],
    input: Steps<'_>,
    first: usize,
    out: &mut [f32],
) {
    let n_registers = layer.padded() / S::F32_LANES;
    let mut at = 0;
    while at < n_registers {
        let n = match n_registers - at {
            1 => columns::<S, STEPS, 1>(simd, layer, start, input, first, at, out),
            3 => columns::<S, STEPS, 3>(simd, layer, start, input, first, at, out),
            _ => columns::<S, STEPS, 2>(simd, layer, start, input, first, at, out),
        };
        at += n;
    }
}

/// [`apply`] for `REGISTERS` registers of outputs, from register `at` on; gives their number.
#[inline(always)]
fn columns<S: Simd, const STEPS: usize, const REGISTERS: usize>(
    simd: S,
    layer: &Layer,
    start: &[f32],
    input: Steps<'_>,
    first: usize,
    at: usize,
    out: &mut [f32],
) -> usize {
    let (start, _) = S::as_simd_f32s(start);
    let (weights, _) = S::as_simd_f32s(&layer.weights);
    let n_registers = start.len();
    let mut sums = [[simd.splat_f32s(0.0); REGISTERS]; STEPS];
    for sum in &mut sums {
        sum.copy_from_slice(&start[at..at + REGISTERS]);
    }
    let reach = (layer.n_taps / 2) as i64;
    for (tap, weights) in weights
        .chunks_exact(layer.n_inputs * n_registers)
        .enumerate()
    {
        let offset = (tap as i64 - reach).saturating_mul(layer.dilation);
        let mut rows: [&[f32]; STEPS] = [&[]; STEPS];
        for j in 0..STEPS {
            rows[j] = input.at(offset.saturating_add((first + j) as i64), layer.n_inputs);
        }
        for (c, weights) in weights.chunks_exact(n_registers).enumerate() {
            let weights = &weights[at..at + REGISTERS];
            for j in 0..STEPS {
                let x = simd.splat_f32s(rows[j][c]);
                for r in 0..REGISTERS {
                    sums[j][r] = simd.mul_add_f32s(x, weights[r], sums[j][r]);
                }
            }
        }
    }
    let (out, _) = S::as_mut_simd_f32s(out);
    for (row, sum) in out.chunks_exact_mut(n_registers).zip(&sums) {
        row[at..at + REGISTERS].copy_from_slice(sum);
    }
    REGISTERS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::dispatch_eight;
    use crate::rng::Stream;

    dispatch_eight! {
        fn five_steps<'a>(simd, layer: &'a Layer, input: Steps<'a>, first: usize, out: &'a mut [f32]) {
            apply::<_, 5>(simd, layer, &layer.bias, input, first, out);
        }
    }

    #[test]
    fn each_output_is_one_chain_of_multiply_adds() {
        let (n_inputs, n_taps, n_steps) = (7, 3, 12_usize);
        let mut stream = Stream::new(1, 2, 3);
        let mut normals =
            |n: usize| -> Vec<f32> { (0..n).map(|_| stream.normal() as f32).collect() };
        // One, two and three registers of the widest path, and more than fit at once.
        for padded in [16, 32, 48, 64, 80, 112] {
            let layer = Layer {
                weights: normals(n_taps * n_inputs * padded),
                bias: normals(padded),
                n_inputs,
                n_taps,
                dilation: 4,
            };
            let values = normals(n_steps * n_inputs);
            let zeros = vec![0.0; n_inputs];
            let input = Steps {
                values: &values,
                stride: n_inputs,
                zeros: &zeros,
            };
            let mut out = vec![0.0; 5 * padded];
            five_steps(&layer, input, 6, &mut out);
            for (j, row) in out.chunks_exact(padded).enumerate() {
                for (w, got) in row.iter().enumerate() {
                    let mut want = layer.bias[w];
                    for tap in 0..n_taps {
                        // Taps look at 4 steps before, at the step and 4 steps after it.
                        let at = (6 + j + 4 * tap).checked_sub(4).filter(|at| *at < n_steps);
                        for c in 0..n_inputs {
                            let x = at.map_or(0.0, |at| values[at * n_inputs + c]);
                            let weight = layer.weights[(tap * n_inputs + c) * padded + w];
                            want = x.mul_add(weight, want);
                        }
                    }
                    assert_eq!(*got, want, "{padded} outputs, step {j}, output {w}");
                }
            }
        }
    }
}
