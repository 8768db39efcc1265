//! Where a change begins and ends, and the slow changes that no bridge sees.
//!
//! A bridge starts from the neighbours of a window, and the level of a slow feed has reached them. The
//! residuals around the stiff part keep it; clipped, they are not decided by one large step.

use super::fit::Fit;
use super::windows::Grid;

/// Residuals count at most this many standard deviations.
const CLIP: f64 = 1.5;
/// Shortest slow window in steps.
const SLOWEST_FROM: usize = 6;
/// Median and 90 % point of the strongest organic window of a length, by its share of the series:
/// `(share, median, 90 % point)`. Four real sets (hourly videos, mentions and posts, monthly stars)
/// agree on them within 0.2; long windows score lower because the stiff part has followed them.
const ORGANIC: [(f64, f64, f64); 8] = [
    (0.03, 1.9, 2.4),
    (0.05, 1.75, 2.4),
    (0.08, 1.65, 2.3),
    (0.11, 1.5, 2.2),
    (0.15, 1.3, 2.1),
    (0.2, 1.15, 1.95),
    (0.27, 1.05, 1.75),
    (0.39, 0.95, 1.5),
];

/// Score of each window from residuals clipped at [`CLIP`]: where a change begins and ends, without
/// one large step deciding it.
pub fn scores(grid: &Grid, fit: &Fit, standardised: &[f64]) -> Vec<f64> {
    let n = standardised.len();
    let mut sums = vec![0.0; n + 1];
    let mut shared = 0.0;
    for t in 0..n {
        let u = standardised[t];
        let u = if u.is_nan() {
            0.0
        } else {
            u.clamp(-CLIP, CLIP)
        };
        sums[t + 1] = sums[t] + u;
        shared += fit.law.variance / fit.stiff_variance(t);
    }
    // Share of the variance of a residual that the slow level has in common.
    shared /= n.max(1) as f64;
    let scale: Vec<f64> = grid
        .lengths
        .iter()
        .map(|&l| {
            let l = l as f64;
            1.0 / (l * (1.0 - shared) + l * l * shared * fit.law.pooling(l)).sqrt()
        })
        .collect();
    grid.windows
        .iter()
        .map(|&(start, end, k)| (sums[end as usize] - sums[start as usize]) * scale[usize::from(k)])
        .collect()
}

/// Median and 90 % point of the organic maximum at a share of the series, between the table's rows.
fn organic(share: f64) -> (f64, f64) {
    let mut before = ORGANIC[0];
    for row in ORGANIC {
        if share <= row.0 {
            let step = (row.0 - before.0).max(1e-9);
            let along = ((share - before.0) / step).clamp(0.0, 1.0);
            return (
                before.1 + along * (row.1 - before.1),
                before.2 + along * (row.2 - before.2),
            );
        }
        before = row;
    }
    (before.1, before.2)
}

/// The slow window that is most unusual for its length: `(start, end, score)`. The score is signed;
/// organic series reach the median 0 and the 90 % point 1 at each length, so that lengths compare.
pub fn slowest(grid: &Grid, place: &[f64], n_steps: usize) -> Option<(usize, usize, f64)> {
    let scales: Vec<(f64, f64)> = grid
        .lengths
        .iter()
        .map(|&l| organic(l as f64 / n_steps.max(1) as f64))
        .collect();
    let mut best = None;
    let mut best_score = f64::NEG_INFINITY;
    for (&(start, end, k), &value) in grid.windows.iter().zip(place) {
        let (median, high) = scales[usize::from(k)];
        let score = (value.abs() - median) / (high - median);
        if score > best_score && (end - start) as usize >= SLOWEST_FROM {
            best_score = score;
            best = Some((
                start as usize,
                end as usize,
                score.max(0.0) * value.signum(),
            ));
        }
    }
    best
}
