//! What is written, read back with the reader of the `parquet` crate.

use fakeengage_store::{Error, Part, PartWriter};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row};
use proptest::prelude::*;

const METRICS: [&str; 2] = ["views", "likes"];
const START: i64 = 1_704_067_200_000;
const HOUR: i64 = 3_600_000;

struct Series {
    ids: Vec<String>,
    steps: usize,
    values: Vec<f32>,
    clean: Option<Vec<f32>>,
    changed: Vec<u8>,
}

impl Series {
    fn new(n: usize, steps: usize, value: impl Fn(usize) -> f32) -> Self {
        Self {
            ids: (0..n).map(|i| format!("Ünal {i}")).collect(),
            steps,
            values: (0..n * steps * METRICS.len()).map(value).collect(),
            clean: None,
            changed: (0..n * steps).map(|i| (i / 5 % 4) as u8).collect(),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let folder = std::env::temp_dir().join(format!("fakeengage-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join(format!("{:p}.parquet", self.ids.as_ptr()));
        let moments = (0..self.steps as i64).map(|t| START + t * HOUR).collect();
        let writer = PartWriter::new(&METRICS, moments, self.clean.is_some()).unwrap();
        let part = Part {
            account_ids: &self.ids,
            values: &self.values,
            clean: self.clean.as_deref(),
            changed: &self.changed,
        };
        let mut buffer = vec![7; 100];
        let digest = writer.write(&path, &part, &mut buffer).unwrap();
        // The second time with a clock known before and a buffer full of old bytes.
        assert_eq!(writer.write(&path, &part, &mut buffer).unwrap(), digest);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        bytes
    }

    fn value(&self, values: &[f32], row: usize, metric: usize) -> Field {
        let (account, step) = (row / self.steps, row % self.steps);
        let value = values[(account * METRICS.len() + metric) * self.steps + step];
        if value.is_nan() {
            Field::Null
        } else {
            Field::Long(value as i64)
        }
    }

    fn row(&self, row: usize) -> Vec<Field> {
        let mut fields = vec![
            Field::Str(self.ids[row / self.steps].clone()),
            Field::TimestampMillis(START + (row % self.steps) as i64 * HOUR),
        ];
        for values in std::iter::once(&self.values).chain(&self.clean) {
            fields.extend((0..METRICS.len()).map(|m| self.value(values, row, m)));
        }
        fields.push(Field::UByte(self.changed[row]));
        fields
    }

    fn check(&self) {
        let reader = SerializedFileReader::new(bytes::Bytes::from(self.bytes())).unwrap();
        let rows: Vec<Row> = reader
            .get_row_iter(None)
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert_eq!(rows.len(), self.ids.len() * self.steps);
        for (i, row) in rows.into_iter().enumerate() {
            let fields: Vec<Field> = row.into_columns().into_iter().map(|(_, f)| f).collect();
            assert_eq!(fields, self.row(i), "row {i}");
        }
    }
}

#[test]
fn rows_come_back_across_pages_with_gaps_and_counts_of_any_size() {
    let spread = |i: usize| (i as f32 * 0.37).sin() * (i % 1000) as f32;
    Series::new(200, 336, |i| spread(i).round()).check();
    let gaps = |i: usize| {
        if (i / 7).is_multiple_of(3) {
            f32::NAN
        } else {
            spread(i).round()
        }
    };
    Series::new(150, 336, gaps).check();
    // The largest differences that are packed, and counts that are not.
    let steep = |i: usize| {
        if i.is_multiple_of(2) {
            1_073_741_760.0
        } else {
            -1_073_741_760.0
        }
    };
    Series::new(3, 200, steep).check();
    Series::new(3, 200, |i| if i % 11 == 0 { -9e12 } else { f32::NAN }).check();
    Series::new(2, 90, |_| f32::NAN).check();
}

#[test]
fn clean_counts_follow_the_others() {
    let mut series = Series::new(5, 50, |i| i as f32);
    series.clean = Some(series.values.iter().map(|v| v * 3.0 - 40.0).collect());
    series.check();
}

#[test]
fn a_part_without_accounts_has_its_columns() {
    let bytes = Series::new(0, 24, |_| 0.0).bytes();
    let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).unwrap();
    let file = reader.metadata().file_metadata();
    assert_eq!(file.num_rows(), 0);
    assert_eq!(file.schema().get_fields().len(), 5);
}

#[test]
fn extremes_stand_in_the_footer() {
    let bytes = Series::new(40, 24, |i| if i == 3 { f32::NAN } else { i as f32 - 9.0 }).bytes();
    let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).unwrap();
    let group = reader.metadata().row_group(0).clone();
    let statistics = |i: usize| group.column(i).statistics().unwrap().clone();
    let views = statistics(2);
    assert_eq!(
        views.min_bytes_opt(),
        Some((-9_i64).to_le_bytes().as_slice())
    );
    assert_eq!(views.null_count_opt(), Some(1));
    assert_eq!(statistics(0).min_bytes_opt(), Some("Ünal 0".as_bytes()));
    assert_eq!(statistics(0).max_bytes_opt(), Some("Ünal 9".as_bytes()));
    assert_eq!(
        statistics(1).max_bytes_opt(),
        Some((START + 23 * HOUR).to_le_bytes().as_slice())
    );
}

#[test]
fn buffers_that_do_not_fit_are_refused_by_name() {
    let writer = PartWriter::new(&METRICS, vec![0, 1], false).unwrap();
    let ids = ["a".to_owned()];
    let part = |values, changed| Part {
        account_ids: &ids,
        values,
        clean: None,
        changed,
    };
    for (part, name) in [
        (part(&[0.0; 3], &[0; 2]), "values"),
        (part(&[0.0; 4], &[0; 3]), "changed"),
    ] {
        let path = std::path::Path::new("never-written");
        let refused = writer.write(path, &part, &mut Vec::new());
        assert!(matches!(refused, Err(Error::Length { argument, .. }) if argument == name));
        assert!(!path.exists());
    }
    let nowhere = std::path::Path::new("/no/such/folder/part");
    let refused = writer.write(nowhere, &part(&[0.0; 4], &[0; 2]), &mut Vec::new());
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .contains("/no/such/folder/part: cannot be written")
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Every width of packed differences, by drawing the size of the counts, too.
    #[test]
    fn any_counts_come_back(
        steps in 1_usize..300,
        bits in 0_u32..34,
        seeds in prop::collection::vec(any::<u64>(), 4),
    ) {
        let value = |i: usize| {
            let mixed = seeds[i % 4].wrapping_mul(i as u64 + 1).rotate_left(i as u32 % 61);
            let size = (mixed >> 11) as f64 / (1_u64 << 53) as f64 * f64::from(bits).exp2();
            let value = size.round() as f32;
            if mixed % 97 == 0 { f32::NAN } else if mixed % 3 == 0 { -value } else { value }
        };
        Series::new(3, steps, value).check();
    }
}
