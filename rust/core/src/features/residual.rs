//! Standardised residuals: what every feature of one metric is computed from.
//!
//! Each step is compared with the account's own expectation on the log scale and divided by a
//! spread that holds the counting noise and the account's own ordinary variation. The spread is
//! set by the median residual, so an attack on less than half of the steps does not widen it, and
//! a dormant account and an influencer become comparable.

use crate::expectation::stiff::own_variance;
use crate::lanes;

/// Residuals are cut here: one wild hour must not decide a long window.
pub(crate) const CLIP: f32 = 40.0;

/// Residuals of one metric of one account, one slot per step; 0 where the count or the expectation is
/// missing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Residual {
    /// Standardised log residual.
    pub(crate) u: Vec<f32>,
    /// Counting variance of the log count, `1 / (expected + 0.5)`.
    pub(crate) counting: Vec<f32>,
    /// Log residual, centred but not standardised.
    pub(crate) log: Vec<f32>,
    /// 1 where the step is known, else 0.
    pub(crate) known: Vec<f32>,
    /// Number of known steps.
    pub(crate) n_known: usize,
    /// The account's own variance of the log residual, beside the counting one.
    pub(crate) variance: f32,
    /// Sum of the standardised residuals before each step; one entry more than there are steps.
    pub(crate) sums: Vec<f64>,
    /// Number of known steps before each step.
    pub(crate) seen: Vec<f64>,
}

impl Residual {
    /// Number of steps.
    pub(crate) fn len(&self) -> usize {
        self.u.len()
    }

    /// Whether no step is missing.
    pub(crate) fn is_complete(&self) -> bool {
        self.n_known == self.u.len()
    }

    /// Becomes the residual of counts against their expectation.
    #[inline(always)]
    pub(crate) fn of_counts(&mut self, counts: &[f32], expected: &[f32], scratch: &mut Vec<f32>) {
        let n = counts.len();
        self.resize(n);
        let expected = &expected[..n];
        let (log, counting) = (&mut self.log[..n], &mut self.counting[..n]);
        let known = &mut self.known[..n];
        for t in 0..n {
            let usual = expected[t].max(0.0) + 0.5;
            let is_known = counts[t].is_finite() && expected[t].is_finite();
            known[t] = if is_known { 1.0 } else { 0.0 };
            log[t] = lanes::ln(counts[t].max(0.0) + 0.5) - lanes::ln(usual);
            counting[t] = 1.0 / usual;
        }
        for t in 0..n {
            log[t] = if known[t] > 0.0 { log[t] } else { 0.0 };
            counting[t] = if known[t] > 0.0 { counting[t] } else { 1.0 };
        }
        self.standardise(scratch);
    }

    /// Becomes the residual of one metric's log residual over another's: the ratio against its own past.
    /// Counting variances add, so a ratio of small counts is shrunk towards its usual value.
    #[inline(always)]
    pub(crate) fn of_ratio(&mut self, follower: &Self, leader: &Self, scratch: &mut Vec<f32>) {
        let n = follower.len();
        self.resize(n);
        let (log, counting) = (&mut self.log[..n], &mut self.counting[..n]);
        let known = &mut self.known[..n];
        let (f, l) = (&follower.log[..n], &leader.log[..n]);
        let (cf, cl) = (&follower.counting[..n], &leader.counting[..n]);
        let (kf, kl) = (&follower.known[..n], &leader.known[..n]);
        for t in 0..n {
            known[t] = kf[t] * kl[t];
            log[t] = known[t] * (f[t] - l[t]);
            counting[t] = cf[t] + cl[t];
        }
        self.standardise(scratch);
    }

    fn resize(&mut self, n: usize) {
        for buffer in [
            &mut self.u,
            &mut self.counting,
            &mut self.log,
            &mut self.known,
        ] {
            buffer.resize(n, 0.0);
        }
        self.sums.resize(n + 1, 0.0);
        self.seen.resize(n + 1, 0.0);
    }

    /// Centres the log residuals, standardises them and adds them up.
    #[inline(always)]
    fn standardise(&mut self, scratch: &mut Vec<f32>) {
        let n = self.log.len();
        let (log, counting, known) = (&mut self.log[..n], &self.counting[..n], &self.known[..n]);
        let mut total = 0.0_f64;
        for t in 0..n {
            total += f64::from(known[t]);
            self.seen[t + 1] = total;
        }
        self.n_known = total as usize;
        // The ratio of two metrics, or an expectation fitted with weights, need not be centred.
        scratch.clear();
        if self.n_known == n {
            scratch.extend_from_slice(log);
        } else {
            scratch.extend(log.iter().zip(known).filter(|p| *p.1 > 0.0).map(|p| *p.0));
        }
        let center = lower_quantile(scratch, 0.5);
        for t in 0..n {
            log[t] = if known[t] > 0.0 { log[t] - center } else { 0.0 };
        }
        let variance = own_variance(log, counting, self.n_known);
        self.variance = variance;
        let u = &mut self.u[..n];
        for t in 0..n {
            u[t] = (log[t] / (counting[t] + variance).sqrt()).clamp(-CLIP, CLIP);
        }
        let mut total = 0.0_f64;
        for t in 0..n {
            total += f64::from(u[t]);
            self.sums[t + 1] = total;
        }
    }

    /// The standardised residuals with NaN where they are missing, for kernels.
    #[inline(always)]
    pub(crate) fn with_gaps(&self, out: &mut Vec<f64>) {
        let n = self.len();
        out.resize(n, 0.0);
        let (u, known, out) = (&self.u[..n], &self.known[..n], &mut out[..n]);
        for t in 0..n {
            out[t] = if known[t] > 0.0 {
                f64::from(u[t])
            } else {
                f64::NAN
            };
        }
    }
}

/// Lower quantile, reordering the values; NaN when empty. No value may be NaN.
pub(crate) fn lower_quantile(values: &mut [f32], q: f64) -> f32 {
    if values.is_empty() {
        return f32::NAN;
    }
    let rank = ((values.len() - 1) as f64 * q) as usize;
    *values.select_nth_unstable_by(rank, f32::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;

    fn residual(counts: &[f32], expected: &[f32]) -> Residual {
        let mut out = Residual::default();
        out.of_counts(counts, expected, &mut Vec::new());
        out
    }

    #[test]
    fn ordinary_noise_is_scaled_to_one_at_any_size() {
        for mean in [5.0, 60.0, 5000.0] {
            let mut stream = Stream::new(1, 2, 3);
            let counts: Vec<f32> = (0..2000)
                .map(|_| stream.negative_binomial(mean, 20.0) as f32)
                .collect();
            let residual = residual(&counts, &vec![mean as f32; 2000]);
            let mut absolute: Vec<f32> = residual.u.iter().map(|u| u.abs()).collect();
            let middle = lower_quantile(&mut absolute, 0.5);
            assert!((middle - 0.6745).abs() < 0.05, "mean {mean}: {middle}");
        }
    }

    #[test]
    fn missing_counts_stay_missing_and_negative_ones_count_as_none() {
        let residual = residual(&[f32::NAN, -5.0, 3.0, 3.0, 2.0, 4.0], &[3.0; 6]);
        assert_eq!(residual.known, [0.0, 1.0, 1.0, 1.0, 1.0, 1.0]);
        assert!(residual.u[1] < 0.0);
        assert_eq!(residual.n_known, 5);
        let mut gaps = Vec::new();
        residual.with_gaps(&mut gaps);
        assert!(gaps[0].is_nan() && gaps[1] < 0.0);
    }
}
