//! What an attack really changed.

use crate::simulate::account::N_METRICS;

/// Changed cells of one metric, joined over short pauses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// Number of the metric.
    pub metric: usize,
    /// First changed step.
    pub start: usize,
    /// First step after the last changed one.
    pub end: usize,
    /// Attacked minus clean, summed; negative where a purge took more than was added.
    pub injected: f64,
}

/// Windows of the cells in which two versions of an account differ, by metric and start; cells with
/// at most `pause_steps` unchanged ones between them share a window. Missing cells do not differ.
#[must_use]
pub fn changed_windows(
    clean: &[Vec<f32>; N_METRICS],
    attacked: &[Vec<f32>; N_METRICS],
    pause_steps: usize,
) -> Vec<Window> {
    (0..N_METRICS)
        .flat_map(|m| metric_windows(m, &clean[m], &attacked[m], pause_steps))
        .collect()
}

/// [`changed_windows`] of one metric.
#[must_use]
pub fn metric_windows(
    metric: usize,
    clean: &[f32],
    attacked: &[f32],
    pause_steps: usize,
) -> Vec<Window> {
    let mut windows: Vec<Window> = Vec::new();
    for (step, (&before, &after)) in clean.iter().zip(attacked).enumerate() {
        if before == after || before.is_nan() || after.is_nan() {
            continue;
        }
        let injected = f64::from(after) - f64::from(before);
        match windows.last_mut() {
            Some(last) if step - last.end <= pause_steps => {
                last.end = step + 1;
                last.injected += injected;
            }
            _ => windows.push(Window {
                metric,
                start: step,
                end: step + 1,
                injected,
            }),
        }
    }
    windows
}
