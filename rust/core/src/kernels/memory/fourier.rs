//! Lagged products of a long series at every lag at once, by way of its power spectrum.
//!
//! A transform of our own, because the bits must not depend on the instruction set: Stockham's radix-4
//! steps need no reordering, and their inner loops run along whole vectors.
//!
//! Source: Van Loan (1992), *Computational Frameworks for the Fast Fourier Transform*, section 1.7.

use crate::kernels::circle;
use crate::lanes::dispatch;

/// Cosine and sine of one, two and three times an angle.
type Turns = [f64; 6];

/// Transform of `size` complex numbers, a power of two, and the memory it works in.
#[derive(Debug, Default)]
pub(super) struct Fourier {
    size: usize,
    /// Turns of every step of the transform, one step after another.
    steps: Vec<Vec<Turns>>,
    /// Points of the circle of twice the size.
    fine: Vec<(f64, f64)>,
    re: Vec<f64>,
    im: Vec<f64>,
    spare_re: Vec<f64>,
    spare_im: Vec<f64>,
}

impl Fourier {
    fn prepare(&mut self, size: usize) {
        if self.size == size {
            return;
        }
        self.size = size;
        let double = 2 * size;
        self.fine = (0..double)
            .map(|k| circle::point(k as f64 / double as f64))
            .collect();
        self.steps.clear();
        let mut length = size;
        while length >= 4 {
            let apart = double / length;
            let turns = |p: usize| {
                let mut turns = [0.0; 6];
                for k in 0..3 {
                    let (cos, sin) = self.fine[(k + 1) * p * apart];
                    (turns[2 * k], turns[2 * k + 1]) = (cos, -sin);
                }
                turns
            };
            self.steps.push((0..length / 4).map(turns).collect());
            length /= 4;
        }
        for buffer in [
            &mut self.re,
            &mut self.im,
            &mut self.spare_re,
            &mut self.spare_im,
        ] {
            buffer.clear();
            buffer.resize(size, 0.0);
        }
    }

    /// Smallest transform that keeps `n` steps and their shifts by up to `lag` apart.
    pub(super) fn size(n: usize, lag: usize) -> usize {
        (n + lag).div_ceil(2).next_power_of_two().max(4)
    }

    /// Sums of `d[t] d[t + lag]` for every lag of `lags`, each smaller than the length of `d`.
    pub(super) fn lagged_products(&mut self, d: &[f64], lags: &[usize], out: &mut [f64]) {
        let longest = lags.iter().copied().max().unwrap_or(0);
        self.prepare(Self::size(d.len(), longest));
        run(self, d);
        let scale = 1.0 / (2 * self.size) as f64;
        for (slot, &lag) in out.iter_mut().zip(lags) {
            let half = lag / 2;
            *slot = scale
                * if lag % 2 == 0 {
                    self.re[half]
                } else {
                    -self.im[half]
                };
        }
    }
}

dispatch! {
    /// Leaves the lagged products in the numbers: those of even lags as real parts, those of odd lags as
    /// negative imaginary parts, all times twice the size.
    fn run<'a>(fourier: &'a mut Fourier, d: &'a [f64]) {
        // Even steps as real parts, odd ones as imaginary parts: half the numbers to transform.
        fourier.re.fill(0.0);
        fourier.im.fill(0.0);
        let pairs = d.chunks(2).zip(fourier.re.iter_mut().zip(&mut fourier.im));
        for (pair, (re, im)) in pairs {
            *re = pair[0];
            *im = pair.get(1).copied().unwrap_or(0.0);
        }
        transform(fourier);
        power(fourier);
        transform(fourier);
    }
}

