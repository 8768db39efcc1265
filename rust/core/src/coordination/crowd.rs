//! How many accounts rise at each step, and which.

use super::residual::{Rise, Timeline};

/// How many accounts are there and how many rise at each step of the common line.
#[derive(Debug)]
pub(crate) struct Crowd {
    pub(crate) present: Vec<u32>,
    pub(crate) rising: Vec<u32>,
    /// Share of rises among all observed steps of all accounts.
    pub(crate) rate: f64,
}

impl Crowd {
    pub(crate) fn new(series: &[f32], offsets: &[usize], line: &Timeline, rises: &[Rise]) -> Self {
        let mut present = vec![0_u32; line.n_steps];
        let mut rising = vec![0_u32; line.n_steps];
        for (i, rise) in rises.iter().enumerate().filter(|(_, rise)| rise.judged) {
            let begin = line.begins[i];
            let own = &series[offsets[i]..offsets[i + 1]];
            for (count, value) in present[begin..].iter_mut().zip(own) {
                *count += u32::from(!value.is_nan());
            }
            for &t in &rise.steps {
                rising[begin + t] += 1;
            }
        }
        let total = |counts: &[u32]| counts.iter().map(|&n| u64::from(n)).sum::<u64>() as f64;
        let rate = total(&rising) / total(&present).max(1.0);
        Self {
            present,
            rising,
            rate,
        }
    }

    /// Log of the others that rise at a step over their average number; the half keeps it finite.
    pub(super) fn log_excess(&self, step: usize) -> f64 {
        let others = f64::from(self.present[step]) - 1.0;
        let rising = f64::from(self.rising[step]) - 1.0;
        libm::log((rising + 0.5) / (others * self.rate + 0.5))
    }
}

/// Accounts that rise at each step, ascending, at most `most` of them: the strongest, and
/// of those that are as strong as the first one left out, none.
pub(super) fn buckets(
    series: &[f32],
    offsets: &[usize],
    line: &Timeline,
    rises: &[Rise],
    rising: &[u32],
    most: usize,
) -> (Vec<u32>, Vec<usize>) {
    let mut all_bounds = Vec::with_capacity(rising.len() + 1);
    all_bounds.push(0_usize);
    all_bounds.extend(rising.iter().scan(0, |sum, &n| {
        *sum += n as usize;
        Some(*sum)
    }));
    let mut next = all_bounds.clone();
    let mut all = vec![0_u32; all_bounds[rising.len()]];
    for (i, rise) in rises.iter().enumerate() {
        for t in &rise.steps {
            let slot = &mut next[line.begins[i] + t];
            all[*slot] = i as u32;
            *slot += 1;
        }
    }
    if rising.iter().all(|&n| n as usize <= most) {
        return (all, all_bounds);
    }
    let (mut kept, mut bounds) = (Vec::with_capacity(all.len()), vec![0]);
    for (step, bound) in all_bounds.windows(2).enumerate() {
        let bucket = &all[bound[0]..bound[1]];
        let strength = |&i: &u32| {
            let i = i as usize;
            series[offsets[i] + step - line.begins[i]]
        };
        if bucket.len() <= most {
            kept.extend_from_slice(bucket);
        } else {
            let mut values: Vec<f32> = bucket.iter().map(strength).collect();
            let rank = values.len() - 1 - most;
            let weakest = *values.select_nth_unstable_by(rank, f32::total_cmp).1;
            kept.extend(bucket.iter().filter(|i| strength(i) > weakest));
        }
        bounds.push(kept.len());
    }
    (kept, bounds)
}
