//! Why a part could not be written.

use parquet::errors::ParquetError;

/// A part that could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file system refused.
    #[error("{path}: cannot be written ({cause}); free some space or choose another folder")]
    File {
        /// The file.
        path: String,
        /// What the system said.
        cause: std::io::Error,
    },
    /// Buffers whose lengths contradict one another.
    #[error("{argument}: has {given} entries, expected {expected}")]
    Length {
        /// Name of the buffer.
        argument: &'static str,
        /// Length given.
        given: usize,
        /// Length that fits the others.
        expected: usize,
    },
    /// The encoder refused.
    #[error("series: cannot be encoded ({0})")]
    Encoding(#[from] ParquetError),
}
