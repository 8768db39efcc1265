//! Entropy of the orders in which neighbouring values rank.

use super::logs::{Histogram, LogTable, entropy_of_counts};
use crate::Error;
use crate::kernels::Kernel;
use crate::kernels::known::is_complete;
use crate::lanes::dispatch;

/// Patterns are numbered in 16 bits: 8! = 40,320 of them fit.
const MOST: usize = 8;
/// Up to this order (720 patterns) a table counts them; above, sorting costs less than clearing a table.
const MOST_IN_A_TABLE: usize = 6;

/// Permutation entropy in bits: the Shannon entropy of the orders in which `order` values, `delay` steps
/// apart, rank; of equal values the earlier one ranks first. With `normalize` divided by `log2(order!)`.
/// Patterns that touch a missing step are skipped. A flat series has one pattern: 0. NaN where no pattern is
/// whole.
///
/// Source: Bandt & Pompe (2002), *Physical Review Letters* 88, 174102.
#[derive(Debug, Clone, Copy)]
pub struct PermutationEntropy {
    order: usize,
    delay: usize,
    normalize: bool,
}

/// Memory of [`PermutationEntropy`].
#[derive(Debug, Default)]
pub struct PermutationWorkspace {
    falls: Vec<u8>,
    digits: Vec<u8>,
    codes: Vec<u16>,
    histogram: Histogram,
    logs: LogTable,
}

impl PermutationEntropy {
    /// Entropy of the patterns of `order` values `delay` steps apart.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless `order` is 2 to 8 and `delay` at least 1.
    pub fn new(order: usize, delay: usize, normalize: bool) -> Result<Self, Error> {
        if !(2..=MOST).contains(&order) {
            let allowed = format!(
                "a whole number from 2 to {MOST}: {MOST} steps have {} patterns, more than a series shows",
                factorial(MOST)
            );
            return Err(Error::out_of_range("order", order, allowed));
        }
        if delay == 0 {
            let allowed = "a whole number of steps of at least 1";
            return Err(Error::out_of_range("delay", delay, allowed));
        }
        Ok(Self {
            order,
            delay,
            normalize,
        })
    }
}

fn factorial(n: usize) -> usize {
    (1..=n).product()
}

dispatch! {
    /// Number of the pattern that starts at each step. Its digits count, for each value, how many later ones
    /// are smaller (Lehmer's code), which numbers the patterns without a gap. Nothing wraps: a number is below
    /// 8!, but a check of it would keep the loops from becoming vectors.
    fn find_patterns<'a>(
        x: &'a [f64],
        order: usize,
        delay: usize,
        falls: &'a mut [u8],
        digits: &'a mut [u8],
        codes: &'a mut [u16],
    ) {
        let n = x.len();
        // Row `lag - 1` of `falls`: whether the value `lag` delays later is smaller.
        for lag in 1..order {
            let m = n - lag * delay;
            let (now, later) = (&x[..m], &x[lag * delay..]);
            let row = &mut falls[(lag - 1) * n..][..m];
            for i in 0..m {
                row[i] = u8::from(later[i] < now[i]);
            }
        }
        let m = codes.len();
        let digits = &mut digits[..m];
        codes.fill(0);
        for place in 0..order - 1 {
            let weight = factorial(order - 1 - place) as u16;
            digits.fill(0);
            for lag in 1..order - place {
                let row = &falls[(lag - 1) * n + place * delay..][..m];
                for i in 0..m {
                    digits[i] = digits[i].wrapping_add(row[i]);
                }
            }
            for i in 0..m {
                codes[i] = codes[i].wrapping_add(weight.wrapping_mul(u16::from(digits[i])));
            }
        }
    }
}

/// Leaves the patterns that touch no missing step.
fn keep_whole(x: &[f64], reach: usize, delay: usize, codes: &mut Vec<u16>) {
    let missing = |t: usize| !x[t].is_finite();
    let mut kept = 0;
    for i in 0..codes.len() {
        if !(i..=i + reach).step_by(delay).any(missing) {
            codes[kept] = codes[i];
            kept += 1;
        }
    }
    codes.truncate(kept);
}

impl Kernel for PermutationEntropy {
    type Workspace = PermutationWorkspace;

    fn width(&self, _n_steps: usize) -> usize {
        1
    }

    fn measure(&self, x: &[f64], workspace: &mut PermutationWorkspace, out: &mut [f64]) {
        let n = x.len();
        let reach = (self.order - 1).saturating_mul(self.delay);
        out[0] = f64::NAN;
        if n <= reach {
            return;
        }
        let PermutationWorkspace {
            falls,
            digits,
            codes,
            histogram,
            logs,
        } = workspace;
        falls.resize((self.order - 1) * n, 0);
        digits.resize(n, 0);
        codes.resize(n - reach, 0);
        find_patterns(x, self.order, self.delay, falls, digits, codes);
        if !is_complete(x) {
            keep_whole(x, reach, self.delay, codes);
        }
        let total = codes.len();
        if total == 0 {
            return;
        }
        let log2 = logs.up_to(total);
        let n_patterns = factorial(self.order);
        let bits = if self.order <= MOST_IN_A_TABLE {
            let counts = histogram.count(codes, n_patterns);
            entropy_of_counts(counts.iter().copied(), total, log2)
        } else {
            codes.sort_unstable();
            let runs = codes.chunk_by(|a, b| a == b).map(|run| run.len() as u32);
            entropy_of_counts(runs, total, log2)
        };
        out[0] = if self.normalize {
            bits / libm::log2(n_patterns as f64)
        } else {
            bits
        };
    }
}
