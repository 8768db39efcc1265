//! Runs work over accounts on several threads; neither order nor bits depend on the thread count.
//!
//! Threads are scoped, not pooled: a forked child finds no half-dead pool, and nothing is shared.

use std::sync::{Mutex, PoisonError};

use crate::Error;

/// Steps and metrics of every account of a panel inside its one buffer.
#[derive(Debug, Clone, Copy)]
pub struct Layout<'a> {
    /// Steps before each account; one entry more than there are accounts, starting at 0.
    pub offsets: &'a [usize],
    /// Number of metrics, the same for every account.
    pub n_metrics: usize,
}

impl<'a> Layout<'a> {
    /// Checks that offsets start at 0, never fall, and that `n_values` fits them.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] or [`Error::Length`] naming the argument that does not fit.
    pub fn new(offsets: &'a [usize], n_metrics: usize, n_values: usize) -> Result<Self, Error> {
        if offsets.first() != Some(&0) || offsets.windows(2).any(|w| w[0] > w[1]) {
            return Err(Error::out_of_range(
                "offsets",
                format!("{:?}...", &offsets[..offsets.len().min(4)]),
                "they start at 0 and never fall",
            ));
        }
        let steps = offsets[offsets.len() - 1];
        // A product too large for the machine is larger than any buffer, too.
        let expected = steps.saturating_mul(n_metrics);
        if n_values != expected {
            return Err(Error::Length {
                argument: "data".into(),
                given: n_values,
                expected,
            });
        }
        Ok(Self { offsets, n_metrics })
    }

    /// Number of accounts.
    #[must_use]
    pub fn n_accounts(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Steps of account `i`.
    #[must_use]
    pub fn length(&self, i: usize) -> usize {
        self.offsets[i + 1] - self.offsets[i]
    }

    /// The block of account `i` in a buffer laid out like the panel.
    #[must_use]
    pub fn block<'b, T>(&self, buffer: &'b [T], i: usize) -> &'b [T] {
        &buffer[self.n_metrics * self.offsets[i]..self.n_metrics * self.offsets[i + 1]]
    }
}

