//! Shapes of extra engagement over time, added to a series of excesses (units of the usual level).

/// Pulses are followed down to this height.
const NEGLIGIBLE: f64 = 0.01;

/// Linear rise from `at` over `rise` hours to `size`, then relaxation ((t + shift) / shift)^-exponent.
pub(super) fn relaxing(out: &mut [f64], at: f64, rise: f64, size: f64, shift: f64, exponent: f64) {
    for (step, value) in follow(out, at) {
        let after = step - at - rise;
        let height = if after < 0.0 {
            size * (step - at) / rise
        } else {
            size * libm::pow((after + shift) / shift, -exponent)
        };
        if after > 0.0 && height < NEGLIGIBLE {
            break;
        }
        *value += height;
    }
}

/// Linear rise over `rise` hours, then exponential decay.
pub(super) fn decaying(out: &mut [f64], at: f64, rise: f64, size: f64, decay_hours: f64) {
    for (step, value) in follow(out, at) {
        let after = step - at - rise;
        let height = if after < 0.0 {
            size * (step - at) / rise
        } else {
            size * libm::exp(-after / decay_hours)
        };
        if after > 0.0 && height < NEGLIGIBLE {
            break;
        }
        *value += height;
    }
}

/// `size` from `at` to `at + hours`, with the covered share of the first and last step.
pub(super) fn rectangle(out: &mut [f64], at: f64, hours: f64, size: f64) {
    let end = at + hours;
    for (step, value) in follow(out, at.floor()) {
        if step >= end {
            break;
        }
        *value += size * ((step + 1.0).min(end) - step.max(at));
    }
}

/// The steps from the first whole one at or after `at` on.
fn follow(out: &mut [f64], at: f64) -> impl Iterator<Item = (f64, &mut f64)> {
    let first = at.ceil().max(0.0) as usize;
    out.iter_mut()
        .enumerate()
        .skip(first)
        .map(|(step, value)| (step as f64, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relaxing_pulse_peaks_once_and_falls_as_a_power() {
        let mut out = vec![0.0; 50];
        relaxing(&mut out, 10.0, 2.0, 8.0, 2.0, 1.0);
        assert_eq!(out[..11], vec![0.0; 11]);
        assert_eq!(out[11..13], [4.0, 8.0]);
        assert!((out[14] - 4.0).abs() < 1e-12 && (out[18] - 2.0).abs() < 1e-12);
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
    fn pulses_beyond_the_end_change_nothing() {
        let mut out = vec![0.0; 5];
        decaying(&mut out, 7.0, 1.0, 5.0, 2.0);
        relaxing(&mut out, 5.0, 1.0, 5.0, 2.0, 1.0);
        assert_eq!(out, vec![0.0; 5]);
    }
}
