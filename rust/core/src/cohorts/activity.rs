//! Which accounts can be heard as witnesses of an operator.

use crate::features::Accounts;
use crate::rows::map_indices;

/// Share of an account's steps in idle spells from which on it is idle by nature.
const IDLE: f64 = 0.25;
/// Fewest refreshes from which a rhythm can be read.
const LEAST_REFRESHES: usize = 8;
/// Share of the pauses between refreshes that are equally long.
const LEAST_REGULAR: f64 = 0.8;

/// What an account's series is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Activity {
    /// It can be a member, and its company is evidence.
    Steady,
    /// It can be a member of a cohort that others are evidence for. Accounts that are idle for half of the
    /// time have all their rises in the other half, and seem to share them.
    Idle,
    /// Nothing: its counter is refreshed at a fixed interval and shows nothing between.
    Batched,
}

/// Activity of every account; idle spells last for `spell` steps at least.
pub(super) fn activities(accounts: Accounts<'_>, spell: usize, threads: usize) -> Vec<Activity> {
    let layout = accounts.layout;
    map_indices(layout.n_accounts(), threads, |i| {
        let n = layout.length(i);
        let counts = layout.block(accounts.data, i);
        if counts.chunks_exact(n.max(1)).any(is_batched) {
            return Activity::Batched;
        }
        let is_idle = |t: usize| {
            let mut step = counts[t..].iter().step_by(n);
            step.all(|&count| count == 0.0 || count.is_nan())
        };
        let (mut idle, mut run) = (0, 0);
        for t in 0..=n {
            if t < n && is_idle(t) {
                run += 1;
            } else {
                idle += if run >= spell { run } else { 0 };
                run = 0;
            }
        }
        if idle as f64 > IDLE * n as f64 {
            Activity::Idle
        } else {
            Activity::Steady
        }
    })
}

/// Whether counts come in batches at a fixed interval: all that such accounts share is when their counter
/// is refreshed.
pub(super) fn is_batched(counts: &[f32]) -> bool {
    let mut pauses: Vec<usize> = Vec::new();
    let mut last = None;
    for (t, &count) in counts.iter().enumerate() {
        if count != 0.0 && !count.is_nan() {
            if let Some(last) = last {
                pauses.push(t - last);
            }
            last = Some(t);
        }
    }
    if pauses.len() < LEAST_REFRESHES {
        return false;
    }
    let middle = pauses.len() / 2;
    let usual = *pauses.select_nth_unstable(middle).1;
    let regular = pauses.iter().filter(|&&pause| pause == usual).count();
    usual > 1 && regular as f64 >= LEAST_REGULAR * pauses.len() as f64
}
