//! Organic engagement and labelled data sets.
