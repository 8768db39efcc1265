//! Laws of coordination; `tests/test_coordination.py` holds the values against the definition.

use super::*;
use crate::expectation::Clock;
use crate::rng::Stream;
use crate::rows::Layout;

const LENGTH: usize = 240;
const HOURLY: Clock = Clock {
    steps_per_day: 24,
    steps_per_week: 168,
};

/// Counts around 100 with `n_members` accounts that double at shared steps, and their expectation.
struct Batch {
    data: Vec<f32>,
    expected: Vec<f32>,
    offsets: Vec<usize>,
    starts: Vec<i64>,
}

impl Batch {
    fn new(n_accounts: usize, n_members: usize) -> Self {
        let mut data = Vec::new();
        for i in 0..n_accounts {
            let mut stream = Stream::new(1, i as u64, 2);
            for t in 0..LENGTH {
                let wave = i < n_members && t % 17 < 2;
                data.push(stream.negative_binomial(if wave { 200.0 } else { 100.0 }, 20.0) as f32);
            }
        }
        Self {
            expected: vec![100.0; data.len()],
            data,
            offsets: (0..=n_accounts).map(|i| i * LENGTH).collect(),
            starts: vec![0; n_accounts],
        }
    }

    fn measure(&self, threads: usize) -> Vec<[f64; 4]> {
        self.measure_against(Some(&self.expected), threads)
    }

    fn measure_against(&self, expected: Option<&[f32]>, threads: usize) -> Vec<[f64; 4]> {
        let accounts = Accounts {
            data: &self.data,
            layout: Layout::new(&self.offsets, 1, self.data.len()).unwrap(),
            starts: &self.starts,
            clock: HOURLY,
        };
        let values = extract(accounts, expected, threads).unwrap();
        let rows = values.chunks_exact(4);
        rows.map(|row| [row[0], row[1], row[2], row[3]]).collect()
    }

    /// The accounts named, in that order.
    fn select(&self, accounts: &[usize]) -> Self {
        let pick = |buffer: &[f32]| -> Vec<f32> {
            let blocks = accounts
                .iter()
                .map(|&i| &buffer[self.offsets[i]..self.offsets[i + 1]]);
            blocks.flatten().copied().collect()
        };
        let mut offsets = vec![0];
        for &i in accounts {
            offsets.push(offsets[offsets.len() - 1] + self.offsets[i + 1] - self.offsets[i]);
        }
        Self {
            data: pick(&self.data),
            expected: pick(&self.expected),
            offsets,
            starts: accounts.iter().map(|&i| self.starts[i]).collect(),
        }
    }
}

fn bits(rows: &[[f64; 4]]) -> Vec<[u64; 4]> {
    rows.iter().map(|row| row.map(f64::to_bits)).collect()
}

#[test]
fn members_of_a_cohort_stand_out() {
    let rows = Batch::new(200, 6).measure(1);
    let weakest = rows[..6].iter().fold(f64::INFINITY, |low, r| low.min(r[0]));
    let loudest = rows[6..]
        .iter()
        .fold(f64::NEG_INFINITY, |high, r| high.max(r[0]));
    assert!(weakest > loudest + 5.0, "{weakest} against {loudest}");
    assert!(rows[..6].iter().all(|row| row[1] > 0.5 && row[3] > 0.5));
}

#[test]
fn results_follow_the_accounts_and_not_the_threads() {
    let batch = Batch::new(150, 5);
    let rows = batch.measure(1);
    assert_eq!(bits(&rows), bits(&batch.measure(3)));
    let order: Vec<usize> = (0..150).map(|k| (k * 77 + 3) % 150).collect();
    let moved: Vec<[f64; 4]> = order.iter().map(|&i| rows[i]).collect();
    assert_eq!(bits(&batch.select(&order).measure(2)), bits(&moved));
}

#[test]
fn twins_are_told_apart_by_nothing_and_need_not_be() {
    let batch = Batch::new(60, 4);
    let twice: Vec<usize> = (0..60).chain(0..60).collect();
    let rows = batch.select(&twice).measure(1);
    assert_eq!(bits(&rows[..60]), bits(&rows[60..]));
}