/// Number of threads to use: `threads`, or the machine's parallelism when it is 0.
#[must_use]
pub fn resolve_threads(threads: usize) -> usize {
    if threads > 0 {
        return threads;
    }
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Calls `work(i)` for every `i` in `0..n` on `threads` threads and returns the results in order.
///
/// Each thread takes one run of neighbouring indices; where the system refuses another thread, its
/// run is done here. A panic inside `work` is resumed here.
pub fn map_indices<T, F>(n: usize, threads: usize, work: F) -> Vec<T>
where
    T: Send,
    F: Fn(usize) -> T + Sync,
{
    let threads = resolve_threads(threads).min(n.max(1));
    if threads <= 1 {
        return (0..n).map(work).collect();
    }
    let work = &work;
    std::thread::scope(|scope| {
        let handles: Vec<_> = (0..threads)
            .map(|t| {
                let range = n * t / threads..n * (t + 1) / threads;
                let mine = range.clone();
                std::thread::Builder::new()
                    .spawn_scoped(scope, move || mine.map(work).collect::<Vec<T>>())
                    .map_err(|_| range)
            })
            .collect();
        let mut out = Vec::with_capacity(n);
        for handle in handles {
            match handle.map(std::thread::ScopedJoinHandle::join) {
                Ok(Ok(part)) => out.extend(part),
                Ok(Err(panic)) => std::panic::resume_unwind(panic),
                Err(range) => out.extend(range.map(work)),
            }
        }
        out
    })
}

/// Does every job on `threads` threads and returns the results in order. A thread takes the next job
/// when it is done with one, and keeps what `start` made for it from job to job.
///
/// A panic inside `work` is resumed here.
pub fn map_jobs<J, W, T>(
    jobs: Vec<J>,
    threads: usize,
    start: impl Fn() -> W + Sync,
    work: impl Fn(&mut W, J) -> T + Sync,
) -> Vec<T>
where
    J: Send,
    T: Send,
{
    let threads = resolve_threads(threads).min(jobs.len().max(1));
    let n = jobs.len();
    let queue = Mutex::new(jobs.into_iter().enumerate());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let run = || {
        let mut worker = start();
        let mut done = Vec::new();
        while let Some((i, job)) = next() {
            done.push((i, work(&mut worker, job)));
        }
        done
    };
    let mut all = Vec::with_capacity(n);
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads)
            .filter_map(|_| {
                // Where the system refuses another thread, this one does more.
                let thread = std::thread::Builder::new();
                thread.spawn_scoped(scope, run).ok()
            })
            .collect();
        all.extend(run());
        for other in others {
            match other.join() {
                Ok(part) => all.extend(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    all.sort_unstable_by_key(|(i, _)| *i);
    all.into_iter().map(|(_, result)| result).collect()
}

/// Values that a thread should have to itself: below, starting it costs more than it saves.
const VALUES_PER_THREAD: usize = 1 << 14;

/// Calls `work(memory, i, row)` for every row of `out`, `width` values each, on `threads` threads.
///
/// `n_steps` is the length of the series behind a row: what a row costs, by and large. Each thread fills
/// one run of neighbouring rows and keeps what `start` made for it from row to row. A panic inside
/// `work` is resumed here.
pub fn fill_rows<W>(
    out: &mut [f64],
    width: usize,
    n_steps: usize,
    threads: usize,
    start: impl Fn() -> W + Sync,
    work: impl Fn(&mut W, usize, &mut [f64]) + Sync,
) {
    if width == 0 || out.is_empty() {
        return;
    }
    let n_rows = out.len() / width;
    let useful = (n_rows * n_steps.max(1)).div_ceil(VALUES_PER_THREAD);
    let threads = resolve_threads(threads).min(n_rows).min(useful);
    let rows_each = n_rows.div_ceil(threads);
    let run = |(part, rows): (usize, &mut [f64])| {
        let mut memory = start();
        for (k, row) in rows.chunks_exact_mut(width).enumerate() {
            work(&mut memory, part * rows_each + k, row);
        }
    };
    map_jobs(
        out.chunks_mut(rows_each * width).enumerate().collect(),
        threads,
        || (),
        |(), job| run(job),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_their_order_for_any_thread_count() {
        for threads in [0, 1, 2, 7, 100] {
            let squares: Vec<usize> = map_indices(23, threads, |i| i * i);
            assert_eq!(squares, (0..23).map(|i| i * i).collect::<Vec<_>>());
        }
        assert!(map_indices(0, 3, |i| i).is_empty());
    }

    #[test]
    fn jobs_are_done_once_each_and_answered_in_order() {
        for threads in [0, 1, 3, 50] {
            let jobs: Vec<usize> = (0..41).collect();
            let done = map_jobs(
                jobs,
                threads,
                || 0,
                |seen, job| {
                    *seen += 1;
                    (job, *seen)
                },
            );
            assert!(done.iter().enumerate().all(|(i, (job, _))| *job == i));
            assert!(done.iter().map(|(_, seen)| *seen).max() <= Some(41));
        }
        assert!(map_jobs(Vec::<u8>::new(), 3, || (), |(), job| job).is_empty());
    }

    #[test]
    fn rows_are_filled_once_each_for_any_thread_count() {
        for threads in [0, 1, 3, 50] {
            let mut out = vec![0.0; 2 * 41];
            fill_rows(
                &mut out,
                2,
                1 << 14,
                threads,
                || (),
                |(), i, row| {
                    row[0] += i as f64;
                    row[1] += 1.0;
                },
            );
            assert!(
                out.chunks(2)
                    .enumerate()
                    .all(|(i, row)| row == [i as f64, 1.0])
            );
        }
        fill_rows(&mut [], 0, 10, 2, || (), |(), _, _| ());
    }

    #[test]
    fn layout_refuses_buffers_that_do_not_fit() {
        assert!(Layout::new(&[0, 2, 5], 4, 20).is_ok());
        assert!(Layout::new(&[0, 2, 5], 4, 19).is_err());
        assert!(Layout::new(&[1, 2], 1, 2).is_err());
        assert!(Layout::new(&[0, 3, 2], 1, 2).is_err());
        assert!(Layout::new(&[], 1, 0).is_err());
        assert!(Layout::new(&[0, 1 << (usize::BITS - 2)], 4, 0).is_err());
    }
}
