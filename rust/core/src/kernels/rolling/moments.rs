//! Central moments of all windows, joined from spans of doubling length by the formulas of Pébay (2008).
//!
//! Means of equal values are equal to the bit, so a flat window has moments of exactly 0, and a window
//! that is not flat has a second moment above 0: no threshold is needed to tell them apart.

use super::spans::Spans;

/// Running extremes, so that comparing fills registers.
const LANES: usize = 16;

/// Mean and sums of powers of deviations from it, one list each; the k-th list is the k-th moment.
type Lists = [Vec<f64>; 4];

/// Memory for moments of spans, and for sums of them.
#[derive(Debug, Default)]
pub(super) struct Moments {
    pub(super) spans: Spans,
    front: Lists,
    back: Lists,
    whole: Lists,
    /// What was taken off every value.
    level: f64,
}

/// What joining a span of `p` steps with the following one of `q` needs.
#[derive(Clone, Copy)]
struct Join {
    /// `q / n` for the mean.
    late: f64,
    /// `p / n`.
    early: f64,
    /// `p q / n`.
    second: f64,
    /// `p q (p - q) / n^2`.
    third: f64,
    /// `p q (p^2 - p q + q^2) / n^3`.
    fourth: f64,
}

impl Join {
    #[inline(always)]
    fn new(p: usize, q: usize) -> Self {
        let (p, q) = (p as f64, q as f64);
        let n = p + q;
        Self {
            late: q / n,
            early: p / n,
            second: p * q / n,
            third: p * q / n * ((p - q) / n),
            fourth: p * q / n * ((p * p - p * q + q * q) / (n * n)),
        }
    }

    /// Moments up to `ORDER` of a span `a` and the following one `b`.
    #[inline(always)]
    fn of<const ORDER: usize>(self, a: [f64; 4], b: [f64; 4]) -> [f64; 4] {
        let d = b[0] - a[0];
        let dd = d * d;
        let mut all = [
            d.mul_add(self.late, a[0]),
            dd.mul_add(self.second, a[1] + b[1]),
            0.0,
            0.0,
        ];
        if ORDER > 2 {
            let slope = self.early.mul_add(b[1], -(self.late * a[1]));
            all[2] = d.mul_add(dd.mul_add(self.third, 3.0 * slope), a[2] + b[2]);
        }
        if ORDER > 3 {
            let spread = (self.early * self.early).mul_add(b[1], self.late * self.late * a[1]);
            let slope = self.early.mul_add(b[2], -(self.late * a[2]));
            let squares = dd.mul_add(dd.mul_add(self.fourth, 6.0 * spread), a[3] + b[3]);
            all[3] = d.mul_add(4.0 * slope, squares);
        }
        all
    }
}

/// Joins the spans that begin at `0..n` in `a` with those that begin at `skip..` in `b`.
#[inline(always)]
fn join_all<const ORDER: usize>(
    a: &Lists,
    b: &Lists,
    skip: usize,
    n: usize,
    join: Join,
    out: &mut Lists,
) {
    let [a0, a1, a2, a3] = a.each_ref().map(|list| &list[..n.min(list.len())]);
    let [b0, b1, b2, b3] = b
        .each_ref()
        .map(|list| list.get(skip..skip + n).unwrap_or_default());
    let [o0, o1, o2, o3] = out.each_mut().map(|list| {
        let n = n.min(list.len());
        &mut list[..n]
    });
    let (a0, a1, b0, b1) = (&a0[..n], &a1[..n], &b0[..n], &b1[..n]);
    let (o0, o1) = (&mut o0[..n], &mut o1[..n]);
    match ORDER {
        2 => {
            for i in 0..n {
                let all = join.of::<2>([a0[i], a1[i], 0.0, 0.0], [b0[i], b1[i], 0.0, 0.0]);
                (o0[i], o1[i]) = (all[0], all[1]);
            }
        }
        3 => {
            let (a2, b2, o2) = (&a2[..n], &b2[..n], &mut o2[..n]);
            for i in 0..n {
                let all = join.of::<3>([a0[i], a1[i], a2[i], 0.0], [b0[i], b1[i], b2[i], 0.0]);
                (o0[i], o1[i], o2[i]) = (all[0], all[1], all[2]);
            }
        }
        _ => {
            let (a2, b2, o2) = (&a2[..n], &b2[..n], &mut o2[..n]);
            let (a3, b3, o3) = (&a3[..n], &b3[..n], &mut o3[..n]);
            for i in 0..n {
                let all = join.of::<4>([a0[i], a1[i], a2[i], a3[i]], [b0[i], b1[i], b2[i], b3[i]]);
                (o0[i], o1[i], o2[i], o3[i]) = (all[0], all[1], all[2], all[3]);
            }
        }
    }
}

