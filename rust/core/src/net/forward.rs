//! The forward pass of one account.
//!
//! A stem mixes the input channels to a width; each block adds a dilated convolution over steps to it, in
//! residual form and behind a layer norm (Ba et al. 2016, arXiv:1607.06450; the blocks are those of a temporal
//! convolution net, Bai et al. 2018, arXiv:1803.01271, but look both ways), and lets the account's mean speak
//! at every step, so that a step is judged against the whole. One head answers for each step. The other answers
//! for the account, from the mean, the maximum and an attention-weighted mean over steps, whose weights
//! are the softmax of the first output per step.

use super::layer::{LANES, Layer, MOST_STEPS, Steps, apply};
use super::weights::{Net, Norm};
use crate::lanes::{self, dispatch_eight};
use pulp::Simd;

/// Added to the variance of a layer norm.
const EPSILON: f32 = 1e-5;
/// Vector registers from which on the most steps stay in them at once.
const MANY_REGISTERS: usize = 32;

/// Memory of one thread, used again from account to account.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// Running channels, step after step.
    running: Vec<f32>,
    /// The same behind a layer norm.
    normed: Vec<f32>,
    zeros: Vec<f32>,
    start: Vec<f32>,
    tile: Vec<f32>,
    other_tile: Vec<f32>,
    mean: Vec<f32>,
    sums: Vec<f64>,
    pooled: Vec<f32>,
    hidden: Vec<f32>,
    answer: Vec<f32>,
    attention: Vec<f32>,
}

/// Outputs of one account.
pub(super) struct Outputs<'a> {
    /// One value per output.
    pub(super) account: &'a mut [f32],
    /// Output after output, in it step after step.
    pub(super) hours: &'a mut [f32],
}

dispatch_eight! {
    /// Runs the net over one account, whose channels lie one after another in `channels`.
    pub(super) fn run<'a>(simd, net: &'a Net, channels: &'a [f32], memory: &'a mut Memory, out: Outputs<'a>) {
        if channels.is_empty() {
            out.account.fill(f32::NAN);
        } else if registers(simd) < MANY_REGISTERS {
            // Six steps in two registers each leave room for weights and the input.
            account::<_, 6>(simd, net, channels, memory, out.account, out.hours);
        } else {
            account::<_, MOST_STEPS>(simd, net, channels, memory, out.account, out.hours);
        }
    }
}

/// Vector registers of an instruction set.
#[inline(always)]
fn registers<S: Simd>(_: S) -> usize {
    S::REGISTER_COUNT
}

#[inline(always)]
fn account<S: Simd, const STEPS: usize>(
    simd: S,
    net: &Net,
    channels: &[f32],
    memory: &mut Memory,
    out: &mut [f32],
    hour_out: &mut [f32],
) {
    let n = channels.len() / net.n_channels;
    let padded = net.stem.padded();
    memory.prepare(net, n);
    stem::<S, STEPS>(simd, &net.stem, channels, n, memory);
    for block in &net.blocks {
        let Memory {
            running,
            normed,
            zeros,
            start,
            tile,
            other_tile,
            mean,
            sums,
            ..
        } = &mut *memory;
        normalise(running, net.width, &block.norm, normed);
        mean_over_steps(normed, n, sums, mean);
        start.copy_from_slice(&block.conv.bias);
        dense(&block.context, mean, start);
        let around = Steps {
            values: normed,
            stride: padded,
            zeros,
        };
        for first in (0..n).step_by(STEPS) {
            apply::<S, STEPS>(simd, &block.conv, start, around, first, tile);
            rectify(tile);
            let here = Steps {
                values: tile,
                stride: padded,
                zeros,
            };
            apply::<S, STEPS>(simd, &block.mix, &block.mix.bias, here, 0, other_tile);
            let n_here = STEPS.min(n - first) * padded;
            let running = &mut running[first * padded..][..n_here];
            for (h, added) in running.iter_mut().zip(&*other_tile) {
                *h += added;
            }
        }
    }
    normalise(&memory.running, net.width, &net.norm, &mut memory.normed);
    hours::<S, STEPS>(simd, net, n, memory, hour_out);
    pool(net.width, &hour_out[..n], memory);
    answer(net, memory, out);
}

