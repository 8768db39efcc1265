//! Points of the unit circle at whole fractions of a turn.

use std::f64::consts::TAU;

/// Cosine and sine of `turns` of a full turn, `turns` from 0 to 1; exact at the quarters, so that the sine
/// of a period of two steps is 0 at every step.
pub(super) fn point(turns: f64) -> (f64, f64) {
    let quarters = (turns * 4.0).round();
    let angle = TAU * (turns - quarters / 4.0);
    let (cos, sin) = (libm::cos(angle), libm::sin(angle));
    match quarters as u8 % 4 {
        0 => (cos, sin),
        1 => (-sin, cos),
        2 => (-cos, -sin),
        _ => (sin, -cos),
    }
}

#[cfg(test)]
mod tests {
    use super::point;

    #[test]
    fn points_are_exact_at_quarters_and_on_the_circle_elsewhere() {
        assert_eq!(point(0.0), (1.0, 0.0));
        assert_eq!(point(0.25), (0.0, 1.0));
        assert_eq!(point(0.5), (-1.0, 0.0));
        assert_eq!(point(0.75), (0.0, -1.0));
        for k in 0..=48 {
            let turns = f64::from(k) / 48.0;
            let (cos, sin) = point(turns);
            let angle = std::f64::consts::TAU * turns;
            assert!((cos - angle.cos()).abs() < 1e-15 && (sin - angle.sin()).abs() < 1e-15);
        }
    }
}
