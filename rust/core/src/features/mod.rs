//! The registry of features.
