//! Changes of the mean.

use crate::Error;
use crate::kernels::Kernel;
use crate::kernels::lane_sums::{fold_by, smaller};
use crate::kernels::robust::{keep_known, spread};
use crate::lanes;

/// Starts that are looked at together. With half as many, the compiler unrolls the loop before it fills registers,
/// and a series takes 15 us instead of 9.
const LANES: usize = 32;
/// Costs that differ by less than this share are the same but for rounding; the earlier change is taken.
const SAME: f64 = 1e-12;

/// Changes of the mean: the segmentation that makes `sum over segments of (sum of (z - mean of the
/// segment)^2) + penalty * number of changes` smallest, over segments of at least `min_size` known steps,
/// with `z` the values over their robust standard deviation (as in [`super::Cusum`]).
///
/// Three values: the number of changes; the place of the strongest, as the share of the series before it;
/// its size, the mean after less the mean before, in robust standard deviations. The strongest is the one
/// whose removal costs most. Missing steps are left out. Without a change, as in a flat series, the size is
/// 0 and the place NaN; fewer than `2 * min_size` known steps give NaN.
///
/// Source: Killick, Fearnhead & Eckley (2012), *Journal of the American Statistical Association* 107.
#[derive(Debug, Clone, Copy)]
pub struct ChangePoints {
    min_size: usize,
    penalty: Option<f64>,
}

/// Memory of the kernel.
#[derive(Debug, Default)]
pub struct Work {
    z: Vec<f64>,
    buffer: Vec<f64>,
    /// Least cost up to each step, the penalty of the next segment included, less the sum of squares. Here and
    /// in the sums, [`LANES`] places where no segment starts precede the first step, so that blocks are full.
    cost: Vec<f64>,
    /// Sums of the values before each step.
    sum: Vec<f64>,
    /// Sums of their squares.
    square: Vec<f64>,
    /// `1 / n, ..., 1 / 1`, behind as many places.
    inverse: Vec<f64>,
    /// Ends of the segments, backwards.
    ends: Vec<usize>,
}

impl ChangePoints {
    /// Without a `penalty`, `3 ln n`: the leading term of the modified BIC (Zhang & Siegmund 2007).
    ///
    /// # Errors
    /// [`Error::OutOfRange`] if `min_size` is 0 or `penalty` is negative or not finite.
    pub fn new(min_size: usize, penalty: Option<f64>) -> Result<Self, Error> {
        if min_size == 0 {
            return Err(Error::out_of_range("min_size", min_size, "at least 1 step"));
        }
        match penalty {
            Some(given) if !(given.is_finite() && given >= 0.0) => Err(Error::out_of_range(
                "penalty",
                given,
                "a finite number of at least 0, or None for 3 ln n",
            )),
            _ => Ok(Self { min_size, penalty }),
        }
    }
}

impl Kernel for ChangePoints {
    type Workspace = Work;

    fn width(&self, _n_steps: usize) -> usize {
        3
    }

    fn measure(&self, x: &[f64], work: &mut Work, out: &mut [f64]) {
        keep_known(x, &mut work.z);
        let n = work.z.len();
        if n / 2 < self.min_size {
            out.fill(f64::NAN);
            return;
        }
        out.copy_from_slice(&[0.0, f64::NAN, 0.0]);
        let spread = spread(&work.z, &mut work.buffer);
        if spread.sd() == 0.0 {
            return;
        }
        let inverse = 1.0 / spread.sd();
        for z in &mut work.z {
            *z = (*z - spread.center) * inverse;
        }
        let penalty = self.penalty.unwrap_or(3.0 * libm::log(n as f64));
        work.prepare();
        cheapest(work, self.min_size, penalty);
        work.trace_back(self.min_size);
        if work.ends.len() < 2 {
            return;
        }
        let (place, size) = work.strongest();
        let mut known = x.iter().enumerate().filter(|(_, v)| v.is_finite());
        let step = known.nth(place).map_or(0, |(t, _)| t);
        out[0] = (work.ends.len() - 1) as f64;
        out[1] = step as f64 / x.len() as f64;
        out[2] = size;
    }
}