impl Moments {
    /// Moments up to `ORDER` of every window.
    #[inline(always)]
    fn of_windows<const ORDER: usize>(&mut self, x: &[f64], window: usize, n: usize) -> &Lists {
        for k in 0..ORDER {
            self.front[k].resize(x.len(), 0.0);
            self.back[k].resize(x.len(), 0.0);
            self.whole[k].resize(x.len(), 0.0);
            self.front[k].fill(0.0);
        }
        let level = level_of(x);
        self.level = level;
        for (first, v) in self.front[0].iter_mut().zip(x) {
            *first = v - level;
        }
        let mut length = 1;
        let mut done = 0;
        loop {
            if window & length != 0 {
                if done == 0 {
                    for k in 0..ORDER {
                        self.whole[k][..n].copy_from_slice(&self.front[k][..n]);
                    }
                } else {
                    let join = Join::new(done, length);
                    join_all::<ORDER>(&self.whole, &self.front, done, n, join, &mut self.back);
                    std::mem::swap(&mut self.whole, &mut self.back);
                }
                done += length;
            }
            if done == window {
                return &self.whole;
            }
            let left = x.len() + 1 - 2 * length;
            let join = Join::new(length, length);
            join_all::<ORDER>(&self.front, &self.front, length, left, join, &mut self.back);
            std::mem::swap(&mut self.front, &mut self.back);
            length *= 2;
        }
    }

    /// Variance of every window.
    #[inline(always)]
    pub(super) fn variances(&mut self, x: &[f64], window: usize, out: &mut [f64]) {
        let n = out.len();
        let [_, square, ..] = self.of_windows::<2>(x, window, n);
        let free = free(window);
        let square = &square[..n];
        for i in 0..n {
            out[i] = square[i] / free;
        }
    }

    /// Standard deviation of every window.
    #[inline(always)]
    pub(super) fn deviations(&mut self, x: &[f64], window: usize, out: &mut [f64]) {
        let n = out.len();
        let [_, square, ..] = self.of_windows::<2>(x, window, n);
        let free = free(window);
        let square = &square[..n];
        for i in 0..n {
            out[i] = (square[i] / free).sqrt();
        }
    }

    /// Score of the last step of every window.
    #[inline(always)]
    pub(super) fn scores(&mut self, x: &[f64], window: usize, out: &mut [f64]) {
        let n = out.len();
        self.of_windows::<2>(x, window, n);
        let level = self.level;
        let [mean, square, ..] = &self.whole;
        let free = free(window);
        let (mean, square, last) = (&mean[..n], &square[..n], &x[window - 1..][..n]);
        for i in 0..n {
            let flat = square[i] == 0.0;
            let score = ((last[i] - level) - mean[i]) / (square[i] / free).sqrt();
            out[i] = if flat { f64::NAN } else { score };
        }
    }

    /// Skewness of every window.
    #[inline(always)]
    pub(super) fn skews(&mut self, x: &[f64], window: usize, out: &mut [f64]) {
        if window < 3 {
            out.fill(f64::NAN);
            return;
        }
        let n = out.len();
        let [_, square, cube, _] = self.of_windows::<3>(x, window, n);
        let w = window as f64;
        let correction = w * (w - 1.0).sqrt() / (w - 2.0);
        let (square, cube) = (&square[..n], &cube[..n]);
        for i in 0..n {
            let flat = square[i] == 0.0;
            let skew = correction * (cube[i] / square[i]) / square[i].sqrt();
            out[i] = if flat { f64::NAN } else { skew };
        }
    }

    /// Excess kurtosis of every window.
    #[inline(always)]
    pub(super) fn kurtoses(&mut self, x: &[f64], window: usize, out: &mut [f64]) {
        if window < 4 {
            out.fill(f64::NAN);
            return;
        }
        let n = out.len();
        let [_, square, _, fourth] = self.of_windows::<4>(x, window, n);
        let w = window as f64;
        let scale = w * (w + 1.0) * (w - 1.0) / ((w - 2.0) * (w - 3.0));
        let normal = 3.0 * (w - 1.0) * (w - 1.0) / ((w - 2.0) * (w - 3.0));
        let (square, fourth) = (&square[..n], &fourth[..n]);
        for i in 0..n {
            let flat = square[i] == 0.0;
            let ratio = (fourth[i] / square[i]) / square[i];
            out[i] = if flat {
                f64::NAN
            } else {
                scale.mul_add(ratio, -normal)
            };
        }
    }
}

/// The value nearest to zero if all have one sign, else 0. Without it means of spans far from zero keep more
/// digits, and since no value grows, values that differ still do.
#[inline(always)]
fn level_of(x: &[f64]) -> f64 {
    let (mut low, mut high) = ([f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
    let (blocks, rest) = x.as_chunks::<LANES>();
    for block in blocks {
        for k in 0..LANES {
            low[k] = if block[k] < low[k] { block[k] } else { low[k] };
            high[k] = if block[k] > high[k] {
                block[k]
            } else {
                high[k]
            };
        }
    }
    let low = low
        .iter()
        .chain(rest)
        .copied()
        .fold(f64::INFINITY, f64::min);
    let high = high
        .iter()
        .chain(rest)
        .copied()
        .fold(f64::NEG_INFINITY, f64::max);
    if low > 0.0 && low < f64::INFINITY {
        low
    } else if high < 0.0 && high > f64::NEG_INFINITY {
        high
    } else {
        0.0
    }
}

/// Degrees of freedom of a variance; NaN where there is none, which makes the variance NaN.
#[inline(always)]
fn free(window: usize) -> f64 {
    if window > 1 {
        (window - 1) as f64
    } else {
        f64::NAN
    }
}
