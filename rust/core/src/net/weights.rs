//! The arrays of a trained net, checked and laid out for the forward pass.

use super::layer::{LANES, Layer};
use crate::Error;
use std::collections::BTreeMap;

/// Most steps between two taps.
const MOST_DILATION: i64 = 1 << 30;

/// One array of a trained net.
#[derive(Debug, Clone, Copy)]
pub struct Array<'a> {
    /// Length of each axis.
    pub shape: &'a [usize],
    /// The values, last axis fastest.
    pub values: &'a [f32],
}

/// Gain and offset after a layer norm, padded with zeros.
#[derive(Debug, Clone)]
pub(super) struct Norm {
    pub(super) gain: Vec<f32>,
    pub(super) offset: Vec<f32>,
}

/// What is added to the running channels: norm, dilated convolution with context, rectifier, mix.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) norm: Norm,
    pub(super) conv: Layer,
    pub(super) context: Layer,
    pub(super) mix: Layer,
}

/// A net ready to run.
#[derive(Debug, Clone)]
pub struct Net {
    pub(super) width: usize,
    pub(super) stem: Layer,
    pub(super) blocks: Vec<Block>,
    pub(super) norm: Norm,
    pub(super) hours: Layer,
    pub(super) hidden: Layer,
    pub(super) account: Layer,
    /// Input channels.
    pub n_channels: usize,
    /// Outputs per step.
    pub n_hour_outputs: usize,
    /// Outputs per account.
    pub n_account_outputs: usize,
}

impl Net {
    /// Checks the arrays of a net and lays them out.
    ///
    /// Names and shapes, with `C` input channels, width `W`, `K` taps, `H` outputs per step, `Q` hidden units
    /// and `A` outputs per account: `stem.weight` (W, C), `stem.bias` (W); for each block `b`
    /// `blocks.b.norm.weight`, `blocks.b.norm.bias` (W), `blocks.b.conv.weight` (W, W, K),
    /// `blocks.b.conv.bias` (W), `blocks.b.context.weight` (W, W), `blocks.b.mix.weight` (W, W),
    /// `blocks.b.mix.bias` (W); `norm.weight`, `norm.bias` (W); `hours.weight` (H, W), `hours.bias` (H);
    /// `account.0.weight` (Q, 3 W), `account.0.bias` (Q), `account.1.weight` (A, Q), `account.1.bias` (A).
    /// `dilations` holds one number per block.
    ///
    /// # Errors
    /// [`Error`] naming the array that is missing, unknown, of another shape or not finite, or
    /// `dilations`.
    pub fn new(arrays: &BTreeMap<String, Array<'_>>, dilations: &[i64]) -> Result<Self, Error> {
        let mut reader = Reader {
            arrays,
            read: Vec::new(),
        };
        let width = reader.axis("stem.weight", 2, 0)?;
        let n_channels = reader.axis("stem.weight", 2, 1)?;
        let n_hour_outputs = reader.axis("hours.weight", 2, 0)?;
        let n_hidden = reader.axis("account.0.weight", 2, 0)?;
        let n_account_outputs = reader.axis("account.1.weight", 2, 0)?;
        let mut blocks = Vec::new();
        for (b, &dilation) in dilations.iter().enumerate() {
            blocks.push(reader.block(&format!("blocks.{b}"), width, dilation)?);
        }
        let net = Self {
            width,
            stem: reader.layer("stem", width, n_channels)?,
            blocks,
            norm: reader.norm("norm", width)?,
            hours: reader.layer("hours", n_hour_outputs, width)?,
            hidden: reader.layer("account.0", n_hidden, 3 * width)?,
            account: reader.layer("account.1", n_account_outputs, n_hidden)?,
            n_channels,
            n_hour_outputs,
            n_account_outputs,
        };
        match arrays.keys().find(|name| !reader.read.contains(name)) {
            Some(name) => Err(Error::out_of_range(
                "weights",
                format!("an array {name:?}"),
                format!("those of a net with {} blocks (dilations)", dilations.len()),
            )),
            None => Ok(net),
        }
    }
}

/// Takes arrays by name and remembers which.
struct Reader<'a> {
    arrays: &'a BTreeMap<String, Array<'a>>,
    read: Vec<String>,
}

