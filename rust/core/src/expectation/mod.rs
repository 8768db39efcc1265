//! The robust expectation of a series and the excess over it.
