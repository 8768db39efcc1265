//! Orders of a round size: exactly so many actions, spread as the rates say.
//!
//! Poisson counts under the condition of their sum are multinomial. They are drawn in lanes: the
//! steps are dealt out to [`LANES`] lanes, the total falls on them by halving (binomially on two
//! halves, each part on two halves of its own), and every lane deals out its part step by step.

use super::scratch::LANES;
use crate::lanes::{Key, binomials};
use crate::rng::Stream;

/// Order sizes that panels sell; an order is rounded to the largest that is at most half of it.
const ROUND_SIZES: [f64; 6] = [10_000.0, 1000.0, 500.0, 100.0, 50.0, 10.0];
/// Totals from here on are not exact in `f32`.
const LARGEST_EXACT: f64 = 16_777_216.0;
/// Sums of rates are never taken smaller: nothing by nothing is no share.
const LEAST_SUM: f32 = 1e-35;
/// Times that the total is halved.
const LEVELS: usize = LANES.ilog2() as usize;
const PAIRS: usize = LANES / 2;
/// Trials and words behind the last pair: nothing rare, which would slow all down.
const IDLE_TRIALS: f32 = 1000.0;
const IDLE_WORD: u32 = 1 << 30;

type Lanes = [f32; LANES];

/// Sum of rates, in the same order on every machine.
#[inline(always)]
pub(crate) fn total(rates: &[f32]) -> f64 {
    let mut sums = [0.0; 8];
    let chunks = rates.chunks_exact(8);
    let rest: f64 = chunks.remainder().iter().map(|rate| f64::from(*rate)).sum();
    for chunk in chunks {
        for (sum, rate) in sums.iter_mut().zip(chunk) {
            *sum += f64::from(*rate);
        }
    }
    sums.iter().sum::<f64>() + rest
}

/// The round number that an order of about `total` is sold as; none for the smallest.
#[inline(always)]
pub(crate) fn rounded(total: f64) -> Option<f64> {
    let unit = ROUND_SIZES.into_iter().find(|&size| size <= 0.5 * total)?;
    Some((total / unit).round() * unit)
}

/// Spreads `total` actions over steps of the given rates. `sums` has a block for each block of rates.
/// Totals beyond `f32` draw from `again`, which is made only then.
#[inline(always)]
pub(crate) fn spread(
    total: f64,
    rates: &[f32],
    (key, purpose): (Key, u64),
    sums: &mut [Lanes],
    out: &mut [Lanes],
    again: impl FnOnce() -> Stream,
) {
    if total > LARGEST_EXACT {
        spread_in_order(&mut again(), total, rates, out.as_flattened_mut());
        return;
    }
    for (out, rates) in out.iter_mut().zip(rates.chunks(LANES)) {
        *out = [0.0; LANES];
        out[..rates.len()].copy_from_slice(rates);
    }
    // Summed from the end, so that the last step with a rate has a share of exactly 1.
    let mut sum = [0.0; LANES];
    for (sums, rates) in sums.iter_mut().zip(&*out).rev() {
        for lane in 0..LANES {
            sum[lane] += rates[lane];
        }
        *sums = sum;
    }
    let mut words = [[0; LANES]; 4];
    let [a, b, c, d] = &mut words;
    key.words(purpose, 0, [a, b, c, d]);
    let mut left = halved(total as f32, &sum, &words);
    let last = out.len() - 1;
    for (block, (rates, sums)) in out[..last].iter_mut().zip(&*sums).enumerate() {
        if block % 4 == 0 {
            let [a, b, c, d] = &mut words;
            key.words(purpose, ((1 + block / 4) * LANES) as u32, [a, b, c, d]);
        }
        let mut shares = [0.0; LANES];
        for lane in 0..LANES {
            shares[lane] = rates[lane] / sums[lane].max(LEAST_SUM);
        }
        binomials(&left, &shares, &words[block % 4], rates);
        for lane in 0..LANES {
            left[lane] -= rates[lane];
        }
    }
    out[last] = left;
}

/// Deals out `total` to lanes of the given sums; a vector of half a block of words for each level.
#[inline(always)]
fn halved(total: f32, sums: &Lanes, words: &[[u32; LANES]; 4]) -> Lanes {
    let mut tree = [*sums; LEVELS + 1];
    for level in (0..LEVELS).rev() {
        for i in 0..PAIRS {
            tree[level][i] = tree[level + 1][2 * i] + tree[level + 1][2 * i + 1];
        }
    }
    let mut nodes = [0.0; LANES];
    nodes[0] = total;
    for level in 0..LEVELS {
        let (mut trials, mut shares) = ([IDLE_TRIALS; LANES], [0.5; LANES]);
        let mut drawn = [IDLE_WORD; LANES];
        drawn[..PAIRS].copy_from_slice(&words[level / 2][(level % 2) * PAIRS..][..PAIRS]);
        for i in 0..PAIRS {
            let real = i < 1 << level;
            let share = tree[level + 1][2 * i] / tree[level][i].max(LEAST_SUM);
            trials[i] = if real { nodes[i] } else { trials[i] };
            shares[i] = if real { share } else { shares[i] };
        }
        let mut first = [0.0; LANES];
        binomials(&trials, &shares, &drawn, &mut first);
        let parents = nodes;
        for i in 0..PAIRS {
            nodes[2 * i] = first[i];
            nodes[2 * i + 1] = parents[i] - first[i];
        }
    }
    nodes
}

