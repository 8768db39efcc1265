//! What a model sees of a feature: the logarithm of its deviation from the ordinary.
//!
//! The ordinary is the median of the accounts fitted on, or what accounts as active as this one
//! have: mean and spread that depend on a few *context* columns.

use crate::Error;
use crate::lanes::{dispatch, exp_f64, log2_f64};
use crate::rows::fill_rows;

/// How rows are prepared. All slices but those of the context have one entry per column.
#[derive(Debug, Clone, Copy)]
pub struct Preparation<'a> {
    /// Median of the column; stands in for a missing value.
    pub center: &'a [f64],
    /// Size of an ordinary deviation; negative where small values are the suspicious ones, which turns
    /// the column round.
    pub scale: &'a [f64],
    /// Whether values below the ordinary count as ordinary: a calm account is not thereby fake.
    pub one_sided: &'a [bool],
    /// Columns that say what kind of account it is.
    pub context: &'a [i64],
    /// What accounts of a kind have, row-major: intercepts of all columns, then their slopes on each
    /// context column. Empty without context.
    pub location: &'a [f64],
    /// The same for the logarithm of the spread.
    pub log_spread: &'a [f64],
}

impl Preparation<'_> {
    fn check(&self) -> Result<(), Error> {
        let n_columns = self.center.len();
        let terms = match self.context.len() {
            0 => 0,
            n => (1 + n) * n_columns,
        };
        for (argument, given, expected) in [
            ("scale", self.scale.len(), n_columns),
            ("one_sided", self.one_sided.len(), n_columns),
            ("location", self.location.len(), terms),
            ("log_spread", self.log_spread.len(), terms),
        ] {
            if given != expected {
                return Err(Error::Length {
                    argument: argument.into(),
                    given,
                    expected,
                });
            }
        }
        if n_columns == 0 {
            return Err(Error::out_of_range(
                "center",
                "nothing",
                "at least one column",
            ));
        }
        if let Some(scale) = self.scale.iter().find(|s| !s.is_finite() || **s == 0.0) {
            return Err(Error::out_of_range("scale", scale, "numbers other than 0"));
        }
        let known = |k: &&i64| usize::try_from(**k).is_ok_and(|k| k < n_columns);
        if let Some(column) = self.context.iter().find(|k| !known(k)) {
            return Err(Error::out_of_range("context", column, "numbers of columns"));
        }
        Ok(())
    }

    fn row(&self, row: &[f64], memory: &mut Memory, out: &mut [f64]) {
        deviations(row, self.center, self.scale, out);
        if !self.context.is_empty() {
            for (slot, k) in memory.kind.iter_mut().zip(self.context) {
                *slot = out[*k as usize];
            }
            linear(self.location, &memory.kind, &mut memory.expected);
            linear(self.log_spread, &memory.kind, &mut memory.log_spread);
            beside(&memory.expected, &memory.log_spread, out);
        }
        for (slot, one_sided) in out.iter_mut().zip(self.one_sided) {
            *slot = if *one_sided { slot.max(0.0) } else { *slot };
        }
    }
}

/// What a thread needs beside its rows.
struct Memory {
    kind: Vec<f64>,
    expected: Vec<f64>,
    log_spread: Vec<f64>,
}

dispatch! {
    /// Logarithm of each column's deviation from its center, with the deviation's sign.
    fn deviations<'a>(row: &'a [f64], center: &'a [f64], scale: &'a [f64], out: &'a mut [f64]) {
        // One unit below the largest number, so that one more is still a number.
        const MOST: f64 = f64::MAX / 2.0;
        for (((slot, x), center), scale) in out.iter_mut().zip(row).zip(center).zip(scale) {
            let deviation = (x - center) / scale;
            let size = deviation.abs().min(MOST);
            // Features have long upper tails; on a linear scale they would be all that a model sees.
            let log = log2_f64(1.0 + size) * std::f64::consts::LN_2;
            *slot = if x.abs() < f64::INFINITY { log.copysign(deviation) } else { 0.0 };
        }
    }
}

