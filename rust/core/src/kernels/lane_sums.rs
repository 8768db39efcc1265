//! Sums in a fixed order that fill registers, with the same bits for any width of them.

/// Running sums of a series at once: two registers of the widest kind, so that additions need not wait.
pub(super) const LANES: usize = 16;

/// Sum of the lanes, halves onto halves.
#[inline(always)]
pub(super) fn fold(mut lanes: [f64; LANES]) -> f64 {
    let mut half = LANES / 2;
    while half > 0 {
        for k in 0..half {
            lanes[k] += lanes[k + half];
        }
        half /= 2;
    }
    lanes[0]
}

/// A last block that is not full, filled up.
#[inline(always)]
pub(super) fn filled(rest: &[f64], filling: f64) -> [f64; LANES] {
    let mut block = [filling; LANES];
    block[..rest.len()].copy_from_slice(rest);
    block
}

/// Sum of all values.
#[inline(always)]
pub(super) fn total(x: &[f64]) -> f64 {
    let (blocks, rest) = x.as_chunks::<LANES>();
    let mut sums = filled(rest, 0.0);
    for block in blocks {
        for k in 0..LANES {
            sums[k] += block[k];
        }
    }
    fold(sums)
}

/// Sum of the squares of all values less their mean.
#[inline(always)]
pub(super) fn square(x: &[f64], mean: f64) -> f64 {
    let (blocks, rest) = x.as_chunks::<LANES>();
    let mut sums = filled(rest, mean).map(|v| (v - mean) * (v - mean));
    for block in blocks {
        for k in 0..LANES {
            let d = block[k] - mean;
            sums[k] = d.mul_add(d, sums[k]);
        }
    }
    fold(sums)
}
