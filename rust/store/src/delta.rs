//! `DELTA_BINARY_PACKED`: differences, packed with as many bits as the widest of 32 needs.
//!
//! The encoder of the `parquet` crate writes bit by bit and would take longer than the simulation;
//! this one packs 32 differences at once with a routine per width and gives the same stream.
//! Source: Apache Parquet format, Encodings, "Delta Encoding (`DELTA_BINARY_PACKED` = 5)".

/// Differences that share a smallest one: the least that the format allows, as is [`MINIBLOCK`].
const BLOCK: usize = 128;
/// Differences that share a width.
const MINIBLOCK: usize = 32;

/// Values must lie strictly between `-LIMIT` and `LIMIT`, so that no difference overflows.
pub(crate) const LIMIT: i32 = 1 << 30;

/// Appends the stream of `values`; it is the same for columns of 32 and of 64 bits.
pub(crate) fn encode(values: &[i32], out: &mut Vec<u8>) {
    varint(BLOCK as u64, out);
    varint((BLOCK / MINIBLOCK) as u64, out);
    varint(values.len() as u64, out);
    zigzag(values.first().copied().unwrap_or(0), out);
    let mut deltas = [0_i32; BLOCK];
    for begin in (1..values.len()).step_by(BLOCK) {
        let after = &values[begin..values.len().min(begin + BLOCK)];
        let before = &values[begin - 1..begin - 1 + after.len()];
        for ((delta, a), b) in deltas.iter_mut().zip(after).zip(before) {
            *delta = a.wrapping_sub(*b);
        }
        block(&mut deltas, after.len(), out);
    }
}

/// One block of `n` differences; what lies behind them in `deltas` is overwritten.
fn block(deltas: &mut [i32; BLOCK], n: usize, out: &mut Vec<u8>) {
    let least = deltas[..n].iter().fold(i32::MAX, |least, d| least.min(*d));
    // Padding of width 0, which takes no bytes.
    deltas[n..].fill(least);
    let mut above = [[0_u32; MINIBLOCK]; BLOCK / MINIBLOCK];
    for (above, deltas) in above.iter_mut().zip(deltas.chunks_exact(MINIBLOCK)) {
        for (above, delta) in above.iter_mut().zip(deltas) {
            *above = delta.wrapping_sub(least) as u32;
        }
    }
    zigzag(least, out);
    let widths = above.map(|values| bit_width(values.iter().fold(0, |bits, v| bits | v)));
    out.extend(widths.map(|width| width as u8));
    for (values, width) in above.iter().zip(widths) {
        PACK[width](values, out);
    }
}

/// Bits that a number needs.
fn bit_width(number: u32) -> usize {
    (u32::BITS - number.leading_zeros()) as usize
}

/// Appends 32 numbers of `W` bits, which fill `W` words exactly.
fn pack<const W: usize>(values: &[u32; MINIBLOCK], out: &mut Vec<u8>) {
    let mut words = [0_u32; MINIBLOCK + 1];
    for (i, value) in values.iter().enumerate() {
        let (word, shift) = (i * W / 32, i * W % 32);
        words[word] |= value << shift;
        if shift + W > 32 {
            words[word + 1] |= value >> (32 - shift);
        }
    }
    let mut bytes = [0_u8; 4 * MINIBLOCK];
    for (bytes, word) in bytes.chunks_exact_mut(4).zip(words) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    out.extend_from_slice(&bytes[..4 * W]);
}

macro_rules! packers {
    ($($width:literal)*) => { [$(pack::<$width>),*] };
}

type Pack = fn(&[u32; MINIBLOCK], &mut Vec<u8>);

/// [`pack`] for every width.
const PACK: [Pack; 33] = packers!(
    0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32
);

/// Seven bits a byte, the lowest first.
pub(crate) fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// A signed number with its sign in the lowest bit.
fn zigzag(value: i32, out: &mut Vec<u8>) {
    let wide = i64::from(value);
    varint(((wide << 1) ^ (wide >> 63)) as u64, out);
}
