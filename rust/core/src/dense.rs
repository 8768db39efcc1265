//! Dense layers `y = f(W x + b)`, one account at a time in a fixed order.
//!
//! Linear models, distances in a whitened space and small nets are chains of such layers. A product of
//! matrices in a library may round a row by its place in the batch; here a row's sums always run in
//! the same order, so the same account has the same bits in any batch and on any thread count.

use crate::Error;
use crate::rows::fill_rows;

/// What follows the affine part of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// Nothing.
    Identity,
    /// `tanh(x)`
    Tanh,
    /// `max(x, 0)`
    Relu,
    /// `x * x`
    Square,
}

impl Activation {
    /// The activation of a name.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] if there is none.
    pub fn named(name: &str) -> Result<Self, Error> {
        match name {
            "identity" => Ok(Self::Identity),
            "tanh" => Ok(Self::Tanh),
            "relu" => Ok(Self::Relu),
            "square" => Ok(Self::Square),
            _ => Err(Error::out_of_range(
                "activation",
                name,
                "identity, tanh, relu or square",
            )),
        }
    }

    fn of(self, x: f64) -> f64 {
        match self {
            Self::Identity => x,
            Self::Tanh => libm::tanh(x),
            Self::Relu => x.max(0.0),
            Self::Square => x * x,
        }
    }
}

/// One layer.
#[derive(Debug, Clone, Copy)]
pub struct Layer<'a> {
    /// One row of weights per output, row-major.
    pub weight: &'a [f64],
    /// One number per output.
    pub bias: &'a [f64],
    /// What follows.
    pub activation: Activation,
}

/// Sums kept side by side, so that the additions of a long row do not wait for one another.
const LANES: usize = 8;

/// Outputs of the last layer for each of `rows` (row-major, `n_columns` each), row-major.
///
/// # Errors
/// [`Error::Length`] or [`Error::OutOfRange`] if the layers do not fit the rows or one another.
pub fn forward(
    rows: &[f64],
    n_columns: usize,
    layers: &[Layer<'_>],
    threads: usize,
) -> Result<Vec<f64>, Error> {
    let mut width = n_columns;
    let mut widest = n_columns;
    let mut cost = 0;
    for layer in layers {
        let expected = layer.bias.len().saturating_mul(width);
        if layer.weight.len() != expected {
            return Err(Error::Length {
                argument: "weight".into(),
                given: layer.weight.len(),
                expected,
            });
        }
        width = layer.bias.len();
        widest = widest.max(width);
        cost += expected;
    }
    if layers.is_empty() || width == 0 || n_columns == 0 {
        return Err(Error::out_of_range(
            "layers",
            format!("{} of {n_columns} columns", layers.len()),
            "at least one layer, column and output",
        ));
    }
    if !rows.len().is_multiple_of(n_columns) {
        return Err(Error::Length {
            argument: "rows".into(),
            given: rows.len(),
            expected: n_columns * (rows.len() / n_columns),
        });
    }
    let mut out = vec![0.0; rows.len() / n_columns * width];
    fill_rows(
        &mut out,
        width,
        cost,
        threads,
        || (vec![0.0; widest], vec![0.0; widest]),
        |(input, output), i, row| {
            input[..n_columns].copy_from_slice(&rows[i * n_columns..(i + 1) * n_columns]);
            let mut known = n_columns;
            for layer in layers {
                for ((slot, weight), bias) in output
                    .iter_mut()
                    .zip(layer.weight.chunks_exact(known))
                    .zip(layer.bias)
                {
                    *slot = layer.activation.of(dot(weight, &input[..known]) + bias);
                }
                known = layer.bias.len();
                std::mem::swap(input, output);
            }
            row.copy_from_slice(&input[..known]);
        },
    );
    Ok(out)
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (blocks, rest) = a.as_chunks::<LANES>();
    let (others, other_rest) = b.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for (x, y) in blocks.iter().zip(others) {
        for ((lane, x), y) in lanes.iter_mut().zip(x).zip(y) {
            *lane += x * y;
        }
    }
    let tail = rest
        .iter()
        .zip(other_rest)
        .fold(0.0, |sum, (x, y)| sum + x * y);
    lanes.iter().fold(tail, |sum, lane| sum + lane)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_follow_one_another() {
        let layers = [
            Layer {
                weight: &[1.0, -1.0, 2.0, 0.0, 0.0, 1.0],
                bias: &[0.0, 1.0, -5.0],
                activation: Activation::Relu,
            },
            Layer {
                weight: &[1.0, 10.0, 100.0],
                bias: &[0.5],
                activation: Activation::Square,
            },
        ];
        let rows = [3.0, 1.0, 0.0, 7.0];
        // First row: 2, 7, 0 after the cut; second: 0, 1, 2.
        let expected = [72.5 * 72.5, 210.5 * 210.5];
        for threads in [1, 2] {
            assert_eq!(forward(&rows, 2, &layers, threads).unwrap(), expected);
        }
    }

    #[test]
    fn long_rows_are_summed_whole() {
        for n in [1, 7, 8, 9, 40, 41] {
            let ones = vec![1.0; n];
            let row: Vec<f64> = (1..=n).map(|k| k as f64).collect();
            let layer = Layer {
                weight: &ones,
                bias: &[0.0],
                activation: Activation::Identity,
            };
            let sum = forward(&row, n, &[layer], 1).unwrap();
            assert_eq!(sum, [(n * (n + 1) / 2) as f64]);
        }
    }

    #[test]
    fn layers_that_do_not_fit_are_refused() {
        let layer = Layer {
            weight: &[1.0, 2.0],
            bias: &[0.0],
            activation: Activation::Tanh,
        };
        assert!(forward(&[1.0; 3], 2, &[layer], 1).is_err());
        assert!(forward(&[1.0; 3], 3, &[layer], 1).is_err());
        assert!(forward(&[1.0; 2], 2, &[layer, layer], 1).is_err());
        assert!(forward(&[1.0; 2], 2, &[], 1).is_err());
        assert!(forward(&[], 0, &[], 1).is_err());
        assert!(Activation::named("gelu").is_err());
    }
}
