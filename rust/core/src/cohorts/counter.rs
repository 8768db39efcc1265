//! Public counters that refresh every few steps and show nothing between.

/// Fewest refreshes from which a rhythm can be read.
const LEAST_REFRESHES: usize = 8;
/// Share of the pauses between refreshes that are equally long.
const LEAST_REGULAR: f64 = 0.8;

/// Whether counts come in batches at a fixed interval. All that such accounts share is when their
/// counter is refreshed: in 20,000 organic accounts they were the only false cohorts.
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
