//! Detrended fluctuation analysis.

use pulp::Simd;

use super::windows::{Windows, covered, is_flat, lay_out, slope};
use crate::kernels::Kernel;
use crate::kernels::eight_sums::Lanes;
use crate::lanes::{Eight, LANES, dispatch_eight};

/// Exponent of detrended fluctuation: slope of `log F(n)` over `log n`, where `F(n)` is the root mean
/// square that the running sum of deviations keeps about straight lines fitted in windows of `n` steps,
/// which lie one after another. White noise has 0.5, a random walk 1.5.
///
/// Window lengths are 4 and every whole part of `4 * 1.2^k` up to a tenth of the series. Missing steps count
/// as the mean of the known ones. Lengths at which the sum is made of straight lines are skipped. NaN for a
/// flat series and where fewer than two lengths remain, so for fewer than 58 steps.
///
/// Source: Peng et al. (1994).
#[derive(Debug, Clone, Copy, Default)]
pub struct DetrendedFluctuation;

/// Window lengths with their logarithms for one length of series, and memory for its windows.
#[derive(Debug, Default)]
pub struct Fluctuation {
    n_steps: usize,
    scales: Vec<(usize, f64)>,
    windows: Windows,
    points: Vec<(f64, f64)>,
}

const SHORTEST: f64 = 4.0;
const FACTOR: f64 = 1.2;
const LONGEST: f64 = 0.1;
/// Fluctuation that counts as none, relative to the farthest that the running sum goes: what rounding
/// leaves of a straight line.
const ROUNDING: f64 = 1e-12;

fn scales(n_steps: usize) -> Vec<(usize, f64)> {
    // Computed as antropy does: a length is won or lost where the quotient of logarithms is whole.
    let most = LONGEST * n_steps as f64;
    let last = (libm::log(most / SHORTEST) / libm::log(FACTOR)).floor();
    let mut lengths = vec![SHORTEST as usize];
    let mut k = 0.0;
    while k <= last {
        lengths.push((SHORTEST * libm::pow(FACTOR, k)).floor() as usize);
        k += 1.0;
    }
    lengths.dedup();
    lengths
        .into_iter()
        .map(|n| (n, libm::log(n as f64)))
        .collect()
}

impl Kernel for DetrendedFluctuation {
    type Workspace = Fluctuation;

    fn width(&self, _n_steps: usize) -> usize {
        1
    }

    fn measure(&self, x: &[f64], workspace: &mut Fluctuation, out: &mut [f64]) {
        if workspace.n_steps != x.len() {
            workspace.n_steps = x.len();
            workspace.scales = scales(x.len());
        }
        fluctuations(x, workspace);
        out.fill(slope(&workspace.points));
    }
}

dispatch_eight! {
    /// Points of which the slope is wanted; none for a flat series.
    fn fluctuations<'a>(simd, x: &'a [f64], workspace: &'a mut Fluctuation) {
        let Fluctuation { scales, windows: Windows { d, tile }, points, .. } = workspace;
        points.clear();
        if is_flat(simd, x, d) {
            return;
        }
        let mut sum = 0.0;
        let mut farthest = 0.0_f64;
        for v in d.iter_mut() {
            sum += *v;
            *v = sum;
            farthest = farthest.max(sum.abs());
        }
        tile.resize(scales.iter().map(|&(n, _)| n).max().unwrap_or(0), [0.0; LANES]);
        for &(n, log_n) in &*scales {
            let (mut total, mut count) = (0.0, 0.0);
            let tile = &mut tile[..n];
            for group in covered(d, n).chunks(n * LANES) {
                lay_out(group, tile);
                let squares = squares_about_lines(simd, tile);
                for square in &squares[..group.len() / n] {
                    total += square.max(0.0);
                    count += 1.0;
                }
            }
            let fluctuation = (total / (count * n as f64)).sqrt();
            if fluctuation > ROUNDING * farthest {
                points.push((log_n, libm::log(fluctuation)));
            }
        }
    }
}

/// Sums of squared distances from the least-squares line of eight windows.
///
/// The line from the first to the last step is taken off before, so that no digits go with the square of a
/// running sum that is far from 0 and steep.
#[inline(always)]
fn squares_about_lines<S: Simd>(simd: S, tile: &[Lanes]) -> Lanes {
    let n = tile.len() as f64;
    let first = Eight::load(simd, &tile[0]);
    let last = Eight::load(simd, &tile[tile.len() - 1]);
    let down = (first - last) * Eight::splat(simd, 1.0 / (n - 1.0));
    let one = Eight::splat(simd, 1.0);
    let center = Eight::splat(simd, (n - 1.0) / 2.0);
    let zero = Eight::splat(simd, 0.0);
    let (mut sum, mut product, mut square, mut t) = (zero, zero, zero, zero);
    for slot in tile {
        let d = down.mul_add(t, Eight::load(simd, slot) - first);
        sum = sum + d;
        product = d.mul_add(t - center, product);
        square = d.mul_add(d, square);
        t = t + one;
    }
    let spread = n * (n * n - 1.0) / 12.0;
    let level = sum * sum * Eight::splat(simd, 1.0 / n);
    let steep = product * product * Eight::splat(simd, 1.0 / spread);
    (square - level - steep).to_array()
}
