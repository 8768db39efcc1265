//! The twelve attacks.
