//! Shapes of slow attacks, step after step.

use crate::lanes::{dispatch, exp, ln, sin_turn};

/// Exponent of the relaxation that a fake burst imitates.
const RELAXATION: f32 = -1.3;
/// Hours before the relaxation starts to bite.
const RELAXATION_ONSET: f32 = 2.0;

/// Position of a value in its slice; signed, because that conversion is one instruction everywhere.
#[inline(always)]
fn age(t: usize) -> f32 {
    t as i32 as f32
}

dispatch! {
    /// `top^share - 1`, where the share of the way grows to 1: from step to step, or, raised once in
    /// `day` steps, from day to day.
    pub(crate) fn compound<'a>(out: &'a mut [f32], top: f64, day: Option<f64>) {
        let growth = libm::log(top) as f32;
        let n = out.len() as f64;
        let period = day.unwrap_or(1.0);
        let per_step = (1.0 / period) as f32;
        let per_raise = 1.0 / (n / period).ceil().max(1.0) as f32;
        for (t, value) in out.iter_mut().enumerate() {
            // A quarter of a step keeps whole days whole where `per_step` is rounded.
            let raises = ((age(t) + 0.25) * per_step).floor() + 1.0;
            *value = (exp(growth * (raises * per_raise).min(1.0)) - 1.0).max(0.0);
        }
    }
}

dispatch! {
    /// A hill of `height` with cosine ramps over the outer `ramp` shares.
    pub(crate) fn hill<'a>(out: &'a mut [f32], height: f32, ramp: f32) {
        let scale = 1.0 / out.len().max(1) as f32;
        let inverse = 1.0 / ramp;
        for (t, value) in out.iter_mut().enumerate() {
            let x = (age(t) + 0.5) * scale;
            let along = (x.min(1.0 - x) * inverse).clamp(0.0, 1.0);
            // 1/2 - 1/2 cos(pi a) = sin(pi a / 2)^2.
            let root = sin_turn(0.25 * along);
            *value = height * (root * root);
        }
    }
}

dispatch! {
    /// A burst of `height` that relaxes as organic ones do.
    pub(crate) fn relaxation<'a>(out: &'a mut [f32], height: f32, hours_per_step: f32) {
        let scale = hours_per_step / RELAXATION_ONSET;
        for (t, value) in out.iter_mut().enumerate() {
            *value = height * exp(RELAXATION * ln(age(t).mul_add(scale, 1.0)));
        }
    }
}

dispatch! {
    /// A logistic rise over `rise` steps to `level`, held; `out` brings the daily curve, of which
    /// `amplitude` is left.
    pub(crate) fn awakening<'a>(out: &'a mut [f32], level: f32, rise: f32, amplitude: f32) {
        let scale = 8.0 / rise;
        for (t, value) in out.iter_mut().enumerate() {
            // From 2 % to 98 % within the rise; an instant rise is a step.
            let x = (age(t) + 0.5).mul_add(-scale, 4.0);
            let on = if rise <= 1.0 { 1.0 } else { 1.0 / (1.0 + exp(x)) };
            let cycle = amplitude.mul_add(*value - 1.0, 1.0);
            *value = level * on * cycle.max(0.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(n: usize, curve: impl FnOnce(&mut [f32])) -> Vec<f32> {
        let mut out = vec![1.0; n];
        curve(&mut out);
        out
    }

    #[test]
    fn orders_compound_to_the_top_by_step_or_by_day() {
        let steady = drawn(96, |out| compound(out, 5.0, None));
        let daily = drawn(96, |out| compound(out, 5.0, Some(24.0)));
        for t in 0..96 {
            let share = (t as f64 + 1.0) / 96.0;
            let exact = 5f64.powf(share) - 1.0;
            assert!(
                (f64::from(steady[t]) / exact - 1.0).abs() < 1e-4,
                "step {t}"
            );
            let exact = 5f64.powf((t / 24 + 1) as f64 / 4.0) - 1.0;
            assert!((f64::from(daily[t]) / exact - 1.0).abs() < 1e-4, "step {t}");
        }
    }

    #[test]
    fn hills_are_symmetric_and_bursts_relax() {
        let shape = drawn(101, |out| hill(out, 2.0, 0.3));
        for t in 0..101 {
            assert!((shape[t] - shape[100 - t]).abs() < 1e-5);
        }
        assert!(shape[50] == 2.0 && shape[0] < 0.01);
        let burst = drawn(50, |out| relaxation(out, 3.0, 1.0));
        for (t, value) in burst.iter().enumerate() {
            let exact = 3.0 * (t as f64 / 2.0 + 1.0).powf(-1.3);
            assert!((f64::from(*value) / exact - 1.0).abs() < 1e-5, "step {t}");
        }
    }

    #[test]
    fn sleepers_rise_to_their_level_with_what_is_left_of_the_day() {
        let out = drawn(60, |out| awakening(out, 4.0, 10.0, 0.5));
        assert!(out[0] < 0.2 && (out[59] - 4.0).abs() < 1e-4);
        let mut curve = vec![2.0; 3];
        awakening(&mut curve, 4.0, 1.0, 0.5);
        assert_eq!(curve, [6.0; 3]);
    }
}
