//! The long table of some accounts: schema, columns, file.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use parquet::basic::{Compression, Encoding, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::errors::ParquetError;
use parquet::file::metadata::{
    ColumnChunkMetaData, FileMetaData, ParquetMetaData, ParquetMetaDataWriter, RowGroupMetaData,
};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr};
use parquet::file::writer::TrackedWrite;
use parquet::schema::types::{ColumnDescPtr, SchemaDescPtr, SchemaDescriptor, Type, TypePtr};
use sha2::{Digest, Sha256};

use crate::Error;
use crate::column::{self, Finished, Sink};

/// First bytes of every Parquet file.
const MAGIC: &[u8] = b"PAR1";
/// Version of the format: the first with packed differences.
const VERSION: i32 = 2;
/// Kept free of version numbers, so that an update of the library changes no bytes.
const CREATED_BY: &str = "fakeengage";
/// Rows of one page of timestamps: many, because compression finds the repetitions in each anew.
const MOMENT_PAGE_ROWS: usize = 1 << 17;

/// Accounts of one length that share a clock.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// One id per account.
    pub account_ids: &'a [String],
    /// Account after account, in it metric after metric, in it step after step; NaN = missing.
    pub values: &'a [f32],
    /// The same before the attacks, if it is to be kept.
    pub clean: Option<&'a [f32]>,
    /// Per account and step: bit `m` is set where an attack changed metric `m`.
    pub changed: &'a [u8],
}

/// Writes parts of one data set; what they have in common is encoded once.
#[derive(Debug)]
pub struct PartWriter {
    metrics: Vec<String>,
    moments: Vec<i64>,
    clean: bool,
    schema: SchemaDescPtr,
    properties: WriterPropertiesPtr,
    /// The column of timestamps by number of accounts: all parts but the last have the same one.
    clock: Mutex<BTreeMap<usize, Finished>>,
}

fn schema(metrics: &[String], clean: bool) -> Result<TypePtr, Error> {
    let field = |name: &str, kind, repetition, logical| {
        let field = Type::primitive_type_builder(name, kind)
            .with_repetition(repetition)
            .with_logical_type(logical);
        field.build().map(Arc::new)
    };
    let moment = LogicalType::timestamp(true, TimeUnit::MILLIS);
    let small = LogicalType::integer(8, false);
    let text = Some(LogicalType::String);
    let (always, maybe) = (Repetition::REQUIRED, Repetition::OPTIONAL);
    let mut fields = vec![
        field("account_id", Physical::BYTE_ARRAY, always, text)?,
        field("timestamp", Physical::INT64, always, Some(moment))?,
    ];
    for prefix in ["", "clean_"].into_iter().take(1 + usize::from(clean)) {
        for metric in metrics {
            let name = format!("{prefix}{metric}");
            fields.push(field(&name, Physical::INT64, maybe, None)?);
        }
    }
    fields.push(field("changed", Physical::INT32, always, Some(small))?);
    let root = Type::group_type_builder("schema").with_fields(fields);
    Ok(Arc::new(root.build()?))
}

impl PartWriter {
    /// For accounts with `metrics` at the `moments` (milliseconds since 1970, UTC); `clean` says
    /// whether parts bring the counts before the attacks.
    ///
    /// # Errors
    /// [`Error::Encoding`] for names that make no schema.
    pub fn new(metrics: &[&str], moments: Vec<i64>, clean: bool) -> Result<Self, Error> {
        let metrics: Vec<String> = metrics.iter().map(ToString::to_string).collect();
        let schema = SchemaDescriptor::new(schema(&metrics, clean)?);
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_encoding(Encoding::DELTA_BINARY_PACKED)
            .set_data_page_row_count_limit(MOMENT_PAGE_ROWS)
            .set_data_page_size_limit(usize::MAX)
            .set_offset_index_disabled(true)
            .set_statistics_enabled(EnabledStatistics::Chunk);
        Ok(Self {
            metrics,
            moments,
            clean,
            schema: Arc::new(schema),
            properties: Arc::new(properties.build()),
            clock: Mutex::default(),
        })
    }