#[test]
fn other_times_are_no_company() {
    let batch = Batch::new(60, 6);
    let alone = batch.measure(1);
    let twice: Vec<usize> = (0..60).chain(0..60).collect();
    let mut apart = batch.select(&twice);
    apart.starts[60..].fill(i64::MAX - 10);
    let rows = apart.measure(1);
    // Twice as many partners were possible, so the evidence counts for log 2 less, about.
    for (i, (row, before)) in rows.iter().zip(&alone).enumerate() {
        assert!(
            (before[0] - row[0] - std::f64::consts::LN_2).abs() < 0.05,
            "{i}"
        );
    }
    apart.starts[..60].fill(i64::MIN);
    assert_eq!(bits(&apart.measure(1)), bits(&rows));
}

#[test]
fn few_steps_few_accounts_and_flat_series_are_answered() {
    assert!(Batch::new(0, 0).measure(2).is_empty());
    assert!(Batch::new(1, 0).measure(1)[0].iter().all(|v| v.is_nan()));
    let mut batch = Batch::new(40, 6);
    batch.data[..LENGTH].fill(100.0);
    batch.data[LENGTH + LEAST_STEPS - 1..2 * LENGTH].fill(f32::NAN);
    let rows = batch.measure(1);
    assert!(rows[..2].iter().flatten().all(|v| v.is_nan()));
    assert!(rows[2][0] > 5.0);
    let mut broken = Batch::new(40, 4);
    broken.data[7] = f32::INFINITY;
    broken.data[8] = -5.0;
    broken.data[9] = f32::MAX;
    assert!(broken.measure(1)[0].iter().all(|v| v.is_finite()));
    broken.expected.fill(f32::NAN);
    assert!(broken.measure(1).iter().flatten().all(|v| v.is_nan()));
}

#[test]
fn dead_and_nearly_dead_accounts_are_no_cohort() {
    let mut batch = Batch::new(100, 0);
    for i in 0..60 {
        let own = &mut batch.data[i * LENGTH..(i + 1) * LENGTH];
        own.fill(0.0);
        if i < 40 {
            own[i] = 1.0;
            own[i + 60] = 1.0;
        }
    }
    for expected in [Some(&batch.expected[..]), None] {
        let rows = batch.measure_against(expected, 1);
        assert!(rows[..40].iter().all(|row| row[1] < 0.5 && row[0] < 0.0));
        assert!(rows[40..60].iter().flatten().all(|v| v.is_nan()));
    }
}

#[test]
fn accounts_with_a_handful_of_events_are_no_cohort() {
    let mut batch = Batch::new(300, 0);
    for i in 0..300 {
        let mut stream = Stream::new(3, i as u64, 2);
        for value in &mut batch.data[i * LENGTH..(i + 1) * LENGTH] {
            *value = stream.negative_binomial(0.03, 20.0) as f32;
        }
    }
    let rows = batch.measure_against(None, 1);
    assert!(rows.iter().all(|row| row[0].is_nan() || row[0] < 0.0));
}

#[test]
fn crowded_steps_keep_the_strongest() {
    let offsets = [0, 2, 4, 6, 8];
    let clock = residual::Timeline::new(&offsets, &[0; 4]);
    let series = [1.0, 9.0, 2.0, 9.0, 3.0, 9.0, 4.0, 9.0];
    let rises: Vec<residual::Rise> = (0..4)
        .map(|_| residual::Rise {
            judged: true,
            steps: vec![0, 1],
        })
        .collect();
    let cut = |most| crowd::buckets(&series, &offsets, &clock, &rises, &[4, 4], most);
    assert_eq!(cut(4), (vec![0, 1, 2, 3, 0, 1, 2, 3], vec![0, 4, 8]));
    // All are as strong at the second step: taking some would depend on their order.
    assert_eq!(cut(2), (vec![2, 3], vec![0, 2, 2]));
}

#[test]
fn buffers_that_do_not_fit_are_refused() {
    let two = [1.0; 2];
    for (expected, starts) in [(&two[..1], &[0][..]), (&two, &[])] {
        let accounts = Accounts {
            data: &two,
            layout: Layout::new(&[0, 2], 1, 2).unwrap(),
            starts,
            clock: HOURLY,
        };
        let refused = extract(accounts, Some(expected), 1);
        assert!(matches!(refused, Err(Error::Length { .. })));
    }
}
