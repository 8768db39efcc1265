//! Sums in a fixed order that fill registers, with the same bits for any width of them.

/// Running sums of a series at once: four registers of the widest kind, so that additions need not wait.
pub(super) const LANES: usize = 32;

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

/// Sum of all values.
#[inline(always)]
pub(super) fn total(x: &[f64]) -> f64 {
    let (blocks, rest) = x.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for block in blocks {
        for k in 0..LANES {
            sums[k] += block[k];
        }
    }
    for (sum, v) in sums.iter_mut().zip(rest) {
        *sum += v;
    }
    fold(sums)
}
