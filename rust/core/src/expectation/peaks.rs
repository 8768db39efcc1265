//! Is the strongest window an outlier among the account's own strongest windows?
//!
//! The bootstrap holds the strongest window in its own pool, so it can hardly call it strange. Here
//! the window is held against the tail that the *other* peaks draw: if peak sizes have a Pareto tail,
//! the gaps between their ordered logarithms, each times its rank, are exponential with one mean
//! (Rényi 1953, doi:10.1007/BF02127580), and a first gap too wide for the others has an exact p-value.

use super::windows::Grid;

/// Peaks that draw the tail, the strongest included.
const PEAKS: usize = 12;
/// Fewest peaks from which a tail is drawn.
const LEAST_PEAKS: usize = 5;
/// Most peaks that may stand out together: an attack in rounds has several alike.
const MOST_OUTLIERS: usize = 5;
/// Windows below this |Z| are no peaks.
const FLOOR: f64 = 0.8;

/// Sizes of the strongest windows that do not touch, falling.
fn peaks(grid: &Grid, z: &[f64]) -> Vec<f64> {
    let mut left: Vec<(f64, u32, u32)> = z
        .iter()
        .zip(&grid.windows)
        .filter(|(z, _)| z.abs() >= FLOOR)
        .map(|(z, w)| (z.abs(), w.0, w.1))
        .collect();
    let mut found = Vec::with_capacity(PEAKS);
    while found.len() < PEAKS {
        let mut best: Option<(f64, u32, u32)> = None;
        for &window in &left {
            if best.is_none_or(|b| window.0 > b.0) {
                best = Some(window);
            }
        }
        let Some((size, start, end)) = best else {
            break;
        };
        found.push(size);
        left.retain(|&(_, from, to)| from > end || to < start);
    }
    found
}

/// Probability of a first gap as wide as here, smallest over how many peaks stand out together.
///
/// `z`: signed Z of every window of the grid. 1 where there are too few peaks to tell.
pub fn p_value(grid: &Grid, z: &[f64]) -> f64 {
    let sizes = peaks(grid, z);
    if sizes.len() < LEAST_PEAKS {
        return 1.0;
    }
    let gaps: Vec<f64> = sizes
        .windows(2)
        .zip(1..)
        .map(|(pair, rank)| f64::from(rank) * libm::log(pair[0] / pair[1]))
        .collect();
    let mut smallest = 1.0_f64;
    for outliers in 1..=MOST_OUTLIERS.min(gaps.len() + 2 - LEAST_PEAKS) {
        let rest = &gaps[outliers..];
        let sum: f64 = rest.iter().sum::<f64>().max(1e-9);
        let p = libm::pow(1.0 + gaps[outliers - 1] / sum, -(rest.len() as f64));
        // Shares of the error: half for one peak, a quarter for two, and so on.
        smallest = smallest.min(p * f64::from(1_u32 << outliers));
    }
    smallest.max(f64::MIN_POSITIVE)
}
