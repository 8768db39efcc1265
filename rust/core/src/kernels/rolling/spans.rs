//! Sums and extremes of all windows, joined from spans of doubling length.
//!
//! A span of `2 h` steps is two spans of `h`, so all spans of length 2, 4, 8, ... take one pass each over
//! contiguous memory: vectors all the way, and nothing is ever subtracted.

/// Two buffers that take turns.
#[derive(Debug, Default)]
pub(super) struct Spans {
    front: Vec<f64>,
    back: Vec<f64>,
}

impl Spans {
    /// Starts with the spans of one step. Values beyond the series stay from before and are never read.
    #[inline(always)]
    fn start(&mut self, x: &[f64]) {
        self.back.resize(x.len(), 0.0);
        self.front.clear();
        self.front.extend_from_slice(x);
    }

    /// Spans twice as long: those of `length` that begin at `0..n`.
    #[inline(always)]
    fn double(&mut self, length: usize, n: usize, join: impl Fn(f64, f64) -> f64) {
        pairwise(
            &self.front[..n],
            &self.front[length..length + n],
            &mut self.back[..n],
            join,
        );
        std::mem::swap(&mut self.front, &mut self.back);
    }
}

/// `join` of two lists, value by value.
#[inline(always)]
fn pairwise(a: &[f64], b: &[f64], out: &mut [f64], join: impl Fn(f64, f64) -> f64) {
    let n = out.len();
    let (a, b) = (&a[..n], &b[..n]);
    for i in 0..n {
        out[i] = join(a[i], b[i]);
    }
}

/// Sum of every window, given to `finish`; false if one is not finite. The digits of the length of a
/// window in base 4 say which spans make it up. Four spans at a time, because passes are bound by memory,
/// not by additions.
#[inline(always)]
pub(super) fn sums(
    x: &[f64],
    window: usize,
    spans: &mut Spans,
    out: &mut [f64],
    finish: impl Fn(f64) -> f64 + Copy,
) -> bool {
    let (mut front, mut back) = (
        aligned(&mut spans.front, x.len()),
        aligned(&mut spans.back, x.len()),
    );
    let (mut length, mut done, mut rest) = (1, 0, window);
    let mut from = x;
    loop {
        let count = rest % 4;
        rest /= 4;
        if rest == 0 {
            return add(from, length, done, count, out, finish);
        }
        add(from, length, done, count, out, |sum| sum);
        done += length * count;
        let n = x.len() + 1 - 4 * length;
        // No window has a longer span before its `done` first steps.
        fours(&from[done..], length, &mut back[done..n]);
        std::mem::swap(&mut front, &mut back);
        from = front;
        length *= 4;
    }
}

/// Room for `n` values, at the start of a line of the cache: spans of 8 steps and more are then read
/// without crossing lines.
#[inline(always)]
fn aligned(buffer: &mut Vec<f64>, n: usize) -> &mut [f64] {
    const LINE: usize = 64;
    const PER_LINE: usize = LINE / size_of::<f64>();
    buffer.resize(n + PER_LINE, 0.0);
    let skip = buffer.as_ptr().align_offset(LINE).min(PER_LINE);
    &mut buffer[skip..skip + n]
}

/// Sums of four neighbouring spans.
#[inline(always)]
fn fours(from: &[f64], length: usize, to: &mut [f64]) {
    let n = to.len();
    let [a, b, c, d] = [0, 1, 2, 3].map(|k| &from[k * length..][..n]);
    for i in 0..n {
        to[i] = (a[i] + b[i]) + (c[i] + d[i]);
    }
}

/// Adds `count` neighbouring spans that begin `done` steps into a window, the first written, not added;
/// false if a result is not finite.
#[inline(always)]
fn add(
    from: &[f64],
    length: usize,
    done: usize,
    count: usize,
    out: &mut [f64],
    finish: impl Fn(f64) -> f64,
) -> bool {
    let n = out.len();
    match count {
        0 => true,
        1 => {
            let a = &from[done..][..n];
            put(out, done, |i| a[i], finish)
        }
        2 => {
            let [a, b] = [0, 1].map(|k| &from[done + k * length..][..n]);
            put(out, done, |i| a[i] + b[i], finish)
        }
        _ => {
            let [a, b, c] = [0, 1, 2].map(|k| &from[done + k * length..][..n]);
            put(out, done, |i| (a[i] + b[i]) + c[i], finish)
        }
    }
}

#[inline(always)]
fn put(
    out: &mut [f64],
    done: usize,
    part: impl Fn(usize) -> f64,
    finish: impl Fn(f64) -> f64,
) -> bool {
    let mut finite = true;
    if done == 0 {
        for i in 0..out.len() {
            out[i] = finish(part(i));
            finite &= out[i].is_finite();
        }
    } else {
        for i in 0..out.len() {
            out[i] = finish(out[i] + part(i));
            finite &= out[i].is_finite();
        }
    }
    finite
}

/// Smallest or largest value of every window: two spans that overlap cover it.
#[inline(always)]
pub(super) fn extremes(
    x: &[f64],
    window: usize,
    spans: &mut Spans,
    out: &mut [f64],
    better: impl Fn(f64, f64) -> f64 + Copy,
) {
    let n = out.len();
    let mut length = 1;
    spans.start(x);
    while 2 * length <= window {
        spans.double(length, x.len() + 1 - 2 * length, better);
        length *= 2;
    }
    let late = window - length;
    pairwise(&spans.front[..n], &spans.front[late..late + n], out, better);
}
