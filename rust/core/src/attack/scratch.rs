//! Memory of one thread that passes from account to account.

use super::deliver::Delivered;
use crate::lanes::Key;
use crate::simulate::account::N_METRICS;

/// Orders of a block: two of the widest registers, so that one works while the other waits.
pub(crate) const LANES: usize = 32;

/// Buffers of one thread, reused from account to account.
///
/// A *cell* is one order in one metric; cells of one metric follow those of the one before. Buffers
/// are whole blocks, so that no vectorised loop has a rest; what lies behind the last cell is drawn
/// and dropped.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(super) shape: Vec<f32>,
    /// Step of each order.
    pub(super) steps: Vec<u32>,
    /// Size of each order.
    pub(super) sizes: Vec<[f32; LANES]>,
    /// Rate of each cell, then its count.
    pub(super) cells: Vec<[f32; LANES]>,
    pub(super) words: Vec<[[u32; LANES]; 4]>,
    /// Counts of round orders, metric after metric in whole blocks; sums of their rates.
    pub(super) drawn: Vec<[f32; LANES]>,
    pub(super) sums: Vec<[f32; LANES]>,
}

impl Scratch {
    /// Makes room; buffers never shrink, for growing again means filling again.
    pub(super) fn make_room(&mut self, n_orders: usize) {
        if n_orders <= self.steps.len() {
            return;
        }
        let n_blocks = n_orders.div_ceil(LANES);
        let n_cells = n_blocks * LANES;
        self.steps.resize(n_cells, 0);
        self.sizes.resize(n_blocks, [0.0; LANES]);
        // The last block of a metric reaches beyond its cells.
        self.cells.resize(N_METRICS * n_blocks + 1, [0.0; LANES]);
        // Noise: one word per order and one per cell.
        let n_words = (N_METRICS + 1) * n_blocks;
        self.words.resize(n_words.div_ceil(4), [[0; LANES]; 4]);
        self.drawn.resize(N_METRICS * n_blocks, [0.0; LANES]);
        self.sums.resize(n_blocks, [0.0; LANES]);
    }

    /// What was added to a metric, by order.
    pub(super) fn added(&self, delivered: &Delivered, metric: usize) -> &[f32] {
        let start = delivered.offsets[metric];
        &self.cells.as_flattened()[start..start + delivered.orders[metric]]
    }

    /// Draws the words of the first `n_blocks` blocks.
    #[inline(always)]
    pub(super) fn draw_words(&mut self, key: Key, purpose: u64, n_blocks: usize) {
        for (k, words) in self.words[..n_blocks.div_ceil(4)].iter_mut().enumerate() {
            let words = words.each_mut().map(|words| &mut words[..]);
            key.words(purpose, (k * LANES) as u32, words);
        }
    }
}
