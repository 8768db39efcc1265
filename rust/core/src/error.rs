//! The one error type: which argument, what was given, what is allowed.

/// A refused argument. Every message names the argument, the value and what is allowed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A number outside its range.
    #[error("{argument}: {given} is not allowed; {allowed}")]
    OutOfRange {
        /// Name of the argument as the caller knows it.
        argument: String,
        /// The value given.
        given: String,
        /// What would be accepted, in words.
        allowed: String,
    },
    /// Buffers whose lengths contradict one another.
    #[error("{argument}: has {given} values, expected {expected}")]
    Length {
        /// Name of the argument as the caller knows it.
        argument: String,
        /// Length given.
        given: usize,
        /// Length that fits the other arguments.
        expected: usize,
    },
}

impl Error {
    /// An [`Error::OutOfRange`] from anything printable.
    pub fn out_of_range(
        argument: impl Into<String>,
        given: impl std::fmt::Display,
        allowed: impl Into<String>,
    ) -> Self {
        Self::OutOfRange {
            argument: argument.into(),
            given: given.to_string(),
            allowed: allowed.into(),
        }
    }
}