/// The same, step after step in `f64`.
#[cold]
#[inline(never)]
fn spread_in_order(stream: &mut Stream, total: f64, rates: &[f32], out: &mut [f32]) {
    let mut left = total;
    let mut rest: f64 = rates.iter().map(|rate| f64::from(*rate)).sum();
    let last = rates.iter().rposition(|rate| *rate > 0.0);
    for (t, (count, rate)) in out.iter_mut().zip(rates).enumerate() {
        let rate = f64::from(*rate);
        // Rounding of the running sum must not lose the last actions.
        let share = if Some(t) == last { 1.0 } else { rate / rest };
        let k = stream.binomial(left, share);
        rest -= rate;
        left -= k;
        *count = k as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread_once(total: f64, rates: &[f32], index: u64) -> Vec<f32> {
        let n_blocks = rates.len().div_ceil(LANES);
        // What other accounts left must not matter.
        let mut sums = vec![[7.0; LANES]; n_blocks];
        let mut out = vec![[9.0; LANES]; n_blocks];
        let key = (Key::new(3, index), 5);
        let again = || Stream::new(3, index, 5);
        spread(total, rates, key, &mut sums, &mut out, again);
        out.as_flattened()[..rates.len()].to_vec()
    }

    #[test]
    fn every_action_lands_on_a_step_with_a_rate() {
        for n in [1, 2, 5, 31, 32, 33, 64, 100, 336, 1000] {
            for (index, total) in [10.0, 500.0, 30_000.0, 9e6, 4e7].into_iter().enumerate() {
                let rates: Vec<f32> = (0..n)
                    .map(|t| {
                        if t % 3 == 2 {
                            0.0
                        } else {
                            0.1 + (t % 7) as f32
                        }
                    })
                    .collect();
                let counts = spread_once(total, &rates, index as u64);
                for (count, rate) in counts.iter().zip(&rates) {
                    assert!(*count >= 0.0 && count.fract() == 0.0);
                    assert!(*rate > 0.0 || *count == 0.0, "{n} {total}: {count}");
                }
                let sum: f64 = counts.iter().map(|count| f64::from(*count)).sum();
                // A step of more than `f32` can count rounds.
                let rounding = if counts.iter().all(|count| f64::from(*count) < LARGEST_EXACT) {
                    0.0
                } else {
                    f64::from(n)
                };
                assert!((sum - total).abs() <= rounding, "{n} steps: {sum}");
            }
        }
    }

    #[test]
    fn counts_are_multinomial() {
        let rates: Vec<f32> = (0..70).map(|t| 1.0 + (t % 10) as f32).collect();
        let (total, draws) = (3000.0, 600);
        let chance = |t: usize| f64::from(rates[t]) / self::total(&rates);
        let n = rates.len();
        let mut sums = vec![0.0; n];
        let (mut distance, mut ends) = (0.0, 0.0);
        for index in 0..draws {
            let counts = spread_once(total, &rates, index);
            let error = |t: usize| f64::from(counts[t]) - total * chance(t);
            for t in 0..n {
                sums[t] += error(t);
                distance += error(t).powi(2) / (total * chance(t));
            }
            // Two sets of steps that no split of the tree separates cleanly.
            let part: f64 = (0..n).filter(|t| t % 4 < 2).map(error).sum();
            ends += part * part;
        }
        let draws = draws as f64;
        for (t, sum) in sums.iter().enumerate() {
            let sd = (draws * total * chance(t) * (1.0 - chance(t))).sqrt();
            assert!(sum.abs() < 4.5 * sd, "step {t}: {sum}, {sd}");
        }
        // Pearson's distance has mean n - 1 and variance 2 (n - 1).
        let (mean, sd) = (n as f64 - 1.0, (2.0 * (n as f64 - 1.0) / draws).sqrt());
        assert!((distance / draws - mean).abs() < 5.0 * sd, "{distance}");
        let share: f64 = (0..n).filter(|t| t % 4 < 2).map(chance).sum();
        let variance = total * share * (1.0 - share);
        let ratio = ends / draws / variance;
        assert!((ratio - 1.0).abs() < 5.0 * (2.0 / draws).sqrt(), "{ratio}");
    }

    #[test]
    fn totals_are_sums_and_round_numbers_that_panels_sell() {
        let rates: Vec<f32> = (0..1003).map(|t| t as f32 * 0.5).collect();
        assert_eq!(total(&rates), 0.5 * 1002.0 * 1003.0 / 2.0);
        assert_eq!(total(&[]), 0.0);
        assert_eq!(rounded(19.9), None);
        assert_eq!(rounded(20.0), Some(20.0));
        assert_eq!(rounded(1234.0), Some(1000.0));
        assert_eq!(rounded(98_765.0), Some(100_000.0));
    }
}
