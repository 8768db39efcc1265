//! Shannon entropy of the histogram of a series.

use super::logs::{Histogram, LogTable, entropy_of_counts};
use crate::Error;
use crate::kernels::Kernel;
use crate::kernels::known::{known_values, range_of};
use crate::lanes::dispatch;

/// Bin numbers are held in 16 bits.
const MOST_BINS: usize = 1 << 16;

/// Shannon entropy in bits of the known values sorted into bins of equal width from the smallest to the
/// largest of them; every bin but the last excludes its upper edge. A value is counted in the bin that
/// `numpy.histogram` counts it in, edges that are not exact included. A flat series has 0.
///
/// NaN where no value is known, and where the range is too narrow (or too wide) for edges that differ, which
/// `NumPy` refuses.
///
/// Source: Shannon (1948), *A mathematical theory of communication*.
#[derive(Debug, Clone, Copy)]
pub struct ShannonEntropy {
    bins: usize,
}

/// Memory of [`ShannonEntropy`].
#[derive(Debug, Default)]
pub struct ShannonWorkspace {
    known: Vec<f64>,
    codes: Vec<u16>,
    histogram: Histogram,
    logs: LogTable,
}

impl ShannonEntropy {
    /// Entropy of a histogram of `bins` bins.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless there are 1 to 65,536.
    pub fn new(bins: usize) -> Result<Self, Error> {
        if (1..=MOST_BINS).contains(&bins) {
            Ok(Self { bins })
        } else {
            let allowed = format!("a whole number from 1 to {MOST_BINS}");
            Err(Error::out_of_range("bins", bins, allowed))
        }
    }
}

/// Edges of bins of equal width, as `numpy.linspace` rounds them.
#[derive(Clone, Copy)]
struct Edges {
    first: f64,
    last: f64,
    step: f64,
    bins: f64,
}

impl Edges {
    #[inline(always)]
    fn at(self, k: f64) -> f64 {
        if k == self.bins {
            self.last
        } else {
            k * self.step + self.first
        }
    }

    /// Whether each edge lies above the one before it.
    fn rise(self) -> bool {
        // Adding a step to an edge rounds by half a unit in the last place: only steps of a few of them can
        // fail to move it.
        let size = self.first.abs().max(self.last.abs());
        if self.step > size * (8.0 * f64::EPSILON) && self.step.is_normal() {
            return true;
        }
        let bins = self.bins as usize;
        self.step.is_normal() && (0..bins).all(|k| self.at(k as f64) < self.at(k as f64 + 1.0))
    }
}

/// Bin of a value: a first guess, which may be one off next to an edge, then compared with the edges.
#[inline(always)]
fn bin_of(v: f64, edges: Edges) -> f64 {
    // Adding and subtracting it rounds numbers from 0 to 2^51 to the nearest whole one.
    const TWO_52: f64 = 4_503_599_627_370_496.0;
    let position = (v - edges.first) / (edges.last - edges.first) * edges.bins;
    let nearest = (position + TWO_52) - TWO_52;
    let below = if nearest > position {
        nearest - 1.0
    } else {
        nearest
    };
    let top = edges.bins - 1.0;
    let guess = if below > top { top } else { below };
    let guess = if v < edges.at(guess) {
        guess - 1.0
    } else {
        guess
    };
    let beyond = v >= edges.at(guess + 1.0) && guess != top;
    if beyond { guess + 1.0 } else { guess }
}

dispatch! {
    fn find_range<'a>(x: &'a [f64], range: &'a mut (f64, f64)) {
        *range = range_of(x);
    }
}

dispatch! {
    fn find_bins<'a>(x: &'a [f64], edges: Edges, codes: &'a mut [u16]) {
        const TWO_52: f64 = 4_503_599_627_370_496.0;
        let codes = &mut codes[..x.len()];
        for i in 0..x.len() {
            codes[i] = (bin_of(x[i], edges) + TWO_52).to_bits() as u16;
        }
    }
}

impl Kernel for ShannonEntropy {
    type Workspace = ShannonWorkspace;

    fn width(&self, _n_steps: usize) -> usize {
        1
    }

    fn measure(&self, x: &[f64], workspace: &mut ShannonWorkspace, out: &mut [f64]) {
        let known = known_values(x, &mut workspace.known);
        let mut range = (0.0, 0.0);
        find_range(known, &mut range);
        let (first, last) = range;
        out[0] = if known.is_empty() {
            f64::NAN
        } else if first == last {
            0.0
        } else {
            let bins = self.bins as f64;
            let step = (last - first) / bins;
            let edges = Edges {
                first,
                last,
                step,
                bins,
            };
            if edges.rise() {
                workspace.codes.resize(known.len(), 0);
                find_bins(known, edges, &mut workspace.codes);
                let counts = workspace.histogram.count(&workspace.codes, self.bins);
                let log2 = workspace.logs.up_to(known.len());
                entropy_of_counts(counts.iter().copied(), known.len(), log2)
            } else {
                f64::NAN
            }
        };
    }
}
