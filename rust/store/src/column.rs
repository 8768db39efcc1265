//! The columns of a part, page by page.

use bytes::Bytes;
use parquet::basic::{Compression, Encoding};
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::column::writer::{ColumnWriter, get_column_writer};
use parquet::data_type::ByteArray;
use parquet::errors::Result;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::properties::WriterPropertiesPtr;
use parquet::file::statistics::Statistics;
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;

use crate::{delta, runs};

/// Rows of one page: few enough to stay in the cache between gathering and packing.
const PAGE_ROWS: usize = 1 << 15;

/// The file that is being made.
pub(crate) type Sink<'b> = TrackedWrite<&'b mut Vec<u8>>;

/// Pages without compression, written to the end of a file.
struct Pages<'s, 'b> {
    sink: &'s mut Sink<'b>,
    begin: usize,
    encodings: Vec<Encoding>,
    dictionary: Option<u64>,
    data: Option<u64>,
}

impl<'s, 'b> Pages<'s, 'b> {
    fn new(sink: &'s mut Sink<'b>) -> Self {
        Self {
            begin: sink.bytes_written(),
            sink,
            encodings: vec![Encoding::RLE],
            dictionary: None,
            data: None,
        }
    }

    fn write(&mut self, page: Page) -> Result<()> {
        let size = page.buffer().len();
        let is_dictionary = matches!(page, Page::DictionaryPage { .. });
        let encoding = page.encoding();
        if !self.encodings.contains(&encoding) {
            self.encodings.push(encoding);
        }
        let mut writer = SerializedPageWriter::new(self.sink);
        let spec = writer.write_page(CompressedPage::new(page, size))?;
        let first = if is_dictionary {
            &mut self.dictionary
        } else {
            &mut self.data
        };
        first.get_or_insert(spec.offset);
        Ok(())
    }

    fn write_data(&mut self, body: Vec<u8>, rows: usize, encoding: Encoding) -> Result<()> {
        self.write(Page::DataPage {
            buf: Bytes::from(body),
            num_values: rows as u32,
            encoding,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        })
    }

    fn finish(
        self,
        column: ColumnDescPtr,
        rows: usize,
        statistics: Statistics,
    ) -> Result<ColumnChunkMetaData> {
        let size = (self.sink.bytes_written() - self.begin) as i64;
        ColumnChunkMetaData::builder(column)
            .set_compression(Compression::UNCOMPRESSED)
            .set_encodings(self.encodings)
            .set_num_values(rows as i64)
            .set_total_compressed_size(size)
            .set_total_uncompressed_size(size)
            .set_dictionary_page_offset(self.dictionary.map(|offset| offset as i64))
            .set_data_page_offset(self.data.unwrap_or(0) as i64)
            .set_statistics(statistics)
            .build()
    }
}

/// Ids of accounts, each for `length` rows: a dictionary and one run per account.
pub(crate) fn ids(
    sink: &mut Sink<'_>,
    column: ColumnDescPtr,
    ids: &[String],
    length: usize,
) -> Result<ColumnChunkMetaData> {
    let mut names = Vec::new();
    for id in ids {
        names.extend_from_slice(&(id.len() as u32).to_le_bytes());
        names.extend_from_slice(id.as_bytes());
    }
    let mut pages = Pages::new(sink);
    pages.write(Page::DictionaryPage {
        buf: Bytes::from(names),
        num_values: ids.len() as u32,
        encoding: Encoding::PLAIN,
        is_sorted: false,
    })?;
    let width = runs::bit_width(ids.len().saturating_sub(1));
    let mut body = vec![width];
    for i in 0..ids.len() {
        runs::run(i, width, length, &mut body);
    }
    let rows = ids.len() * length;
    pages.write_data(body, rows, Encoding::RLE_DICTIONARY)?;
    let end = |id: Option<&String>| id.map(|id| ByteArray::from(id.as_str()));
    let (least, most) = (end(ids.iter().min()), end(ids.iter().max()));
    let statistics = Statistics::byte_array(least, most, None, Some(0), false);
    pages.finish(column, rows, statistics)
}

/// Counts of one metric, stretch after stretch; NaN is null.
pub(crate) fn counts<'a>(
    sink: &mut Sink<'_>,
    column: ColumnDescPtr,
    stretches: impl Iterator<Item = &'a [f32]>,
) -> Result<ColumnChunkMetaData> {
    let mut pages = Pages::new(sink);
    let mut tally = Tally::default();
    let mut page: Vec<f32> = Vec::with_capacity(PAGE_ROWS);
    let mut whole: Vec<i32> = Vec::with_capacity(PAGE_ROWS);
    for mut stretch in stretches {
        while !stretch.is_empty() {
            let (now, later) = stretch.split_at(stretch.len().min(PAGE_ROWS - page.len()));
            page.extend_from_slice(now);
            stretch = later;
            if page.len() == PAGE_ROWS {
                counts_page(&page, &mut whole, &mut pages, &mut tally)?;
                page.clear();
            }
        }
    }
    if !page.is_empty() {
        counts_page(&page, &mut whole, &mut pages, &mut tally)?;
    }
    let (ends, nulls) = (tally.ends, Some(tally.nulls));
    let statistics = Statistics::int64(ends.map(|e| e.0), ends.map(|e| e.1), None, nulls, false);
    pages.finish(column, tally.rows, statistics)
}

/// What is known of a column so far.
#[derive(Default)]
struct Tally {
    rows: usize,
    nulls: u64,
    ends: Option<(i64, i64)>,
}

