//! Runs of equal numbers (the run-length half of Parquet's hybrid encoding).

use crate::delta::varint;

/// Bits for numbers up to `largest`; never 0, which not every reader takes.
pub(crate) fn bit_width(largest: usize) -> u8 {
    (usize::BITS - largest.leading_zeros()).max(1) as u8
}

/// Appends `length` times `value` in `width` bits.
pub(crate) fn run(value: usize, width: u8, length: usize, out: &mut Vec<u8>) {
    varint((length as u64) << 1, out);
    let bytes = usize::from(width).div_ceil(8);
    out.extend_from_slice(&value.to_le_bytes()[..bytes]);
}
