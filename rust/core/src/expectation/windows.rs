//! The scan over windows of many lengths: which to judge, which to set aside, which to list.

use super::bridge::Bridge;
use super::design::Clock;
use super::fit::Fit;

/// Window lengths in steps; longer ones follow for cadences finer than an hour.
const LENGTHS: [usize; 14] = [1, 2, 3, 4, 6, 9, 13, 18, 26, 36, 52, 72, 100, 130];
/// Neighbouring windows of one length start this share of their length apart.
const STRIDE: usize = 6;
/// Ratio of neighbouring lengths beyond the table.
const GROWTH: f64 = 1.4;
/// An excess of fewer actions is not judged: on sparse series a handful looks like a multiple.
const LEAST_ACTIONS: f64 = 20.0;
/// From this |Z| on the best window is set aside and the rest fitted again.
pub const PEEL_Z: f64 = 2.5;
/// From this |Z| on further windows are set aside with it.
const PEEL_MORE_Z: f64 = 4.0;
/// From this |Z| on a window is listed.
pub const LIST_Z: f64 = 4.0;
/// Most windows listed per metric: enough for one burst a day over two weeks.
pub const MAX_WINDOWS: usize = 14;
/// A placed window keeps at least this share of the evidence of the window that it replaces.
const PLACEMENT_SHARE: f64 = 0.7;

/// The windows to judge in a series of a given length.
#[derive(Debug, Clone)]
pub struct Grid {
    /// `(start, end, index of the length)`, lengths ascending, starts ascending.
    pub windows: Vec<(u32, u32, u16)>,
    /// The lengths in use.
    pub lengths: Vec<usize>,
}

impl Grid {
    /// All windows of a series of `n_steps` steps.
    ///
    /// Windows do not start in the first `max(2, min(12, n / 10))` steps (half a day where steps
    /// are finer than an hour): a release is steep, and nothing lies before it.
    pub fn new(n_steps: usize, clock: Clock) -> Self {
        let longest = (n_steps / 2).min(130 * clock.steps_per_day.max(24) / 24);
        let mut lengths: Vec<usize> = LENGTHS.iter().copied().filter(|&l| l <= longest).collect();
        if let Some(&last) = lengths.last() {
            let mut next = (last as f64 * GROWTH) as usize;
            while last == LENGTHS[LENGTHS.len() - 1] && next <= longest {
                lengths.push(next);
                next = (next as f64 * GROWTH) as usize;
            }
        }
        let guard = (n_steps / 10).min((clock.steps_per_day / 2).max(12)).max(2);
        let mut windows = Vec::new();
        for (k, &length) in lengths.iter().enumerate() {
            let stride = (length / STRIDE).max(1);
            for start in (guard..(n_steps + 1).saturating_sub(length)).step_by(stride) {
                windows.push((start as u32, (start + length) as u32, k as u16));
            }
        }
        Self { windows, lengths }
    }

    /// Longest window, 0 for a series too short for any.
    pub fn longest(&self) -> usize {
        self.lengths.last().copied().unwrap_or(0)
    }
}

/// Signed Z of every window of the grid, 0 where it is not judged. A `coarse` scan judges every second
/// window of the longer lengths: enough to find what to set aside.
pub fn scan(grid: &Grid, fit: &Fit, bridge: &Bridge<'_>, coarse: bool) -> Vec<f64> {
    let pooling: Vec<f64> = grid
        .lengths
        .iter()
        .map(|&l| fit.law.pooling(l as f64))
        .collect();
    grid.windows
        .iter()
        .enumerate()
        .map(|(i, &(start, end, k))| {
            if coarse && i % 2 == 1 && (end - start) as usize >= STRIDE {
                return 0.0;
            }
            let (start, end) = (start as usize, end as usize);
            bridge
                .judge(start, end, pooling[usize::from(k)], LEAST_ACTIONS)
                .map_or(0.0, |v| v.z)
        })
        .collect()
}

/// Position of the largest |value|, the first one on ties; `None` where all are 0.
pub fn strongest(z: &[f64]) -> Option<usize> {
    let mut best = None;
    let mut size = 0.0;
    for (i, &value) in z.iter().enumerate() {
        if value.abs() > size {
            size = value.abs();
            best = Some(i);
        }
    }
    best
}

/// Windows to leave out of the second fit: the strongest one, and others that are as plain;
/// together never more than a third of the series.
pub fn set_aside(grid: &Grid, z: &[f64], n_steps: usize) -> Vec<(usize, usize)> {
    let mut left = z.to_vec();
    let mut chosen = Vec::new();
    let mut covered = 0;
    while chosen.len() < MAX_WINDOWS {
        let Some(best) = strongest(&left) else { break };
        let limit = if chosen.is_empty() {
            PEEL_Z
        } else {
            PEEL_MORE_Z
        };
        if left[best].abs() < limit {
            break;
        }
        let (start, end, _) = grid.windows[best];
        let length = (end - start) as usize;
        if chosen.is_empty() || 3 * (covered + length) <= n_steps {
            chosen.push((start as usize, end as usize));
            covered += length;
        }
        silence(grid, &mut left, start, end);
    }
    chosen
}

/// Sets every window that touches `[start, end)` to 0.
fn silence(grid: &Grid, z: &mut [f64], start: u32, end: u32) {
    for (value, &(from, to, _)) in z.iter_mut().zip(&grid.windows) {
        if from < end && to > start {
            *value = 0.0;
        }
    }
}

/// Windows to list in order of their start: `(start, end, z)`.
///
/// The bridge decides whether there is one; clipped residuals ([`super::placement::scores`]) decide
/// where it begins and ends.
/// Windows of one direction that touch are one window with the stronger z.
pub fn list(grid: &Grid, z: &[f64], place: &[f64]) -> Vec<(usize, usize, f64)> {
    let mut left = z.to_vec();
    let mut found: Vec<(usize, usize, f64)> = Vec::new();
    while found.len() < MAX_WINDOWS {
        let Some(best) = strongest(&left) else { break };
        if left[best].abs() < LIST_Z {
            break;
        }
        let (start, end, _) = grid.windows[best];
        let floor = LIST_Z.max(PLACEMENT_SHARE * left[best].abs());
        let mut chosen = best;
        for (i, &(from, to, _)) in grid.windows.iter().enumerate() {
            let touches = from < end && to > start;
            if touches
                && left[i].abs() >= floor
                && left[i] * left[best] > 0.0
                && place[i].abs() > place[chosen].abs()
                && place[i] * left[best] > 0.0
            {
                chosen = i;
            }
        }
        let (start, end, _) = grid.windows[chosen];
        found.push((start as usize, end as usize, left[chosen]));
        silence(grid, &mut left, start, end);
    }
    found.sort_unstable_by_key(|&(start, _, _)| start);
    let mut joined: Vec<(usize, usize, f64)> = Vec::with_capacity(found.len());
    for (start, end, z) in found {
        match joined.last_mut() {
            Some(last) if start <= last.1 + 1 && z * last.2 > 0.0 => {
                last.1 = end;
                if z.abs() > last.2.abs() {
                    last.2 = z;
                }
            }
            _ => joined.push((start, end, z)),
        }
    }
    joined
}