impl<'a> Reader<'a> {
    fn array(&mut self, name: &str) -> Result<Array<'a>, Error> {
        self.read.push(name.to_owned());
        self.arrays.get(name).copied().ok_or_else(|| {
            Error::out_of_range(
                "weights",
                format!("a net without {name:?}"),
                "every array of a net is needed",
            )
        })
    }

    /// Length of one axis of an array that has `n_axes`, at least 1.
    fn axis(&mut self, name: &str, n_axes: usize, axis: usize) -> Result<usize, Error> {
        let shape = self.array(name)?.shape;
        if shape.len() == n_axes && shape.iter().all(|length| *length > 0) {
            return Ok(shape[axis]);
        }
        Err(Error::out_of_range(
            name,
            format!("the shape {shape:?}"),
            format!("{n_axes} axes, none of them empty"),
        ))
    }

    /// Values of an array of this shape.
    fn values(&mut self, name: &str, shape: &[usize]) -> Result<&'a [f32], Error> {
        let array = self.array(name)?;
        if array.shape != shape {
            return Err(Error::out_of_range(
                name,
                format!("the shape {:?}", array.shape),
                format!("{shape:?}, as the other arrays of the net say"),
            ));
        }
        let expected = shape.iter().product();
        if array.values.len() != expected {
            return Err(Error::Length {
                argument: name.into(),
                given: array.values.len(),
                expected,
            });
        }
        match array.values.iter().find(|value| !value.is_finite()) {
            Some(value) => Err(Error::out_of_range(name, value, "finite numbers")),
            None => Ok(array.values),
        }
    }

    /// A vector with zeros behind it.
    fn vector(&mut self, name: &str, length: usize) -> Result<Vec<f32>, Error> {
        let mut values = self.values(name, &[length])?.to_vec();
        values.resize(length.next_multiple_of(LANES), 0.0);
        Ok(values)
    }

    fn norm(&mut self, name: &str, width: usize) -> Result<Norm, Error> {
        Ok(Norm {
            gain: self.vector(&format!("{name}.weight"), width)?,
            offset: self.vector(&format!("{name}.bias"), width)?,
        })
    }

    fn layer(&mut self, name: &str, n_outputs: usize, n_inputs: usize) -> Result<Layer, Error> {
        let weights = self.values(&format!("{name}.weight"), &[n_outputs, n_inputs])?;
        let bias = self.vector(&format!("{name}.bias"), n_outputs)?;
        Ok(Layer {
            weights: transposed(weights, n_outputs, n_inputs, 1),
            bias,
            n_inputs,
            n_taps: 1,
            dilation: 1,
        })
    }

    fn block(&mut self, name: &str, width: usize, dilation: i64) -> Result<Block, Error> {
        if !(1..=MOST_DILATION).contains(&dilation) {
            return Err(Error::out_of_range(
                "dilations",
                dilation,
                format!("1 to {MOST_DILATION} steps between two taps"),
            ));
        }
        let conv = format!("{name}.conv.weight");
        let n_taps = self.axis(&conv, 3, 2)?;
        if n_taps % 2 == 0 {
            return Err(Error::out_of_range(
                conv,
                format!("{n_taps} taps"),
                "an odd number, as many before a step as after it",
            ));
        }
        let weights = self.values(&conv, &[width, width, n_taps])?;
        let context = self.values(&format!("{name}.context.weight"), &[width, width])?;
        Ok(Block {
            norm: self.norm(&format!("{name}.norm"), width)?,
            conv: Layer {
                weights: transposed(weights, width, width, n_taps),
                bias: self.vector(&format!("{name}.conv.bias"), width)?,
                n_inputs: width,
                n_taps,
                dilation,
            },
            context: Layer {
                weights: transposed(context, width, width, 1),
                bias: vec![0.0; width.next_multiple_of(LANES)],
                n_inputs: width,
                n_taps: 1,
                dilation: 1,
            },
            mix: self.layer(&format!("{name}.mix"), width, width)?,
        })
    }
}

/// (outputs, inputs, taps) as (taps, inputs, padded outputs).
fn transposed(values: &[f32], n_outputs: usize, n_inputs: usize, n_taps: usize) -> Vec<f32> {
    let padded = n_outputs.next_multiple_of(LANES);
    let mut out = vec![0.0; n_taps * n_inputs * padded];
    for output in 0..n_outputs {
        for input in 0..n_inputs {
            for tap in 0..n_taps {
                out[(tap * n_inputs + input) * padded + output] =
                    values[(output * n_inputs + input) * n_taps + tap];
            }
        }
    }
    out
}
