//! Organic engagement and labelled data sets.

pub mod account;