impl Memory {
    fn prepare(&mut self, net: &Net, n: usize) {
        let padded = net.stem.padded();
        for (buffer, size) in [
            (&mut self.running, n * padded),
            (&mut self.normed, n * padded),
            (&mut self.zeros, padded.max(net.n_channels)),
            (&mut self.start, padded),
            (&mut self.mean, padded),
            (
                &mut self.tile,
                MOST_STEPS * padded.max(net.n_channels).max(net.hours.padded()),
            ),
            (&mut self.other_tile, MOST_STEPS * padded),
            (&mut self.pooled, 3 * net.width),
            (&mut self.hidden, net.hidden.padded()),
            (&mut self.answer, net.account.padded()),
            (&mut self.attention, n),
        ] {
            buffer.resize(size, 0.0);
        }
        self.sums.resize(padded, 0.0);
    }
}

/// First channels of every step.
#[inline(always)]
fn stem<S: Simd, const STEPS: usize>(
    simd: S,
    layer: &Layer,
    channels: &[f32],
    n: usize,
    memory: &mut Memory,
) {
    let (padded, n_channels) = (layer.padded(), layer.n_inputs);
    let Memory {
        running,
        zeros,
        tile,
        other_tile,
        ..
    } = memory;
    for first in (0..n).step_by(STEPS) {
        let n_here = STEPS.min(n - first);
        for (c, channel) in channels.chunks_exact(n).enumerate() {
            for (j, &x) in channel[first..first + n_here].iter().enumerate() {
                tile[j * n_channels + c] = x;
            }
        }
        let here = Steps {
            values: tile,
            stride: n_channels,
            zeros,
        };
        apply::<S, STEPS>(simd, layer, &layer.bias, here, 0, other_tile);
        let size = n_here * padded;
        running[first * padded..][..size].copy_from_slice(&other_tile[..size]);
    }
}

/// Layer norm of every step.
#[inline(always)]
fn normalise(values: &[f32], width: usize, norm: &Norm, out: &mut [f32]) {
    let padded = norm.gain.len();
    let share = 1.0 / width as f32;
    let steps = values
        .chunks_exact(padded)
        .zip(out.chunks_exact_mut(padded));
    for (x, out) in steps {
        let x = x.as_chunks::<LANES>().0;
        let mut sums = [0.0_f32; LANES];
        for x in x {
            for l in 0..LANES {
                sums[l] += x[l];
            }
        }
        let mean = in_pairs(sums) * share;
        let mut squares = [0.0_f32; LANES];
        for (k, x) in x.iter().enumerate() {
            for l in 0..LANES {
                let inside = k * LANES + l < width;
                let deviation = if inside { x[l] - mean } else { 0.0 };
                squares[l] = deviation.mul_add(deviation, squares[l]);
            }
        }
        let scale = 1.0 / in_pairs(squares).mul_add(share, EPSILON).sqrt();
        let affine = norm.gain.as_chunks::<LANES>().0.iter();
        let affine = affine.zip(norm.offset.as_chunks::<LANES>().0);
        let out = out.as_chunks_mut::<LANES>().0.iter_mut();
        for ((x, out), (gain, offset)) in x.iter().zip(out).zip(affine) {
            for l in 0..LANES {
                out[l] = ((x[l] - mean) * scale).mul_add(gain[l], offset[l]);
            }
        }
    }
}

/// Sum of all lanes, halves onto halves.
#[inline(always)]
fn in_pairs(x: [f32; LANES]) -> f32 {
    let a: [f32; 8] = std::array::from_fn(|l| x[l] + x[l + 8]);
    let b: [f32; 4] = std::array::from_fn(|l| a[l] + a[l + 4]);
    (b[0] + b[2]) + (b[1] + b[3])
}

