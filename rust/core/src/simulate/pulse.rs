//! Shapes of extra engagement over time, added to a series of excesses (units of the usual level).

use crate::lanes::{dispatch, exp, ln};

/// Pulses are followed down to this height.
const NEGLIGIBLE: f32 = 0.01;

/// Linear rise from `at` over `rise` hours to `size`, then relaxation ((t + shift) / shift)^-exponent.
pub(super) fn relaxing(out: &mut [f32], at: f64, rise: f64, size: f64, shift: f64, exponent: f64) {
    let (first, peak) = climb(out, at, rise, size);
    let (size, shift, exponent) = (size as f32, shift as f32, exponent as f32);
    if size < NEGLIGIBLE {
        return;
    }
    // Longer than the series where the tail is heavy; the cut to its end comes first.
    let lasts = f64::from(shift)
        * (libm::pow(f64::from(size / NEGLIGIBLE), 1.0 / f64::from(exponent)) - 1.0);
    let age = (first as f64 - peak) as f32;
    let steps = (lasts - f64::from(age)).floor().max(0.0) as usize;
    let end = first.saturating_add(steps).saturating_add(1).min(out.len());
    relax(&mut out[first.min(end)..end], age, size, shift, exponent);
}

/// Linear rise over `rise` hours, then exponential decay.
pub(super) fn decaying(out: &mut [f32], at: f64, rise: f64, size: f64, decay_hours: f64) {
    let (first, peak) = climb(out, at, rise, size);
    let (size, decay_hours) = (size as f32, decay_hours as f32);
    if size < NEGLIGIBLE {
        return;
    }
    let lasts = f64::from(decay_hours) * libm::log(f64::from(size / NEGLIGIBLE));
    let age = (first as f64 - peak) as f32;
    let steps = (lasts - f64::from(age)).floor().max(0.0) as usize;
    let end = first.saturating_add(steps).saturating_add(1).min(out.len());
    decay(&mut out[first.min(end)..end], age, size, decay_hours);
}

dispatch! {
    fn relax<'a>(out: &'a mut [f32], age: f32, size: f32, shift: f32, exponent: f32) {
        let (start, inverse) = (ln(size), 1.0 / shift);
        for (step, value) in out.iter_mut().enumerate() {
            let stretched = (age + step as f32 + shift) * inverse;
            let height = exp(exponent.mul_add(-ln(stretched), start));
            *value += if height < NEGLIGIBLE { 0.0 } else { height };
        }
    }
}

dispatch! {
    fn decay<'a>(out: &'a mut [f32], age: f32, size: f32, decay_hours: f32) {
        let (start, rate) = (ln(size), -1.0 / decay_hours);
        for (step, value) in out.iter_mut().enumerate() {
            let height = exp((age + step as f32).mul_add(rate, start));
            *value += if height < NEGLIGIBLE { 0.0 } else { height };
        }
    }
}

/// Adds the linear rise; returns the first step at or after the peak, and the moment of the peak.
fn climb(out: &mut [f32], at: f64, rise: f64, size: f64) -> (usize, f64) {
    let peak = at + rise;
    let first = at.ceil().max(0.0) as usize;
    let top = peak.ceil().max(0.0) as usize;
    let end = top.min(out.len());
    let slope = size / rise;
    for (step, value) in out.iter_mut().enumerate().take(end).skip(first) {
        *value += (slope * (step as f64 - at)) as f32;
    }
    (top.max(first), peak)
}

/// `size` from `at` to `at + hours`, with the covered share of the first and last step.
pub(super) fn rectangle(out: &mut [f32], at: f64, hours: f64, size: f64) {
    let end = at + hours;
    let first = at.floor().max(0.0) as usize;
    let last = (end.ceil().max(0.0) as usize).min(out.len());
    for (step, value) in out.iter_mut().enumerate().take(last).skip(first) {
        let step = step as f64;
        *value += (size * ((step + 1.0).min(end) - step.max(at))) as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: f32, want: f32) -> bool {
        (got - want).abs() < 1e-5 * want.abs().max(1.0)
    }

    #[test]
    fn a_relaxing_pulse_peaks_once_and_falls_as_a_power() {
        let mut out = vec![0.0; 50];
        relaxing(&mut out, 10.0, 2.0, 8.0, 2.0, 1.0);
        assert_eq!(out[..11], vec![0.0; 11]);
        assert!(close(out[11], 4.0) && close(out[12], 8.0));
        assert!(close(out[14], 4.0) && close(out[18], 2.0));
    }

    #[test]
    fn a_decaying_pulse_ends_where_it_is_negligible() {
        let mut out = vec![0.0; 50];
        decaying(&mut out, 4.5, 0.5, 1.0, 2.0);
        assert!(close(out[5], 1.0) && close(out[7], (-1.0_f32).exp()));
        // exp(-4.6) is a hundredth: 9.2 hours after the peak.
        assert!(out[14] >= 0.01 && out[15..] == vec![0.0; 35]);
        let mut before = vec![0.0; 3];
        decaying(&mut before, -5.0, 1.0, 2.0, 4.0);
        assert!(close(before[0], 2.0 * (-1.0_f32).exp()));
    }

    #[test]
    fn a_rectangle_keeps_its_area_and_its_place() {
        let mut out = vec![0.0; 10];
        rectangle(&mut out, 2.5, 3.0, 2.0);
        assert_eq!(out, [0.0, 0.0, 1.0, 2.0, 2.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
        let mut before = vec![0.0; 4];
        rectangle(&mut before, -2.5, 3.0, 1.0);
        assert_eq!(before, [0.5, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn pulses_beyond_the_end_or_of_no_size_change_nothing() {
        let mut out = vec![0.0; 5];
        decaying(&mut out, 7.0, 1.0, 5.0, 2.0);
        relaxing(&mut out, 5.0, 1.0, 5.0, 2.0, 1.0);
        relaxing(&mut out, 1.0, 0.0, 0.0, 2.0, 1.0);
        rectangle(&mut out, -9.0, 2.0, 1.0);
        assert_eq!(out, vec![0.0; 5]);
    }
}
