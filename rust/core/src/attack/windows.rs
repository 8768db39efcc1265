//! What an attack really changed.

use std::ops::Range;

use crate::lanes::dispatch;
use crate::simulate::account::N_METRICS;

/// Cells that are compared at once.
pub(crate) const BLOCK: usize = 64;
/// Cells whose flags are kept at once.
const PART: usize = 512;

/// Changed cells of one metric, joined over short pauses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// Number of the metric.
    pub metric: usize,
    /// First changed step.
    pub start: usize,
    /// First step after the last changed one.
    pub end: usize,
    /// Attacked minus clean, summed; negative where a purge took more than was added.
    pub injected: f64,
}

/// Compares two versions of an account inside `open`: sets bit `m` of each step of `bits` whose
/// metric `m` changed, and appends the windows of changed cells, by metric and start.
///
/// Cells with at most `pause_steps` unchanged ones between them share a window. Missing cells do not
/// differ.
pub fn changed(
    clean: [&[f32]; N_METRICS],
    attacked: [&[f32]; N_METRICS],
    open: Range<usize>,
    pause_steps: usize,
    bits: &mut [u8],
    windows: &mut Vec<Window>,
) {
    compare_all(clean, attacked, open, pause_steps, bits, windows);
}

dispatch! {
    fn compare_all<'a>(
        clean: [&'a [f32]; N_METRICS],
        attacked: [&'a [f32]; N_METRICS],
        open: Range<usize>,
        pause_steps: usize,
        bits: &'a mut [u8],
        windows: &'a mut Vec<Window>,
    ) {
        for m in 0..N_METRICS {
            compare(m, clean[m], attacked[m], open.clone(), pause_steps, bits, windows);
        }
    }
}

/// Appends the windows in which two versions of one metric differ.
pub fn metric_windows(
    metric: usize,
    clean: &[f32],
    attacked: &[f32],
    pause_steps: usize,
    windows: &mut Vec<Window>,
) {
    compare_one(metric, clean, attacked, pause_steps, windows);
}

dispatch! {
    fn compare_one<'a>(
        metric: usize,
        clean: &'a [f32],
        attacked: &'a [f32],
        pause_steps: usize,
        windows: &'a mut Vec<Window>,
    ) {
        let all = 0..clean.len();
        // Flags need a bit of their own only where they are kept.
        let first = windows.len();
        compare(0, clean, attacked, all, pause_steps, &mut [], windows);
        for window in &mut windows[first..] {
            window.metric = metric;
        }
    }
}

#[inline(always)]
fn compare(
    metric: usize,
    clean: &[f32],
    attacked: &[f32],
    open: Range<usize>,
    pause_steps: usize,
    bits: &mut [u8],
    windows: &mut Vec<Window>,
) {
    let length = clean.len().min(attacked.len());
    // The window that grows: empty before the first.
    let (mut start, mut end) = (0_usize, 0_usize);
    let first = windows.len();
    let bit = 1 << metric;
    // Whole blocks vectorise best, and outside `open` nothing differs.
    let last = open.end.min(length);
    for part in (open.start / BLOCK * BLOCK..last).step_by(PART) {
        // All flags first: a word of flags is not there yet when they have just been written.
        let mut flags = [[0; BLOCK]; PART / BLOCK];
        let n_blocks = (last - part).div_ceil(BLOCK).min(PART / BLOCK);
        for (k, flags) in flags[..n_blocks].iter_mut().enumerate() {
            let base = part + k * BLOCK;
            let block = base..(base + BLOCK).min(length);
            compare_block(&clean[block.clone()], &attacked[block.clone()], bit, flags);
            if let Some(bits) = bits.get_mut(block) {
                for (bits, flag) in bits.iter_mut().zip(&*flags) {
                    *bits |= *flag;
                }
            }
        }
        for (k, flags) in flags[..n_blocks].iter().enumerate() {
            let base = part + k * BLOCK;
            let mut word = packed(flags, metric);
            while word != 0 {
                let reach = (end + 1).saturating_add(pause_steps).saturating_sub(base);
                let near = word & low_bits(reach);
                if near != 0 && end > 0 {
                    // All of these join; the last one decides how far the window reaches.
                    let last = near.ilog2() as usize;
                    end = base + last + 1;
                    word &= !low_bits(last + 1);
                } else {
                    if end > 0 {
                        windows.push(window(metric, start..end));
                    }
                    start = base + word.trailing_zeros() as usize;
                    end = start + 1;
                    word &= word - 1;
                }
            }
        }
    }
    if end > 0 {
        windows.push(window(metric, start..end));
    }
    for window in &mut windows[first..] {
        let steps = window.start..window.end;
        window.injected = injected(&clean[steps.clone()], &attacked[steps]);
    }
}

/// A window whose volume is not known yet.
fn window(metric: usize, steps: Range<usize>) -> Window {
    Window {
        metric,
        start: steps.start,
        end: steps.end,
        injected: 0.0,
    }
}

/// Sets `bit` for each cell that differs; comparisons with a missing cell are false.
#[inline(always)]
fn compare_block(clean: &[f32], attacked: &[f32], bit: u8, flags: &mut [u8; BLOCK]) {
    if let (Some(clean), Some(attacked)) = (clean.first_chunk(), attacked.first_chunk()) {
        compare_cells::<BLOCK>(clean, attacked, bit, flags);
        return;
    }
    for (flag, (before, after)) in flags.iter_mut().zip(clean.iter().zip(attacked)) {
        *flag = if differs(*before, *after) { bit } else { 0 };
    }
}