/// From the transform of the paired steps to the numbers whose transform is the paired lagged products.
#[inline(always)]
fn power(fourier: &mut Fourier) {
    let size = fourier.size;
    let Fourier {
        fine,
        re,
        im,
        spare_re,
        spare_im,
        ..
    } = fourier;
    for k in 0..size {
        let mirror = (size - k) % size;
        // Transforms of the even and of the odd steps alone.
        let even = (0.5 * (re[k] + re[mirror]), 0.5 * (im[k] - im[mirror]));
        let odd = (0.5 * (im[k] + im[mirror]), 0.5 * (re[mirror] - re[k]));
        let (cos, sin) = fine[k];
        let turned = (odd.0 * cos + odd.1 * sin, odd.1 * cos - odd.0 * sin);
        // Power at k and at k + size, whose sum and difference are wanted.
        let both =
            2.0 * (even.0 * even.0 + even.1 * even.1 + turned.0 * turned.0 + turned.1 * turned.1);
        let apart = 4.0 * (even.0 * turned.0 + even.1 * turned.1);
        spare_re[k] = both - apart * sin;
        spare_im[k] = -apart * cos;
    }
    std::mem::swap(re, spare_re);
    std::mem::swap(im, spare_im);
}

/// Forward transform in place.
#[inline(always)]
fn transform(fourier: &mut Fourier) {
    let size = fourier.size;
    let mut stride = 1;
    for step in 0..fourier.steps.len() {
        let Fourier {
            steps,
            re,
            im,
            spare_re,
            spare_im,
            ..
        } = &mut *fourier;
        quarter(&steps[step], stride, [re, im], [spare_re, spare_im]);
        std::mem::swap(re, spare_re);
        std::mem::swap(im, spare_im);
        stride *= 4;
    }
    if stride < size {
        for part in [&mut fourier.re, &mut fourier.im] {
            let (low, high) = part.split_at_mut(stride);
            for (a, b) in low.iter_mut().zip(high) {
                (*a, *b) = (*a + *b, *a - *b);
            }
        }
    }
}

/// One radix-4 step: the quarters of `from`, read side by side, to runs of `stride` numbers in `to`.
#[inline(always)]
fn quarter(turns: &[Turns], stride: usize, from: [&[f64]; 2], to: [&mut [f64]; 2]) {
    let [to_re, to_im] = to;
    let length = turns.len() * stride;
    let part = |k: usize| {
        let range = k * length..(k + 1) * length;
        (&from[0][range.clone()], &from[1][range])
    };
    let (a, b, c, d) = (part(0), part(1), part(2), part(3));
    let runs = to_re
        .chunks_exact_mut(4 * stride)
        .zip(to_im.chunks_exact_mut(4 * stride));
    for (p, ((re, im), w)) in runs.zip(turns).enumerate() {
        let range = p * stride..(p + 1) * stride;
        let (a_re, a_im) = (&a.0[range.clone()], &a.1[range.clone()]);
        let (b_re, b_im) = (&b.0[range.clone()], &b.1[range.clone()]);
        let (c_re, c_im) = (&c.0[range.clone()], &c.1[range.clone()]);
        let (d_re, d_im) = (&d.0[range.clone()], &d.1[range]);
        let (re_0, re) = re.split_at_mut(stride);
        let (re_1, re) = re.split_at_mut(stride);
        let (re_2, re_3) = re.split_at_mut(stride);
        let (im_0, im) = im.split_at_mut(stride);
        let (im_1, im) = im.split_at_mut(stride);
        let (im_2, im_3) = im.split_at_mut(stride);
        for q in 0..stride {
            let sum = (a_re[q] + c_re[q], a_im[q] + c_im[q]);
            let apart = (a_re[q] - c_re[q], a_im[q] - c_im[q]);
            let other = (b_re[q] + d_re[q], b_im[q] + d_im[q]);
            // The difference of the other two, turned by a quarter.
            let turned = (d_im[q] - b_im[q], b_re[q] - d_re[q]);
            (re_0[q], im_0[q]) = (sum.0 + other.0, sum.1 + other.1);
            let times = |re: f64, im: f64, k: usize| {
                (
                    re * w[2 * k] - im * w[2 * k + 1],
                    re * w[2 * k + 1] + im * w[2 * k],
                )
            };
            (re_1[q], im_1[q]) = times(apart.0 - turned.0, apart.1 - turned.1, 0);
            (re_2[q], im_2[q]) = times(sum.0 - other.0, sum.1 - other.1, 1);
            (re_3[q], im_3[q]) = times(apart.0 + turned.0, apart.1 + turned.1, 2);
        }
    }
}
