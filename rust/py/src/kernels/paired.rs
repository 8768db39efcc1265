//! Two matrices of series as one: row `i` of the first and, after it, row `i` of the second.

use fakeengage_core::Error;
use fakeengage_core::kernels::Rows;

use super::series::SeriesRows;

/// Rows of two matrices of one shape.
pub(crate) struct Paired<'a> {
    x: SeriesRows<'a>,
    y: SeriesRows<'a>,
}

impl<'a> Paired<'a> {
    pub(crate) fn new(x: SeriesRows<'a>, y: SeriesRows<'a>) -> Result<Self, Error> {
        let [of_x, of_y] = [&x, &y].map(|rows| (rows.n_rows(), rows.n_steps()));
        if of_x == of_y {
            return Ok(Self { x, y });
        }
        Err(Error::out_of_range(
            "y",
            format!("{} series of {} steps", of_y.0, of_y.1),
            format!("as many as x has, {} of {}", of_x.0, of_x.1),
        ))
    }
}

impl Rows for Paired<'_> {
    fn n_rows(&self) -> usize {
        self.x.n_rows()
    }

    fn n_steps(&self) -> usize {
        2 * self.x.n_steps()
    }

    fn row<'a>(&'a self, i: usize, buffer: &'a mut Vec<f64>) -> &'a [f64] {
        buffer.clear();
        self.x.append_row(i, buffer);
        self.y.append_row(i, buffer);
        buffer
    }
}