impl Tally {
    fn see(&mut self, least: i64, most: i64) {
        let (low, high) = self.ends.unwrap_or((least, most));
        self.ends = Some((low.min(least), high.max(most)));
    }
}

fn counts_page(
    page: &[f32],
    whole: &mut Vec<i32>,
    pages: &mut Pages<'_, '_>,
    tally: &mut Tally,
) -> Result<()> {
    let limit = delta::LIMIT as f32;
    // False for NaN too; folding instead of stopping early lets the compiler use vectors.
    let all_small = page.iter().fold(true, |all, x| all & (x.abs() < limit));
    let mut body = Vec::with_capacity(page.len() * 2);
    let levels = if all_small {
        levels(&[(true, page.len())])
    } else {
        levels(&stretches(page))
    };
    body.extend_from_slice(&(levels.len() as u32).to_le_bytes());
    body.extend_from_slice(&levels);
    tally.rows += page.len();
    let seen = page.iter().filter(|x| !x.is_nan());
    let encoding = if all_small || seen.clone().all(|x| x.abs() < limit) {
        whole.clear();
        if all_small {
            whole.extend(page.iter().map(|x| *x as i32));
        } else {
            whole.extend(seen.map(|x| *x as i32));
            tally.nulls += (page.len() - whole.len()) as u64;
        }
        let ends = |(low, high): (i32, i32), x: &i32| (low.min(*x), high.max(*x));
        let (least, most) = whole.iter().fold((i32::MAX, i32::MIN), ends);
        if !whole.is_empty() {
            tally.see(i64::from(least), i64::from(most));
        }
        delta::encode(whole, &mut body);
        Encoding::DELTA_BINARY_PACKED
    } else {
        // Counts beyond a thousand million an hour: rare, so right rather than small.
        for x in seen {
            let x = *x as i64;
            tally.see(x, x);
            body.extend_from_slice(&x.to_le_bytes());
        }
        tally.nulls += page.iter().filter(|x| x.is_nan()).count() as u64;
        Encoding::PLAIN
    };
    pages.write_data(body, page.len(), encoding)
}

/// Stretches of present (true) and missing values.
fn stretches(page: &[f32]) -> Vec<(bool, usize)> {
    let mut found: Vec<(bool, usize)> = Vec::new();
    for x in page {
        match found.last_mut() {
            Some((present, n)) if *present != x.is_nan() => *n += 1,
            _ => found.push((!x.is_nan(), 1)),
        }
    }
    found
}

/// Definition levels: 1 where there is a value.
fn levels(stretches: &[(bool, usize)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (present, n) in stretches {
        runs::run(usize::from(*present), 1, *n, &mut out);
    }
    out
}

/// Small numbers without nulls that seldom change: a dictionary and runs.
pub(crate) fn bytes(
    sink: &mut Sink<'_>,
    column: ColumnDescPtr,
    numbers: &[u8],
) -> Result<ColumnChunkMetaData> {
    let mut present = [false; 256];
    for number in numbers {
        present[usize::from(*number)] = true;
    }
    let mut place = [0; 256];
    let mut dictionary: Vec<i32> = Vec::new();
    for number in (0..256).filter(|number| present[*number]) {
        place[number] = dictionary.len();
        dictionary.push(number as i32);
    }
    let mut pages = Pages::new(sink);
    pages.write(Page::DictionaryPage {
        buf: dictionary.iter().flat_map(|x| x.to_le_bytes()).collect(),
        num_values: dictionary.len() as u32,
        encoding: Encoding::PLAIN,
        is_sorted: true,
    })?;
    let width = runs::bit_width(dictionary.len().saturating_sub(1));
    let mut body = vec![width];
    for equal in numbers.chunk_by(|a, b| a == b) {
        runs::run(place[usize::from(equal[0])], width, equal.len(), &mut body);
    }
    pages.write_data(body, numbers.len(), Encoding::RLE_DICTIONARY)?;
    let (least, most) = (dictionary.first().copied(), dictionary.last().copied());
    let statistics = Statistics::int32(least, most, None, Some(0), false);
    pages.finish(column, numbers.len(), statistics)
}

/// A finished column that is the same in many files.
#[derive(Debug, Clone)]
pub(crate) struct Finished {
    bytes: Bytes,
    metadata: ColumnChunkMetaData,
}

impl Finished {
    /// Moments `n` times over, encoded and compressed by the library as `properties` say.
    pub(crate) fn moments(
        column: ColumnDescPtr,
        properties: &WriterPropertiesPtr,
        moments: &[i64],
        n: usize,
    ) -> Result<Self> {
        let mut sink = TrackedWrite::new(Vec::new());
        let pages = Box::new(SerializedPageWriter::new(&mut sink));
        let mut writer = get_column_writer(column, properties.clone(), pages);
        if let ColumnWriter::Int64ColumnWriter(writer) = &mut writer {
            for _ in 0..n {
                writer.write_batch(moments, None, None)?;
            }
        }
        let metadata = writer.close()?.metadata;
        Ok(Self {
            bytes: Bytes::from(sink.into_inner()?),
            metadata,
        })
    }

    pub(crate) fn append(&self, sink: &mut Sink<'_>) -> Result<ColumnChunkMetaData> {
        let begin = sink.bytes_written() as i64;
        std::io::Write::write_all(sink, &self.bytes)?;
        let (dictionary, data) = (
            self.metadata.dictionary_page_offset(),
            self.metadata.data_page_offset(),
        );
        let metadata = self.metadata.clone().into_builder();
        metadata
            .set_dictionary_page_offset(dictionary.map(|offset| begin + offset))
            .set_data_page_offset(begin + data)
            .build()
    }
}