    /// Writes `part` to `path` and returns the SHA-256 of the file in hexadecimal digits.
    ///
    /// The bytes depend on the part alone. The file is written as it stands: give a temporary name
    /// and rename it. `buffer` is where the file is put together; passing the same one again saves
    /// the system the work of finding fresh memory.
    ///
    /// # Errors
    /// [`Error::Length`] for buffers that do not fit one another, [`Error::File`] where the file
    /// cannot be written.
    pub fn write(
        &self,
        path: &Path,
        part: &Part<'_>,
        buffer: &mut Vec<u8>,
    ) -> Result<String, Error> {
        self.check(part)?;
        buffer.clear();
        self.encode(part, buffer)?;
        std::fs::write(path, &buffer).map_err(|cause| Error::File {
            path: path.display().to_string(),
            cause,
        })?;
        let mut digits = String::new();
        for byte in Sha256::digest(&buffer) {
            // Writing into a string cannot fail.
            let _ = write!(digits, "{byte:02x}");
        }
        Ok(digits)
    }

    fn encode(&self, part: &Part<'_>, buffer: &mut Vec<u8>) -> Result<(), ParquetError> {
        let rows = (part.account_ids.len() * self.moments.len()) as i64;
        let mut sink = TrackedWrite::new(buffer);
        sink.write_all(MAGIC)?;
        let mut groups = Vec::new();
        if rows > 0 {
            let columns = self.columns(part, &mut sink)?;
            let size = columns.iter().map(ColumnChunkMetaData::uncompressed_size);
            let group = RowGroupMetaData::builder(self.schema.clone())
                .set_num_rows(rows)
                .set_total_byte_size(size.sum())
                .set_column_metadata(columns);
            groups.push(group.build()?);
        }
        let by = Some(CREATED_BY.to_owned());
        let file = FileMetaData::new(VERSION, rows, by, None, self.schema.clone(), None);
        let metadata = ParquetMetaData::new(file, groups);
        ParquetMetaDataWriter::new_with_tracked(sink, &metadata).finish()
    }

    fn columns(
        &self,
        part: &Part<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<Vec<ColumnChunkMetaData>, ParquetError> {
        let (steps, n_metrics) = (self.moments.len(), self.metrics.len());
        let description = |done: &Vec<_>| self.schema.column(done.len());
        let mut done = Vec::with_capacity(self.schema.num_columns());
        done.push(column::ids(
            sink,
            description(&done),
            part.account_ids,
            steps,
        )?);
        let clock = self.clock(description(&done), part.account_ids.len())?;
        done.push(clock.append(sink)?);
        for values in std::iter::once(part.values).chain(part.clean) {
            for m in 0..n_metrics {
                let series = values.chunks_exact(steps).skip(m).step_by(n_metrics);
                done.push(column::counts(sink, description(&done), series)?);
            }
        }
        done.push(column::bytes(sink, description(&done), part.changed)?);
        Ok(done)
    }

    fn clock(&self, column: ColumnDescPtr, n: usize) -> Result<Finished, ParquetError> {
        let lock = || self.clock.lock().unwrap_or_else(PoisonError::into_inner);
        let known = lock().get(&n).cloned();
        if let Some(finished) = known {
            return Ok(finished);
        }
        let finished = Finished::moments(column, &self.properties, &self.moments, n)?;
        lock().insert(n, finished.clone());
        Ok(finished)
    }

    fn check(&self, part: &Part<'_>) -> Result<(), Error> {
        let rows = part.account_ids.len() * self.moments.len();
        let clean = part.clean.map_or(0, <[f32]>::len);
        for (argument, given, expected) in [
            ("values", part.values.len(), rows * self.metrics.len()),
            (
                "clean",
                clean,
                if self.clean {
                    rows * self.metrics.len()
                } else {
                    0
                },
            ),
            ("changed", part.changed.len(), rows),
        ] {
            if given != expected {
                return Err(Error::Length {
                    argument,
                    given,
                    expected,
                });
            }
        }
        Ok(())
    }
}
