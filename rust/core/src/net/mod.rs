//! The convolution net over an account's steps: its input channels and its forward pass.
//!
//! A net is trained elsewhere and arrives as arrays, so a saved model is data, never code. Each account is
//! computed on its own, every sum in a fixed order of explicit lanes: the same bits in any batch, on any
//! thread count and instruction set.

pub mod channels;
mod forward;
mod layer;
mod weights;

pub use weights::{Array, Net};

use crate::Error;
use crate::features::Accounts;
use crate::rows::{Layout, map_jobs};
use channels::{Maker, N_CHANNELS, Slots};
use forward::{Memory, Outputs, run};

/// What a net says of many accounts.
#[derive(Debug, Clone, PartialEq)]
pub struct Answers {
    /// One row per account; NaN for an account without a step.
    pub accounts: Vec<f32>,
    /// Account after account, in it output after output, in it step after step.
    pub hours: Vec<f32>,
}

/// Answers of a net to channels laid out as [`channels::channels`] makes them.
///
/// # Errors
/// [`Error`] if the channels do not fit the offsets and the net, or one is not finite.
pub fn forward(
    net: &Net,
    channels: &[f32],
    offsets: &[usize],
    threads: usize,
) -> Result<Answers, Error> {
    let layout = Layout::new(offsets, net.n_channels, channels.len()).map_err(|error| {
        if let Error::Length {
            given, expected, ..
        } = error
        {
            let argument = "channels".into();
            return Error::Length {
                argument,
                given,
                expected,
            };
        }
        error
    })?;
    if let Some(value) = channels.iter().find(|value| !value.is_finite()) {
        return Err(Error::out_of_range("channels", value, "finite numbers"));
    }
    let start = Memory::default;
    Ok(answer(net, layout, threads, start, |memory, i, out| {
        run(net, layout.block(channels, i), memory, out);
    }))
}

/// Answers of a net to a panel: [`channels::channels`] and [`forward`] account by account.
///
/// # Errors
/// [`Error`] if the buffers do not fit one another, `slots` does not fit the metrics, or the net was made for
/// another number of channels.
pub fn score(
    net: &Net,
    accounts: Accounts<'_>,
    slots: &[usize],
    threads: usize,
) -> Result<Answers, Error> {
    accounts.check(None)?;
    let Accounts {
        data,
        layout,
        starts,
        clock,
    } = accounts;
    let slots = Slots::new(slots, layout.n_metrics)?;
    if net.n_channels != N_CHANNELS {
        return Err(Error::out_of_range(
            "stem.weight",
            format!("a net of {} channels", net.n_channels),
            format!("a panel gives {N_CHANNELS}"),
        ));
    }
    let start = || (Maker::new(slots, clock), Vec::new(), Memory::default());
    Ok(answer(
        net,
        layout,
        threads,
        start,
        |(maker, channels, memory), i, out| {
            channels.resize(N_CHANNELS * layout.length(i), 0.0);
            maker.fill(layout.block(data, i), starts[i], channels);
            run(net, channels, memory, out);
        },
    ))
}

/// Has `work` fill the outputs of every account.
fn answer<W>(
    net: &Net,
    layout: Layout<'_>,
    threads: usize,
    start: impl Fn() -> W + Sync,
    work: impl Fn(&mut W, usize, Outputs<'_>) + Sync,
) -> Answers {
    let n_accounts = layout.n_accounts();
    let mut accounts = vec![0.0; n_accounts * net.n_account_outputs];
    let mut hours = vec![0.0; layout.offsets[n_accounts] * net.n_hour_outputs];
    let mut jobs = Vec::with_capacity(n_accounts);
    let mut rest = hours.as_mut_slice();
    for (i, account) in accounts.chunks_exact_mut(net.n_account_outputs).enumerate() {
        let (hours, others) = rest.split_at_mut(layout.length(i) * net.n_hour_outputs);
        jobs.push((i, Outputs { account, hours }));
        rest = others;
    }
    map_jobs(jobs, threads, start, |worker, (i, out)| {
        work(worker, i, out);
    });
    Answers { accounts, hours }
}