impl Work {
    fn prepare(&mut self) {
        let n = self.z.len();
        if self.inverse.len() != n + LANES {
            self.inverse.clear();
            self.inverse.resize(LANES, 0.0);
            self.inverse.extend((1..=n).rev().map(|k| 1.0 / k as f64));
        }
        self.sum.clear();
        self.sum.resize(LANES + 1, 0.0);
        self.square.clear();
        self.square.push(0.0);
        let (mut sum, mut square) = (0.0, 0.0);
        for &z in &self.z {
            sum += z;
            square += z * z;
            self.sum.push(sum);
            self.square.push(square);
        }
        self.cost.clear();
        self.cost.resize(LANES + n + 1, f64::INFINITY);
    }

    /// Sum of the values from `start` to before `end`.
    fn sum_of(&self, start: usize, end: usize) -> f64 {
        self.sum[end + LANES] - self.sum[start + LANES]
    }

    /// Reduction of the cost of the steps from `start` to `end` by their mean.
    fn gain(&self, start: usize, end: usize) -> f64 {
        let sum = self.sum_of(start, end);
        sum * sum / (end - start) as f64
    }

    /// Ends of the segments, last first. Where several last changes cost the same, the earliest is taken,
    /// whatever rounding says.
    fn trace_back(&mut self, min_size: usize) {
        self.ends.clear();
        let mut end = self.z.len();
        while end > 0 {
            self.ends.push(end);
            let total = |start: usize| self.cost[start + LANES] - self.gain(start, end);
            let starts = 0..=end.saturating_sub(min_size);
            let least = starts.clone().map(total).fold(f64::INFINITY, f64::min);
            let limit = least + SAME * (1.0 + self.square[end]);
            end = starts
                .clone()
                .find(|&start| total(start) <= limit)
                .unwrap_or(0);
        }
    }

    /// First step after the strongest change, and its size. Segments are listed backwards.
    fn strongest(&self) -> (usize, f64) {
        let mut best = (0, 0.0);
        let mut most = -1.0_f64;
        for k in (1..self.ends.len()).rev() {
            let start = self.ends.get(k + 1).copied().unwrap_or(0);
            let (place, end) = (self.ends[k], self.ends[k - 1]);
            let before = self.sum_of(start, place) / (place - start) as f64;
            let after = self.sum_of(place, end) / (end - place) as f64;
            let strength = self.gain(start, place) + self.gain(place, end) - self.gain(start, end);
            if strength > most + SAME * (1.0 + most.abs()) {
                most = strength;
                best = (place, after - before);
            }
        }
        best
    }
}

lanes::dispatch! {
    /// Least cost up to each step. A start that cannot begin the last segment of any later step is dropped
    /// as PELT drops it, but only with all before it: what is left is one block that fills registers.
    fn cheapest<'a>(work: &'a mut Work, min_size: usize, penalty: f64) {
        let n = work.z.len();
        work.cost[LANES] = penalty;
        let mut first = 0;
        for end in min_size..=n {
            // Last place where a segment that reaches to `end` may begin.
            let last = end - min_size;
            while first < last && work.is_beaten(first, last) {
                first += 1;
            }
            // Earlier starts do no harm, and fill up the first block.
            let starts = first + LANES - (LANES - (last + 1 - first) % LANES) % LANES..last + 1 + LANES;
            let inverses = n - end + starts.start..n - end + starts.end;
            let (cost, sum) = (&work.cost[starts.clone()], &work.sum[starts]);
            let least = least_cost(cost, sum, &work.inverse[inverses], work.sum[end + LANES]);
            work.cost[end + LANES] = least + penalty;
        }
    }
}

impl Work {
    /// Whether a segment from `start` on is never better than one from the later place `split` on, which is
    /// far enough from every end still to come.
    #[inline(always)]
    fn is_beaten(&self, start: usize, split: usize) -> bool {
        let reserve = SAME * (1.0 + self.square[split]);
        self.cost[start + LANES] - self.gain(start, split) > self.cost[split + LANES] + reserve
    }
}

/// Least `cost - gain` over all starts of the last segment, in whole blocks.
#[inline(always)]
fn least_cost(cost: &[f64], sum: &[f64], inverse: &[f64], total: f64) -> f64 {
    let mut least = [f64::INFINITY; LANES];
    let (cost, _) = cost.as_chunks::<LANES>();
    let (sum, _) = sum.as_chunks::<LANES>();
    let (inverse, _) = inverse.as_chunks::<LANES>();
    for ((cost, sum), inverse) in cost.iter().zip(sum).zip(inverse) {
        for k in 0..LANES {
            let difference = total - sum[k];
            let value = (difference * difference).mul_add(-inverse[k], cost[k]);
            least[k] = smaller(value, least[k]);
        }
    }
    fold_by(&least, smaller)
}