/// Mean of every channel over the steps.
#[inline(always)]
fn mean_over_steps(values: &[f32], n: usize, sums: &mut [f64], mean: &mut [f32]) {
    sums.fill(0.0);
    for x in values.chunks_exact(sums.len()) {
        for (sum, &x) in sums.iter_mut().zip(x) {
            *sum += f64::from(x);
        }
    }
    for (mean, sum) in mean.iter_mut().zip(&*sums) {
        *mean = (sum / n as f64) as f32;
    }
}

/// Adds the outputs of `layer` for one vector of inputs to `out`, its own bias left out.
#[inline(always)]
fn dense(layer: &Layer, input: &[f32], out: &mut [f32]) {
    let rows = layer.weights.chunks_exact(layer.padded());
    for (row, &x) in rows.zip(input) {
        for (sum, weight) in out.iter_mut().zip(row) {
            *sum = weight.mul_add(x, *sum);
        }
    }
}

/// Negative values and those that are no number become 0.
#[inline(always)]
fn rectify(values: &mut [f32]) {
    for x in values {
        *x = if *x > 0.0 { *x } else { 0.0 };
    }
}

/// The head of the steps.
#[inline(always)]
fn hours<S: Simd, const STEPS: usize>(
    simd: S,
    net: &Net,
    n: usize,
    memory: &mut Memory,
    out: &mut [f32],
) {
    let padded = net.hours.padded();
    let Memory {
        normed,
        zeros,
        tile,
        ..
    } = memory;
    let around = Steps {
        values: normed,
        stride: net.stem.padded(),
        zeros,
    };
    for first in (0..n).step_by(STEPS) {
        apply::<S, STEPS>(simd, &net.hours, &net.hours.bias, around, first, tile);
        let n_here = STEPS.min(n - first);
        for (k, output) in out.chunks_exact_mut(n).enumerate() {
            for (j, slot) in output[first..first + n_here].iter_mut().enumerate() {
                *slot = tile[j * padded + k];
            }
        }
    }
}

/// Mean, maximum and attention-weighted mean of the channels over the steps.
#[inline(always)]
fn pool(width: usize, logits: &[f32], memory: &mut Memory) {
    let Memory {
        normed,
        mean,
        sums,
        pooled,
        attention,
        ..
    } = memory;
    let padded = sums.len();
    mean_over_steps(normed, logits.len(), sums, mean);
    let (means, rest) = pooled.split_at_mut(width);
    let (maxima, attended) = rest.split_at_mut(width);
    means.copy_from_slice(&mean[..width]);

    maxima.copy_from_slice(&normed[..width]);
    for x in normed.chunks_exact(padded) {
        for (most, &x) in maxima.iter_mut().zip(x) {
            *most = if x > *most { x } else { *most };
        }
    }

    let mut most = logits[0];
    for &logit in logits {
        most = if logit > most { logit } else { most };
    }
    let weights = attention.iter_mut().zip(logits);
    for (weight, &logit) in weights {
        *weight = lanes::exp(logit - most);
    }
    sums.fill(0.0);
    let mut total = 0.0;
    for (x, &weight) in normed.chunks_exact(padded).zip(&*attention) {
        let weight = f64::from(weight);
        total += weight;
        for (sum, &x) in sums.iter_mut().zip(x) {
            *sum = weight.mul_add(f64::from(x), *sum);
        }
    }
    for (slot, sum) in attended.iter_mut().zip(&*sums) {
        *slot = (sum / total) as f32;
    }
}

/// The head of the account.
#[inline(always)]
fn answer(net: &Net, memory: &mut Memory, out: &mut [f32]) {
    let Memory {
        pooled,
        hidden,
        answer,
        ..
    } = memory;
    hidden.copy_from_slice(&net.hidden.bias);
    dense(&net.hidden, pooled, hidden);
    rectify(hidden);
    answer.copy_from_slice(&net.account.bias);
    dense(&net.account, hidden, answer);
    out.copy_from_slice(&answer[..out.len()]);
}
