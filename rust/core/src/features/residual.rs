//! Standardised residuals: what every feature of one metric is computed from.
//!
//! Each step is compared with the account's own expectation on the log scale and divided by a
//! spread that holds the counting noise and the account's own ordinary variation. The spread is
//! set by the median residual, so an attack on less than half of the steps does not widen it, and
//! a dormant account and an influencer become comparable.

/// Median absolute value of a standard normal.
const NORMAL_MEDIAN_ABSOLUTE: f64 = 0.674_489_750_196_082;
/// Widest own variation considered, as variance of the log: a factor of 50 either way.
const LARGEST_VARIANCE: f64 = 16.0;
/// Residuals are cut here: one wild hour must not decide a long window.
pub(crate) const CLIP: f64 = 40.0;

/// Residuals of one metric of one account.
#[derive(Debug, Clone, Default)]
pub(crate) struct Residual {
    /// Standardised log residual of each step; NaN where the count or the expectation is missing.
    pub(crate) u: Vec<f64>,
    /// Counting variance of the log count at each step, `1 / (expected + 0.5)`.
    pub(crate) counting: Vec<f64>,
    /// Log residual of each step, not standardised.
    pub(crate) log: Vec<f64>,
}

impl Residual {
    /// Residuals of counts against their expectation.
    pub(crate) fn of_counts(counts: &[f32], expected: &[f32]) -> Self {
        let mut log = Vec::with_capacity(counts.len());
        let mut counting = Vec::with_capacity(counts.len());
        for (&x, &e) in counts.iter().zip(expected) {
            let e = f64::from(e).max(0.0);
            log.push(libm::log((f64::from(x).max(0.0) + 0.5) / (e + 0.5)));
            counting.push(1.0 / (e + 0.5));
        }
        // `max` would turn a missing count into zero.
        for ((value, &x), &e) in log.iter_mut().zip(counts).zip(expected) {
            if x.is_nan() || e.is_nan() {
                *value = f64::NAN;
            }
        }
        Self::of_log(log, counting)
    }

    /// Residuals of one metric's log residual over another's: the ratio against its own past.
    pub(crate) fn of_ratio(follower: &Self, leader: &Self) -> Self {
        let log = follower
            .log
            .iter()
            .zip(&leader.log)
            .map(|(f, l)| f - l)
            .collect();
        let counting = follower
            .counting
            .iter()
            .zip(&leader.counting)
            .map(|(f, l)| f + l)
            .collect();
        Self::of_log(log, counting)
    }

    fn of_log(mut log: Vec<f64>, counting: Vec<f64>) -> Self {
        // The ratio of two metrics, or an expectation fitted with weights, need not be centred.
        let center = median(&log);
        if center.is_finite() {
            for value in &mut log {
                *value -= center;
            }
        }
        let own_variance = own_variance(&log, &counting);
        let u = log
            .iter()
            .zip(&counting)
            .map(|(l, c)| {
                let z = l / libm::sqrt(c + own_variance);
                if z.is_nan() { z } else { z.clamp(-CLIP, CLIP) }
            })
            .collect();
        Self { u, counting, log }
    }

    /// Steps that can be used.
    pub(crate) fn n_observed(&self) -> usize {
        self.u.iter().filter(|u| !u.is_nan()).count()
    }
}

/// The variance that, added to the counting variance, makes the median standardised residual that
/// of a normal law; 0 where counting noise alone explains the residuals.
fn own_variance(log: &[f64], counting: &[f64]) -> f64 {
    let mut scratch = Vec::with_capacity(log.len());
    let mut too_narrow = |variance: f64| {
        scratch.clear();
        scratch.extend(
            log.iter()
                .zip(counting)
                .filter(|(l, _)| !l.is_nan())
                .map(|(l, c)| l.abs() / libm::sqrt(c + variance)),
        );
        quantile_in_place(&mut scratch, 0.5) > NORMAL_MEDIAN_ABSOLUTE
    };
    let (mut low, mut high) = (1e-4_f64, LARGEST_VARIANCE);
    if !too_narrow(low) {
        return low;
    }
    // Halving the interval of the logarithm 12 times leaves 0.3 % of the standard deviation.
    for _ in 0..12 {
        let middle = libm::sqrt(low * high);
        if too_narrow(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    libm::sqrt(low * high)
}

/// Median of the values that are not NaN; NaN when there are none.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut kept: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
    quantile_in_place(&mut kept, 0.5)
}

/// Lower quantile of values without NaN, reordering them; NaN when empty.
pub(crate) fn quantile_in_place(values: &mut [f64], q: f64) -> f64 {
    if values.is_empty() {
        return f64::NAN;
    }
    let rank = ((values.len() - 1) as f64 * q) as usize;
    *values.select_nth_unstable_by(rank, f64::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;

    #[test]
    fn ordinary_noise_is_scaled_to_one_at_any_size() {
        for mean in [5.0, 60.0, 5000.0] {
            let mut stream = Stream::new(1, 2, 3);
            let counts: Vec<f32> = (0..2000)
                .map(|_| stream.negative_binomial(mean, 20.0) as f32)
                .collect();
            let residual = Residual::of_counts(&counts, &vec![mean as f32; 2000]);
            let mut absolute: Vec<f64> = residual.u.iter().map(|u| u.abs()).collect();
            let middle = quantile_in_place(&mut absolute, 0.5);
            assert!(
                (middle - NORMAL_MEDIAN_ABSOLUTE).abs() < 0.05,
                "mean {mean}: {middle}"
            );
        }
    }

    #[test]
    fn missing_counts_stay_missing_and_negative_ones_count_as_none() {
        let residual = Residual::of_counts(&[f32::NAN, -5.0, 3.0, 3.0, 2.0, 4.0], &[3.0; 6]);
        assert!(residual.u[0].is_nan());
        assert!(residual.u[1] < 0.0);
        assert_eq!(residual.n_observed(), 5);
    }
}