dispatch! {
    /// Intercepts, then slopes times the kind, one context column after the other.
    fn linear<'a>(terms: &'a [f64], kind: &'a [f64], out: &'a mut [f64]) {
        let (intercepts, slopes) = terms.split_at(out.len());
        out.copy_from_slice(intercepts);
        for (slopes, x) in slopes.chunks_exact(out.len()).zip(kind) {
            for (sum, slope) in out.iter_mut().zip(slopes) {
                *sum = slope.mul_add(*x, *sum);
            }
        }
    }
}

dispatch! {
    /// Deviations from what is expected, in units of the spread.
    fn beside<'a>(expected: &'a [f64], log_spread: &'a [f64], out: &'a mut [f64]) {
        for ((slot, expected), log_spread) in out.iter_mut().zip(expected).zip(log_spread) {
            *slot = (*slot - expected) * exp_f64(-log_spread);
        }
    }
}

/// Prepares each row of a feature matrix (row-major); missing and infinite values become the center.
///
/// # Errors
/// [`Error::Length`] or [`Error::OutOfRange`] if the arrays do not fit one another.
pub fn prepare(
    features: &[f64],
    preparation: &Preparation<'_>,
    threads: usize,
) -> Result<Vec<f64>, Error> {
    preparation.check()?;
    let width = preparation.center.len();
    if !features.len().is_multiple_of(width) {
        return Err(Error::Length {
            argument: "features".into(),
            given: features.len(),
            expected: width * (features.len() / width),
        });
    }
    let mut out = vec![0.0; features.len()];
    fill_rows(
        &mut out,
        width,
        width,
        threads,
        || Memory {
            kind: vec![0.0; preparation.context.len()],
            expected: vec![0.0; width],
            log_spread: vec![0.0; width],
        },
        |memory, i, row| preparation.row(&features[i * width..(i + 1) * width], memory, row),
    );
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Preparation<'static> = Preparation {
        center: &[1.0, 2.0],
        scale: &[2.0, -1.0],
        one_sided: &[false, true],
        context: &[],
        location: &[],
        log_spread: &[],
    };

    #[test]
    fn missing_is_ordinary_and_the_harmless_side_is_cut_off() {
        let rows = [3.0, 1.0, -1.0, 3.0, f64::NAN, f64::INFINITY];
        let prepared = prepare(&rows, &PLAIN, 2).unwrap();
        let one = 2.0_f64.ln();
        for (ours, expected) in prepared.iter().zip([one, one, -one, 0.0, 0.0, 0.0]) {
            assert!((ours - expected).abs() < 1e-15);
        }
    }

    #[test]
    fn columns_are_judged_beside_accounts_of_their_kind() {
        let with_context = Preparation {
            one_sided: &[false, false],
            context: &[0],
            location: &[0.0, 0.5, 0.0, 2.0],
            log_spread: &[0.0, 0.0, 0.0, 1.0],
            ..PLAIN
        };
        let prepared = prepare(&[3.0, 2.0], &with_context, 1).unwrap();
        let kind = 2.0_f64.ln();
        assert!((prepared[0] - kind).abs() < 1e-15);
        assert!((prepared[1] - (-0.5 - 2.0 * kind) / 2.0).abs() < 1e-15);
    }

    #[test]
    fn arrays_that_do_not_fit_are_refused() {
        assert!(prepare(&[0.0; 3], &PLAIN, 1).is_err());
        for wrong in [
            Preparation {
                scale: &[1.0, 0.0],
                ..PLAIN
            },
            Preparation {
                one_sided: &[true],
                ..PLAIN
            },
            Preparation {
                context: &[0],
                ..PLAIN
            },
            Preparation {
                context: &[2],
                location: &[0.0; 4],
                log_spread: &[0.0; 4],
                ..PLAIN
            },
        ] {
            assert!(prepare(&[0.0; 2], &wrong, 1).is_err());
        }
    }
}