#[inline(always)]
fn compare_cells<const N: usize>(
    clean: &[f32; N],
    attacked: &[f32; N],
    bit: u8,
    flags: &mut [u8; N],
) {
    for t in 0..N {
        flags[t] = if differs(clean[t], attacked[t]) {
            bit
        } else {
            0
        };
    }
}

#[inline(always)]
#[expect(
    clippy::double_comparisons,
    reason = "a missing cell is unequal to every other, but neither below nor above it"
)]
fn differs(before: f32, after: f32) -> bool {
    before < after || before > after
}

/// Whether any cell differs.
#[inline(always)]
pub(crate) fn differ(clean: &[f32], attacked: &[f32]) -> bool {
    clean
        .iter()
        .zip(attacked)
        .any(|(before, after)| differs(*before, *after))
}

/// One bit for each value above 0 of at most a block.
#[inline(always)]
pub(crate) fn positive(values: &[f32]) -> u64 {
    let mut flags = [0; BLOCK];
    for (flag, value) in flags.iter_mut().zip(values) {
        *flag = u8::from(*value > 0.0);
    }
    packed(&flags, 0)
}

/// One bit per flag; the flags are bit `place` of each byte.
#[inline(always)]
fn packed(flags: &[u8; BLOCK], place: usize) -> u64 {
    // Moves the lowest bit of byte i to bit 56 + i; no two products meet.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let mut word = 0;
    for (k, eight) in flags.as_chunks::<8>().0.iter().enumerate() {
        let ones = u64::from_le_bytes(*eight) >> place;
        word |= (ones.wrapping_mul(GATHER) >> 56) << (8 * k);
    }
    word
}

/// The lowest `n` bits.
#[inline(always)]
fn low_bits(n: usize) -> u64 {
    if n >= BLOCK { u64::MAX } else { (1 << n) - 1 }
}

/// Attacked minus clean, summed over the cells that are there.
#[inline(always)]
fn injected(clean: &[f32], attacked: &[f32]) -> f64 {
    // Enough sums side by side that none waits for the one before.
    const LANES: usize = 16;
    let change = |before: f32, after: f32| {
        let change = f64::from(after) - f64::from(before);
        if change.is_nan() { 0.0 } else { change }
    };
    let (before, last_before) = clean.as_chunks::<LANES>();
    let (after, last_after) = attacked.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for (before, after) in before.iter().zip(after) {
        for lane in 0..LANES {
            sums[lane] += change(before[lane], after[lane]);
        }
    }
    let rest = last_before.iter().zip(last_after);
    let rest: f64 = rest.map(|(before, after)| change(*before, *after)).sum();
    sums.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;

    /// The windows, found cell by cell.
    fn obvious(clean: &[f32], attacked: &[f32], pause_steps: usize) -> Vec<Window> {
        let mut windows: Vec<Window> = Vec::new();
        for (step, (before, after)) in clean.iter().zip(attacked).enumerate() {
            if before == after || before.is_nan() || after.is_nan() {
                continue;
            }
            let injected = f64::from(*after) - f64::from(*before);
            match windows.last_mut() {
                Some(last) if step - last.end <= pause_steps => {
                    last.end = step + 1;
                    last.injected += injected;
                }
                _ => windows.push(Window {
                    metric: 2,
                    start: step,
                    end: step + 1,
                    injected,
                }),
            }
        }
        windows
    }

    #[test]
    fn windows_and_bits_are_those_found_cell_by_cell() {
        let mut stream = Stream::new(1, 2, 3);
        for n in [0, 1, 63, 64, 65, 168, 336, 512, 513, 1300] {
            for density in [0.0, 0.004, 0.05, 0.6, 1.0] {
                let clean: Vec<f32> = (0..n).map(|_| stream.below(9) as f32).collect();
                let mut attacked = clean.clone();
                for count in &mut attacked {
                    if stream.chance(density) {
                        *count += stream.below(5) as f32 - 1.0;
                    }
                    if stream.chance(0.05) {
                        *count = f32::NAN;
                    }
                }
                for pause in [0, 1, 5, 24, 62, 63, 64, 200, usize::MAX] {
                    let want = obvious(&clean, &attacked, pause);
                    let mut got = Vec::new();
                    metric_windows(2, &clean, &attacked, pause, &mut got);
                    assert_eq!(got, want, "{n} steps, {density}, pause {pause}");
                    let (mut bits, mut all) = (vec![0; n], Vec::new());
                    let none: &[f32] = &[];
                    let [a, b] = [&clean[..], &attacked[..]];
                    let open = want.first().map_or(0, |w| w.start)..n;
                    changed(
                        [a, none, a, a],
                        [a, none, b, a],
                        open,
                        pause,
                        &mut bits,
                        &mut all,
                    );
                    assert_eq!(all, want);
                    for t in 0..n {
                        let differs = clean[t] != attacked[t] && !attacked[t].is_nan();
                        assert_eq!(bits[t], u8::from(differs) << 2, "step {t}");
                    }
                }
            }
        }
    }
}
