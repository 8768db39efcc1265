//! The convolution net over an account's steps: its input channels and its forward pass.
//!
//! A net is trained elsewhere and arrives as arrays, so a saved model is data, never code. Each account is
//! computed on its own, every sum in a fixed order of explicit lanes: the same bits in any batch, on any
//! thread count and instruction set.

pub mod channels;
